// A token is judged first: what nobody signed ends nothing. Then the store is asked, and answers
// later.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/revoke.h"

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/form.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/later.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"
#include "verifier/record/sessions/ledger.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/lifespan.h"
#include "verifier/trust/session/refreshtoken.h"

#include <errno.h>
#include <sodium.h>

#define REVOKE_ROOM 64 // bytes of an answer

// A revocation that waits for the store.
struct revocation {
	struct store_op op;
	struct later *later;
};

// A token that is to be revoked.
struct wish {
	const struct profile *profile; // that is asked for; NULL: any
	const char *token;
	size_t length;
	bool whole; // the session that an access token is of

	// What came of it.
	const char *why;                // it cannot be remembered
	const struct profile *unusable; // that could judge it
};

// What a token is.
enum revoke_token {
	REVOKE_NOTHING,       // none of ours, or over
	REVOKE_FOUND,         // the operation says what to end
	REVOKE_UNJUDGED,      // a profile that could judge it has no key
	REVOKE_NOT_REVOCABLE, // good, and cannot be remembered
};

// ---- what a token is

static bool is_refresh(const struct answers *answers, const struct profile *profile)
{
	return answers->refresh && text_equal(profile->rules->name, answers->refresh);
}

static void end_family(struct store_op *op, const uint8_t family[static FAMILY_ID_BYTES])
{
	op->verb = STORE_END_FAMILY;
	memcpy(op->family.id, family, FAMILY_ID_BYTES);
}

static const char *end_session_of(struct store_op *op)
{
	uint8_t family[FAMILY_ID_BYTES];
	uint64_t generation;
	bool is_access;

	if (!refreshtoken_jti_read(op->token, strlen(op->token), family, &generation, &is_access))
		return "the token is of no session: leave \"family\" out";
	end_family(op, family);
	return NULL;
}

// Puts a good token into the operation.
// Returns: NULL, or why it cannot be remembered.
static const char *end_token(const struct answers *answers, const struct wish *wish,
	const struct token_verdict *verdict, struct store_op *op)
{
	const struct strictjson_value *jti = &verdict->known[TOKEN_JTI].value;
	uint64_t leeway_ms, access_ms;
	double exp;

	if (jti->type == STRICTJSON_ABSENT)
		return "the token has no jti, by which it would be known";
	if (!strictjson_text(jti, op->token, sizeof(op->token)) || !op->token[0])
		return "the token's jti is no text that can be kept";
	if (wish->whole)
		return end_session_of(op);
	if (!strictjson_number(&verdict->known[TOKEN_EXP].value, &exp))
		return "the token has no exp: it would have to be remembered forever";
	lifespan_longest(answers->keyring, answers->refresh, &leeway_ms, &access_ms);
	op->verb = STORE_END_TOKEN;
	op->until_wall_ms =
		(exp < (double)TOKEN_DATE_MAX ? (int64_t)(exp * 1000) : TOKEN_DATE_MAX * 1000) +
		(int64_t)leeway_ms;
	return NULL;
}

// A refresh token whose key is that of another profile as well is not of that one, see judge.c.
static bool is_misplaced(const struct answers *answers, const struct token_verdict *verdict)
{
	char jti[REFRESHTOKEN_JTI_MAX];
	uint8_t family[FAMILY_ID_BYTES];
	uint64_t generation;
	bool is_access;

	return answers->refresh &&
	       strictjson_text(&verdict->known[TOKEN_JTI].value, jti, sizeof(jti)) &&
	       refreshtoken_jti_read(jti, strlen(jti), family, &generation, &is_access) &&
	       !is_access;
}

static enum revoke_token judge_by(const struct answers *answers, const struct profile *profile,
	struct wish *wish, struct token_scratch *scratch, struct store_op *op)
{
	const struct token_options options = {.now_ms = clock_wall_ms(), .may_be_ahead = true};
	struct token_verdict verdict;
	struct refreshtoken token;

	if (!profile->usable) {
		wish->unusable = profile;
		return REVOKE_UNJUDGED;
	}
	if (is_refresh(answers, profile)) {
		if (refreshtoken_read(profile, wish->token, wish->length, options.now_ms, scratch,
			    &token) != TOKEN_OK)
			return REVOKE_NOTHING;
		end_family(op, token.family);
		return REVOKE_FOUND;
	}
	token_verify(profile, wish->token, wish->length, &options, scratch, &verdict);
	if (verdict.code != TOKEN_OK || is_misplaced(answers, &verdict))
		return REVOKE_NOTHING;
	wish->why = end_token(answers, wish, &verdict, op);
	return wish->why ? REVOKE_NOT_REVOCABLE : REVOKE_FOUND;
}

