// Any bytes as Cookie lines: what is found is the same in one line as with a line a pair, is not
// empty and keeps to the caller's room.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/cookie.h"

#define ROOM 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_pairs(struct cookie_search *search, const char *text, size_t size)
{
	const char *end = text + size, *semicolon;

	while ((semicolon = memchr(text, ';', (size_t)(end - text)))) {
		cookie_read(search, text, (size_t)(semicolon - text));
		text = semicolon + 1;
	}
	cookie_read(search, text, (size_t)(end - text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct cookie_view one = {0}, several = {0};
	struct cookie_search search, pairs;
	char joined[2][ROOM];
	enum cookie_result result;

	cookie_begin(&search, "s");
	cookie_read(&search, (const char *)bytes, size);
	cookie_begin(&pairs, "s");
	read_pairs(&pairs, (const char *)bytes, size);
	result = cookie_end(&search, joined[0], ROOM, &one);
	if (cookie_end(&pairs, joined[1], ROOM, &several) != result ||
		(result == COOKIE_OK) != (one.length > 0) || one.length > ROOM ||
		one.length != several.length)
		abort();
	if (one.length > 0 && memcmp(one.text, several.text, one.length) != 0)
		abort();
	return 0;
}
