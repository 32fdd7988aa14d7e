// Where the token may be is api/carrier's to say.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/accesstoken.h"

#include "verifier/door/api/answers.h"
#include "verifier/door/api/judge.h"

enum carrier_result accesstoken_judge(const struct sessions *sessions,
	const struct route_request *request, struct judge_question *question,
	struct token_verdict *ret_verdict)
{
	const struct profile_list session = {&sessions->rules->access_cookie, 1};
	const struct profile_list *own = &question->profile->rules->cookies;
	struct judge *judge = sessions->answers->judge;
	enum carrier_result found =
		carrier_find(request, own->count ? own : &session, judge_text(judge), question);

	if (found == CARRIER_BEARER || found == CARRIER_COOKIE)
		judge_token(judge, question, ret_verdict);
	return found;
}
