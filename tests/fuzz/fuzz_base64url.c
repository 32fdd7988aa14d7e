// Any bytes as base64url: libsodium's opinion, byte for byte, and back again.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/base64url.h"

#include <sodium.h>

#define TEXT_MAX 4096
#define SIZE_MOST (TEXT_MAX / 4 * 3)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

// libsodium 1.0.18 takes some bytes beyond ASCII for digits.
static bool decode_theirs(const char *text, size_t length, uint8_t *out, size_t *ret_used)
{
	const char *end = NULL;

	for (size_t i = 0; i < length; i++)
		if (text[i] & 0x80)
			return false;
	return sodium_base642bin(out, SIZE_MOST, text, length, NULL, ret_used, &end,
		       sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
	       end == text + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static uint8_t ours[SIZE_MOST], theirs[SIZE_MOST];
	static char again[TEXT_MAX];
	const char *text = (const char *)bytes;
	size_t used = 0;

	if (length > TEXT_MAX)
		return 0;
	if (base64url_decode(text, length, ours) != decode_theirs(text, length, theirs, &used))
		abort();
	if (!base64url_decode(text, length, ours))
		return 0;
	if (used != base64url_decoded_size(length) || base64url_encoded_size(used) != length ||
		memcmp(ours, theirs, used) != 0)
		abort();
	base64url_encode(ours, used, again);
	if (memcmp(again, text, length) != 0)
		abort();
	return 0;
}
