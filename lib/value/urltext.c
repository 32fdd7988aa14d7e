// The parts are found by the marks of RFC 3986 section 3; nothing is decoded.
// SPDX-License-Identifier: MIT
#include "lib/value/urltext.h"

#include "lib/base/ascii.h"

size_t urltext_scheme(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	size_t i = 0;

	if (value.length < 4 || !ascii_is_letter(at[0]))
		return 0;
	while (i < value.length && (ascii_is_alphanumeric(at[i]) || ascii_is_one_of(at[i], "+-.")))
		i++;
	return value.length - i >= 3 && memcmp(at + i, "://", 3) == 0 ? i : 0;
}

struct secret urltext_authority(struct secret value, size_t scheme)
{
	const uint8_t *start = secret_bytes(value) + scheme + 3;
	size_t left = value.length - scheme - 3, length = 0;

	while (length < left && !ascii_is_one_of(start[length], "/?#"))
		length++;
	return secret_view(start, length);
}

bool urltext_password(struct secret value, struct secret *ret_password)
{
	size_t scheme = urltext_scheme(value);
	struct secret place;
	const uint8_t *at, *colon, *end;

	if (!scheme)
		return false;
	place = urltext_authority(value, scheme);
	at = secret_bytes(place);
	end = place.length ? memrchr(at, '@', place.length) : NULL;
	colon = end ? memchr(at, ':', (size_t)(end - at)) : NULL;
	if (!colon || end - colon < 2)
		return false;
	*ret_password = secret_view(colon + 1, (size_t)(end - colon - 1));
	return true;
}
