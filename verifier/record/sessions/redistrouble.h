// What is wrong with a Redis, in a sentence that says what to do. It never repeats what the Redis
// said: that may hold arguments.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_REDISTROUBLE_H
#define VERIFIER_RECORD_SESSIONS_REDISTROUBLE_H

#include "lib/base/base.h"

// Of an error that it answered ("NOAUTH Authentication required.").
const char *redistrouble_of_answer(const char *text);
bool redistrouble_is_forgotten_script(const char *text); // not to be told: it is loaded again

// Of a connection that failed with this negative errno.
const char *redistrouble_of_link(int code);

// Of settings by which it could lose a revocation; each may be NULL: not known.
// Returns: a sentence or NULL.
const char *redistrouble_of_settings(
	const char *appendonly, const char *appendfsync, const char *maxmemory_policy);

#endif
