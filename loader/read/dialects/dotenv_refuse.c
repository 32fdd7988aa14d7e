// What is said of a line that has no name and '=', and of a file that is no text.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/dotenv_reader.h"

#include "loader/read/dialects/span.h"

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

void dotenv_refuse_line(struct dotenv_reader *reader, const uint8_t *at, const uint8_t *end,
	const struct dotenv_entry *entry)
{
	const uint8_t *rest = skip_blanks(at, end);
	bool assigns = span_find(span_between(rest, end), '=') != NULL;

	if (dotenv_text_is_merge_mark(reader->line_start, end))
		dotenv_report(reader, FINDING_MERGE_MARK, reader->line_start, NULL);
	else if (!entry->name_length)
		dotenv_report(reader, assigns ? FINDING_BAD_NAME : FINDING_MALFORMED, rest, NULL);
	else if (rest == end) // not named: it may well be a value that was pasted there
		dotenv_report(reader, FINDING_BARE_KEY, (const uint8_t *)entry->name, NULL);
	else if (*rest == ':')
		dotenv_report(reader, FINDING_COLON_LINE, rest, NULL);
	else if (rest == at && assigns)
		dotenv_report(reader, FINDING_BAD_NAME, rest, NULL);
	else
		dotenv_report(reader, FINDING_MALFORMED, rest, NULL);
}

bool dotenv_refuse_file(struct dotenv_reader *reader)
{
	const uint8_t *odd = dotenv_text_error(span_between(reader->at, reader->end));

	if (odd) {
		reader->line = 1;
		dotenv_report(reader, FINDING_NOT_TEXT, odd, NULL);
	}
	return odd;
}
