// What other loaders would read where samekey reads a secret: values that a process may hold
// although nobody meant them. The verifier can name them later and needs no dialect for it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_READINGS_H
#define LOADER_RESOLVE_READINGS_H

#include "lib/base/base.h"

struct bundle;
struct pool;
struct resolution;
struct secret;

// Makes a bundle that has, behind the candidates of each secret, the readings of those that stand
// in env files; as many as the caps of a bundle allow. The rest is the resolution's, and texts lie
// in `pool`.
// Returns: 0 or -ENOMEM.
int readings_add(const struct resolution *resolution, struct pool *pool, struct bundle *ret_bundle)
	must_check;

// What a dialect makes of one key when its loader reads all env files of a resolution by itself.
// Returns: 1 with its value, which lies in the resolution's arena; 0 when it does not set the key
// or refuses a file; or -ENOMEM.
int readings_by(const struct resolution *resolution, const char *dialect, const char *key,
	struct secret *ret_value) must_check;

#endif
