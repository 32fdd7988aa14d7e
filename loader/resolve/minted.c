// A JWT begins with eyJ, which is {" in base64url; then three parts, two points between them. Only
// the signature is looked at.
// SPDX-License-Identifier: MIT
#include "loader/resolve/minted.h"

#include "lib/value/encoding.h"

#include <sodium.h>

#define BEGIN "eyJ"
#define SIGNATURE_LENGTH 43 // of 32 bytes, without padding

// How many digits of base64url stand there.
static size_t part_length(const char *at, const char *end)
{
	const char *begin = at;

	while (at < end && *at != '+' && *at != '/' && encoding_base64_digit((uint8_t)*at) >= 0)
		at++;
	return (size_t)(at - begin);
}

static bool is_signed(
	const char *token, size_t signed_length, const char *signature, const char *key)
{
	uint8_t theirs[crypto_auth_hmacsha256_BYTES], ours[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	if (sodium_base642bin(theirs, sizeof(theirs), signature, SIGNATURE_LENGTH, NULL, NULL, NULL,
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING) < 0)
		return false;
	(void)crypto_auth_hmacsha256_init(&state, (const uint8_t *)key, strlen(key));
	(void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)token, signed_length);
	(void)crypto_auth_hmacsha256_final(&state, ours);
	return sodium_memcmp(theirs, ours, sizeof(ours)) == 0;
}

// Whether a token begins there that the key signed.
static bool begins(const char *at, const char *end, const char *key)
{
	size_t length;

	if ((size_t)(end - at) > MINTED_TOKEN_MAX)
		end = at + MINTED_TOKEN_MAX;
	length = part_length(at, end);
	for (unsigned part = 1; part < 3; part++) {
		size_t signed_length = length;

		if (at + length >= end || at[length] != '.')
			return false;
		length++;
		length += part_length(at + length, end);
		if (part == 2)
			return length - signed_length - 1 == SIGNATURE_LENGTH &&
			       is_signed(at, signed_length, at + signed_length + 1, key);
	}
	return false;
}

bool minted_holds(const char *text, size_t length, const char *key)
{
	const char *at = text, *end = text + length;

	while ((at = memmem(at, (size_t)(end - at), BEGIN, strlen(BEGIN)))) {
		if (begins(at, end, key))
			return true;
		at += strlen(BEGIN);
	}
	return false;
}
