// The store's thread with a store that does as it is told: order, batches, revocations before
// answers, a store that is away, and the end with operations under way.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/ledger.h"

#include "lib/base/clock.h"
#include "tests/unit/puppet.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DEADLINE_MS 10000
#define OPS 1000

// ---- a ledger on it

struct scene {
	struct puppet puppet;
	struct ledger *ledger;
	pthread_t loop;
	size_t done, failed, remembered, told, families;
	size_t told_at_done; // revocations that were told before the last answer
	uint64_t last_number;
	bool is_ordered;
	struct store_op *ops;
};

static void told(void *owner, const struct store_revocation *revocation)
{
	struct scene *scene = owner;

	assert_true(pthread_equal(pthread_self(), scene->loop));
	scene->told++;
	scene->families += revocation->is_family;
	if (revocation->is_family)
		assert_int_equal(revocation->family[FAMILY_ID_BYTES - 1], 7);
	else
		assert_string_equal(revocation->token, "aa.1.a");
}

static void done(void *owner, struct store_op *op)
{
	struct scene *scene = owner;

	assert_true(pthread_equal(pthread_self(), scene->loop));
	scene->done++;
	scene->failed += op->code == -EAGAIN;
	scene->remembered += op->remembered;
	scene->told_at_done = scene->told;
	scene->is_ordered &= op->generation > scene->last_number || op->code;
	scene->last_number = op->generation;
}

static int scene_set(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	if (!scene)
		return -1;
	scene->puppet.base.kind = &puppet_kind;
	(void)pthread_mutex_init(&scene->puppet.lock, NULL);
	(void)pthread_cond_init(&scene->puppet.change, NULL);
	scene->loop = pthread_self();
	scene->is_ordered = true;
	scene->ops = calloc(LEDGER_QUEUE_MAX + 1, sizeof(*scene->ops));
	*state = scene;
	return !scene->ops;
}

static int scene_end(void **state)
{
	struct scene *scene = *state;

	ledger_close(scene->ledger);
	(void)pthread_cond_destroy(&scene->puppet.change);
	(void)pthread_mutex_destroy(&scene->puppet.lock);
	free(scene->ops);
	free(scene);
	return 0;
}

static void open_ledger(struct scene *scene)
{
	assert_int_equal(ledger_open(&scene->puppet.base, told, scene, &scene->ledger), 0);
}

static void put(struct scene *scene, size_t at, enum store_verb verb)
{
	scene->ops[at].verb = verb;
	assert_int_equal(ledger_put(scene->ledger, &scene->ops[at], done, scene), 0);
}

static void collect_soon(struct scene *scene)
{
	struct pollfd event = {.fd = ledger_fd(scene->ledger), .events = POLLIN};

	if (poll(&event, 1, DEADLINE_MS) != 1)
		fail_msg("nothing came");
	ledger_collect(scene->ledger);
}

static void collect_until_done(struct scene *scene, size_t count)
{
	while (scene->done < count)
		collect_soon(scene);
}

static void tell_puppet(struct scene *scene, bool *what, bool value)
{
	(void)pthread_mutex_lock(&scene->puppet.lock);
	*what = value;
	(void)pthread_cond_broadcast(&scene->puppet.change);
	(void)pthread_mutex_unlock(&scene->puppet.lock);
}

static void wait_until_held(struct scene *scene)
{
	(void)pthread_mutex_lock(&scene->puppet.lock);
	while (!scene->puppet.in_apply)
		(void)pthread_cond_wait(&scene->puppet.change, &scene->puppet.lock);
	(void)pthread_mutex_unlock(&scene->puppet.lock);
}

static void wait_until_applied(struct scene *scene, size_t count)
{
	size_t applied = 0;

	while (applied < count) {
		(void)pthread_mutex_lock(&scene->puppet.lock);
		applied = scene->puppet.applied;
		(void)pthread_mutex_unlock(&scene->puppet.lock);
	}
}

// ---- the tests

