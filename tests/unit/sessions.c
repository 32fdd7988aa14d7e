// Reads the fixtures, a line of JSON each.
// SPDX-License-Identifier: MIT
#include "tests/unit/sessions.h"

size_t sessions_each(bool (*use)(const json_t *fixture, const void *owner), const void *owner)
{
	FILE *file = fopen("tests/spec/sessions.jsonl", "re");
	own_free char *text = NULL;
	size_t room = 0, count = 0;

	if (!file)
		abort();
	while (getline(&text, &room, file) > 0) {
		json_t *fixture = json_loads(text, 0, NULL);

		if (!fixture)
			abort();
		count += use(fixture, owner);
		json_decref(fixture);
	}
	(void)fclose(file); // only read
	return count;
}

const char *sessions_text(const json_t *fixture, const char *name)
{
	const char *text = json_string_value(json_object_get(fixture, name));

	return text ? text : "";
}
