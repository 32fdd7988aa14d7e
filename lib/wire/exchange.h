// One whole message over a channel, wherever its body travels. Both ends use it; the bytes lie in
// guarded memory while they are here.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_EXCHANGE_H
#define LIB_WIRE_EXCHANGE_H

#include "lib/base/base.h"
#include "lib/value/bundle.h"
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
	size_t used; // bytes of the block that were written
};

#define EXCHANGE_NOTHING ((struct exchange_received){.fd = -1})

// Receives a message that `state` permits. The peer's error is a positive enum fault, for which
// the verifier answers with a PROBLEM (fault_text, err->what, err->hint).
// Returns: 0, any FAULT_E_*, -ETIMEDOUT (-EAGAIN with deadline 0), or another negative errno.
// Release with exchange_done.
int exchange_receive(const struct exchange *exchange, enum message_state state, struct pool *pool,
	struct exchange_received *ret_received, struct err *err) must_check;

// The bundle of an OFFER, read out of its memfd into guarded memory.
struct exchange_bundle {
	struct bundle bundle; // texts and lists in the pool, values in the block
	uint8_t *block;
	size_t block_size;
};

#define EXCHANGE_NO_BUNDLE ((struct exchange_bundle){0})

// Opens the bundle of a received OFFER: checks the descriptor's kind, seals and size, reads it
// whole and decodes it. The descriptor is not needed afterwards. Returns: 0, FAULT_E_* or a
// negative errno. Give the block back with exchange_bundle_done.
int exchange_open_bundle(const struct exchange_received *offer, struct secret_arena *arena,
	struct pool *pool, struct exchange_bundle *ret_bundle, struct err *err) must_check;

// Wipes the values and gives their block back; the bundle is void then. Fine on EXCHANGE_NO_BUNDLE.
void exchange_bundle_done(struct exchange_bundle *bundle, struct secret_arena *arena);

// Wipes the bytes and closes the descriptor; fine on EXCHANGE_NOTHING.
void exchange_done(struct exchange_received *received, struct secret_arena *arena);

#endif
