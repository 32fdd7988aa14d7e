// The words for sources and places.
// SPDX-License-Identifier: MIT
#include "lib/value/origin.h"

const char *source_text(enum source_kind source)
{
	static const char *const texts[SOURCE_KINDS] = {
		[SOURCE_NONE] = "none",
		[SOURCE_ENV] = "env",
		[SOURCE_CREDENTIALS] = "credentials",
		[SOURCE_SECRETS] = "secrets",
		[SOURCE_DOTENV] = "dotenv",
		[SOURCE_DEFAULT] = "default",
		[SOURCE_SENTINEL] = "sentinel",
	};

	return source < SOURCE_KINDS ? texts[source] : texts[SOURCE_NONE];
}

// Adds to a text, which is cut where its room ends.
// Returns: how long it is now.
static size_t add(char *out, size_t size, size_t used, const char *text, size_t length)
{
	size_t room = size - 1 - used, added = length < room ? length : room;

	memcpy(out + used, text, added);
	out[used + added] = '\0';
	return used + added;
}

// Adds ":number". Every key's origin is written, so printf's machinery would show at 1,000,000.
static size_t add_number(char *out, size_t size, size_t used, uint32_t number)
{
	char digits[sizeof(":4294967295") - 1];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	digits[--at] = ':';
	return add(out, size, used, digits + at, sizeof(digits) - at);
}

char *origin_text(struct origin origin, char *out, size_t size)
{
	bool placed = origin.place && *origin.place;
	const char *place = placed ? origin.place : source_text(origin.source);
	size_t used = add(out, size, 0, place, strlen(place));

	if (placed && origin.line)
		used = add_number(out, size, used, origin.line);
	if (placed && origin.line && origin.column)
		(void)add_number(out, size, used, origin.column);
	return out;
}
