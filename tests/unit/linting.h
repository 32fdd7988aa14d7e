// Files as lint reads them, between loaders.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_LINTING_H
#define TESTS_UNIT_LINTING_H

#include "lib/base/base.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_fix.h"

struct linting {
	struct pool *pool;
	struct secret_arena *arena;
	const struct dialect *loaders[LINT_LOADERS_MAX];
	size_t count;
	struct lint *lint;
};

// For cmocka: the state.
int linting_set_up(void **state);

int linting_tear_down(void **state);

// Between which loaders: their names, with blanks.
void linting_between(struct linting *scene, const char *names);

// Reads a text as lint does. Fails the test where it cannot.
const struct lint_file *linting_read_file(struct linting *scene, struct span text);

// A text of pieces that loaders read differently. Returns: its length.
size_t linting_random_text(char *out, size_t size);

#endif
