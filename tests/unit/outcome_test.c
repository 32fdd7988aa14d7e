// From values to records: what may leave the vault, and in which form.
// SPDX-License-Identifier: MIT
#include "verifier/trust/outcome.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/fingerprint.h"
#include "verifier/record/registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *name, *root, *path, *plain;
} paths[] = {
	{"a file of the root", "/srv/web", ".env", "/srv/web/.env"},
	{"a file above", "/srv/web", "../.env", "/srv/.env"},
	{"a dot", "/srv/web", "./a/./.env", "/srv/web/a/.env"},
	{"an absolute path", "/srv/web", "/run/secrets/KEY", "/run/secrets/KEY"},
	{"doubled slashes", "/srv//web/", "a//.env", "/srv/web/a/.env"},
	{"above the top", "/srv", "../../../.env", "/.env"},
	{"the environment itself", "/srv/web", "", ""},
	{"a name that begins with dots", "/srv", "..env", "/srv/..env"},
};

static void places_become_absolute(void **state)
{
	own(pool_release) struct pool *pool = pool_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *plain = outcome_path(paths[i].root, paths[i].path, pool);

		if (!text_equal(plain, paths[i].plain))
			fail_msg("%s: %s", paths[i].name, plain);
	}
}

static struct secret value(const char *text)
{
	return secret_view(text, strlen(text));
}

static void values_become_records(void **state)
{
	const struct candidate strong[] = {
		{CANDIDATE_WINNER, {SOURCE_ENV, "", 0, 0}, "",
			value("correct horse battery staple")},
		{CANDIDATE_SHADOWED, {SOURCE_DOTENV, ".env", 3, 1}, "",
			value("correct horse battery staple")},
		{CANDIDATE_SHADOWED, {SOURCE_SECRETS, "/run/secrets/A", 0, 0}, "", value("other")},
	};
	const struct candidate weak[] = {
		{CANDIDATE_WINNER, {SOURCE_DOTENV, "../.env", 1, 1}, "", value("changeme")}};
	const struct bundle_key keys[] = {{"A", BUNDLE_KEY_SECRET, strong, 3},
		{"B", BUNDLE_KEY_SECRET | BUNDLE_KEY_WEAK, weak, 1},
		{"C", BUNDLE_KEY_SECRET | BUNDLE_KEY_REQUIRED, NULL, 0}};
	const struct bundle bundle = {
		.app = "web", .root = "/srv/web", .keys = keys, .key_count = 3};
	own(pool_release) struct pool *pool = pool_new();
	own(secret_arena_release) struct secret_arena *arena = NULL;
	own(fingerprint_key_release) struct fingerprint_key *key = NULL;
	char fingerprint[FINGERPRINT_TEXT_SIZE];
	struct registry_key *records;

	(void)state;
	assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
	assert_int_equal(fingerprint_key_open(NULL, arena, &key, NULL), 0);
	assert_int_equal(outcome_of(&bundle, key, pool, &records), 0);

	fingerprint_text(key, strong[0].value, fingerprint);
	assert_string_equal(records[0].fingerprint, fingerprint);
	assert_int_equal(records[0].length, 28);
	assert_int_equal(records[0].other_count, 2);
	assert_false(records[0].others[0].differs);
	assert_string_equal(records[0].others[0].origin.place, "/srv/web/.env");
	assert_true(records[0].others[1].differs);

	assert_string_equal(records[1].fingerprint, "weak");
	assert_int_equal(records[1].length, 0); // of a weak secret not even the length is kept
	assert_string_equal(records[1].origin.place, "/srv/.env");

	assert_false(records[2].has_value);
	assert_string_equal(records[2].fingerprint, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_become_absolute),
		cmocka_unit_test(values_become_records),
	};

	assert_int_equal(setenv("XDG_STATE_HOME", "/dev/null", 1), 0); // leaves no key behind
	return cmocka_run_group_tests(tests, NULL, NULL);
}
