// The claims are the payload as it was signed.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/whoami.h"

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/session/accesstoken.h"
#include "verifier/door/session/rotation.h"
#include "verifier/door/session/turn.h"
#include "verifier/door/session/userdata.h"
#include "verifier/trust/session/refreshtoken.h"

#define WHOAMI_ROOM 512 // of an answer beside the claims

// The claim that is made of what the session's subject is made of; else sub.
static const char *subject_claim(const struct sessionrules *rules)
{
	for (size_t i = 0; i < rules->access_claims.count; i++)
		if (text_equal(rules->access_claims.items[i].from, rules->subject))
			return rules->access_claims.items[i].name;
	return "sub";
}

static void answer_active(const struct sessionrules *rules, const struct token_verdict *verdict,
	struct route_reply *reply)
{
	struct strictjson_member subject = {.name = subject_claim(rules)};
	enum strictjson_result read =
		strictjson_object(verdict->claims, verdict->claims_length, &subject, 1, NULL);
	const char *raw = "null";
	size_t length = 4;

	if (read == STRICTJSON_OK && (subject.value.type == STRICTJSON_STRING ||
					     subject.value.type == STRICTJSON_NUMBER))
		raw = userdata_raw(&subject.value, &length);
	reply->is_private = true;
	reply_begin(reply, 200, QUESTION_JSON, verdict->claims_length + WHOAMI_ROOM);
	reply_text(reply, "{\"v\":1,\"active\":true,\"subject\":");
	reply_bytes(reply, raw, length);
	reply_text(reply, ",\"claims\":");
	reply_bytes(reply, verdict->claims, verdict->claims_length);
	reply_text(reply, ",\"expires_in\":");
	if (verdict->expires_in_s < 0)
		reply_text(reply, "null");
	else
		reply_number(reply, verdict->expires_in_s);
	reply_text(reply, "}");
	reply_end(reply);
}

static void answer_inactive(const struct sessions *sessions, const struct route_request *request,
	struct route_reply *reply)
{
	struct refreshtoken token;
	bool refreshable =
		rotation_read(sessions, request, clock_wall_ms(), &token) == SESSIONFAULT_NONE &&
		!rotation_is_over(sessions, token.family);

	sessionfault_answer(reply, SESSIONFAULT_NOT_LOGGED_IN);
	if (reply->length) { // in front of the brace
		reply->length--;
		reply_text(
			reply, refreshable ? ",\"refreshable\":true}" : ",\"refreshable\":false}");
	}
}

void whoami_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply)
{
	const struct profile *profile = turn_profile(sessions, sessions->rules->access);
	struct judge_question question = {.profile = profile};
	struct token_verdict verdict;
	enum carrier_result found;

	if (!profile) {
		sessionfault_answer(reply, SESSIONFAULT_NO_KEY);
		return;
	}
	found = accesstoken_judge(sessions, request, &question, &verdict);
	if ((found == CARRIER_BEARER || found == CARRIER_COOKIE) && verdict.code == TOKEN_OK)
		answer_active(sessions->rules, &verdict, reply);
	else if ((found == CARRIER_BEARER || found == CARRIER_COOKIE) &&
		 verdict.code == TOKEN_E_STORE_AWAY)
		sessionfault_answer(reply, SESSIONFAULT_AWAY);
	else
		answer_inactive(sessions, request, reply);
	judge_forget(sessions->answers->judge);
}
