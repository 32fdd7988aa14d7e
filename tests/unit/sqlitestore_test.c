// The store in a file: each operation, what is told of revocations, what a restart leaves, and
// whose files it opens.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "tests/unit/store_contract.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cmocka.h>

#define WALL INT64_C(1700000000000)
#define DAY INT64_C(86400000)
#define IDLE (7 * DAY)
#define ACCESS 900000

static const struct family_rules rules = {
	.grace_ms = 10000, .idle_ms = (uint64_t)IDLE, .access_ms = ACCESS};

// ---- how often something was forced to the disk, by SQLite too: its calls come here

static unsigned synced;

int fsync(int fd)
{
	synced++;
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fildes)
{
	synced++;
	return (int)syscall(SYS_fdatasync, fildes);
}

// ---- a store in a folder of its own

struct scene {
	char folder[64], path[128];
	struct store *store;
	struct family_now now;
	struct err err;
	size_t told; // revocations
	struct store_revocation last;
};

static int open_again(struct scene *scene)
{
	const struct store_options options = {.url = scene->path};

	scene->store = store_close(scene->store);
	return store_open(&options, &scene->store, &scene->err);
}

static int scene_set(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	(void)snprintf(scene->folder, sizeof(scene->folder), "/tmp/samekey-store-XXXXXX");
	if (!mkdtemp(scene->folder))
		return -1;
	(void)snprintf(scene->path, sizeof(scene->path), "%s/in/s.db", scene->folder);
	scene->now = (struct family_now){WALL, 1000};
	*state = scene;
	return open_again(scene);
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

static struct store_op about(enum store_verb verb, uint8_t family)
{
	struct store_op op = {.verb = verb, .rules = rules, .end = FAMILY_ENDED_BY_LOGOUT};

	memset(op.family.id, family, sizeof(op.family.id));
	return op;
}

static int apply(struct scene *scene, struct store_op *op)
{
	int code = store_apply(scene->store, &op, 1, &scene->now);

	assert_int_equal(code, op->code == -EAGAIN ? -EAGAIN : 0);
	return op->code;
}

static int create(struct scene *scene, uint8_t family, const char *subject)
{
	struct store_op op = about(STORE_CREATE, family);

	op.family.generation = 1;
	op.family.issued_wall_ms = scene->now.wall_ms;
	op.family.expires_wall_ms = scene->now.wall_ms + IDLE;
	op.family.absolute_wall_ms = scene->now.wall_ms + 30 * DAY;
	(void)snprintf(op.family.subject, sizeof(op.family.subject), "%s", subject);
	(void)snprintf(op.family.access_claims, sizeof(op.family.access_claims),
		"{\"userId\":\"%s\",\"role\":\"admin\"}", subject);
	(void)snprintf(op.family.refresh_claims, sizeof(op.family.refresh_claims),
		"{\"userId\":\"%s\"}", subject);
	return apply(scene, &op);
}

static struct store_op used(struct scene *scene, uint8_t family, uint64_t generation)
{
	struct store_op op = about(STORE_USE, family);

	op.generation = generation;
	assert_int_equal(apply(scene, &op), 0);
	return op;
}

static struct store_op looked(struct scene *scene, uint8_t family)
{
	struct store_op op = about(STORE_LOOK, family);

	assert_int_equal(apply(scene, &op), 0);
	return op;
}

static void note(void *owner, const struct store_revocation *revocation)
{
	struct scene *scene = owner;

	scene->told++;
	scene->last = *revocation;
}

static size_t news(struct scene *scene)
{
	scene->told = 0;
	assert_int_equal(store_news(scene->store, scene->now.wall_ms, note, scene), 0);
	return scene->told;
}

// ---- operations

static void a_family_is_kept_as_it_was_made(void **state)
{
	struct scene *scene = *state;
	struct store_op op;

	assert_int_equal(create(scene, 1, "u1"), 0);
	assert_int_equal(create(scene, 1, "u2"), -EEXIST);
	assert_int_equal(open_again(scene), 0);
	op = looked(scene, 1);
	assert_int_equal(op.outcome, FAMILY_HELD);
	assert_int_equal(op.family.generation, 1);
	assert_int_equal(op.family.issued_wall_ms, WALL);
	assert_int_equal(op.family.expires_wall_ms, WALL + IDLE);
	assert_int_equal(op.family.absolute_wall_ms, WALL + 30 * DAY);
	assert_string_equal(op.family.subject, "u1");
	assert_string_equal(op.family.access_claims, "{\"userId\":\"u1\",\"role\":\"admin\"}");
	assert_string_equal(op.family.refresh_claims, "{\"userId\":\"u1\"}");
	assert_int_equal(looked(scene, 2).outcome, FAMILY_UNKNOWN);
	assert_int_equal(used(scene, 2, 1).outcome, FAMILY_UNKNOWN);
}

// An answer may outlive a power cut, so what it says does too.
static void whatever_is_answered_is_on_the_disk(void **state)
{
	struct scene *scene = *state;
	struct store_op ops[] = {about(STORE_USE, 1), about(STORE_END_FAMILY, 1),
		about(STORE_END_SUBJECT, 2), about(STORE_END_TOKEN, 0)};

	assert_int_equal(create(scene, 2, "ann"), 0);
	synced = 0;
	assert_int_equal(create(scene, 1, "bob"), 0);
	assert_true(synced > 0);
	ops[0].generation = 1;
	(void)snprintf(ops[2].family.subject, sizeof(ops[2].family.subject), "ann");
	(void)snprintf(ops[3].token, sizeof(ops[3].token), "a-jti");
	ops[3].until_wall_ms = WALL + DAY;
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		synced = 0;
		assert_int_equal(apply(scene, &ops[i]), 0);
		if (!synced)
			fail_msg("%s", store_verb_names[ops[i].verb]);
	}
}

