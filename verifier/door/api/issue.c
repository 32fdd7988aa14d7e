// Reads what is wished for; what may be in a token is trust/token/mint's to judge.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/issue.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/tally.h"
#include "verifier/trust/token/mint.h"
#include "verifier/trust/token/profile.h"

#include <errno.h>

#define ISSUE_ROOM 512 // of an answer beside the token
#define ISSUE_LIFETIME_MAX 4294967295.0

static bool refuse(struct route_reply *reply, const char *code, const char *text)
{
	route_problem(reply, 400, code, text);
	return false;
}

static bool read_lifetime(
	const struct strictjson_member *member, uint64_t *ret_ms, struct route_reply *reply)
{
	double seconds;

	*ret_ms = 0;
	if (member->value.type == STRICTJSON_ABSENT)
		return true;
	if (!strictjson_number(&member->value, &seconds) || !(seconds >= 1) ||
		seconds > ISSUE_LIFETIME_MAX || seconds != (double)(uint64_t)seconds)
		return refuse(
			reply, "lifetime_invalid", "\"lifetime\" is a number of whole seconds");
	*ret_ms = (uint64_t)seconds * 1000;
	return true;
}

static void answer_minted(
	struct route_reply *reply, const struct profile *profile, const struct minted *minted)
{
	reply->is_private = true;
	reply_begin(reply, 200, QUESTION_JSON, minted->length + ISSUE_ROOM);
	reply_text(reply, "{\"access_token\":\"");
	reply_bytes(reply, minted->token, minted->length);
	reply_text(reply, "\",\"token_type\":\"Bearer\",\"expires_in\":");
	reply_number(reply, minted->expires_in_s);
	reply_member(reply, ",\"jti\":", minted->id);
	reply_member(reply, ",\"profile\":", profile->rules->name);
	reply_text(reply, "}");
	reply_end(reply);
}

static void answer_failure(struct route_reply *reply, int code, const struct err *err)
{
	switch (code) {
	case MINT_E_CLAIMS:
		(void)refuse(reply, "claim_invalid", err->what);
		break;
	case MINT_E_LIFETIME:
		(void)refuse(reply, "lifetime_invalid", err->what);
		break;
	case MINT_E_KEY:
		route_problem_hint(reply, 503, "key_unusable", err->what, err->hint);
		break;
	case -ENOMEM:
		route_problem(reply, 503, "out_of_memory", "try again");
		break;
	default:
		route_problem(reply, 500, "not_signed", "the token could not be signed");
	}
}

void issue_token(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct strictjson_member members[] = {
		{.name = "profile"}, {.name = "claims"}, {.name = "lifetime"}};
	const struct strictjson_value *claims = &members[1].value;
	char name[PROFILE_NAME_MAX + 1];
	const struct profile *profile;
	struct mint_request wish = {.now_ms = clock_wall_ms()};
	struct err err = ERR_NONE;
	struct minted minted;
	int code;

	if (!question_expects(request, QUESTION_JSON, reply) ||
		!question_read(request, members, ARRAY_SIZE(members), reply) ||
		!question_text(&members[0], name, sizeof(name), reply) ||
		!read_lifetime(&members[2], &wish.lifetime_ms, reply))
		return;
	if (claims->type != STRICTJSON_ABSENT && claims->type != STRICTJSON_OBJECT) {
		(void)refuse(reply, "body_invalid", "\"claims\" is an object");
		return;
	}
	profile = question_profile(answers, request, name, reply);
	if (!profile)
		return;
	wish.claims = claims->type == STRICTJSON_OBJECT ? claims->text : NULL;
	wish.length = wish.claims ? claims->length : 0;
	code = mint_token(profile, &wish, &minted, &err);
	if (code) {
		answer_failure(reply, code, &err);
		return;
	}
	tally_issued(judge_tally(answers->judge), profile->rules->name);
	answer_minted(reply, profile, &minted);
	mint_done(&minted);
}
