// Memory goes with the test.
// SPDX-License-Identifier: MIT
#include "tests/unit/linting.h"

#include "lib/base/secret.h"
#include "loader/inspect/lint/lint.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

int linting_set_up(void **state)
{
	struct linting *scene = calloc(1, sizeof(*scene));

	if (!scene || !(scene->pool = pool_new()) ||
		secret_arena_open(NULL, &scene->arena, NULL) < 0)
		return -1;
	*state = scene;
	return 0;
}

int linting_tear_down(void **state)
{
	struct linting *scene = *state;

	lint_free(scene->lint);
	pool_free(scene->pool);
	secret_arena_free(scene->arena);
	free(scene);
	return 0;
}

void linting_between(struct linting *scene, const char *names)
{
	char *words = names ? strdup(names) : NULL, *rest = words, *word;

	scene->lint = lint_free(scene->lint);
	for (scene->count = 0; words && (word = strsep(&rest, " "));)
		assert_non_null(scene->loaders[scene->count++] = dialect_find(word));
	while (!words && (scene->loaders[scene->count] = dialect_at(scene->count)))
		scene->count++;
	free(words);
	scene->lint = lint_new(&(struct lint_options){.loaders = scene->loaders,
		.loader_count = scene->count,
		.reference = dialect_find("portable"),
		.arena = scene->arena,
		.pool = scene->pool});
	assert_non_null(scene->lint);
}

const struct lint_file *linting_read_file(struct linting *scene, struct span text)
{
	assert_int_equal(lint_read(scene->lint, ".env", text), 0);
	return ((struct lint_file **)scene->lint->files.items)[scene->lint->files.count - 1];
}

// What random lines are made of.
static const char *const pieces[] = {"a", "B", "1", " ", "  ", "\t", "#", " #", "'", "\"", "`",
	"\\", "\\n", "\\\"", "$", "${A}", "$A", "$$", "=", ":", "\n", "\r\n", "export ",
	"A=", "K=", "é", "(", ")", ";", "&", "~", "!", "%", "{", "}", "\xEF\xBB\xBF"};

size_t linting_random_text(char *out, size_t size)
{
	size_t used = 0, count = randombytes_uniform(40);

	for (size_t i = 0; i < count; i++) {
		const char *piece = i % 7 ? pieces[randombytes_uniform(ARRAY_SIZE(pieces))]
				    : i   ? "\nK="
					  : "A=";

		used += (size_t)snprintf(out + used, size - used, "%s", piece);
	}
	return used;
}
