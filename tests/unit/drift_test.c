// The drift record as JSON and back.
// SPDX-License-Identifier: MIT
#include "lib/wire/drift.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"

#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct drift_side sides[] = {
	{"web", BUNDLE_PHASE_START, ".env.production:3:1", "5b1f09c2a7d4", 540, DRIFT_LIVE, false,
		4711},
	{"ws", BUNDLE_PHASE_BUILD, "env", "weak", 0, DRIFT_DEAD, true, 0},
};
static const struct drift sample = {DRIFT_APP, DIAG_ERROR, "drift-shared", "NEXTAUTH_SECRET",
	"shop", sides, 2, "restart ws", NULL, NULL};

static void a_record_comes_back(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	json_t *json = drift_to_json(&sample);
	struct drift back;

	(void)state;
	assert_non_null(json);
	assert_int_equal(drift_from_json(json, pool, &back, NULL), 0);
	json_decref(json);
	assert_int_equal(back.kind, sample.kind);
	assert_int_equal(back.severity, sample.severity);
	assert_string_equal(back.code, sample.code);
	assert_string_equal(back.key, sample.key);
	assert_string_equal(back.group, sample.group);
	assert_string_equal(back.fix, sample.fix);
	assert_int_equal(back.side_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(back.sides[i].app, sides[i].app);
		assert_int_equal(back.sides[i].phase, sides[i].phase);
		assert_string_equal(back.sides[i].origin, sides[i].origin);
		assert_string_equal(back.sides[i].fingerprint, sides[i].fingerprint);
		assert_int_equal(back.sides[i].age_s, sides[i].age_s);
		assert_int_equal(back.sides[i].life, sides[i].life);
		assert_int_equal(back.sides[i].standing, sides[i].standing);
		assert_int_equal(back.sides[i].pid, sides[i].pid);
	}
}

static void the_words_are_the_documented_ones(void **state)
{
	json_t *json = drift_to_json(&sample);
	own_free char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

	(void)state;
	json_decref(json);
	assert_string_equal(text,
		"{\"code\":\"drift-shared\",\"fix\":\"restart "
		"ws\",\"group\":\"shop\",\"key\":\"NEXTAUTH_SECRET\","
		"\"kind\":\"app\",\"severity\":\"error\",\"sides\":["
		"{\"age_s\":540,\"app\":\"web\",\"fingerprint\":\"5b1f09c2a7d4\",\"life\":\"live\","
		"\"origin\":\".env.production:3:1\",\"phase\":\"start\",\"pid\":4711,\"standing\":"
		"false},"
		"{\"age_s\":0,\"app\":\"ws\",\"fingerprint\":\"weak\",\"life\":\"dead\","
		"\"origin\":\"env\",\"phase\":\"build\",\"pid\":null,\"standing\":true}]}");
}

static void a_text_that_is_not_utf8_makes_no_json(void **state)
{
	struct drift drift = sample;

	(void)state;
	drift.key = "\xff";
	assert_null(drift_to_json(&drift));
}

#define SIDE(life) \
	"{\"app\":\"a\",\"phase\":\"start\",\"origin\":\"o\",\"fingerprint\":\"weak\",\"age_s\":" \
	"1," \
	"\"life\":" life ",\"standing\":false,\"pid\":1}"
#define RECORD(kind, sides) \
	"{\"kind\":" kind \
	",\"severity\":\"note\",\"code\":\"c\",\"key\":\"K\",\"group\":\"g\",\"fix\":\"f\"," \
	"\"more\":[],\"sides\":" sides "}"

static const struct {
	const char *prose, *json;
	const char *member; // that the message names; NULL: the record is taken
} records[] = {
	{"members not known are skipped", RECORD("\"build\"", "[" SIDE("\"stale\"") "]"), NULL},
	{"a record without sides", RECORD("\"build\"", "[]"), NULL},
	{"a kind of a newer verifier", RECORD("\"else\"", "[]"), NULL},
	{"a witness and a sentence", RECORD("\"build\",\"witness\":\"w\",\"text\":\"t\"", "[]"),
		NULL},
	{"a witness that is no text", RECORD("\"build\",\"witness\":1", "[]"), "witness"},
	{"a kind that is a number", RECORD("1", "[]"), "kind"},
	{"sides that are no list", RECORD("\"app\"", "{}"), "sides"},
	{"a side without a process",
		RECORD("\"app\"",
			"[{\"app\":\"a\",\"phase\":\"start\",\"origin\":\"o\",\"fingerprint\":"
			"\"weak\",\"age_s\":1,\"life\":\"live\",\"standing\":true,\"pid\":null}]"),
		NULL},
	{"a side that is no object", RECORD("\"app\"", "[1]"), "fingerprint"},
	{"a life not known", RECORD("\"app\"", "[" SIDE("\"undead\"") "]"), "life"},
	{"a list instead of a record", "[]", "kind"},
	{"an empty record", "{}", "kind"},
};

static void bad_records_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		own(pool_release) struct pool *pool = pool_new();
		json_t *json = json_loads(records[i].json, 0, NULL);
		struct drift drift = {.key = "untouched"};
		struct err err = ERR_NONE;
		int code = drift_from_json(json, pool, &drift, &err);

		if (code != (records[i].member ? -EINVAL : 0))
			fail_msg("%s: %d (%s)", records[i].prose, code, err.what);
		if (records[i].member && !strstr(err.what, records[i].member))
			fail_msg("%s: %s", records[i].prose, err.what);
		if (records[i].member)
			assert_string_equal(drift.key, "untouched");
		json_decref(json);
	}
}

static void what_is_not_known_has_a_name(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	json_t *json = json_loads(
		RECORD("\"else\",\"witness\":\"pid 7\",\"text\":\"it differs\"", "[]"), 0, NULL);
	struct drift drift;

	(void)state;
	assert_int_equal(drift_from_json(json, pool, &drift, NULL), 0);
	json_decref(json);
	assert_int_equal(drift.kind, DRIFT_OTHER);
	assert_string_equal(drift.witness, "pid 7");
	assert_string_equal(drift.text, "it differs");
}

static void numbers_and_lengths_are_judged(void **state)
{
	static const struct {
		const char *member;
		const char *json;
	} changes[] = {
		{"age_s", "-1"},
		{"age_s", "1.5"},
		{"pid", "\"1\""},
		{"standing", "1"},
		{"fingerprint", "\"0123456789abc\""},
		{"origin", "null"},
		{"app", "\"a\\u0000b\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		own(pool_release) struct pool *pool = pool_new();
		json_t *json = drift_to_json(&sample), *value;
		struct drift drift;

		value = json_loads(changes[i].json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		assert_non_null(value);
		assert_int_equal(
			json_object_set_new(json_array_get(json_object_get(json, "sides"), 0),
				changes[i].member, value),
			0);
		assert_int_equal(drift_from_json(json, pool, &drift, NULL), -EINVAL);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back),
		cmocka_unit_test(the_words_are_the_documented_ones),
		cmocka_unit_test(a_text_that_is_not_utf8_makes_no_json),
		cmocka_unit_test(bad_records_are_refused),
		cmocka_unit_test(what_is_not_known_has_a_name),
		cmocka_unit_test(numbers_and_lengths_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
