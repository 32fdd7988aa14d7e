// What the emulation of a dialect makes of a fixture: a JSON object with the bytes of a file and
// an environment, as tests/spec/fixtures.jsonl has them.
// SPDX-License-Identifier: MIT
#ifndef TESTS_SPEC_FIXTURE_H
#define TESTS_SPEC_FIXTURE_H

#include "lib/base/base.h"

#include <jansson.h>

struct dialect;
struct secret_arena;

// Reads the fixture's "file" (base64, or a list of several) with its "process_env".
// Returns: {"env": {NAME: VALUE}} or {"error": CODE, "place": "LINE:COLUMN", "text": ...}, where a
// VALUE that is not UTF-8 is {"base64": ...}; a new reference.
json_t *fixture_outcome(
	const struct dialect *dialect, const json_t *fixture, struct secret_arena *arena);

// Compares an outcome with what the real loader did: names of the environment that the file does
// not set count with their own value.
// Returns: whether they agree.
bool fixture_agrees(const json_t *fixture, const json_t *real, const json_t *ours);

#endif
