// Asks for revocations page by page, and remembers the number of the last one.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/redisnews.h"

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "verifier/record/sessions/recall.h"
#include "verifier/record/sessions/rediscall.h"
#include "verifier/record/sessions/redisconn.h"
#include "verifier/record/sessions/redistrouble.h"

#include <errno.h>

#define PAGE 512 // revocations of one answer
#define PAGES_MAX 1024
#define SWEEP_PAGE 1000

_Static_assert(2 + 2 * PAGE <= REDISLINK_ITEMS_MAX, "a page of news is one reply");

// Runs a script that is no operation, and once more where a connection broke.
static int run(struct redisnews *news, enum redisscript script, const int64_t *numbers,
	size_t count, struct redislink_reply *ret_reply)
{
	uint64_t deadline_ms = clock_steady_ms() + news->timeout_ms;
	bool was_ready = news->conn->is_ready;
	int rc = redisconn_ready(news->conn, deadline_ms);

	if (rc < 0)
		return rc;
	rediscall_put_script(news->conn, news->names, script, numbers, count);
	rc = redisconn_send(news->conn, deadline_ms);
	if (rc == 0)
		rc = redisconn_take(news->conn, deadline_ms, ret_reply);
	if (rc == 0 && ret_reply->head.kind == REDISLINK_ERROR) {
		const char *text = ret_reply->head.text;

		news->conn->is_ready = !redistrouble_is_forgotten_script(text);
		rc = redisconn_trouble(news->conn, -EAGAIN, redistrouble_of_answer(text));
	}
	if (rc == -ETIMEDOUT)
		redisconn_pause(news->conn);
	else if (rc < 0 && was_ready && !news->conn->is_ready)
		return run(news, script, numbers, count, ret_reply);
	return rc;
}

// What anybody else may have written is left out.
static bool read_revocation(
	const struct redislink_item *items, struct store_revocation *ret_revocation)
{
	struct store_revocation revocation = {
		.is_family = text_starts(items[0].text, "f:"), .until_wall_ms = items[1].number};
	const char *name;
	size_t length;

	if (items[0].kind != REDISLINK_TEXT || items[1].kind != REDISLINK_NUMBER ||
		items[0].length < 3 || (!revocation.is_family && !text_starts(items[0].text, "t:")))
		return false;
	name = items[0].text + 2;
	length = items[0].length - 2;
	if (revocation.is_family) {
		if (!family_id_read(name, length, revocation.family))
			return false;
	} else {
		if (length > STORE_TOKEN_MAX || memchr(name, '\0', length))
			return false;
		memcpy(revocation.token, name, length + 1);
	}
	*ret_revocation = revocation;
	return true;
}

static void tell(struct redisnews *news, const struct redislink_item *items, store_revoked *revoked,
	void *owner)
{
	struct store_revocation revocation;

	if (!read_revocation(items, &revocation)) {
		++*news->unread;
		return;
	}
	if (revocation.is_family)
		recall_drop(news->recall, revocation.family);
	revoked(owner, &revocation);
}

// One page. All is told anew on a new connection: a Redis that was away may be one that was put
// back. Returns: 0, 1 when there is more, or a negative errno.
static int tell_page(struct redisnews *news, store_revoked *revoked, void *owner)
{
	struct redislink_reply reply = {0};
	uint64_t connects = news->conn->connects;
	int rc;

	if (news->told_connects != connects)
		news->told = 0;
	if (news->told == 0)
		*news->unread = 0;
	rc = run(news, REDISSCRIPT_NEWS, (const int64_t[]){news->told, PAGE}, 2, &reply);
	if (rc < 0)
		return rc;
	if (reply.count < 2 || reply.count % 2 || reply.items[0].kind != REDISLINK_NUMBER ||
		reply.items[1].kind != REDISLINK_NUMBER)
		return redisconn_strange(news->conn);
	for (size_t i = 2; i < reply.count; i += 2)
		tell(news, &reply.items[i], revoked, owner);
	news->told = reply.items[0].number;
	news->told_connects = connects;
	// a connection that was made on the way: from the beginning
	return news->conn->connects != connects || reply.items[1].number == 1;
}

int redisnews_tell(struct redisnews *news, store_revoked *revoked, void *owner)
{
	int rc = 1;

	for (size_t i = 0; rc == 1 && i < PAGES_MAX; i++)
		rc = tell_page(news, revoked, owner);
	return rc < 0 ? -EAGAIN : 0;
}

int redisnews_sweep(struct redisnews *news, int64_t now_wall_ms)
{
	const int64_t numbers[] = {now_wall_ms - STORE_KEPT_MS, SWEEP_PAGE};
	struct redislink_reply reply;

	return run(news, REDISSCRIPT_SWEEP, numbers, ARRAY_SIZE(numbers), &reply) < 0 ? -EAGAIN : 0;
}
