// A file that is no store of ours, or is damaged anywhere: refused untouched, or survived.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"

#include "lib/base/fs.h"
#include "tests/unit/storefile.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FILE_MAX (1024u * 1024)
#define DAMAGES 400 // places at which a file is damaged

struct bytes {
	uint8_t bytes[FILE_MAX];
	size_t size;
};

static void read_bytes(const char *path, struct bytes *ret_bytes)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : fs_read_all(fd, ret_bytes->bytes, sizeof(ret_bytes->bytes));

	assert_true(got >= 0 && (size_t)got < sizeof(ret_bytes->bytes));
	ret_bytes->size = (size_t)got;
}

static void write_bytes(const char *path, const struct bytes *bytes)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, bytes->bytes, bytes->size), 0);
}

static void poke(const struct storefile *scene, off_t at, const char *bytes, size_t size)
{
	own_fd int fd = open(scene->path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, at), size);
}

static void make_text(const struct storefile *scene)
{
	poke(scene, 0, "user,password\n", 14);
}

static void make_foreign(const struct storefile *scene)
{
	poke(scene, 68, "\0\0\0\0", 4);
}

static void make_later(const struct storefile *scene)
{
	poke(scene, 60, "\0\0\0\2", 4);
}

static void make_versionless(const struct storefile *scene)
{
	poke(scene, 60, "\0\0\0\0", 4);
}

static void make_short(const struct storefile *scene)
{
	assert_int_equal(truncate(scene->path, 50), 0);
}

static void make_half(const struct storefile *scene)
{
	assert_int_equal(truncate(scene->path, 4096 * 3 + 100), 0);
}

static void make_other_tables(const struct storefile *scene)
{
	static struct bytes bytes;
	uint8_t *name;

	read_bytes(scene->path, &bytes);
	name = memmem(bytes.bytes, bytes.size, "access_claims", 13);
	if (!name)
		abort();
	name[0] = 'x';
	write_bytes(scene->path, &bytes);
}

static void make_journal(const struct storefile *scene)
{
	char journal[sizeof(scene->wal)];
	const struct bytes some = {.bytes = "x", .size = 1};

	(void)snprintf(journal, sizeof(journal), "%s-journal", scene->path);
	write_bytes(journal, &some);
}

static const struct storefile_trouble damages[] = {
	{"a text", make_text, -EUCLEAN},
	{"another program's", make_foreign, -EUCLEAN},
	{"a later version", make_later, -EPROTO},
	{"without a version", make_versionless, -EUCLEAN},
	{"too short for a header", make_short, -EUCLEAN},
	{"cut off", make_half, -EUCLEAN},
	{"tables that are not ours", make_other_tables, -EUCLEAN},
	{"in the middle of another program's write", make_journal, -EUCLEAN},
};

static void what_is_no_database_of_ours_is_refused_untouched(void **state)
{
	static struct bytes before, after;

	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct storefile *scene;
		int code;

		if (i > 0)
			assert_int_equal(storefile_set_up(state), 0);
		scene = *state;
		storefile_fill(scene);
		scene->store = store_close(scene->store);
		damages[i].make(scene);
		read_bytes(scene->path, &before);
		code = storefile_open(scene);
		if (code != damages[i].code || !scene->err.what[0] || !scene->err.hint[0])
			fail_msg("%s: %d: %s", damages[i].what, code, scene->err.what);
		read_bytes(scene->path, &after);
		assert_int_equal(after.size, before.size);
		assert_memory_equal(after.bytes, before.bytes, before.size);
		if (i + 1 < ARRAY_SIZE(damages))
			(void)storefile_tear_down(state);
	}
}

static void a_log_without_its_database_is_kept(void **state)
{
	struct storefile *scene = *state;
	static const struct bytes some = {.bytes = "acknowledged", .size = 12};
	static struct bytes after;

	write_bytes(scene->wal, &some);
	assert_int_equal(storefile_open(scene), -EUCLEAN);
	read_bytes(scene->wal, &after);
	assert_int_equal(after.size, some.size);
}

static void an_empty_file_becomes_a_database(void **state)
{
	struct storefile *scene = *state;
	static const struct bytes none;
	struct store_op op = storefile_about(STORE_CREATE, 1);

	write_bytes(scene->path, &none);
	assert_int_equal(storefile_open(scene), 0);
	assert_int_equal(storefile_apply(scene, &op), 0);
}

