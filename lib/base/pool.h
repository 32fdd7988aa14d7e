// Memory for names, places and nodes that live and die together. Never for values: see secret.h.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_POOL_H
#define LIB_BASE_POOL_H

#include "lib/base/base.h"

struct pool;

// Makes an empty pool; the caller owns it.
// Returns: the pool, or NULL when memory is short.
struct pool *pool_new(void) must_check;

// Frees the pool with all that was taken from it; NULL is fine.
// Returns: NULL.
struct pool *pool_free(struct pool *pool);

// For `own(pool_release) struct pool *pool = NULL;`.
void pool_release(struct pool **pool);

// Takes `size` zeroed bytes, aligned for any type; they live as long as the pool.
// Returns: the bytes, or NULL when memory is short.
void *pool_take(struct pool *pool, size_t size) must_check;

// Takes `count` zeroed items of `size` bytes, with the product checked.
void *pool_array(struct pool *pool, size_t count, size_t size) must_check;

// Copies `length` bytes and adds a NUL.
// Returns: the copy, or NULL when memory is short.
char *pool_text(struct pool *pool, const char *text, size_t length) must_check;

// Copies a C string; NULL gives NULL.
char *pool_copy(struct pool *pool, const char *text) must_check;

// Formats a text into the pool.
// Returns: the text, or NULL when memory is short.
char *pool_format(struct pool *pool, const char *format, ...) must_check printf_like(2, 3);

// A list that grows inside a pool: `items` points at `count` items, room for `room`.
// Returns: room for one more item of `size` bytes (counted already), or NULL when memory is short.
struct pool_list {
	void *items;
	size_t count, room;
};
void *pool_push(struct pool *pool, struct pool_list *list, size_t size) must_check;

// Adds a text to a list of texts (const char *), without a copy. NULL is one that there was no
// memory for.
// Returns: 0 or -ENOMEM.
int pool_push_text(struct pool *pool, struct pool_list *list, const char *text) must_check;

#endif
