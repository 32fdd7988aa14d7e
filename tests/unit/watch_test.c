// What of a folder's life a watch tells, by inotify and by looks alone.
// SPDX-License-Identifier: MIT
#include "loader/deliver/watch.h"

#include "loader/resolve/whereabouts.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static char folder[] = "/tmp/watch_test.XXXXXX";

static const char *below(const char *name)
{
	static char paths[4][PATH_MAX];
	static size_t next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	(void)snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text)
{
	own_fd int fd = open(below(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static bool tells(struct watch *watch)
{
	struct pollfd ready = {.fd = watch_fd(watch), .events = POLLIN};

	return poll(&ready, 1, 0) > 0 && watch_take(watch);
}

static void set(struct watch *watch, enum whereabouts_kind kind, const char *name)
{
	const struct whereabouts list[] = {{kind, below(name)}};
	bool grown;

	assert_int_equal(watch_set(watch, list, 1, &grown), 0);
	(void)tells(watch);
}

// A thing that is done, and whether it counts for each kind of watch on ./sub or ./sub/.env.
static void write_env(void)
{
	put("sub/.env", "longer than before");
}
static void write_other(void)
{
	put("sub/log", "x");
}
static void rename_over(void)
{
	put("sub/new", "1");
	assert_int_equal(rename(below("sub/new"), below("sub/.env")), 0);
}
static void remove_env(void)
{
	assert_int_equal(unlink(below("sub/.env")), 0);
}
static void rename_folder(void)
{
	assert_int_equal(rename(below("sub"), below("away")), 0);
}
static void read_env(void)
{
	char byte;
	own_fd int fd = open(below("sub/.env"), O_RDONLY | O_CLOEXEC);

	assert_int_equal(read(fd, &byte, 1), 1);
}

static const struct {
	const char *name;
	void (*act)(void);
	bool file, env, all; // whether it counts for a file, an env folder, a folder
} cases[] = {
	{"the file is written", write_env, true, true, true},
	{"another one is", write_other, false, false, true},
	{"it is renamed over", rename_over, true, true, true},
	{"it is removed", remove_env, true, true, true},
	{"its folder is renamed", rename_folder, true, true, true},
	{"it is read", read_env, false, false, false},
};

static void begin(void)
{
	assert_int_equal(mkdir(below("sub"), 0700), 0);
	put("sub/.env", "a");
}

static void end(void)
{
	static const char *const names[] = {"sub/.env", "sub/log", "sub/new", "away/.env"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(below(names[i]));
	(void)rmdir(below("sub"));
	(void)rmdir(below("away"));
}

static void try_case(size_t index, enum whereabouts_kind kind, const char *path, bool expected)
{
	struct watch *watch = watch_open(false);

	if (!watch)
		abort();
	begin();
	set(watch, kind, path);
	cases[index].act();
	if (tells(watch) != expected)
		fail_msg("%s, %s", cases[index].name, path);
	assert_int_equal(watch_trouble(watch), 0);
	assert_int_equal(watch_look_ms(watch), WATCH_LOOK_MS);
	watch_close(watch);
	end();
}

static void the_kernel_tells_what_counts_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		try_case(i, WHEREABOUTS_FILE, "sub/.env", cases[i].file);
		try_case(i, WHEREABOUTS_ENV, "sub", cases[i].env);
		try_case(i, WHEREABOUTS_FOLDER, "sub", cases[i].all);
	}
}

static void a_look_sees_what_happened_to_a_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct watch *watch = watch_open(true);

		if (!watch)
			abort();
		begin();
		set(watch, WHEREABOUTS_FILE, "sub/.env");
		assert_int_equal(watch_fd(watch), -1);
		assert_int_equal(watch_look_ms(watch), WATCH_BLIND_LOOK_MS);
		assert_false(watch_look(watch));
		cases[i].act();
		if (watch_look(watch) != cases[i].file)
			fail_msg("%s", cases[i].name);
		assert_false(watch_look(watch));
		watch_close(watch);
		end();
	}
}

