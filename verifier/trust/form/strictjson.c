// The reader of strangers' JSON: one function a rule of the grammar, at most STRICTJSON_DEPTH_MAX
// deep in each other. What names it saw lies in two arrays on the stack; a new one is looked for
// there by a keyed hash first, so that a text made for it cannot make it slow.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/strictjson.h"

#include "lib/base/text.h"

#include <endian.h>
#include <locale.h>
#include <pthread.h>

#define WORD sizeof(uint64_t)
#define ONES UINT64_C(0x0101010101010101)
#define HIGHS (ONES * 0x80)
#define INTEGER_DIGITS_MAX 18 // always fit in an int64_t
#define SHOWN_MAX 256         // bytes that strictjson_show looks at

// What stands between two quotes and was found good.
struct string {
	const char *text;
	size_t length;
	bool escaped;
};

struct name {
	const char *text;
	size_t length;
	unsigned object; // which one has it, in the order of their opening brackets
	bool escaped;
};

struct reader {
	const char *at, *end;
	enum strictjson_result wrong;
	const char *wrong_at;
	unsigned depth, objects;
	size_t members;
	// Both have STRICTJSON_MEMBERS_MAX places, of which the first `members` are filled.
	uint64_t *keys; // a hash of object and name
	struct name *names;
	struct strictjson_member *wanted;
	size_t wanted_count, wanted_last;
	uint64_t wanted_first; // a bit for what some wanted name begins with, modulo 64
};

static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void seed_draw(void)
{
	// Without random bytes hostile texts are read slower, and still rightly.
	ignore_result(getentropy(seed, sizeof(seed)));
}

static bool fail(struct reader *r, const char *at, enum strictjson_result wrong)
{
	r->wrong = wrong;
	r->wrong_at = at;
	return false;
}

// ---- strings

static uint64_t load_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, WORD);
	return le64toh(word);
}

static uint32_t load_half(const char *at)
{
	uint32_t half;

	memcpy(&half, at, sizeof(half));
	return le32toh(half);
}

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
	while ((size_t)(end - at) >= WORD) {
		uint64_t special = special_bytes(load_word(at));

		if (special)
			return at + __builtin_ctzll(special) / 8;
		at += WORD;
	}
	while (at < end && !is_special(*at))
		at++;
	return at;
}

