// What next-auth and @auth/core made: the fixtures of tests/spec/sessions.jsonl.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_SESSIONS_H
#define TESTS_UNIT_SESSIONS_H

#include "lib/base/base.h"

#include <jansson.h>

// Reads the fixtures and gives each to `use`, which says whether it was one of those it wants; a
// file that cannot be read ends the test.
// Returns: how many were wanted.
size_t sessions_each(bool (*use)(const json_t *fixture, const void *owner), const void *owner);

// A member that is a text, or "".
const char *sessions_text(const json_t *fixture, const char *name);

#endif
