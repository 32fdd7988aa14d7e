// Reasons and warnings of a readiness while they are collected.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_REASONS_H
#define VERIFIER_DOOR_API_REASONS_H

#include "lib/base/pool.h"
#include "verifier/door/api/readiness.h"

// Begins with the pool, zero else.
struct reasons {
	struct pool *pool;              // of the texts and the lists
	struct pool_list red, warnings; // of struct readiness_reason
	bool no_memory;
};

// Adds why samekeyd is not ready, or a warning; over READINESS_REASONS_MAX of a kind are left out.
// A text of NULL is one that memory was short for. The reason is copied, its texts are borrowed.
void reasons_add(struct reasons *reasons, const struct readiness_reason *reason);
void reasons_warn(struct reasons *reasons, const struct readiness_reason *reason);

// Whether one of the same code, app and key is in a list of them.
bool reasons_has(const struct pool_list *list, const struct readiness_reason *reason) must_check;

#endif
