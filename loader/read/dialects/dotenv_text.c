// What is no text, and what git writes into one. A slip of the keyboard leaves a few bytes that are
// none; UTF-16 and what a program wrote for itself have many all over.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "loader/read/dialects/dotenv.h"

// Fewer bytes than this are told by their places, however short the file is.
#define ODD_BYTES_MIN 8
// At least one byte in so many is odd in a file that is no text.
#define ODD_SHARE 8

bool dotenv_text_is_merge_mark(const uint8_t *line, const uint8_t *end)
{
	static const char *const marks[] = {"<<<<<<< ", "||||||| ", ">>>>>>> "};
	struct span text = span_between(line, end);

	if (text.length && end[-1] == '\r')
		text.length--;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (span_starts(text, marks[i]))
			return true;
	return span_is(text, "=======");
}

static bool has_utf16_mark(struct span file)
{
	return span_starts(file, "\xFF\xFE") || span_starts(file, "\xFE\xFF");
}

const uint8_t *dotenv_text_error(struct span file)
{
	const uint8_t *nul = span_find(file, '\0');
	size_t first = text_utf8_error(file.at, file.length), odd = 0;

	if (has_utf16_mark(file))
		return file.at;
	for (size_t i = 0; nul && i < file.length; i++)
		odd += file.at[i] == '\0';
	for (size_t at = first; at < file.length;
		at += text_utf8_error(file.at + at, file.length - at)) {
		odd++;
		at++;
	}
	if (odd < ODD_BYTES_MIN || odd < file.length / ODD_SHARE)
		return NULL;
	return nul && nul < file.at + first ? nul : file.at + first;
}
