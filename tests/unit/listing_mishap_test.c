// What is read from folders, with each call that opens, lists or reads failing, and for want of
// memory: all that is there, or an error; never a part that is taken for the whole.
// SPDX-License-Identifier: MIT
#include "lib/base/listing.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "loader/deliver/descendants.h"
#include "loader/inspect/doctor/unitset.h"
#include "loader/inspect/running/port.h"
#include "loader/inspect/running/process.h"
#include "tests/unit/mishap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define CALLS_MAX 20000 // more than any reading makes

static char folder[] = "/tmp/samekey-listing-XXXXXX";
static uint16_t port;
static pid_t child;

// A reading: 0 with how many it found, or a negative errno.
struct reading {
	const char *name;
	int (*read)(size_t *ret_found);
};

static int count_name(void *user, int handle, const char *name)
{
	(void)handle;
	*(size_t *)user += text_ends(name, ".service");
	return 0;
}

static int read_names(size_t *ret_found)
{
	return listing_read(AT_FDCWD, folder, count_name, ret_found);
}

static int read_descendants(size_t *ret_found)
{
	struct descendants descendants;
	int code = descendants_read(getpid(), &descendants);

	if (code < 0)
		return code;
	*ret_found = descendants.count;
	descendants_done(&descendants);
	return 0;
}

static int read_units(size_t *ret_found)
{
	own(pool_release) struct pool *pool = pool_new();
	const char *const folders[] = {folder, "/nowhere"};
	struct unitset_gap gap = {0};
	const struct unitset set = {folders, ARRAY_SIZE(folders), pool, &gap};
	const char *const *names;
	int code = pool ? unitset_list(&set, &names, ret_found) : -ENOMEM;

	return code < 0 ? code : gap.code;
}

static int read_drop_ins(size_t *ret_found)
{
	own(pool_release) struct pool *pool = pool_new();
	const char *const folders[] = {folder};
	struct unitset_gap gap = {0};
	const struct unitset set = {folders, ARRAY_SIZE(folders), pool, &gap};
	const char *const *paths;
	bool masked;
	int code = pool ? unitset_files(&set, "1.service", &paths, ret_found, &masked) : -ENOMEM;

	return code < 0 ? code : gap.code;
}

static int read_open_port(size_t *ret_found)
{
	own(pool_release) struct pool *pool = pool_new();
	uid_t owner;
	int code = pool ? port_is_open(port, pool, &owner) : -ENOMEM;

	*ret_found = code == 1;
	return code < 0 ? code : 0;
}

static struct process self;

static int read_own_ports(size_t *ret_found)
{
	own(pool_release) struct pool *pool = pool_new();
	struct process *one = &self;
	int code;

	self.port_count = 0;
	code = pool ? port_find(&one, 1, pool) : -ENOMEM;
	*ret_found = self.port_count;
	return code;
}

static const struct reading readings[] = {
	{"names of a folder", read_names},
	{"descendants", read_descendants},
	{"units", read_units},
	{"drop-ins", read_drop_ins},
	{"who has a port", read_open_port},
	{"own ports", read_own_ports},
};

// The descendants are read from files that come and go: one that cannot be read is gone.
static bool may_be_gone(const struct reading *reading, unsigned kinds)
{
	return reading->read == read_descendants && kinds & (MISHAP_OPEN | MISHAP_READ);
}

static void fail_each(const struct reading *reading, struct mishap mishap)
{
	bool happened = true;
	size_t usual = 0;

	assert_int_equal(reading->read(&usual), 0);
	assert_true(usual > 0);
	for (mishap.at = 1; happened && mishap.at < CALLS_MAX; mishap.at++) {
		size_t found = 0;
		int code;

		mishap_arm(&mishap);
		code = reading->read(&found);
		happened = mishap_disarm();
		if (code == 0 && found != usual)
			fail_msg("%s, call %zu of 0x%x, errno %d: %zu of %zu", reading->name,
				mishap.at, mishap.kinds, mishap.reason, found, usual);
	}
	assert_false(happened);
}

static void no_part_is_taken_for_the_whole(void **state)
{
	static const struct mishap mishaps[] = {
		{.kinds = MISHAP_LIST, .reason = EIO},
		{.kinds = MISHAP_LIST, .reason = EIO, .for_good = true},
		{.kinds = MISHAP_MEMORY, .reason = ENOMEM},
		{.kinds = MISHAP_OPEN, .reason = EMFILE},
		{.kinds = MISHAP_OPEN, .reason = EIO},
		{.kinds = MISHAP_READ, .reason = EIO},
		{.kinds = MISHAP_READ, .reason = EINTR},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(readings) * ARRAY_SIZE(mishaps); i++) {
		const struct reading *reading = &readings[i / ARRAY_SIZE(mishaps)];
		const struct mishap *mishap = &mishaps[i % ARRAY_SIZE(mishaps)];

		if (!may_be_gone(reading, mishap->kinds))
			fail_each(reading, *mishap);
	}
}

static int end_it(void *user, int handle, const char *name)
{
	(void)handle, (void)name;
	return ++*(int *)user == 2 ? 7 : 0;
}

static void a_visitor_ends_the_listing(void **state)
{
	int visits = 0;

	(void)state;
	assert_int_equal(listing_read(AT_FDCWD, folder, end_it, &visits), 7);
	assert_int_equal(visits, 2);
	assert_int_equal(listing_read(AT_FDCWD, "/nowhere", end_it, &visits), -ENOENT);
	assert_int_equal(listing_read(AT_FDCWD, "/proc/self/stat", end_it, &visits), -ENOTDIR);
}

// ---- the scene

static int listen_somewhere(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) < 0 ||
		listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&address, &size) < 0)
		return -1;
	port = ntohs(address.sin_port);
	return 0;
}

static int see_self(void)
{
	static struct pool *pool;
	static struct secret_arena *arena;
	const struct process_query query = {.below = getpid()};
	struct process_list list;
	struct err err = ERR_NONE;

	pool = pool_new();
	if (!pool || secret_arena_open(NULL, &arena, NULL) < 0 ||
		process_look(&query, arena, pool, &list, &err) < 0 ||
		!process_find(&list, getpid()))
		return -1;
	self = *process_find(&list, getpid());
	return 0;
}

static int set_up(void **state)
{
	static const char *const names[] = {"/1.service", "/2.service", "/3.service",
		"/1.service.d/a.conf", "/1.service.d/b.conf"};
	char path[64];

	(void)state;
	if (!mkdtemp(folder) || snprintf(path, sizeof(path), "%s/1.service.d", folder) < 0 ||
		mkdir(path, 0700) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		own_fd int fd = -1;

		(void)snprintf(path, sizeof(path), "%s%s", folder, names[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
	}
	child = fork();
	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	return child < 0 || listen_somewhere() < 0 ? -1 : see_self();
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void)facts, (void)type, (void)at;
	return remove(path);
}

static int tear_down(void **state)
{
	(void)state;
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_part_is_taken_for_the_whole),
		cmocka_unit_test(a_visitor_ends_the_listing),
	};

	return cmocka_run_group_tests_name("listing mishaps", tests, set_up, tear_down);
}
