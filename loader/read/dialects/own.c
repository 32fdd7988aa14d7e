// samekey's own dialects as emulations, so that they can stand beside the others. What is wrong
// with a line is told and the next one read; a file with an error is refused as a whole.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "loader/read/dialects/dotenv.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

// Reading one file.
struct own_reading {
	struct emulation *emulation;
	const uint8_t *line_start; // of line `line`
	uint32_t line;
	bool bad;
};

// The place of a line and column; lines only go forward.
static const uint8_t *place_of(struct own_reading *reading, uint32_t line, uint32_t column)
{
	struct span text = emulation_text(reading->emulation);

	if (line < reading->line) {
		reading->line = 1;
		reading->line_start = text.at;
	}
	for (; reading->line < line; reading->line++)
		reading->line_start = span_line_end(reading->line_start, span_end(text)) + 1;
	return reading->line_start + column - 1;
}

static void tell_trouble(void *user, const struct dotenv_trouble *trouble)
{
	struct own_reading *reading = user;
	const struct finding_kind *kind = finding_kind(trouble->finding);
	const struct span name = {(const uint8_t *)trouble->name, trouble->name_length};

	reading->bad |= kind->severity == DIAG_ERROR;
	emulation_tell(reading->emulation, trouble->finding,
		place_of(reading, trouble->line, trouble->column), name, kind->title);
}

static int set_entry(void *user, const struct dotenv_entry *entry)
{
	struct own_reading *reading = user;
	struct emulation *emulation = reading->emulation;
	const struct span name = {(const uint8_t *)entry->name, entry->name_length};
	struct span value = {entry->raw, entry->raw_length}, earlier;

	if (emulation_find(emulation, name, &earlier))
		tell_trouble(reading, &(struct dotenv_trouble){FINDING_DUPLICATE, entry->line,
					      entry->column, entry->name, entry->name_length});
	if (entry->escaped) {
		size_t begun = scratch_begin(emulation);
		uint8_t *room = scratch_room(emulation, entry->raw_length);

		if (room)
			scratch_took(emulation, dotenv_decode(entry, room));
		value = scratch_end(emulation, begun);
	}
	emulation_set(emulation, name, value, name.at);
	return emulation_stopped(emulation);
}

static void read_own(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	struct own_reading reading = {emulation, text.at, 1, false};
	const struct dotenv_sink sink = {&reading, set_entry, tell_trouble};

	if (dotenv_read(text.at, text.length, emulation_dialect(emulation), &sink) == 0 &&
		reading.bad)
		emulation_stop(emulation);
}

const struct dialect own_rows[] = {
	{
		.name = "portable",
		.loader = "samekey",
		.own = true,
		.doc = "what most loaders share; refuses what has no common meaning",
		.files = DIALECT_FIRST_FILE_WINS,
		.traits = DOTENV_QUOTES | DOTENV_ESCAPES | DOTENV_COMMENTS | DOTENV_TRIM |
			  DOTENV_EXPORT | DOTENV_TEXT,
		.read = read_own,
	},
	{
		.name = "literal",
		.machine_made = true,
		.loader = "samekey",
		.own = true,
		.doc = "the bytes after the first '=' as they are, for files that a machine wrote",
		.files = DIALECT_FIRST_FILE_WINS,
		.read = read_own,
	},
	{0},
};
