// The reader of strangers' JSON: one function a rule of the grammar, at most STRICTJSON_DEPTH_MAX
// deep in each other. The names that it saw lie on the stack.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/strictjson.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "verifier/trust/form/jsonnames.h"
#include "verifier/trust/form/jsonnumber.h"
#include "verifier/trust/form/jsonstring.h"

#define SHOWN_MAX 256 // bytes that strictjson_show looks at

struct reader {
	const char *at, *end;
	enum strictjson_result wrong;
	const char *wrong_at;
	unsigned depth, objects;
	struct jsonnames *names;
	struct strictjson_member *wanted;
	size_t wanted_count, wanted_last;
	uint64_t wanted_first; // a bit for what some wanted name begins with, modulo 64
};

static bool fail(struct reader *r, const char *at, enum strictjson_result wrong)
{
	r->wrong = wrong;
	r->wrong_at = at;
	return false;
}

// ---- the members that are wanted

static bool is_wanted(const char *wanted, struct jsonstring name)
{
	size_t i = 0;

	if (name.escaped)
		return jsonstring_same(name, (struct jsonstring){wanted, strlen(wanted), false});
	while (i < name.length && wanted[i] == name.text[i])
		i++; // never beyond the NUL of `wanted`: a name without escapes holds none
	return i == name.length && !wanted[i];
}

// Begins behind the member that was found last: writers and readers name them in much the same
// order.
static void keep_wanted(
	struct reader *r, struct jsonstring name, const struct strictjson_value *value)
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

static bool read_string(struct reader *r, struct jsonstring *ret_string)
{
	enum strictjson_result result = jsonstring_read(&r->at, r->end, ret_string);

	return result == STRICTJSON_OK || fail(r, r->at, result);
}

static bool read_number(struct reader *r)
{
	enum strictjson_result result = jsonnumber_read(&r->at, r->end);

	return result == STRICTJSON_OK || fail(r, r->at, result);
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
static bool read_name(struct reader *r, struct jsonstring *ret_name)
{
	if (r->at == r->end || *r->at != '"')
		return fail(r, r->at, STRICTJSON_E_SYNTAX);
	return read_string(r, ret_name) && skip_space(r) && need_byte(r, ':') && skip_space(r);
}

static bool note_name(struct reader *r, unsigned object, const struct jsonstring *name)
{
	enum strictjson_result result = jsonnames_add(r->names, object, name);

	return result == STRICTJSON_OK || fail(r, name->text - 1, result);
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
			struct jsonstring name;

			(void)skip_space(r);
			if (!read_name(r, &name) || !note_name(r, object, &name) ||
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
		return first == '-' || ascii_is_digit(first) ? STRICTJSON_NUMBER
							     : STRICTJSON_ABSENT;
	}
}

static bool read_of_type(struct reader *r, enum strictjson_type type, struct jsonstring *ret_string,
	size_t *ret_count)
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
	struct jsonstring view = {start, 0, false};
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
	struct jsonnames names;
	struct reader r = {
		.at = text,
		.end = text + length,
		.names = &names,
		.wanted = wanted,
		.wanted_count = count,
		.wanted_last = count, // the first is next
	};

	jsonnames_init(&names);
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
	struct jsonnames names;
	struct reader r = {.names = &names};
	bool is_object = container->type == STRICTJSON_OBJECT;
	struct jsonstring name = {NULL, 0, false};
	struct strictjson_value item;

	if (!is_object && container->type != STRICTJSON_ARRAY)
		return false;
	jsonnames_init(&names);
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

static struct jsonstring string_of(const struct strictjson_value *value)
{
	return (struct jsonstring){value->text, value->length, value->escaped};
}

bool strictjson_is(const struct strictjson_value *value, const char *bytes, size_t length)
{
	return value->type == STRICTJSON_STRING &&
	       jsonstring_same(string_of(value), (struct jsonstring){bytes, length, false});
}

size_t strictjson_unescape(const struct strictjson_value *value, char *out, size_t size)
{
	return value->type == STRICTJSON_STRING ? jsonstring_unescape(string_of(value), out, size)
						: SIZE_MAX;
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

bool strictjson_number(const struct strictjson_value *value, double *ret_number)
{
	return value->type == STRICTJSON_NUMBER &&
	       jsonnumber_double(value->text, value->length, ret_number);
}
