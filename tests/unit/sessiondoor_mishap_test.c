// The session listener while allocations fail: the answer is the right one or a refusal, whole, no
// cookie is cleared for it, and the next request is answered right.
// SPDX-License-Identifier: MIT
#include "tests/unit/mishap.h"
#include "tests/unit/sessiondoor.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CALLS_MAX 300
#define JSON "application/json"

enum shown { NOTHING, ACCESS, REFRESH };

static const struct {
	const char *target;
	struct sessiondoor_ask ask;
	enum shown shown;
	unsigned status;
} requests[] = {
	{"/auth/login", {.type = JSON, .body = SESSIONDOOR_LOGIN}, NOTHING, 200},
	{"/auth/login", {.type = JSON, .body = "{}"}, NOTHING, 400},
	{"/auth/check/access", {.method = "GET"}, NOTHING, 401},
	{"/auth/check/access", {.method = "GET"}, ACCESS, 204},
	{"/auth/check/access", {.method = "GET"}, REFRESH, 204},
	{"/auth/check/page", {.method = "GET"}, NOTHING, 302},
	{"/auth/refresh", {0}, REFRESH, 200},
	{"/auth/refresh", {0}, NOTHING, 401},
	{"/auth/logout", {0}, NOTHING, 200},
	{"/auth/logout", {0}, REFRESH, 200},
	{"/auth/logout", {.type = JSON, .body = "{\"everywhere\":true}"}, ACCESS, 200},
	{"/auth/session", {.method = "GET"}, ACCESS, 200},
	{"/auth/session", {.method = "GET"}, REFRESH, 401},
	{"/auth/session", {.method = "PUT"}, NOTHING, 405},
};

static struct route_reply ask(struct sessiondoor *door, size_t i, size_t at, bool *ret_failed)
{
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	struct sessiondoor_ask wish = requests[i].ask;
	struct route_reply reply;

	if (requests[i].shown != NOTHING)
		wish.cookies = requests[i].shown == ACCESS ? cookies.access : cookies.refresh;
	mishap_arm(&(struct mishap){.kinds = at ? MISHAP_MEMORY : 0, .at = at, .reason = ENOMEM});
	reply = sessiondoor_ask(door, requests[i].target, &wish);
	*ret_failed = mishap_disarm();
	sessiondoor_cookies_done(&cookies);
	return reply;
}

static bool ask_failing(struct sessiondoor *door, size_t i, size_t at)
{
	bool failed, again;
	struct route_reply reply = ask(door, i, at, &failed);

	// By forward-auth, headers that are missing are a 403.
	if (reply.status != requests[i].status && reply.status != 500 && reply.status != 503 &&
		!(requests[i].status == 204 && reply.status == 403))
		fail_msg("%zu %s, call %zu: %u", i, requests[i].target, at, reply.status);
	if (reply.status != requests[i].status && sessiondoor_cleared(&reply))
		fail_msg("%zu %s, call %zu: cookies go", i, requests[i].target, at);
	route_reply_done(&reply);
	reply = ask(door, i, 0, &again);
	if (reply.status != requests[i].status)
		fail_msg("%zu %s, after call %zu: %u", i, requests[i].target, at, reply.status);
	route_reply_done(&reply);
	return failed;
}

static void an_answer_without_memory_is_right_or_a_refusal(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		static struct sessiondoor door;
		size_t at = 1;

		sessiondoor_open(&door);
		while (at < CALLS_MAX && ask_failing(&door, i, at))
			at++;
		assert_true(at < CALLS_MAX);
		sessiondoor_close(&door);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_without_memory_is_right_or_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
