// One whole message over a channel, wherever its body travels. Both ends use it; the bytes lie in
// guarded memory while they are here.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_EXCHANGE_H
#define LIB_WIRE_EXCHANGE_H

#include "lib/base/base.h"
#include "lib/wire/message.h"

struct err;
struct pool;
struct secret_arena;

// What an exchange needs; all borrowed.
struct exchange {
	int socket;
	struct secret_arena *arena;
	uint64_t deadline; // see channel_deadline; 0: do not wait
};

// Sends a message. `fd` is the bundle of an OFFER, else -1; it stays the caller's.
// Returns: 0, -E2BIG or -EINVAL (see message_body_size), or what channel_send returns.
int exchange_send(const struct exchange *exchange, const struct message *message, int fd,
	struct err *err) must_check;

struct exchange_received {
	struct message message; // texts in the pool, JSON bodies in the block
	int fd;                 // the bundle of an OFFER (not yet looked at), else -1
	uint8_t *block;
	size_t block_size;
};

#define EXCHANGE_NOTHING ((struct exchange_received){.fd = -1})

// Receives a message that `state` permits. The peer's error is a positive enum fault, for which
// the verifier answers with a PROBLEM (fault_text, err->what, err->hint).
// Returns: 0, any FAULT_E_*, -ETIMEDOUT (-EAGAIN with deadline 0), or another negative errno.
// Release with exchange_done.
int exchange_receive(const struct exchange *exchange, enum message_state state, struct pool *pool,
	struct exchange_received *ret_received, struct err *err) must_check;

// Wipes the bytes and closes the descriptor; fine on EXCHANGE_NOTHING.
void exchange_done(struct exchange_received *received, struct secret_arena *arena);

#endif
