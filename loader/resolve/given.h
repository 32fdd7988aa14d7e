// SAMEKEY_RUN: what an outer `samekey run` gave to this process, as keyed hashes and no values, so
// that an inner one does not call it a conflict.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_GIVEN_H
#define LOADER_RESOLVE_GIVEN_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct fingerprint_key;
struct pool;

#define GIVEN_VARIABLE "SAMEKEY_RUN"

struct given; // the hashes of an outer run

// Reads the variable's text (NULL: not set). One made with another fingerprint key counts as none.
// Returns: 0 with *ret_given (NULL: none), or -ENOMEM.
int given_read(const char *text, const struct fingerprint_key *key, struct pool *pool,
	const struct given **ret_given) must_check;

// Whether an outer run gave this value for this name. `given` may be NULL.
bool given_has(const struct given *given, const struct fingerprint_key *key, const char *name,
	struct secret value);

// Begins the text of the variable for `count` keys; given_append adds each.
// Returns: the text, or NULL when memory is short.
char *given_begin(const struct fingerprint_key *key, size_t count, struct pool *pool) must_check;

// Writes a key's hash at the text's end, and a NUL. Returns: the new end.
char *given_append(
	char *end, const struct fingerprint_key *key, const char *name, struct secret value);

#endif
