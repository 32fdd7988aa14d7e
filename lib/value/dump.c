// Short of memory, json_dumps of jansson 2.14 leaves out a part of a name and does not say so. Into
// bytes that are there already it writes all of it.
// SPDX-License-Identifier: MIT
#include "lib/value/dump.h"

#include "lib/base/text.h"

#include <jansson.h>

char *dump_json(const struct json_t *json, size_t *ret_length)
{
	size_t length = json_dumpb(json, NULL, 0, JSON_COMPACT);
	char *text = length ? malloc(length + 1) : NULL;

	if (!text || json_dumpb(json, text, length, JSON_COMPACT) != length) {
		free(text);
		return NULL;
	}
	text[length] = '\0';
	*ret_length = length;
	return text;
}

void dump_append(json_t **list, json_t *item)
{
	if (json_array_append_new(*list, item) == 0)
		return;
	json_decref(*list);
	*list = NULL;
}

json_t *dump_shown(const char *text)
{
	char shown[DUMP_SHOWN_SIZE];

	return text ? json_string(text_printable(shown, sizeof(shown), text)) : json_null();
}
