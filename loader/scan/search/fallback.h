// Public placeholders that stand where a secret is missing: behind `||` or `??`, in the other arm
// of a conditional, as the default of a reader of the environment, or all alone because a minifier
// has folded the read away. Only whole literals; a word in prose or in a table is none.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_FALLBACK_H
#define LOADER_SCAN_SEARCH_FALLBACK_H

#include "lib/base/base.h"
#include "loader/scan/search/literals.h"

struct pool;

#define FALLBACK_BACK 8192  // how far behind a use the variable's literal may stand
#define FALLBACK_AHEAD 4096 // and how far ahead; also how long a whole expression may be
#define FALLBACK_KEY_SIZE 128

struct fallback {
	char key[FALLBACK_KEY_SIZE]; // of the environment; "" where none is named
	size_t at, length;           // the literal without its quotes
	bool alone;                  // the read that guarded it is gone
	const char *text;            // for people
};

// The literals to look for, no two of them equal; the pool holds them.
// Returns: 0 or -ENOMEM.
int fallback_literals(struct pool *pool, struct literal **ret_list, size_t *ret_count) must_check;

// Looks at what stands around literal `index` of the above, which begins at `at` of `bytes`.
// `budget` counts down the searches for a variable.
// Returns: whether a placeholder stands there.
bool fallback_find(size_t index, const uint8_t *bytes, size_t size, size_t at, unsigned *budget,
	struct fallback *ret_fallback) must_check;

#endif