static void answers_come_in_order_and_in_the_loops_thread(void **state)
{
	struct scene *scene = *state;
	const struct ledger_state *seen;
	uint64_t counted = 0;

	open_ledger(scene);
	for (size_t i = 0; i < OPS; i++)
		put(scene, i, i % 2 ? STORE_USE : STORE_LOOK);
	collect_until_done(scene, OPS);
	seen = ledger_state(scene->ledger);
	assert_true(scene->is_ordered);
	assert_int_equal(scene->failed, 0);
	assert_true(seen->up);
	assert_string_equal(seen->why, "");
	assert_string_equal(seen->warning, "it is a puppet");
	assert_int_equal(seen->ops[STORE_USE], OPS / 2);
	assert_int_equal(seen->outcomes[FAMILY_ROTATED], OPS / 2);
	assert_int_equal(seen->failed[STORE_USE], 0);
	assert_int_equal(seen->waiting, 0);
	for (size_t i = 0; i <= LEDGER_TIMES; i++)
		counted += seen->times[i];
	assert_int_equal(counted, seen->batches);
	scene->ledger = ledger_close(scene->ledger);
	assert_true(scene->puppet.closed);
	assert_false(scene->puppet.unmasked);
	assert_int_equal(scene->puppet.swept, 1); // at the start
}

static void what_waits_together_is_one_batch(void **state)
{
	struct scene *scene = *state;

	scene->puppet.holds = true;
	open_ledger(scene);
	put(scene, 0, STORE_USE);
	wait_until_held(scene);
	for (size_t i = 1; i <= STORE_BATCH_MAX + 10; i++)
		put(scene, i, STORE_USE);
	tell_puppet(scene, &scene->puppet.holds, false);
	collect_until_done(scene, STORE_BATCH_MAX + 11);
	scene->ledger = ledger_close(scene->ledger);
	assert_int_equal(scene->puppet.batches, 3);
	assert_int_equal(scene->puppet.largest, STORE_BATCH_MAX);
}

static void revocations_come_before_the_answers(void **state)
{
	struct scene *scene = *state;

	scene->puppet.untold = 2; // of an earlier run
	open_ledger(scene);
	put(scene, 0, STORE_END_FAMILY);
	put(scene, 1, STORE_END_TOKEN);
	collect_until_done(scene, 2);
	assert_int_equal(scene->told_at_done, 4);
	assert_true(scene->families > 0 && scene->families < 4);
}

// Else the access tokens of a family that a thief ended would be good until they expire.
static void a_reuse_is_a_revocation_too(void **state)
{
	struct scene *scene = *state;

	scene->puppet.reuses = true;
	open_ledger(scene);
	put(scene, 0, STORE_USE);
	collect_until_done(scene, 1);
	assert_int_equal(scene->told_at_done, 1);
}

static void news_of_others_are_asked_for(void **state)
{
	struct scene *scene = *state;

	scene->puppet.shared = true;
	open_ledger(scene);
	(void)pthread_mutex_lock(&scene->puppet.lock);
	scene->puppet.untold = 1;
	(void)pthread_mutex_unlock(&scene->puppet.lock);
	while (scene->told < 1)
		collect_soon(scene);
}

static void a_store_that_is_away_is_said_and_comes_back(void **state)
{
	struct scene *scene = *state;
	const struct ledger_state *seen;

	open_ledger(scene);
	tell_puppet(scene, &scene->puppet.away, true);
	put(scene, 0, STORE_END_FAMILY);
	collect_until_done(scene, 1);
	seen = ledger_state(scene->ledger);
	assert_int_equal(scene->failed, 1);
	assert_false(seen->up);
	assert_string_equal(seen->why, "it is told to fail");
	assert_in_range(seen->away_since_steady_ms, 1, clock_steady_ms());
	assert_int_equal(seen->failed[STORE_END_FAMILY], 1);
	tell_puppet(scene, &scene->puppet.away, false);
	while (!ledger_state(scene->ledger)->up) // by itself
		collect_soon(scene);
	tell_puppet(scene, &scene->puppet.away, true);
	put(scene, 1, STORE_USE);
	collect_until_done(scene, 2);
	tell_puppet(scene, &scene->puppet.away, false);
	put(scene, 2, STORE_USE);
	while (!ledger_state(scene->ledger)->up || scene->done < 3)
		collect_soon(scene);
	assert_int_equal(scene->failed, 2);
}

