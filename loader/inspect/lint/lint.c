// Every loader reads every file, and lint_judge.h says what there is to say of what they made of
// it.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint.h"

#include "lib/base/map.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/shape.h"
#include "loader/inspect/lint/lint_cascade.h"
#include "loader/inspect/lint/lint_judge.h"
#include "loader/inspect/lint/lint_reading.h"
#include "loader/inspect/lint/lint_start.h"
#include "loader/inspect/lint/lint_stray.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/spelling.h"

#include <errno.h>

#define SPLITS_MAX 8 // rounds of taking items apart; each shifts which quotes belong together

struct lint *lint_new(const struct lint_options *options)
{
	struct lint *lint = calloc(1, sizeof(*lint));

	if (!lint)
		return NULL;
	lint->options = *options;
	lint->mask = (UINT64_C(1) << options->loader_count) - 1;
	lint->reference = UINT64_C(1) << options->loader_count;
	for (size_t i = 0; i < options->loader_count; i++)
		if (options->loaders[i] == options->reference)
			lint->reference = UINT64_C(1) << i;
	lint->reading = lint_reading_new(&lint->options);
	lint->spelling = spelling_new(options->arena);
	return lint->reading && lint->spelling ? lint : lint_free(lint);
}

struct lint *lint_free(struct lint *lint)
{
	if (!lint)
		return NULL;
	for (size_t i = 0; i < lint->files.count; i++) {
		struct lint_file *file = ((struct lint_file **)lint->files.items)[i];

		written_done(&file->written);
		map_free(file->stray_names);
	}
	spelling_free(lint->spelling);
	lint_reading_free(lint->reading);
	free(lint);
	return NULL;
}

void lint_release(struct lint **lint)
{
	*lint = lint_free(*lint);
}

// ---- outcomes

bool lint_alike(const struct lint_outcome *a, const struct lint_outcome *b)
{
	return a->effect == b->effect &&
	       (a->effect != LINT_VALUE || span_equal(a->value, b->value));
}

bool lint_differs(const struct lint *lint, const struct lint_outcome *outcomes)
{
	const struct lint_outcome *first = NULL;

	for (const struct lint_outcome *at = outcomes; at; at = at->next) {
		if (!(at->loaders & lint->mask))
			continue;
		if (first && !lint_alike(first, at))
			return true;
		first = first ? first : at;
	}
	return false;
}

const struct lint_outcome *lint_outcome_of(const struct lint_outcome *outcomes, uint64_t loader)
{
	for (; outcomes; outcomes = outcomes->next)
		if (outcomes->loaders & loader)
			return outcomes;
	return NULL;
}

// ---- findings

const char *lint_shown_key(struct lint *lint, const struct written *item)
{
	const char *name = (const char *)item->name.at;
	char *key;

	if (item->kind != WRITTEN_ASSIGNMENT || !item->name.length ||
		item->name.length > BUNDLE_NAME_MAX)
		return "";
	if (!item->quote && shape_name_is_encoded(name, item->name.length,
				    secret_view(item->value.at, item->value.length)))
		return "";
	key = pool_text(lint->options.pool, name, item->name.length);
	return !key || bundle_is_key_name(key) ? key : "";
}

static int fill_finding(struct lint *lint, struct lint_finding *finding)
{
	const struct finding_kind *kind = finding_kind(finding->finding);
	char shown[4096];

	finding->severity = kind->severity;
	// what --fix was asked to do and cannot is no guess
	if (lint->options.guessed && finding->severity == DIAG_ERROR &&
		finding->finding != FINDING_NO_SPELLING)
		finding->severity = DIAG_WARNING;
	if (!finding->text)
		finding->text = kind->title;
	if (!finding->hint)
		finding->hint = kind->fix;
	if (finding->item && !finding->key)
		finding->key = lint_shown_key(lint, finding->item);
	else if (!finding->key)
		finding->key = "";
	if (finding->file)
		finding->place = finding->file->shown;
	if (finding->item) {
		finding->line = finding->item->line;
		finding->column = finding->item->column;
	}
	if (finding->file && !finding->origin)
		finding->origin = finding->line ? pool_format(lint->options.pool, "%s:%u:%u",
							  text_printable(shown, sizeof(shown),
								  finding->file->shown),
							  finding->line, finding->column)
						: finding->file->shown;
	return finding->key && (finding->origin || !finding->file) ? 0 : -ENOMEM;
}

