// A proxy asks; what its own client wrote into other headers decides nothing.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/check.h"

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/identity.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/session/accesstoken.h"
#include "verifier/door/session/cookiejar.h"
#include "verifier/door/session/rotation.h"
#include "verifier/door/session/turn.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/session/pair.h"
#include "verifier/trust/session/refreshtoken.h"

#define CHECK_OLD 5 // a token is old in the last fifth of its life

// ---- those who are not logged in

static void go_to_login(const struct sessions *sessions, struct route_reply *reply)
{
	const char *page = sessions->rules->login_page;

	route_reply_done(reply);
	reply->status = 302;
	if (reply_header(reply, "Location", page, strlen(page)) < 0)
		sessionfault_answer(reply, SESSIONFAULT_MEMORY);
}

// Refuses; where no session is left, so that nothing of it stays in the browser.
static void refuse(const struct sessions *sessions, const struct profile *profile,
	enum sessionfault fault, bool has_cookies, struct route_reply *reply)
{
	if (!sessionfault_clears(fault)) {
		sessionfault_answer(reply, fault);
		return;
	}
	if (profile && profile->rules->redirect && sessions->rules->login_page) {
		go_to_login(sessions, reply);
	} else if (fault == SESSIONFAULT_REFRESH_NONE) {
		sessionfault_answer(reply, SESSIONFAULT_NOT_LOGGED_IN);
	} else {
		sessionfault_token(reply, 401, sessionfault_code(fault));
	}
	if (has_cookies && reply->status != 503)
		cookiejar_clear(sessions->rules, COOKIEJAR_NUMBERED, reply);
}

// ---- those who are

// Tells whose token it is, or refuses by the rules of the profile.
static enum sessionfault tell(const struct profile *profile, const struct token_verdict *verdict,
	unsigned refused, struct route_reply *reply)
{
	const char *code = token_code_text(verdict->code);

	if (verdict->code == TOKEN_OK) {
		if (identity_tell(profile, verdict, reply)) {
			reply->status = 204;
			reply->is_private = true;
			return SESSIONFAULT_NONE;
		}
		code = reply->code;
		refused = refused == 401 ? reply->status : refused;
	}
	if (verdict->code == TOKEN_E_STORE_AWAY) {
		sessionfault_answer(reply, SESSIONFAULT_AWAY);
		return SESSIONFAULT_AWAY;
	}
	sessionfault_token(reply, refused, code);
	return SESSIONFAULT_TOKEN_BAD;
}

// Whether it is time to get the next one: then one request does, before many have to.
static bool is_old(const struct profile *profile, const struct token_verdict *verdict)
{
	double life_s = (double)profile->rules->lifetime_ms / 1000, begin, end;

	if (strictjson_number(&verdict->known[TOKEN_IAT].value, &begin) &&
		strictjson_number(&verdict->known[TOKEN_EXP].value, &end))
		life_s = end - begin;
	return verdict->expires_in_s >= 0 && (double)verdict->expires_in_s * CHECK_OLD <= life_s;
}

static enum sessionfault answer_good(const struct profile *profile,
	const struct token_verdict *verdict, struct route_reply *reply)
{
	static const char advice[] = "recommended";
	enum sessionfault fault = tell(profile, verdict, 401, reply);

	if (!fault && is_old(profile, verdict))
		ignore_result(reply_header(reply, "X-Samekey-Refresh", advice,
			sizeof(advice) - 1)); // without, it is as good an answer
	return fault;
}

// ---- the refresh

// A profile whose key is missing is nobody's lack of rights.
static enum sessionfault why_none(const struct sessions *sessions, const char *name)
{
	const struct keyring *keyring = sessions->answers->keyring;

	return keyring && !text_equal(name, sessions->rules->refresh) &&
			       keyring_find(keyring, name, strlen(name))
		       ? SESSIONFAULT_NO_KEY
		       : SESSIONFAULT_PROFILE;
}

static enum sessionfault tell_pair(
	struct turn *turn, const struct profile *profile, const struct pair *pair)
{
	struct judge *judge = turn->sessions->answers->judge;
	const struct judge_question question = {
		.profile = profile, .token = pair->access.token, .length = pair->access.length};
	struct token_verdict verdict;
	enum sessionfault fault;

