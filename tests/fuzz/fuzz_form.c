// Any bytes as a form: a value keeps to its room, and is what a form with that field alone has.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/form.h"

#define ROOM 16

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char token[ROOM], profile[ROOM + 1] = "", again[ROOM], text[8 + ROOM * 3];
	struct form_field fields[] = {{.name = "token", .out = token, .size = ROOM},
		{.name = "profile", .out = profile, .size = ROOM}};
	struct form_field alone = {.name = "token", .out = again, .size = ROOM};
	size_t used = 6;

	if (form_read((const char *)bytes, size, fields, ARRAY_SIZE(fields)))
		return 0;
	if (fields[0].length > ROOM || fields[1].length > ROOM ||
		(form_is_text(&fields[1]) && strlen(profile) > ROOM))
		abort();
	if (!fields[0].found)
		return 0;
	memcpy(text, "token=", used);
	for (size_t i = 0; i < fields[0].length; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%%%02x", (unsigned char)token[i]);
	if (form_read(text, used, &alone, 1) || alone.length != fields[0].length ||
		memcmp(again, token, alone.length) != 0)
		abort();
	return 0;
}
