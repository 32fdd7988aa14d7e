// The head of a packet: what kind of message follows, how long it is, and where it lies.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_MESSAGE_HEAD_H
#define LIB_WIRE_MESSAGE_HEAD_H

#include "lib/wire/message.h"

struct message_head {
	enum message_type type;
	bool in_file;  // the body is in the memfd that comes along
	uint32_t size; // of the body
};

// Writes the head of a packet.
void message_head_encode(
	const struct message_head *head, uint8_t ret_bytes[static MESSAGE_HEAD_SIZE]);

// Reads the head of a packet and judges it: type permitted in `state`, size within the type's cap,
// body complete and nothing behind it, a descriptor exactly where there must be one.
// Returns: 0, FAULT_E_MALFORMED, FAULT_E_VERSION, FAULT_E_TOO_LARGE, FAULT_E_TRUNCATED,
// FAULT_E_DESCRIPTOR or FAULT_E_NOT_PERMITTED.
int message_head_decode(const uint8_t *packet, size_t size, bool has_descriptor,
	enum message_state state, struct message_head *ret_head, struct err *err) must_check;

#endif
