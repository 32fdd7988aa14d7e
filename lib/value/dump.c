// Short of memory, json_dumps of jansson 2.14 leaves out a part of a name and does not say so. Into
// bytes that are there already it writes all of it.
// SPDX-License-Identifier: MIT
#include "lib/value/dump.h"

#include "lib/base/text.h"

#include <jansson.h>

char *dump_json_as(const struct json_t *json, size_t form, size_t *ret_length)
{
	size_t length = json_dumpb(json, NULL, 0, form);
	char *text = length ? malloc(length + 1) : NULL;

	if (!text || json_dumpb(json, text, length, form) != length) {
		free(text);
		return NULL;
	}
	text[length] = '\0';
	*ret_length = length;
	return text;
}

char *dump_json(const struct json_t *json, size_t *ret_length)
{
	return dump_json_as(json, JSON_COMPACT, ret_length);
}

void dump_append(json_t **list, json_t *item)
{
	if (json_array_append_new(*list, item) == 0)
		return;
	json_decref(*list);
	*list = NULL;
}

void dump_set(json_t **object, const char *name, json_t *value)
{
	if (json_object_set_new(*object, name, value) == 0)
		return;
	json_decref(*object);
	*object = NULL;
}

// Adds one value; objects and lists in it have no place in a line.
static void add_value(const json_t *value, char *out, size_t size)
{
	size_t used = strlen(out);

	if (json_is_string(value))
		(void)text_printable(out + used, size - used, json_string_value(value));
	else if (json_is_integer(value))
		(void)snprintf(
			out + used, size - used, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		(void)snprintf(out + used, size - used, json_is_true(value) ? "true" : "false");
}

const char *dump_member(const json_t *object, const char *name, char *out, size_t size)
{
	const json_t *value = json_object_get(object, name), *item;
	size_t i;

	out[0] = '\0';
	add_value(value, out, size);
	json_array_foreach(value, i, item)
	{
		size_t used = strlen(out);

		if (i && used + sizeof(", ") < size)
			memcpy(out + used, ", ", sizeof(", "));
		add_value(item, out, size);
	}
	return out;
}

json_t *dump_shown(const char *text)
{
	char shown[DUMP_SHOWN_SIZE];

	return text ? json_string(text_printable(shown, sizeof(shown), text)) : json_null();
}