static void ignore(void *owner, const struct store_revocation *revocation)
{
	(void)owner;
	assert_true(revocation->is_family || strlen(revocation->token) <= STORE_TOKEN_MAX);
}

static void check_answer(const struct storefile *scene, const struct store_op *op)
{
	assert_true(op->code == 0 || op->code == -EAGAIN || op->code == -EEXIST);
	assert_true(op->code != -EAGAIN || scene->store->why[0]);
	assert_true(op->outcome < FAMILY_OUTCOMES);
	assert_true(op->family.end < FAMILY_ENDS);
	assert_true(op->family.used_count <= FAMILY_RECENT_MAX);
}

// Everything is asked of a store that may be damaged: it may fail, and must not lie about it.
static void try_everything(struct storefile *scene)
{
	static struct store_op ops[STORE_BATCH_MAX];
	struct store_op *all[STORE_BATCH_MAX];
	size_t count = 0;

	for (size_t i = 1; i <= STOREFILE_FAMILIES + 2; i++)
		for (int verb = 0; verb < STORE_VERBS; verb++) {
			if (verb == STORE_END_SUBJECT && i % 20 != 0)
				continue;
			ops[count] = storefile_about((enum store_verb)verb, i);
			(void)snprintf(ops[count].token, sizeof(ops[count].token), "t%zu", i);
			ops[count].until_wall_ms = STOREFILE_WALL + STOREFILE_DAY;
			all[count] = &ops[count];
			count++;
		}
	ignore_result(store_apply(scene->store, all, count, &storefile_now)); // each has its code
	for (size_t i = 0; i < count; i++)
		check_answer(scene, &ops[i]);
	ignore_result(store_news(scene->store, STOREFILE_WALL, ignore, NULL)); // as it can
	ignore_result(store_sweep(scene->store, STOREFILE_WALL + 60 * STOREFILE_DAY));
}

// Damages what `path` holds at one place after the other and opens the store each time.
static void damage_everywhere(struct storefile *scene, const char *path, size_t *ret_refused)
{
	static struct bytes database, log, bad, after;

	read_bytes(scene->path, &database);
	read_bytes(scene->wal, &log);
	for (size_t i = 0; i < DAMAGES; i++) {
		bool is_log = path == scene->wal;

		memcpy(&bad, is_log ? &log : &database, sizeof(bad));
		for (size_t at = bad.size * i / DAMAGES, k = 0; k < 1 + i % 16; k++)
			bad.bytes[(at + k) % bad.size] ^= (uint8_t)(i % 3 ? 0xff : 0x01);
		write_bytes(scene->path, is_log ? &database : &bad);
		write_bytes(scene->wal, is_log ? &bad : &log);
		if (storefile_open(scene) == 0) {
			try_everything(scene);
			scene->store = store_close(scene->store);
		} else {
			++*ret_refused;
			assert_true(scene->err.hint[0]);
			read_bytes(scene->path, &after);
			assert_memory_equal(
				after.bytes, is_log ? database.bytes : bad.bytes, database.size);
		}
	}
}

static void damage_anywhere_is_refused_or_survived(void **state)
{
	struct storefile *scene = *state;
	size_t refused = 0;

	storefile_fill(scene);
	scene->store = store_close(scene->store);
	damage_everywhere(scene, scene->path, &refused);
	assert_in_range(refused, DAMAGES / 20, DAMAGES - 1);
}

static void damage_of_the_log_is_refused_or_survived(void **state)
{
	struct storefile *scene = *state;
	static struct bytes database, log;
	size_t refused = 0;

	storefile_fill(scene);
	read_bytes(scene->path, &database); // with a log that is not yet in it
	read_bytes(scene->wal, &log);
	scene->store = store_close(scene->store);
	assert_true(log.size > 4096);
	write_bytes(scene->path, &database);
	write_bytes(scene->wal, &log);
	damage_everywhere(scene, scene->wal, &refused);
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, storefile_set_up, storefile_tear_down)
	const struct CMUnitTest tests[] = {
		ROW(what_is_no_database_of_ours_is_refused_untouched),
		ROW(a_log_without_its_database_is_kept),
		ROW(an_empty_file_becomes_a_database),
		ROW(damage_anywhere_is_refused_or_survived),
		ROW(damage_of_the_log_is_refused_or_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
