// The request is a proxy's, its headers are those of anybody: only the token in them counts.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/forward.h"

#include "lib/base/text.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/question.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/verify.h"
#include "verifier/trust/form/cookie.h"
#include "verifier/trust/keyring.h"

#include <errno.h>

#define FORWARD_NAME_MAX 128   // bytes of a header's name
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

// Looks for the token in one cookie.
static enum cookie_result find_cookie(const struct route_request *request, const char *name,
	char *room, struct cookie_view *ret_value)
{
	struct cookie_search search;

	cookie_begin(&search, name);
	for (size_t i = 0; i < request->cookie_count; i++)
		cookie_read(&search, request->cookies[i], strlen(request->cookies[i]));
	return cookie_end(&search, room, JUDGE_TEXT_SIZE, ret_value);
}

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
	unsigned found =
		question_bearer(request->authorization, &question->token, &question->length);
	bool broken = false;

	for (size_t i = 0; request->cookie_count && i < cookies->count; i++) {
		struct cookie_view value;
		enum cookie_result result;

		result =
			find_cookie(request, cookies->items[i], judge_text(answers->judge), &value);
		if (result == COOKIE_NONE)
			continue;
		found++;
		broken = result != COOKIE_OK;
		if (!broken) {
			question->token = value.text;
			question->length = value.length;
			question->cookie = cookies->items[i];
		}
		// Others may set a cookie without the prefix __Secure-: it must not displace this
		break;
	}
	if (found == 1 && !broken)
		return true;
	if (!found) {
		refuse_without_token(request, cookies, reply);
		verify_challenge(reply, NULL, NULL);
	} else {
		refuse(reply, 401, broken && found == 1 ? "cookie_broken" : "token_ambiguous",
			"one token is needed, whole, in one place");
		verify_challenge(reply, "invalid_request", "one token is needed");
	}
	return false;
}

// ---- whose it is

static bool is_kept(char byte, bool at_end)
{
	return byte > ' ' ? byte <= '~' && byte != '%' : byte == ' ' && !at_end;
}

// Percent-encodes a value.
// Returns: its length, or SIZE_MAX when it does not fit.
static size_t encode(const char *bytes, size_t length, char *out, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned byte = (unsigned char)bytes[i];
		bool kept = is_kept(bytes[i], i == 0 || i + 1 == length);

		if (used + (kept ? 1 : 3) > size)
			return SIZE_MAX;
		if (kept) {
			out[used++] = bytes[i];
			continue;
		}
		out[used++] = '%';
		out[used++] = digits[byte >> 4];
		out[used++] = digits[byte & 15];
	}
	return used;
}

struct identity {
	struct route_reply *reply;
	size_t used; // bytes of all headers
	int code;    // of reply_header, for the first one that failed
	bool unsafe; // a claim holds control characters
};

static void add_bytes(struct identity *identity, const char *name, const char *bytes, size_t length)
{
	char value[FORWARD_HEADERS_MAX];
	size_t size = encode(bytes, length, value, sizeof(value));

	if (identity->code)
		return;
	identity->used += strlen(name) + strlen(": \r\n");
	if (size == SIZE_MAX || identity->used + size > FORWARD_HEADERS_MAX) {
		identity->code = -E2BIG;
		return;
	}
	identity->used += size;
	identity->code = reply_header(identity->reply, name, value, size);
}

static bool has_controls(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f)
			return true;
	return false;
}

// Adds a claim, if the token has it.
static void add_claim(
	struct identity *identity, const char *name, const struct strictjson_value *value)
{
	char text[FORWARD_HEADERS_MAX];
	size_t length;

	if (value->type == STRICTJSON_ABSENT || value->type == STRICTJSON_NULL || identity->code)
		return;
	if (value->type != STRICTJSON_STRING) {
		add_bytes(identity, name, value->text, value->length);
		return;
	}
	length = strictjson_unescape(value, text, sizeof(text));
	if (length == SIZE_MAX) {
		identity->code = -E2BIG;
		return;
	}
	identity->unsafe |= has_controls(text, length);
	add_bytes(identity, name, text, length);
}

static void add_forwarded(struct identity *identity, const struct profile_list *names,
	const struct token_verdict *verdict)
{
	for (size_t i = 0; i < names->count; i++) {
		char name[FORWARD_NAME_MAX];

		(void)snprintf(name, sizeof(name), "X-Auth-Claim-%s", names->items[i]);
		for (char *at = name; *at; at++)
			if ((*at < '0' || *at > '9') && (*at < 'A' || *at > 'Z') &&
				(*at < 'a' || *at > 'z'))
				*at = '-';
		add_claim(identity, name, &verdict->forwarded[i].value);
	}
}

static void add_expiry(struct identity *identity, const struct strictjson_value *exp)
{
	char text[24];
	double seconds;

	if (!strictjson_number(exp, &seconds))
		return;
	(void)snprintf(text, sizeof(text), "%lld", (long long)seconds); // was judged to fit
	add_bytes(identity, "X-Auth-Expires", text, strlen(text));
}

// Returns: whether the answer is complete; else it is refused.
static bool tell_identity(const struct profile *profile, const struct token_verdict *verdict,
	struct route_reply *reply)
{
	struct strictjson_member scope = {.name = "scope"};
	struct identity identity = {.reply = reply};
	const char *name = judge_key_name(verdict->key);

	if (strictjson_object(verdict->claims, verdict->claims_length, &scope, 1, NULL) !=
		STRICTJSON_OK)
		return false; // it was, when the token was judged
	add_claim(&identity, "X-Auth-Subject", &verdict->known[TOKEN_SUB].value);
	add_claim(&identity, "X-Auth-Scope", &scope.value);
	if (name)
		add_bytes(&identity, "X-Auth-Kid", name, strlen(name));
	add_expiry(&identity, &verdict->known[TOKEN_EXP].value);
	add_forwarded(&identity, &profile->rules->forward, verdict);
	if (identity.unsafe) {
		refuse(reply, 401, token_code_text(TOKEN_E_CLAIM_UNSAFE),
			"a claim holds control characters");
		verify_challenge(reply, "invalid_token", token_code_text(TOKEN_E_CLAIM_UNSAFE));
		return false;
	}
	if (identity.code)
		refuse(reply, 403, "headers_unfit",
			"the identity headers are over 3840 bytes, or two are the same");
	return !identity.code;
}

static void answer_judged(const struct profile *profile, const struct token_verdict *verdict,
	struct route_reply *reply)
{
	reply->is_private = true;
	if (verdict->code == TOKEN_E_KEY_UNUSABLE)
		refuse_unusable(reply, profile);
	else if (verdict->code != TOKEN_OK)
		verify_refuse(reply, verdict, NULL);
	else if (tell_identity(profile, verdict, reply))
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
