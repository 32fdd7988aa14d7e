// Requests that are answered later, over HTTP on the session doors: whoever waits gets the
// answer, a deadline, or nothing, in whichever order the answer, the peer's end, the deadline
// and our own end come.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/later.h"

#include "lib/base/text.h"
#include "tests/unit/latedoor.h"
#include "verifier/door/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cmocka.h>

#define WAIT_MS 60000 // of a request that waits, unless a test says less

#define GET(target) "GET " target " HTTP/1.1\r\nHost: shop.example\r\n\r\n"

static void a_late_answer_arrives_and_the_connection_goes_on(void **state)
{
	struct latedoor door;
	int fd;

	(void)state;
	latedoor_open(&door, WAIT_MS);
	fd = latedoor_ask(&door,
		"POST /later HTTP/1.1\r\nHost: shop.example\r\nOrigin: https://a.example\r\n"
		"Sec-Fetch-Site: same-origin\r\nContent-Length: 6\r\n\r\nsecret");
	LATEDOOR_UNTIL(&door, door.sessions.count == 1);
	assert_string_equal(door.sessions.host, "shop.example");
	assert_string_equal(door.sessions.origin, "https://a.example");
	assert_string_equal(door.sessions.site, "same-origin");
	assert_true(later_is_wanted(door.sessions.kept[0]));
	assert_int_equal(door.answers.counts.requests[ROUTE_SESSION], 0); // not answered yet
	latedoor_end_one(&door, 0, "late but here");
	assert_true(latedoor_hear(&door, fd, "late but here\n"));
	assert_non_null(strstr(latedoor_heard, "HTTP/1.1 200 "));
	assert_int_equal(door.answers.counts.requests[ROUTE_SESSION], 1);
	for (size_t i = 1; i < 4; i++) {
		assert_int_equal(
			send(fd, GET("/later"), strlen(GET("/later")), 0), strlen(GET("/later")));
		LATEDOOR_UNTIL(&door, door.sessions.count == i + 1);
		latedoor_end_one(&door, i, "once more");
		assert_true(latedoor_hear(&door, fd, "once more\n"));
	}
	(void)close(fd);
	LATEDOOR_UNTIL(&door, !http_count(door.http));
	latedoor_close(&door);
}

static void whoever_answers_at_once_after_all_may(void **state)
{
	struct latedoor door;
	int fd;

	(void)state;
	latedoor_open(&door, WAIT_MS);
	fd = latedoor_ask(&door, GET("/cancel"));
	assert_true(latedoor_hear(&door, fd, "at once after all\n"));
	(void)close(fd);
	latedoor_close(&door);
}

static void pipelined_requests_wait_their_turn(void **state)
{
	struct latedoor door;
	int fd;

	(void)state;
	latedoor_open(&door, WAIT_MS);
	fd = latedoor_ask(&door, GET("/later") GET("/now") GET("/later") GET("/now"));
	LATEDOOR_UNTIL(&door, door.sessions.count == 1);
	for (int i = 0; i < 5; i++)
		latedoor_turn(&door);
	assert_int_equal(door.sessions.calls, 1); // none overtakes
	latedoor_end_one(&door, 0, "first");
	assert_true(latedoor_hear(&door, fd, "at once\n"));
	assert_true(strstr(latedoor_heard, "first\n") < strstr(latedoor_heard, "at once\n"));
	LATEDOOR_UNTIL(&door, door.sessions.count == 2);
	latedoor_end_one(&door, 1, "third");
	assert_true(latedoor_hear(&door, fd, "at once\n"));
	assert_non_null(strstr(latedoor_heard, "third\n"));
	(void)close(fd);
	latedoor_close(&door);
}

