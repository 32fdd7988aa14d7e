// Any bytes linted by every loader: it ends, places lie inside the file, every outcome can be
// looked at, and what --fix makes is read alike by all.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_fix.h"
#include "loader/read/dialects/dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void look(const struct lint *lint, size_t size)
{
	const struct lint_finding *finding;

	for (size_t i = 0; (finding = lint_at(lint, i)); i++) {
		if (!finding->text || !finding->hint || !finding->key || finding->line > size + 1 ||
			finding->column > size + 1)
			abort();
		for (const struct lint_outcome *at = finding->outcomes; at; at = at->next)
			for (size_t j = 0; at->effect == LINT_VALUE && j < at->value.length; j++)
				if (at->value.at[j] == 0 && size == 0)
					abort();
	}
}

static void judge_fixed(const struct lint_options *options, struct span text)
{
	own(lint_release) struct lint *lint = lint_new(options);
	const struct lint_file *file;

	if (!lint || lint_read(lint, ".env", text) < 0)
		return;
	file = *(struct lint_file **)lint->files.items;
	for (size_t i = 0; i < file->written.count; i++)
		if (lint_differs(lint, &file->outcomes[i]))
			abort();
}

static void lint_bytes(const struct lint_options *options, struct span text)
{
	own(lint_release) struct lint *lint = lint_new(options), *refusals = lint_new(options);
	struct span fixed;
	size_t changed;

	if (!lint || !refusals || lint_read(lint, ".env", text) < 0 || lint_finish(lint) < 0)
		return;
	look(lint, text.length);
	if (lint_fix_make(&(struct lint_fix_request){.before = lint,
				  .file = *(struct lint_file **)lint->files.items,
				  .asked = true,
				  .refusals = refusals},
		    &fixed, &changed) == 0)
		judge_fixed(options, fixed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	own(pool_release) struct pool *pool = pool_new();
	own(secret_arena_release) struct secret_arena *arena = NULL;
	const struct dialect *loaders[LINT_LOADERS_MAX];
	struct lint_options options = {.reference = dialect_find("portable"), .pool = pool};

	if (!pool || secret_arena_open(NULL, &arena, NULL) < 0)
		return 0;
	options.arena = arena;
	options.loaders = loaders;
	// the first byte says where the loaders begin: few of them can be fixed for more often
	for (size_t i = size ? bytes[0] % 24 : 0; options.loader_count < (size ? 3 : 40); i++)
		if (!(loaders[options.loader_count] = dialect_at(i)))
			break;
		else
			options.loader_count++;
	lint_bytes(&options, (struct span){size ? bytes : (const uint8_t *)"", size});
	return 0;
}