// Judges it by the profile that is asked for, else by each until one finds it good. Nothing is
// counted: that a token is not of a profile says nothing about the token here.
static enum revoke_token judge_by_all(const struct answers *answers, struct wish *wish,
	struct token_scratch *scratch, struct store_op *op)
{
	enum revoke_token found = REVOKE_NOTHING;

	if (wish->profile)
		return judge_by(answers, wish->profile, wish, scratch, op);
	for (size_t i = 0; i < keyring_size(answers->keyring); i++) {
		found = judge_by(answers, keyring_at(answers->keyring, i), wish, scratch, op);
		if (found == REVOKE_FOUND || found == REVOKE_NOT_REVOCABLE)
			return found;
	}
	return wish->unusable ? REVOKE_UNJUDGED : REVOKE_NOTHING;
}

// ---- the store

static void answer_count(struct route_reply *reply, uint64_t count)
{
	reply_begin(reply, 200, QUESTION_JSON, REVOKE_ROOM);
	reply_text(reply, "{\"v\":1,\"revoked\":");
	reply_number(reply, (int64_t)count);
	reply_text(reply, "}");
	reply_end(reply);
}

static void answer_away(struct route_reply *reply, const char *why)
{
	route_problem_hint(reply, 503, "store_away", why,
		"nothing was revoked, or nobody knows: ask again; /readyz says how the store is");
}

static void on_done(void *owner, struct store_op *op)
{
	struct revocation *revocation = owner;
	struct route_reply reply = {0};

	if (op->code < 0)
		answer_away(&reply, "the store of sessions is away");
	else
		answer_count(&reply, op->ended);
	later_end(revocation->later, &reply);
	sodium_memzero(revocation, sizeof(*revocation));
	free(revocation);
}

static bool has_store(const struct answers *answers, struct route_reply *reply)
{
	if (answers->ledger)
		return true;
	route_problem_hint(reply, 503, "store_missing", "samekeyd keeps no revocations",
		"[store] with url = ... in samekeyd.ini, or [session], then start samekeyd anew");
	return false;
}

// Hands the operation to the store, which answers later.
static void put(struct answers *answers, const struct route_request *request,
	const struct store_op *op, struct route_reply *reply)
{
	struct revocation *revocation = calloc(1, sizeof(*revocation));
	uint64_t leeway_ms;

	if (revocation)
		revocation->later = later_begin(request);
	if (!revocation || !revocation->later) {
		free(revocation);
		route_problem(reply, 503, "out_of_memory", "try again");
		return;
	}
	revocation->op = *op;
	revocation->op.end = FAMILY_ENDED_BY_REVOKE;
	lifespan_longest(
		answers->keyring, answers->refresh, &leeway_ms, &revocation->op.rules.access_ms);
	if (ledger_put(answers->ledger, &revocation->op, on_done, revocation) == 0)
		return;
	revocation->later = later_cancel(revocation->later);
	free(revocation);
	answer_away(reply, "too much waits for the store of sessions");
}

static void revoke_token(struct answers *answers, const struct route_request *request,
	struct wish *wish, struct route_reply *reply)
{
	struct token_scratch *scratch = malloc(sizeof(*scratch));
	struct store_op op = {0};
	enum revoke_token found;

	if (!scratch) {
		route_problem(reply, 503, "out_of_memory", "try again");
		return;
	}
	found = judge_by_all(answers, wish, scratch, &op);
	sodium_memzero(scratch, sizeof(*scratch));
	free(scratch);
	switch (found) {
	case REVOKE_NOTHING:
		answer_count(reply, 0);
		break;
	case REVOKE_FOUND:
		put(answers, request, &op, reply);
		break;
	case REVOKE_UNJUDGED:
		route_problem_hint(reply, 503, token_code_text(TOKEN_E_KEY_UNUSABLE),
			wish->unusable->fault, wish->unusable->hint);
		reply->profile = wish->unusable->rules->name;
		break;
	case REVOKE_NOT_REVOCABLE:
		route_problem(reply, 400, "not_revocable", wish->why);
	}
}

// ---- what is asked

// The profile that is named, if one is; a token alone finds its own.
static bool find_profile(struct answers *answers, const struct route_request *request,
	const char *name, struct wish *wish, struct route_reply *reply)
{
	bool is_any = !name[0] && !request->profile;

	if (is_any && answers->keyring && keyring_size(answers->keyring))
		return true;
	wish->profile = question_profile(answers, request, name, reply);
	return wish->profile;
}

