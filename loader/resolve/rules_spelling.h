// Names that were probably misspelt: a key that samekey.ini has a section for and no source gives,
// beside one that a source gives and no section names.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_RULES_SPELLING_H
#define LOADER_RESOLVE_RULES_SPELLING_H

#include "lib/base/base.h"

struct contest;
struct resolution;

// The names of keys without a section, as many as are compared, in the resolution's pool.
// Returns: the names, ended by NULL; NULL when memory is short.
const char *const *rules_spelling_names(const struct resolution *resolution) must_check;

// The name by which a key that nobody gives was probably given.
// Returns: one of `unruled`, or NULL when none is near enough.
const char *rules_spelling_near(const struct contest *contest, const char *const *unruled);

// Adds a finding for each section whose key nobody gives, while one of `unruled` is called nearly
// so.
void rules_spelling_judge(struct resolution *resolution, const char *const *unruled);

#endif
