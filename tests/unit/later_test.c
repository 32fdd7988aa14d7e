// Requests that are answered later, over HTTP on the session doors: whoever waits gets the answer,
// a deadline, or nothing, in whichever order the answer, the peer's end, the deadline and our own
// end come.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/later.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/text.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/http.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#define SOON_MS 20000
#define WAIT_MS 60000 // of a request that waits, unless a test says less
#define KEPT_MAX 512
#define HEARD_SIZE (64 * 1024)
#define COOKIES 5
#define COOKIE_SIZE 4096

// What answers the session doors here: some targets at once, some when the test says so.
struct sessions {
	struct later *kept[KEPT_MAX];
	size_t count;
	size_t calls;
	char host[64], origin[64], site[64];
};

struct stand {
	char folder[32];
	struct sockaddr_un address;
	struct log log;
	struct loop *loop;
	struct admit *admit;
	struct throttle *throttle;
	struct answers answers;
	struct sessions sessions;
	struct http *http;
};

static char heard[HEARD_SIZE];

static void say(struct route_reply *reply, unsigned status, const char *text)
{
	reply_begin(reply, status, "text/plain", 0);
	reply_text(reply, text);
	reply_end(reply);
}

// As many bytes as browsers keep of a cookie.
static void set_cookies(struct route_reply *reply)
{
	char cookie[COOKIE_SIZE];

	memset(cookie, 'c', sizeof(cookie));
	say(reply, 200, "cookies");
	for (size_t i = 0; i < COOKIES; i++)
		assert_int_equal(reply_header_more(reply, "Set-Cookie", cookie, sizeof(cookie)), 0);
}

static void keep_text(char out[64], const char *text)
{
	(void)snprintf(out, 64, "%s", text ? text : "none");
}

static void answer_session(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply)
{
	struct later *later;

	assert_int_equal(request->caller.door, ROUTE_SESSION);
	sessions->calls++;
	keep_text(sessions->host, request->host);
	keep_text(sessions->origin, request->origin);
	keep_text(sessions->site, request->fetch_site);
	if (text_equal(request->target, "/now")) {
		say(reply, 200, "at once");
		return;
	}
	if (text_equal(request->target, "/cookies")) {
		set_cookies(reply);
		return;
	}
	later = later_begin(request);
	assert_non_null(later);
	assert_null(later_begin(request)); // one for each request
	assert_true(later_is_wanted(later));
	if (text_equal(request->target, "/cancel")) {
		assert_null(later_cancel(later));
		say(reply, 200, "at once after all");
		return;
	}
	assert_true(sessions->count < KEPT_MAX);
	sessions->kept[sessions->count++] = later;
}

static struct http_parts parts_of(struct stand *stand, int socket_fd, uint64_t wait_ms)
{
	return (struct http_parts){.api = -1,
		.tcp = -1,
		.session = socket_fd,
		.session_tcp = -1,
		.loop = stand->loop,
		.admit = stand->admit,
		.answers = &stand->answers,
		.sessions = &stand->sessions,
		.answer_session = answer_session,
		.log = &stand->log,
		.throttle = stand->throttle,
		.rules = {.deadline_ms = SOON_MS, .body_max = 1 << 16, .session_wait_ms = wait_ms}};
}

static void open_stand(struct stand *stand, uint64_t wait_ms)
{
	struct http_parts parts;
	int socket_fd;

	*stand = (struct stand){
		.folder = "/tmp/samekey-later-XXXXXX", .address = {.sun_family = AF_UNIX}};
	assert_non_null(mkdtemp(stand->folder));
	(void)snprintf(
		stand->address.sun_path, sizeof(stand->address.sun_path), "%s/s", stand->folder);
	stand->log = (struct log){.fd = memfd_create("log", MFD_CLOEXEC), .lowest = LOG_DEBUG};
	stand->throttle = throttle_new(&stand->log);
	stand->admit = admit_new(NULL, 0, 8);
	if (!stand->throttle || !stand->admit)
		abort();
	assert_int_equal(loop_open(&stand->loop), 0);
	socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(socket_fd, (struct sockaddr *)&stand->address, sizeof(stand->address)), 0);
	assert_int_equal(listen(socket_fd, KEPT_MAX), 0);
	parts = parts_of(stand, socket_fd, wait_ms);
	assert_int_equal(http_open(&parts, &stand->http, NULL), 0);
}

