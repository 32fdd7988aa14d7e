// getdents64 into one buffer, no stream a folder: there are as many folders as files in some trees.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/folder.h"

#include "lib/base/growth.h"
#include "loader/scan/unpack/walk.h"

#include <dirent.h>
#include <errno.h>

#define BATCH (32 * 1024)

static int add(struct folder_stack *stack, const struct dirent64 *entry)
{
	size_t length = strlen(entry->d_name) + 1;

	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		return 0;
	while (stack->room - stack->used < 1 + length)
		if (growth_room(&stack->texts, &stack->room, stack->room, 1) < 0)
			return -ENOMEM;
	if (growth_room(&stack->places, &stack->places_room, stack->count, sizeof(*stack->places)) <
		0)
		return -ENOMEM;
	stack->texts[stack->used] = (char)entry->d_type;
	memcpy(stack->texts + stack->used + 1, entry->d_name, length);
	stack->places[stack->count++] = stack->used;
	stack->used += 1 + length;
	return 0;
}

static int compare(const void *a, const void *b, void *texts)
{
	const char *text = texts;

	return strcmp(text + *(const size_t *)a + 1, text + *(const size_t *)b + 1);
}

static int add_batch(
	struct folder_stack *stack, const char *batch, ssize_t size, struct folder_names *names)
{
	for (ssize_t at = 0; at < size && !names->cut;) {
		const struct dirent64 *entry = (const struct dirent64 *)(batch + at);

		names->cut = stack->count - names->first >= WALK_FOLDER_NAMES;
		if (!names->cut && add(stack, entry) < 0)
			return -ENOMEM;
		at += entry->d_reclen;
	}
	return 0;
}

static int read_all(struct folder_stack *stack, int fd, struct folder_names *names)
{
	_Alignas(struct dirent64) char batch[BATCH];
	ssize_t got = 0;

	while (!names->cut && (got = getdents64(fd, batch, sizeof(batch))) > 0) {
		if (add_batch(stack, batch, got, names) < 0)
			return -ENOMEM;
	}
	return got < 0 ? -errno : 0;
}

int folder_read(struct folder_stack *stack, int fd, struct folder_names *ret_names)
{
	struct folder_names names = {.first = stack->count, .base = stack->used};
	int code = read_all(stack, fd, &names);

	names.count = stack->count - names.first;
	if (code < 0) {
		folder_drop(stack, &names);
		return code;
	}
	if (names.count > 1)
		qsort_r(stack->places + names.first, names.count, sizeof(*stack->places), compare,
			stack->texts);
	*ret_names = names;
	return 0;
}

void folder_drop(struct folder_stack *stack, const struct folder_names *names)
{
	stack->count = names->first;
	stack->used = names->base;
}

void folder_done(struct folder_stack *stack)
{
	free(stack->texts);
	free(stack->places);
	*stack = (struct folder_stack){0};
}

const char *folder_name(const struct folder_stack *stack, size_t place, unsigned char *ret_type)
{
	const char *text = stack->texts + stack->places[place];

	*ret_type = (unsigned char)*text;
	return text + 1;
}
