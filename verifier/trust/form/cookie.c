// Cookie lines, read pair by pair. Quotes are bytes like others: a reader that lets them hide a
// semicolon is one that a neighbouring cookie can lead astray.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/cookie.h"

#include "lib/base/ascii.h"

// Places beside the numbers of chunks.
enum { WHOLE = COOKIE_CHUNKS_MAX, BEYOND, OTHER };

void cookie_begin(struct cookie_search *search, const char *name)
{
	*search = (struct cookie_search){.name = name, .name_length = strlen(name)};
}

// Without spaces and tabs at both ends, which RFC 6265bis section 5.6 takes off.
static struct cookie_view trim(const char *text, size_t length)
{
	while (length > 0 && (text[0] == ' ' || text[0] == '\t')) {
		text++;
		length--;
	}
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	return (struct cookie_view){text, length};
}

// Where a cookie of this name belongs: the number of a chunk, or one of the other three.
static size_t place_of(const struct cookie_search *search, struct cookie_view name)
{
	const char *suffix = name.text + search->name_length;
	size_t length = name.length - search->name_length, number = 0;

	if (name.length < search->name_length ||
		memcmp(name.text, search->name, search->name_length) != 0)
		return OTHER;
	if (length == 0)
		return WHOLE;
	if (suffix[0] != '.' || length < 2 || (suffix[1] == '0' && length > 2))
		return OTHER;
	for (size_t i = 1; i < length; i++) {
		if (!ascii_is_digit(suffix[i]))
			return OTHER;
		if (number < COOKIE_CHUNKS_MAX)
			number = number * 10 + (size_t)(suffix[i] - '0');
	}
	return number < COOKIE_CHUNKS_MAX ? number : BEYOND;
}

static void read_pair(struct cookie_search *search, const char *pair, size_t length)
{
	const char *equals = memchr(pair, '=', length);
	struct cookie_view value;
	size_t name_length, place;

	if (!equals)
		return;
	name_length = (size_t)(equals - pair);
	place = place_of(search, trim(pair, name_length));
	if (place == OTHER)
		return;
	value = trim(equals + 1, length - name_length - 1);
	if (place == BEYOND) {
		search->too_many |= value.length > 0;
		return;
	}
	search->twice |= search->values[place].text != NULL;
	search->values[place] = value;
}

void cookie_read(struct cookie_search *search, const char *line, size_t length)
{
	const char *end = line + length;

	while (line < end) {
		const char *semicolon = memchr(line, ';', (size_t)(end - line));
		const char *pair_end = semicolon ? semicolon : end;

		read_pair(search, line, (size_t)(pair_end - line));
		line = semicolon ? semicolon + 1 : end;
	}
}

// Joins the chunks, of which there is one at least.
static enum cookie_result join(const struct cookie_search *search, char *joined, size_t size,
	struct cookie_view *ret_value)
{
	size_t length = 0, next = 0;

	for (size_t i = 0; i < COOKIE_CHUNKS_MAX; i++) {
		struct cookie_view chunk = search->values[i];

		if (chunk.length == 0)
			continue;
		if (i != next++)
			return COOKIE_E_INCOMPLETE;
		if (chunk.length > size - length)
			return COOKIE_E_LIMIT;
		memcpy(joined + length, chunk.text, chunk.length);
		length += chunk.length;
	}
	*ret_value = (struct cookie_view){joined, length};
	return COOKIE_OK;
}

enum cookie_result cookie_end(const struct cookie_search *search, char *joined, size_t size,
	struct cookie_view *ret_value)
{
	struct cookie_view whole = search->values[WHOLE];
	bool in_chunks = search->too_many;

	if (size > COOKIE_VALUE_MAX)
		size = COOKIE_VALUE_MAX;
	for (size_t i = 0; i < COOKIE_CHUNKS_MAX; i++)
		in_chunks |= search->values[i].length > 0;
	if (search->twice || (in_chunks && whole.length > 0))
		return COOKIE_E_AMBIGUOUS;
	if (search->too_many || whole.length > size)
		return COOKIE_E_LIMIT;
	if (in_chunks)
		return join(search, joined, size, ret_value);
	if (whole.length == 0)
		return COOKIE_NONE;
	*ret_value = whole;
	return COOKIE_OK;
}