static void close_stand(struct stand *stand)
{
	stand->http = http_close(stand->http);
	loop_close(stand->loop);
	throttle_free(stand->throttle);
	admit_free(stand->admit);
	(void)unlink(stand->address.sun_path);
	assert_int_equal(rmdir(stand->folder), 0);
	(void)close(stand->log.fd);
}

static void turn(struct stand *stand)
{
	int patience = http_patience(stand->http);

	assert_int_equal(loop_turn(stand->loop, patience >= 0 && patience < 10 ? patience : 10), 0);
	http_turn(stand->http);
}

static void try_again(struct stand *stand, uint64_t end)
{
	assert_true(clock_steady_ms() < end);
	turn(stand);
}

// Turns until it is so. A macro, so that the condition is looked at anew.
#define until(stand, condition) \
	for (uint64_t end = clock_steady_ms() + SOON_MS; !(condition);) \
	try_again(stand, end)

static int ask(struct stand *stand, const char *text)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&stand->address, sizeof(stand->address)), 0);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return fd;
}

// Reads until `text` has come or the other side has closed.
// Returns: whether it has come.
static bool hear(struct stand *stand, int fd, const char *text)
{
	uint64_t end = clock_steady_ms() + SOON_MS;
	size_t length = 0;

	heard[0] = '\0';
	while (!strstr(heard, text)) {
		ssize_t more = recv(fd, heard + length, sizeof(heard) - 1 - length, MSG_DONTWAIT);

		if (more == 0 || (more < 0 && errno != EAGAIN))
			return false;
		length += more > 0 ? (size_t)more : 0;
		heard[length] = '\0';
		assert_true(clock_steady_ms() < end);
		if (more < 0)
			turn(stand);
	}
	return true;
}

static void end_one(struct stand *stand, size_t at, const char *text)
{
	struct route_reply reply = {.is_private = true};

	say(&reply, 200, text);
	later_end(stand->sessions.kept[at], &reply);
	assert_null(reply.body);
	assert_int_equal(reply.status, 0);
}

#define GET(target) "GET " target " HTTP/1.1\r\nHost: shop.example\r\n\r\n"

static void a_late_answer_arrives_and_the_connection_goes_on(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, WAIT_MS);
	fd = ask(&stand,
		"POST /later HTTP/1.1\r\nHost: shop.example\r\nOrigin: https://a.example\r\n"
		"Sec-Fetch-Site: same-origin\r\nContent-Length: 6\r\n\r\nsecret");
	until(&stand, stand.sessions.count == 1);
	assert_string_equal(stand.sessions.host, "shop.example");
	assert_string_equal(stand.sessions.origin, "https://a.example");
	assert_string_equal(stand.sessions.site, "same-origin");
	assert_true(later_is_wanted(stand.sessions.kept[0]));
	assert_int_equal(stand.answers.counts.requests[ROUTE_SESSION], 0); // not answered yet
	end_one(&stand, 0, "late but here");
	assert_true(hear(&stand, fd, "late but here\n"));
	assert_non_null(strstr(heard, "HTTP/1.1 200 "));
	assert_int_equal(stand.answers.counts.requests[ROUTE_SESSION], 1);
	for (size_t i = 1; i < 4; i++) {
		assert_int_equal(
			send(fd, GET("/later"), strlen(GET("/later")), 0), strlen(GET("/later")));
		until(&stand, stand.sessions.count == i + 1);
		end_one(&stand, i, "once more");
		assert_true(hear(&stand, fd, "once more\n"));
	}
	(void)close(fd);
	until(&stand, !http_count(stand.http));
	close_stand(&stand);
}

