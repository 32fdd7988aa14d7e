// Lines of /proc as kernels write them, and as nobody should.
// SPDX-License-Identifier: MIT
#include "lib/base/procfs.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define REST \
	" 4194560 100 0 0 0 3 1 0 0 20 0 7 0 8812 1073741824 12000 18446744073709551615 4096 " \
	"8192 " \
	"140733 0 0 0 0 4096 81921 0 0 0 17 1 0 0 0 0 0 12288 16384 20480 140722 140786 140786 " \
	"140999 0"
#define BETWEEN \
	" 4194560 100 0 0 0 3 1 0 0 20 0 7 0 8812 1073741824 12000 18446744073709551615 0 0 " \
	"0 0 0 0 0 4096 81921 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0"

static const struct {
	const char *what, *text;
	int code;
	pid_t pid, parent;
	const char *name;
	char state;
	bool kernel;
	uint64_t start, environ_at, environ_end;
} stats[] = {
	{"a program", "42 (node) S 7 42 42 0 -1" REST "\n", 0, 42, 7, "node", 'S', false, 8812,
		140786, 140999},
	{"a name with blanks and parentheses", "42 (a) R 1 (b c)) Z 9 42 42 0 -1" REST, 0, 42, 9,
		"a) R 1 (b c)", 'Z', false, 8812, 140786, 140999},
	{"an empty name", "42 () S 7 42 42 0 -1" REST, 0, 42, 7, "", 'S', false, 8812, 140786,
		140999},
	{"a line end in the name, as the kernel writes it", "42 (a\\nb) S 7 42 42 0 -1" REST, 0, 42,
		7, "a\\nb", 'S', false, 8812, 140786, 140999},
	{"between two programs", "42 (node) R 7 42 42 0 -1" BETWEEN, 0, 42, 7, "node", 'R', false,
		8812, 0, 0},
	{"one that is being reaped, which has no session any more", "42 (node) X 0 -1 -1 0 -1" REST,
		0, 42, 0, "node", 'X', false, 8812, 140786, 140999},
	{"a thread of the kernel",
		"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 1 0 0", 0, 2, 0,
		"kthreadd", 'S', true, 5, 0, 0},
	{"the first process, as old as the machine",
		"1 (init) S 0 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0", 0, 1, 0, "init",
		'S', false, 0, 0, 0},
	{"nothing", "", -EINVAL, 0, 0, NULL, 0, false, 0, 0, 0},
	{"no name", "42 node S 7", -EINVAL, 0, 0, NULL, 0, false, 0, 0, 0},
	{"too few fields", "42 (node) S 7 42 42 0 -1 0 0", -EINVAL, 0, 0, NULL, 0, false, 0, 0, 0},
	{"a pid that is none", "x (node) S 7 42 42 0 -1" REST, -EINVAL, 0, 0, NULL, 0, false, 0, 0,
		0},
	{"a parent that no pid_t holds", "42 (node) S 4294967297 42 42 0 -1" REST, -EINVAL, 0, 0,
		NULL, 0, false, 0, 0, 0},
	{"parentheses the wrong way round", "42 )node( S 7 42 42 0 -1" REST, -EINVAL, 0, 0, NULL, 0,
		false, 0, 0, 0},
	{"a name longer than any",
		"42 (12345678901234567890123456789012345678901234567890123456789012345) S 7 42 42 "
		"0 "
		"-1" REST,
		-EINVAL, 0, 0, NULL, 0, false, 0, 0, 0},
};

static void a_stat_line_is_read_whole_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stats); i++) {
		struct procfs_stat stat = {0};
		int code = procfs_stat(stats[i].text, strlen(stats[i].text), &stat);

		print_message("%s\n", stats[i].what);
		assert_int_equal(code, stats[i].code);
		if (code < 0)
			continue;
		assert_int_equal(stat.pid, stats[i].pid);
		assert_int_equal(stat.parent, stats[i].parent);
		assert_string_equal(stat.name, stats[i].name);
		assert_int_equal(stat.state, stats[i].state);
		assert_int_equal(stat.kernel, stats[i].kernel);
		assert_int_equal(stat.start, stats[i].start);
		assert_int_equal(stat.forming, stats[i].state == 'R' || stats[i].kernel);
		assert_int_equal(stat.environ_at, stats[i].environ_at);
		assert_int_equal(stat.environ_end, stats[i].environ_end);
	}
}