static void what_changed_between_a_look_and_the_next_list_is_told(void **state)
{
	struct watch *watch = watch_open(true);
	const struct whereabouts list[] = {{WHEREABOUTS_FILE, below("sub/.env")}};
	bool grown = false;

	(void)state;
	if (!watch)
		abort();
	begin();
	assert_int_equal(watch_set(watch, list, 1, &grown), 0);
	assert_true(grown);
	(void)watch_look(watch);
	assert_int_equal(watch_set(watch, list, 1, &grown), 0);
	assert_false(grown);
	put("sub/.env", "while it was read");
	assert_int_equal(watch_set(watch, list, 1, &grown), 0);
	assert_true(grown);
	watch_close(watch);
	end();
}

static void what_is_absent_is_seen_to_come(void **state)
{
	struct watch *watch = watch_open(false);

	(void)state;
	if (!watch)
		abort();
	set(watch, WHEREABOUTS_FILE, "sub/.env"); // no sub yet
	assert_int_equal(mkdir(below("sub"), 0700), 0);
	assert_true(tells(watch));
	set(watch, WHEREABOUTS_FILE, "sub/.env");
	put("sub/.env", "a");
	assert_true(tells(watch));
	watch_close(watch);
	end();
}

static void links_are_followed_and_watched_where_they_lie(void **state)
{
	struct watch *watch = watch_open(false);

	(void)state;
	if (!watch)
		abort();
	begin();
	assert_int_equal(symlink("sub", below("link")), 0);
	assert_int_equal(symlink("loop", below("loop")), 0);
	set(watch, WHEREABOUTS_FILE, "link/.env");
	put("sub/.env", "behind it");
	assert_true(tells(watch));
	assert_int_equal(symlink("other", below("new")), 0);
	assert_false(tells(watch));
	assert_int_equal(rename(below("new"), below("link")), 0);
	assert_true(tells(watch));
	set(watch, WHEREABOUTS_FILE, "loop/.env"); // ends
	(void)unlink(below("loop"));
	assert_true(tells(watch));
	(void)unlink(below("link"));
	watch_close(watch);
	end();
}

static void a_folder_is_grown_into_once(void **state)
{
	struct watch *watch = watch_open(false);
	bool grown = false;

	(void)state;
	if (!watch)
		abort();
	begin();
	{
		const struct whereabouts list[] = {{WHEREABOUTS_FOLDER, below("sub")}};

		assert_int_equal(watch_set(watch, list, 1, &grown), 0);
		assert_true(grown);
		assert_int_equal(watch_set(watch, list, 1, &grown), 0);
		assert_false(grown);
	}
	assert_int_equal(watch_set(watch, NULL, 0, &grown), 0);
	(void)tells(watch);
	put("sub/.env", "nobody cares");
	assert_false(tells(watch));
	watch_close(watch);
	end();
}

// Whether it is looked at as often as where the kernel tells nothing.
static bool is_looked_at_often(void)
{
	const struct whereabouts list[] = {{WHEREABOUTS_FILE, below("sub/.env")}};
	struct watch *watch = watch_open(false);
	bool grown, often;

	often = watch && watch_set(watch, list, 1, &grown) == 0 && !watch_trouble(watch) &&
		watch_look_ms(watch) == WATCH_BLIND_LOOK_MS;
	watch_close(watch);
	return often;
}

static void a_folder_that_cannot_be_listed_is_looked_at(void **state)
{
	int status;
	pid_t child;

	(void)state;
	begin();
	assert_false(is_looked_at_often());
	assert_int_equal(chmod(folder, 0711), 0);
	assert_int_equal(chmod(below("sub"), 0111), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) // root may list all
		_exit(geteuid() == 0 && setuid(65534) < 0 ? 2 : !is_looked_at_often());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(below("sub"), 0700), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_tells_what_counts_and_nothing_else),
		cmocka_unit_test(a_look_sees_what_happened_to_a_file),
		cmocka_unit_test(what_changed_between_a_look_and_the_next_list_is_told),
		cmocka_unit_test(what_is_absent_is_seen_to_come),
		cmocka_unit_test(links_are_followed_and_watched_where_they_lie),
		cmocka_unit_test(a_folder_is_grown_into_once),
		cmocka_unit_test(a_folder_that_cannot_be_listed_is_looked_at),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(folder);
	return failed;
}
