// JSON of strangers, read in one pass where it lies: RFC 8259 in UTF-8, strictly, with limits held
// while reading, and no name twice in an object at any depth, compared after unescaping. Allocates
// nothing, builds nothing: the caller names the members that it wants and gets views.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_FORM_STRICTJSON_H
#define VERIFIER_TRUST_FORM_STRICTJSON_H

#include "lib/base/base.h"

#define STRICTJSON_DEPTH_MAX 32    // arrays and objects in each other, the outermost included
#define STRICTJSON_MEMBERS_MAX 512 // of all objects of a text together
#define STRICTJSON_ITEMS_MAX 1024  // of one array
#define STRICTJSON_NUMBER_MAX 32   // bytes of a number's text

// What is wrong with a text; 0 is nothing.
enum strictjson_result {
	STRICTJSON_OK,
	STRICTJSON_E_SYNTAX,    // not JSON, a byte order mark, or something behind it
	STRICTJSON_E_UTF8,      // bad UTF-8, or an escaped surrogate without its other half
	STRICTJSON_E_DUPLICATE, // a name twice in one object
	STRICTJSON_E_DEPTH,     // over STRICTJSON_DEPTH_MAX
	STRICTJSON_E_LIMIT,     // over another limit
	STRICTJSON_E_TYPE,      // the outermost value is no object
};

enum strictjson_type {
	STRICTJSON_ABSENT,
	STRICTJSON_NULL,
	STRICTJSON_FALSE,
	STRICTJSON_TRUE,
	STRICTJSON_NUMBER,
	STRICTJSON_STRING,
	STRICTJSON_ARRAY,
	STRICTJSON_OBJECT,
};

// A view of a value that was read and found good.
struct strictjson_value {
	enum strictjson_type type;
	bool escaped; // STRING: `text` holds backslashes
	const char
		*text; // STRING: what stands between the quotes, as written; else the whole value
	size_t length;
	size_t count; // ARRAY: items; OBJECT: members
};

// A member of the outermost object that the caller wants, each of its own name; filled in by
// strictjson_object, fastest when they stand in the order that texts have them in.
struct strictjson_member {
	const char *name; // a NUL ends it; no escapes, compared with the unescaped name
	struct strictjson_value value;
};

// Reads a text that is one object with nothing but white space around it, and fills in the wanted
// members (STRICTJSON_ABSENT where there is none). The views point into `text`.
// Returns: an enum strictjson_result; unless STRICTJSON_OK, every wanted value is absent and
// `ret_at` (may be NULL) is the offset of what is wrong.
enum strictjson_result strictjson_object(const char *text, size_t length,
	struct strictjson_member *wanted, size_t count, size_t *ret_at) must_check;

// Walks the items of an array, or the members of an object, that was read and found good: begin
// with `cursor` 0. For an object `ret_name` (may be NULL) is the name as a STRING.
// Returns: whether there was one more; it is in `ret_item`.
bool strictjson_next(const struct strictjson_value *container, size_t *cursor,
	struct strictjson_value *ret_name, struct strictjson_value *ret_item) must_check;

// Whether a value is the STRING of these bytes, after unescaping; a NUL is a byte like others.
bool strictjson_is(const struct strictjson_value *value, const char *bytes, size_t length);

// Unescapes a STRING into `out` of `size` bytes, without a NUL at the end; `value->length` bytes
// are always enough.
// Returns: the number of bytes, or SIZE_MAX when it is no STRING or does not fit.
size_t strictjson_unescape(const struct strictjson_value *value, char *out, size_t size) must_check;

// The same with a NUL, refusing a text that holds one.
// Returns: whether `out` holds the text.
bool strictjson_text(const struct strictjson_value *value, char *out, size_t size) must_check;

// What a value that is there says, as it is written: printable, and cut with "..." where it is
// longer, or after 255 bytes.
// Returns: out.
char *strictjson_show(const struct strictjson_value *value, char *out, size_t size);

// A NUMBER as a double, correctly rounded; what is out of range is infinite.
// Returns: whether it is a NUMBER.
bool strictjson_number(const struct strictjson_value *value, double *ret_number) must_check;

#endif