static size_t times_swept(struct scene *scene)
{
	size_t times;

	(void)pthread_mutex_lock(&scene->puppet.lock);
	times = scene->puppet.swept;
	(void)pthread_mutex_unlock(&scene->puppet.lock);
	return times;
}

static void a_store_is_swept_when_it_comes_and_not_with_every_look(void **state)
{
	struct scene *scene = *state;

	scene->puppet.shared = true;
	open_ledger(scene);
	for (size_t looks = 1; looks <= 2; looks++) {
		(void)pthread_mutex_lock(&scene->puppet.lock);
		scene->puppet.untold = 1;
		(void)pthread_mutex_unlock(&scene->puppet.lock);
		while (scene->told < looks)
			collect_soon(scene);
	}
	assert_int_equal(times_swept(scene), 1);
	tell_puppet(scene, &scene->puppet.away, true);
	put(scene, 0, STORE_USE);
	collect_until_done(scene, 1);
	tell_puppet(scene, &scene->puppet.away, false);
	while (!ledger_state(scene->ledger)->up)
		collect_soon(scene);
	assert_int_equal(times_swept(scene), 2);
}

// A grace that began anew with each failure would never end.
static void it_is_away_since_the_first_failure(void **state)
{
	struct scene *scene = *state;
	int64_t since;

	open_ledger(scene);
	tell_puppet(scene, &scene->puppet.away, true);
	put(scene, 0, STORE_USE);
	collect_until_done(scene, 1);
	since = ledger_state(scene->ledger)->away_since_steady_ms;
	while ((int64_t)clock_steady_ms() <= since)
		;
	put(scene, 1, STORE_USE);
	collect_until_done(scene, 2);
	assert_int_equal(ledger_state(scene->ledger)->away_since_steady_ms, since);
}

static void a_store_that_is_away_at_the_start_is_no_failure(void **state)
{
	struct scene *scene = *state;

	scene->puppet.away = true;
	open_ledger(scene);
	assert_false(ledger_state(scene->ledger)->up);
	assert_false(ledger_state(scene->ledger)->heard);
	assert_in_range(ledger_state(scene->ledger)->away_since_steady_ms, 1, clock_steady_ms());
	(void)pthread_mutex_lock(&scene->puppet.lock);
	scene->puppet.away = false;
	scene->puppet.untold = 3;
	(void)pthread_mutex_unlock(&scene->puppet.lock);
	while (!ledger_state(scene->ledger)->up)
		collect_soon(scene);
	assert_int_equal(scene->told, 3);
	assert_true(ledger_state(scene->ledger)->heard);
}

// It can be read, so what is revoked is known before the first token is judged.
static void a_store_that_is_full_at_the_start_is_heard(void **state)
{
	struct scene *scene = *state;

	scene->puppet.full = true;
	scene->puppet.untold = 3;
	open_ledger(scene);
	ledger_collect(scene->ledger);
	assert_int_equal(scene->told, 3);
	assert_true(ledger_state(scene->ledger)->heard);
	assert_false(ledger_state(scene->ledger)->up);
	tell_puppet(scene, &scene->puppet.full, false);
	while (!ledger_state(scene->ledger)->up)
		collect_soon(scene);
}

static void nobody_waits_for_one_slow_failure_after_the_other(void **state)
{
	struct scene *scene = *state;

	scene->puppet.holds = true;
	open_ledger(scene);
	scene->puppet.fails_after_ms = LEDGER_SLOW_MS + 50;
	put(scene, 0, STORE_USE);
	wait_until_held(scene);
	for (size_t i = 1; i < OPS; i++)
		put(scene, i, STORE_USE);
	(void)pthread_mutex_lock(&scene->puppet.lock);
	scene->puppet.away = true;
	scene->puppet.holds = false;
	(void)pthread_cond_broadcast(&scene->puppet.change);
	(void)pthread_mutex_unlock(&scene->puppet.lock);
	collect_until_done(scene, OPS);
	assert_int_equal(scene->failed, OPS);
	assert_int_equal(scene->remembered, OPS - 1); // of those that were not tried
	assert_int_equal(ledger_state(scene->ledger)->failed[STORE_USE], OPS);
	assert_int_equal(ledger_state(scene->ledger)->batches, 1);
}

