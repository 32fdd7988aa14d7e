// A table: each row is one operation at a time, then what the store tells of revocations.
// SPDX-License-Identifier: MIT
#include "tests/unit/store_contract.h"

#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WALL_MS INT64_C(1700000000000)
#define STEADY_MS INT64_C(4000000)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define DAY (24 * 60 * MINUTE)
#define ACCESS_MS (15 * MINUTE)
#define IDLE_MS (7 * DAY)
#define ABSOLUTE_MS (30 * DAY)
#define JTI "0123456789abcdef.7.a"

static const struct family_rules rules = {
	.grace_ms = 10 * SECOND, .idle_ms = IDLE_MS, .access_ms = ACCESS_MS};

struct step {
	const char *what;
	int64_t at_ms; // since the first
	enum store_verb verb;
	uint8_t family;      // its id, many times
	uint64_t generation; // that is shown
	const char *text;    // a subject, or a jti
	int64_t for_ms;      // how long the jti's token lives
	int code;
	enum family_outcome outcome;
	uint64_t present; // the generation that it leaves
	uint64_t ended;
	size_t told;         // revocations, the last of which is
	int64_t told_for_ms; // this long, from the first step
	bool is_restarted;   // before it
};

static const struct step steps[] = {
	{"a family is made", 0, STORE_CREATE, 1, .text = "ada"},
	{"its id is taken", 1, STORE_CREATE, 1, .text = "eve", .code = -EEXIST},
	{"and what was there stays", 2, STORE_LOOK, 1, .text = "ada", .outcome = FAMILY_HELD,
		.present = 1},
	{"one that nobody made is unknown", 2, STORE_USE, 9, 1, .outcome = FAMILY_UNKNOWN},
	{"also to look at", 2, STORE_LOOK, 9, .outcome = FAMILY_UNKNOWN},
	{"a use rotates", MINUTE, STORE_USE, 1, 1, "ada", .outcome = FAMILY_ROTATED, .present = 2},
	{"a late loser gets the same", MINUTE + 9999, STORE_USE, 1, 1, "ada",
		.outcome = FAMILY_REPLAYED, .present = 2},
	{"the next use rotates, after a restart", 2 * MINUTE, STORE_USE, 1, 2, "ada",
		.outcome = FAMILY_ROTATED, .present = 3, .is_restarted = true},
	{"within the grace, after a restart", 2 * MINUTE + 1, STORE_USE, 1, 2, "ada",
		.outcome = FAMILY_REPLAYED, .present = 3, .is_restarted = true},
	{"a token that the store has lost is adopted", 3 * MINUTE, STORE_USE, 1, 7, "ada",
		.outcome = FAMILY_ADOPTED, .present = 8},
	{"an old one after the grace ends it", 4 * MINUTE, STORE_USE, 1, 2, "ada",
		.outcome = FAMILY_REUSED, .present = 8, .told = 1,
		.told_for_ms = 4 * MINUTE + ACCESS_MS},
	{"then the present one is no good", 4 * MINUTE, STORE_USE, 1, 8, "ada",
		.outcome = FAMILY_ENDED, .present = 8},
	{"nor is there anything left to end", 4 * MINUTE, STORE_END_FAMILY, 1, .ended = 0},
	{"what was revoked is told after a restart", 4 * MINUTE, STORE_LOOK, 1, .text = "ada",
		.outcome = FAMILY_ENDED, .present = 8, .told = 1,
		.told_for_ms = 4 * MINUTE + ACCESS_MS, .is_restarted = true},
	{"three more of two people: one", 5 * MINUTE, STORE_CREATE, 2, .text = "bob"},
	{"two", 5 * MINUTE, STORE_CREATE, 3, .text = "bob"},
	{"three", 5 * MINUTE, STORE_CREATE, 4, .text = "bob's"},
	{"a family ends by its id", 6 * MINUTE, STORE_END_FAMILY, 2, .ended = 1, .told = 1,
		.told_for_ms = 6 * MINUTE + ACCESS_MS},
	{"the rest of a subject ends by its name", 7 * MINUTE, STORE_END_SUBJECT, .text = "bob",
		.ended = 1, .told = 1, .told_for_ms = 7 * MINUTE + ACCESS_MS},
	{"once", 7 * MINUTE, STORE_END_SUBJECT, .text = "bob"},
	{"and nobody else's", 7 * MINUTE, STORE_LOOK, 4, .text = "bob's", .outcome = FAMILY_HELD,
		.present = 1},
	{"a family after that lives", 8 * MINUTE, STORE_CREATE, 5, .text = "bob"},
	{"until it ends", 8 * MINUTE, STORE_END_SUBJECT, .text = "bob", .ended = 1, .told = 1,
		.told_for_ms = 8 * MINUTE + ACCESS_MS},
	{"nobody's families have no subject in common", 8 * MINUTE, STORE_CREATE, 6, .text = ""},
	{"so they do not end together", 8 * MINUTE, STORE_END_SUBJECT, .text = ""},
	{"a token is revoked", 8 * MINUTE, STORE_END_TOKEN, .text = JTI, .for_ms = MINUTE,
		.ended = 1, .told = 1, .told_for_ms = 9 * MINUTE},
	{"once", 8 * MINUTE, STORE_END_TOKEN, .text = JTI, .for_ms = MINUTE},
	{"a later end counts and is told", 8 * MINUTE, STORE_END_TOKEN, .text = JTI,
		.for_ms = 2 * MINUTE, .told = 1, .told_for_ms = 10 * MINUTE},
	{"one that has expired needs no revoking", 8 * MINUTE, STORE_END_TOKEN, .text = "x"},
	{"all of that is told after a restart", 20 * MINUTE, STORE_END_TOKEN, .text = JTI,
		.for_ms = -MINUTE, .told = 5, .told_for_ms = 10 * MINUTE, .is_restarted = true},
	{"a family expires unused", IDLE_MS + 8 * MINUTE, STORE_USE, 6, 1, "",
		.outcome = FAMILY_EXPIRED, .present = 1},
};

