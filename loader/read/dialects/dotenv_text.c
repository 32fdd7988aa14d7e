// A text with a slip of the keyboard has a few bytes that are none; UTF-16 and what a program wrote
// for itself have many all over. SPDX-License-Identifier: MIT
#include "loader/read/dialects/dotenv.h"

#include "lib/base/text.h"

// Fewer bytes than this are told by their places, however short the file is.
#define ODD_BYTES_MIN 8
// At least one byte in so many is odd in a file that is no text.
#define ODD_SHARE 8

static bool has_utf16_mark(const uint8_t *bytes, size_t length)
{
	return length >= 2 &&
	       (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0);
}

bool dotenv_is_no_text(const uint8_t *bytes, size_t length)
{
	size_t odd = 0, at = 0;

	if (has_utf16_mark(bytes, length))
		return true;
	for (size_t i = 0; i < length; i++)
		odd += bytes[i] == '\0';
	while ((at += text_utf8_error(bytes + at, length - at)) < length) {
		odd++;
		at++;
	}
	return odd >= ODD_BYTES_MIN && odd >= length / ODD_SHARE;
}
