// Whoever asks to be logged out is told that it is done only when it is: recorded, or kept where it
// counts until it can be.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/logout.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/session/accesstoken.h"
#include "verifier/door/session/cookiejar.h"
#include "verifier/door/session/farewells.h"
#include "verifier/door/session/rotation.h"
#include "verifier/door/session/turn.h"
#include "verifier/record/revocations.h"
#include "verifier/trust/session/refreshtoken.h"

#include <errno.h>

#define LOGOUT_ROOM 64 // of an answer's body

static void answer_done(const struct sessions *sessions, struct route_reply *reply)
{
	reply_begin(reply, 200, QUESTION_JSON, LOGOUT_ROOM);
	reply_text(reply, "{\"message\":\"Logged out\"}");
	reply_end(reply);
	if (reply->status == 200)
		cookiejar_clear(sessions->rules, COOKIEJAR_PLAIN, reply);
}

// ---- the store's answer

// Keeps a logout for later, and has it count here at once.
static enum sessionfault keep(struct turn *turn)
{
	struct sessions *sessions = turn->sessions;
	struct revocations *revocations = sessions->answers->revocations;
	struct farewell farewell = {
		.everywhere = turn->everywhere, .access_ms = turn->op.rules.access_ms};
	char name[FAMILY_ID_TEXT];

	if (!turn_has_grace(turn))
		return SESSIONFAULT_AWAY;
	memcpy(farewell.family, turn->op.family.id, sizeof(farewell.family));
	if (!sessions->farewells)
		sessions->farewells = farewells_new(sessions->ledger);
	if (!sessions->farewells || !farewells_add(sessions->farewells, &farewell)) {
		sessions->pending_lost++;
		return SESSIONFAULT_AWAY;
	}
	(void)family_id_text(farewell.family, name);
	if (revocations) // short of memory: until the store is told, its access token is good
		ignore_result(revocations_add(revocations, name, strlen(name),
			clock_wall_ms() + (int64_t)farewell.access_ms));
	return SESSIONFAULT_NONE;
}

static void note(const struct turn *turn)
{
	struct log_line line;

	log_begin(&line, turn->sessions->log, LOG_INFO, "session_logout");
	turn_tell(turn, &line);
	if (turn->everywhere)
		log_text(&line, "everywhere", "yes");
	if (turn->op.code < 0)
		log_text(&line, "kept", "until the store is back");
	log_end(&line);
}

static void on_ended(struct turn *turn)
{
	enum sessionfault fault = SESSIONFAULT_NONE;

	if (turn->op.code == -EAGAIN)
		fault = keep(turn);
	else if (turn->op.code < 0)
		fault = SESSIONFAULT_AWAY;
	if (!fault) {
		note(turn);
		answer_done(turn->sessions, &turn->reply);
	}
	turn_end(turn, fault);
}

// The store knows whose session it is; one that is over has no say any more.
static void on_looked(struct turn *turn)
{
	enum sessionfault fault;

	if (turn->op.code < 0 || turn->op.outcome != FAMILY_HELD) {
		turn->everywhere = turn->op.code < 0;
		on_ended(turn);
		return;
	}
	turn->op.verb = STORE_END_SUBJECT;
	fault = turn_store(turn, on_ended);
	if (fault)
		turn_end(turn, fault);
}

// ---- whose session

static bool read_access(const struct sessions *sessions, const struct route_request *request,
	uint8_t ret_family[static FAMILY_ID_BYTES])
{
	const struct profile *profile = turn_profile(sessions, sessions->rules->access);
	struct judge_question question = {.profile = profile};
	const struct strictjson_value *jti;
	struct token_verdict verdict;
	bool is_good = false, is_access;
	enum carrier_result found;
	uint64_t generation;

	if (!profile)
		return false;
	found = accesstoken_judge(sessions, request, &question, &verdict);
	// whether the store is there is seen when it is told
	if ((found == CARRIER_COOKIE || found == CARRIER_BEARER) &&
		(verdict.code == TOKEN_OK || verdict.code == TOKEN_E_STORE_AWAY)) {
		jti = &verdict.known[TOKEN_JTI].value;
		is_good = jti->type == STRICTJSON_STRING &&
			  refreshtoken_jti_read(
				  jti->text, jti->length, ret_family, &generation, &is_access);
	}
	judge_forget(sessions->answers->judge);
	return is_good;
}

