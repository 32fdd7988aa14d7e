// What is in the body does not matter: the cookie says it all.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/renew.h"

#include "lib/base/clock.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/session/cookiejar.h"
#include "verifier/door/session/rotation.h"
#include "verifier/door/session/turn.h"
#include "verifier/trust/session/pair.h"

#define RENEW_ROOM 128 // of an answer's body

static void refuse(const struct sessions *sessions, enum sessionfault fault, bool has_cookies,
	struct route_reply *reply)
{
	sessionfault_answer(reply, fault);
	if (has_cookies && sessionfault_clears(fault))
		cookiejar_clear(sessions->rules, COOKIEJAR_PLAIN, reply);
}

static enum sessionfault answer_pair(
	struct turn *turn, const struct pair *pair, int64_t now_wall_ms)
{
	struct route_reply *reply = &turn->reply;

	reply_begin(reply, 200, QUESTION_JSON, RENEW_ROOM);
	reply_text(reply, "{\"message\":\"Tokens refreshed\",\"expires_in\":");
	reply_number(reply, pair_left_s(pair->access_expires_wall_ms, now_wall_ms));
	reply_text(reply, "}");
	reply_end(reply);
	return turn_set_pair(turn, pair, now_wall_ms, COOKIEJAR_PLAIN);
}

static void on_used(struct turn *turn)
{
	int64_t now_wall_ms = clock_wall_ms();
	struct pair pair;
	enum sessionfault fault = rotation_end(turn, now_wall_ms, &pair);

	if (fault) {
		refuse(turn->sessions, fault, true, &turn->reply);
	} else {
		fault = answer_pair(turn, &pair, now_wall_ms);
		pair_done(&pair);
	}
	turn_end(turn, fault);
}

void renew_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply)
{
	enum sessionfault fault = rotation_begin(sessions, SESSIONRULES_REFRESH, request, on_used);

	if (!fault)
		return;
	turn_answer(sessions, SESSIONRULES_REFRESH, fault, reply);
	refuse(sessions, fault, cookiejar_is_shown(sessions->rules, request), reply);
}