static void head_has_no_body(void **state)
{
	struct latedoor door;
	int fd;

	(void)state;
	latedoor_open(&door, WAIT_MS);
	fd = latedoor_ask(&door, "HEAD /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	LATEDOOR_UNTIL(&door, door.sessions.count == 1);
	latedoor_end_one(&door, 0, "unsaid");
	assert_false(latedoor_hear(&door, fd, "unsaid"));
	assert_non_null(strstr(latedoor_heard, "Content-Length: 7\r\n"));
	(void)close(fd);
	latedoor_close(&door);
}

static void a_deadline_answers_and_the_late_answer_is_dropped(void **state)
{
	struct latedoor door;
	int fd;

	(void)state;
	latedoor_open(&door, 30);
	fd = latedoor_ask(&door, GET("/later"));
	assert_true(latedoor_hear(&door, fd, "}\n"));
	assert_non_null(strstr(latedoor_heard, "HTTP/1.1 503 "));
	assert_non_null(strstr(latedoor_heard, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(latedoor_heard, "\"code\":\"timeout\"}"));
	assert_false(later_is_wanted(door.sessions.kept[0]));
	latedoor_end_one(&door, 0, "too late");
	assert_int_equal(send(fd, GET("/now"), strlen(GET("/now")), 0), strlen(GET("/now")));
	assert_true(latedoor_hear(&door, fd, "at once\n"));
	assert_null(strstr(latedoor_heard, "too late"));
	(void)close(fd);
	latedoor_close(&door);
}

static void whoever_leaves_is_noticed(void **state)
{
	struct latedoor door;
	int fd, half;

	(void)state;
	latedoor_open(&door, WAIT_MS);
	fd = latedoor_ask(&door, GET("/later") GET("/now"));
	LATEDOOR_UNTIL(&door, door.sessions.count == 1);
	(void)close(fd);
	LATEDOOR_UNTIL(&door, !later_is_wanted(door.sessions.kept[0]));
	LATEDOOR_UNTIL(&door, !http_count(door.http));
	half = latedoor_ask(&door, GET("/later"));
	LATEDOOR_UNTIL(&door, door.sessions.count == 2);
	assert_int_equal(shutdown(half, SHUT_WR), 0);
	LATEDOOR_UNTIL(&door, !later_is_wanted(door.sessions.kept[1]));
	LATEDOOR_UNTIL(&door, !http_count(door.http));
	latedoor_end_one(&door, 0, "to nobody");
	latedoor_end_one(&door, 1, "to nobody");
	assert_false(latedoor_hear(&door, half, "\n"));
	assert_int_equal(door.sessions.calls, 2); // nothing is asked for whoever has left
	(void)close(half);
	latedoor_close(&door);
}

static void an_answer_that_races_the_peer_s_end_is_dropped(void **state)
{
	struct latedoor door;
	int fd;

	(void)state;
	latedoor_open(&door, WAIT_MS);
	fd = latedoor_ask(&door, GET("/later"));
	LATEDOOR_UNTIL(&door, door.sessions.count == 1);
	(void)close(fd);
	latedoor_end_one(&door, 0, "to nobody"); // before any turn has seen the close
	LATEDOOR_UNTIL(&door, !http_count(door.http));
	latedoor_close(&door);
}

static void a_stop_lets_answers_through_and_a_close_does_not(void **state)
{
	struct latedoor door;
	int fds[2];

	(void)state;
	latedoor_open(&door, WAIT_MS);
	for (size_t i = 0; i < 2; i++) {
		fds[i] = latedoor_ask(&door, GET("/later"));
		LATEDOOR_UNTIL(&door, door.sessions.count == i + 1);
	}
	http_stop(door.http);
	latedoor_end_one(&door, 0, "in time");
	assert_true(latedoor_hear(&door, fds[0], "in time\n"));
	assert_non_null(strstr(latedoor_heard, "Connection: close"));
	LATEDOOR_UNTIL(&door, http_count(door.http) == 1);
	door.http = http_close(door.http);
	assert_false(later_is_wanted(door.sessions.kept[1]));
	latedoor_end_one(&door, 1, "to nobody");
	assert_int_equal(recv(fds[1], latedoor_heard, sizeof(latedoor_heard), 0), 0);
	(void)close(fds[0]);
	(void)close(fds[1]);
	latedoor_close(&door);
}

static void an_answer_on_its_way_when_all_ends_is_no_harm(void **state)
{
	struct latedoor door;
	int fd;

	(void)state;
	latedoor_open(&door, WAIT_MS);
	fd = latedoor_ask(&door, GET("/later"));
	LATEDOOR_UNTIL(&door, door.sessions.count == 1);
	latedoor_end_one(&door, 0, "queued");
	latedoor_close(&door); // resumed, and not a turn since
	(void)close(fd);
}

static void many_wait_at_once(void **state)
{
	static int fds[HTTP_SESSIONS_OF_USER_MAX + 2];
	struct latedoor door;
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	if (limit.rlim_cur < 2 * ARRAY_SIZE(fds) + 32)
		skip();
	latedoor_open(&door, WAIT_MS);
	for (size_t i = 0; i < HTTP_SESSIONS_OF_USER_MAX; i++)
		fds[i] = latedoor_ask(&door, GET("/later"));
	LATEDOOR_UNTIL(&door, door.sessions.count == HTTP_SESSIONS_OF_USER_MAX);
	for (size_t i = HTTP_SESSIONS_OF_USER_MAX; i < ARRAY_SIZE(fds); i++) {
		fds[i] = latedoor_ask(&door, ""); // one more of this user
		assert_false(latedoor_hear(&door, fds[i], "never"));
		assert_non_null(strstr(latedoor_heard, "HTTP/1.1 503 "));
		assert_non_null(strstr(latedoor_heard, "\"code\":\"busy\"}"));
		(void)close(fds[i]);
	}
	for (size_t i = HTTP_SESSIONS_OF_USER_MAX; i-- > 0;)
		latedoor_end_one(&door, i, "all of them");
	for (size_t i = 0; i < HTTP_SESSIONS_OF_USER_MAX; i++) {
		assert_true(latedoor_hear(&door, fds[i], "all of them\n"));
		(void)close(fds[i]);
	}
	LATEDOOR_UNTIL(&door, !http_count(door.http));
	latedoor_close(&door);
}

static void many_cookies_are_a_line_each(void **state)
{
	static char request[40 * 1024];
	struct latedoor door;
	size_t used, lines = 0;
	int fd;

	(void)state;
	latedoor_open(&door, WAIT_MS);
	used = (size_t)snprintf(
		request, sizeof(request), "GET /cookies HTTP/1.1\r\nHost: a\r\nX-Many: ");
	memset(request + used, 'a', 32 * 1024);
	memcpy(request + used + 32 * 1024, "\r\n\r\n", 5);
	fd = latedoor_ask(&door, request);
	assert_true(latedoor_hear(&door, fd, "cookies\n"));
	for (const char *at = latedoor_heard; (at = strstr(at, "\r\nSet-Cookie: cc")); at++)
		lines++;
	assert_int_equal(lines, LATEDOOR_COOKIES);
	(void)close(fd);
	latedoor_close(&door);
}

static const struct {
	const char *name, *request, *status, *says;
} refused[] = {
	{"two lengths",
		"POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
		"Content-Length: 2\r\n\r\nab",
		"HTTP/1.1 400 ", "\"code\":\"bad_request\"}"},
	{"two Host", "GET /auth/session HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 ",
		"{\"error\":\"more than one Host\","},
	{"too much", "POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n",
		"HTTP/1.1 413 ", "\"code\":\"body_too_large\"}"},
	{"too much, for a proxy",
		"POST /auth/check/web HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n",
		"HTTP/1.1 403 ", "\"code\":\"body_too_large\"}"},
	{"two Host, for a proxy", "GET /auth/check/web?a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"HTTP/1.1 401 ", "\"code\":\"bad_request\"}"},
};

static void wrong_requests_are_refused_in_the_door_s_own_form(void **state)
{
	struct latedoor door;

	(void)state;
	latedoor_open(&door, WAIT_MS);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		int fd = latedoor_ask(&door, refused[i].request);

		assert_false(latedoor_hear(&door, fd, "never"));
		if (!text_starts(latedoor_heard, refused[i].status) ||
			!strstr(latedoor_heard, refused[i].says))
			fail_msg("%s: %s", refused[i].name, latedoor_heard);
		assert_null(strstr(latedoor_heard, "WWW-Authenticate"));
		(void)close(fd);
	}
	assert_int_equal(door.sessions.calls, 0);
	latedoor_close(&door);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_answer_arrives_and_the_connection_goes_on),
		cmocka_unit_test(whoever_answers_at_once_after_all_may),
		cmocka_unit_test(pipelined_requests_wait_their_turn),
		cmocka_unit_test(head_has_no_body),
		cmocka_unit_test(a_deadline_answers_and_the_late_answer_is_dropped),
		cmocka_unit_test(whoever_leaves_is_noticed),
		cmocka_unit_test(an_answer_that_races_the_peer_s_end_is_dropped),
		cmocka_unit_test(a_stop_lets_answers_through_and_a_close_does_not),
		cmocka_unit_test(an_answer_on_its_way_when_all_ends_is_no_harm),
		cmocka_unit_test(many_wait_at_once),
		cmocka_unit_test(many_cookies_are_a_line_each),
		cmocka_unit_test(wrong_requests_are_refused_in_the_door_s_own_form),
	};

	return cmocka_run_group_tests_name("later", tests, NULL, NULL);
}
