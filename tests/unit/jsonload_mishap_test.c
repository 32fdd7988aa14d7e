// JSON read and written with every allocation failing, once and for good: all of it, or -ENOMEM.
// SPDX-License-Identifier: MIT
#include "lib/value/jsonload.h"

#include "lib/value/dump.h"
#include "lib/value/finding.h"
#include "lib/value/problem.h"
#include "lib/wire/drift.h"
#include "loader/cli/usage.h"
#include "tests/unit/mishap.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CALLS_MAX 200 // more than any row makes

static const char *const texts[] = {
	"{\"name\":\"a\"}",
	"{\"fingerprint_key\":\"a\"}", // 16 bytes before the quote
	"[\"fourteen bytes\"]",        // the quote is the 16th
	"[\"thirty bytes of a longer text.\"]",
	"[1234567890123456]",
	"[123456789012345]",
	"[\"\\u00e9\\ud83d\\ude00 and more\"]",
	"[\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"]",
	"{\"a\":{\"b\":[1,2.5,true,null,\"x\"],\"c\":[]},\"d\":[[],[],[],[],[],[],[],[],[]]}",
};

static void a_text_is_read_whole_or_not_at_all(const char *text, bool for_good)
{
	json_t *whole = NULL;
	bool happened = true;

	assert_int_equal(jsonload_text(text, strlen(text), 0, &whole, NULL), 0);
	for (size_t at = 1; happened && at < CALLS_MAX; at++) {
		struct mishap mishap = {MISHAP_MEMORY, at, for_good, ENOMEM};
		json_t *json = NULL;
		int code;

		mishap_arm(&mishap);
		code = jsonload_text(text, strlen(text), 0, &json, NULL);
		happened = mishap_disarm();
		if (code != (happened ? -ENOMEM : 0) || !json != happened)
			fail_msg("%s, call %zu: %d", text, at, code);
		assert_true(happened || json_equal(json, whole));
		json_decref(json);
	}
	assert_false(happened);
	json_decref(whole);
}

static void texts_are_read_whole_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		a_text_is_read_whole_or_not_at_all(texts[i], false);
		a_text_is_read_whole_or_not_at_all(texts[i], true);
	}
}

static void a_bad_text_is_told_apart(void **state)
{
	static const char *const bad[] = {
		"", "{", "[1,]", "\"fourteen bytes", "[\"a\xff\"]", "{\"a\":1,\"a\":2}", "[1] 2"};
	json_error_t error;
	json_t *json = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(jsonload_text(bad[i], strlen(bad[i]), JSON_REJECT_DUPLICATES,
					 &json, &error),
			-EBADMSG);
	assert_int_equal(jsonload_text("\n\n{", 3, 0, &json, &error), -EBADMSG);
	assert_int_equal(error.line, 3);
	assert_null(json);
}

static void a_file_that_cannot_be_read_is_told_apart(void **state)
{
	own_fd int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_fd int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
	json_t *json = NULL;

	(void)state;
	assert_int_equal(jsonload_file(folder, 10, &json), -EISDIR);
	assert_int_equal(jsonload_file(empty, 10, &json), -EBADMSG);
	assert_null(json);
}

// ---- writing: what is not always there

static json_t *drift_with_all(void)
{
	static const struct drift_side side = {.app = "web", .origin = ".env"};
	static const struct drift drift = {.code = "conflict",
		.key = "A",
		.group = "g",
		.fix = "fix",
		.sides = &side,
		.side_count = 1,
		.witness = "pid 1",
		.text = "text"};

	return drift_to_json(&drift);
}

static json_t *code_with_all(void)
{
	return usage_code_json(finding_kind(FINDING_CONFLICT), &problem_table[0]);
}

static void is_written_whole_or_not_at_all(json_t *write(void))
{
	json_t *whole = write();
	bool happened = true;

	assert_non_null(whole);
	for (size_t at = 1; happened && at < CALLS_MAX; at++) {
		struct mishap mishap = {MISHAP_MEMORY, at, false, ENOMEM};
		json_t *json;

		mishap_arm(&mishap);
		json = write();
		happened = mishap_disarm();
		if (happened ? json != NULL : !json_equal(json, whole))
			fail_msg("call %zu: a part", at);
		json_decref(json);
	}
	assert_false(happened);
	json_decref(whole);
}

static void an_answer_is_written_whole_or_not_at_all(void **state)
{
	(void)state;
	is_written_whole_or_not_at_all(drift_with_all);
	is_written_whole_or_not_at_all(code_with_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_whole_or_not_at_all),
		cmocka_unit_test(a_bad_text_is_told_apart),
		cmocka_unit_test(a_file_that_cannot_be_read_is_told_apart),
		cmocka_unit_test(an_answer_is_written_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
