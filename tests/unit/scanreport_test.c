// Records to lines and back; what nobody would write is refused.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/wire/scanreport.h"

#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int read_line(const char *line, struct pool *pool, struct scanreport *ret_report)
{
	struct err err = ERR_NONE;

	return scanreport_read(line, strlen(line), pool, ret_report, &err);
}

static void same_text(const char *a, const char *b)
{
	assert_string_equal(a ? a : "", b);
}

static void everything_comes_back(void **state)
{
	const struct scanreport sample = {
		.type = SCANREPORT_VALUE,
		.place = {.path = ".next/a \"b\".tgz",
			.inside = {"m/x.js", "zstd@12"},
			.inside_count = 2,
			.offset = UINT64_C(1) << 40,
			.line = 7},
		.key = "K",
		.origin = ".env:1:1",
		.kind = "current",
		.form = "base64",
	};
	struct pool *pool = pool_new();
	json_t *json = scanreport_to_json(&sample);
	char *line = json_dumps(json, JSON_COMPACT);
	struct scanreport report;

	(void)state;
	assert_non_null(line);
	assert_int_equal(read_line(line, pool, &report), 0);
	assert_int_equal(report.type, sample.type);
	same_text(sample.place.path, report.place.path);
	assert_int_equal(report.place.inside_count, 2);
	same_text(sample.place.inside[0], report.place.inside[0]);
	same_text(sample.place.inside[1], report.place.inside[1]);
	assert_int_equal(report.place.offset, sample.place.offset);
	assert_int_equal(report.place.line, 7);
	same_text(sample.key, report.key);
	same_text(sample.origin, report.origin);
	same_text(sample.kind, report.kind);
	same_text(sample.form, report.form);
	same_text(sample.state, report.state);
	same_text(sample.text, report.text);
	same_text(sample.token, report.token);
	free(line);
	json_decref(json);
	pool_free(pool);
}

static void what_is_no_text_is_shown(void **state)
{
	const struct scanreport sample = {
		.type = SCANREPORT_SKIPPED, .place = {.path = "a\xff\nb"}, .text = "x\x01"};
	json_t *json = scanreport_to_json(&sample);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "path")), "a\\xff\\x0ab");
	assert_string_equal(json_string_value(json_object_get(json, "text")), "x\\x01");
	assert_null(json_object_get(json, "key"));
	json_decref(json);
}

// However long and odd its texts are, a record is a line that can be read.
static void the_longest_record_is_a_line(void **state)
{
	static char text[70000];
	struct scanreport sample = {.type = SCANREPORT_TOKEN,
		.place = {.path = text,
			.inside_count = SCANREPORT_INSIDE_MAX,
			.offset = UINT64_MAX,
			.line = UINT64_MAX},
		.key = text,
		.origin = text,
		.kind = text,
		.form = text,
		.state = text,
		.text = text,
		.token = text + sizeof(text) - 1 - SCANREPORT_TOKEN_MAX,
		.files = UINT64_MAX,
		.bytes = UINT64_MAX,
		.members = UINT64_MAX};
	static const char bytes[] = "\"a\xff";

	(void)state;
	for (size_t i = 0; i < SCANREPORT_INSIDE_MAX; i++)
		sample.place.inside[i] = text;
	for (const char *byte = bytes; *byte; byte++) {
		struct pool *pool = pool_new();
		struct scanreport report;
		json_t *json;
		char *line;

		memset(text, *byte, sizeof(text) - 1);
		memset(text + sizeof(text) - 1 - SCANREPORT_TOKEN_MAX, 'e', SCANREPORT_TOKEN_MAX);
		json = scanreport_to_json(&sample);
		line = json_dumps(json, JSON_COMPACT);
		if (!line)
			abort();
		assert_true(strlen(line) < SCANREPORT_LINE_MAX);
		assert_int_equal(read_line(line, pool, &report), 0);
		assert_int_equal(strlen(report.token), SCANREPORT_TOKEN_MAX);
		free(line);
		json_decref(json);
		pool_free(pool);
	}
}

static void bad_lines_are_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"{",
		"[]",
		"\"value\"",
		"{}",
		"{\"type\":1}",
		"{\"type\":\"nothing\"}",
		"{\"type\":\"value\",\"type\":\"old\"}",
		"{\"type\":\"value\",\"value\":\"x\"}",
		"{\"type\":\"value\",\"key\":1}",
		"{\"type\":\"value\",\"key\":\"a\\u0000b\"}",
		"{\"type\":\"value\",\"key\":\"a\\nb\"}",
		"{\"type\":\"value\",\"offset\":-1}",
		"{\"type\":\"value\",\"offset\":1.5}",
		"{\"type\":\"value\",\"offset\":\"1\"}",
		"{\"type\":\"value\",\"inside\":\"x\"}",
		"{\"type\":\"value\",\"inside\":[1]}",
		"{\"type\":\"old\",\"inside\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}",
		"{\"type\":\"value\"} x",
	};
	struct pool *pool = pool_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct scanreport report;

		if (read_line(lines[i], pool, &report) != -EINVAL)
			fail_msg("taken: %s", lines[i]);
	}
	pool_free(pool);
}

static void every_type_has_a_word(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SCANREPORT_TYPES; i++) {
		json_t *json =
			scanreport_to_json(&(struct scanreport){.type = (enum scanreport_type)i});

		assert_non_null(json_string_value(json_object_get(json, "type")));
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(what_is_no_text_is_shown),
		cmocka_unit_test(the_longest_record_is_a_line),
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(every_type_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
