// Values planted in every form are found once, where they stand, however the pieces come; near
// misses are not.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/search.h"

#include "lib/base/secret.h"
#include "lib/value/forms.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "tests/unit/searching.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define PLAIN "Zq7Rk2Lm9Xw4Tb8Vn1Hd6Gs3"
#define MIXED "x\"y\\z/<q>&'w+o=r ~?>d\n\u00e9#"

#define ROOM ((size_t)900 * 1024)

// ---- jobs

static struct scanjob_value value_of(const char *key, enum scanjob_kind kind, const char *text)
{
	return (struct scanjob_value){.key = key,
		.origin = ".env:1:1",
		.kind = kind,
		.secret = true,
		.value = searching_secret(text)};
}

// ---- values

#define BEFORE "first line\nsecond: "
#define AFTER " \nbehind"

static void check_form(struct search *search, struct searching_seen *seen, struct secret value,
	size_t form, size_t piece)
{
	uint8_t bytes[4096] = BEFORE, out[FORMS_ROOM(64)];
	struct forms_text text;
	char line[128];
	size_t size = strlen(BEFORE);

	assert_true(forms_write(form, value, out, sizeof(out), &text));
	memcpy(bytes + size, out, text.length);
	size += text.length;
	memcpy(bytes + size, AFTER, strlen(AFTER));
	size += strlen(AFTER);
	*seen = (struct searching_seen){0};
	searching_feed(search, &(struct scanreport_place){.path = "file"}, bytes, size, piece);
	(void)snprintf(line, sizeof(line), "%d:%zu\n", memchr(out, 0, text.length) ? 0 : 2,
		strlen(BEFORE));
	if (seen->count != 1 || !strstr(seen->text, line) ||
		strncmp(seen->text, "value K current ", 16) != 0)
		fail_msg(
			"%s (%zu) in pieces of %zu: %s", forms_name(form), form, piece, seen->text);
}

static void every_form_is_found_once(void **state)
{
	static const char *const values[] = {PLAIN, MIXED, "8bytes!\"", "\"'quoted'\"",
		"\\back\\slash\\", "p\u00e4ssw\u00f6rd\U0001F600", "12345678", "&amp;&lt;&gt;",
		"-----BEGIN-----\nabc\n", "%41%42%43%44"};
	static const size_t pieces[] = {1, 2, 3, 7, 16, 31, 4096};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct scanjob_value value = value_of("K", SCANJOB_CURRENT, values[i]);
		struct scanjob job = {.values = &value, .value_count = 1};
		struct searching_seen seen;
		struct search *search = searching_open(&job, &seen);

		for (size_t form = 0; form < forms_count; form++)
			check_form(search, &seen, value.value, form,
				pieces[(form + i) % ARRAY_SIZE(pieces)]);
		(void)search_close(search);
	}
}

static void pieces_and_windows_change_nothing(void **state)
{
	const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, PLAIN);
	const struct scanjob job = {.values = &value, .value_count = 1};
	uint8_t *bytes = calloc(1, ROOM);
	char wanted[128];

	(void)state;
	if (!bytes)
		abort();
	// around every place where a window or what is ahead of it may end
	for (size_t edge = 8 * 1024; edge < ROOM - 1024; edge += 8 * 1024) {
		size_t at = edge - randombytes_uniform(2 * sizeof(PLAIN));

		memset(bytes, 'x', ROOM);
		bytes[0] = '\n';
		bytes[edge - 100] = '\n';
		memcpy(bytes + at, PLAIN, strlen(PLAIN));
		(void)snprintf(wanted, sizeof(wanted), "value K current raw 3:%zu\n", at);
		assert_string_equal(searching_found_in(&job, "f", bytes, ROOM, ROOM), wanted);
		assert_string_equal(searching_found_in(&job, "f", bytes, ROOM, edge + 5), wanted);
		assert_string_equal(searching_found_in(&job, "f", bytes, ROOM, 65521), wanted);
	}
	free(bytes);
}

