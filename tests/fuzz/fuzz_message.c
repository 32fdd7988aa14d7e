// Any bytes as a packet of the handoff: whatever the decoder takes, in any state, is what the
// encoder writes again, byte for byte.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "lib/wire/message.h"
#include "lib/wire/message_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void decode(const uint8_t *bytes, size_t length, bool has_descriptor, unsigned state)
{
	own(pool_release) struct pool *pool = pool_new();
	const uint8_t *body = bytes + MESSAGE_HEAD_SIZE;
	uint8_t head_again[MESSAGE_HEAD_SIZE];
	own_free uint8_t *again = NULL;
	struct message_head head;
	struct message message;
	size_t size;

	if (!pool || message_head_decode(bytes, length, has_descriptor, state, &head, NULL))
		return;
	message_head_encode(&head, head_again);
	if (memcmp(head_again, bytes, MESSAGE_HEAD_SIZE) != 0)
		abort();
	if (head.in_file || message_decode(head.type, body, head.size, pool, &message, NULL))
		return;
	if (message_body_size(&message, &size, NULL) || size != head.size)
		abort();
	again = malloc(size ? size : 1);
	if (!again || message_encode(&message, again, size) || memcmp(again, body, size) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	for (unsigned state = MESSAGE_AWAIT_REQUEST; state <= MESSAGE_AWAIT_ANSWER; state++) {
		decode(bytes, length, false, state);
		decode(bytes, length, true, state);
	}
	return 0;
}
