// Revocations that a Redis keeps for all who share it: each is told once a connection, whoever made
// it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_REDISNEWS_H
#define VERIFIER_RECORD_SESSIONS_REDISNEWS_H

#include "lib/base/base.h"
#include "verifier/record/sessions/store.h"

struct recall;
struct rediscall_names;
struct redisconn;

// Whoever owns it fills in the first part, borrowed, and leaves zeros in the rest.
struct redisnews {
	struct redisconn *conn;
	const struct rediscall_names *names;
	struct recall *recall; // forgets the families that were ended
	uint64_t *unread;      // counts what cannot be read, of all that was told last
	uint64_t timeout_ms;   // of one question

	int64_t told;           // the number of the last news
	uint64_t told_connects; // of the connection when `told` was read
};

// Tells what came since it was called last; all of it on a new connection.
// Returns: 0, or -EAGAIN when the Redis did not answer as it should, with why in the connection.
int redisnews_tell(struct redisnews *news, store_revoked *revoked, void *owner) must_check;

// Has the Redis forget some of the revocations that were over STORE_KEPT_MS ago.
// Returns: 0, or -EAGAIN as above.
int redisnews_sweep(struct redisnews *news, int64_t now_wall_ms) must_check;

#endif