static void whoever_answers_at_once_after_all_may(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, WAIT_MS);
	fd = ask(&stand, GET("/cancel"));
	assert_true(hear(&stand, fd, "at once after all\n"));
	(void)close(fd);
	close_stand(&stand);
}

static void pipelined_requests_wait_their_turn(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, WAIT_MS);
	fd = ask(&stand, GET("/later") GET("/now") GET("/later") GET("/now"));
	until(&stand, stand.sessions.count == 1);
	for (int i = 0; i < 5; i++)
		turn(&stand);
	assert_int_equal(stand.sessions.calls, 1); // none overtakes
	end_one(&stand, 0, "first");
	assert_true(hear(&stand, fd, "at once\n"));
	assert_true(strstr(heard, "first\n") < strstr(heard, "at once\n"));
	until(&stand, stand.sessions.count == 2);
	end_one(&stand, 1, "third");
	assert_true(hear(&stand, fd, "at once\n"));
	assert_non_null(strstr(heard, "third\n"));
	(void)close(fd);
	close_stand(&stand);
}

static void head_has_no_body(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, WAIT_MS);
	fd = ask(&stand, "HEAD /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	until(&stand, stand.sessions.count == 1);
	end_one(&stand, 0, "unsaid");
	assert_false(hear(&stand, fd, "unsaid"));
	assert_non_null(strstr(heard, "Content-Length: 7\r\n"));
	(void)close(fd);
	close_stand(&stand);
}

static void a_deadline_answers_and_the_late_answer_is_dropped(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, 30);
	fd = ask(&stand, GET("/later"));
	assert_true(hear(&stand, fd, "}\n"));
	assert_non_null(strstr(heard, "HTTP/1.1 503 "));
	assert_non_null(strstr(heard, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(heard, "\"code\":\"timeout\"}"));
	assert_false(later_is_wanted(stand.sessions.kept[0]));
	end_one(&stand, 0, "too late");
	assert_int_equal(send(fd, GET("/now"), strlen(GET("/now")), 0), strlen(GET("/now")));
	assert_true(hear(&stand, fd, "at once\n"));
	assert_null(strstr(heard, "too late"));
	(void)close(fd);
	close_stand(&stand);
}

static void whoever_leaves_is_noticed(void **state)
{
	struct stand stand;
	int fd, half;

	(void)state;
	open_stand(&stand, WAIT_MS);
	fd = ask(&stand, GET("/later") GET("/now"));
	until(&stand, stand.sessions.count == 1);
	(void)close(fd);
	until(&stand, !later_is_wanted(stand.sessions.kept[0]));
	until(&stand, !http_count(stand.http));
	half = ask(&stand, GET("/later"));
	until(&stand, stand.sessions.count == 2);
	assert_int_equal(shutdown(half, SHUT_WR), 0);
	until(&stand, !later_is_wanted(stand.sessions.kept[1]));
	until(&stand, !http_count(stand.http));
	end_one(&stand, 0, "to nobody");
	end_one(&stand, 1, "to nobody");
	assert_false(hear(&stand, half, "\n"));
	assert_int_equal(stand.sessions.calls, 2); // nothing is asked for whoever has left
	(void)close(half);
	close_stand(&stand);
}

static void an_answer_that_races_the_peer_s_end_is_dropped(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, WAIT_MS);
	fd = ask(&stand, GET("/later"));
	until(&stand, stand.sessions.count == 1);
	(void)close(fd);
	end_one(&stand, 0, "to nobody"); // before any turn has seen the close
	until(&stand, !http_count(stand.http));
	close_stand(&stand);
}

static void a_stop_lets_answers_through_and_a_close_does_not(void **state)
{
	struct stand stand;
	int fds[2];

	(void)state;
	open_stand(&stand, WAIT_MS);
	for (size_t i = 0; i < 2; i++) {
		fds[i] = ask(&stand, GET("/later"));
		until(&stand, stand.sessions.count == i + 1);
	}
	http_stop(stand.http);
	end_one(&stand, 0, "in time");
	assert_true(hear(&stand, fds[0], "in time\n"));
	assert_non_null(strstr(heard, "Connection: close"));
	until(&stand, http_count(stand.http) == 1);
	stand.http = http_close(stand.http);
	assert_false(later_is_wanted(stand.sessions.kept[1]));
	end_one(&stand, 1, "to nobody");
	assert_int_equal(recv(fds[1], heard, sizeof(heard), 0), 0);
	(void)close(fds[0]);
	(void)close(fds[1]);
	close_stand(&stand);
}

