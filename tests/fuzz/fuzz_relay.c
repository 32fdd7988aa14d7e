// Any bytes as a message of the login helper: whatever the decoder takes, the encoder writes again
// byte for byte.
// SPDX-License-Identifier: MIT
#include "lib/wire/relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static uint8_t again[RELAY_PACKET_MAX];
	struct relay_message message;

	if (relay_decode(bytes, length, &message))
		return 0;
	if (relay_encode(&message, again, sizeof(again)) != length ||
		memcmp(again, bytes, length) != 0)
		abort();
	return 0;
}