static void uses_follow_the_rule_over_a_restart(void **state)
{
	struct scene *scene = *state;
	struct store_op op;

	assert_int_equal(create(scene, 1, "u1"), 0);
	assert_int_equal(used(scene, 1, 1).outcome, FAMILY_ROTATED);
	scene->now.steady_ms += 5000;
	assert_int_equal(used(scene, 1, 2).outcome, FAMILY_ROTATED);
	assert_int_equal(open_again(scene), 0);
	op = used(scene, 1, 1);
	assert_int_equal(op.outcome, FAMILY_REPLAYED);
	assert_int_equal(op.family.generation, 3);
	assert_int_equal(op.family.used_count, 2);
	assert_int_equal(op.family.used_steady_ms[1], 1000);
	assert_string_equal(op.family.subject, "u1");
	scene->now.steady_ms += 5000;
	scene->now.wall_ms += 7;
	assert_int_equal(used(scene, 1, 1).outcome, FAMILY_REUSED);
	assert_int_equal(news(scene), 1);
	assert_true(scene->last.is_family);
	assert_int_equal(scene->last.family[0], 1);
	assert_int_equal(scene->last.until_wall_ms, WALL + 7 + ACCESS);
	assert_int_equal(used(scene, 1, 3).outcome, FAMILY_ENDED);
	assert_int_equal(looked(scene, 1).family.end, FAMILY_ENDED_BY_REUSE);
}

static void families_end_one_by_one_and_by_subject(void **state)
{
	struct scene *scene = *state;
	struct store_op op = about(STORE_END_FAMILY, 1);

	for (uint8_t i = 1; i <= 5; i++)
		assert_int_equal(create(scene, i, i < 5 ? "u1" : "u2"), 0);
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(op.ended, 1);
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(op.ended, 0); // had ended
	assert_int_equal(news(scene), 1);
	op = about(STORE_END_SUBJECT, 0);
	op.end = FAMILY_ENDED_BY_REVOKE;
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(op.ended, 0); // nobody's
	(void)snprintf(op.family.subject, sizeof(op.family.subject), "u1");
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(op.ended, 3);
	assert_int_equal(news(scene), 3);
	assert_int_equal(news(scene), 0);
	assert_int_equal(looked(scene, 1).family.end, FAMILY_ENDED_BY_LOGOUT);
	assert_int_equal(looked(scene, 2).family.end, FAMILY_ENDED_BY_REVOKE);
	assert_int_equal(looked(scene, 2).family.ended_wall_ms, WALL);
	assert_int_equal(looked(scene, 5).outcome, FAMILY_HELD);
	op = about(STORE_END_FAMILY, 9);
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(op.ended, 0); // is not there: lost, or of another database
	assert_int_equal(news(scene), 1);
	assert_int_equal(scene->last.until_wall_ms, WALL + ACCESS);
	assert_int_equal(open_again(scene), 0);
	assert_int_equal(news(scene), 5); // all that still matter
}

static void a_token_is_revoked_until_it_expires(void **state)
{
	struct scene *scene = *state;
	struct store_op op = about(STORE_END_TOKEN, 0);

	(void)snprintf(op.token, sizeof(op.token), "ab.7.a");
	op.until_wall_ms = WALL + 5000;
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(op.ended, 1);
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(op.ended, 0); // was
	assert_int_equal(news(scene), 1);
	assert_false(scene->last.is_family);
	assert_string_equal(scene->last.token, "ab.7.a");
	assert_int_equal(scene->last.until_wall_ms, WALL + 5000);
	op.until_wall_ms = WALL + 9000;
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(news(scene), 1); // for longer
	assert_int_equal(scene->last.until_wall_ms, WALL + 9000);
	op.until_wall_ms = WALL;
	(void)snprintf(op.token, sizeof(op.token), "cd.7.a");
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(op.ended, 0); // has expired
	assert_int_equal(open_again(scene), 0);
	assert_int_equal(news(scene), 1);
}

