// A refused line is hidden behind a comment in a copy of the file, and the reading goes on behind
// it, so that a file with many such lines costs little more than one without.
// SPDX-License-Identifier: MIT
#include "loader/inspect/lint/lint_reading.h"

#include "lib/base/growth.h"
#include "lib/base/map.h"
#include "lib/base/secret.h"
#include "loader/inspect/lint/lint.h"
#include "loader/inspect/lint/lint_outcomes.h"
#include "loader/inspect/lint/lint_stray.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/environment.h"

#include <errno.h>

enum mark {
	SEEN = 1u << 0,    // has its outcome
	RUNS = 1u << 1,    // a command would run
	RENAMED = 1u << 2, // another name is set
};

struct refusal {
	size_t item;
	enum finding finding;
	const char *text;
};

struct lint_reading {
	const struct lint_options *options;
	struct emulation *emulation, *started; // without and with the environment's own values
	struct lint_file *file;
	uint64_t loader;
	size_t from, to; // the items that are read now
	uint8_t *marks;  // of each item
	size_t marks_room;
	struct refusal *refusals;
	size_t refusal_count, refusal_room;
	struct span text; // of the whole file, with lines hidden in it
	uint8_t *copy;    // that it lies in; NULL while nothing is hidden
	struct lint_outcomes_room room;
	int code;
};

// What the segments before this one have set is still known to the loader.
static bool look_up(void *user, struct span name, struct span *ret_value)
{
	const struct lint_reading *reading = user;
	const struct written_file *written = reading->file ? &reading->file->written : NULL;
	size_t item = written && reading->from
			      ? map_find(written->names, (const char *)name.at, name.length)
			      : MAP_ABSENT;
	const struct lint_outcome *outcome = NULL;

	if (item != MAP_ABSENT && item < reading->from)
		outcome = lint_outcome_of(&reading->file->outcomes[item], reading->loader);
	if (outcome && outcome->effect == LINT_VALUE) {
		*ret_value = outcome->value;
		return true;
	}
	return reading->options->environment &&
	       environment_find(reading->options->environment, name, ret_value);
}

// The item of a place in the segment that is read.
static size_t item_at(const struct lint_reading *reading, uint32_t line)
{
	const struct written_file *written = &reading->file->written;
	uint32_t before = reading->from ? written->items[reading->from].line - 1 : 0;
	size_t item = written_at_line(written, line + before);

	if (item < reading->from)
		return reading->from;
	return item < reading->to ? item : reading->to - 1;
}

static void note_trouble(void *user, const struct emulation_trouble *trouble)
{
	struct lint_reading *reading = user;
	size_t item;

	if (!reading->file)
		return;
	item = item_at(reading, trouble->line);
	if (trouble->finding == FINDING_NOT_RUN)
		reading->marks[item] |= RUNS;
	if (finding_kind(trouble->finding)->severity != DIAG_ERROR)
		return;
	if (growth_room(&reading->refusals, &reading->refusal_room, reading->refusal_count,
		    sizeof(*reading->refusals)) < 0) {
		reading->code = -ENOMEM;
		return;
	}
	reading->refusals[reading->refusal_count++] =
		(struct refusal){item, trouble->finding, trouble->text};
}

static struct emulation *emulation_for(struct lint_reading *reading, bool files_only)
{
	return emulation_new(&(struct emulation_options){.dialect = reading->options->reference,
		.arena = reading->options->arena,
		.environment = look_up,
		.trouble = note_trouble,
		.user = reading,
		.files_only = files_only});
}

struct lint_reading *lint_reading_new(const struct lint_options *options)
{
	struct lint_reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		return NULL;
	reading->options = options;
	reading->room = (struct lint_outcomes_room){.pool = options->pool, .arena = options->arena};
	reading->emulation = emulation_for(reading, true);
	return reading->emulation ? reading : lint_reading_free(reading);
}

struct lint_reading *lint_reading_free(struct lint_reading *reading)
{
	if (!reading)
		return NULL;
	emulation_free(reading->emulation);
	emulation_free(reading->started);
	free(reading->marks);
	free(reading->refusals);
	free(reading);
	return NULL;
}

// ---- outcomes

