// Answers are written straight from the verdict: what was signed is copied, never made again.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/verify.h"

#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"

#define VERIFY_ROOM 512 // of an answer beside the claims
#define VERIFY_AUDIENCE_MAX 1024
#define VERIFY_COOKIE_MAX 255

// ---- what is said about a token

static void add_good(struct route_reply *reply, const struct profile *profile,
	const struct token_verdict *verdict)
{
	const char *name = judge_key_name(verdict->key);

	reply_text(reply, "{\"active\":true,\"claims\":");
	reply_bytes(reply, verdict->claims, verdict->claims_length);
	if (name)
		reply_member(reply, ",\"kid\":", name);
	reply_member(reply, ",\"alg\":", verdict->algorithm);
	reply_member(reply, ",\"key_state\":", key_states[verdict->key->state]);
	if (verdict->expires_in_s >= 0) {
		reply_text(reply, ",\"expires_in\":");
		reply_number(reply, verdict->expires_in_s);
	}
	reply_member(reply, ",\"profile\":", profile->rules->name);
	reply_text(reply, "}");
}

// What is known of a token that was refused. Its own kid stands there as it was written, which is
// good JSON; nobody vouches for it.
static void add_bad(struct route_reply *reply, const struct token_verdict *verdict)
{
	reply_member(reply, ",\"detail\":", verdict->detail);
	if (verdict->kid.type == STRICTJSON_STRING && verdict->kid.length <= KEY_ID_MAX) {
		reply_text(reply, ",\"kid\":\"");
		reply_bytes(reply, verdict->kid.text, verdict->kid.length);
		reply_text(reply, "\"");
	}
	if (verdict->algorithm)
		reply_member(reply, ",\"alg\":", verdict->algorithm);
	reply_member(reply, ",\"stage\":", token_stage_text(verdict->stage));
}

void verify_challenge(struct route_reply *reply, const char *error, const char *description)
{
	char text[192] = ROUTE_BEARER;

	reply->is_of_token = true;
	if (error)
		(void)snprintf(text, sizeof(text),
			ROUTE_BEARER ", error=\"%s\", error_description=\"%s\"", error,
			description);
	ignore_result(reply_header(
		reply, "WWW-Authenticate", text, strlen(text))); // only memory can be short
}

void verify_refuse(struct route_reply *reply, const struct token_verdict *verdict, const char *hint)
{
	const char *code = token_code_text(verdict->code);
	unsigned status = token_code_is_ours(verdict->code) ? 503 : 401;

	reply_begin(reply, status, ROUTE_PROBLEM, VERIFY_ROOM);
	reply->code = code;
	reply_text(reply, "{\"type\":\"urn:samekey:error:");
	reply_text(reply, code);
	reply_member(reply, "\",\"title\":", token_code_title(verdict->code));
	reply_text(reply, ",\"status\":");
	reply_number(reply, status);
	reply_member(reply, ",\"code\":", code);
	if (hint)
		add_bad(reply, verdict);
	if (hint && *hint && verdict->code == TOKEN_E_KEY_UNUSABLE)
		reply_member(reply, ",\"hint\":", hint);
	reply_text(reply, "}");
	if (status == 401)
		verify_challenge(reply, "invalid_token", code);
	reply_end(reply);
}

// ---- one token

// What a body may say beside the token; texts are "" where it says nothing.
struct wishes {
	char profile[PROFILE_NAME_MAX + 1];
	char audience[VERIFY_AUDIENCE_MAX];
	size_t audience_length;
	char cookie[VERIFY_COOKIE_MAX + 1];
};

static bool read_audience(
	const struct strictjson_member *member, struct wishes *wishes, struct route_reply *reply)
{
	wishes->audience_length = 0;
	if (member->value.type == STRICTJSON_ABSENT)
		return true;
	wishes->audience_length =
		strictjson_unescape(&member->value, wishes->audience, sizeof(wishes->audience));
	if (wishes->audience_length && wishes->audience_length != SIZE_MAX)
		return true;
	route_problem(reply, 400, "body_invalid", "\"aud\" is a text of 1 to 1024 bytes");
	return false;
}

static bool need_token(struct route_reply *reply, const char *text)
{
	route_problem(reply, 400, "token_required", text);
	return false;
}

static bool read_json(struct answers *answers, const struct route_request *request,
	struct wishes *wishes, struct judge_question *question, struct route_reply *reply)
{
	struct strictjson_member members[] = {
		{.name = "token"}, {.name = "profile"}, {.name = "aud"}, {.name = "cookie"}};
	const struct strictjson_value *token = &members[0].value;

	if (!question_expects(request, QUESTION_JSON, reply) ||
		!question_read(request, members, ARRAY_SIZE(members), reply))
		return false;
	if (token->type == STRICTJSON_ABSENT)
		return need_token(reply, "{\"token\":\"...\"}");
	if (token->type != STRICTJSON_STRING) {
		route_problem(reply, 400, "body_invalid", "\"token\" is a text");
		return false;
	}
	if (!question_text(&members[1], wishes->profile, sizeof(wishes->profile), reply) ||
		!read_audience(&members[2], wishes, reply) ||
		!question_text(&members[3], wishes->cookie, sizeof(wishes->cookie), reply))
		return false;
	question_token(token, token->escaped ? judge_text(answers->judge) : NULL, JUDGE_TEXT_SIZE,
		&question->token, &question->length);
	return true;
}