static void a_batch_is_done_in_its_order(void **state)
{
	struct scene *scene = *state;
	struct store_op ops[5] = {about(STORE_USE, 1), about(STORE_CREATE, 1), about(STORE_USE, 1),
		about(STORE_END_FAMILY, 1), about(STORE_USE, 1)};
	struct store_op *all[] = {&ops[0], &ops[1], &ops[2], &ops[3], &ops[4]};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		all[i]->generation = all[i]->family.generation = 1;
	assert_int_equal(create(scene, 1, "u1"), 0);
	assert_int_equal(store_apply(scene->store, all, ARRAY_SIZE(all), &scene->now), 0);
	assert_int_equal(ops[0].outcome, FAMILY_ROTATED);
	assert_int_equal(ops[1].code, -EEXIST); // and leaves the others
	assert_int_equal(ops[2].outcome, FAMILY_REPLAYED);
	assert_int_equal(ops[2].family.generation, 2);
	assert_int_equal(ops[3].ended, 1);
	assert_int_equal(ops[4].outcome, FAMILY_ENDED);
}

// A record that the database does not take fails alone.
static void an_operation_that_fails_leaves_the_others(void **state)
{
	struct scene *scene = *state;
	struct store_op ops[3] = {about(STORE_USE, 1), about(STORE_CREATE, 2), about(STORE_USE, 1)};
	struct store_op *all[] = {&ops[0], &ops[1], &ops[2]};

	assert_int_equal(create(scene, 1, "u1"), 0);
	ops[0].generation = ops[2].generation = 1; // that of ops[1] is 0
	assert_int_equal(store_apply(scene->store, all, ARRAY_SIZE(all), &scene->now), -EAGAIN);
	assert_true(scene->store->why[0]);
	assert_int_equal(ops[0].code, 0);
	assert_int_equal(ops[0].outcome, FAMILY_ROTATED);
	assert_int_equal(ops[1].code, -EAGAIN);
	assert_int_equal(ops[2].code, 0);
	assert_int_equal(ops[2].outcome, FAMILY_REPLAYED);
	assert_int_equal(looked(scene, 1).family.generation, 2);
}

static void what_is_long_over_is_swept(void **state)
{
	struct scene *scene = *state;
	struct store_op op = about(STORE_END_TOKEN, 0);

	(void)snprintf(op.token, sizeof(op.token), "ab.7.a");
	op.until_wall_ms = WALL + 5000;
	assert_int_equal(apply(scene, &op), 0);
	assert_int_equal(create(scene, 1, "u1"), 0);
	scene->now.wall_ms += IDLE - 1;
	assert_int_equal(create(scene, 2, "u2"), 0);
	assert_int_equal(store_sweep(scene->store, WALL + 5000), 0);
	assert_int_equal(open_again(scene), 0);
	assert_int_equal(news(scene), 1); // the clock may be set back
	assert_int_equal(store_sweep(scene->store, WALL + IDLE + DAY - 1), 0);
	assert_int_equal(looked(scene, 1).outcome, FAMILY_HELD);
	for (int i = 0; i < 2; i++) // goes round
		assert_int_equal(store_sweep(scene->store, WALL + IDLE + DAY), 0);
	assert_int_equal(looked(scene, 1).outcome, FAMILY_UNKNOWN);
	assert_int_equal(looked(scene, 2).outcome, FAMILY_HELD);
	assert_int_equal(open_again(scene), 0);
	assert_int_equal(news(scene), 0);
}

static void the_steady_clock_goes_on(void **state)
{
	struct scene *scene = *state;
	int64_t before = store_steady_ms(scene->store), after;

	assert_int_equal(open_again(scene), 0);
	after = store_steady_ms(scene->store);
	assert_true(after >= before && after < before + 60000);
	assert_false(store_is_shared(scene->store));
}

static struct store *opened_for_contract(void *owner)
{
	struct scene *scene = owner;
	struct store *store;

	if (open_again(scene) < 0)
		fail_msg("%s", scene->err.what);
	store = scene->store;
	scene->store = NULL;
	return store;
}

static void it_does_what_every_store_does(void **state)
{
	struct scene *scene = *state;

	scene->store = store_close(scene->store);
	store_contract_hold(opened_for_contract, scene);
	store_contract_hold_batch(opened_for_contract, scene);
	store_contract_hold_sweep(opened_for_contract, scene);
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, scene_set, scene_end)
	const struct CMUnitTest tests[] = {
		ROW(it_does_what_every_store_does),
		ROW(a_family_is_kept_as_it_was_made),
		ROW(whatever_is_answered_is_on_the_disk),
		ROW(uses_follow_the_rule_over_a_restart),
		ROW(families_end_one_by_one_and_by_subject),
		ROW(a_token_is_revoked_until_it_expires),
		ROW(a_batch_is_done_in_its_order),
		ROW(an_operation_that_fails_leaves_the_others),
		ROW(what_is_long_over_is_swept),
		ROW(the_steady_clock_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
