// The store in a Redis behind real stunnels, with the settings that packaging/redis ships: it does
// what every store does, and gives nothing to an impostor.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "tests/unit/redisserver.h"
#include "tests/unit/store_contract.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#define WAIT_MS 20000

static struct redisserver server;
static char url[128];
static uint16_t port;
static pid_t far = 0, near = 0;

static uint16_t free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(at);
	own_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &length), 0);
	return ntohs(at.sin_port);
}

static bool listens_at(uint16_t at_port)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(at_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	own_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
}

static pid_t tunnel(const char *name)
{
	char conf[128];

	(void)snprintf(conf, sizeof(conf), "%s/%s.conf", server.folder, name);
	return redisserver_run("stunnel4", (const char *const[]){conf, NULL}, -1);
}

static void end_tunnel(pid_t *pid)
{
	if (*pid <= 0)
		return;
	(void)kill(*pid, SIGKILL);
	(void)waitpid(*pid, NULL, 0);
	*pid = 0;
}

static struct store *opened(void *owner)
{
	struct store *store = NULL;
	struct err err = ERR_NONE;

	(void)owner;
	if (store_open(&(struct store_options){.url = url, .timeout_ms = 2000}, &store, &err) < 0)
		fail_msg("%s", err.what);
	return store;
}

// Asks until the store answers, or until it says something.
static void await(struct store *store, const char *said)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	uint64_t deadline_ms = clock_steady_ms() + WAIT_MS;

	for (;;) {
		int rc = store_sweep(store, 0);

		if (said ? rc < 0 && strstr(store->why, said) : rc == 0)
			return;
		if (clock_steady_ms() > deadline_ms)
			fail_msg("%d: %s", rc, store->why);
		(void)nanosleep(&pause, NULL);
	}
}

static void through_a_tunnel_it_does_what_every_store_does(void **state)
{
	struct store *store = opened(NULL);

	(void)state;
	await(store, NULL);
	store_contract_hold(opened, NULL);
	store_contract_hold_batch(opened, NULL);
	end_tunnel(&far);
	await(store, "it closed the connection");
	far = tunnel("far");
	await(store, NULL);
	assert_null(store_close(store));
}

static void an_impostor_at_the_other_end_gets_nothing(void **state)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	uint64_t deadline_ms = clock_steady_ms() + WAIT_MS;
	struct store *store;

	(void)state;
	end_tunnel(&far);
	far = tunnel("impostor");
	while (!listens_at(port)) {
		assert_true(clock_steady_ms() < deadline_ms);
		(void)nanosleep(&pause, NULL);
	}
	store = opened(NULL);
	await(store, "it closed the connection");
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(store_sweep(store, 0), -EAGAIN);
	assert_null(store_close(store));
}

static int start(void **state)
{
	char text[8];
	int status;
	pid_t pid;

	(void)state;
	redisserver_start(&server);
	port = free_port();
	(void)snprintf(text, sizeof(text), "%u", port);
	pid = fork();
	if (pid == 0) {
		(void)execl("tests/unit/redistunnel", "redistunnel", server.folder, server.socket,
			text, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)snprintf(url, sizeof(url), "redis://%s/near.sock", server.folder);
	far = tunnel("far");
	near = tunnel("near");
	return 0;
}

static int end(void **state)
{
	(void)state;
	end_tunnel(&near);
	end_tunnel(&far);
	redisserver_end(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(through_a_tunnel_it_does_what_every_store_does),
		cmocka_unit_test(an_impostor_at_the_other_end_gets_nothing),
	};

	return cmocka_run_group_tests(tests, start, end);
}