int lint_reading_add(struct lint_reading *reading, const struct lint_file *file,
	struct lint_outcome *list, const struct lint_outcome *outcome)
{
	const struct span text = file ? file->written.text : (struct span){0};

	return lint_outcomes_add(&reading->room, text, list, outcome);
}

static void put(struct lint_reading *reading, size_t item, struct lint_outcome outcome)
{
	outcome.loaders = reading->loader;
	reading->marks[item] |= SEEN;
	if (lint_reading_add(reading, reading->file, &reading->file->outcomes[item], &outcome) < 0)
		reading->code = -ENOMEM;
}

// ---- one segment of a file

static struct span segment(const struct lint_reading *reading)
{
	const struct written_file *written = &reading->file->written;
	const uint8_t *base = written->text.at, *from = base, *end = span_end(written->text);
	size_t start;

	if (reading->from)
		from = written->items[reading->from].whole.at;
	if (reading->to < written->count)
		end = written->items[reading->to].whole.at;
	start = (size_t)(from - base);
	return (struct span){reading->text.at + start, (size_t)(end - from)};
}

static int run_segment(
	struct lint_reading *reading, const struct dialect *dialect, size_t from, size_t to)
{
	int code;

	reading->from = from;
	reading->to = to;
	reading->refusal_count = 0;
	emulation_restart(reading->emulation, dialect);
	code = emulation_read(reading->emulation, segment(reading));
	if (code == 0)
		code = emulation_finish(reading->emulation);
	return reading->code ? reading->code : code;
}

// Which of several lines for one key a result comes from.
static size_t twin_of(const struct lint_reading *reading, size_t item, uint32_t line)
{
	const struct written *items = reading->file->written.items;
	size_t at = item, place = item_at(reading, line);

	while (at != place && items[at].earlier != WRITTEN_NONE)
		at = items[at].earlier;
	return at == place ? at : item;
}

// A name that no line assigns.
static void put_stray(struct lint_reading *reading, const struct emulation_item *result)
{
	const struct written *items = reading->file->written.items;
	struct lint_outcome outcome = {
		.effect = LINT_VALUE, .value = result->value, .loaders = reading->loader};
	struct lint_stray made = {.name = result->name, .item = item_at(reading, result->line)},
			  *stray;

	made.line = result->line + (reading->from ? items[reading->from].line - 1 : 0);
	reading->marks[made.item] |= RENAMED;
	if (!lint_outcomes_lies_in(made.name, reading->file->written.text) &&
		lint_outcomes_keep(&reading->room, &made.name) < 0)
		reading->code = -ENOMEM;
	stray = lint_stray_of(reading->file, reading->options->pool, &made);
	if (!stray)
		reading->code = -ENOMEM;
	if (reading->code || lint_outcome_of(&stray->outcomes, reading->loader))
		return;
	if (lint_reading_add(reading, reading->file, &stray->outcomes, &outcome) < 0)
		reading->code = -ENOMEM;
}

// The values of the segment.
static void collect_values(struct lint_reading *reading)
{
	const struct written_file *written = &reading->file->written;

	for (size_t i = 0; i < emulation_count(reading->emulation); i++) {
		struct emulation_item result = emulation_at(reading->emulation, i);
		size_t item =
			map_find(written->names, (const char *)result.name.at, result.name.length);
		size_t last = item, chosen;

		if (item == MAP_ABSENT) {
			put_stray(reading, &result);
			continue;
		}
		while (last >= reading->to && written->items[last].earlier != WRITTEN_NONE)
			last = written->items[last].earlier;
		if (last < reading->from || last >= reading->to)
			continue;
		chosen = twin_of(reading, last, result.line);
		put(reading, last,
			(struct lint_outcome){.effect = LINT_VALUE,
				.earlier = chosen != last,
				.value = result.value});
	}
}

// What has no value: not set, or set under another name, or a command.
static void collect_rest(struct lint_reading *reading)
{
	const struct written *items = reading->file->written.items;

	for (size_t i = reading->from; i < reading->to; i++) {
		enum lint_effect effect = LINT_ABSENT;

		if (reading->marks[i] & RENAMED)
			effect = LINT_RENAMED;
		if (reading->marks[i] & RUNS)
			effect = LINT_RUNS;
		if (!(reading->marks[i] & SEEN) && items[i].kind != WRITTEN_COMMENT &&
			items[i].later == WRITTEN_NONE)
			put(reading, i, (struct lint_outcome){.effect = effect});
	}
}

