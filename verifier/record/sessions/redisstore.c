// Families and revocations in a Redis that several verifiers may share: a script an operation, a
// pipeline a batch. A connection that breaks leaves open what happened, so it is tried once more on
// a new one: each step is safe to repeat. What was seen last is remembered while the Redis is away.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/text.h"
#include "verifier/record/sessions/recall.h"
#include "verifier/record/sessions/rediscall.h"
#include "verifier/record/sessions/redisconn.h"
#include "verifier/record/sessions/redisnews.h"
#include "verifier/record/sessions/redistrouble.h"
#include "verifier/record/sessions/store.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#define SCHEME "redis://"
#define DATABASE_MAX 65535
#define TIMEOUT_MS 1000 // when none is given
#define ROUNDS_MAX 4    // of sending a batch: a broken connection, forgotten scripts

_Static_assert(REDISCONN_WHY_SIZE == STORE_WHY_SIZE, "the connection writes the store's sentence");

struct redisstore {
	struct store store; // first
	struct redisconn conn;
	struct rediscall_names names;
	struct redisnews news;
	struct recall *recall;
	uint64_t timeout_ms;
};

static struct redisstore *self_of(struct store *store)
{
	return (struct redisstore *)store;
}

// ---- a batch

enum progress { WAITING, SENT, DONE };

// What is remembered is what was answered last, and only while it lives.
static void note(struct redisstore *self, const struct store_op *op)
{
	bool has_record =
		op->verb == STORE_CREATE || ((op->verb == STORE_USE || op->verb == STORE_LOOK) &&
						    op->outcome != FAMILY_UNKNOWN);

	if (op->code != 0)
		return;
	if (has_record && op->family.end == FAMILY_LIVES)
		recall_put(self->recall, &op->family);
	else
		recall_drop(self->recall, op->family.id);
}

static int read_answer(struct redisstore *self, struct store_op *op, const struct family_now *now,
	const struct redislink_reply *reply, enum progress *progress)
{
	const char *text = reply->head.text;
	int rc;

	*progress = DONE;
	if (reply->head.kind == REDISLINK_ERROR) {
		if (redistrouble_is_forgotten_script(text)) {
			self->conn.is_ready = false;
			*progress = WAITING;
		}
		return redisconn_trouble(&self->conn, 0, redistrouble_of_answer(text));
	}
	rc = rediscall_read(op, now, reply);
	if (rc == -EBADMSG)
		return redisconn_strange(&self->conn);
	if (rc < 0)
		return redisconn_trouble(&self->conn, 0,
			redistrouble_of_answer(rc == -EPROTO ? "LATER" : "DAMAGED"));
	note(self, op);
	return 0;
}

static int run_round(struct redisstore *self, struct store_op *const *ops, size_t count,
	const struct family_now *now, uint64_t deadline_ms, enum progress *progress)
{
	int rc;

	for (size_t i = 0; i < count; i++)
		if (progress[i] != DONE) {
			rediscall_put(&self->conn, &self->names, ops[i], now,
				progress[i] == SENT ? 2 * self->timeout_ms : 0);
			progress[i] = SENT;
		}
	rc = redisconn_send(&self->conn, deadline_ms);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct redislink_reply reply;

		if (progress[i] != SENT)
			continue;
		rc = redisconn_take(&self->conn, deadline_ms, &reply);
		if (rc == 0)
			rc = read_answer(self, ops[i], now, &reply, &progress[i]);
	}
	return rc;
}

// Returns: what is left of it to do.
static enum progress start(
	struct redisstore *self, struct store_op *op, const struct family_now *now)
{
	op->code = -EAGAIN;
	op->outcome = FAMILY_UNKNOWN;
	op->ended = 0;
	op->remembered = false;
	// whoever wants an end gets no grace on what was before
	if (op->verb == STORE_END_FAMILY)
		recall_drop(self->recall, op->family.id);
	if (op->verb == STORE_END_SUBJECT)
		recall_drop_subject(self->recall, op->family.subject);
	if (op->verb == STORE_END_SUBJECT && !op->family.subject[0]) {
		op->code = 0; // those without a subject are not one person's
		return DONE;
	}
	if (rediscall_is_exact(op, now))
		return WAITING;
	(void)redisconn_trouble(
		&self->conn, 0, "a time or a generation is beyond what its scripts count");
	return DONE;
}

// What can be said without the store.
static void remember(struct redisstore *self, struct store_op *op, const struct family_now *now)
{
	if (op->verb != STORE_USE && op->verb != STORE_LOOK)
		return;
	op->remembered = recall_get(self->recall, op->family.id, &op->family);
	if (op->remembered)
		op->outcome = family_look(&op->family, now->wall_ms);
}

static void pass_over(struct store *store, struct store_op *op, const struct family_now *now)
{
	(void)start(self_of(store), op, now);
	if (op->code == -EAGAIN)
		remember(self_of(store), op, now);
}

static bool is_done(const enum progress *progress, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (progress[i] != DONE)
			return false;
	return true;
}

