// When the service manager is told that the loop turns, and when it did not ask.
// SPDX-License-Identifier: MIT
#include "verifier/watchdog.h"

#include "lib/base/clock.h"
#include "lib/base/loop.h"
#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

static const struct {
	const char *prose, *period, *who;
	bool asked;
} cases[] = {
	{"nobody asks", NULL, NULL, false},
	{"a period", "60000000", NULL, true},
	{"for this process", "60000000", "us", true},
	{"for another one", "60000000", "1", false},
	{"for nobody that there is", "60000000", "4294967296", false},
	{"for a word", "60000000", "me", false},
	{"no period", "0", NULL, false},
	{"a period that is a word", "often", NULL, false},
	{"an empty one", "", NULL, false},
	{"a negative one", "-1", NULL, false},
	{"one below a millisecond", "1", NULL, true},
	{"the longest", "9223372036854775807", NULL, true},
	{"one over it", "9223372036854775808", NULL, false},
};

static void set(const char *name, const char *text)
{
	assert_int_equal(text ? setenv(name, text, 1) : unsetenv(name), 0);
}

// Who asks listens at an abstract name of the kernel's.
static int listen_as_manager(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(address);
	char name[sizeof(address.sun_path) + 1] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	(void)snprintf(name, sizeof(name), "@%.*s",
		(int)(size - offsetof(struct sockaddr_un, sun_path) - 1), address.sun_path + 1);
	set("NOTIFY_SOCKET", name);
	return fd;
}

static bool was_told(int manager)
{
	char text[64] = "";
	ssize_t got = recv(manager, text, sizeof(text) - 1, 0);

	if (got < 0)
		return false;
	assert_string_equal(text, "WATCHDOG=1");
	return true;
}

static void the_manager_is_told_where_it_asks_us(void **state)
{
	own_fd int manager = listen_as_manager();
	struct loop *loop;
	char pid[16];

	(void)state;
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(loop_open(&loop), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct watchdog *watchdog;
		bool us = cases[i].who && text_equal(cases[i].who, "us");

		set("WATCHDOG_USEC", cases[i].period);
		set("WATCHDOG_PID", us ? pid : cases[i].who);
		watchdog = watchdog_new(loop);
		if (!watchdog != !cases[i].asked || was_told(manager) != cases[i].asked)
			fail_msg("%s", cases[i].prose);
		watchdog_free(watchdog);
	}
	loop_close(loop);
}

static void it_is_told_again_within_the_period(void **state)
{
	own_fd int manager = listen_as_manager();
	uint64_t begun, passed = 0;
	struct watchdog *watchdog;
	struct loop *loop;

	(void)state;
	set("WATCHDOG_PID", NULL);
	set("WATCHDOG_USEC", "2000000");
	assert_int_equal(loop_open(&loop), 0);
	begun = clock_steady_ms();
	watchdog = watchdog_new(loop);
	if (!watchdog)
		abort();
	assert_true(was_told(manager));
	while (passed < 2000 && !was_told(manager)) {
		assert_int_equal(loop_turn(loop, 100), 0);
		passed = clock_steady_ms() - begun;
	}
	assert_true(passed >= 990 && passed < 2000); // half of it, or a little more
	watchdog_free(watchdog);
	assert_int_equal(loop_turn(loop, 0), 0);
	loop_close(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manager_is_told_where_it_asks_us),
		cmocka_unit_test(it_is_told_again_within_the_period),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