// Finds the session by its refresh token, which may have expired, or else by its access token.
// Returns: SESSIONFAULT_NONE; SESSIONFAULT_NO_KEY or _REFRESH_SEVERAL: there may be one, and nobody
// can say which; another: there is none.
static enum sessionfault read_family(const struct sessions *sessions,
	const struct route_request *request, uint8_t ret_family[static FAMILY_ID_BYTES])
{
	struct refreshtoken token;
	enum sessionfault fault =
		rotation_read(sessions, request, clock_wall_ms() - LOGOUT_LATE_MS, &token);

	if (!fault)
		memcpy(ret_family, token.family, FAMILY_ID_BYTES);
	else if (read_access(sessions, request, ret_family))
		fault = SESSIONFAULT_NONE;
	return fault;
}

// ---- the request

static enum sessionfault read_body(const struct route_request *request, bool *ret_everywhere)
{
	struct strictjson_member members[] = {{.name = "everywhere"}};
	const struct strictjson_value *value = &members[0].value;
	struct route_reply ignored = {0};
	bool is_good;

	*ret_everywhere = false;
	if (!request->length)
		return SESSIONFAULT_NONE;
	if (!question_is_type(request, QUESTION_JSON))
		return SESSIONFAULT_TYPE;
	is_good = question_read(request, members, ARRAY_SIZE(members), &ignored);
	route_reply_done(&ignored);
	*ret_everywhere = value->type == STRICTJSON_TRUE;
	return is_good && (value->type == STRICTJSON_ABSENT || value->type == STRICTJSON_TRUE ||
				  value->type == STRICTJSON_FALSE)
		       ? SESSIONFAULT_NONE
		       : SESSIONFAULT_BODY;
}

static enum sessionfault begin(struct sessions *sessions, const struct route_request *request,
	const uint8_t family[static FAMILY_ID_BYTES], bool everywhere)
{
	struct turn *turn = turn_new(sessions, SESSIONRULES_LOGOUT, request);
	enum sessionfault fault;

	if (!turn)
		return SESSIONFAULT_MEMORY;
	turn->everywhere = everywhere;
	turn->op.verb = everywhere ? STORE_LOOK : STORE_END_FAMILY;
	turn->op.end = FAMILY_ENDED_BY_LOGOUT;
	memcpy(turn->op.family.id, family, FAMILY_ID_BYTES);
	fault = turn_rules(sessions, &turn->op.rules)
			? turn_store(turn, everywhere ? on_looked : on_ended)
			: SESSIONFAULT_NO_KEY;
	if (fault)
		turn_cancel(turn);
	return fault;
}

void logout_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply)
{
	uint8_t family[FAMILY_ID_BYTES];
	bool everywhere;
	enum sessionfault fault = read_body(request, &everywhere), none;

	if (!fault) {
		none = read_family(sessions, request, family);
		if (!none)
			fault = begin(sessions, request, family, everywhere);
		else if (none == SESSIONFAULT_NO_KEY || none == SESSIONFAULT_REFRESH_SEVERAL)
			fault = none;
		if (!none && !fault)
			return;
	}
	turn_answer(sessions, SESSIONRULES_LOGOUT, fault, reply);
	if (!fault)
		answer_done(sessions, reply);
	else if (sessionfault_clears(fault))
		cookiejar_clear(sessions->rules, COOKIEJAR_PLAIN, reply);
}
