// Splits at the dots and reads the header; judges nothing else.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/compact.h"

#include "lib/base/ascii.h"
#include "lib/value/jsontext.h"
#include "lib/wire/scanreport.h"

#include <sodium.h>

#define PARTS_JWS 3
#define PARTS_JWE 5
#define HEADER_MAX 4096 // digits of the first part

struct parts {
	size_t ends[PARTS_JWE]; // where each part ends
	size_t count;
};

static bool is_digit(uint8_t byte)
{
	return ascii_is_alphanumeric(byte) || byte == '-' || byte == '_';
}

static void split(const uint8_t *at, size_t size, struct parts *ret_parts)
{
	size_t pos = 0;

	ret_parts->count = 0;
	while (ret_parts->count < PARTS_JWE) {
		while (pos < size && is_digit(at[pos]))
			pos++;
		ret_parts->ends[ret_parts->count++] = pos;
		if (pos == size || at[pos] != '.')
			return;
		pos++;
	}
}

// Whether the header is one; `ret_encrypts` says whether it is that of a JWE.
static bool read_header(const uint8_t *at, size_t length, bool *ret_encrypts)
{
	char text[HEADER_MAX];
	size_t text_length;
	struct secret header, member;

	if (length > sizeof(text) ||
		sodium_base642bin((unsigned char *)text, sizeof(text), (const char *)at, length,
			NULL, &text_length, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return false;
	header = secret_view((const uint8_t *)text, text_length);
	*ret_encrypts = jsontext_string_member(header, "enc", &member);
	return jsontext_is_valid(header) && jsontext_string_member(header, "alg", &member);
}

size_t compact_find(const uint8_t *at, size_t size)
{
	struct parts parts;
	bool encrypts;
	size_t wanted;

	if (size > SCANREPORT_TOKEN_MAX + 1)
		size = SCANREPORT_TOKEN_MAX + 1; // so that a longer one is seen to be longer
	split(at, size, &parts);
	if (parts.count < PARTS_JWS || !read_header(at, parts.ends[0], &encrypts))
		return 0;
	wanted = encrypts ? PARTS_JWE : PARTS_JWS;
	if (parts.count < wanted || parts.ends[wanted - 1] > SCANREPORT_TOKEN_MAX)
		return 0;
	for (size_t i = 1; i < wanted; i++) // only the key of a JWE may be empty
		if (parts.ends[i] == parts.ends[i - 1] + 1 && !(encrypts && i == 1))
			return 0;
	return parts.ends[wanted - 1];
}