// vectorscan overlooks literals near the end of a block, by where they lie and what else is sought.
static void the_end_of_a_stream_is_searched(void **state)
{
	static const char *const values[] = {
		"5\u0444\u043450GL", PLAIN, "8bytes+1", "\u0436\u0444\u0449\u044f"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, values[i]);
		const struct scanjob job = {.values = &value, .value_count = 1};
		struct searching_seen seen;
		struct search *search = searching_open(&job, &seen);
		char text[400];

		for (int before = 0; before < 140; before++)
			for (int behind = 0; behind < 70; behind += 3) {
				int size = snprintf(text, sizeof(text), "%*s%s%*s", before, "",
					values[i], behind, "");

				seen = (struct searching_seen){0};
				searching_feed(search, &(struct scanreport_place){.path = "f"},
					text, (size_t)size, (size_t)size);
				assert_int_equal(seen.count, 1);
			}
		(void)search_close(search);
	}
}

static void behind_a_hole_places_are_those_of_the_file(void **state)
{
	const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, PLAIN);
	const struct scanjob job = {.values = &value, .value_count = 1};
	const char text[] = "one\ntwo " PLAIN;
	struct searching_seen seen;
	struct search *search = searching_open(&job, &seen);

	(void)state;
	searching_feed(search, &(struct scanreport_place){.path = "f", .offset = 900000000000},
		text, strlen(text), 5);
	(void)search_close(search);
	assert_string_equal(seen.text, "value K current raw 0:900000000008\n");
}

static void the_value_that_is_meant_is_told(void **state)
{
	const struct scanjob_value values[] = {
		value_of("K", SCANJOB_SHADOWED, "\"" PLAIN "\""),
		value_of("K", SCANJOB_CURRENT, PLAIN),
		value_of("K", SCANJOB_SHADOWED, PLAIN),
		value_of("K", SCANJOB_SHADOWED, PLAIN "-longer"),
		value_of("K", SCANJOB_READING, "Zq7Rk2Lm9Xw4"),
		value_of("L", SCANJOB_SENTINEL, PLAIN),
	};
	const struct scanjob job = {.values = values, .value_count = ARRAY_SIZE(values)};
	static const struct {
		const char *name, *text, *wanted;
	} cases[] = {
		{"a quoted literal is the value", "a=\"" PLAIN "\"",
			"value K current raw 1:3\nvalue L sentinel raw 1:3\n"},
		{"a longer value is the longer one", "a=" PLAIN "-longer",
			"value K shadowed raw 1:2\nvalue L sentinel raw 1:2\n"},
		{"a shorter one is itself", "a=Zq7Rk2Lm9Xw4-", "value K reading raw 1:2\n"},
		{"twice is twice", PLAIN "," PLAIN,
			"value K current raw 1:0\nvalue L sentinel raw 1:0\n"
			"value K current raw 1:25\nvalue L sentinel raw 1:25\n"},
		{"one byte less is nothing", "Zq7Rk2Lm9Xw", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found = searching_found_in_text(&job, "f", cases[i].text);

		if (strcmp(found, cases[i].wanted) != 0)
			fail_msg("%s: %s", cases[i].name, found);
	}
}

static void base64_is_confirmed_at_its_edges(void **state)
{
	const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, "abcdefg5");
	const struct scanjob job = {.values = &value, .value_count = 1};

	(void)state;
	assert_string_equal(
		searching_found_in_text(&job, "f", "YWJjZGVmZzU="), "value K current base64 1:0\n");
	assert_string_equal(
		searching_found_in_text(&job, "f", "YWJjZGVmZzU"), "value K current base64 1:0\n");
	assert_string_equal(searching_found_in_text(&job, "f", "eGFiY2RlZmc1eQ"), // xabcdefg5y
		"value K current base64 1:2\n");
	assert_string_equal(searching_found_in_text(&job, "f", "YWJjZGVmZzY="), ""); // abcdefg6
	assert_string_equal(searching_found_in_text(&job, "f", "eGFiY2RlZmc2eQ"), "");
}