struct scene {
	struct store *store;
	struct family_now now;
	size_t told;
	struct store_revocation last;
};

static void note(void *owner, const struct store_revocation *revocation)
{
	struct scene *scene = owner;

	scene->told++;
	scene->last = *revocation;
}

static void fill_family(struct family *family, const char *subject, int64_t wall_ms)
{
	family->generation = 1;
	family->issued_wall_ms = wall_ms;
	family->expires_wall_ms = wall_ms + IDLE_MS;
	family->absolute_wall_ms = wall_ms + ABSOLUTE_MS;
	(void)snprintf(family->subject, sizeof(family->subject), "%s", subject);
	(void)snprintf(family->access_claims, sizeof(family->access_claims),
		"{\"userId\":\"%s\",\"role\":\"K\xc3\xb6nig %%s \\\" \\u0000\"}", subject);
	memset(family->refresh_claims, 'r', FAMILY_CLAIMS_MAX); // as long as can be
}

static void check_record(const struct step *step, const struct family *family)
{
	struct family made = {0};

	fill_family(&made, step->text, 0);
	assert_int_equal(family->generation, step->present);
	assert_string_equal(family->subject, made.subject);
	assert_string_equal(family->access_claims, made.access_claims);
	assert_string_equal(family->refresh_claims, made.refresh_claims);
	if (step->outcome == FAMILY_ROTATED || step->outcome == FAMILY_ADOPTED) {
		assert_int_equal(family->issued_wall_ms, WALL_MS + step->at_ms);
		assert_int_equal(family->expires_wall_ms, WALL_MS + step->at_ms + IDLE_MS);
	}
}

static void check_answer(const struct step *step, const struct store_op *op)
{
	assert_int_equal(op->code, step->code);
	assert_int_equal(op->ended, step->ended);
	assert_false(op->remembered);
	if (step->verb != STORE_USE && step->verb != STORE_LOOK)
		return;
	assert_string_equal(family_outcome_names[op->outcome], family_outcome_names[step->outcome]);
	if (step->outcome != FAMILY_UNKNOWN)
		check_record(step, &op->family);
}

static void check_news(struct scene *scene, const struct step *step)
{
	scene->told = 0;
	assert_int_equal(store_news(scene->store, scene->now.wall_ms, note, scene), 0);
	assert_int_equal(scene->told, step->told);
	if (!step->told)
		return;
	assert_int_equal(scene->last.until_wall_ms, WALL_MS + step->told_for_ms);
	assert_int_equal(scene->last.is_family, step->verb != STORE_END_TOKEN);
	if (step->verb == STORE_END_TOKEN)
		assert_string_equal(scene->last.token, step->text);
	else if (step->verb == STORE_END_FAMILY || step->verb == STORE_USE)
		assert_int_equal(scene->last.family[FAMILY_ID_BYTES - 1], step->family);
}

