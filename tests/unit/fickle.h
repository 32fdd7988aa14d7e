// A store over another one that is away, or loses answers, when a test says so.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_FICKLE_H
#define TESTS_UNIT_FICKLE_H

#include "verifier/record/sessions/store.h"

struct sessiondoor;

// `door` says whether it is away and forgets.
struct fickle {
	struct store store;
	struct store *real;
	struct sessiondoor *door;
	struct family last; // that was told
};

// For `store`.
extern const struct store_kind fickle_kind;

#endif
