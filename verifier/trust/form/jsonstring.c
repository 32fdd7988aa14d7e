// Eight bytes at a time while they are plain; escapes and longer UTF-8 one by one.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/jsonstring.h"

#include "lib/base/text.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS (ONES * 0x80)

// ---- reading

// The highest bit of each byte that may end a run of plain ones: a quote, a backslash, a control
// byte, or one of a longer UTF-8 sequence. Exact in the lowest byte that has it; above that, a
// borrow may mark too many.
static uint64_t special_bytes(uint64_t word)
{
	uint64_t quote = word ^ (ONES * '"'), backslash = word ^ (ONES * '\\');

	return (word | (((word - ONES * 0x20) | (quote - ONES) | (backslash - ONES)) & ~word)) &
	       HIGHS;
}

static bool is_special(char byte)
{
	return (uint8_t)byte < 0x20 || (uint8_t)byte >= 0x80 || byte == '"' || byte == '\\';
}

// Returns: the first byte from `at` on that is no plain one of a string, or `end`.
static const char *skip_plain(const char *at, const char *end)
{
	while ((size_t)(end - at) >= JSONSTRING_WORD) {
		uint64_t special = special_bytes(jsonstring_word(at));

		if (special)
			return at + __builtin_ctzll(special) / 8;
		at += JSONSTRING_WORD;
	}
	while (at < end && !is_special(*at))
		at++;
	return at;
}

// Moves `*at` behind the longer UTF-8 sequences that it is at, or to what is wrong.
static enum strictjson_result skip_sequences(const char **at, const char *end)
{
	const char *behind = *at;
	size_t length, good;

	while (behind < end && (uint8_t)*behind >= 0x80)
		behind++;
	length = (size_t)(behind - *at);
	good = text_utf8_error(*at, length);
	*at += good;
	return good == length ? STRICTJSON_OK : STRICTJSON_E_UTF8;
}

// The number of an escape \uXXXX at `at`.
// Returns: the number, or -1 when there is none.
static int32_t escape_unit(const char *at, const char *end)
{
	int32_t unit = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		int digit = text_hex_digit(at[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static bool is_high_surrogate(int32_t unit)
{
	return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int32_t unit)
{
	return unit >= 0xDC00 && unit <= 0xDFFF;
}

// What a backslash and this byte stand for, or 0.
static char escape_short(char byte)
{
	static const char kinds[] = "\"\\/bfnrt", stand_for[] = "\"\\/\b\f\n\r\t";
	const char *kind = byte ? strchr(kinds, byte) : NULL;

	return kind ? stand_for[kind - kinds] : '\0';
}

// Moves `*at` behind the escape that it is at, or leaves it there when that is wrong.
static enum strictjson_result skip_escape(const char **at, const char *end)
{
	size_t length = 2;

	if (end - *at < 2 || !escape_short((*at)[1])) {
		int32_t unit = escape_unit(*at, end);

		if (unit < 0)
			return STRICTJSON_E_SYNTAX;
		length = 6;
		if (is_high_surrogate(unit) && is_low_surrogate(escape_unit(*at + 6, end)))
			length = 12;
		else if (is_high_surrogate(unit) || is_low_surrogate(unit))
			return STRICTJSON_E_UTF8;
	}
	*at += length;
	return STRICTJSON_OK;
}

enum strictjson_result jsonstring_read(
	const char **at, const char *end, struct jsonstring *ret_string)
{
	const char *start = *at + 1, *from = start;
	bool escaped = false;

	while (true) {
		const char *special = skip_plain(from, end);
		enum strictjson_result result = STRICTJSON_E_SYNTAX;

		if (special < end && *special == '"') {
			*ret_string =
				(struct jsonstring){start, (size_t)(special - start), escaped};
			*at = special + 1;
			return STRICTJSON_OK;
		}
		*at = special;
		if (special < end && *special == '\\') {
			result = skip_escape(at, end);
			escaped = true;
		} else if (special < end && (uint8_t)*special >= 0x80) {
			result = skip_sequences(at, end);
		}
		if (result != STRICTJSON_OK)
			return result;
		from = *at;
	}
}

// ---- meaning

// The first byte of a code point's UTF-8; the others wait in the cursor.
static int begin_code(struct jsonstring_cursor *cursor, uint32_t code)
{
	static const uint8_t lead[] = {0x00, 0xC0, 0xE0, 0xF0};

	cursor->code = code;
	cursor->left = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	return (int)(lead[cursor->left] | code >> 6 * cursor->left);
}

int jsonstring_next(struct jsonstring_cursor *cursor)
{
	int32_t unit, low;

	if (cursor->left) {
		cursor->left--;
		return (int)(0x80 | (cursor->code >> 6 * cursor->left & 0x3F));
	}
	if (cursor->at == cursor->end)
		return -1;
	if (*cursor->at != '\\' || !cursor->escaped)
		return (uint8_t)*cursor->at++;
	if (cursor->at[1] != 'u') {
		cursor->at += 2;
		return escape_short(cursor->at[-1]);
	}
	unit = escape_unit(cursor->at, cursor->end);
	cursor->at += 6;
	if (!is_high_surrogate(unit))
		return begin_code(cursor, (uint32_t)unit);
	low = escape_unit(cursor->at, cursor->end);
	cursor->at += 6;
	return begin_code(
		cursor, 0x10000 + ((uint32_t)(unit - 0xD800) << 10 | (uint32_t)(low - 0xDC00)));
}

bool jsonstring_same_escaped(struct jsonstring a, struct jsonstring b)
{
	struct jsonstring_cursor in_a = jsonstring_begin(a), in_b = jsonstring_begin(b);
	int byte;

	do {
		byte = jsonstring_next(&in_a);
		if (byte != jsonstring_next(&in_b))
			return false;
	} while (byte >= 0);
	return true;
}

size_t jsonstring_unescape(struct jsonstring string, char *out, size_t size)
{
	struct jsonstring_cursor cursor = jsonstring_begin(string);
	size_t length = 0;

	if (!string.escaped) {
		if (string.length > size)
			return SIZE_MAX;
		memcpy(out, string.text, string.length);
		return string.length;
	}
	for (int byte = jsonstring_next(&cursor); byte >= 0; byte = jsonstring_next(&cursor)) {
		if (length == size)
			return SIZE_MAX;
		out[length++] = (char)byte;
	}
	return length;
}