static void take_step(struct scene *scene, const struct step *step)
{
	struct store_op op = {.verb = step->verb,
		.rules = rules,
		.generation = step->generation,
		.end = FAMILY_ENDED_BY_LOGOUT,
		.until_wall_ms = WALL_MS + step->at_ms + step->for_ms};

	memset(op.family.id, step->family, sizeof(op.family.id));
	scene->now = (struct family_now){WALL_MS + step->at_ms, STEADY_MS + step->at_ms};
	if (step->verb == STORE_CREATE)
		fill_family(&op.family, step->text, scene->now.wall_ms);
	if (step->verb == STORE_END_SUBJECT)
		(void)snprintf(op.family.subject, sizeof(op.family.subject), "%s", step->text);
	if (step->verb == STORE_END_TOKEN)
		(void)snprintf(op.token, sizeof(op.token), "%s", step->text);
	assert_int_equal(
		store_apply(scene->store, (struct store_op *const[]){&op}, 1, &scene->now), 0);
	check_answer(step, &op);
	check_news(scene, step);
}

void store_contract_hold(store_contract_open *open, void *owner)
{
	struct scene scene = {.store = open(owner)};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i].is_restarted) {
			(void)store_close(scene.store);
			scene.store = open(owner);
		}
		print_message("# %s\n", steps[i].what); // the last one that is said is what failed
		take_step(&scene, &steps[i]);
	}
	assert_int_equal(store_sweep(scene.store, scene.now.wall_ms + ABSOLUTE_MS), 0);
	(void)store_close(scene.store);
}

// The token of which only this tells.
static void note_swept(void *owner, const struct store_revocation *revocation)
{
	*(bool *)owner |= strcmp(revocation->token, "swept.7.a") == 0;
}

void store_contract_hold_sweep(store_contract_open *open, void *owner)
{
	struct store_op op = {
		.verb = STORE_END_TOKEN, .token = "swept.7.a", .until_wall_ms = WALL_MS + MINUTE};
	struct store_op *ops[] = {&op};
	const struct family_now now = {WALL_MS, STEADY_MS};
	struct store *store = open(owner);

	assert_int_equal(store_apply(store, ops, 1, &now), 0);
	for (int64_t late_ms = -1; late_ms <= 1; late_ms += 2) {
		int64_t then_ms = op.until_wall_ms + STORE_KEPT_MS + late_ms;
		bool is_told = false;

		assert_int_equal(store_sweep(store, then_ms), 0);
		(void)store_close(store);
		store = open(owner);
		assert_int_equal(store_news(store, WALL_MS, note_swept, &is_told), 0);
		assert_int_equal(is_told, late_ms < 0);
	}
	(void)store_close(store);
}

void store_contract_hold_batch(store_contract_open *open, void *owner)
{
	struct store *store = open(owner);
	struct store_op *batch = calloc(STORE_BATCH_MAX, sizeof(*batch));
	struct store_op *ops[STORE_BATCH_MAX];
	const struct family_now now = {WALL_MS, STEADY_MS};

	if (!batch)
		abort();
	for (size_t i = 0; i < STORE_BATCH_MAX; i++) {
		batch[i].verb = i ? STORE_USE : STORE_CREATE;
		batch[i].rules = rules;
		batch[i].generation = 1;
		memset(batch[i].family.id, 77, sizeof(batch[i].family.id));
		ops[i] = &batch[i];
	}
	fill_family(&batch[0].family, "carol", WALL_MS);
	assert_int_equal(store_apply(store, ops, STORE_BATCH_MAX, &now), 0);
	for (size_t i = 1; i < STORE_BATCH_MAX; i++) {
		assert_int_equal(batch[i].code, 0);
		assert_int_equal(batch[i].outcome, i == 1 ? FAMILY_ROTATED : FAMILY_REPLAYED);
		assert_int_equal(batch[i].family.generation, 2);
	}
	free(batch);
	(void)store_close(store);
}
