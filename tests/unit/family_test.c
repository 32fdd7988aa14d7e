// The rule of rotation: by hand as tables, and at random beside a model that knows when each token
// was used.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/family.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define GRACE 10000
#define IDLE 600000
#define ABSOLUTE 3600000
#define WALL INT64_C(1700000000000)

static const struct family_rules usual = {.grace_ms = GRACE, .idle_ms = IDLE, .access_ms = 60000};
static const struct family_rules no_grace = {.idle_ms = IDLE, .access_ms = 60000};

static struct family born(void)
{
	return (struct family){.generation = 1,
		.issued_wall_ms = WALL,
		.expires_wall_ms = WALL + IDLE,
		.absolute_wall_ms = WALL + ABSOLUTE};
}

// ---- by hand

struct use {
	uint64_t shown;
	int64_t after_ms; // of both clocks, since the one before
	int64_t wall_ms;  // that the wall clock is set by, beside that
	enum family_outcome outcome;
	uint64_t generation; // afterwards
};

static const struct row {
	const char *rule;
	const struct family_rules *rules;
	struct use uses[8]; // ended by shown = 0
} rows[] = {
	{"each use makes the next", &usual,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {2, 1, 0, FAMILY_ROTATED, 3},
			{3, GRACE, 0, FAMILY_ROTATED, 4}}},
	{"a loser of a race gets the same", &usual,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {1, 0, 0, FAMILY_REPLAYED, 2},
			{1, GRACE - 1, 0, FAMILY_REPLAYED, 2}, {2, 0, 0, FAMILY_ROTATED, 3}}},
	{"a loser gets the newest when the winner has gone on", &usual,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {2, 1, 0, FAMILY_ROTATED, 3},
			{1, 1, 0, FAMILY_REPLAYED, 3}}},
	{"the grace ends", &usual,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {1, GRACE, 0, FAMILY_REUSED, 2},
			{2, 0, 0, FAMILY_ENDED, 2}, {1, 0, 0, FAMILY_ENDED, 2}}},
	{"a replay does not lengthen the grace", &usual,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {1, GRACE - 1, 0, FAMILY_REPLAYED, 2},
			{1, 1, 0, FAMILY_REUSED, 2}}},
	{"without a grace the second use is a reuse", &no_grace,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {1, 0, 0, FAMILY_REUSED, 2}}},
	{"without a grace nothing is held back", &no_grace,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {2, 0, 0, FAMILY_ROTATED, 3}}},
	{"unused it expires", &usual, {{1, IDLE, 0, FAMILY_EXPIRED, 1}}},
	{"a use prolongs it", &usual,
		{{1, IDLE - 1, 0, FAMILY_ROTATED, 2}, {2, IDLE - 1, 0, FAMILY_ROTATED, 3}}},
	{"an old token of an expired one is no reuse", &usual,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {1, IDLE, 0, FAMILY_EXPIRED, 2}}},
	{"no use prolongs it past its end", &usual,
		{{1, 0, ABSOLUTE - IDLE - 1, FAMILY_EXPIRED, 1}, {1, 0, -IDLE, FAMILY_EXPIRED, 1}}},
	{"a token of the future is adopted", &usual,
		{{5, 0, 0, FAMILY_ADOPTED, 6}, {5, 1, 0, FAMILY_REPLAYED, 6},
			{6, 1, 0, FAMILY_ROTATED, 7}}},
	{"those between were used just now", &usual,
		{{5, 0, 0, FAMILY_ADOPTED, 6}, {1, 1, 0, FAMILY_REPLAYED, 6},
			{1, GRACE, 0, FAMILY_REUSED, 6}}},
	{"those before the adopted keep their time", &usual,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {4, GRACE - 1, 0, FAMILY_ADOPTED, 5},
			{1, 1, 0, FAMILY_REUSED, 5}}},
	{"a step of the wall clock moves no grace", &usual,
		{{1, 0, 0, FAMILY_ROTATED, 2}, {1, 1, IDLE / 2, FAMILY_REPLAYED, 2},
			{1, 1, -IDLE, FAMILY_REPLAYED, 2}, {1, GRACE, 0, FAMILY_REUSED, 2}}},
	{"the last generation is held", &usual,
		{{FAMILY_GENERATION_MAX - 1, 0, 0, FAMILY_ADOPTED, FAMILY_GENERATION_MAX},
			{FAMILY_GENERATION_MAX, 0, 0, FAMILY_HELD, FAMILY_GENERATION_MAX},
			{UINT64_MAX, 0, 0, FAMILY_HELD, FAMILY_GENERATION_MAX}}},
	{"the one behind the last is not adopted", &usual,
		{{FAMILY_GENERATION_MAX, 0, 0, FAMILY_HELD, 1}, {1, 0, 0, FAMILY_ROTATED, 2}}},
};

