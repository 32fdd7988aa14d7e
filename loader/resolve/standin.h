// Stand-ins for a build: a key with `phases = start`, and with --sentinels every secret, is given a
// random, well-formed value at build, so that the real one cannot be baked into what is built.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_STANDIN_H
#define LOADER_RESOLVE_STANDIN_H

#include "lib/base/base.h"

struct contest;
struct resolution;
struct secret;

// What the build gets instead of the key's value, for others that refer to it. Drawn once.
// Returns: 1 with *ret_value, 0 when the build gets the value itself, or -ENOMEM.
int standin_of(struct resolution *resolution, struct contest *contest, struct secret *ret_value)
	must_check;

// Whether a key may be missing here, since the build gets a stand-in in any case.
bool standin_spares(const struct resolution *resolution, const struct contest *contest);

// Puts a stand-in before the winner of every such key, at phase build only.
// Returns: 0 or -ENOMEM.
int standin_give(struct resolution *resolution) must_check;

#endif
