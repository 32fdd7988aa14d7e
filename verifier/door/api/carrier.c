// Cookies are strangers' lines, see trust/form/cookie.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/carrier.h"

#include "verifier/door/api/judge.h"
#include "verifier/door/api/question.h"
#include "verifier/trust/token/profile.h"

enum cookie_result carrier_cookie(const struct route_request *request, const char *name, char *room,
	struct cookie_view *ret_value)
{
	struct cookie_search search;

	cookie_begin(&search, name);
	for (size_t i = 0; i < request->cookie_count; i++)
		cookie_read(&search, request->cookies[i], strlen(request->cookies[i]));
	return cookie_end(&search, room, JUDGE_TEXT_SIZE, ret_value);
}

// The first of the cookies that is there.
static enum carrier_result find_cookie(const struct route_request *request,
	const struct profile_list *cookies, char *room, struct judge_question *question)
{
	for (size_t i = 0; request->cookie_count && i < cookies->count; i++) {
		struct cookie_view value;
		enum cookie_result result =
			carrier_cookie(request, cookies->items[i], room, &value);

		if (result == COOKIE_NONE)
			continue;
		// Others may set a cookie without the prefix __Secure-: it must not displace this
		if (result != COOKIE_OK)
			return CARRIER_BROKEN;
		question->token = value.text;
		question->length = value.length;
		question->cookie = cookies->items[i];
		return CARRIER_COOKIE;
	}
	return CARRIER_NONE;
}

enum carrier_result carrier_find(const struct route_request *request,
	const struct profile_list *cookies, char *room, struct judge_question *question)
{
	enum carrier_result cookie = find_cookie(request, cookies, room, question);
	const char *bearer;
	size_t length;

	if (!question_bearer(request->authorization, &bearer, &length))
		return cookie;
	if (cookie != CARRIER_NONE)
		return CARRIER_SEVERAL;
	question->token = bearer;
	question->length = length;
	return CARRIER_BEARER;
}
