// The file of a store: whose it is, who else has it, what is wrong with it, and a disk without
// room. What is refused is not changed.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define WALL INT64_C(1700000000000)
#define DAY INT64_C(86400000)
#define FAMILIES 40
#define FILE_MAX (1024u * 1024)
#define DAMAGES 400 // places at which a file is damaged
#define ROOM 98304  // bytes of a file on the full disk
#define PAGE 4096

static const struct family_rules rules = {
	.grace_ms = 10000, .idle_ms = 7 * DAY, .access_ms = 900000};
static const struct family_now now = {WALL, 1000};

struct scene {
	char folder[64], path[128], wal[160];
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

static int scene_set(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	(void)umask(0); // what is made keeps its own modes
	// where a sync costs nothing, if there is such a place
	(void)snprintf(scene->folder, sizeof(scene->folder), "%s/samekey-database-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(scene->folder))
		return -1;
	(void)snprintf(scene->path, sizeof(scene->path), "%s/s.db", scene->folder);
	(void)snprintf(scene->wal, sizeof(scene->wal), "%s-wal", scene->path);
	*state = scene;
	return 0;
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *at)
{
	(void)facts, (void)type, (void)at;
	return remove(path);
}

static int scene_end(void **state)
{
	struct scene *scene = *state;

	store_close(scene->store);
	(void)nftw(scene->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(scene);
	return 0;
}

static struct store_op about(enum store_verb verb, size_t family)
{
	struct store_op op = {.verb = verb, .rules = rules, .generation = 1};

	op.end = FAMILY_ENDED_BY_LOGOUT;
	memset(op.family.id, (int)family, sizeof(op.family.id));
	op.family.generation = 1;
	op.family.expires_wall_ms = WALL + 7 * DAY;
	op.family.absolute_wall_ms = WALL + 30 * DAY;
	(void)snprintf(op.family.subject, sizeof(op.family.subject), "u%zu", family % 5);
	memset(op.family.access_claims, 'a', 400);
	return op;
}

static int apply(struct scene *scene, struct store_op *op)
{
	ignore_result(store_apply(scene->store, &op, 1, &now)); // the same as its code
	return op->code;
}

static void fill(struct scene *scene)
{
	static struct store_op ops[FAMILIES * 2];
	struct store_op *all[FAMILIES * 2];
	size_t count = 0;

	assert_int_equal(open_store(scene), 0);
	for (size_t i = 1; i <= FAMILIES; i++) {
		ops[count++] = about(STORE_CREATE, i);
		if (i % 4 == 0)
			ops[count++] = about(STORE_END_FAMILY, i);
	}
	for (size_t i = 0; i < count; i++)
		all[i] = &ops[i];
	assert_int_equal(store_apply(scene->store, all, count, &now), 0);
}

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

// ---- whose it is

static mode_t mode_of(const char *path)
{
	struct stat facts;

	assert_int_equal(lstat(path, &facts), 0);
	return facts.st_mode & 07777;
}

static void files_are_nobody_elses(void **state)
{
	struct scene *scene = *state;
	struct store_op op = about(STORE_CREATE, 1);
	char beside[sizeof(scene->path)];

	(void)snprintf(scene->path, sizeof(scene->path), "%s/in/s.db", scene->folder);
	assert_int_equal(open_store(scene), 0);
	assert_int_equal(apply(scene, &op), 0);
	(void)snprintf(beside, sizeof(beside), "%s/in", scene->folder);
	assert_int_equal(mode_of(beside), 0700);
	assert_int_equal(mode_of(scene->path), 0600);
	(void)snprintf(beside, sizeof(beside), "%s/in/s.db-wal", scene->folder);
	assert_int_equal(mode_of(beside), 0600);
	(void)snprintf(beside, sizeof(beside), "%s/in/s.db-shm", scene->folder);
	assert_int_equal(mode_of(beside), 0600);
	scene->store = store_close(scene->store);
	assert_int_equal(chmod(scene->path, 0644), 0);
	assert_int_equal(open_store(scene), 0);
	assert_int_equal(mode_of(scene->path), 0600); // who could read it no longer can
}

static void link_away(const struct scene *scene, const char *path)
{
	char away[sizeof(scene->path)];

	(void)snprintf(away, sizeof(away), "%s/away", scene->folder);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(symlink(away, path), 0);
}

static void make_link(const struct scene *scene)
{
	link_away(scene, scene->path);
}

static void make_hard_link(const struct scene *scene)
{
	char other[sizeof(scene->path)];

	(void)snprintf(other, sizeof(other), "%s/other", scene->folder);
	assert_int_equal(link(scene->path, other), 0);
}

static void make_folder(const struct scene *scene)
{
	assert_int_equal(unlink(scene->path), 0);
	assert_int_equal(mkdir(scene->path, 0700), 0);
}

static void make_fifo(const struct scene *scene)
{
	assert_int_equal(unlink(scene->path), 0);
	assert_int_equal(mkfifo(scene->path, 0600), 0);
}

static void make_group_writable(const struct scene *scene)
{
	assert_int_equal(chmod(scene->path, 0660), 0);
}

static void make_folder_writable(const struct scene *scene)
{
	assert_int_equal(chmod(scene->folder, 0777), 0);
}

static void make_folder_sticky(const struct scene *scene)
{
	assert_int_equal(chmod(scene->folder, 01777), 0);
}

static void make_log_a_link(const struct scene *scene)
{
	assert_int_equal(symlink("/dev/null", scene->wal), 0);
}

static void make_somebody_elses(const struct scene *scene)
{
	if (geteuid() == 0)
		assert_int_equal(chown(scene->path, 12345, 12345), 0);
	else
		make_folder_writable(scene); // only root can give files away
}

static const struct trouble {
	const char *what;
	void (*make)(const struct scene *scene);
	int code;
} of_others[] = {
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
		struct scene *scene;
		int code;

		if (i > 0) // a folder of its own for each
			assert_int_equal(scene_set(state), 0);
		scene = *state;
		fill(scene);
		scene->store = store_close(scene->store);
		of_others[i].make(scene);
		code = open_store(scene);
		if (code != of_others[i].code || !scene->err.what[0])
			fail_msg("%s: %d: %s", of_others[i].what, code, scene->err.what);
		if (i + 1 < ARRAY_SIZE(of_others))
			(void)scene_end(state);
	}
}

static void one_process_has_it(void **state)
{
	struct scene *scene = *state;
	const struct store_options options = {.url = scene->path};
	struct store *second = NULL;
	int status;
	pid_t child;

	fill(scene);
	assert_int_equal(store_open(&options, &second, &scene->err), -EBUSY);
	assert_non_null(strstr(scene->err.hint, "one samekeyd a database"));
	child = fork();
	if (child == 0)
		_exit(store_open(&options, &second, &scene->err) == -EBUSY ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	scene->store = store_close(scene->store);
	assert_int_equal(open_store(scene), 0);
}

// ---- what is wrong with it

static void poke(const struct scene *scene, off_t at, const char *bytes, size_t size)
{
	own_fd int fd = open(scene->path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, size, at), size);
}

static void make_text(const struct scene *scene)
{
	poke(scene, 0, "user,password\n", 14);
}

static void make_foreign(const struct scene *scene)
{
	poke(scene, 68, "\0\0\0\0", 4);
}

static void make_later(const struct scene *scene)
{
	poke(scene, 60, "\0\0\0\2", 4);
}

static void make_versionless(const struct scene *scene)
{
	poke(scene, 60, "\0\0\0\0", 4);
}

static void make_short(const struct scene *scene)
{
	assert_int_equal(truncate(scene->path, 50), 0);
}

static void make_half(const struct scene *scene)
{
	assert_int_equal(truncate(scene->path, 4096 * 3 + 100), 0);
}

static void make_other_tables(const struct scene *scene)
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

static void make_journal(const struct scene *scene)
{
	char journal[sizeof(scene->wal)];
	const struct bytes some = {.bytes = "x", .size = 1};

	(void)snprintf(journal, sizeof(journal), "%s-journal", scene->path);
	write_bytes(journal, &some);
}

static const struct trouble damages[] = {
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
		struct scene *scene;
		int code;

		if (i > 0)
			assert_int_equal(scene_set(state), 0);
		scene = *state;
		fill(scene);
		scene->store = store_close(scene->store);
		damages[i].make(scene);
		read_bytes(scene->path, &before);
		code = open_store(scene);
		if (code != damages[i].code || !scene->err.what[0] || !scene->err.hint[0])
			fail_msg("%s: %d: %s", damages[i].what, code, scene->err.what);
		read_bytes(scene->path, &after);
		assert_int_equal(after.size, before.size);
		assert_memory_equal(after.bytes, before.bytes, before.size);
		if (i + 1 < ARRAY_SIZE(damages))
			(void)scene_end(state);
	}
}

static void a_log_without_its_database_is_kept(void **state)
{
	struct scene *scene = *state;
	static const struct bytes some = {.bytes = "acknowledged", .size = 12};
	static struct bytes after;

	write_bytes(scene->wal, &some);
	assert_int_equal(open_store(scene), -EUCLEAN);
	read_bytes(scene->wal, &after);
	assert_int_equal(after.size, some.size);
}

static void an_empty_file_becomes_a_database(void **state)
{
	struct scene *scene = *state;
	static const struct bytes none;
	struct store_op op = about(STORE_CREATE, 1);

	write_bytes(scene->path, &none);
	assert_int_equal(open_store(scene), 0);
	assert_int_equal(apply(scene, &op), 0);
}

static void ignore(void *owner, const struct store_revocation *revocation)
{
	(void)owner;
	assert_true(revocation->is_family || strlen(revocation->token) <= STORE_TOKEN_MAX);
}

static void check_answer(const struct scene *scene, const struct store_op *op)
{
	assert_true(op->code == 0 || op->code == -EAGAIN || op->code == -EEXIST);
	assert_true(op->code != -EAGAIN || scene->store->why[0]);
	assert_true(op->outcome < FAMILY_OUTCOMES);
	assert_true(op->family.end < FAMILY_ENDS);
	assert_true(op->family.used_count <= FAMILY_RECENT_MAX);
}

// Everything is asked of a store that may be damaged: it may fail, and must not lie about it.
static void try_everything(struct scene *scene)
{
	static struct store_op ops[STORE_BATCH_MAX];
	struct store_op *all[STORE_BATCH_MAX];
	size_t count = 0;

	for (size_t i = 1; i <= FAMILIES + 2; i++)
		for (int verb = 0; verb < STORE_VERBS; verb++) {
			if (verb == STORE_END_SUBJECT && i % 20 != 0)
				continue;
			ops[count] = about((enum store_verb)verb, i);
			(void)snprintf(ops[count].token, sizeof(ops[count].token), "t%zu", i);
			ops[count].until_wall_ms = WALL + DAY;
			all[count] = &ops[count];
			count++;
		}
	ignore_result(store_apply(scene->store, all, count, &now)); // each has its code
	for (size_t i = 0; i < count; i++)
		check_answer(scene, &ops[i]);
	ignore_result(store_news(scene->store, WALL, ignore, NULL)); // as it can
	ignore_result(store_sweep(scene->store, WALL + 60 * DAY));
}

// Damages what `path` holds at one place after the other and opens the store each time.
static void damage_everywhere(struct scene *scene, const char *path, size_t *ret_refused)
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
		if (open_store(scene) == 0) {
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
	struct scene *scene = *state;
	size_t refused = 0;

	fill(scene);
	scene->store = store_close(scene->store);
	damage_everywhere(scene, scene->path, &refused);
	assert_in_range(refused, DAMAGES / 20, DAMAGES - 1);
}

static void damage_of_the_log_is_refused_or_survived(void **state)
{
	struct scene *scene = *state;
	static struct bytes database, log;
	size_t refused = 0;

	fill(scene);
	read_bytes(scene->path, &database); // with a log that is not yet in it
	read_bytes(scene->wal, &log);
	scene->store = store_close(scene->store);
	assert_true(log.size > 4096);
	write_bytes(scene->path, &database);
	write_bytes(scene->wal, &log);
	damage_everywhere(scene, scene->wal, &refused);
}

// ---- what happens to it later

static void a_database_that_is_moved_away_is_missed(void **state)
{
	struct scene *scene = *state;
	struct store_op op = about(STORE_USE, 1);
	char away[sizeof(scene->path)];

	fill(scene);
	(void)snprintf(away, sizeof(away), "%s/away", scene->folder);
	assert_int_equal(rename(scene->path, away), 0);
	assert_int_equal(apply(scene, &op), -EAGAIN);
	assert_non_null(strstr(scene->store->why, "moved or removed"));
	assert_int_equal(rename(away, scene->path), 0);
	assert_int_equal(apply(scene, &op), 0);
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
static size_t fill_disk(struct scene *scene)
{
	size_t made = 0;

	limit_files(ROOM);
	for (;; made++) {
		struct store_op op = about(STORE_CREATE, made + 1);

		if (apply(scene, &op) == -EAGAIN)
			break;
		assert_int_equal(op.code, 0);
		assert_in_range(made, 0, 250);
	}
	limit_files(PAGE); // what is smaller would still have found room
	return made;
}

static void a_full_disk_is_said_and_recovers(void **state)
{
	struct scene *scene = *state;
	struct store_op look = about(STORE_LOOK, 1), use = about(STORE_USE, 1),
			end = about(STORE_END_SUBJECT, 1);
	size_t made;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(open_store(scene), 0);
	made = fill_disk(scene);
	assert_true(made > 2);
	assert_true(scene->store->why[0]);
	assert_int_equal(apply(scene, &use), -EAGAIN);
	assert_true(use.remembered);
	assert_int_equal(use.outcome, FAMILY_HELD);
	assert_int_equal(use.family.generation, 1);
	assert_int_equal(apply(scene, &look), 0); // needs no room
	assert_int_equal(look.outcome, FAMILY_HELD);
	assert_int_equal(apply(scene, &end), -EAGAIN);
	assert_int_equal(end.ended, 0);
	assert_int_equal(store_sweep(scene->store, WALL), -EAGAIN);
	limit_files(RLIM_INFINITY);
	assert_int_equal(apply(scene, &use), 0);
	assert_int_equal(use.outcome, FAMILY_ROTATED);
	assert_int_equal(open_store(scene), 0);
	for (size_t i = 1; i <= made + 1; i++) {
		look = about(STORE_LOOK, i);
		assert_int_equal(apply(scene, &look), 0);
		assert_int_equal(look.outcome, i <= made ? FAMILY_HELD : FAMILY_UNKNOWN);
	}
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, scene_set, scene_end)
	const struct CMUnitTest tests[] = {
		ROW(files_are_nobody_elses),
		ROW(what_others_could_change_is_refused),
		ROW(one_process_has_it),
		ROW(what_is_no_database_of_ours_is_refused_untouched),
		ROW(a_log_without_its_database_is_kept),
		ROW(an_empty_file_becomes_a_database),
		ROW(damage_anywhere_is_refused_or_survived),
		ROW(damage_of_the_log_is_refused_or_survived),
		ROW(a_database_that_is_moved_away_is_missed),
		ROW(a_full_disk_is_said_and_recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