static void nothing_is_found_in_noise(void **state)
{
	const struct scanjob_value values[] = {value_of("K", SCANJOB_CURRENT, "aB3+dE6/"),
		value_of("L", SCANJOB_CURRENT, "deadbeef"), value_of("M", SCANJOB_CURRENT, PLAIN)};
	const struct scanjob job = {.values = values,
		.value_count = ARRAY_SIZE(values),
		.flags = SCANJOB_PLACEHOLDERS | SCANJOB_TOKENS};
	uint8_t *bytes = calloc(1, ROOM);

	(void)state;
	if (!bytes)
		abort();
	for (int i = 0; i < 8; i++) {
		randombytes_buf(bytes, ROOM);
		assert_string_equal(searching_found_in(&job, "f", bytes, ROOM, ROOM), "");
		for (size_t j = 0; j < ROOM; j++)
			bytes[j] = (uint8_t) "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					     "0123456789+/"[bytes[j] % 64];
		assert_string_equal(searching_found_in(&job, "f", bytes, ROOM, ROOM), "");
	}
	free(bytes);
}

static void many_places_are_counted(void **state)
{
	const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, "8bytes+1");
	const struct scanjob job = {.values = &value, .value_count = 1};
	struct searching_seen *seen = calloc(1, sizeof(*seen));
	char text[150 * 9 + 1] = "", *last;
	struct search *search;

	(void)state;
	if (!seen)
		abort();
	for (int i = 0; i < 150; i++)
		memcpy(text + 9 * (size_t)i, "8bytes+1 ", 9);
	search = searching_open(&job, seen);
	searching_feed(search, &(struct scanreport_place){.path = "f"}, text, strlen(text), 100);
	(void)search_close(search);
	assert_int_equal(seen->count, SEARCH_LISTED_MAX + 1);
	last = strstr(seen->text, "1:900\n");
	assert_non_null(last);
	free(seen);
}

static void a_long_value_is_found_by_its_middle(void **state)
{
	char long_value[3001] = "", file[4001] = "";
	struct scanjob_value value;
	const struct scanjob job = {.values = &value, .value_count = 1};
	uint32_t number = 1;

	(void)state;
	for (size_t i = 0; i < 3000; i++) {
		number = number * 1664525 + 1013904223;
		long_value[i] = (char)('!' + (number >> 24) % 90);
	}
	value = value_of("K", SCANJOB_CURRENT, long_value);
	memset(file, ' ', 4000);
	memcpy(file + 500, long_value, 3000);
	assert_string_equal(
		searching_found_in_text(&job, "f", file), "value K current raw 1:1744\n");
}

static void what_is_not_searched_is_said(void **state)
{
	struct scanjob_value values[] = {value_of("SHORT", SCANJOB_CURRENT, "1234567"),
		value_of("PORT", SCANJOB_CURRENT, "80801234567")};
	const struct scanjob job = {.values = values, .value_count = ARRAY_SIZE(values)};

	(void)state;
	values[1].secret = false;
	assert_string_equal(searching_found_in_text(&job, "f", "1234567 80801234567"),
		"skipped SHORT current - 0:0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_found_once),
		cmocka_unit_test(pieces_and_windows_change_nothing),
		cmocka_unit_test(the_end_of_a_stream_is_searched),
		cmocka_unit_test(behind_a_hole_places_are_those_of_the_file),
		cmocka_unit_test(the_value_that_is_meant_is_told),
		cmocka_unit_test(base64_is_confirmed_at_its_edges),
		cmocka_unit_test(nothing_is_found_in_noise),
		cmocka_unit_test(many_places_are_counted),
		cmocka_unit_test(a_long_value_is_found_by_its_middle),
		cmocka_unit_test(what_is_not_searched_is_said),
	};

	return cmocka_run_group_tests(tests, searching_set_up, searching_tear_down);
}
