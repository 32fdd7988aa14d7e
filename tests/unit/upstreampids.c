// Found below /proc by their names.
// SPDX-License-Identifier: MIT
#include "tests/unit/upstreampids.h"

#include "lib/base/text.h"
#include "loader/deliver/descendants.h"
#include "tests/unit/upstreaming.h"
#include "verifier/door/session/upstream.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

#define UPSTREAMPIDS_COMM "samekeyd-upstre"
#define UPSTREAMPIDS_COMM_SPARE "samekeyd-spare"

static enum upstreampids_which which_helper(pid_t pid, bool is_below)
{
	char path[64], name[64] = "";
	own_fd int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, name, sizeof(name) - 1) <= 0)
		return UPSTREAMPIDS_COUNT;
	if (text_starts(name, UPSTREAMPIDS_COMM_SPARE))
		return UPSTREAMPIDS_SPARE;
	return !text_starts(name, UPSTREAMPIDS_COMM) ? UPSTREAMPIDS_COUNT
	       : is_below                            ? UPSTREAMPIDS_KEEPER
						     : UPSTREAMPIDS_WORKER;
}

// Returns: whether there is one of each, and no other that comes or goes.
static bool find_helpers(pid_t parent, struct upstreampids *helpers)
{
	struct descendants descendants = {0};
	size_t found = 0;
	bool is_settled = true;

	assert_int_equal(descendants_read(parent, &descendants), 0);
	for (size_t i = 0; i < descendants.count && is_settled; i++) {
		const struct descendant *member = &descendants.items[i];
		enum upstreampids_which which = which_helper(member->pid, member->parent == parent);

		if (which == UPSTREAMPIDS_COUNT)
			continue;
		is_settled = helpers->handles[which] < 0;
		if (!is_settled)
			break;
		helpers->pids[which] = member->pid;
		helpers->handles[which] = descendants_hold(member);
		found += helpers->handles[which] >= 0;
	}
	descendants_done(&descendants);
	return is_settled && found == UPSTREAMPIDS_COUNT;
}

void upstreampids_let_go(struct upstreampids *helpers)
{
	for (size_t i = 0; i < UPSTREAMPIDS_COUNT; i++) {
		own_fd_release(&helpers->handles[i]);
		helpers->handles[i] = -1;
	}
}

struct upstreampids upstreampids_await(const struct world *world, pid_t parent)
{
	uint64_t deadline = clock_steady_ms() + PATIENCE_MS;
	struct upstreampids helpers = {{-1, -1, -1}, {0}};

	while (!find_helpers(parent, &helpers)) {
		upstreampids_let_go(&helpers);
		assert_true(clock_steady_ms() < deadline);
		assert_int_equal(loop_turn(world->loop, 10), 0);
	}
	return helpers;
}

void upstreampids_assert_end(int handle)
{
	struct pollfd over = {.fd = handle, .events = POLLIN};

	assert_int_equal(poll(&over, 1, (int)PATIENCE_MS), 1);
}

struct upstream *upstreampids_start(const struct world *world)
{
	char url[RELAY_URL_MAX + 1];
	const struct relay_settings settings = {url, NULL, 20000, 60000, 4096};
	struct upstream *upstream = NULL;

	upstreaming_address(world, "http", "plain", "/hang", url);
	assert_int_equal(upstream_start(&settings, 0, &world->log, &upstream, NULL), 0);
	return upstream;
}
