// Lists of what loaders made of an item: equal outcomes once, with the bits of all who have them.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_OUTCOMES_H
#define LOADER_INSPECT_LINT_LINT_OUTCOMES_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

struct lint_outcome;
struct pool;
struct secret_arena;

// What outcomes and the values in them lie in; zero but for pool and arena.
struct lint_outcomes_room {
	struct pool *pool;
	struct secret_arena *arena;
	uint8_t *block; // of the arena
	size_t used, size;
};

// Makes a value one that lasts as long as the arena.
// Returns: 0 or -ENOMEM.
int lint_outcomes_keep(struct lint_outcomes_room *room, struct span *value) must_check;

// Finds an outcome like that in a list, or adds it, for the loaders in it. A value that lies in
// `text` may stay a view of it; it is copied otherwise. A list's first outcome without loaders is
// an empty list. Returns: 0 or -ENOMEM.
int lint_outcomes_add(struct lint_outcomes_room *room, struct span text, struct lint_outcome *list,
	const struct lint_outcome *outcome) must_check;

// Whether a value is a part of a text.
bool lint_outcomes_lies_in(struct span value, struct span text);

#endif