// Returns: the first byte behind the longer UTF-8 sequences at `at`, or NULL.
static const char *skip_sequences(struct reader *r, const char *at)
{
	const char *behind = at;
	size_t length, good;

	while (behind < r->end && (uint8_t)*behind >= 0x80)
		behind++;
	length = (size_t)(behind - at);
	good = text_utf8_error(at, length);
	if (good == length)
		return behind;
	(void)fail(r, at + good, STRICTJSON_E_UTF8);
	return NULL;
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

// Returns: the first byte behind the escape at `at`, or NULL.
static const char *skip_escape(struct reader *r, const char *at)
{
	int32_t unit;

	if (r->end - at >= 2 && escape_short(at[1]))
		return at + 2;
	unit = escape_unit(at, r->end);
	if (unit < 0) {
		(void)fail(r, at, STRICTJSON_E_SYNTAX);
		return NULL;
	}
	if (!is_high_surrogate(unit) && !is_low_surrogate(unit))
		return at + 6;
	if (is_high_surrogate(unit) && is_low_surrogate(escape_unit(at + 6, r->end)))
		return at + 12;
	(void)fail(r, at, STRICTJSON_E_UTF8);
	return NULL;
}

static bool read_string(struct reader *r, struct string *ret_string)
{
	const char *start = r->at + 1, *at = start;
	bool escaped = false;

	while (true) {
		at = skip_plain(at, r->end);
		if (at == r->end)
			return fail(r, at, STRICTJSON_E_SYNTAX);
		if (*at == '"')
			break;
		if ((uint8_t)*at < 0x20)
			return fail(r, at, STRICTJSON_E_SYNTAX);
		escaped |= *at == '\\';
		at = *at == '\\' ? skip_escape(r, at) : skip_sequences(r, at);
		if (!at)
			return false;
	}
	*ret_string = (struct string){start, (size_t)(at - start), escaped};
	r->at = at + 1;
	return true;
}

// ---- what a good string means

struct unescaper {
	const char *at, *end;
	uint32_t code; // whose last `left` bytes of UTF-8 are still to come
	unsigned left;
	bool escaped; // else a backslash is a byte like others
};

// The first byte of a code point's UTF-8; the others wait in `u`.
static int begin_code(struct unescaper *u, uint32_t code)
{
	static const uint8_t lead[] = {0x00, 0xC0, 0xE0, 0xF0};

	u->code = code;
	u->left = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	return (int)(lead[u->left] | code >> 6 * u->left);
}

// Returns: the next byte, or -1 behind the last.
static int next_byte(struct unescaper *u)
{
	int32_t unit, low;

	if (u->left) {
		u->left--;
		return (int)(0x80 | (u->code >> 6 * u->left & 0x3F));
	}
	if (u->at == u->end)
		return -1;
	if (*u->at != '\\' || !u->escaped)
		return (uint8_t)*u->at++;
	if (u->at[1] != 'u') {
		u->at += 2;
		return escape_short(u->at[-1]);
	}
	unit = escape_unit(u->at, u->end);
	u->at += 6;
	if (!is_high_surrogate(unit))
		return begin_code(u, (uint32_t)unit);
	low = escape_unit(u->at, u->end);
	u->at += 6;
	return begin_code(
		u, 0x10000 + ((uint32_t)(unit - 0xD800) << 10 | (uint32_t)(low - 0xDC00)));
}

static struct unescaper unescape(struct string string)
{
	return (struct unescaper){
		.at = string.text, .end = string.text + string.length, .escaped = string.escaped};
}

static bool same_string(struct string a, struct string b)
{
	struct unescaper of_a = unescape(a), of_b = unescape(b);
	int byte;

	if (!a.escaped && !b.escaped)
		return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
	do {
		byte = next_byte(&of_a);
		if (byte != next_byte(&of_b))
			return false;
	} while (byte >= 0);
	return true;
}

// ---- names: none twice in an object

static uint64_t mix(uint64_t hash, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ word) * seed[1];

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

// Up to eight bytes, zeros behind them.
static uint64_t load_short(const char *at, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)at;

	if (length == WORD)
		return load_word(at);
	if (length >= 4)
		return load_half(at) | (uint64_t)load_half(at + length - 4) << (length - 4) * 8;
	if (length == 0)
		return 0;
	return bytes[0] | (uint64_t)bytes[length / 2] << length / 2 * 8 |
	       (uint64_t)bytes[length - 1] << (length - 1) * 8;
}

static uint64_t plain_key(struct string name, uint64_t key)
{
	const char *at = name.text;
	size_t left = name.length;

	for (; left > WORD; left -= WORD, at += WORD)
		key = mix(key, load_word(at));
	return mix(key, load_short(at, left)) + name.length;
}

// The same number as of the same name without escapes.
static uint64_t escaped_key(struct string name, uint64_t key)
{
	struct unescaper u = unescape(name);
	uint64_t word = 0;
	size_t length = 0;

	for (int byte = next_byte(&u); byte >= 0; byte = next_byte(&u)) {
		if (length > 0 && length % WORD == 0) {
			key = mix(key, word);
			word = 0;
		}
		word |= (uint64_t)byte << length++ % WORD * 8;
	}
	return mix(key, word) + length;
}

static bool is_twice(const struct reader *r, uint64_t key, unsigned object, struct string name)
{
	for (size_t i = 0; i < r->members; i++) {
		const struct name *other = &r->names[i];

		if (r->keys[i] != key)
			continue;
		if (other->object == object &&
			same_string(
				name, (struct string){other->text, other->length, other->escaped}))
			return true;
	}
	return false;
}

