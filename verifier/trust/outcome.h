// What may leave the vault: of every value its fingerprint, equality hash, length and origin, and
// whether the candidates that it beat differ. The only step from values to records.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_OUTCOME_H
#define VERIFIER_TRUST_OUTCOME_H

#include "lib/base/base.h"

struct bundle;
struct candidate;
struct fingerprint_key;
struct pool;
struct registry_key;

#define OUTCOME_WEAK "weak" // instead of a weak secret's fingerprint

// Makes the records of a bundle's keys, in its order; they live in `pool`, and names are the
// bundle's. Places of origins are made absolute with the bundle's root.
// Returns: 0 or -ENOMEM.
int outcome_of(const struct bundle *bundle, const struct fingerprint_key *key, struct pool *pool,
	struct registry_key **ret_keys) must_check;

// Makes a path absolute and plain: joined to `root` unless it is absolute, without "//", "/./" and
// "/../" (by its text: the file may be in another mount namespace). "" stays "".
// Returns: the path in `pool`, or NULL when memory is short.
const char *outcome_path(const char *root, const char *path, struct pool *pool) must_check;

// Where a candidate comes from, with its place absolute: "/srv/shop/.env:3:1".
// Returns: the text in `pool`, or NULL when memory is short.
const char *outcome_origin(const struct bundle *bundle, const struct candidate *candidate,
	struct pool *pool) must_check;

#endif
