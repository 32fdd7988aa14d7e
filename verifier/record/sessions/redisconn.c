// Whatever goes wrong leaves a sentence; after whatever breaks a connection all is prepared anew.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/redisconn.h"

#include "lib/base/clock.h"
#include "verifier/record/sessions/redistrouble.h"

#include <errno.h>

#define PAUSE_MIN_MS UINT64_C(50) // between tries to connect; doubled each time
#define PAUSE_MAX_MS UINT64_C(1000)

// ---- what is wrong

int redisconn_trouble(struct redisconn *conn, int code, const char *sentence)
{
	(void)snprintf(conn->why, REDISCONN_WHY_SIZE, "redis at %s: %s", conn->path,
		sentence); // cut is fine
	return code;
}

static int link_trouble(struct redisconn *conn, int code)
{
	conn->is_ready = false;
	return redisconn_trouble(conn, code, redistrouble_of_link(code));
}

// An answer of a form that no script of ours gives.
int redisconn_strange(struct redisconn *conn)
{
	redislink_hang_up(conn->link);
	return link_trouble(conn, -EBADMSG);
}

int redisconn_take(struct redisconn *conn, uint64_t deadline_ms, struct redislink_reply *ret_reply)
{
	int rc = redislink_take(conn->link, deadline_ms, ret_reply);

	return rc < 0 ? link_trouble(conn, rc) : 0;
}

// ---- connecting

static void put_words(struct redisconn *conn, const char *const *words)
{
	struct redislink_arg args[REDISLINK_ARGS_MAX];
	size_t count = 0;

	for (; words[count]; count++)
		args[count] = (struct redislink_arg){words[count], strlen(words[count])};
	redislink_put(conn->link, args, count);
}
#define command(conn, ...) put_words(conn, (const char *const[]){__VA_ARGS__, NULL})

static int expect_no_error(struct redisconn *conn, uint64_t deadline_ms)
{
	struct redislink_reply reply;
	int rc = redisconn_take(conn, deadline_ms, &reply);

	if (rc < 0)
		return rc;
	return reply.head.kind == REDISLINK_ERROR
		       ? redisconn_trouble(conn, -EAGAIN, redistrouble_of_answer(reply.head.text))
		       : 0;
}

static int log_in(struct redisconn *conn, uint64_t deadline_ms)
{
	int rc;

	if (!conn->user[0] && !conn->password.length)
		return 0;
	rc = redislink_login(
		conn->link, conn->user[0] ? conn->user : NULL, conn->password, deadline_ms);
	return rc < 0 ? link_trouble(conn, rc) : expect_no_error(conn, deadline_ms);
}

static int take_sha(struct redisconn *conn, size_t script, uint64_t deadline_ms)
{
	struct redislink_reply reply;
	int rc = redisconn_take(conn, deadline_ms, &reply);

	if (rc < 0)
		return rc;
	if (reply.head.kind == REDISLINK_ERROR)
		return redisconn_trouble(conn, -EAGAIN, redistrouble_of_answer(reply.head.text));
	if (reply.head.kind != REDISLINK_TEXT || reply.head.length != REDISCONN_SHA_SIZE - 1)
		return redisconn_strange(conn);
	memcpy(conn->shas[script], reply.head.text, REDISCONN_SHA_SIZE);
	return 0;
}

static const char *const watched[] = {"appendonly", "appendfsync", "maxmemory-policy"};

// Whoever may not read the settings gets no warning.
static int look_at_settings(struct redisconn *conn, uint64_t deadline_ms)
{
	char values[ARRAY_SIZE(watched)][16] = {{0}};
	const char *known[ARRAY_SIZE(watched)] = {NULL}, *sentence;

	for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
		struct redislink_reply reply;
		int rc = redisconn_take(conn, deadline_ms, &reply);

		if (rc < 0)
			return rc;
		if (reply.count != 2 || reply.items[1].length >= sizeof(values[i]))
			continue;
		memcpy(values[i], reply.items[1].text, reply.items[1].length);
		known[i] = values[i];
	}
	sentence = redistrouble_of_settings(known[0], known[1], known[2]);
	conn->warning[0] = '\0';
	if (sentence)
		(void)snprintf(conn->warning, sizeof(conn->warning), "redis at %s: %s", conn->path,
			sentence); // cut is fine
	return 0;
}

// Logs in, chooses the database, loads the scripts.
static int prepare(struct redisconn *conn, uint64_t deadline_ms)
{
	bool has_database = strcmp(conn->database, "0") != 0;
	int rc = log_in(conn, deadline_ms);

	if (rc < 0)
		return rc;
	if (has_database)
		command(conn, "SELECT", conn->database);
	for (size_t i = 0; i < REDISSCRIPTS; i++)
		command(conn, "SCRIPT", "LOAD", redisscripts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
		command(conn, "CONFIG", "GET", watched[i]);
	rc = redislink_send(conn->link, deadline_ms);
	if (rc < 0)
		return link_trouble(conn, rc);
	if (has_database)
		rc = expect_no_error(conn, deadline_ms);
	for (size_t i = 0; rc == 0 && i < REDISSCRIPTS; i++)
		rc = take_sha(conn, i, deadline_ms);
	return rc < 0 ? rc : look_at_settings(conn, deadline_ms);
}

void redisconn_pause(struct redisconn *conn)
{
	if (conn->pause_ms < PAUSE_MIN_MS)
		conn->pause_ms = PAUSE_MIN_MS;
	conn->retry_ms = clock_steady_ms() + conn->pause_ms;
	conn->pause_ms = conn->pause_ms * 2 < PAUSE_MAX_MS ? conn->pause_ms * 2 : PAUSE_MAX_MS;
}

int redisconn_ready(struct redisconn *conn, uint64_t deadline_ms)
{
	int rc;

	if (conn->is_ready && redislink_is_up(conn->link))
		return 0;
	conn->is_ready = false;
	if (clock_steady_ms() < conn->retry_ms)
		return -EAGAIN;
	rc = redislink_dial(conn->link, conn->path, deadline_ms);
	rc = rc < 0 ? link_trouble(conn, rc) : prepare(conn, deadline_ms);
	if (rc < 0) {
		redislink_hang_up(conn->link);
		redisconn_pause(conn);
		return rc;
	}
	conn->is_ready = true;
	conn->pause_ms = 0;
	conn->connects++;
	return 0;
}

int redisconn_send(struct redisconn *conn, uint64_t deadline_ms)
{
	int rc = redislink_send(conn->link, deadline_ms);

	return rc < 0 ? link_trouble(conn, rc) : 0;
}
