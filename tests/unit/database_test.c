// The file of a store: whose it is, who else has it, a file that is moved away, and a disk
// without room. What is refused is not changed.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"

#include "tests/unit/storefile.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define ROOM 98304 // bytes of a file on the full disk
#define PAGE 4096

// ---- whose it is

static mode_t mode_of(const char *path)
{
	struct stat facts;

	assert_int_equal(lstat(path, &facts), 0);
	return facts.st_mode & 07777;
}

static void files_are_nobody_elses(void **state)
{
	struct storefile *scene = *state;
	struct store_op op = storefile_about(STORE_CREATE, 1);
	char beside[sizeof(scene->path)];

	(void)snprintf(scene->path, sizeof(scene->path), "%s/in/s.db", scene->folder);
	assert_int_equal(storefile_open(scene), 0);
	assert_int_equal(storefile_apply(scene, &op), 0);
	(void)snprintf(beside, sizeof(beside), "%s/in", scene->folder);
	assert_int_equal(mode_of(beside), 0700);
	assert_int_equal(mode_of(scene->path), 0600);
	(void)snprintf(beside, sizeof(beside), "%s/in/s.db-wal", scene->folder);
	assert_int_equal(mode_of(beside), 0600);
	(void)snprintf(beside, sizeof(beside), "%s/in/s.db-shm", scene->folder);
	assert_int_equal(mode_of(beside), 0600);
	scene->store = store_close(scene->store);
	assert_int_equal(chmod(scene->path, 0644), 0);
	assert_int_equal(storefile_open(scene), 0);
	assert_int_equal(mode_of(scene->path), 0600); // who could read it no longer can
}

static void link_away(const struct storefile *scene, const char *path)
{
	char away[sizeof(scene->path)];

	(void)snprintf(away, sizeof(away), "%s/away", scene->folder);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(symlink(away, path), 0);
}

static void make_link(const struct storefile *scene)
{
	link_away(scene, scene->path);
}

static void make_hard_link(const struct storefile *scene)
{
	char other[sizeof(scene->path)];

	(void)snprintf(other, sizeof(other), "%s/other", scene->folder);
	assert_int_equal(link(scene->path, other), 0);
}

static void make_folder(const struct storefile *scene)
{
	assert_int_equal(unlink(scene->path), 0);
	assert_int_equal(mkdir(scene->path, 0700), 0);
}

static void make_fifo(const struct storefile *scene)
{
	assert_int_equal(unlink(scene->path), 0);
	assert_int_equal(mkfifo(scene->path, 0600), 0);
}

static void make_group_writable(const struct storefile *scene)
{
	assert_int_equal(chmod(scene->path, 0660), 0);
}

static void make_folder_writable(const struct storefile *scene)
{
	assert_int_equal(chmod(scene->folder, 0777), 0);
}

static void make_folder_sticky(const struct storefile *scene)
{
	assert_int_equal(chmod(scene->folder, 01777), 0);
}

static void make_log_a_link(const struct storefile *scene)
{
	assert_int_equal(symlink("/dev/null", scene->wal), 0);
}

static void make_somebody_elses(const struct storefile *scene)
{
	if (geteuid() == 0)
		assert_int_equal(chown(scene->path, 12345, 12345), 0);
	else
		make_folder_writable(scene); // only root can give files away
}

static const struct storefile_trouble of_others[] = {
	{"a link", make_link, -EPERM},
	{"several names", make_hard_link, -EPERM},
	{"a folder", make_folder, -EISDIR},
	{"a pipe", make_fifo, -EPERM},
	{"the group can write it", make_group_writable, -EPERM},
	{"everybody can write the folder", make_folder_writable, -EPERM},
	{"everybody can make files in the folder", make_folder_sticky, -EPERM},
	{"the log is a link", make_log_a_link, -EPERM},
	{"somebody else's", make_somebody_elses, -EPERM},
};

