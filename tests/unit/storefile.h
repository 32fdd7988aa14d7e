// A store in a folder of its own, and operations on it.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_STOREFILE_H
#define TESTS_UNIT_STOREFILE_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "verifier/record/sessions/store.h"

#define STOREFILE_WALL INT64_C(1700000000000)
#define STOREFILE_DAY INT64_C(86400000)
#define STOREFILE_FAMILIES 40

// When all of it happens.
extern const struct family_now storefile_now;

struct storefile {
	char folder[64], path[128], wal[160];
	struct store *store;
	struct err err;
};

// Opens the store again. Returns: what store_open does.
int storefile_open(struct storefile *scene);

// For cmocka: an open store is the state.
int storefile_set_up(void **state);

int storefile_tear_down(void **state);

// An operation about the family of that number.
struct store_op storefile_about(enum store_verb verb, size_t family);

// Does one operation. Returns: what the store says.
int storefile_apply(struct storefile *scene, struct store_op *op);

// Makes STOREFILE_FAMILIES of them.
void storefile_fill(struct storefile *scene);

struct storefile_trouble {
	const char *what;
	void (*make)(const struct storefile *scene);
	int code;
};

#endif
