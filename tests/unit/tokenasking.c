// A door for each test.
// SPDX-License-Identifier: MIT
#include "tests/unit/tokenasking.h"

#include "tests/unit/tokendoor.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

int tokenasking_set_up(void **state)
{
	static struct tokendoor door;

	tokendoor_open(&door);
	*state = &door;
	return 0;
}

int tokenasking_tear_down(void **state)
{
	tokendoor_close(*state);
	return 0;
}

char *tokenasking_format(const char *text, ...)
{
	va_list list;
	char *out;

	va_start(list, text);
	if (vasprintf(&out, text, list) < 0)
		abort();
	va_end(list);
	return out;
}

json_t *tokenasking_json_of(const struct route_reply *reply)
{
	json_t *json = json_loadb(reply->body, reply->length, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(json);
	return json;
}

const char *tokenasking_text_at(json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

char *tokenasking_with_token(const char *text, const char *token)
{
	const char *at = text ? strstr(text, "%s") : NULL;

	if (!at)
		return text ? strdup(text) : NULL;
	return tokenasking_format("%.*s%s%s", (int)(at - text), text, token, at + 2);
}
