// Reads digit after digit from the anchor on, and from there back. A break begins with what is no
// digit, so that it cannot be taken for one.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/wrapped.h"

#include "loader/scan/search/character.h"

#define ANCHOR_MIN 5  // digits
#define NEAR 60       // digits in which both anchors lie
#define BREAK_MAX 64  // bytes
#define ESCAPE_MAX 12 // of one digit
#define SLASHES_MAX 4
#define BREAK_ENDS " \t\r\n\"'`;nrAaDd"
#define NOWHERE SIZE_MAX

// ---- anchors

static bool is_plain(const uint8_t *digits, size_t length)
{
	return loose_is_plain(digits, length);
}

// Two plain parts of such a length, the first ones that are near enough.
static bool find_plain(const uint8_t *digits, size_t length, size_t size, size_t *ret_at)
{
	for (size_t a = 0; a + 2 * size <= length; a++) {
		if (!is_plain(digits + a, size))
			continue;
		for (size_t b = a + size; b + size <= length && b + size - a <= NEAR; b++)
			if (is_plain(digits + b, size)) {
				ret_at[0] = a;
				ret_at[1] = b;
				return true;
			}
	}
	return false;
}

void wrapped_anchors(const uint8_t *digits, size_t length, size_t most,
	size_t ret_at[static WRAPPED_ANCHORS], size_t *ret_length)
{
	size_t size = length / 2 < most ? length / 2 : most;

	*ret_length = size;
	ret_at[0] = 0;
	ret_at[1] = size;
	for (; size >= ANCHOR_MIN; size--)
		if (find_plain(digits, length, size, ret_at)) {
			*ret_length = size;
			return;
		}
}

// ---- breaks

struct reader {
	const struct loose_text *text;
	size_t at;
};

static bool skip(struct reader *reader, const char *word)
{
	size_t length = strlen(word);

	if (reader->text->size - reader->at < length ||
		strncasecmp((const char *)reader->text->bytes + reader->at, word, length) != 0)
		return false;
	reader->at += length;
	return true;
}

static bool skip_one_of(struct reader *reader, const char *bytes)
{
	const struct loose_text *text = reader->text;

	if (reader->at == text->size || !text->bytes[reader->at] ||
		!strchr(bytes, text->bytes[reader->at]))
		return false;
	reader->at++;
	return true;
}

static void skip_blanks(struct reader *reader)
{
	while (skip_one_of(reader, " \t\r\n"))
		;
}

static void skip_slashes(struct reader *reader)
{
	for (int i = 0; i < SLASHES_MAX && skip_one_of(reader, "\\");)
		i++;
}

// \n, in strings in strings too, and the backslash at the end of a line.
static bool skip_escape(struct reader *reader)
{
	struct reader ahead = *reader;

	skip_slashes(&ahead);
	if (ahead.at == reader->at ||
		!(skip_one_of(&ahead, "nr\r\n") || skip(&ahead, "u000a") || skip(&ahead, "u000d") ||
			skip(&ahead, "x0a") || skip(&ahead, "x0d")))
		return false;
	*reader = ahead;
	return true;
}

// One literal ends and the next one begins.
static bool skip_quotes(struct reader *reader)
{
	struct reader ahead = *reader;

	skip_slashes(&ahead);
	if (!skip_one_of(&ahead, "\"'`"))
		return false;
	skip_blanks(&ahead);
	if (skip_one_of(&ahead, "+,."))
		skip_blanks(&ahead);
	skip_slashes(&ahead);
	if (!skip_one_of(&ahead, "\"'`"))
		return false;
	*reader = ahead;
	return true;
}

// Where a break ends that begins at `at`; `at` itself where there is none.
static size_t behind_break(const struct loose_text *text, size_t at)
{
	static const char *const numbers[] = {"%0a", "%0d", "&#10;", "&#13;", "&#xa;", "&#xd;"};
	struct reader reader = {text, at};
	bool more = true;

	while (more && reader.at - at < BREAK_MAX) {
		more = skip_one_of(&reader, " \t\r\n") || skip_escape(&reader) ||
		       skip_quotes(&reader);
		for (size_t i = 0; !more && i < ARRAY_SIZE(numbers); i++)
			more = skip(&reader, numbers[i]);
	}
	return reader.at;
}

// ---- digits

// Where the digit ends that begins at `at`, perhaps behind a break.
static size_t behind_digit(const struct loose_text *text, size_t at, const uint8_t *digit)
{
	const struct character character = {digit, 1, *digit};
	size_t end;

	if (at < text->size && text->bytes[at] == *digit)
		return at + 1;
	if (!character_is_plain(*digit) && (end = loose_character(text, at, &character)) > at)
		return end;
	end = behind_break(text, at);
	if (end == at || end >= text->size)
		return NOWHERE;
	if (text->bytes[end] == *digit)
		return end + 1;
	at = end;
	return !character_is_plain(*digit) && (end = loose_character(text, at, &character)) > at
		       ? end
		       : NOWHERE;
}

size_t wrapped_before_break(const struct loose_text *text, size_t at)
{
	size_t first = at > BREAK_MAX ? at - BREAK_MAX : 0;

	if (at == 0 || !memchr(BREAK_ENDS, text->bytes[at - 1], sizeof(BREAK_ENDS) - 1))
		return at;
	while (first < at && behind_break(text, first) != at)
		first++;
	return first;
}

// Where the digit begins that ends at `end` or before the break that ends there. What looks like
// the end of a break is no digit: there is no digit before it, but `\\` or `%`.
static size_t before_digit(const struct loose_text *text, size_t end, const uint8_t *digit)
{
	const struct character character = {digit, 1, *digit};
	size_t least;

	end = wrapped_before_break(text, end);
	if (end > 0 && text->bytes[end - 1] == *digit)
		return end - 1;
	if (character_is_plain(*digit))
		return NOWHERE;
	least = end > ESCAPE_MAX ? end - ESCAPE_MAX : 0;
	for (size_t at = end; at-- > least;)
		if (loose_character(text, at, &character) == end)
			return at;
	return NOWHERE;
}

bool wrapped_stands(const struct loose_value *digits, const struct loose_text *text, size_t at,
	struct loose_span *ret_span)
{
	struct loose_span span = {at, at};

	for (size_t i = digits->anchor_at; i < digits->length && span.end != NOWHERE; i++)
		span.end = behind_digit(text, span.end, digits->bytes + i);
	for (size_t i = digits->anchor_at; i-- > 0 && span.end != NOWHERE && span.start != NOWHERE;)
		span.start = before_digit(text, span.start, digits->bytes + i);
	if (span.start == NOWHERE || span.end == NOWHERE || span.end - span.start > text->most)
		return false;
	*ret_span = span;
	return true;
}
