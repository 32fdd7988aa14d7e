// A cause is told only where one outcome shows it and another one, unlike it, does not. What a
// finding above explains already, such as a quote that was left open, is not told again.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_judge.h"

#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_cause.h"
#include "loader/inspect/lint/lint_hint.h"

#include <errno.h>

// With those that are only counted.
static size_t count_findings(const struct lint *lint)
{
	size_t count = 0;

	for (size_t i = 0; i < DIAG_SEVERITIES; i++)
		count += lint->counts[i];
	return count;
}

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
			if ((b->loaders & lint->mask) && !lint_alike(a, b) &&
				!cause->shows(item, b))
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

int lint_judge_items(struct lint *lint, struct lint_file *file)
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