static bool read_bearer(const struct route_request *request, struct judge_question *question,
	struct route_reply *reply)
{
	return question_bearer(request->authorization, &question->token, &question->length) ||
	       need_token(reply, "Authorization: Bearer TOKEN, or POST");
}

static bool read_one(struct answers *answers, const struct route_request *request,
	struct wishes *wishes, struct judge_question *question, struct route_reply *reply)
{
	if (!text_equal(request->method, "POST"))
		return read_bearer(request, question, reply);
	if (question_is_type(request, "application/jwt"))
		return question_raw(request, &question->token, &question->length, reply);
	return read_json(answers, request, wishes, question, reply);
}

// Finds the profile and passes on what else is wished for. Wishes outlive the question.
static bool prepare(struct answers *answers, const struct route_request *request,
	const struct wishes *wishes, struct judge_question *question, struct route_reply *reply)
{
	question->profile = question_profile(answers, request, wishes->profile, reply);
	question->audience = wishes->audience_length ? wishes->audience : NULL;
	question->audience_length = wishes->audience_length;
	question->cookie = wishes->cookie[0] ? wishes->cookie : NULL;
	return question->profile != NULL;
}

static void answer_one(
	struct answers *answers, const struct judge_question *question, struct route_reply *reply)
{
	struct token_verdict verdict;

	judge_token(answers->judge, question, &verdict);
	if (verdict.code != TOKEN_OK) {
		verify_refuse(reply, &verdict, question->profile->hint);
		return;
	}
	reply->is_private = true;
	reply_begin(reply, 200, QUESTION_JSON, verdict.claims_length + VERIFY_ROOM);
	add_good(reply, question->profile, &verdict);
	reply_end(reply);
}

void verify_one(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct judge_question question = {0};
	struct wishes wishes;

	wishes.profile[0] = wishes.cookie[0] = '\0';
	wishes.audience_length = 0;
	if (read_one(answers, request, &wishes, &question, reply) &&
		prepare(answers, request, &wishes, &question, reply))
		answer_one(answers, &question, reply);
	judge_forget(answers->judge); // also of a token that was only read
}

// ---- many tokens

static void add_result(
	struct answers *answers, const struct judge_question *question, struct route_reply *reply)
{
	struct token_verdict verdict;

	judge_token(answers->judge, question, &verdict);
	if (verdict.code == TOKEN_OK) {
		add_good(reply, question->profile, &verdict);
		return;
	}
	reply_member(reply, "{\"active\":false,\"code\":", token_code_text(verdict.code));
	add_bad(reply, &verdict);
	reply_text(reply, "}");
}

static void judge_all(struct answers *answers, const struct strictjson_value *tokens,
	struct judge_question *question, struct route_reply *reply)
{
	struct strictjson_value item;
	size_t cursor = 0;

	reply->is_private = true;
	reply_begin(reply, 200, QUESTION_JSON, tokens->length + tokens->count * VERIFY_ROOM);
	reply_text(reply, "{\"results\":[");
	for (size_t i = 0; strictjson_next(tokens, &cursor, NULL, &item); i++) {
		if (i)
			reply_text(reply, ",");
		question_token(&item, item.escaped ? judge_text(answers->judge) : NULL,
			JUDGE_TEXT_SIZE, &question->token, &question->length);
		add_result(answers, question, reply);
	}
	reply_text(reply, "]}");
	reply_end(reply);
	judge_forget(answers->judge);
}

static bool are_texts(const struct strictjson_value *tokens)
{
	struct strictjson_value item;
	size_t cursor = 0;

	if (tokens->type != STRICTJSON_ARRAY || tokens->count > VERIFY_BATCH_MAX)
		return false;
	while (strictjson_next(tokens, &cursor, NULL, &item))
		if (item.type != STRICTJSON_STRING)
			return false;
	return true;
}

// A profile without keys: not the tokens' fault, so no result of theirs.
static void refuse_unusable(const struct profile *profile, struct route_reply *reply)
{
	route_problem_hint(
		reply, 503, token_code_text(TOKEN_E_KEY_UNUSABLE), profile->fault, profile->hint);
}

void verify_batch(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct strictjson_member members[] = {
		{.name = "tokens"}, {.name = "profile"}, {.name = "aud"}};
	const struct strictjson_value *tokens = &members[0].value;
	struct judge_question question = {0};
	struct wishes wishes;

	if (!question_expects(request, QUESTION_JSON, reply) ||
		!question_read(request, members, ARRAY_SIZE(members), reply) ||
		!question_text(&members[1], wishes.profile, sizeof(wishes.profile), reply) ||
		!read_audience(&members[2], &wishes, reply))
		return;
	if (tokens->type == STRICTJSON_ABSENT) {
		(void)need_token(reply, "{\"tokens\":[\"...\"]}");
		return;
	}
	if (!are_texts(tokens)) {
		route_problem(
			reply, 400, "body_invalid", "\"tokens\" is a list of at most 64 texts");
		return;
	}
	wishes.cookie[0] = '\0'; // many cannot have come in one
	if (!prepare(answers, request, &wishes, &question, reply))
		return;
	if (question.profile->usable)
		judge_all(answers, tokens, &question, reply);
	else
		refuse_unusable(question.profile, reply);
}