static void what_others_could_change_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_others); i++) {
		struct storefile *scene;
		int code;

		if (i > 0) // a folder of its own for each
			assert_int_equal(storefile_set_up(state), 0);
		scene = *state;
		storefile_fill(scene);
		scene->store = store_close(scene->store);
		of_others[i].make(scene);
		code = storefile_open(scene);
		if (code != of_others[i].code || !scene->err.what[0])
			fail_msg("%s: %d: %s", of_others[i].what, code, scene->err.what);
		if (i + 1 < ARRAY_SIZE(of_others))
			(void)storefile_tear_down(state);
	}
}

static void one_process_has_it(void **state)
{
	struct storefile *scene = *state;
	const struct store_options options = {.url = scene->path};
	struct store *second = NULL;
	int status;
	pid_t child;

	storefile_fill(scene);
	assert_int_equal(store_open(&options, &second, &scene->err), -EBUSY);
	assert_non_null(strstr(scene->err.hint, "one samekeyd a database"));
	child = fork();
	if (child == 0)
		_exit(store_open(&options, &second, &scene->err) == -EBUSY ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	scene->store = store_close(scene->store);
	assert_int_equal(storefile_open(scene), 0);
}

// ---- what happens to it later

static void a_database_that_is_moved_away_is_missed(void **state)
{
	struct storefile *scene = *state;
	struct store_op op = storefile_about(STORE_USE, 1);
	char away[sizeof(scene->path)];

	storefile_fill(scene);
	(void)snprintf(away, sizeof(away), "%s/away", scene->folder);
	assert_int_equal(rename(scene->path, away), 0);
	assert_int_equal(storefile_apply(scene, &op), -EAGAIN);
	assert_non_null(strstr(scene->store->why, "moved or removed"));
	assert_int_equal(rename(away, scene->path), 0);
	assert_int_equal(storefile_apply(scene, &op), 0);
	assert_int_equal(op.outcome, FAMILY_ROTATED);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

// A file that may not grow fails like one on a full disk, for root as well.
static size_t fill_disk(struct storefile *scene)
{
	size_t made = 0;

	limit_files(ROOM);
	for (;; made++) {
		struct store_op op = storefile_about(STORE_CREATE, made + 1);

		if (storefile_apply(scene, &op) == -EAGAIN)
			break;
		assert_int_equal(op.code, 0);
		assert_in_range(made, 0, 250);
	}
	limit_files(PAGE); // what is smaller would still have found room
	return made;
}

static void a_full_disk_is_said_and_recovers(void **state)
{
	struct storefile *scene = *state;
	struct store_op look = storefile_about(STORE_LOOK, 1), use = storefile_about(STORE_USE, 1),
			end = storefile_about(STORE_END_SUBJECT, 1);
	size_t made;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(storefile_open(scene), 0);
	made = fill_disk(scene);
	assert_true(made > 2);
	assert_true(scene->store->why[0]);
	assert_int_equal(storefile_apply(scene, &use), -EAGAIN);
	assert_true(use.remembered);
	assert_int_equal(use.outcome, FAMILY_HELD);
	assert_int_equal(use.family.generation, 1);
	assert_int_equal(storefile_apply(scene, &look), 0); // needs no room
	assert_int_equal(look.outcome, FAMILY_HELD);
	assert_int_equal(storefile_apply(scene, &end), -EAGAIN);
	assert_int_equal(end.ended, 0);
	assert_int_equal(store_sweep(scene->store, STOREFILE_WALL), -EAGAIN);
	limit_files(RLIM_INFINITY);
	assert_int_equal(storefile_apply(scene, &use), 0);
	assert_int_equal(use.outcome, FAMILY_ROTATED);
	assert_int_equal(storefile_open(scene), 0);
	for (size_t i = 1; i <= made + 1; i++) {
		look = storefile_about(STORE_LOOK, i);
		assert_int_equal(storefile_apply(scene, &look), 0);
		assert_int_equal(look.outcome, i <= made ? FAMILY_HELD : FAMILY_UNKNOWN);
	}
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, storefile_set_up, storefile_tear_down)
	const struct CMUnitTest tests[] = {
		ROW(files_are_nobody_elses),
		ROW(what_others_could_change_is_refused),
		ROW(one_process_has_it),
		ROW(a_database_that_is_moved_away_is_missed),
		ROW(a_full_disk_is_said_and_recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
