// One connection to a Redis behind a Unix socket: whole pipelines out, bounded replies in, all
// before a deadline. What the commands mean is left to others.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_REDISLINK_H
#define VERIFIER_RECORD_SESSIONS_REDISLINK_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct redislink;

#define REDISLINK_ARGS_MAX 24
#define REDISLINK_ITEMS_MAX 1030        // of one reply
#define REDISLINK_REPLY_MAX (512 << 10) // bytes of one reply
#define REDISLINK_PASSWORD_MAX 1024     // bytes
#define REDISLINK_USER_MAX 128          // bytes

enum redislink_kind {
	REDISLINK_NOTHING, // also a list in a list
	REDISLINK_TEXT,
	REDISLINK_NUMBER,
	REDISLINK_ERROR, // `text` begins with its name; never to be shown: it may repeat arguments
	REDISLINK_LIST,
};

struct redislink_item {
	enum redislink_kind kind;
	const char *text; // ended by a NUL, too
	size_t length;
	int64_t number;
};

// An answer; what it points to stays until the next redislink_take or redislink_hang_up.
struct redislink_reply {
	struct redislink_item head;         // when it is no list
	const struct redislink_item *items; // of a list
	size_t count;
};

// Makes one that is not connected; the caller owns it.
// Returns: the link, or NULL when memory is short.
struct redislink *redislink_new(void) must_check;
struct redislink *redislink_free(struct redislink *link); // NULL is fine; returns NULL

// Connects; what was connected before is closed. `deadline_ms` is of clock_steady_ms.
// Returns: 0 or a negative errno.
int redislink_dial(struct redislink *link, const char *path, uint64_t deadline_ms) must_check;
bool redislink_is_up(const struct redislink *link);
void redislink_hang_up(struct redislink *link);

// Sends AUTH with a password, and a user unless that is NULL. Its answer is still to be taken.
// Returns: 0, -E2BIG (over a cap above) or a negative errno; then the link is closed.
int redislink_login(struct redislink *link, const char *user, struct secret password,
	uint64_t deadline_ms) must_check;

// Puts a command behind those that wait to be sent. A failure is told by redislink_send.
struct redislink_arg {
	const void *bytes;
	size_t length;
};
void redislink_put(struct redislink *link, const struct redislink_arg *args, size_t count);

// Sends what waits.
// Returns: 0 or a negative errno; then the link is closed.
int redislink_send(struct redislink *link, uint64_t deadline_ms) must_check;

// Takes the next answer.
// Returns: 0; -EBADMSG: that is no Redis, or it says more than it may; -ETIMEDOUT; -ECONNRESET; or
// another negative errno; then the link is closed.
int redislink_take(struct redislink *link, uint64_t deadline_ms, struct redislink_reply *ret_reply)
	must_check;

#endif
