// One stack that moves when it grows, and blocks for what is taken off it to last. Both lie in the
// arena and are kept from one dialect to the next.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/scratch.h"

#include "lib/base/secret.h"
#include "loader/read/dialects/emulation_state.h"

#include <errno.h>

#define FIRST_BLOCK (16u * 1024)
#define LARGEST_BLOCK (4u * 1024 * 1024)

void scratch_restart(struct emulation *emulation)
{
	for (struct emulation_block *block = emulation->blocks; block; block = block->next)
		block->used = 0;
	emulation->block = emulation->blocks;
	emulation->stack_used = 0;
}

void scratch_done(struct emulation *emulation)
{
	struct emulation_block *next;

	for (struct emulation_block *block = emulation->blocks; block; block = next) {
		next = block->next;
		secret_arena_give(emulation->options.arena, block->bytes, block->size);
		free(block);
	}
	secret_arena_give(emulation->options.arena, emulation->stack, emulation->stack_room);
}

size_t scratch_begin(const struct emulation *emulation)
{
	return emulation->stack_used;
}

// Makes room for `size` more bytes on the stack.
// Returns: whether there is.
static bool reserve(struct emulation *emulation, size_t size)
{
	size_t room = emulation->stack_room ? emulation->stack_room : FIRST_BLOCK;
	uint8_t *stack;

	if (size <= emulation->stack_room - emulation->stack_used)
		return true;
	while (room - emulation->stack_used < size)
		room *= 2;
	stack = secret_arena_take(emulation->options.arena, room);
	if (!stack) {
		emulation_fail(emulation, -ENOMEM);
		return false;
	}
	if (emulation->stack_used)
		memcpy(stack, emulation->stack, emulation->stack_used);
	secret_arena_give(emulation->options.arena, emulation->stack, emulation->stack_room);
	emulation->stack = stack;
	emulation->stack_room = room;
	return true;
}

uint8_t *scratch_room(struct emulation *emulation, size_t size)
{
	if (emulation->code || !reserve(emulation, size))
		return NULL;
	return emulation->stack + emulation->stack_used;
}

void scratch_took(struct emulation *emulation, size_t size)
{
	emulation->stack_used += size;
	emulation->work += size;
	if (emulation->work > emulation->work_max)
		emulation_work(emulation, 0);
}

void scratch_put(struct emulation *emulation, struct span bytes)
{
	uint8_t *room = bytes.length ? scratch_room(emulation, bytes.length) : NULL;

	if (!room)
		return;
	memcpy(room, bytes.at, bytes.length);
	scratch_took(emulation, bytes.length);
}

void scratch_put_byte(struct emulation *emulation, uint8_t byte)
{
	scratch_put(emulation, (struct span){&byte, 1});
}

bool scratch_put_to_dollar(struct emulation *emulation, struct span *rest)
{
	const uint8_t *dollar;

	while ((dollar = span_find(*rest, '$')) && !emulation_stopped(emulation)) {
		bool escaped = dollar > rest->at && dollar[-1] == '\\';

		scratch_put(emulation, span_between(rest->at, dollar - escaped));
		*rest = span_between(dollar, span_end(*rest));
		if (!escaped)
			return true;
		scratch_put_byte(emulation, '$');
		*rest = span_after(*rest, 1);
	}
	scratch_put(emulation, *rest);
	return false;
}

struct span scratch_since(const struct emulation *emulation, size_t begun)
{
	if (!emulation->stack || emulation->stack_used == begun)
		return (struct span){(const uint8_t *)"", 0};
	return (struct span){emulation->stack + begun, emulation->stack_used - begun};
}

// A block with room for `size` bytes.
static struct emulation_block *block_for(struct emulation *emulation, size_t size)
{
	struct emulation_block *block = emulation->block, *next;
	size_t room = block ? block->size * 2 : FIRST_BLOCK;

	if (block && block->size - block->used >= size)
		return block;
	if (block && block->next && block->next->size >= size)
		return emulation->block = block->next;
	if (room > LARGEST_BLOCK)
		room = LARGEST_BLOCK;
	if (room < size)
		room = size;
	next = calloc(1, sizeof(*next));
	if (!next || !(next->bytes = secret_arena_take(emulation->options.arena, room))) {
		free(next);
		emulation_fail(emulation, -ENOMEM);
		return NULL;
	}
	next->size = room;
	next->next = block ? block->next : emulation->blocks;
	if (block)
		block->next = next;
	else
		emulation->blocks = next;
	return emulation->block = next;
}

struct span scratch_end(struct emulation *emulation, size_t begun)
{
	struct span text = scratch_since(emulation, begun);
	struct emulation_block *block;

	emulation->stack_used = begun;
	block = text.length && !emulation->code ? block_for(emulation, text.length) : NULL;
	if (!block)
		return (struct span){(const uint8_t *)"", 0};
	memcpy(block->bytes + block->used, text.at, text.length);
	text.at = block->bytes + block->used;
	block->used += text.length;
	return text;
}

void scratch_drop(struct emulation *emulation, size_t begun)
{
	emulation->stack_used = begun;
}

struct span scratch_end_lines(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	size_t begun = scratch_begin(emulation), length = 0;
	uint8_t *room;

	if (!span_find(text, '\r'))
		return text;
	room = scratch_room(emulation, text.length);
	for (size_t i = 0; room && i < text.length; i++)
		if (text.at[i] != '\n' || !i || text.at[i - 1] != '\r')
			room[length++] = text.at[i] == '\r' ? '\n' : text.at[i];
	if (room)
		scratch_took(emulation, length);
	text = scratch_end(emulation, begun);
	emulation_use_text(emulation, text);
	return text;
}