	judge_token(judge, &question, &verdict);
	fault = tell(profile, &verdict, 403, &turn->reply);
	judge_forget(judge);
	return fault;
}

// Whatever the profile says: the store has made a generation, and who never gets its token is taken
// for a thief with the one before.
static enum sessionfault answer_pair(struct turn *turn, const struct profile *profile,
	const struct pair *pair, int64_t now_wall_ms)
{
	enum sessionfault fault =
		profile ? tell_pair(turn, profile, pair) : why_none(turn->sessions, turn->profile);
	enum sessionfault cookies;

	if (!profile)
		sessionfault_answer(&turn->reply, fault);
	cookies = turn_set_pair(turn, pair, now_wall_ms, turn->form);
	return cookies ? cookies : fault;
}

static void on_used(struct turn *turn)
{
	const struct sessions *sessions = turn->sessions;
	const struct profile *profile = turn_profile(sessions, turn->profile);
	int64_t now_wall_ms = clock_wall_ms();
	struct pair pair;
	enum sessionfault fault = rotation_end(turn, now_wall_ms, &pair);

	if (fault) {
		refuse(sessions, profile, fault, true, &turn->reply);
	} else {
		fault = answer_pair(turn, profile, &pair, now_wall_ms);
		pair_done(&pair);
	}
	turn_end(turn, fault);
}

// ---- the request

// Whether a token that was refused is one of ours that lacks what the profile wants: the next one
// would too, and each request would use up a refresh token for it.
static bool is_beyond_mending(const struct token_verdict *verdict)
{
	const struct strictjson_value *jti = &verdict->known[TOKEN_JTI].value;
	uint8_t family[FAMILY_ID_BYTES];
	uint64_t generation;
	bool is_access;

	return (verdict->code == TOKEN_E_CLAIM_MISSING || verdict->code == TOKEN_E_CLAIM_INVALID) &&
	       jti->type == STRICTJSON_STRING &&
	       refreshtoken_jti_read(jti->text, jti->length, family, &generation, &is_access);
}

// Looks at the access token.
// Returns: whether it decides; else the refresh token does.
static bool answer_access(struct sessions *sessions, const struct route_request *request,
	const struct profile *profile, struct route_reply *reply)
{
	struct judge_question question = {.profile = profile};
	enum sessionfault fault = SESSIONFAULT_TOKEN_SEVERAL;
	struct token_verdict verdict;
	enum carrier_result found = accesstoken_judge(sessions, request, &question, &verdict);

	switch (found) {
	case CARRIER_BEARER: // stands alone: a cookie beside it is for somebody else
		fault = answer_good(profile, &verdict, reply);
		break;
	case CARRIER_COOKIE:
		if (verdict.code != TOKEN_OK && verdict.code != TOKEN_E_STORE_AWAY &&
			!is_beyond_mending(&verdict))
			return false;
		fault = verdict.code == TOKEN_OK ? answer_good(profile, &verdict, reply)
						 : tell(profile, &verdict, 403, reply);
		break;
	case CARRIER_SEVERAL:
		sessionfault_token(reply, 401, sessionfault_code(fault));
		break;
	case CARRIER_NONE:
	case CARRIER_BROKEN:
		return false;
	}
	sessions->counts[SESSIONRULES_CHECK][sessionfault_result(fault)]++;
	return true;
}

void check_answer(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply)
{
	const struct profile *profile = turn_profile(sessions, request->rest);
	enum sessionfault fault;

	// A refresh token says who somebody was when it was made; whether it counts is the store's
	// to say
	if (!profile || text_equal(request->rest, sessions->rules->refresh)) {
		turn_answer(sessions, SESSIONRULES_CHECK, why_none(sessions, request->rest), reply);
		return;
	}
	if (answer_access(sessions, request, profile, reply)) {
		judge_forget(sessions->answers->judge);
		return;
	}
	judge_forget(sessions->answers->judge);
	fault = rotation_begin(sessions, SESSIONRULES_CHECK, request, on_used);
	if (!fault)
		return;
	turn_answer(sessions, SESSIONRULES_CHECK, fault, reply);
	refuse(sessions, profile, fault, cookiejar_is_shown(sessions->rules, request), reply);
}
