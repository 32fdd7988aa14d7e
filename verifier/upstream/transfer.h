// Requests to the server that knows passwords, many at a time: what talks to libcurl.
// Knows no socket pair and no process; every length and time that the server decides has a cap.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_UPSTREAM_TRANSFER_H
#define VERIFIER_UPSTREAM_TRANSFER_H

#include "lib/base/base.h"
#include "lib/wire/relay.h"

struct secret_arena;
struct transfers;

#define TRANSFER_HEAD_MAX (16u * 1024)    // bytes of an answer's head, with what comes before it
#define TRANSFER_CONNECTION_MAX_S 300     // age of a connection that is used again
#define TRANSFER_CONNECTION_IDLE_MAX_S 60 // how long it may lie there before
#define TRANSFER_NAME_MAX_S 10            // age of an address that a name stands for

// What the arena must hold at most: a request and an answer for each that is on its way.
#define TRANSFER_ARENA_SIZE ((size_t)RELAY_AT_ONCE_MAX * 2 * RELAY_BODY_MAX)

// Opens what carries requests, once in a process. The caller owns it; the arena is borrowed.
// Returns: 0 or -ENOMEM.
int transfer_open(struct secret_arena *arena, struct transfers **ret_transfers) must_check;

// Takes settings for requests to come.
void transfer_change(struct transfers *transfers, const struct relay_settings *settings);

// Whether there have been settings.
bool transfer_is_ready(const struct transfers *transfers);

// Begins to pass a request on; its body is copied into the arena.
// Returns: 0, -EBUSY (RELAY_AT_ONCE_MAX are on their way), -ENOMEM, or -EINVAL: it cannot be asked
// with these settings.
int transfer_begin(struct transfers *transfers, const struct relay_request *request) must_check;

// Waits until a request can go on or `fd` can be read, and goes on.
// Returns: 0 or -EIO.
int transfer_turn(struct transfers *transfers, int fd) must_check;

// The answer to a request that is over; its views live until it is dropped, and until then the same
// one is given again.
// Returns: whether there is one.
bool transfer_next(struct transfers *transfers, struct relay_answer *ret_answer) must_check;

// Wipes and forgets the request whose answer was given last.
void transfer_drop(struct transfers *transfers);

#endif
