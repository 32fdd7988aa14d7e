// The store in a file while the system fails SQLite's calls one after the other: what has failed
// has not happened, what was answered stays, and nothing is left behind.
// SPDX-License-Identifier: MIT
#include "tests/unit/mishap.h"

#include "lib/base/err.h"
#include "verifier/record/sessions/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

#define WALL INT64_C(1700000000000)
#define DAY INT64_C(86400000)
#define CALLS_MAX 2000

static const struct family_now now = {WALL, 1000};

// ---- what SQLite calls

enum call {
	CALL_WRITE,
	CALL_READ,
	CALL_LOCK,
	CALL_UNLOCK,
	CALL_CUT,
	CALL_OPEN,
	CALL_MEMORY,
	CALLS
};

static const char *const call_names[CALLS] = {
	"write", "read", "lock", "unlock", "cut", "open", "memory"};
static const int reasons[CALLS] = {ENOSPC, EIO, EIO, EIO, EIO, EMFILE, ENOMEM};

static struct {
	enum call call;
	size_t at, count;
	bool for_good, happened;
} armed = {.call = CALLS};

static bool fails(enum call call)
{
	if (armed.call != call || ++armed.count < armed.at ||
		(armed.count > armed.at && !armed.for_good))
		return false;
	armed.happened = true;
	errno = reasons[call];
	return true;
}

static ssize_t write_at(int fd, const void *bytes, size_t size, off_t at)
{
	return fails(CALL_WRITE) ? -1 : pwrite(fd, bytes, size, at);
}

static ssize_t read_at(int fd, void *bytes, size_t size, off_t at)
{
	return fails(CALL_READ) ? -1 : pread(fd, bytes, size, at);
}

static int control(int fd, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (command == F_SETLK &&
		fails(((struct flock *)argument)->l_type == F_UNLCK ? CALL_UNLOCK : CALL_LOCK))
		return -1;
	return fcntl(fd, command, argument);
}

static int cut(int fd, off_t size)
{
	return fails(CALL_CUT) ? -1 : ftruncate(fd, size);
}

static int open_at(const char *path, int flags, int mode)
{
	return fails(CALL_OPEN) ? -1 : open(path, flags, (mode_t)mode);
}

// What waits for a lock tries as often, and at once.
static int sleep_not(sqlite3_vfs *files, int microseconds)
{
	(void)files;
	return microseconds;
}

static sqlite3_mem_methods real_memory;

static void *take_memory(int size)
{
	return fails(CALL_MEMORY) ? NULL : real_memory.xMalloc(size);
}

static void *take_more_memory(void *at, int size)
{
	return fails(CALL_MEMORY) ? NULL : real_memory.xRealloc(at, size);
}

static int lead_calls_here(void **state)
{
	static const struct {
		const char *name;
		sqlite3_syscall_ptr call;
	} calls[] = {
		{"pwrite64", (sqlite3_syscall_ptr)write_at},
		{"pwrite", (sqlite3_syscall_ptr)write_at},
		{"pread64", (sqlite3_syscall_ptr)read_at},
		{"pread", (sqlite3_syscall_ptr)read_at},
		{"fcntl", (sqlite3_syscall_ptr)control},
		{"ftruncate", (sqlite3_syscall_ptr)cut},
		{"open", (sqlite3_syscall_ptr)open_at},
	};
	sqlite3_mem_methods memory;
	sqlite3_vfs *files;

	(void)state;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK)
		return -1;
	memory = real_memory;
	memory.xMalloc = take_memory;
	memory.xRealloc = take_more_memory;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK ||
		sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK)
		return -1;
	files = sqlite3_vfs_find(NULL);
	files->xSleep = sleep_not;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		(void)files->xSetSystemCall(files, calls[i].name, calls[i].call); // some have one
	return 0;
}

// ---- a store

struct scene {
	char folder[64], path[128];
	struct store *store;
	struct err err;
};

static int open_store(struct scene *scene)
{
	const struct store_options options = {.url = scene->path};

	scene->err = ERR_NONE;
	scene->store = store_close(scene->store);
	return store_open(&options, &scene->store, &scene->err);
}

static struct store_op about(enum store_verb verb, int family)
{
	struct store_op op = {.verb = verb,
		.rules = {.grace_ms = 10000, .idle_ms = 7 * DAY, .access_ms = 900000},
		.generation = 1,
		.end = FAMILY_ENDED_BY_LOGOUT,
		.token = "aa.1.a",
		.until_wall_ms = WALL + DAY};

	memset(op.family.id, family, sizeof(op.family.id));
	op.family.generation = 1;
	op.family.expires_wall_ms = WALL + 7 * DAY;
	op.family.absolute_wall_ms = WALL + 30 * DAY;
	memset(op.family.access_claims, 'a', 3000);
	return op;
}

static void apply(struct scene *scene, enum store_verb verb, int family, struct store_op *ret_op)
{
	*ret_op = about(verb, family);
	ignore_result(store_apply(scene->store, &ret_op, 1, &now)); // its code says the same
}

static void begin(struct scene *scene)
{
	struct store_op op;

	memset(scene, 0, sizeof(*scene));
	// where a sync costs nothing, if there is such a place
	(void)snprintf(scene->folder, sizeof(scene->folder), "%s/samekey-mishap-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(scene->folder));
	(void)snprintf(scene->path, sizeof(scene->path), "%s/s.db", scene->folder);
	assert_int_equal(open_store(scene), 0);
	for (int i = 1; i <= 4; i++) {
		apply(scene, STORE_CREATE, i, &op);
		assert_int_equal(op.code, 0);
	}
	assert_int_equal(open_store(scene), 0); // with nothing in its cache
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void)facts, (void)type, (void)at;
	return remove(path);
}