static bool note_name(struct reader *r, unsigned object, struct string name)
{
	uint64_t key = seed[0] + object;

	key = name.escaped ? escaped_key(name, key) : plain_key(name, key);
	if (is_twice(r, key, object, name))
		return fail(r, name.text - 1, STRICTJSON_E_DUPLICATE);
	if (r->members == STRICTJSON_MEMBERS_MAX)
		return fail(r, name.text - 1, STRICTJSON_E_LIMIT);
	r->keys[r->members] = key;
	r->names[r->members++] = (struct name){name.text, name.length, object, name.escaped};
	return true;
}

static bool is_wanted(const char *wanted, struct string name)
{
	size_t i = 0;

	if (name.escaped)
		return same_string(name, (struct string){wanted, strlen(wanted), false});
	while (i < name.length && wanted[i] == name.text[i])
		i++; // never beyond the NUL of `wanted`: a name without escapes holds none
	return i == name.length && !wanted[i];
}

// Begins behind the member that was found last: writers and readers name them in much the same
// order.
static void keep_wanted(struct reader *r, struct string name, const struct strictjson_value *value)
{
	char first = name.length ? name.text[0] : '\0';
	size_t i = r->wanted_last;

	if (!name.escaped && !(r->wanted_first >> (first & 63) & 1))
		return;
	for (size_t left = r->wanted_count; left > 0; left--) {
		struct strictjson_member *member;

		i = i + 1 < r->wanted_count ? i + 1 : 0;
		member = &r->wanted[i];
		if (!name.escaped && member->name[0] != first)
			continue;
		if (is_wanted(member->name, name)) {
			member->value = *value;
			r->wanted_last = i;
			return;
		}
	}
}

// ---- values

