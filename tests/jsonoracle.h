// A second opinion on verifier/trust/form/strictjson: the same text by jansson, compared value by
// value. Where the two may differ: jansson takes no \u0000 in a name and no number out of C's
// range, does take a NUL byte behind a number, and knows none of our limits.
// SPDX-License-Identifier: MIT
#ifndef TESTS_JSONORACLE_H
#define TESTS_JSONORACLE_H

#include "verifier/trust/form/strictjson.h"

#include <jansson.h>

#define JSONORACLE_STRING_MAX 65536 // of the texts that are compared

static inline bool jsonoracle_same(const struct strictjson_value *value, const json_t *node);

static inline bool jsonoracle_same_string(const struct strictjson_value *value, const json_t *node)
{
	static char bytes[JSONORACLE_STRING_MAX];
	size_t length = strictjson_unescape(value, bytes, sizeof(bytes));

	return length == json_string_length(node) && length <= value->length &&
	       memcmp(bytes, json_string_value(node), length) == 0 &&
	       strictjson_is(value, bytes, length) &&
	       !strictjson_is(value, bytes, length ? length - 1 : 1);
}

static inline bool jsonoracle_same_array(const struct strictjson_value *value, const json_t *node)
{
	struct strictjson_value item;
	size_t cursor = 0, count = 0;

	for (; strictjson_next(value, &cursor, NULL, &item); count++)
		if (!jsonoracle_same(&item, json_array_get(node, count)))
			return false;
	return count == value->count && count == json_array_size(node);
}

static inline bool jsonoracle_same_object(const struct strictjson_value *value, const json_t *node)
{
	struct strictjson_value name, item;
	size_t cursor = 0, count = 0;

	for (; strictjson_next(value, &cursor, &name, &item); count++) {
		own_free char *text = malloc(name.length + 1);

		if (!text || !strictjson_text(&name, text, name.length + 1) ||
			!jsonoracle_same(&item, json_object_get(node, text)))
			return false;
	}
	return count == value->count && count == json_object_size(node);
}

static inline bool jsonoracle_same(const struct strictjson_value *value, const json_t *node)
{
	static const json_type types[] = {
		[STRICTJSON_NULL] = JSON_NULL,
		[STRICTJSON_FALSE] = JSON_FALSE,
		[STRICTJSON_TRUE] = JSON_TRUE,
		[STRICTJSON_STRING] = JSON_STRING,
		[STRICTJSON_ARRAY] = JSON_ARRAY,
		[STRICTJSON_OBJECT] = JSON_OBJECT,
	};
	double number;

	if (!node || value->type == STRICTJSON_ABSENT)
		return false;
	if (value->type == STRICTJSON_NUMBER)
		return strictjson_number(value, &number) && json_is_number(node) &&
		       number == json_number_value(node);
	if (types[value->type] != json_typeof(node))
		return false;
	if (value->type == STRICTJSON_STRING)
		return jsonoracle_same_string(value, node);
	if (value->type == STRICTJSON_ARRAY)
		return jsonoracle_same_array(value, node);
	return value->type != STRICTJSON_OBJECT || jsonoracle_same_object(value, node);
}

// The wanted members of a text that both read, and the whole of it.
static inline const char *jsonoracle_same_members(
	const char *text, size_t length, const struct strictjson_member *wanted, const json_t *tree)
{
	const char *end = text + length;
	struct strictjson_value whole = {
		.type = STRICTJSON_OBJECT, .count = json_object_size(tree)};

	while (*text != '{')
		text++;
	while (end[-1] != '}')
		end--;
	whole.text = text;
	whole.length = (size_t)(end - text);
	for (; wanted->name; wanted++) {
		const json_t *node = json_object_get(tree, wanted->name);

		if (node ? !jsonoracle_same(&wanted->value, node)
			 : wanted->value.type != STRICTJSON_ABSENT)
			return "a wanted member differs";
	}
	return jsonoracle_same(&whole, tree) ? NULL : "a value differs";
}

// Reads a text both ways.
// Returns: what is wrong, or NULL.
static inline const char *jsonoracle_complaint(const char *text, size_t length)
{
	struct strictjson_member wanted[] = {{.name = "alg"}, {.name = "aud"}, {.name = "exp"},
		{.name = "sub"}, {.name = ""}, {.name = "\xC3\xA9"}, {.name = NULL}};
	json_error_t error;
	size_t at = SIZE_MAX;
	enum strictjson_result result =
		strictjson_object(text, length, wanted, ARRAY_SIZE(wanted) - 1, &at);
	json_t *tree = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	const char *complaint = NULL;

	if (result == STRICTJSON_OK && memchr(text, '\0', length))
		complaint = "a NUL byte was taken";
	else if (result == STRICTJSON_OK && tree)
		complaint = jsonoracle_same_members(text, length, wanted, tree);
	else if (result == STRICTJSON_OK)
		complaint = json_error_code(&error) == json_error_numeric_overflow ||
					    json_error_code(&error) == json_error_null_byte_in_key
				    ? NULL
				    : "jansson refuses it";
	else if (at > length)
		complaint = "wrong behind the end";
	else if (length && memchr(text, '\0', length))
		complaint = NULL;
	else if (result == STRICTJSON_E_TYPE)
		complaint = json_is_object(tree) ? "jansson takes it as an object" : NULL;
	else if (result != STRICTJSON_E_DEPTH && result != STRICTJSON_E_LIMIT && tree)
		complaint = "jansson takes it";
	json_decref(tree);
	return complaint;
}

#endif
