// What is told to a service manager that listens, does not, or is not there.
// SPDX-License-Identifier: MIT
#include "lib/base/notify.h"

#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#define OFFERS 20
#define PATIENCE_MS 400
#define BUDGET_MS 5000 // waiting for each would take ten seconds

// A manager at an abstract address; the caller closes it.
static int listen_as(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char variable[sizeof(address.sun_path)];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	size_t size = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);

	assert_true(fd >= 0);
	memcpy(address.sun_path + 1, name, strlen(name));
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, (socklen_t)size), 0);
	(void)snprintf(variable, sizeof(variable), "@%s", name);
	assert_int_equal(setenv("NOTIFY_SOCKET", variable, 1), 0);
	return fd;
}

static size_t hear_all(int fd)
{
	char text[512];
	size_t count = 0;

	while (recv(fd, text, sizeof(text), 0) >= 0)
		count++;
	return count;
}

static void a_manager_that_hears_nothing_is_waited_for_once(void **state)
{
	char name[64];
	uint64_t start;
	int fd;

	(void)state;
	(void)snprintf(name, sizeof(name), "samekey-notify-%d", (int)getpid());
	fd = listen_as(name);
	for (unsigned i = 0; i < 1000; i++)
		notify_send("STATUS=%u", i); // more than the queue of a socket holds
	start = clock_steady_ms();
	for (unsigned i = 0; i < OFFERS; i++)
		assert_false(notify_send_descriptor("FDSTORE=1", 0));
	assert_true(clock_steady_ms() - start < BUDGET_MS);
	assert_true(hear_all(fd) > 0);
	assert_true(notify_send_descriptor("FDSTORE=1", 0)); // it has come to
	assert_int_equal(hear_all(fd), 1);
	assert_int_equal(close(fd), 0);
}

static void a_state_waits_for_a_manager_that_is_busy(void **state)
{
	char name[64];
	uint64_t start;
	int fd;

	(void)state;
	(void)snprintf(name, sizeof(name), "samekey-notify-busy-%d", (int)getpid());
	fd = listen_as(name);
	for (unsigned i = 0; i < 1000; i++)
		notify_send("STATUS=%u", i);
	start = clock_steady_ms();
	notify_send_surely("READY=1");
	assert_true(clock_steady_ms() - start >= PATIENCE_MS);
	(void)hear_all(fd);
	notify_send_surely("READY=1");
	assert_int_equal(hear_all(fd), 1);
	assert_int_equal(close(fd), 0);
}

static void where_nobody_listens_nothing_is_kept(void **state)
{
	static const char *const places[] = {"", "relative", "/", "/dev/null",
		"/nonexistent/socket", "@samekey-nobody-listens-here"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		assert_int_equal(setenv("NOTIFY_SOCKET", places[i], 1), 0);
		notify_send("READY=1");
		notify_send_surely("READY=1");
		if (notify_send_descriptor("FDSTORE=1", 0))
			fail_msg("'%s' took it", places[i]);
	}
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_false(notify_send_descriptor("FDSTORE=1", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manager_that_hears_nothing_is_waited_for_once),
		cmocka_unit_test(a_state_waits_for_a_manager_that_is_busy),
		cmocka_unit_test(where_nobody_listens_nothing_is_kept),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