static void end(struct scene *scene)
{
	scene->store = store_close(scene->store);
	(void)nftw(scene->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static size_t count_descriptors(void)
{
	DIR *open = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(open);
	while (readdir(open))
		count++;
	(void)closedir(open);
	return count;
}

static void arm(enum call call, size_t at, bool for_good)
{
	armed.call = call;
	armed.at = at;
	armed.count = 0;
	armed.for_good = for_good;
	armed.happened = false;
}

static bool disarm(void)
{
	armed.call = CALLS;
	return armed.happened;
}

// ---- operations

static void count_told(void *owner, const struct store_revocation *revocation)
{
	(void)revocation;
	++*(size_t *)owner;
}

// Each of a batch has happened, or none has.
static bool check_batch(struct scene *scene, enum call call, size_t at, bool for_good)
{
	struct store_op ops[] = {about(STORE_USE, 1), about(STORE_END_FAMILY, 2),
		about(STORE_END_TOKEN, 0), about(STORE_CREATE, 5)};
	struct store_op *all[] = {&ops[0], &ops[1], &ops[2], &ops[3]}, again;
	size_t told = 0;
	bool happened;
	int code;

	arm(call, at, for_good);
	code = store_apply(scene->store, all, ARRAY_SIZE(all), &now);
	happened = disarm();
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (ops[i].code != code)
			fail_msg("%s %zu: operation %zu: %d, not %d", call_names[call], at, i,
				ops[i].code, code);
	assert_true(code == 0 || (code == -EAGAIN && scene->store->why[0]));
	assert_true(happened || code == 0);
	if (at % 2 && call != CALL_UNLOCK) // on one's feet again, or from the start
		assert_int_equal(open_store(scene), 0);
	apply(scene, STORE_USE, 1, &again);
	if (again.code || again.outcome != (code ? FAMILY_ROTATED : FAMILY_REPLAYED))
		fail_msg("%s %zu: %d, then %d (%s): %s", call_names[call], at, code, again.code,
			scene->store->why, family_outcome_names[again.outcome]);
	apply(scene, STORE_LOOK, 2, &again);
	assert_int_equal(again.outcome, code ? FAMILY_HELD : FAMILY_ENDED);
	apply(scene, STORE_LOOK, 5, &again);
	assert_int_equal(again.outcome, code ? FAMILY_UNKNOWN : FAMILY_HELD);
	assert_int_equal(store_news(scene->store, WALL, count_told, &told), 0);
	assert_int_equal(told, code ? 0 : 2);
	return happened;
}

// Without any there is no database, and a new connection is not made at once.
static bool is_of_locks(enum call call)
{
	return call == CALL_LOCK || call == CALL_UNLOCK;
}

static void what_failed_has_not_happened(void **state)
{
	struct scene scene;

	(void)state;
	for (int call = 0; call < CALLS; call++)
		for (int for_good = 0; for_good < (is_of_locks((enum call)call) ? 1 : 2);
			for_good++) {
			bool happened = true;

			for (size_t at = 1; happened && at < CALLS_MAX; at++) {
				begin(&scene);
				happened = check_batch(&scene, (enum call)call, at, for_good != 0);
				end(&scene);
			}
			assert_false(happened);
		}
}

// ---- opening

static void an_opening_that_fails_leaves_nothing(void **state)
{
	struct scene scene;
	size_t descriptors = count_descriptors(), failed = 0;
	struct store_op op;

	(void)state;
	for (int call = 0; call < CALLS; call++) {
		bool happened = true;

		for (size_t at = 1; happened && at < CALLS_MAX; at++) {
			int code;

			begin(&scene);
			scene.store = store_close(scene.store);
			arm((enum call)call, at, call != CALL_LOCK && at % 2);
			code = open_store(&scene);
			happened = disarm();
			failed += code < 0;
			assert_true(code == 0 || scene.err.what[0]);
			assert_int_equal(open_store(&scene), 0);
			apply(&scene, STORE_USE, 1, &op);
			assert_int_equal(op.outcome, FAMILY_ROTATED);
			end(&scene);
			assert_int_equal(count_descriptors(), descriptors);
		}
		assert_false(happened);
	}
	assert_true(failed > 20);
}

// Nobody waits for locks at the end of a start that failed later on.
static void what_was_just_opened_is_closed_at_once(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	arm(CALL_LOCK, 1, true);
	scene.store = store_close(scene.store);
	(void)disarm(); // whether it needed any
	assert_true(armed.count < 10);
	end(&scene);
}

static void our_own_calls_may_fail(void **state)
{
	static const unsigned kinds[] = {MISHAP_MEMORY, MISHAP_OPEN, MISHAP_LOOK, MISHAP_READ};
	struct scene scene;
	size_t descriptors = count_descriptors();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool happened = true;

		for (size_t at = 1; happened && at < 50; at++) {
			struct mishap mishap = {kinds[i], at, false, EIO};
			int code;

			begin(&scene);
			scene.store = store_close(scene.store);
			mishap_arm(&mishap);
			code = open_store(&scene);
			happened = mishap_disarm();
			assert_true(code == 0 || scene.err.what[0]);
			assert_int_equal(open_store(&scene), 0);
			end(&scene);
			assert_int_equal(count_descriptors(), descriptors);
		}
		assert_false(happened);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_failed_has_not_happened),
		cmocka_unit_test(an_opening_that_fails_leaves_nothing),
		cmocka_unit_test(what_was_just_opened_is_closed_at_once),
		cmocka_unit_test(our_own_calls_may_fail),
	};

	return cmocka_run_group_tests(tests, lead_calls_here, NULL);
}
