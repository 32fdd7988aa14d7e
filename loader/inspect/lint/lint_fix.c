// A line at a time into a text of guarded memory; lint_proof.h reads the whole again.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_fix.h"

#include "lib/base/secret.h"
#include "lib/value/draft.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_loss.h"
#include "loader/inspect/lint/lint_proof.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/spelling.h"

#include <errno.h>

struct fix {
	struct lint *lint, *refusals, *rewrites;
	const struct lint_file *file;
	const struct lint_file *plain; // as portable reads it
	bool asked;
	struct draft text; // of the new file
	size_t changed;
	bool refused;
};

static void append(struct fix *fix, struct span text)
{
	draft_put(&fix->text, text.at, text.length);
}

static int refuse_with(
	struct fix *fix, const struct written *item, const char *text, const char *hint)
{
	fix->refused = true;
	return lint_add(fix->refusals, &(struct lint_finding){.finding = FINDING_NO_SPELLING,
					       .file = fix->file,
					       .item = item,
					       .text = text,
					       .hint = hint});
}

static int refuse(struct fix *fix, const struct written *item, const char *text)
{
	return refuse_with(fix, item, text, NULL);
}

// Notes that a line is written anew; without outcomes: that it goes.
static int note(struct fix *fix, const struct written *item, const struct lint_outcome *outcomes)
{
	fix->changed++;
	if (!fix->rewrites)
		return 0;
	return lint_add(fix->rewrites, &(struct lint_finding){.finding = FINDING_READS_DIFFERENTLY,
					       .file = fix->file,
					       .item = item,
					       .outcomes = outcomes});
}

static int refuse_spelling(
	struct fix *fix, const struct written *item, const struct spelling_answer *answer)
{
	const char *excuse = spelling_excuse(answer, fix->lint->options.pool);
	const char *text =
		excuse ? pool_format(fix->lint->options.pool,
				 "no spelling gives this value to all of these loaders: %s", excuse)
		       : NULL;

	return text ? refuse(fix, item, text) : -ENOMEM;
}

// ---- one assignment

// How a line stands with its comment and its line end.
struct layout {
	bool above; // the comment on a line of its own, above
	bool cr;    // the line ends are CR and LF
};

static void append_layout(
	struct fix *fix, const struct layout *layout, struct span line, struct span comment)
{
	struct span newline = span_of(layout->cr ? "\r\n" : "\n");

	if (layout->above) {
		append(fix, comment);
		append(fix, newline);
	}
	append(fix, line);
	if (!layout->above && comment.length) {
		append(fix, span_of(" "));
		append(fix, comment);
	}
	append(fix, newline);
}

// Whether every loader reads the text as the pair and nothing else.
static int reads_back(struct fix *fix, const struct spelling_pair *pair, struct span text)
{
	const struct lint_options *options = &fix->lint->options;
	int code = 0;

	for (size_t i = 0; i < options->loader_count && code == 0; i++)
		code = spelling_reads_back(fix->lint->spelling, options->loaders[i], text, pair, 1);
	return code;
}

// The line in its place. Its comment stays behind it and its line end as it is where no loader
// minds.
static int write_line(struct fix *fix, const struct written *item, struct span line,
	const struct spelling_pair *pair)
{
	static const struct layout layouts[] = {
		{.cr = true}, {.cr = true, .above = true}, {.cr = false}, {.above = true}};
	bool cr = item->whole.length && span_end(item->whole)[-1] == '\r';
	size_t begun = fix->text.length;
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		const struct layout *layout = &layouts[i];

		if ((layout->cr && !cr) || (layout->above && !item->comment.length))
			continue;
		fix->text.length = begun;
		append_layout(fix, layout, line, item->comment);
		if (fix->text.failed)
			return -ENOMEM;
		code = reads_back(fix, pair,
			(struct span){fix->text.bytes + begun, fix->text.length - begun});
		if (code <= 0)
			break;
	}
	fix->text.length--; // the line feed follows from the file
	return code < 0 ? code : 0;
}

static int rewrite(struct fix *fix, const struct written *item, struct span value)
{
	const struct lint_options *options = &fix->lint->options;
	const struct spelling_request request = {.dialects = options->loaders,
		.count = options->loader_count,
		.pair = {item->name, value}};
	struct spelling_answer answer;
	struct span line;
	uint8_t *copy;
	int code = spelling_find(fix->lint->spelling, &request, &answer);

	if (code == SPELLING_E_NONE)
		return refuse_spelling(fix, item, &answer);
	if (code < 0)
		return code;
	copy = secret_arena_take(options->arena, answer.line.length + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, answer.line.at, answer.line.length);
	line = (struct span){copy, answer.line.length};
	code = write_line(fix, item, line, &request.pair);
	secret_arena_give(options->arena, copy, answer.line.length + 1);
	return code;
}

// ---- a file

// Whether some loader takes an earlier line of this key, or minds that there are two.
static bool minds_twins(const struct fix *fix, size_t index)
{
	const struct written *items = fix->file->written.items;
	size_t last = index;

	while (items[last].later != WRITTEN_NONE)
		last = items[last].later;
	return lint_differs(fix->lint, &fix->file->outcomes[last]);
}