static void answer_form(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	char profile[ROUTE_NAME_MAX + 1] = "";
	struct form_field fields[] = {
		{.name = "token", .out = judge_text(answers->judge), .size = JUDGE_TEXT_SIZE},
		{.name = "profile", .out = profile, .size = ROUTE_NAME_MAX}};
	const char *fault = form_read(request->body, request->length, fields, ARRAY_SIZE(fields));
	struct wish wish = {.token = fields[0].out, .length = fields[0].length};

	if (fault || !form_is_text(&fields[1]))
		route_problem(reply, 400, "form_invalid", fault ? fault : "a NUL in the form");
	else if (!fields[0].found)
		route_problem(reply, 400, "token_required", "token=TOKEN, perhaps profile=NAME");
	else if (has_store(answers, reply) && find_profile(answers, request, profile, &wish, reply))
		revoke_token(answers, request, &wish, reply);
	judge_forget(answers->judge);
}

static bool refuse(struct route_reply *reply, const char *text)
{
	route_problem(reply, 400, "body_invalid", text);
	return false;
}

static bool read_subject(
	const struct strictjson_member *member, struct store_op *op, struct route_reply *reply)
{
	op->verb = STORE_END_SUBJECT;
	if (!question_text(member, op->family.subject, sizeof(op->family.subject), reply))
		return false;
	return op->family.subject[0] || refuse(reply, "\"subject\" is empty");
}

static bool read_family(
	const struct strictjson_member *member, struct store_op *op, struct route_reply *reply)
{
	char id[FAMILY_ID_TEXT] = "";

	op->verb = STORE_END_FAMILY;
	if (strictjson_text(&member->value, id, sizeof(id)) &&
		family_id_read(id, strlen(id), op->family.id))
		return true;
	return refuse(reply, "\"family\" is the id of a session, 32 hexadecimal digits; beside "
			     "\"token\" true or false");
}

static void answer_json_token(struct answers *answers, const struct route_request *request,
	const struct strictjson_member members[static 3], struct route_reply *reply)
{
	const struct strictjson_value *token = &members[0].value, *whole = &members[2].value;
	char profile[ROUTE_NAME_MAX + 1];
	struct wish wish = {.whole = whole->type == STRICTJSON_TRUE};

	if (token->type != STRICTJSON_STRING) {
		(void)refuse(reply, "\"token\" is a text");
		return;
	}
	if (whole->type != STRICTJSON_ABSENT && whole->type != STRICTJSON_TRUE &&
		whole->type != STRICTJSON_FALSE) {
		(void)refuse(reply, "\"family\" beside \"token\" is true or false");
		return;
	}
	question_token(
		token, judge_text(answers->judge), JUDGE_TEXT_SIZE, &wish.token, &wish.length);
	if (question_text(&members[1], profile, sizeof(profile), reply) &&
		has_store(answers, reply) && find_profile(answers, request, profile, &wish, reply))
		revoke_token(answers, request, &wish, reply);
	judge_forget(answers->judge);
}

static void answer_json(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct strictjson_member members[] = {
		{.name = "token"}, {.name = "profile"}, {.name = "family"}, {.name = "subject"}};
	const struct strictjson_value *token = &members[0].value;
	struct store_op op = {0};
	bool has_family, has_subject;

	if (!question_read(request, members, ARRAY_SIZE(members), reply))
		return;
	has_family = members[2].value.type != STRICTJSON_ABSENT;
	has_subject = members[3].value.type != STRICTJSON_ABSENT;
	if (token->type != STRICTJSON_ABSENT && !has_subject)
		answer_json_token(answers, request, members, reply);
	else if (token->type != STRICTJSON_ABSENT || has_family == has_subject ||
		 members[1].value.type != STRICTJSON_ABSENT)
		(void)refuse(reply, "one of \"token\" (perhaps with \"profile\" and \"family\"), "
				    "\"family\" and \"subject\"");
	else if ((has_family ? read_family(&members[2], &op, reply)
			     : read_subject(&members[3], &op, reply)) &&
		 has_store(answers, reply))
		put(answers, request, &op, reply);
}

void revoke_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	if (request->caller.door != ROUTE_HANDOFF && question_is_type(request, FORM_TYPE))
		answer_form(answers, request, reply);
	else if (question_expects(request, QUESTION_JSON, reply))
		answer_json(answers, request, reply);
}