static void play(const struct row *row)
{
	struct family family = born();
	struct family_now now = {.wall_ms = WALL, .steady_ms = 5000};

	for (const struct use *use = row->uses; use->shown; use++) {
		enum family_outcome outcome;

		now.wall_ms += use->after_ms + use->wall_ms;
		now.steady_ms += use->after_ms;
		outcome = family_use(&family, use->shown, row->rules, &now);
		if (outcome != use->outcome || family.generation != use->generation)
			fail_msg("%s: use %zu: %s, generation %llu", row->rule,
				(size_t)(use - row->uses) + 1, family_outcome_names[outcome],
				(unsigned long long)family.generation);
	}
}

static void tokens_are_used_by_the_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		play(&rows[i]);
}

static void an_old_generation_below_all_is_a_reuse(void **state)
{
	struct family family = born();
	const struct family_now now = {WALL, 0};

	(void)state;
	assert_int_equal(family_use(&family, 0, &usual, &now), FAMILY_REUSED);
	assert_int_equal(family.end, FAMILY_ENDED_BY_REUSE);
	assert_int_equal(family.ended_wall_ms, WALL);
}

// Sixteen uses are remembered: the seventeenth waits until the first counts no more.
static void no_use_is_forgotten_in_its_grace(void **state)
{
	struct family family = born(), full;
	struct family_now now = {WALL, 0};

	(void)state;
	for (uint64_t i = 1; i <= FAMILY_RECENT_MAX; i++, now.steady_ms++)
		assert_int_equal(family_use(&family, i, &usual, &now), FAMILY_ROTATED);
	assert_int_equal(family_use(&family, 17, &usual, &now), FAMILY_HELD);
	assert_int_equal(family_use(&family, 1, &usual, &now), FAMILY_REPLAYED);
	assert_int_equal(family.generation, 17);
	full = family;
	assert_int_equal(family_use(&full, 18, &usual, &now), FAMILY_ADOPTED); // it exists
	now.steady_ms = GRACE;
	assert_int_equal(family_use(&family, 17, &usual, &now), FAMILY_ROTATED);
	assert_int_equal(family_use(&family, 2, &usual, &now), FAMILY_REPLAYED);
	assert_int_equal(family_use(&family, 1, &usual, &now), FAMILY_REUSED);
}

// The steady clock began anew: what was used counts as just now, and nothing is held for good.
static void a_steady_clock_that_fell_back_locks_nobody_out(void **state)
{
	struct family family = born();
	struct family_now now = {WALL, INT64_C(1) << 40};

	(void)state;
	for (uint64_t i = 1; i <= FAMILY_RECENT_MAX; i++)
		assert_int_equal(family_use(&family, i, &usual, &now), FAMILY_ROTATED);
	now.steady_ms = 0;
	assert_int_equal(family_use(&family, 1, &usual, &now), FAMILY_REPLAYED);
	assert_int_equal(family_use(&family, 17, &usual, &now), FAMILY_ROTATED);
	assert_int_equal(family_use(&family, 18, &usual, &now), FAMILY_HELD);
	now.steady_ms = GRACE;
	assert_int_equal(family_use(&family, 18, &usual, &now), FAMILY_ROTATED);
	assert_int_equal(family_use(&family, 10, &usual, &now), FAMILY_REUSED);
}

