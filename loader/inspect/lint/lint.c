// Every loader reads every file; where outcomes differ, the causes that their values bear out
// become findings.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint.h"

#include "lib/base/map.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/shape.h"
#include "loader/inspect/lint/lint_cascade.h"
#include "loader/inspect/lint/lint_cause.h"
#include "loader/inspect/lint/lint_hint.h"
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

static bool is_like(const struct lint_outcome *a, const struct lint_outcome *b)
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
		if (first && !is_like(first, at))
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

// With those that are only counted.
static size_t count_findings(const struct lint *lint)
{
	size_t count = 0;

	for (size_t i = 0; i < DIAG_SEVERITIES; i++)
		count += lint->counts[i];
	return count;
}

// ---- one item

static bool is_odd(struct span text, uint8_t byte)
{
	bool odd = false;

	for (const uint8_t *at = text.at; (at = span_find(span_between(at, span_end(text)), byte));
		at++)
		odd = !odd;
	return odd;
}

// Whether all that follows may be lost to a loader.
static bool loses_rest(const struct written *item)
{
	return item->unterminated || item->whole.length > LINT_LINE_MAX;
}

// Whether the line may go on below for a loader: a quote, bracket or line that is left open.
static bool leaves_open(const struct written *item)
{
	struct span text = item->right.length ? item->right : item->whole;

	if (loses_rest(item) || (item->whole.length && span_end(item->whole)[-1] == '\\'))
		return true;
	if (item->kind == WRITTEN_COMMENT)
		return false;
	return item->trailed || span_find(text, '(') || is_odd(text, '\'') || is_odd(text, '"') ||
	       is_odd(text, '`') || (span_find(text, '{') && !span_find(text, '}'));
}

// Whether one outcome shows the cause and another one, unlike it, does not.
static bool bears_out(const struct lint *lint, const struct lint_cause *cause,
	const struct written *item, const struct lint_outcome *outcomes)
{
	if (!cause->shows)
		return true;
	for (const struct lint_outcome *a = outcomes; a; a = a->next) {
		if (!(a->loaders & lint->mask) || !cause->shows(item, a))
			continue;
		for (const struct lint_outcome *b = outcomes; b; b = b->next)
			if ((b->loaders & lint->mask) && !is_like(a, b) && !cause->shows(item, b))
				return true;
	}
	return false;
}

// Whether the only difference is that some loaders do not see the line.
static bool is_only_unseen(const struct lint *lint, const struct lint_outcome *outcomes)
{
	size_t values = 0, others = 0;

	for (const struct lint_outcome *at = outcomes; at; at = at->next) {
		if (!(at->loaders & lint->mask))
			continue;
		values += at->effect == LINT_VALUE;
		others += at->effect != LINT_VALUE && at->effect != LINT_ABSENT;
	}
	return values < 2 && !others;
}

// Whether an item before this one, which has its own finding, may have taken it.
static bool was_swallowed(
	const struct lint *lint, const struct lint_file *file, const struct lint_outcome *outcomes)
{
	size_t values = 0;

	for (const struct lint_outcome *at = outcomes; at; at = at->next)
		values += (at->loaders & lint->mask) && at->effect == LINT_VALUE;
	return file->open_told && values < 2;
}

// What is said where no cause is known.
static void fall_back(const struct lint *lint, const struct lint_outcome *outcomes,
	const char *hint, struct lint_finding *finding)
{
	finding->finding = FINDING_READS_DIFFERENTLY;
	finding->hint = hint;
	for (; outcomes; outcomes = outcomes->next) {
		if (!(outcomes->loaders & lint->mask) || outcomes->effect != LINT_RUNS)
			continue;
		finding->finding = FINDING_CMD_EXECUTES;
		finding->hint = finding_kind(FINDING_NOT_RUN)->fix;
	}
}

// A line with a name alone takes away, for some loaders, what a line above it gave.
static int explain_bare(struct lint *lint, const struct lint_file *file, const struct written *item,
	const struct lint_outcome *outcomes)
{
	struct lint_finding finding = {.finding = FINDING_BARE_KEY,
		.file = file,
		.item = &file->written.items[item->bare],
		.outcomes = outcomes,
		.key = lint_shown_key(lint, item)};

	file->told[item->bare] = true;
	return finding.key ? lint_add(lint, &finding) : -ENOMEM;
}