static void collect(struct lint_reading *reading)
{
	collect_values(reading);
	collect_rest(reading);
}

// ---- a whole file

// Puts a comment in an item's place, line for line.
static int hide(struct lint_reading *reading, size_t item)
{
	struct span whole = reading->file->written.items[item].whole;
	struct span text = reading->file->written.text;

	if (!reading->copy) {
		reading->copy = secret_arena_take(reading->options->arena, text.length);
		if (!reading->copy)
			return -ENOMEM;
		memcpy(reading->copy, text.at, text.length);
		reading->text.at = reading->copy;
	}
	for (size_t i = 0; i < whole.length; i++)
		if (whole.at[i] != '\n' && whole.at[i] != '\r')
			reading->copy[whole.at - text.at + (ptrdiff_t)i] = '#';
	return 0;
}

// Puts the refusals down and hides their lines.
// Returns: the last of them, or WRITTEN_NONE when the loader cannot be led past it.
static size_t note_refusals(struct lint_reading *reading)
{
	size_t last = WRITTEN_NONE;
	bool endless = false;

	for (size_t i = 0; i < reading->refusal_count; i++) {
		const struct refusal *refusal = &reading->refusals[i];
		bool code = refusal->finding == FINDING_EXECUTES_CODE;

		endless |= refusal->finding == FINDING_TOO_LARGE;
		if (!(reading->marks[refusal->item] & SEEN))
			put(reading, refusal->item,
				(struct lint_outcome){.effect = code ? LINT_CODE : LINT_REFUSED,
					.text = refusal->text});
		if (hide(reading, refusal->item) < 0)
			reading->code = -ENOMEM;
		if (last == WRITTEN_NONE || refusal->item > last)
			last = refusal->item;
	}
	return endless ? WRITTEN_NONE : last;
}

static int read_segments(struct lint_reading *reading, const struct dialect *dialect)
{
	size_t from = 0, count = reading->file->written.count;

	for (size_t i = 0; i < LINT_REFUSALS_MAX && from < count; i++) {
		int code = run_segment(reading, dialect, from, count);
		size_t last;

		if (code < 0)
			return code;
		if (code == 0) {
			collect(reading);
			return reading->code;
		}
		last = note_refusals(reading);
		if (last == WRITTEN_NONE)
			break;
		if (from < last && run_segment(reading, dialect, from, last) == 0)
			collect(reading);
		if (reading->code)
			return reading->code;
		from = last + 1;
	}
	return reading->code;
}

int lint_reading_read(struct lint_reading *reading, const struct dialect *dialect, uint64_t loader,
	struct lint_file *file)
{
	size_t count = file->written.count;
	int code;

	if (count > reading->marks_room) {
		free(reading->marks);
		reading->marks = malloc(count);
		reading->marks_room = reading->marks ? count : 0;
		if (!reading->marks)
			return -ENOMEM;
	}
	if (!count)
		return 0;
	memset(reading->marks, 0, count);
	reading->file = file;
	reading->loader = loader;
	reading->text = file->written.text;
	reading->code = 0;
	code = read_segments(reading, dialect);
	secret_arena_give(reading->options->arena, reading->copy, file->written.text.length);
	reading->copy = NULL;
	reading->file = NULL;
	return code;
}

const struct emulation *lint_reading_together(struct lint_reading *reading,
	const struct dialect *dialect, const struct lint_file *const *files, size_t count,
	bool files_only, int *ret_code)
{
	struct emulation *emulation = reading->emulation;
	int code = 0;

	*ret_code = 0;
	reading->file = NULL;
	if (!files_only) {
		if (!reading->started)
			reading->started = emulation_for(reading, false);
		emulation = reading->started;
	}
	if (!emulation) {
		*ret_code = -ENOMEM;
		return NULL;
	}
	emulation_restart(emulation, dialect);
	for (size_t i = 0; i < count && code == 0; i++)
		code = emulation_read(emulation, files[i]->written.text);
	if (code == 0)
		code = emulation_finish(emulation);
	if (code < 0)
		*ret_code = code;
	return code == 0 ? emulation : NULL;
}