static const struct {
	const char *what, *flags, *signals;
	bool exiting, killed;
} ends[] = {
	{"a program", "4194560", "0", false, false},
	{"on its way out", "4194564", "0", true, false},
	{"SIGKILL waits for it", "4194560", "256", false, true},
	{"SIGTERM waits for it", "4194560", "16384", false, false},
};

static void who_is_about_to_end_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct procfs_stat stat = {0};
		char text[PROCFS_STAT_MAX];

		(void)snprintf(text, sizeof(text),
			"42 (node) S 7 42 42 0 -1 %s 100 0 0 0 3 1 0 0 20 0 7 0 8812 1073741824 "
			"12000 18446744073709551615 4096 8192 140733 0 0 %s 0 0 0",
			ends[i].flags, ends[i].signals);
		print_message("%s\n", ends[i].what);
		assert_int_equal(procfs_stat(text, strlen(text), &stat), 0);
		assert_int_equal(stat.exiting, ends[i].exiting);
		assert_int_equal(stat.killed, ends[i].killed);
		assert_false(procfs_is_over(&stat));
	}
}

static void a_process_is_read_by_its_number(void **state)
{
	struct procfs_stat stat = {0};

	(void)state;
	assert_int_equal(procfs_stat_of(getpid(), &stat), 0);
	assert_int_equal(stat.pid, getpid());
	assert_int_equal(stat.parent, getppid());
	assert_false(procfs_is_over(&stat));
	assert_int_equal(procfs_stat_of(-1, &stat), -ENOENT);
}

static const struct {
	const char *what, *line;
	int code;
	struct procfs_socket socket;
} sockets[] = {
	{"a server",
		"   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 "
		"  "
		"     0 4711 1 0000000013",
		0, {true, 3000, 1000, 4711}},
	{"a server by IPv6",
		"   3: 00000000000000000000000001000000:01BB 00000000000000000000000000000000:0000 "
		"0A "
		"00000000:00000000 00:00000000 00000000     0        0 88 1 0",
		0, {true, 443, 0, 88}},
	{"a connection",
		"  12: 0100007F:0BB8 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000  1000 "
		"  "
		"     0 99 1 0",
		0, {false, 3000, 1000, 99}},
	{"the head of the table",
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid "
		" "
		"timeout inode",
		-EINVAL, {false, 0, 0, 0}},
	{"cut in the middle", "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000", -EINVAL,
		{false, 0, 0, 0}},
	{"a port of five digits", "   0: 0100007F:10BB8 00000000:0000 0A 0:0 00:0 0  1000 0 4711 1",
		-EINVAL, {false, 0, 0, 0}},
	{"nothing", "", -EINVAL, {false, 0, 0, 0}},
};

static void a_line_of_sockets_is_read_whole_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		struct procfs_socket socket = {0};
		int code = procfs_socket(sockets[i].line, strlen(sockets[i].line), &socket);

		print_message("%s\n", sockets[i].what);
		assert_int_equal(code, sockets[i].code);
		assert_int_equal(socket.listens, sockets[i].socket.listens);
		assert_int_equal(socket.port, sockets[i].socket.port);
		assert_int_equal(socket.uid, sockets[i].socket.uid);
		assert_int_equal(socket.inode, sockets[i].socket.inode);
	}
}

static const struct {
	const char *target, *kind;
	bool is;
	uint64_t number;
} links[] = {
	{"socket:[4711]", "socket", true, 4711},
	{"net:[4026531840]", "net", true, 4026531840},
	{"socket:[]", "socket", false, 0},
	{"socket:[4711", "socket", false, 0},
	{"socket:[47x1]", "socket", false, 0},
	{"socket:[99999999999999999999]", "socket", false, 0},
	{"pipe:[4711]", "socket", false, 0},
	{"/tmp/socket:[4711]", "socket", false, 0},
	{"", "socket", false, 0},
};

static void a_link_is_of_its_kind_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		uint64_t number = 0;

		assert_int_equal(procfs_link(links[i].target, strlen(links[i].target),
					 links[i].kind, &number),
			links[i].is);
		assert_int_equal(links[i].is ? number : 0, links[i].number);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stat_line_is_read_whole_or_refused),
		cmocka_unit_test(who_is_about_to_end_is_known),
		cmocka_unit_test(a_process_is_read_by_its_number),
		cmocka_unit_test(a_line_of_sockets_is_read_whole_or_refused),
		cmocka_unit_test(a_link_is_of_its_kind_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
