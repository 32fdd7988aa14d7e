// Claims and subjects out of what an upstream answers: as it was written, or refused with the path
// at fault.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/userdata.h"

#include "lib/base/text.h"
#include "verifier/door/session/sessionrules.h"
#include "verifier/record/sessions/family.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ANSWER \
	" {\"message\":\"hi\",\"userData\":{\"id\":9007199254740993,\"role\":\"a\\u0064min\"," \
	"\"ok\":true,\"no\":false,\"nil\":null,\"list\":[1],\"deep\":{\"x\":{\"y\":1.50}}," \
	"\"empty\":\"\",\"line\":\"a\\nb\",\"nul\":\"a\\u0000\"},\"id\":\"u1\",\"\":{\"\":7}} "

static struct strictjson_value root_of(const char *text)
{
	struct strictjson_value root;

	assert_true(userdata_read(text, strlen(text), &root));
	return root;
}

static const struct {
	const char *path, *raw; // NULL: absent
} paths[] = {
	{"id", "\"u1\""},
	{"userData.id", "9007199254740993"},
	{"userData.role", "\"a\\u0064min\""},
	{"userData.ok", "true"},
	{"userData.nil", "null"},
	{"userData.list", "[1]"},
	{"userData.deep.x", "{\"y\":1.50}"},
	{"userData.deep.x.y", "1.50"},
	{"none", NULL},
	{"userData.none", NULL},
	{"userData.id.x", NULL},
	{"userData.list.0", NULL},
	{"id.", NULL},
	{".", "7"},
};

static void a_path_leads_to_a_value(void **state)
{
	struct strictjson_value root = root_of(ANSWER);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct strictjson_value value = userdata_find(&root, paths[i].path);
		size_t length;
		const char *raw;

		if ((value.type == STRICTJSON_ABSENT) != !paths[i].raw)
			fail_msg("%s", paths[i].path);
		raw = userdata_raw(&value, &length);
		if (!paths[i].raw) {
			assert_true(!raw && !length);
			continue;
		}
		if (length != strlen(paths[i].raw) || memcmp(raw, paths[i].raw, length) != 0)
			fail_msg("%s: %.*s", paths[i].path, (int)length, raw);
	}
}

static const struct {
	const char *name;
	struct sessionrules_map maps[3];
	size_t count;
	const char *claims, *fault;
} mappings[] = {
	{"none", {{0}}, 0, "{}", NULL},
	{"the seed's", {{"userId", "userData.id"}, {"role", "userData.role"}}, 2,
		"{\"userId\":9007199254740993,\"role\":\"a\\u0064min\"}", NULL},
	{"true, false and a number",
		{{"a", "userData.ok"}, {"b", "userData.no"}, {"c", "userData.deep.x.y"}}, 3,
		"{\"a\":true,\"b\":false,\"c\":1.50}", NULL},
	{"sub of a number", {{"sub", "userData.id"}, {"subs", "userData.id"}}, 2,
		"{\"sub\":\"9007199254740993\",\"subs\":9007199254740993}", NULL},
	{"sub of a text", {{"sub", "id"}}, 1, "{\"sub\":\"u1\"}", NULL},
	{"sub of true", {{"sub", "userData.ok"}}, 1, NULL, "userData.ok"},
	{"an empty text", {{"a", "userData.empty"}}, 1, "{\"a\":\"\"}", NULL},
	{"a name with a quote", {{"a\"\\", "id"}}, 1, "{\"a\\\"\\\\\":\"u1\"}", NULL},
	{"one that is missing", {{"a", "id"}, {"b", "userData.none"}}, 2, NULL, "userData.none"},
	{"null", {{"a", "userData.nil"}}, 1, NULL, "userData.nil"},
	{"a list", {{"a", "userData.list"}}, 1, NULL, "userData.list"},
	{"an object", {{"a", "userData"}}, 1, NULL, "userData"},
};

static void claims_are_taken_as_they_were_written(void **state)
{
	struct strictjson_value root = root_of(ANSWER);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mappings); i++) {
		const struct sessionrules_maps maps = {mappings[i].maps, mappings[i].count};
		char out[FAMILY_CLAIMS_MAX + 1] = "";
		const char *fault = userdata_claims(&root, &maps, out, sizeof(out));

		if (!text_equal(fault, mappings[i].fault) ||
			(!fault && !text_equal(out, mappings[i].claims)))
			fail_msg("%s: %s %s", mappings[i].name, fault, out);
	}
}

static void claims_fit_or_are_refused(void **state)
{
	static const struct sessionrules_map map[] = {{"a", "id"}, {"b", "id"}};
	const struct sessionrules_maps maps = {map, 2};
	struct strictjson_value root = root_of(ANSWER);
	const char whole[] = "{\"a\":\"u1\",\"b\":\"u1\"}";

	(void)state;
	for (size_t size = 3; size < sizeof(whole); size++) {
		own_free char *out = malloc(size);

		if (!out)
			abort();
		assert_non_null(userdata_claims(&root, &maps, out, size));
	}
	{
		char out[sizeof(whole)];

		assert_null(userdata_claims(&root, &maps, out, sizeof(out)));
		assert_string_equal(out, whole);
	}
}

static const struct {
	const char *path, *subject; // NULL: none
} subjects[] = {
	{"id", "u1"},
	{"userData.id", "9007199254740993"},
	{"userData.role", "admin"},
	{"userData.ok", NULL},
	{"userData.nil", NULL},
	{"userData.deep", NULL},
	{"userData.empty", NULL},
	{"userData.line", NULL},
	{"userData.nul", NULL},
	{"none", NULL},
};

static void a_subject_is_a_text_or_a_number(void **state)
{
	struct strictjson_value root = root_of(ANSWER);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		char out[FAMILY_SUBJECT_MAX + 1] = "";
		bool found = userdata_subject(&root, subjects[i].path, out, sizeof(out));

		if (found != (subjects[i].subject != NULL) ||
			(found && !text_equal(out, subjects[i].subject)))
			fail_msg("%s: %s", subjects[i].path, out);
	}
	{
		char out[3];

		assert_true(userdata_subject(&root, "id", out, sizeof(out)));
		assert_false(userdata_subject(&root, "id", out, 2));
		assert_false(userdata_subject(&root, "userData.id", out, sizeof(out)));
	}
}

static const char *const unfit[] = {"", "[]", "1", "\"{}\"", "{", "{\"a\":1,\"a\":2}", "{} x",
	"\xef\xbb\xbf{}", "<html>{}</html>"};

static void an_answer_is_one_object(void **state)
{
	struct strictjson_value root;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
		if (userdata_read(unfit[i], strlen(unfit[i]), &root))
			fail_msg("%s", unfit[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_leads_to_a_value),
		cmocka_unit_test(claims_are_taken_as_they_were_written),
		cmocka_unit_test(claims_fit_or_are_refused),
		cmocka_unit_test(a_subject_is_a_text_or_a_number),
		cmocka_unit_test(an_answer_is_one_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
