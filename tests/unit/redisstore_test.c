// The store in a real Redis: its script of a use beside family_use, and what it is to have one that
// goes away.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/store.h"

#include "lib/base/err.h"
#include "tests/unit/redisserver.h"
#include "tests/unit/store_contract.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WALL_MS INT64_C(1800000000000)
#define STEADY_MS INT64_C(5000000)
#define SEEDS 400
#define STEPS 25

static struct redisserver server;

static struct store *opened(void)
{
	struct store *store = NULL;
	struct err err = ERR_NONE;

	if (store_open(&(struct store_options){.url = server.url, .timeout_ms = 10000}, &store,
		    &err) < 0)
		fail_msg("%s", err.what);
	return store;
}

static int apply_one(struct store *store, struct store_op *op, const struct family_now *now)
{
	return store_apply(store, (struct store_op *const[]){op}, 1, now);
}

// ---- a use

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void check_same(const struct family *left, const struct family *right)
{
	assert_memory_equal(left->id, right->id, FAMILY_ID_BYTES);
	assert_int_equal(left->generation, right->generation);
	assert_int_equal(left->issued_wall_ms, right->issued_wall_ms);
	assert_int_equal(left->expires_wall_ms, right->expires_wall_ms);
	assert_int_equal(left->absolute_wall_ms, right->absolute_wall_ms);
	assert_int_equal(left->used_count, right->used_count);
	for (size_t i = 0; i < left->used_count; i++)
		assert_int_equal(left->used_steady_ms[i], right->used_steady_ms[i]);
	assert_int_equal(left->end, right->end);
	assert_int_equal(left->ended_wall_ms, right->ended_wall_ms);
	assert_string_equal(left->subject, right->subject);
	assert_string_equal(left->access_claims, right->access_claims);
	assert_string_equal(left->refresh_claims, right->refresh_claims);
}

// A token of about now, long ago, or one that a store has forgotten; seldom the last there can be.
static uint64_t drawn_generation(const struct family *family)
{
	static const int64_t away[] = {0, 0, 0, 0, -1, -1, -2, -3, -15, -16, -17, 1, 2, 15, 16, 40};
	int64_t generation = (int64_t)family->generation + away[draw(ARRAY_SIZE(away))];

	if (draw(500) == 0)
		return FAMILY_GENERATION_MAX - draw(3);
	return generation < 0 ? 0 : (uint64_t)generation;
}

static void step_clocks(struct family_now *now)
{
	static const int64_t steps[] = {
		0, 0, 0, 1, 5, 100, 999, 1000, 1001, 60000, -1, -500, -5000};

	now->wall_ms += draw(60) == 0 ? 250000 : steps[draw(ARRAY_SIZE(steps))];
	now->steady_ms += steps[draw(ARRAY_SIZE(steps))];
}

static void run_sequence(struct store *store, struct store_op *op, uint64_t *counts)
{
	struct family_now now = {WALL_MS, STEADY_MS};
	struct family model = op->family;

	for (size_t i = 0; i < STEPS; i++) {
		enum family_outcome expected;

		step_clocks(&now);
		op->verb = STORE_USE;
		op->generation = drawn_generation(&model);
		op->rules = (struct family_rules){
			.grace_ms = draw(3) * 1000, .idle_ms = 300000, .access_ms = 60000};
		expected = family_use(&model, op->generation, &op->rules, &now);
		assert_int_equal(apply_one(store, op, &now), 0);
		if (op->outcome != expected)
			fail_msg("seed %u, step %zu: %s, not %s", seed, i,
				family_outcome_names[op->outcome], family_outcome_names[expected]);
		check_same(&op->family, &model);
		counts[expected]++;
	}
}

static void the_script_of_a_use_is_family_use(void **state)
{
	struct store *store = opened();
	uint64_t counts[FAMILY_OUTCOMES] = {0};

	(void)state;
	for (uint32_t i = 0; i < SEEDS; i++) {
		struct store_op op = {.verb = STORE_CREATE,
			.family = {.generation = i % 7 ? 1 : FAMILY_GENERATION_MAX - 20,
				.issued_wall_ms = WALL_MS,
				.expires_wall_ms = WALL_MS + 300000,
				.absolute_wall_ms = WALL_MS + 900000,
				.subject = "somebody",
				.access_claims = "{\"userId\":\"\\u0000 \xc3\xa4\"}",
				.refresh_claims = "{}"}};

		seed = i * 7919 + 1;
		memcpy(op.family.id, &seed, sizeof(seed));
		assert_int_equal(apply_one(store, &op, &(struct family_now){WALL_MS, 0}), 0);
		run_sequence(store, &op, counts);
	}
	for (size_t i = 0; i < FAMILY_UNKNOWN; i++)
		if (counts[i] < 10)
			fail_msg("only %u of %s", (unsigned)counts[i], family_outcome_names[i]);
	assert_null(store_close(store));
}

static struct store *opened_for_contract(void *owner)
{
	(void)owner;
	return opened();
}

static void it_does_what_every_store_does(void **state)
{
	(void)state;
	(void)REDISSERVER_ASK(&server, "FLUSHALL");
	store_contract_hold(opened_for_contract, NULL);
	store_contract_hold_batch(opened_for_contract, NULL);
	store_contract_hold_sweep(opened_for_contract, NULL);
}

static int start(void **state)
{
	(void)state;
	redisserver_start(&server);
	return 0;
}

static int end(void **state)
{
	(void)state;
	redisserver_end(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_script_of_a_use_is_family_use),
		cmocka_unit_test(it_does_what_every_store_does),
	};

	return cmocka_run_group_tests(tests, start, end);
}
