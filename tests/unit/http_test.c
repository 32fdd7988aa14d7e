// The doors of HTTP while epoll_ctl(2) fails, ours and that of libmicrohttpd, which calls the one
// below as well: a start that cannot watch says so, and where the library gives up there is a last
// line in the log.
// SPDX-License-Identifier: MIT
#include "verifier/door/http.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "tests/unit/inchild.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/throttle.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#define SOON_MS 20000
#define SAID_SIZE 4096
#define CALLS_MAX 20

// ---- the call that fails

static struct {
	int operation; // 0: any
	size_t at;     // the call that fails, from 1; 0: none does
	size_t count;
	bool for_good;
} armed;

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the library's begin with __
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	if (armed.at && (!armed.operation || armed.operation == operation)) {
		armed.count++;
		if (armed.count == armed.at || (armed.for_good && armed.count > armed.at)) {
			errno = ENOSPC;
			return -1;
		}
	}
	return (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
}

// ---- a door

struct stand {
	struct log log;
	struct loop *loop;
	struct admit *admit;
	struct throttle *throttle;
	struct answers answers;
	struct sockaddr_un address;
	socklen_t size;
	struct http *http;
};

static int listen_here(struct stand *stand)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	stand->address = (struct sockaddr_un){.sun_family = AF_UNIX};
	stand->size = sizeof(stand->address);
	// the kernel finds a name
	assert_int_equal(bind(fd, (struct sockaddr *)&stand->address, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&stand->address, &stand->size), 0);
	return fd;
}

static void open_stand(struct stand *stand)
{
	*stand = (struct stand){
		.log = {.fd = memfd_create("log", MFD_CLOEXEC), .lowest = LOG_DEBUG}};
	assert_int_equal(loop_open(&stand->loop), 0);
	stand->admit = admit_new(NULL, 0, 8);
	stand->throttle = throttle_new(&stand->log);
	if (!stand->admit || !stand->throttle)
		abort();
}

static int open_http(struct stand *stand, struct err *err)
{
	const struct http_parts parts = {.api = listen_here(stand),
		.tcp = -1,
		.session = -1,
		.session_tcp = -1,
		.loop = stand->loop,
		.admit = stand->admit,
		.answers = &stand->answers,
		.log = &stand->log,
		.throttle = stand->throttle,
		.rules = {.deadline_ms = SOON_MS, .body_max = 1 << 16}};

	return http_open(&parts, &stand->http, err);
}

static void close_stand(struct stand *stand)
{
	http_close(stand->http);
	loop_close(stand->loop);
	throttle_free(stand->throttle);
	admit_free(stand->admit);
	(void)close(stand->log.fd);
}

// ---- tests

static void a_door_that_cannot_be_watched_says_so(void **state)
{
	bool failed = true;

	(void)state;
	for (size_t at = 1; failed && at < CALLS_MAX; at++) {
		struct stand stand;
		struct err err = ERR_NONE;
		int code;

		open_stand(&stand);
		armed = (typeof(armed)){.operation = EPOLL_CTL_ADD, .at = at};
		code = open_http(&stand, &err);
		failed = armed.count >= at;
		armed.at = 0;
		assert_int_equal(code < 0, failed);
		assert_int_equal(code, err.code);
		assert_int_equal(failed, err.what[0] != '\0');
		close_stand(&stand);
	}
	assert_false(failed);
}

static int said; // a memfd that both processes have

// Somebody comes and goes until libmicrohttpd has to take a descriptor out of its set, and cannot.
static int give_up(size_t at)
{
	const struct rlimit none = {0};
	struct stand stand;
	uint64_t end = clock_steady_ms() + SOON_MS;

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGABRT, SIG_DFL); // cmocka's own goes on
	open_stand(&stand);
	stand.log.fd = said;
	if (open_http(&stand, NULL) < 0)
		return 2;
	armed = (typeof(armed)){.operation = EPOLL_CTL_DEL, .at = at, .for_good = true};
	while (clock_steady_ms() < end) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&stand.address, stand.size) < 0)
			return 3;
		for (int turns = 0; turns < 3; turns++) {
			if (turns == 1)
				(void)close(fd);
			if (loop_turn(stand.loop, 10) < 0)
				return 4;
			http_turn(stand.http);
		}
	}
	return 0;
}

static void a_library_that_gives_up_leaves_a_last_line(void **state)
{
	char text[SAID_SIZE];
	ssize_t length;
	int status;

	(void)state;
	said = memfd_create("said", MFD_CLOEXEC);
	status = inchild_run(give_up, 1);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	length = pread(said, text, sizeof(text) - 1, 0);
	assert_true(length > 0);
	text[length] = '\0';
	assert_non_null(strstr(text, "level=error event=http_abort "));
	assert_non_null(strstr(text, "hint="));
	(void)close(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_door_that_cannot_be_watched_says_so),
		cmocka_unit_test(a_library_that_gives_up_leaves_a_last_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
