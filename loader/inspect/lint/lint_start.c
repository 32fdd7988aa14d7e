// The loaders are started once more, with the environment's own values in force.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_start.h"

#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_reading.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/environment.h"

#include <errno.h>

// A key of the file that the environment holds too.
struct clash {
	const struct written *item;
	struct span given; // the environment's value
	struct lint_outcome *outcomes;
	bool kept, taken, rewritten;
};

static int find_clashes(struct lint *lint, const struct lint_file *file, struct pool_list *clashes)
{
	const struct written_file *written = &file->written;
	struct span given;

	for (size_t i = 0; lint->options.environment && i < written->count; i++) {
		const struct written *item = &written->items[i];
		struct clash *clash;

		if (item->kind != WRITTEN_ASSIGNMENT || item->later != WRITTEN_NONE ||
			!environment_find(lint->options.environment, item->name, &given))
			continue;
		clash = pool_push(lint->options.pool, clashes, sizeof(*clash));
		if (!clash)
			return -ENOMEM;
		*clash = (struct clash){.item = item, .given = given};
		clash->outcomes = pool_take(lint->options.pool, sizeof(*clash->outcomes));
		if (!clash->outcomes)
			return -ENOMEM;
	}
	return 0;
}

static void note_winner(const struct lint_file *file, struct clash *clash,
	const struct dialect *dialect, const struct lint_outcome *started)
{
	size_t index = (size_t)(clash->item - file->written.items);
	const struct lint_outcome *plain =
		lint_outcome_of(&file->outcomes[index], started->loaders);

	if (span_equal(started->value, clash->given))
		clash->kept = true;
	else if (dialect->keeper == DIALECT_FILE_WINS ||
		 (plain && plain->effect == LINT_VALUE && span_equal(started->value, plain->value)))
		clash->taken = true;
	else
		clash->rewritten |= span_find(clash->given, '$') != NULL;
}

// What one loader leaves in the environment under the names that were there.
static int start_loader(struct lint *lint, const struct lint_file *file, size_t loader,
	const struct pool_list *clashes)
{
	struct clash *clash = clashes->items;
	int code;
	const struct emulation *emulation = lint_reading_together(
		lint->reading, lint->options.loaders[loader], &file, 1, false, &code);

	for (size_t i = 0; emulation && code == 0 && i < clashes->count; i++, clash++) {
		size_t at = emulation_index(emulation, clash->item->name);
		struct lint_outcome outcome = {
			.loaders = UINT64_C(1) << loader, .value = clash->given};

		if (at != SIZE_MAX)
			outcome.value = emulation_at(emulation, at).value;
		note_winner(file, clash, lint->options.loaders[loader], &outcome);
		code = lint_reading_add(lint->reading, NULL, clash->outcomes, &outcome);
	}
	return code;
}

static int judge_clash(struct lint *lint, const struct lint_file *file, const struct clash *clash)
{
	struct lint_finding finding = {
		.file = file, .item = clash->item, .outcomes = clash->outcomes};

	if (clash->rewritten) {
		finding.finding = FINDING_NEXT_REWRITES;
		if (lint_add(lint, &finding) < 0)
			return -ENOMEM;
	}
	if (!clash->kept || !clash->taken)
		return 0;
	finding.finding = FINDING_FILE_VS_ENV;
	return lint_add(lint, &finding);
}

// Whether a loader's build writes the values of such names into the code.
static bool is_frozen(const struct lint *lint, struct span name)
{
	for (size_t i = 0; i < lint->options.loader_count; i++) {
		const char *frozen = lint->options.loaders[i]->frozen;

		if (frozen && span_starts(name, frozen))
			return true;
	}
	return false;
}

static int judge_frozen(struct lint *lint, const struct lint_file *file)
{
	for (size_t i = 0; i < file->written.count; i++) {
		const struct written *item = &file->written.items[i];

		if (item->kind != WRITTEN_ASSIGNMENT || item->later != WRITTEN_NONE ||
			!is_frozen(lint, item->name))
			continue;
		if (lint_add(lint, &(struct lint_finding){.finding = FINDING_NEXT_PUBLIC,
					   .file = file,
					   .item = item}) < 0)
			return -ENOMEM;
	}
	return 0;
}

int lint_start_judge(struct lint *lint, const struct lint_file *file)
{
	struct pool_list clashes = {0};
	int code = find_clashes(lint, file, &clashes);

	for (size_t i = 0; clashes.count && code == 0 && i < lint->options.loader_count; i++)
		code = start_loader(lint, file, i, &clashes);
	for (size_t i = 0; code == 0 && i < clashes.count; i++)
		code = judge_clash(lint, file, &((struct clash *)clashes.items)[i]);
	return code == 0 ? judge_frozen(lint, file) : code;
}