// What a plain reader makes of an item. Where another loader ends a value at the line's end the
// plain one may go on, and then it has no such item. Returns: the outcome, or NULL when there is
// none.
static const struct lint_outcome *plain_outcome(const struct fix *fix, const struct written *item)
{
	const struct written_file *plain = &fix->plain->written;
	size_t at = plain->count ? written_at_line(plain, item->line) : 0;

	if (!plain->count || plain->items[at].line != item->line ||
		plain->items[at].whole.length != item->whole.length)
		return NULL;
	return lint_outcome_of(&fix->plain->outcomes[at], 1);
}

static int fix_item(struct fix *fix, size_t index)
{
	const struct written *item = &fix->file->written.items[index];
	const struct lint_outcome *outcomes = &fix->file->outcomes[index];
	const struct lint_outcome *meant = lint_outcome_of(outcomes, fix->lint->reference);
	struct lint_loss loss;
	int code;

	if (item->kind != WRITTEN_ASSIGNMENT)
		return refuse(fix, item, "the line is no assignment, so nobody knows its value");
	if (!meant || meant->effect != LINT_VALUE)
		return refuse(
			fix, item, "samekey itself does not read the line, so no value is meant");
	code = lint_loss_judge(&(struct lint_loss_request){.lint = fix->lint,
				       .file = fix->file,
				       .item = index,
				       .plain = plain_outcome(fix, item),
				       .asked = fix->asked},
		&loss);
	if (code == 0 && loss.text)
		return refuse_with(fix, item, loss.text, loss.hint);
	if (code == 0)
		code = rewrite(fix, item, meant->value);
	return code == 0 ? note(fix, item, outcomes) : code;
}

// What stands between two items, or behind the last: line ends and blank lines.
static struct span gap_after(const struct fix *fix, size_t index)
{
	const struct written_file *written = &fix->file->written;
	const uint8_t *end = span_end(written->text);

	if (index + 1 < written->count)
		end = written->items[index + 1].whole.at;
	return span_between(span_end(written->items[index].whole), end);
}

// An earlier line of a key that counts for nobody any more goes, but for its comment.
static int drop(struct fix *fix, const struct written *item, struct span gap)
{
	if (!item->comment.length) {
		append(fix, gap.length ? span_after(gap, 1) : gap);
		return note(fix, item, NULL);
	}
	append(fix, item->comment);
	if (span_end(item->whole)[-1] == '\r')
		append(fix, span_of("\r"));
	append(fix, gap);
	return note(fix, item, NULL);
}

static int copy_or_fix(struct fix *fix, size_t index)
{
	const struct written *item = &fix->file->written.items[index];
	bool differs = lint_differs(fix->lint, &fix->file->outcomes[index]);
	struct span gap = gap_after(fix, index);
	int code = 0;

	if (item->kind == WRITTEN_ASSIGNMENT && item->later != WRITTEN_NONE &&
		minds_twins(fix, index))
		return drop(fix, item, gap);
	if (differs)
		code = fix_item(fix, index);
	else
		append(fix, item->whole);
	append(fix, gap);
	return code;
}

// The blank lines and the byte order mark before the first item.
static void copy_start(struct fix *fix)
{
	const struct written_file *written = &fix->file->written;
	struct span start = span_between(written->text.at, written->items[0].whole.at);

	if (written->bom && lint_differs(fix->lint, &fix->file->outcomes[0]))
		start = span_after(start, 3);
	append(fix, start);
}

// ---- the whole

// What the file says to a reader without habits.
static struct lint *read_plainly(const struct lint_file *file, const struct lint *before,
	const struct dialect *const *portable)
{
	struct lint_options options = before->options;
	struct lint *lint;

	options.loaders = portable;
	options.loader_count = 1;
	options.reference = *portable;
	lint = lint_new(&options);
	if (lint && lint_read(lint, file->shown, file->written.text) < 0)
		lint = lint_free(lint);
	return lint;
}

int lint_fix_make(
	const struct lint_fix_request *request, struct span *ret_text, size_t *ret_changed)
{
	const struct lint_file *file = request->file;
	struct fix fix = {.lint = request->before,
		.refusals = request->refusals,
		.rewrites = request->rewrites,
		.file = file,
		.asked = request->asked,
		.text.arena = request->before->options.arena};
	const struct dialect *portable = dialect_find("portable");
	own(lint_release) struct lint *plain = read_plainly(file, request->before, &portable);
	int code = plain ? 0 : -ENOMEM;

	if (code == 0)
		fix.plain = *(struct lint_file **)plain->files.items;
	if (code == 0 && file->written.count)
		copy_start(&fix);
	for (size_t i = 0; i < file->written.count && code == 0; i++)
		code = copy_or_fix(&fix, i);
	if (code == 0 && fix.text.failed)
		code = -ENOMEM;
	if (code == 0 && fix.changed && !fix.refused)
		code = lint_proof_make(&(struct lint_proof){.before = fix.lint,
					       .file = file,
					       .text = {fix.text.bytes, fix.text.length},
					       .refusals = fix.refusals},
			&fix.refused);
	if (code < 0)
		return code;
	if (fix.refused)
		return LINT_FIX_E_REFUSED;
	*ret_text =
		fix.changed ? (struct span){fix.text.bytes, fix.text.length} : file->written.text;
	*ret_changed = fix.changed;
	return 0;
}
