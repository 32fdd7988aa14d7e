// What of samekeyd.ini holds from a start on, and which of it has been changed since.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RESTART_H
#define VERIFIER_RESTART_H

#include "lib/base/base.h"

struct setup;

// Notes the settings that only a restart changes, a line each; the caller owns the text.
// Returns: the text, or NULL when memory is short.
char *restart_settings(const struct setup *setup) must_check;

// Writes the names of those that differ, such as "[listen] api, [limits] memory"; "" for none.
// READINESS_RESTART_SIZE bytes hold all.
void restart_list(const char *at_start, const char *now, char *out, size_t size);

// Adds a name to such a list, unless it has it: of a file, say, that holds something else now.
void restart_add(const char *name, char *out, size_t size);

#endif