static void a_full_queue_refuses(void **state)
{
	struct scene *scene = *state;
	struct store_op *extra = &scene->ops[LEDGER_QUEUE_MAX];

	scene->puppet.holds = true;
	open_ledger(scene);
	for (size_t i = 0; i < LEDGER_QUEUE_MAX; i++)
		put(scene, i, STORE_USE);
	assert_int_equal(ledger_put(scene->ledger, extra, done, scene), -EBUSY);
	assert_int_equal(ledger_state(scene->ledger)->waiting, LEDGER_QUEUE_MAX);
	tell_puppet(scene, &scene->puppet.holds, false);
	wait_until_applied(scene, LEDGER_QUEUE_MAX);
	// done, and not collected yet
	assert_int_equal(ledger_put(scene->ledger, extra, done, scene), -EBUSY);
	collect_until_done(scene, LEDGER_QUEUE_MAX);
	assert_int_equal(ledger_put(scene->ledger, extra, done, scene), 0);
	collect_until_done(scene, LEDGER_QUEUE_MAX + 1);
	assert_true(scene->is_ordered);
}

// What has begun is finished, what has not is answered all the same.
static void the_end_answers_everybody(void **state)
{
	struct scene *scene = *state;

	scene->puppet.holds = true;
	open_ledger(scene);
	put(scene, 0, STORE_END_FAMILY);
	wait_until_held(scene);
	for (size_t i = 1; i < OPS; i++)
		put(scene, i, STORE_USE);
	tell_puppet(scene, &scene->puppet.holds, false);
	scene->ledger = ledger_close(scene->ledger);
	assert_int_equal(scene->done, OPS);
	assert_int_equal(scene->ops[0].code, 0);
	assert_int_equal(scene->told, 1);
	assert_int_equal(scene->done - scene->failed, scene->puppet.applied);
	assert_true(scene->puppet.closed);
}

// An answer may ask for more.
static void done_and_more(void *owner, struct store_op *op)
{
	struct scene *scene = owner;
	size_t next = (size_t)(op - scene->ops) + 1;

	scene->done++;
	if (next < 100)
		assert_int_equal(
			ledger_put(scene->ledger, &scene->ops[next], done_and_more, scene), 0);
}

static void an_answer_may_ask_for_more(void **state)
{
	struct scene *scene = *state;

	open_ledger(scene);
	for (size_t i = 0; i < 100; i++)
		scene->ops[i].verb = STORE_USE;
	assert_int_equal(ledger_put(scene->ledger, &scene->ops[0], done_and_more, scene), 0);
	collect_until_done(scene, 100);
	assert_null(ledger_close(NULL));
}

int main(void)
{
#define ROW(name) cmocka_unit_test_setup_teardown(name, scene_set, scene_end)
	const struct CMUnitTest tests[] = {
		ROW(answers_come_in_order_and_in_the_loops_thread),
		ROW(what_waits_together_is_one_batch),
		ROW(revocations_come_before_the_answers),
		ROW(a_reuse_is_a_revocation_too),
		ROW(news_of_others_are_asked_for),
		ROW(a_store_that_is_away_is_said_and_comes_back),
		ROW(a_store_is_swept_when_it_comes_and_not_with_every_look),
		ROW(it_is_away_since_the_first_failure),
		ROW(a_store_that_is_away_at_the_start_is_no_failure),
		ROW(a_store_that_is_full_at_the_start_is_heard),
		ROW(nobody_waits_for_one_slow_failure_after_the_other),
		ROW(a_full_queue_refuses),
		ROW(the_end_answers_everybody),
		ROW(an_answer_may_ask_for_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
