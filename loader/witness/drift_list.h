// Records of drift for people, one way for every command that shows them: severity, code and key,
// who shows it, every side with its origin and age, and the fix.
// SPDX-License-Identifier: MIT
#ifndef LOADER_WITNESS_DRIFT_LIST_H
#define LOADER_WITNESS_DRIFT_LIST_H

#include "lib/base/base.h"

struct drift;
struct json_t;
struct pool;
struct pool_list;

#define DRIFT_LIST_SHOWN_MAX 100 // records; a person reads no more

// Prints the first records on stdout, and how many are left.
void drift_list_print(const struct drift *drifts, size_t count);

// Reads the records of a verifier's answer and appends them to the list (of `struct drift`); what
// is none is complained of and passed over. Texts go to the pool.
// Returns: how many were passed over, or -ENOMEM.
int drift_list_read(const struct json_t *records, struct pool *pool, struct pool_list *drifts)
	must_check;

#endif
