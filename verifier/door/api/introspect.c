// Two fields of the form count.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/introspect.h"

#include "verifier/door/api/answers.h"
#include "verifier/door/api/form.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"

#define INTROSPECT_ROOM 1024

// Finds the fields `token`, which must be there, and `profile`, as a text.
// Returns: NULL, or what is wrong; then `ret_code` says which problem that is.
static const char *read_form(const struct route_request *request, struct form_field *token,
	char profile[static ROUTE_NAME_MAX + 1], const char **ret_code)
{
	struct form_field fields[] = {
		*token, {.name = "profile", .out = profile, .size = ROUTE_NAME_MAX}};
	const char *fault = form_read(request->body, request->length, fields, ARRAY_SIZE(fields));

	*ret_code = "form_invalid";
	if (fault)
		return fault;
	if (!form_is_text(&fields[1]))
		return "a NUL in the form";
	*token = fields[0];
	*ret_code = "token_required";
	return token->found ? NULL : "token=TOKEN, perhaps profile=NAME";
}

// ---- the answer

// What is passed on, and as what it may come. RFC 7662 section 2.2.
static const struct {
	const char *name;
	bool text, list, number;
} passed[] = {
	{"scope", true, false, false},
	{"client_id", true, false, false},
	{"username", true, false, false},
	{"exp", false, false, true},
	{"iat", false, false, true},
	{"nbf", false, false, true},
	{"sub", true, false, false},
	{"aud", true, true, false},
	{"iss", true, false, false},
	{"jti", true, false, false},
};

static void add_member(
	struct route_reply *reply, size_t index, const struct strictjson_value *value)
{
	bool is_text = value->type == STRICTJSON_STRING;

	if (!(is_text && passed[index].text) &&
		!(value->type == STRICTJSON_ARRAY && passed[index].list) &&
		!(value->type == STRICTJSON_NUMBER && passed[index].number))
		return;
	reply_text(reply, ",\"");
	reply_text(reply, passed[index].name);
	reply_text(reply, is_text ? "\":\"" : "\":");
	reply_bytes(reply, value->text, value->length);
	if (is_text)
		reply_text(reply, "\"");
}

static void add_active(struct route_reply *reply, const struct token_verdict *verdict)
{
	struct strictjson_member members[ARRAY_SIZE(passed)];
	const char *name = judge_key_name(verdict->key);

	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		members[i].name = passed[i].name;
	if (strictjson_object(verdict->claims, verdict->claims_length, members, ARRAY_SIZE(members),
		    NULL) != STRICTJSON_OK)
		return; // it was, when the token was judged
	reply->is_private = true;
	reply_begin(reply, 200, QUESTION_JSON, verdict->claims_length + INTROSPECT_ROOM);
	reply_text(reply, "{\"active\":true,\"token_type\":\"Bearer\"");
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		add_member(reply, i, &members[i].value);
	if (name) {
		reply_member(reply, ",\"samekey_kid\":", name);
	}
	reply_text(reply, "}");
	reply_end(reply);
}

void introspect_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct judge_question question = {0};
	struct token_verdict verdict;
	char profile[ROUTE_NAME_MAX + 1];
	struct form_field token = {
		.name = "token", .out = judge_text(answers->judge), .size = JUDGE_TEXT_SIZE};
	const char *code, *fault;

	if (!question_expects(request, FORM_TYPE, reply))
		return;
	fault = read_form(request, &token, profile, &code);
	question.token = token.out;
	question.length = token.length;
	if (fault)
		route_problem(reply, 400, code, fault);
	else
		question.profile = question_profile(answers, request, profile, reply);
	if (question.profile && !question.profile->usable) {
		route_problem_hint(reply, 503, token_code_text(TOKEN_E_KEY_UNUSABLE),
			question.profile->fault, question.profile->hint);
	} else if (question.profile) {
		reply_begin(reply, 200, QUESTION_JSON, INTROSPECT_ROOM);
		reply_text(reply, "{\"active\":false}");
		reply_end(reply);
		judge_token(answers->judge, &question, &verdict);
		if (verdict.code == TOKEN_OK)
			add_active(reply, &verdict);
		else if (token_code_is_ours(verdict.code))
			route_problem(reply, 503, token_code_text(verdict.code), verdict.detail);
	}
	judge_forget(answers->judge);
}
