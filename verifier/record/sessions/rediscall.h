// Operations of a store as commands to Redis, and Redis' answers as theirs.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_REDISCALL_H
#define VERIFIER_RECORD_SESSIONS_REDISCALL_H

#include "lib/base/base.h"
#include "verifier/record/sessions/redislink.h"
#include "verifier/record/sessions/redisscripts.h"
#include "verifier/record/sessions/store.h"

struct redisconn;

#define REDISCALL_MARGIN_MS INT64_C(3600000) // for clocks that differ: so long a family stays
#define REDISCALL_NAME_SIZE \
	(STORE_PREFIX_MAX + sizeof(REDISSCRIPTS_TAG) + FAMILY_SUBJECT_MAX + sizeof("until"))

// Of the keys; see redisscripts.h.
struct rediscall_names {
	char prefix[STORE_PREFIX_MAX + sizeof(REDISSCRIPTS_TAG)]; // with the tag
	char news[REDISCALL_NAME_SIZE], until[REDISCALL_NAME_SIZE], count[REDISCALL_NAME_SIZE];
};

// Returns: 0, or -EINVAL when the prefix is not 1 to STORE_PREFIX_MAX letters, digits or . _ : -
int rediscall_name(const char *prefix, struct rediscall_names *ret_names) must_check;

// Whether a script would count exactly with all numbers of an operation.
bool rediscall_is_exact(const struct store_op *op, const struct family_now *now) must_check;

// Puts an operation behind what waits to be sent. `again_ms` is not 0 when it may have happened
// already, that long ago at most.
void rediscall_put(struct redisconn *conn, const struct rediscall_names *names,
	const struct store_op *op, const struct family_now *now, uint64_t again_ms);

// Likewise a script about revocations, with numbers.
void rediscall_put_script(struct redisconn *conn, const struct rediscall_names *names,
	enum redisscript script, const int64_t *numbers, size_t count);

// Reads an answer that is no error into the operation.
// Returns: 0; -EBADMSG: no script of ours answers so; -EUCLEAN: the record is damaged, -EPROTO: of
// a later version; then there is no answer in the operation.
int rediscall_read(struct store_op *op, const struct family_now *now,
	const struct redislink_reply *reply) must_check;

#endif
