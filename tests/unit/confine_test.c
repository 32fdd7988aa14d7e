// Each means of confinement by itself, in a process of its own: what it lets pass, what it refuses,
// and that nothing comes back. The fences that are made of them have tests of their own.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/confine/callfilter.h"
#include "lib/confine/landlock.h"
#include "lib/confine/privileges.h"
#include "tests/unit/inchild.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

static char folder[] = "/tmp/confine_test.XXXXXX";

static const char *below(const char *name)
{
	static char paths[4][64];
	static size_t next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

// ---- files

static int open_as(const char *path, int flags)
{
	own_fd int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? errno : 0;
}

static int read_file(const char *name)
{
	return open_as(below(name), O_RDONLY);
}

static int list(const char *name)
{
	return open_as(below(name), O_RDONLY | O_DIRECTORY);
}

static int write_file(const char *name)
{
	return open_as(below(name), O_WRONLY);
}

static int cut_off(const char *name)
{
	return open_as(below(name), O_WRONLY | O_TRUNC);
}

static int make(const char *name)
{
	return open_as(below(name), O_WRONLY | O_CREAT | O_EXCL);
}

static int remove_file(const char *name)
{
	return unlink(below(name)) < 0 ? errno : 0;
}

static int remove_folder(const char *name)
{
	return rmdir(below(name)) < 0 ? errno : 0;
}

static const struct {
	const char *prose, *place;
	enum landlock_use use;
	bool reads_all;
	int (*act)(const char *name);
	const char *name;
	int expected;
} files[] = {
	{"read below", "in", LANDLOCK_READ, false, read_file, "in/file", 0},
	{"listed", "in", LANDLOCK_READ, false, list, "in", 0},
	{"read beside", "in", LANDLOCK_READ, false, read_file, "out/file", EACCES},
	{"listed beside", "in", LANDLOCK_READ, false, list, "out", EACCES},
	{"a place that is a file", "in/file", LANDLOCK_READ, false, read_file, "in/file", 0},
	{"and its neighbour", "in/file", LANDLOCK_READ, false, read_file, "in/other", EACCES},
	{"a place that is not there", "none", LANDLOCK_READ, false, read_file, "in/file", EACCES},
	{"written where one reads", "in", LANDLOCK_READ, false, write_file, "in/file", EACCES},
	{"removed where one reads", "in", LANDLOCK_READ, false, remove_file, "in/file", EACCES},
	{"written", "in", LANDLOCK_CHANGE, false, write_file, "in/file", 0},
	{"cut off", "in", LANDLOCK_CHANGE, false, cut_off, "in/file", 0},
	{"made", "in", LANDLOCK_CHANGE, false, make, "in/new", 0},
	{"removed", "in", LANDLOCK_CHANGE, false, remove_file, "in/new", 0},
	{"a folder removed", "in", LANDLOCK_CHANGE, false, remove_folder, "in/sub", EACCES},
	{"made beside", "in", LANDLOCK_CHANGE, false, make, "out/new", EACCES},
	{"only removed", "in", LANDLOCK_REMOVE_FILE, false, remove_file, "in/other", 0},
	{"only removed, and read", "in", LANDLOCK_REMOVE_FILE, false, read_file, "in/file", EACCES},
	{"only folders", "in", LANDLOCK_REMOVE_FOLDER, false, remove_file, "in/file", EACCES},
	{"only folders removed", "in", LANDLOCK_REMOVE_FOLDER, false, remove_folder, "in/sub", 0},
	{"all is read", "in", LANDLOCK_REMOVE_FILE, true, read_file, "out/file", 0},
	{"all is read, not written", "in", LANDLOCK_READ, true, write_file, "out/file", EACCES},
};

// Returns: 0; an errno of what was done; 255: there is no Landlock; 254: it failed.
static int try_file(size_t at)
{
	const struct landlock_place place = {below(files[at].place), files[at].use};
	const struct landlock_rules rules = {
		.places = &place, .count = 1, .reads_all = files[at].reads_all};
	struct err err = ERR_NONE;
	int version;

	if (privileges_keep(&err) < 0)
		return 254;
	version = landlock_enter(&rules, &err);
	if (version <= 0)
		return version ? 254 : 255;
	return files[at].act(files[at].name);
}

static void make_files(void)
{
	static const char *const folders[] = {"in", "in/sub", "out"};
	static const char *const names[] = {"in/file", "in/other", "out/file"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_int_equal(mkdir(below(folders[i]), 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(make(names[i]), 0);
}

static void remove_files(void)
{
	static const char *const names[] = {"in/file", "in/other", "in/new", "out/file", "out/new"};
	static const char *const folders[] = {"in/sub", "in", "out"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(below(names[i]));
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		(void)rmdir(below(folders[i]));
	(void)rmdir(folder);
}

static void files_outside_the_places_are_refused(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	make_files();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int status = inchild_run(try_file, i);

		if (!landlock_version() ? status != 255 << 8 : status != files[i].expected << 8)
			fail_msg("%s: status %x", files[i].prose, (unsigned)status);
	}
	remove_files();
}

// ---- system calls

static const struct callfilter_row rows[] = {
	CALLFILTER_ALWAYS("getppid", EPERM),
	CALLFILTER_ALWAYS("no_such_call", EPERM),
	{"umask", EXDEV, 0, CALLFILTER_INT, 077},
	{"prctl", CALLFILTER_END, 0, CALLFILTER_INT, PR_GET_NAME},
};
static const struct callfilter_row more[] = {
	CALLFILTER_ALWAYS("getpgid", ENOSYS),
	CALLFILTER_ALWAYS("getuid", CALLFILTER_ALLOW), // as all that is in no row
};
static const struct callfilter_table tables[] = {
	{rows, ARRAY_SIZE(rows)}, {more, ARRAY_SIZE(more)}};

static int fails_with(long result)
{
	return result < 0 ? errno : 0;
}

// Returns: 0; which expectation failed; 255: there are no filters.
static int try_calls(size_t at)
{
	int code;

	if (privileges_keep(NULL) < 0)
		return 254;
	code = callfilter_enter(tables, ARRAY_SIZE(tables), CALLFILTER_ALLOW, NULL);
	if (code <= 0)
		return code ? 254 : 255;
	if (at == 1) {
		char name[16];

		(void)prctl(PR_GET_NAME, name);
		return 1; // it goes on
	}
	if (fails_with(syscall(SYS_getppid)) != EPERM ||
		fails_with(syscall(SYS_getpgid, 0)) != ENOSYS)
		return 2;
	if (fails_with(syscall(SYS_umask, 077)) != EXDEV || fails_with(syscall(SYS_umask, 022)))
		return 3; // the argument counts
	if (fails_with(syscall(SYS_getuid)) || prctl(PR_GET_SECCOMP) != 2)
		return 4;
	return 0;
}

// Whether the kernel can filter.
static bool can_filter(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static void a_row_decides_by_call_and_argument(void **state)
{
	int ended, status = inchild_run(try_calls, 0);

	(void)state;
	if (!can_filter()) {
		assert_int_equal(status, 255 << 8);
		return;
	}
	assert_int_equal(status, 0);
	ended = inchild_run(try_calls, 1);
	assert_true(WIFSIGNALED(ended));
	assert_int_equal(WTERMSIG(ended), SIGSYS);
}

static void what_nobody_calls_is_known_by_name(void **state)
{
	(void)state;
	assert_true(callfilter_deadly.count > 50);
	for (size_t i = 0; i < callfilter_deadly.count; i++) {
		assert_int_equal(callfilter_deadly.rows[i].answer, CALLFILTER_END);
		assert_int_equal(callfilter_deadly.rows[i].argument, CALLFILTER_ANY);
	}
}

// ---- where no filter can be made

#define STEP ((size_t)24 << 10)
#define STEPS 100 // to more than all that is needed

enum { IN_FORCE, NO_MEMORY, NO_FILTERS, OTHER };

static int enter_all(void)
{
	const struct callfilter_table all[] = {callfilter_deadly, tables[0], tables[1]};
	int code = callfilter_enter(all, ARRAY_SIZE(all), CALLFILTER_ALLOW, NULL);

	if (code >= 0)
		return code ? IN_FORCE : NO_FILTERS;
	return code == -ENOMEM ? NO_MEMORY : OTHER;
}

static size_t memory_now(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char text[32] = "";
	uint64_t pages;

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	(void)fclose(file);
	text[strcspn(text, " ")] = '\0';
	assert_int_equal(num_parse(text, SIZE_MAX, &pages), 0);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int try_with_little_memory(size_t at)
{
	struct rlimit limit = {memory_now() + at * STEP, RLIM_INFINITY};

	(void)alarm(20); // one that never ends
	if (setrlimit(RLIMIT_AS, &limit) < 0)
		return OTHER;
	return enter_all();
}

static void without_memory_there_is_an_error_and_no_crash(void **state)
{
	int status = 0;

	(void)state;
	if (!callfilter_is_built() || !can_filter()) // a sanitizer needs all addresses
		return;
	assert_int_equal(inchild_run(try_with_little_memory, 0), NO_MEMORY << 8);
	for (size_t i = 1; i < STEPS; i++) {
		status = inchild_run(try_with_little_memory, i);
		if (status != NO_MEMORY << 8 && status != IN_FORCE << 8)
			fail_msg("%zu bytes more: status %x", i * STEP, (unsigned)status);
	}
	assert_int_equal(status, IN_FORCE << 8);
}

static const int refusals[] = {ENOSYS, EINVAL, EPERM, EACCES};

// As a kernel without filters answers, and a container's profile.
static int try_where_it_is_refused(size_t at)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)refusals[at]),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {ARRAY_SIZE(lines), lines};

	if (privileges_keep(NULL) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return OTHER;
	return enter_all();
}

static void where_filters_are_refused_there_is_none_and_no_error(void **state)
{
	(void)state;
	if (!can_filter())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (inchild_run(try_where_it_is_refused, i) != NO_FILTERS << 8)
			fail_msg("%s", strerror(refusals[i]));
}

// ---- privileges

// Whether a line of /proc/self/status is all zeros.
static bool is_none(const char *name)
{
	FILE *status = fopen("/proc/self/status", "re");
	size_t length = strlen(name);
	bool none = false;
	char line[256];

	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, name, length) == 0)
			none = strspn(line + length, ":\t0\n") == strlen(line + length);
	if (status)
		(void)fclose(status);
	return none;
}

static int give_up(size_t at)
{
	static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapAmb"};

	(void)at;
	if (privileges_keep(NULL) < 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 1;
	for (int twice = 0; twice < 2; twice++) // who has none may give up none
		if (privileges_drop(NULL) < 0)
			return 2;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (!is_none(sets[i]))
			return 3 + (int)i;
	return 0;
}

static void no_capability_is_left(void **state)
{
	(void)state;
	assert_int_equal(inchild_run(give_up, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_outside_the_places_are_refused),
		cmocka_unit_test(a_row_decides_by_call_and_argument),
		cmocka_unit_test(what_nobody_calls_is_known_by_name),
		cmocka_unit_test(without_memory_there_is_an_error_and_no_crash),
		cmocka_unit_test(where_filters_are_refused_there_is_none_and_no_error),
		cmocka_unit_test(no_capability_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