static int apply(struct store *store, struct store_op *const *ops, size_t count,
	const struct family_now *now)
{
	struct redisstore *self = self_of(store);
	uint64_t deadline_ms = clock_steady_ms() + self->timeout_ms;
	enum progress progress[STORE_BATCH_MAX] = {WAITING};
	bool was_ready = true;
	int rc = 0, code = 0;

	assert(count <= STORE_BATCH_MAX);
	for (size_t i = 0; i < count; i++)
		progress[i] = start(self, ops[i], now);
	for (size_t i = 0; i < ROUNDS_MAX && !is_done(progress, count); i++) {
		if (rc < 0 && !was_ready) // it was a new connection, too
			break;
		was_ready = self->conn.is_ready;
		rc = redisconn_ready(&self->conn, deadline_ms);
		if (rc == 0)
			rc = run_round(self, ops, count, now, deadline_ms, progress);
		if (rc == -ETIMEDOUT) {
			redisconn_pause(&self->conn);
			break;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (ops[i]->code != -EAGAIN)
			continue;
		code = -EAGAIN;
		remember(self, ops[i], now);
	}
	return code;
}

// ---- revocations

static int news(struct store *store, int64_t now_wall_ms, store_revoked *revoked, void *owner)
{
	(void)now_wall_ms; // also what is over is told: the clock may be set back
	return redisnews_tell(&self_of(store)->news, revoked, owner);
}

static int sweep(struct store *store, int64_t now_wall_ms)
{
	return redisnews_sweep(&self_of(store)->news, now_wall_ms);
}

// ---- opening

static int read_url(const char *url, struct redisconn *conn, struct err *err)
{
	const char *path = text_starts(url, SCHEME) ? url + strlen(SCHEME) : "";
	const char *query = path + strcspn(path, "?");
	size_t length = (size_t)(query - path);
	uint64_t database = 0;
	int rc;

	if (path[0] != '/' || path[length - 1] == '/' || length > REDISCONN_PATH_MAX) {
		(void)err_set(err, -EINVAL, NULL, "a store's url that names no Unix socket");
		return err_hint(err,
			"redis:///run/redis.sock is one; a Redis elsewhere stands behind "
			"stunnel, see packaging/redis/stunnel.conf");
	}
	if (*query && (!text_starts(query, "?db=") ||
			      num_parse(query + strlen("?db="), DATABASE_MAX, &database) < 0)) {
		(void)err_set(err, -EINVAL, NULL, "a store's url with something else than ?db=N");
		return err_hint(err, "N is a number of 0 to %d", DATABASE_MAX);
	}
	memcpy(conn->path, path, length);
	conn->path[length] = '\0';
	rc = snprintf(conn->database, sizeof(conn->database), "%" PRIu64, database);
	return rc < 0 ? -EINVAL : 0;
}

static int check_url(const char *url, struct err *err)
{
	struct redisconn ignored;

	return read_url(url, &ignored, err);
}

static int read_options(
	const struct store_options *options, struct redisstore *self, struct err *err)
{
	int rc = read_url(options->url, &self->conn, err);

	if (rc < 0)
		return rc;
	if (rediscall_name(options->prefix ? options->prefix : "samekey", &self->names) < 0)
		return err_set(err, -EINVAL, NULL,
			"a store's prefix that is not 1 to %d letters, digits or . _ : -",
			STORE_PREFIX_MAX);
	if (options->user && strlen(options->user) > REDISLINK_USER_MAX)
		return err_set(err, -EINVAL, NULL, "a store's user of more than %d bytes",
			REDISLINK_USER_MAX);
	if (options->password.length > REDISLINK_PASSWORD_MAX)
		return err_set(err, -EINVAL, NULL, "a store's password of more than %d bytes",
			REDISLINK_PASSWORD_MAX);
	(void)snprintf(
		self->conn.user, sizeof(self->conn.user), "%s", options->user ? options->user : "");
	self->conn.password = options->password;
	self->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
	self->news = (struct redisnews){.conn = &self->conn,
		.names = &self->names,
		.recall = self->recall,
		.unread = &self->store.unread,
		.timeout_ms = self->timeout_ms};
	return 0;
}

static struct redisstore *redisstore_free(struct redisstore *self)
{
	if (!self)
		return NULL;
	(void)redislink_free(self->conn.link);
	(void)recall_free(self->recall);
	free(self);
	return NULL;
}

static void close_store(struct store *store)
{
	(void)redisstore_free(self_of(store));
}

static struct redisstore *redisstore_new(void)
{
	struct redisstore *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->store.kind = &redisstore_kind;
	self->conn.why = self->store.why;
	self->conn.link = redislink_new();
	self->recall = recall_new();
	return self->conn.link && self->recall ? self : redisstore_free(self);
}

// Tries to connect, so that what is wrong can be said at the start; it is looked for again anyway.
static int open_store(
	const struct store_options *options, struct store **ret_store, struct err *err)
{
	struct redisstore *self = redisstore_new();
	int rc;

	if (!self)
		return err_set(err, -ENOMEM, NULL, "no memory for a store");
	rc = read_options(options, self, err);
	if (rc < 0) {
		(void)redisstore_free(self);
		return rc;
	}
	ignore_result(redisconn_ready(
		&self->conn, clock_steady_ms() + self->timeout_ms)); // store->why has it
	*ret_store = &self->store;
	return 0;
}

static bool is_shared(const struct store *store)
{
	(void)store;
	return true;
}

// Redis has one clock for all who share it.
static int64_t steady_ms(struct store *store)
{
	(void)store;
	return -1;
}

static const char *warning(const struct store *store)
{
	const struct redisstore *self = (const struct redisstore *)store;

	return self->conn.warning[0] ? self->conn.warning : NULL;
}

const struct store_kind redisstore_kind = {
	.scheme = SCHEME,
	.check_url = check_url,
	.open = open_store,
	.apply = apply,
	.pass_over = pass_over,
	.news = news,
	.sweep = sweep,
	.is_shared = is_shared,
	.steady_ms = steady_ms,
	.warning = warning,
	.close = close_store,
};
