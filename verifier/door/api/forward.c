// The request is a proxy's, its headers are those of anybody: only the token in them counts.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/forward.h"

#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/carrier.h"
#include "verifier/door/api/identity.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/verify.h"
#include "verifier/trust/keyring.h"

#define FORWARD_LOOKED_MAX 512 // of a text with the names of cookies

static void refuse(struct route_reply *reply, unsigned status, const char *code, const char *detail)
{
	route_problem(reply, status, code, detail);
}

static void refuse_unusable(struct route_reply *reply, const struct profile *profile)
{
	refuse(reply, 403, token_code_text(TOKEN_E_KEY_UNUSABLE), "the profile has no usable key");
	reply->profile = profile->rules->name;
}

// ---- where the token is

// Says where a token was looked for; what the request has instead is nobody's business.
static void refuse_without_token(const struct route_request *request,
	const struct profile_list *cookies, struct route_reply *reply)
{
	char text[FORWARD_LOOKED_MAX];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s; looked for Authorization: Bearer",
		request->authorization ? "Authorization holds no Bearer token"
				       : "there is no token in the request");

	if (cookies->count && used < sizeof(text))
		used += (size_t)snprintf(text + used, sizeof(text) - used, " and the cookie%s",
			text_plural(cookies->count));
	for (size_t i = 0; i < cookies->count && used < sizeof(text); i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s %s", i ? "," : "", cookies->items[i]);
	refuse(reply, 401, "token_required", text);
}

// Finds the one token of a request.
// Returns: whether there is just one; else the reply is filled in.
static bool find_token(struct answers *answers, const struct route_request *request,
	struct judge_question *question, struct route_reply *reply)
{
	const struct profile_list *cookies = &question->profile->rules->cookies;
	enum carrier_result found =
		carrier_find(request, cookies, judge_text(answers->judge), question);

	if (found == CARRIER_BEARER || found == CARRIER_COOKIE)
		return true;
	if (found == CARRIER_NONE) {
		refuse_without_token(request, cookies, reply);
		verify_challenge(reply, NULL, NULL);
		return false;
	}
	refuse(reply, 401, found == CARRIER_BROKEN ? "cookie_broken" : "token_ambiguous",
		"one token is needed, whole, in one place");
	verify_challenge(reply, "invalid_request", "one token is needed");
	return false;
}

// ---- the answer

static void answer_judged(const struct profile *profile, const struct token_verdict *verdict,
	struct route_reply *reply)
{
	reply->is_private = true;
	if (verdict->code == TOKEN_E_KEY_UNUSABLE)
		refuse_unusable(reply, profile);
	else if (token_code_is_ours(verdict->code))
		refuse(reply, 403, token_code_text(verdict->code), verdict->detail);
	else if (verdict->code != TOKEN_OK)
		verify_refuse(reply, verdict, NULL);
	else if (identity_tell(profile, verdict, reply))
		reply->status = 204;
}

void forward_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply)
{
	struct judge_question question = {0};
	struct token_verdict verdict;

	if (answers->keyring)
		question.profile =
			keyring_find(answers->keyring, request->rest, strlen(request->rest));
	if (!question.profile)
		refuse(reply, 403, "profile_unknown", "samekeyd.ini has no such [profile]");
	else if (!question.profile->usable)
		refuse_unusable(reply, question.profile);
	else if (find_token(answers, request, &question, reply)) {
		judge_token(answers->judge, &question, &verdict);
		answer_judged(question.profile, &verdict, reply);
	}
	judge_forget(answers->judge);
}
