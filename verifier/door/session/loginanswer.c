// Settings say where in the JSON each thing stands.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/loginanswer.h"

#include "lib/base/clock.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/session/cookiejar.h"
#include "verifier/door/session/login.h"
#include "verifier/door/session/turn.h"
#include "verifier/door/session/userdata.h"

#include <errno.h>
#include <sodium.h>

#define BODY_ROOM 128 // of an answer's body beside what the upstream says

static const enum sessionfault outcomes[RELAY_OUTCOMES] = {
	[RELAY_REFUSED] = SESSIONFAULT_UNREACHABLE,
	[RELAY_TIMEOUT] = SESSIONFAULT_TIMEOUT,
	[RELAY_TLS] = SESSIONFAULT_TLS,
	[RELAY_TOO_LARGE] = SESSIONFAULT_TOO_LARGE,
	[RELAY_BROKEN] = SESSIONFAULT_BROKEN,
	[RELAY_BUSY] = SESSIONFAULT_BUSY,
	[RELAY_DOWN] = SESSIONFAULT_DOWN};

static bool is_refusal(const struct sessionrules *rules, unsigned status)
{
	for (size_t i = 0; i < rules->refused.count; i++)
		if (rules->refused.items[i] == status)
			return true;
	return false;
}

enum sessionfault loginanswer_judge(
	const struct sessionrules *rules, const struct relay_answer *answer)
{
	if (answer->outcome != RELAY_OK)
		return outcomes[answer->outcome];
	if (is_refusal(rules, answer->status))
		return SESSIONFAULT_CREDENTIALS;
	if (answer->status == 429)
		return SESSIONFAULT_TOO_OFTEN;
	if (answer->status >= 300 && answer->status < 400)
		return SESSIONFAULT_REDIRECT;
	if (answer->status < 200 || answer->status >= 300)
		return SESSIONFAULT_STATUS;
	return answer->is_json ? SESSIONFAULT_NONE : SESSIONFAULT_NOT_JSON;
}

// Fills in the record of the session.
// Returns: NULL, or the path that does not fit.
static const char *fill_family(const struct sessionrules *rules,
	const struct strictjson_value *root, uint64_t idle_ms, struct family *family)
{
	const char *fault = userdata_claims(
		root, &rules->access_claims, family->access_claims, sizeof(family->access_claims));

	if (!fault)
		fault = userdata_claims(root, &rules->refresh_claims, family->refresh_claims,
			sizeof(family->refresh_claims));
	if (!fault &&
		!userdata_subject(root, rules->subject, family->subject, sizeof(family->subject)))
		fault = rules->subject;
	if (fault)
		return fault;
	randombytes_buf(family->id, sizeof(family->id));
	family->generation = 1;
	family->issued_wall_ms = clock_wall_ms();
	family->absolute_wall_ms = family->issued_wall_ms + (int64_t)rules->absolute_ms;
	family->expires_wall_ms = family->issued_wall_ms + (int64_t)idle_ms;
	if (family->expires_wall_ms > family->absolute_wall_ms)
		family->expires_wall_ms = family->absolute_wall_ms;
	return NULL;
}

static void write_body(const struct sessionrules *rules, const struct strictjson_value *root,
	const struct strictjson_value *data, struct route_reply *reply)
{
	struct strictjson_value message = userdata_find(root, "message");
	const char *raw;
	size_t length;

	reply->is_private = true;
	reply_begin(reply, 200, QUESTION_JSON, data->length + message.length + BODY_ROOM);
	reply_text(reply, "{\"message\":");
	raw = userdata_raw(&message, &length);
	if (message.type == STRICTJSON_STRING)
		reply_bytes(reply, raw, length);
	else
		reply_text(reply, "\"Login successful\"");
	if (rules->user_data) {
		raw = userdata_raw(data, &length);
		reply_text(reply, ",\"userData\":");
		reply_bytes(reply, raw, length);
	}
	reply_text(reply, "}");
	reply_end(reply);
}

static enum sessionfault pass_one(const struct sessionrules *rules, const char *name,
	const struct strictjson_value *value, struct route_reply *reply)
{
	char text[COOKIEJAR_MAX + 1];
	size_t length = strictjson_unescape(value, text, sizeof(text));
	const struct cookiejar_cookie cookie = {
		name, text, length, (int64_t)(rules->pass_ms / 1000)};
	int code = -EINVAL;

	if (value->type == STRICTJSON_STRING && length == SIZE_MAX)
		code = -E2BIG;
	else if (length && length != SIZE_MAX)
		code = cookiejar_set(rules, &cookie, COOKIEJAR_PLAIN, reply);
	sodium_memzero(text, sizeof(text));
	if (code == 0)
		return SESSIONFAULT_NONE;
	if (code == -ENOMEM)
		return SESSIONFAULT_MEMORY;
	return code == -E2BIG ? SESSIONFAULT_COOKIE : SESSIONFAULT_UNFIT;
}

// Passes the upstream's own tokens on.
static enum sessionfault pass_on(const struct sessionrules *rules,
	const struct strictjson_value *root, struct route_reply *reply, const char **ret_path)
{
	enum sessionfault fault = SESSIONFAULT_NONE;

	for (size_t i = 0; !fault && i < rules->pass.count; i++) {
		struct strictjson_value value = userdata_find(root, rules->pass.items[i].from);

		fault = pass_one(rules, rules->pass.items[i].name, &value, reply);
		if (fault)
			*ret_path = rules->pass.items[i].from;
	}
	return fault;
}

enum sessionfault loginanswer_take(
	struct turn *turn, const struct strictjson_value *root, const char **ret_path)
{
	const struct sessionrules *rules = turn->sessions->rules;
	struct strictjson_value data = {.type = STRICTJSON_ABSENT};

	*ret_path = fill_family(rules, root, turn->op.rules.idle_ms, &turn->op.family);
	if (!*ret_path && rules->user_data) {
		data = userdata_find(root, rules->user_data);
		if (data.type == STRICTJSON_ABSENT || data.length > LOGIN_USER_DATA_MAX)
			*ret_path = rules->user_data;
	}
	if (*ret_path)
		return SESSIONFAULT_UNFIT;
	write_body(rules, root, &data, &turn->reply);
	if (turn->reply.status != 200)
		return SESSIONFAULT_MEMORY;
	return pass_on(rules, root, &turn->reply, ret_path);
}