// No refresh prolongs a session past the end that its login gave it.
static void the_absolute_end_counts_whatever_the_other_says(void **state)
{
	struct family family = born();
	const struct family_now last = {WALL + ABSOLUTE - 1, 0};

	(void)state;
	family.expires_wall_ms = WALL + ABSOLUTE;
	assert_int_equal(family_use(&family, 1, &usual, &last), FAMILY_ROTATED);
	assert_int_equal(family.expires_wall_ms, WALL + ABSOLUTE);
	family.expires_wall_ms = WALL + ABSOLUTE + IDLE; // as no rotation leaves it
	assert_int_equal(family_look(&family, WALL + ABSOLUTE - 1), FAMILY_HELD);
	assert_int_equal(family_look(&family, WALL + ABSOLUTE), FAMILY_EXPIRED);
}

static void it_ends_once(void **state)
{
	struct family family = born();
	const struct family_now now = {WALL - 500, 0}, later = {WALL + 500, 0};

	(void)state;
	assert_int_equal(family_look(&family, WALL), FAMILY_HELD);
	assert_true(family_finish(&family, FAMILY_ENDED_BY_LOGOUT, &now));
	assert_false(family_finish(&family, FAMILY_ENDED_BY_REVOKE, &later));
	assert_int_equal(family.end, FAMILY_ENDED_BY_LOGOUT);
	assert_int_equal(family.ended_wall_ms, WALL - 500);
	assert_int_equal(family_look(&family, WALL), FAMILY_ENDED);
	// the clock was set back: the last access token is of the future
	assert_int_equal(family_remembered_until(&family, 60000), WALL + 60000);
	assert_int_equal(family_remembered_until(&family, UINT64_MAX), INT64_MAX);
}

static void ids_are_written_and_read(void **state)
{
	static const char *const bad[] = {"", "0123456789abcdef0123456789abcde",
		"0123456789abcdef0123456789abcdefa", "0123456789abcdef0123456789abcdeg",
		"0123456789ABCDEF0123456789abcdef", "0123456789abcdef 123456789abcdef"};
	const char *good = "0123456789abcdef00ff7f80fedcba98";
	uint8_t id[FAMILY_ID_BYTES], same[FAMILY_ID_BYTES];
	char text[FAMILY_ID_TEXT];

	(void)state;
	assert_true(family_id_read(good, strlen(good), id));
	assert_string_equal(family_id_text(id, text), good);
	memcpy(same, id, sizeof(id));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (family_id_read(bad[i], strlen(bad[i]), id) || memcmp(id, same, sizeof(id)) != 0)
			fail_msg("'%s' was read", bad[i]);
}

static void every_name_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < FAMILY_OUTCOMES; i++)
		assert_non_null(family_outcome_names[i]);
	assert_null(family_outcome_names[FAMILY_OUTCOMES]);
}

// ---- at random

#define SEQUENCES 4000
#define STEPS 200
#define GENERATIONS (STEPS * 31 + 2)
#define NEVER INT64_MIN

// What the tokens of one family have seen.
struct model {
	uint64_t random, seed;
	bool jumps, adopts; // the steady clock goes back; tokens of the future come
	struct family family;
	struct family_rules rules;
	struct family_now now;
	int64_t used[GENERATIONS]; // when each counted as used, by the steady clock
};

static uint64_t draw(struct model *model, uint64_t below)
{
	model->random ^= model->random << 13;
	model->random ^= model->random >> 7;
	model->random ^= model->random << 17;
	return model->random % below;
}

static void must(const struct model *model, bool holds, const char *invariant)
{
	if (!holds)
		fail_msg("seed %llu: %s", (unsigned long long)model->seed, invariant);
}

static void pass_time(struct model *model)
{
	static const int64_t spans[] = {
		0, 1, 50, GRACE / 20, GRACE / 15, GRACE - 1, GRACE, IDLE / 2};
	int64_t span = spans[draw(model, draw(model, 30) == 0 ? ARRAY_SIZE(spans) : 5)];

	model->now.wall_ms += span;
	model->now.steady_ms += span;
	if (draw(model, 10) == 0)
		model->now.wall_ms += (int64_t)draw(model, IDLE) - IDLE / 2;
	if (model->jumps && draw(model, 20) == 0)
		model->now.steady_ms += (int64_t)draw(model, 20 * GRACE) - 10 * GRACE;
}

