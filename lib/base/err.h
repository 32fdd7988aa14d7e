// One failure: what failed, where, and what to do about it. Never holds a value.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_ERR_H
#define LIB_BASE_ERR_H

#include "lib/base/base.h"

// Texts longer than these are cut between characters and end with "..."; a message is for a person.
#define ERR_WHAT_SIZE 224
#define ERR_WHERE_SIZE 288
#define ERR_HINT_SIZE 288

struct err {
	int code; // negative errno, 0 while nothing failed
	char what[ERR_WHAT_SIZE];
	char where[ERR_WHERE_SIZE]; // "file:line:column", a path, or empty
	char hint[ERR_HINT_SIZE];
};

#define ERR_NONE ((struct err){0})

// Records a failure; `where` may be NULL, `err` may be NULL. An earlier hint is cleared.
// Returns: code, so that a caller can write `return err_set(...)`.
int err_set(struct err *err, int code, const char *where, const char *format, ...)
	printf_like(4, 5);

// Records that memory is short; `err` may be NULL.
// Returns: -ENOMEM.
int err_no_memory(struct err *err);

// Adds what the user may do; call it right after err_set.
// Returns: the code recorded before, or -EINVAL when err is NULL: a failure stays one. Who calls
// with NULL and tells codes apart passes an err of its own instead.
int err_hint(struct err *err, const char *format, ...) printf_like(2, 3);

#endif
