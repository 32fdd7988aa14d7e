// A row is one bundler's way of writing a hash. What is replaced too much accepts nothing more than
// what was there: a baseline counts.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/lasting.h"

#include "lib/base/ascii.h"
#include "lib/base/pool.h"

#define BUILD_ID 21       // characters of Next's build ids (nanoid)
#define TURBOPACK_HASH 13 // 64 bits in 38 characters: the first one is 0 to 3
#define ROLLUP_HASH 8     // of Vite and Nuxt
#define HEX_HASH_MIN 8    // webpack has 16 or 20, git 40, images 64
#define MIXED_HASH_MIN 12 // letters and digits that take turns
#define MIXED_TURNS_MIN 3

// A name between two slashes.
struct part {
	const char *text;
	size_t length;
};

static char at(struct part part, size_t index)
{
	return index < part.length ? part.text[index] : '\0';
}

// How many characters from an index on are of base64url.
static size_t run_of(struct part part, size_t from)
{
	size_t length = 0;

	while (ascii_is_alphanumeric(at(part, from + length)) || at(part, from + length) == '-' ||
		at(part, from + length) == '_')
		length++;
	return length;
}

static size_t count_of(struct part part, size_t from, size_t length, bool (*is)(int c))
{
	size_t count = 0;

	for (size_t i = from; i < from + length; i++)
		count += is(part.text[i]);
	return count;
}

// ---- the ways; each gives the length of a hash that begins at an index, or 0

static size_t build_id(struct part part, size_t from)
{
	return from == 0 && part.length == BUILD_ID && run_of(part, 0) == BUILD_ID &&
			       count_of(part, 0, BUILD_ID, ascii_is_upper) &&
			       count_of(part, 0, BUILD_ID, ascii_is_lower)
		       ? BUILD_ID
		       : 0;
}

static size_t turbopack(struct part part, size_t from)
{
	bool begins = from == 0 || part.text[from - 1] == '-' || part.text[from - 1] == '_';

	return begins && at(part, from) >= '0' && at(part, from) <= '3' &&
			       run_of(part, from) == TURBOPACK_HASH &&
			       at(part, from + TURBOPACK_HASH) == '.' &&
			       !count_of(part, from, TURBOPACK_HASH, ascii_is_upper)
		       ? TURBOPACK_HASH
		       : 0;
}

static size_t rollup(struct part part, size_t from)
{
	bool begins = from > 0 && (part.text[from - 1] == '-' || part.text[from - 1] == '.');

	return begins && run_of(part, from) == ROLLUP_HASH && at(part, from + ROLLUP_HASH) == '.' &&
			       (count_of(part, from, ROLLUP_HASH, ascii_is_digit) ||
				       count_of(part, from + 1, ROLLUP_HASH - 1, ascii_is_upper))
		       ? ROLLUP_HASH
		       : 0;
}

static size_t word(struct part part, size_t from)
{
	size_t length = 0, digits = 0, hex = 0, turns = 0;

	if (from && ascii_is_alphanumeric(part.text[from - 1]))
		return 0;
	for (; ascii_is_alphanumeric(at(part, from + length)); length++) {
		char c = part.text[from + length];

		digits += ascii_is_digit(c);
		hex += ascii_is_digit(c) || (c >= 'a' && c <= 'f');
		turns +=
			length && ascii_is_digit(c) != ascii_is_digit(part.text[from + length - 1]);
	}
	if (length >= HEX_HASH_MIN && hex == length && digits)
		return length;
	return length >= MIXED_HASH_MIN && turns >= MIXED_TURNS_MIN ? length : 0;
}

static size_t (*const ways[])(struct part part, size_t from) = {build_id, turbopack, rollup, word};

static size_t hash_at(struct part part, size_t from)
{
	size_t length = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ways) && !length; i++)
		length = ways[i](part, from);
	return length;
}

// ---- the whole

const char *lasting_place(const char *place, struct pool *pool)
{
	char *text = pool_take(pool, strlen(place) + 1), *out = text;

	if (!text)
		return NULL;
	while (*place) {
		struct part part = {place, strcspn(place, "/!")};

		for (size_t i = 0; i < part.length;) {
			size_t length = hash_at(part, i);

			*out++ = length ? '*' : part.text[i];
			i += length ? length : 1;
		}
		place += part.length;
		if (*place)
			*out++ = *place++;
	}
	*out = '\0';
	return text;
}