static void an_answer_on_its_way_when_all_ends_is_no_harm(void **state)
{
	struct stand stand;
	int fd;

	(void)state;
	open_stand(&stand, WAIT_MS);
	fd = ask(&stand, GET("/later"));
	until(&stand, stand.sessions.count == 1);
	end_one(&stand, 0, "queued");
	close_stand(&stand); // resumed, and not a turn since
	(void)close(fd);
}

static void many_wait_at_once(void **state)
{
	static int fds[HTTP_SESSIONS_OF_USER_MAX + 2];
	struct stand stand;
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	}
	if (limit.rlim_cur < 2 * ARRAY_SIZE(fds) + 32)
		skip();
	open_stand(&stand, WAIT_MS);
	for (size_t i = 0; i < HTTP_SESSIONS_OF_USER_MAX; i++)
		fds[i] = ask(&stand, GET("/later"));
	until(&stand, stand.sessions.count == HTTP_SESSIONS_OF_USER_MAX);
	for (size_t i = HTTP_SESSIONS_OF_USER_MAX; i < ARRAY_SIZE(fds); i++) {
		fds[i] = ask(&stand, ""); // one more of this user
		assert_false(hear(&stand, fds[i], "never"));
		assert_non_null(strstr(heard, "HTTP/1.1 503 "));
		assert_non_null(strstr(heard, "\"code\":\"busy\"}"));
		(void)close(fds[i]);
	}
	for (size_t i = HTTP_SESSIONS_OF_USER_MAX; i-- > 0;)
		end_one(&stand, i, "all of them");
	for (size_t i = 0; i < HTTP_SESSIONS_OF_USER_MAX; i++) {
		assert_true(hear(&stand, fds[i], "all of them\n"));
		(void)close(fds[i]);
	}
	until(&stand, !http_count(stand.http));
	close_stand(&stand);
}

static void many_cookies_are_a_line_each(void **state)
{
	static char request[40 * 1024];
	struct stand stand;
	size_t used, lines = 0;
	int fd;

	(void)state;
	open_stand(&stand, WAIT_MS);
	used = (size_t)snprintf(
		request, sizeof(request), "GET /cookies HTTP/1.1\r\nHost: a\r\nX-Many: ");
	memset(request + used, 'a', 32 * 1024);
	memcpy(request + used + 32 * 1024, "\r\n\r\n", 5);
	fd = ask(&stand, request);
	assert_true(hear(&stand, fd, "cookies\n"));
	for (const char *at = heard; (at = strstr(at, "\r\nSet-Cookie: cc")); at++)
		lines++;
	assert_int_equal(lines, COOKIES);
	(void)close(fd);
	close_stand(&stand);
}

static const struct {
	const char *name, *request, *status, *says;
} refused[] = {
	{"two lengths",
		"POST /auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
		"Content-Length: 2\r\n\r\nab",
		"HTTP/1.1 400 ", "\"code\":\"bad_request\"}"},
	{"no Host", "GET /auth/session HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ",
		"{\"error\":\"no Host\","},
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
	struct stand stand;

	(void)state;
	open_stand(&stand, WAIT_MS);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		int fd = ask(&stand, refused[i].request);

		assert_false(hear(&stand, fd, "never"));
		if (!text_starts(heard, refused[i].status) || !strstr(heard, refused[i].says))
			fail_msg("%s: %s", refused[i].name, heard);
		assert_null(strstr(heard, "WWW-Authenticate"));
		(void)close(fd);
	}
	assert_int_equal(stand.sessions.calls, 0);
	close_stand(&stand);
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
