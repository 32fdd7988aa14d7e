// The loop turns only when the test says so.
// SPDX-License-Identifier: MIT
#include "tests/unit/latedoor.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/text.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/later.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/http.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cmocka.h>

#define LATEDOOR_COOKIE_SIZE 4096

char latedoor_heard[LATEDOOR_HEARD_SIZE];

static void say(struct route_reply *reply, unsigned status, const char *text)
{
	reply_begin(reply, status, "text/plain", 0);
	reply_text(reply, text);
	reply_end(reply);
}

// As many bytes as browsers keep of a cookie.
static void set_cookies(struct route_reply *reply)
{
	char cookie[LATEDOOR_COOKIE_SIZE];

	memset(cookie, 'c', sizeof(cookie));
	say(reply, 200, "cookies");
	for (size_t i = 0; i < LATEDOOR_COOKIES; i++)
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
	assert_true(sessions->count < LATEDOOR_KEPT_MAX);
	sessions->kept[sessions->count++] = later;
}

static struct http_parts parts_of(struct latedoor *door, int socket_fd, uint64_t wait_ms)
{
	return (struct http_parts){.api = -1,
		.tcp = -1,
		.session = socket_fd,
		.session_tcp = -1,
		.loop = door->loop,
		.admit = door->admit,
		.answers = &door->answers,
		.sessions = &door->sessions,
		.answer_session = answer_session,
		.log = &door->log,
		.throttle = door->throttle,
		.rules = {.deadline_ms = LATEDOOR_SOON_MS,
			.body_max = 1 << 16,
			.session_wait_ms = wait_ms}};
}

void latedoor_open(struct latedoor *door, uint64_t wait_ms)
{
	struct http_parts parts;
	int socket_fd;

	*door = (struct latedoor){
		.folder = "/tmp/samekey-later-XXXXXX", .address = {.sun_family = AF_UNIX}};
	assert_non_null(mkdtemp(door->folder));
	(void)snprintf(
		door->address.sun_path, sizeof(door->address.sun_path), "%s/s", door->folder);
	door->log = (struct log){.fd = memfd_create("log", MFD_CLOEXEC), .lowest = LOG_DEBUG};
	door->throttle = throttle_new(&door->log);
	door->admit = admit_new(NULL, 0, 8);
	if (!door->throttle || !door->admit)
		abort();
	assert_int_equal(loop_open(&door->loop), 0);
	socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(
		bind(socket_fd, (struct sockaddr *)&door->address, sizeof(door->address)), 0);
	assert_int_equal(listen(socket_fd, LATEDOOR_KEPT_MAX), 0);
	parts = parts_of(door, socket_fd, wait_ms);
	assert_int_equal(http_open(&parts, &door->http, NULL), 0);
}

void latedoor_close(struct latedoor *door)
{
	door->http = http_close(door->http);
	loop_close(door->loop);
	throttle_free(door->throttle);
	admit_free(door->admit);
	(void)unlink(door->address.sun_path);
	assert_int_equal(rmdir(door->folder), 0);
	(void)close(door->log.fd);
}

void latedoor_turn(struct latedoor *door)
{
	int patience = http_patience(door->http);

	assert_int_equal(loop_turn(door->loop, patience >= 0 && patience < 10 ? patience : 10), 0);
	http_turn(door->http);
}

void latedoor_try_again(struct latedoor *door, uint64_t end)
{
	assert_true(clock_steady_ms() < end);
	latedoor_turn(door);
}

int latedoor_ask(struct latedoor *door, const char *text)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&door->address, sizeof(door->address)), 0);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return fd;
}

bool latedoor_hear(struct latedoor *door, int fd, const char *text)
{
	uint64_t end = clock_steady_ms() + LATEDOOR_SOON_MS;
	size_t length = 0;

	latedoor_heard[0] = '\0';
	while (!strstr(latedoor_heard, text)) {
		ssize_t more = recv(fd, latedoor_heard + length,
			sizeof(latedoor_heard) - 1 - length, MSG_DONTWAIT);

		if (more == 0 || (more < 0 && errno != EAGAIN))
			return false;
		length += more > 0 ? (size_t)more : 0;
		latedoor_heard[length] = '\0';
		assert_true(clock_steady_ms() < end);
		if (more < 0)
			latedoor_turn(door);
	}
	return true;
}

void latedoor_end_one(struct latedoor *door, size_t at, const char *text)
{
	struct route_reply reply = {.is_private = true};

	say(&reply, 200, text);
	later_end(door->sessions.kept[at], &reply);
	assert_null(reply.body);
	assert_int_equal(reply.status, 0);
}
