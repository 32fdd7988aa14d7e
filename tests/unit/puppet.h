// A store that does as it is told.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_PUPPET_H
#define TESTS_UNIT_PUPPET_H

#include "verifier/record/sessions/store.h"
#include <pthread.h>

struct puppet {
	struct store base;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool holds, away, full, shared, closed, unmasked;
	bool reuses; // every use ends its family
	size_t applied, batches, largest, untold, swept;
	bool in_apply;
	int64_t fails_after_ms;
};

// Opens none: the puppet is made by the test.
extern const struct store_kind puppet_kind;

#endif