static uint64_t choose(struct model *model)
{
	uint64_t present = model->family.generation;
	uint64_t back = draw(model, draw(model, 40) == 0 ? 20 : 3); // seldom what is old

	if (draw(model, 3) > 0)
		back = 0;
	if (model->adopts && draw(model, 20) == 0)
		return present + draw(model, 30);
	return present > back ? present - back : 1;
}

static bool is_same(const struct family *a, const struct family *b)
{
	return a->generation == b->generation && a->issued_wall_ms == b->issued_wall_ms &&
	       a->expires_wall_ms == b->expires_wall_ms && a->end == b->end &&
	       a->absolute_wall_ms == b->absolute_wall_ms && a->used_count == b->used_count &&
	       memcmp(a->used_steady_ms, b->used_steady_ms, sizeof(a->used_steady_ms)) == 0;
}

// What holds whatever came before.
static void check_outcome(struct model *model, const struct family *before, uint64_t shown,
	enum family_outcome outcome)
{
	const struct family *after = &model->family;
	int64_t used = model->used[shown];
	bool lived = family_look(before, model->now.wall_ms) == FAMILY_HELD;
	bool is_new = outcome == FAMILY_ROTATED || outcome == FAMILY_ADOPTED;

	must(model,
		family_is_good(outcome) == (family_look(after, model->now.wall_ms) == FAMILY_HELD),
		"good, and only good, while it lives");
	must(model, lived || !family_is_good(outcome), "nothing good of what had ended");
	must(model, after->generation >= before->generation, "the generation never goes down");
	must(model, outcome != FAMILY_ROTATED || shown == before->generation,
		"only the present one is rotated");
	must(model,
		is_new ? after->generation == shown + 1 : after->generation == before->generation,
		"one successor");
	must(model, is_new || outcome == FAMILY_REUSED || is_same(before, after),
		"nothing else changes it");
	must(model, after->expires_wall_ms <= after->absolute_wall_ms, "never past its end");
	if (used == NEVER || !lived)
		return;
	must(model, !is_new, "no second successor");
	if (model->now.steady_ms - used >= (int64_t)model->rules.grace_ms)
		must(model, outcome == FAMILY_REUSED, "after the grace it is a reuse");
	else if (!model->jumps && !model->adopts)
		must(model, outcome == FAMILY_REPLAYED, "a loser within the grace is good");
}

static void step(struct model *model)
{
	struct family before = model->family;
	uint64_t shown;
	enum family_outcome outcome;

	pass_time(model);
	shown = choose(model);
	outcome = family_use(&model->family, shown, &model->rules, &model->now);
	check_outcome(model, &before, shown, outcome);
	for (uint64_t i = before.generation; i < model->family.generation; i++)
		model->used[i] = model->now.steady_ms;
}

static void no_sequence_breaks_the_rule(void **state)
{
	struct model *model = malloc(sizeof(*model));

	(void)state;
	if (!model)
		abort();
	for (uint64_t seed = 1; seed <= SEQUENCES; seed++) {
		model->seed = seed;
		model->random = seed * UINT64_C(0x9e3779b97f4a7c15);
		model->jumps = seed % 4 == 1;
		model->adopts = seed % 4 == 2;
		model->family = born();
		model->family.absolute_wall_ms += 200 * ABSOLUTE;
		model->rules = seed % 5 == 0 ? no_grace : usual;
		model->now = (struct family_now){WALL, (int64_t)seed};
		for (size_t i = 0; i < GENERATIONS; i++)
			model->used[i] = NEVER;
		for (size_t i = 0; i < STEPS && model->family.end == FAMILY_LIVES; i++)
			step(model);
	}
	free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_used_by_the_rule),
		cmocka_unit_test(an_old_generation_below_all_is_a_reuse),
		cmocka_unit_test(no_use_is_forgotten_in_its_grace),
		cmocka_unit_test(a_steady_clock_that_fell_back_locks_nobody_out),
		cmocka_unit_test(the_absolute_end_counts_whatever_the_other_says),
		cmocka_unit_test(it_ends_once),
		cmocka_unit_test(ids_are_written_and_read),
		cmocka_unit_test(every_name_is_there),
		cmocka_unit_test(no_sequence_breaks_the_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