static bool is_unset_below(
	const struct lint *lint, const struct written *item, const struct lint_outcome *outcomes)
{
	bool unset = false, value = false;

	for (; outcomes; outcomes = outcomes->next) {
		unset |= (outcomes->loaders & lint->mask) && outcomes->effect == LINT_ABSENT;
		value |= (outcomes->loaders & lint->mask) && outcomes->effect == LINT_VALUE;
	}
	return item->kind == WRITTEN_ASSIGNMENT && item->bare != WRITTEN_NONE && unset && value;
}

static int explain(struct lint *lint, const struct lint_file *file, const struct written *item,
	const struct lint_outcome *outcomes)
{
	struct lint_finding finding = {.file = file, .item = item, .outcomes = outcomes};
	const char *hint = NULL;
	size_t found = 0;
	int code = 0;

	if (lint->findings.count < LINT_FINDINGS_MAX)
		code = lint_hint_for(lint, item, outcomes, &hint);
	for (const struct lint_cause *cause = lint_cause_rows; cause->applies && code == 0;
		cause++) {
		if (!cause->applies(file, item) || !bears_out(lint, cause, item, outcomes))
			continue;
		finding.finding = cause->finding;
		finding.hint = cause->hint ? cause->hint : hint;
		found++;
		code = lint_add(lint, &finding);
	}
	if (code == 0 && is_unset_below(lint, item, outcomes)) {
		found++;
		code = explain_bare(lint, file, item, outcomes);
	}
	fall_back(lint, outcomes, hint, &finding);
	if (code < 0 || found || was_swallowed(lint, file, outcomes))
		return code;
	return lint_add(lint, &finding);
}

// What no loader makes a value of, though they agree.
static int judge_alike(struct lint *lint, const struct lint_file *file, const struct written *item,
	const struct lint_outcome *outcomes)
{
	static const enum finding findings[] = {[LINT_ABSENT] = FINDING_IGNORED_LINE,
		[LINT_RENAMED] = FINDING_IGNORED_LINE,
		[LINT_RUNS] = FINDING_NOT_RUN,
		[LINT_CODE] = FINDING_EXECUTES_CODE,
		[LINT_REFUSED] = FINDING_REFUSED};
	const struct lint_outcome *outcome = outcomes;

	while (outcome && !(outcome->loaders & lint->mask))
		outcome = outcome->next;
	if (!outcome || outcome->effect == LINT_VALUE)
		return 0;
	if ((outcome->effect == LINT_ABSENT || outcome->effect == LINT_RENAMED) && file->open_told)
		return 0;
	return lint_add(lint, &(struct lint_finding){.finding = findings[outcome->effect],
				      .file = file,
				      .item = item,
				      .outcomes = outcomes});
}

static int judge_item(struct lint *lint, const struct lint_file *file, size_t index)
{
	const struct written *item = &file->written.items[index];
	const struct lint_outcome *outcomes = &file->outcomes[index];

	if ((!(outcomes->loaders & lint->mask) && !outcomes->next) || file->told[index])
		return 0;
	if (file->lost_told && is_only_unseen(lint, outcomes))
		return 0;
	if (lint_differs(lint, outcomes))
		return explain(lint, file, item, outcomes);
	return judge_alike(lint, file, item, outcomes);
}

// Judges the items, and notes which have a finding.
static int judge_items(struct lint *lint, struct lint_file *file)
{
	int code = 0;

	for (size_t i = 0; code == 0 && i < file->written.count; i++) {
		size_t before = count_findings(lint);

		code = judge_item(lint, file, i);
		file->told[i] |= count_findings(lint) > before;
		file->open_told |= file->told[i] && leaves_open(&file->written.items[i]);
		file->lost_told |= file->told[i] && loses_rest(&file->written.items[i]);
	}
	return code;
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
		code = judge_items(lint, file);
	if (code == 0)
		code = lint_stray_judge(lint, file);
	return code == 0 ? lint_start_judge(lint, file) : code;
}

int lint_finish(struct lint *lint)
{
	return lint_cascade_judge(lint);
}
