// A row a verb: how it is put, and how its answer is read.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/rediscall.h"

#include "lib/base/text.h"
#include "verifier/record/sessions/redisconn.h"
#include "verifier/record/sessions/redisrecord.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

#define NUMBER_SIZE 24
#define USE_NUMBERS 7
#define NAME_SIZE REDISCALL_NAME_SIZE

// ---- names

int rediscall_name(const char *prefix, struct rediscall_names *ret_names)
{
	size_t length = strlen(prefix);

	if (length == 0 || length > STORE_PREFIX_MAX ||
		strspn(prefix,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-") !=
			length)
		return -EINVAL;
	(void)snprintf(ret_names->prefix, sizeof(ret_names->prefix), "%s%s", prefix,
		REDISSCRIPTS_TAG); // all of these fit
	(void)snprintf(ret_names->news, NAME_SIZE, "%snews", ret_names->prefix);
	(void)snprintf(ret_names->until, NAME_SIZE, "%suntil", ret_names->prefix);
	(void)snprintf(ret_names->count, NAME_SIZE, "%scount", ret_names->prefix);
	return 0;
}

// What a command is made of and from; its words point into it and into the operation.
struct call {
	const struct redisconn *conn;
	const struct rediscall_names *names;
	const struct store_op *op;
	const struct family_now *now;
	uint64_t again_ms;
	struct redislink_arg args[REDISLINK_ARGS_MAX];
	size_t count;
	char subject[NAME_SIZE], family[NAME_SIZE];
	char id[FAMILY_ID_TEXT];
	char numbers[5][NUMBER_SIZE];
	char *record; // of REDISRECORD_SIZE_MAX
	size_t number_count;
};

static void add_bytes(struct call *call, const char *bytes, size_t length)
{
	assert(call->count < ARRAY_SIZE(call->args));
	call->args[call->count++] = (struct redislink_arg){bytes, length};
}

static void add(struct call *call, const char *text)
{
	add_bytes(call, text, strlen(text));
}

static void add_number(struct call *call, int64_t number)
{
	char *text;

	assert(call->number_count < ARRAY_SIZE(call->numbers));
	text = call->numbers[call->number_count++];
	(void)snprintf(text, NUMBER_SIZE, "%" PRId64, number); // fits
	add(call, text);
}

// PREFIX:{s}:KIND:NAME, which fits; a subject is not longer than its cap.
static const char *name_into(
	const struct call *call, const char *kind, const char *name, char out[static NAME_SIZE])
{
	(void)snprintf(out, NAME_SIZE, "%s%s:%s", call->names->prefix, kind, name);
	return out;
}

static void begin(struct call *call, enum redisscript script, const char *first, const char *second)
{
	add(call, "EVALSHA");
	add(call, call->conn->shas[script]);
	add(call, "4");
	add(call, first);
	add(call, second);
	add(call, call->names->until);
	add(call, call->names->count);
}

// ---- verbs

static int64_t ahead_ms(int64_t until_ms, int64_t now_ms)
{
	return until_ms > now_ms ? until_ms - now_ms : 0;
}

static void put_create(struct call *call)
{
	const struct family *family = &call->op->family;
	int64_t idle_ms = ahead_ms(family->expires_wall_ms, call->now->wall_ms);
	int64_t absolute_ms = ahead_ms(family->absolute_wall_ms, call->now->wall_ms);

	begin(call, REDISSCRIPT_CREATE, call->family, call->subject);
	add_bytes(call, call->record, redisrecord_write(family, call->record));
	add(call, family->subject);
	add(call, call->id);
	add_number(call, call->now->wall_ms);
	add_number(call, family->absolute_wall_ms);
	add_number(call, (idle_ms < absolute_ms ? idle_ms : absolute_ms) +
				 (int64_t)call->op->rules.access_ms + REDISCALL_MARGIN_MS);
	add_number(call, absolute_ms + REDISCALL_MARGIN_MS);
	add(call, call->again_ms ? "1" : "0");
}

// A use that is tried again may be one that happened, and then must not count as a thief's.
static void put_use(struct call *call)
{
	const struct family_rules *rules = &call->op->rules;
	uint64_t grace_ms = rules->grace_ms > call->again_ms ? rules->grace_ms : call->again_ms;
	uint64_t generation = call->op->generation < FAMILY_GENERATION_MAX ? call->op->generation
									   : FAMILY_GENERATION_MAX;

	const int64_t numbers[USE_NUMBERS] = {(int64_t)generation, call->now->wall_ms,
		call->now->steady_ms, (int64_t)grace_ms, (int64_t)rules->idle_ms,
		(int64_t)rules->access_ms, (int64_t)rules->access_ms + REDISCALL_MARGIN_MS};
	char *end = call->record;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		end = redisrecord_put_number(end, numbers[i]);
	begin(call, REDISSCRIPT_USE, call->family, call->names->news);
	add_bytes(call, call->record, (size_t)(end - call->record));
}

// One command is atomic as it is.
static void put_look(struct call *call)
{
	add(call, "GET");
	add(call, call->family);
}

static void add_end(struct call *call)
{
	add_number(call, call->op->end);
	add_number(call, call->now->wall_ms);
	add_number(call, (int64_t)call->op->rules.access_ms);
}

static void put_end_family(struct call *call)
{
	begin(call, REDISSCRIPT_END_FAMILY, call->family, call->names->news);
	add_end(call);
}

static void put_end_subject(struct call *call)
{
	begin(call, REDISSCRIPT_END_SUBJECT, call->subject, call->names->news);
	add(call, name_into(call, "f", "", call->family));
	add_end(call);
}

static void put_end_token(struct call *call)
{
	begin(call, REDISSCRIPT_END_TOKEN, call->names->news, call->names->news);
	add(call, call->op->token);
	add_number(call, call->now->wall_ms);
	add_number(call, call->op->until_wall_ms);
}

// ---- answers

static int read_create(
	struct store_op *op, const struct family_now *now, const struct redislink_reply *reply)
{
	(void)now;
	if (reply->head.kind != REDISLINK_NUMBER)
		return -EBADMSG;
	op->code = reply->head.number == 1 ? 0 : -EEXIST;
	return 0;
}

static int read_use(
	struct store_op *op, const struct family_now *now, const struct redislink_reply *reply)
{
	const struct redislink_item *head = &reply->head;
	int outcome = head->length > 0 ? head->text[0] - '0' : -1, rc;

	(void)now;
	if (head->kind == REDISLINK_NOTHING) {
		op->outcome = FAMILY_UNKNOWN;
		op->code = 0;
		return 0;
	}
	if (head->kind != REDISLINK_TEXT || outcome < 0 || outcome >= FAMILY_UNKNOWN)
		return -EBADMSG;
	rc = redisrecord_read(head->text + 1, head->length - 1, &op->family);
	if (rc < 0)
		return rc;
	op->outcome = (enum family_outcome)outcome;
	op->code = 0;
	return 0;
}

static int read_look(
	struct store_op *op, const struct family_now *now, const struct redislink_reply *reply)
{
	const struct redislink_item *head = &reply->head;
	int rc;

	op->outcome = FAMILY_UNKNOWN;
	if (head->kind == REDISLINK_TEXT) {
		rc = redisrecord_read(head->text, head->length, &op->family);
		if (rc < 0)
			return rc;
		op->outcome = family_look(&op->family, now->wall_ms);
	} else if (head->kind != REDISLINK_NOTHING) {
		return -EBADMSG;
	}
	op->code = 0;
	return 0;
}

static int read_end(
	struct store_op *op, const struct family_now *now, const struct redislink_reply *reply)
{
	(void)now;
	if (reply->head.kind != REDISLINK_NUMBER || reply->head.number < 0)
		return -EBADMSG;
	op->ended = (uint64_t)reply->head.number;
	op->code = 0;
	return 0;
}

static const struct {
	void (*put)(struct call *call);
	int (*read)(struct store_op *op, const struct family_now *now,
		const struct redislink_reply *reply);
} verbs[STORE_VERBS] = {
	[STORE_CREATE] = {put_create, read_create},
	[STORE_USE] = {put_use, read_use},
	[STORE_LOOK] = {put_look, read_look},
	[STORE_END_FAMILY] = {put_end_family, read_end},
	[STORE_END_SUBJECT] = {put_end_subject, read_end},
	[STORE_END_TOKEN] = {put_end_token, read_end},
};

// ---- what others call

bool rediscall_is_exact(const struct store_op *op, const struct family_now *now)
{
	const int64_t most = REDISRECORD_NUMBER_MAX / 4; // so that sums are exact, too
	const uint64_t long_ms = (uint64_t)most;

	return op->rules.grace_ms <= long_ms && op->rules.idle_ms <= long_ms &&
	       op->rules.access_ms <= long_ms && now->wall_ms >= 0 && now->wall_ms <= most &&
	       now->steady_ms >= -1 && now->steady_ms <= most && op->until_wall_ms <= most &&
	       (op->verb != STORE_CREATE || redisrecord_is_exact(&op->family));
}

void rediscall_put(struct redisconn *conn, const struct rediscall_names *names,
	const struct store_op *op, const struct family_now *now, uint64_t again_ms)
{
	char record[REDISRECORD_SIZE_MAX];
	struct call call = {.conn = conn,
		.names = names,
		.op = op,
		.now = now,
		.again_ms = again_ms,
		.record = record};

	(void)family_id_text(op->family.id, call.id);
	(void)name_into(&call, "f", call.id, call.family);
	(void)name_into(&call, "u", op->family.subject, call.subject);
	verbs[op->verb].put(&call);
	redislink_put(conn->link, call.args, call.count);
}

void rediscall_put_script(struct redisconn *conn, const struct rediscall_names *names,
	enum redisscript script, const int64_t *numbers, size_t count)
{
	struct call call = {.conn = conn, .names = names};

	begin(&call, script, names->news, names->news);
	for (size_t i = 0; i < count; i++)
		add_number(&call, numbers[i]);
	redislink_put(conn->link, call.args, call.count);
}

int rediscall_read(
	struct store_op *op, const struct family_now *now, const struct redislink_reply *reply)
{
	return verbs[op->verb].read(op, now, reply);
}
