// What brings apps up to date that hold an older value: a process is restarted, an offer that
// stands is made again.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_REMEDY_H
#define VERIFIER_RECORD_REMEDY_H

#include "lib/base/base.h"

struct registry_entry;

#define REMEDY_ROOM 32 // bytes for each entry beside its app's name

// Writes "restart web and api, samekey offer --name ws again": each app once. What is longer than
// `size` is cut.
void remedy_text(const struct registry_entry *const *entries, size_t count, char *out, size_t size);

#endif
