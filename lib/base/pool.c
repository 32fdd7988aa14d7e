// A chain of blocks, handed out from the front. Does not wipe: it holds no values.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"

#include <errno.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define POOL_FIRST_SIZE (4u * 1024)
#define POOL_LARGEST_SIZE (1024u * 1024)

struct pool_block {
	struct pool_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct pool {
	struct pool_block *first; // the one that is being filled
	size_t next_size;
};

struct pool *pool_new(void)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (pool)
		pool->next_size = POOL_FIRST_SIZE;
	return pool;
}

struct pool *pool_free(struct pool *pool)
{
	if (!pool)
		return NULL;
	for (struct pool_block *block = pool->first; block;) {
		struct pool_block *next = block->next;

		free(block);
		block = next;
	}
	free(pool);
	return NULL;
}

void pool_release(struct pool **pool)
{
	*pool = pool_free(*pool);
}

static struct pool_block *add_block(struct pool *pool, size_t need)
{
	size_t size = need > pool->next_size ? need : pool->next_size;
	struct pool_block *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = malloc(sizeof(*block) + size); // zeroed as it is handed out: no page too many
	if (!block)
		return NULL;
	if (pool->next_size < POOL_LARGEST_SIZE)
		pool->next_size *= 2;
	block->used = 0;
	block->size = size;
	block->next = pool->first;
	pool->first = block;
	return block;
}

// As it was left by whoever had this memory before.
static void *take_raw(struct pool *pool, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct pool_block *block = pool->first;
	void *taken;

	if (size > SIZE_MAX - align)
		return NULL;
	size = (size + align - 1) / align * align;
	if (!block || block->size - block->used < size)
		block = add_block(pool, size);
	if (!block)
		return NULL;
	taken = block->bytes + block->used;
	block->used += size;
	return taken;
}

void *pool_take(struct pool *pool, size_t size)
{
	void *taken = take_raw(pool, size);

	return taken ? memset(taken, 0, size) : NULL;
}

void *pool_array(struct pool *pool, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return NULL;
	return pool_take(pool, count * size);
}

char *pool_text(struct pool *pool, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? take_raw(pool, length + 1) : NULL;

	if (!copy)
		return NULL;
	if (length)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *pool_copy(struct pool *pool, const char *text)
{
	return text ? pool_text(pool, text, strlen(text)) : NULL;
}

char *pool_format(struct pool *pool, const char *format, ...)
{
	va_list arguments, again;
	char *text = NULL;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	if (length >= 0)
		text = pool_take(pool, (size_t)length + 1);
	if (text)
		(void)vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(arguments);
	return text;
}

void *pool_push(struct pool *pool, struct pool_list *list, size_t size)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 8;
		void *items = pool_array(pool, room, size);

		if (!items)
			return NULL;
		if (list->count)
			memcpy(items, list->items, list->count * size);
		list->items = items;
		list->room = room;
	}
	return (unsigned char *)list->items + list->count++ * size;
}

int pool_push_text(struct pool *pool, struct pool_list *list, const char *text)
{
	const char **slot = text ? pool_push(pool, list, sizeof(*slot)) : NULL;

	if (slot)
		*slot = text;
	return slot ? 0 : -ENOMEM;
}