static bool skip_space(struct reader *r)
{
	while (r->at < r->end &&
		(*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
	return true;
}

static bool take_byte(struct reader *r, char byte)
{
	if (r->at == r->end || *r->at != byte)
		return false;
	r->at++;
	return true;
}

static bool need_byte(struct reader *r, char byte)
{
	return take_byte(r, byte) || fail(r, r->at, STRICTJSON_E_SYNTAX);
}

static bool need_digits(struct reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > start || fail(r, r->at, STRICTJSON_E_SYNTAX);
}

static bool read_number(struct reader *r)
{
	const char *start = r->at;

	(void)take_byte(r, '-'); // a sign need not be there
	if (!take_byte(r, '0') && !need_digits(r))
		return false;
	if (take_byte(r, '.') && !need_digits(r))
		return false;
	if (take_byte(r, 'e') || take_byte(r, 'E')) {
		if (!take_byte(r, '+'))
			(void)take_byte(r, '-'); // no sign is fine, too
		if (!need_digits(r))
			return false;
	}
	return r->at - start <= STRICTJSON_NUMBER_MAX || fail(r, start, STRICTJSON_E_LIMIT);
}

static bool read_word(struct reader *r, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
		return fail(r, r->at, STRICTJSON_E_SYNTAX);
	r->at += length;
	return true;
}

// Steps behind an opening bracket.
static bool enter(struct reader *r)
{
	if (r->depth == STRICTJSON_DEPTH_MAX)
		return fail(r, r->at, STRICTJSON_E_DEPTH);
	r->depth++;
	r->at++;
	return skip_space(r);
}

static bool read_value(struct reader *r, struct strictjson_value *ret_value);

static bool read_array(struct reader *r, size_t *ret_count)
{
	size_t count = 0;

	if (!enter(r))
		return false;
	if (r->at < r->end && *r->at != ']') {
		do {
			struct strictjson_value item;

			(void)skip_space(r);
			if (count++ == STRICTJSON_ITEMS_MAX)
				return fail(r, r->at, STRICTJSON_E_LIMIT);
			if (!read_value(r, &item) || !skip_space(r))
				return false;
		} while (take_byte(r, ','));
	}
	r->depth--;
	*ret_count = count;
	return need_byte(r, ']');
}

// A name, the colon, and the white space around it; the value is next.
static bool read_name(struct reader *r, struct string *ret_name)
{
	if (r->at == r->end || *r->at != '"')
		return fail(r, r->at, STRICTJSON_E_SYNTAX);
	return read_string(r, ret_name) && skip_space(r) && need_byte(r, ':') && skip_space(r);
}

static bool read_object(struct reader *r, size_t *ret_count)
{
	unsigned object = r->objects++;
	size_t count = 0;

	if (!enter(r))
		return false;
	if (r->at < r->end && *r->at != '}') {
		do {
			struct strictjson_value value;
			struct string name;

			(void)skip_space(r);
			if (!read_name(r, &name) || !note_name(r, object, name) ||
				!read_value(r, &value) || !skip_space(r))
				return false;
			if (r->depth == 1)
				keep_wanted(r, name, &value);
			count++;
		} while (take_byte(r, ','));
	}
	r->depth--;
	*ret_count = count;
	return need_byte(r, '}');
}

static enum strictjson_type type_of(char first)
{
	switch (first) {
	case '"':
		return STRICTJSON_STRING;
	case '{':
		return STRICTJSON_OBJECT;
	case '[':
		return STRICTJSON_ARRAY;
	case 't':
		return STRICTJSON_TRUE;
	case 'f':
		return STRICTJSON_FALSE;
	case 'n':
		return STRICTJSON_NULL;
	default:
		return first == '-' || (first >= '0' && first <= '9') ? STRICTJSON_NUMBER
								      : STRICTJSON_ABSENT;
	}
}

static bool read_of_type(
	struct reader *r, enum strictjson_type type, struct string *ret_string, size_t *ret_count)
{
	switch (type) {
	case STRICTJSON_STRING:
		return read_string(r, ret_string);
	case STRICTJSON_OBJECT:
		return read_object(r, ret_count);
	case STRICTJSON_ARRAY:
		return read_array(r, ret_count);
	case STRICTJSON_NUMBER:
		return read_number(r);
	case STRICTJSON_TRUE:
		return read_word(r, "true");
	case STRICTJSON_FALSE:
		return read_word(r, "false");
	case STRICTJSON_NULL:
		return read_word(r, "null");
	default:
		return fail(r, r->at, STRICTJSON_E_SYNTAX);
	}
}

static bool read_value(struct reader *r, struct strictjson_value *ret_value)
{
	const char *start = r->at;
	enum strictjson_type type = start < r->end ? type_of(*start) : STRICTJSON_ABSENT;
	struct string view = {start, 0, false};
	size_t count = 0;

	if (!read_of_type(r, type, &view, &count))
		return false;
	if (type != STRICTJSON_STRING)
		view.length = (size_t)(r->at - start);
	*ret_value = (struct strictjson_value){type, view.escaped, view.text, view.length, count};
	return true;
}

// ---- the outermost object

static bool read_whole(struct reader *r)
{
	struct strictjson_value value;
	const char *start;

	(void)skip_space(r);
	start = r->at;
	if (!read_value(r, &value) || !skip_space(r))
		return false;
	if (r->at != r->end)
		return fail(r, r->at, STRICTJSON_E_SYNTAX);
	return value.type == STRICTJSON_OBJECT || fail(r, start, STRICTJSON_E_TYPE);
}

static void forget(struct strictjson_member *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		wanted[i].value = (struct strictjson_value){.type = STRICTJSON_ABSENT};
}

enum strictjson_result strictjson_object(const char *text, size_t length,
	struct strictjson_member *wanted, size_t count, size_t *ret_at)
{
	uint64_t keys[STRICTJSON_MEMBERS_MAX];
	struct name names[STRICTJSON_MEMBERS_MAX];
	struct reader r = {
		.at = text,
		.end = text + length,
		.keys = keys,
		.names = names,
		.wanted = wanted,
		.wanted_count = count,
		.wanted_last = count, // the first is next
	};

	ignore_result(pthread_once(&seed_once, seed_draw)); // fails for no reason
	forget(wanted, count);
	for (size_t i = 0; i < count; i++)
		r.wanted_first |= UINT64_C(1) << (wanted[i].name[0] & 63);
	if (read_whole(&r))
		return STRICTJSON_OK;
	forget(wanted, count);
	if (ret_at)
		*ret_at = (size_t)(r.wrong_at - text);
	return r.wrong;
}

bool strictjson_next(const struct strictjson_value *container, size_t *cursor,
	struct strictjson_value *ret_name, struct strictjson_value *ret_item)
{
	uint64_t keys[STRICTJSON_MEMBERS_MAX];
	struct name names[STRICTJSON_MEMBERS_MAX];
	struct reader r = {.keys = keys, .names = names};
	bool is_object = container->type == STRICTJSON_OBJECT;
	struct string name = {NULL, 0, false};
	struct strictjson_value item;

	if (!is_object && container->type != STRICTJSON_ARRAY)
		return false;
	// At the cursor is the opening bracket, a comma or, in the end, the closing bracket. In an
	// empty container nothing is there to be read.
	r.at = container->text + *cursor + 1;
	r.end = container->text + container->length;
	if (r.at == r.end || !skip_space(&r) || (is_object && !read_name(&r, &name)) ||
		!read_value(&r, &item) || !skip_space(&r))
		return false;
	*cursor = (size_t)(r.at - container->text);
	if (is_object && ret_name)
		*ret_name = (struct strictjson_value){
			STRICTJSON_STRING, name.escaped, name.text, name.length, 0};
	*ret_item = item;
	return true;
}

// ---- what a value means

static struct string string_of(const struct strictjson_value *value)
{
	return (struct string){value->text, value->length, value->escaped};
}

bool strictjson_is(const struct strictjson_value *value, const char *bytes, size_t length)
{
	return value->type == STRICTJSON_STRING &&
	       same_string(string_of(value), (struct string){bytes, length, false});
}

size_t strictjson_unescape(const struct strictjson_value *value, char *out, size_t size)
{
	struct unescaper u;
	size_t length = 0;

	if (value->type != STRICTJSON_STRING)
		return SIZE_MAX;
	if (!value->escaped) {
		if (value->length > size)
			return SIZE_MAX;
		memcpy(out, value->text, value->length);
		return value->length;
	}
	u = unescape(string_of(value));
	for (int byte = next_byte(&u); byte >= 0; byte = next_byte(&u)) {
		if (length == size)
			return SIZE_MAX;
		out[length++] = (char)byte;
	}
	return length;
}

bool strictjson_text(const struct strictjson_value *value, char *out, size_t size)
{
	size_t length = size ? strictjson_unescape(value, out, size - 1) : SIZE_MAX;

	if (length == SIZE_MAX || memchr(out, '\0', length))
		return false;
	out[length] = '\0';
	return true;
}

char *strictjson_show(const struct strictjson_value *value, char *out, size_t size)
{
	char raw[SHOWN_MAX];
	size_t length = value->length < sizeof(raw) - 1 ? value->length : sizeof(raw) - 1;

	memcpy(raw, value->text, length);
	raw[length] = '\0';
	return text_printable(out, size, raw);
}

// Digits alone, of which an int64_t holds that many.
static double integer(const char *digits, size_t length, bool negative)
{
	int64_t number = 0;

	for (size_t i = 0; i < length; i++)
		number = number * 10 + (digits[i] - '0');
	return negative ? -(double)number : (double)number;
}

// Any number, whatever the locale of the process.
static bool any_number(const char *text, size_t length, double *ret_number)
{
	char copy[STRICTJSON_NUMBER_MAX + 1];
	locale_t plain;

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	plain = newlocale(
		LC_ALL_MASK, "C", (locale_t)0); // a constant of libc: nothing is allocated
	if (!plain)
		return false;
	*ret_number = strtod_l(copy, NULL, plain);
	freelocale(plain);
	return true;
}

bool strictjson_number(const struct strictjson_value *value, double *ret_number)
{
	const char *digits = value->text;
	size_t length = value->length, count = 0;
	bool negative;

	if (value->type != STRICTJSON_NUMBER)
		return false;
	negative = *digits == '-';
	digits += negative;
	length -= negative;
	while (count < length && digits[count] >= '0' && digits[count] <= '9')
		count++;
	if (count < length || length > INTEGER_DIGITS_MAX)
		return any_number(value->text, value->length, ret_number);
	*ret_number = integer(digits, length, negative);
	return true;
}