int lint_add(struct lint *lint, const struct lint_finding *finding)
{
	struct lint_finding filled = *finding, *slot;

	if (lint->findings.count >= LINT_FINDINGS_MAX) {
		enum diag_severity severity = finding_kind(finding->finding)->severity;

		if (lint->options.guessed && severity == DIAG_ERROR)
			severity = DIAG_WARNING;
		lint->counts[severity]++;
		return 0;
	}
	if (fill_finding(lint, &filled) < 0)
		return -ENOMEM;
	slot = pool_push(lint->options.pool, &lint->findings, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = filled;
	lint->counts[filled.severity]++;
	return 0;
}

const struct lint_finding *lint_at(const struct lint *lint, size_t index)
{
	const struct lint_finding *findings = lint->findings.items;

	return index < lint->findings.count ? &findings[index] : NULL;
}

// ---- files

static int read_all(struct lint *lint, struct lint_file *file)
{
	int code = 0;

	for (size_t i = 0; i < lint->options.loader_count && code == 0; i++)
		code = lint_reading_read(
			lint->reading, lint->options.loaders[i], UINT64_C(1) << i, file);
	if (code == 0 && !(lint->reference & lint->mask))
		code = lint_reading_read(
			lint->reading, lint->options.reference, lint->reference, file);
	return code;
}

// Takes the file apart and has every loader read it.
static int read_file(struct lint *lint, struct lint_file *file, struct span bytes,
	const struct written_lines *singles)
{
	struct pool *pool = lint->options.pool;

	written_done(&file->written);
	*file = (struct lint_file){
		.shown = file->shown, .stray_names = map_free(file->stray_names)};
	if (written_read(bytes, singles, pool, &file->written) < 0)
		return -ENOMEM;
	file->outcomes = pool_array(pool, file->written.count + 1, sizeof(*file->outcomes));
	file->told = pool_array(pool, file->written.count + 1, sizeof(*file->told));
	return file->outcomes && file->told ? read_all(lint, file) : -ENOMEM;
}

static int add_file(
	struct lint *lint, const char *shown, struct span bytes, struct lint_file **ret_file)
{
	struct lint_file *file = pool_take(lint->options.pool, sizeof(*file)), **slot;

	if (!file)
		return -ENOMEM;
	slot = pool_push(lint->options.pool, &lint->files, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = *ret_file = file;
	file->shown = shown;
	return read_file(lint, file, bytes, NULL);
}

// Whether no loader reads the item as the quoted text of several lines that it seems to be.
static bool is_glued(const struct written *item, const struct lint_outcome *outcomes)
{
	bool known = false;

	for (; outcomes; outcomes = outcomes->next) {
		known |= outcomes->loaders != 0;
		if (outcomes->effect == LINT_VALUE && span_find(outcomes->value, '\n'))
			return false;
	}
	return known && item->lines > 1 && item->quote;
}

// The lines of such items in which a loader finds other names.
// Returns: whether there are more than in the list; ret_code: 0 or -ENOMEM.
static bool find_singles(
	struct lint *lint, const struct lint_file *file, struct pool_list *lines, int *ret_code)
{
	struct lint_stray *const *strays = file->strays.items;
	size_t before = lines->count, last = WRITTEN_NONE;

	*ret_code = 0;
	for (size_t i = 0; i < file->strays.count && *ret_code == 0; i++) {
		size_t item = strays[i]->item;
		uint32_t *slot;

		if (item == last || !is_glued(&file->written.items[item], &file->outcomes[item]))
			continue;
		last = item;
		slot = pool_push(lint->options.pool, lines, sizeof(*slot));
		if (slot)
			*slot = file->written.items[item].line;
		else
			*ret_code = -ENOMEM;
	}
	return lines->count > before;
}

static int compare_lines(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

// Reads the file again with the items apart that only seem to be one.
static int split(struct lint *lint, struct lint_file *file, struct span bytes)
{
	struct pool_list lines = {0};
	int code = 0;

	for (size_t i = 0; i < SPLITS_MAX && code == 0; i++) {
		if (!find_singles(lint, file, &lines, &code))
			break;
		qsort(lines.items, lines.count, sizeof(uint32_t), compare_lines);
		code = read_file(
			lint, file, bytes, &(struct written_lines){lines.items, lines.count});
	}
	return code;
}

int lint_read(struct lint *lint, const char *shown, struct span bytes)
{
	struct lint_file *file;
	int code = add_file(lint, shown, bytes, &file);

	if (code == 0)
		code = split(lint, file, bytes);
	if (code == 0)
		code = lint_judge_items(lint, file);
	if (code == 0)
		code = lint_stray_judge(lint, file);
	return code == 0 ? lint_start_judge(lint, file) : code;
}

int lint_finish(struct lint *lint)
{
	return lint_cascade_judge(lint);
}
