// A survey becomes a samekey.ini that our own reader takes, with the rules that names suggest.
// SPDX-License-Identifier: MIT
#include "loader/inspect/proposal.h"

#include "lib/base/conf.h"
#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/resolve/settings.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void names_that_sign(void **state)
{
	static const struct {
		const char *name;
		bool signing;
	} cases[] = {
		{"NEXTAUTH_SECRET", true},
		{"AUTH_SECRET", true},
		{"JWT_SECRET", true},
		{"JWT_REFRESH_SECRET", true},
		{"JWT_PRIVATE_KEY", true},
		{"ETLS_ACCESS", true},
		{"ETLS_REFRESH", true},
		{"ACCESS_TOKEN_SECRET", true},
		{"SESSION_SECRET", true},
		{"COOKIE_SECRET", true},
		{"SIGNING_KEY", true},
		{"CSRF_SECRET", true},
		{"JWT_EXPIRES_IN", false},
		{"JWT_PUBLIC_KEY", false},
		{"SESSION_TTL", false},
		{"AWS_SECRET_ACCESS_KEY", false},
		{"AWS_ACCESS_KEY_ID", false},
		{"GITHUB_ACCESS_TOKEN", false},
		{"STRIPE_SECRET_KEY", false},
		{"CLIENT_SECRET", false},
		{"DATABASE_URL", false},
		{"ACCESSIBILITY", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (proposal_name_is_signing(cases[i].name) != cases[i].signing)
			fail_msg("%s", cases[i].name);
}

// Code in two apps, with what a survey would say of it; sorted by name.
static const struct survey_key found[] = {
	{.name = "AUTH_SECRET", .read = {{"web/a.ts", 3}}, .read_count = 1},
	{.name = "DATABASE_URL",
		.read = {{"ws/db.js", 1}, {"ws/x.js", 2}},
		.read_count = 2,
		.offered = {".env"},
		.offered_count = 1,
		.value_looks_secret = true},
	{.name = "ETLS_ACCESS",
		.read = {{"web/a.ts", 1}, {"ws/b.js", 2}},
		.read_count = 9,
		.offered = {".env"},
		.offered_count = 1},
	{.name = "ETLS_REFRESH", .read = {{"web/a.ts", 1}}, .read_count = 1},
	{.name = "NEXTAUTH_SECRET", .read = {{"web/a.ts", 2}}, .read_count = 1, .fallback = true},
	{.name = "NEXT_PUBLIC_KEY", .read = {{"web/p.tsx", 1}}, .read_count = 1},
	{.name = "NODE_ENV", .read = {{"web/a.ts", 1}}, .read_count = 1},
	{.name = "OLD_TOKEN", .offered = {".env"}, .offered_count = 1},
	{.name = "PORT", .read = {{"ws/b.js", 5}}, .read_count = 1},
	{.name = "PLAIN", .offered = {".env"}, .offered_count = 1},
};
static const struct survey_fallback fallbacks[] = {{"NEXTAUTH_SECRET", {"web/a.ts", 2}}};
static const struct survey_app apps[] = {
	{".", "@acme/shop", true, false}, {"web", "", true, false}, {"ws", "ws", false, true}};
static const char *const env_files[] = {".env"};
static const struct survey survey = {.keys = found,
	.key_count = ARRAY_SIZE(found),
	.fallbacks = fallbacks,
	.fallback_count = 1,
	.apps = apps,
	.app_count = 3,
	.env_files = env_files,
	.env_file_count = 1,
	.example = ".env.sample",
	.marks = SURVEY_PM2};

static const struct proposal_key *secret_of(const struct proposal *proposal, const char *name)
{
	static const struct proposal_key none = {0};

	for (size_t i = 0; i < proposal->secret_count; i++)
		if (text_equal(proposal->secrets[i].found->name, name))
			return &proposal->secrets[i];
	fail_msg("no secret %s", name);
	return &none;
}

static void rules_follow_from_names_and_places(void **state)
{
	struct pool *pool = pool_new();
	struct proposal proposal;

	(void)state;
	assert_int_equal(proposal_make(&survey, "folder", pool, &proposal), 0);
	assert_string_equal(proposal.group, "shop");
	assert_int_equal(proposal.secret_count, 5);
	assert_true(secret_of(&proposal, "NEXTAUTH_SECRET")->shared);
	assert_string_equal(secret_of(&proposal, "NEXTAUTH_SECRET")->same_as, "AUTH_SECRET");
	assert_string_equal(secret_of(&proposal, "ETLS_ACCESS")->differs_from, "ETLS_REFRESH");
	assert_null(
		secret_of(&proposal, "ETLS_ACCESS")->only_in); // not all of its places are known
	assert_false(secret_of(&proposal, "DATABASE_URL")->shared);
	assert_string_equal(secret_of(&proposal, "DATABASE_URL")->only_in->folder, "ws");
	assert_int_equal(proposal.unread_count, 1);
	assert_string_equal(proposal.unread[0]->name, "OLD_TOKEN");
	assert_int_equal(proposal.setting_count, 1);
	assert_string_equal(proposal.settings[0]->name, "PORT");
	assert_int_equal(proposal.browser_count, 1);
	(void)pool_free(pool);
}

static const struct settings_key *rule_of(const struct settings *settings, const char *name)
{
	static const struct settings_key none = {0};

	for (size_t i = 0; i < settings->key_count; i++)
		if (text_equal(settings->keys[i]->name, name))
			return settings->keys[i];
	fail_msg("no rule for %s", name);
	return &none;
}

// Reads the written text back with the product's reader.
static void read_back(const struct survey *from, struct pool *pool, struct settings **ret_settings)
{
	struct diag *diag = diag_new();
	struct proposal proposal;
	char *text;
	size_t length;

	*ret_settings = settings_new(pool);
	assert_non_null(*ret_settings);
	assert_int_equal(proposal_make(from, "folder", pool, &proposal), 0);
	assert_int_equal(proposal_write(&proposal, &text, &length), 0);
	for (const char *at = text; *at; at += strcspn(at, "\n") + 1)
		assert_true(strcspn(at, "\n") <= CONF_LINE_MAX);
	if (settings_read(*ret_settings, text, length, "samekey.ini", pool, diag) < 0)
		fail_msg("%s: %s", diag_at(diag, 0)->origin, diag_at(diag, 0)->text);
	assert_int_equal(settings_judge(*ret_settings, "samekey.ini", diag), 0);
	free(text);
	(void)diag_free(diag);
}

static void the_text_is_read_as_it_is_meant(void **state)
{
	struct pool *pool = pool_new();
	struct settings *settings;

	(void)state;
	read_back(&survey, pool, &settings);
	assert_string_equal(settings->group, "shop");
	assert_string_equal(settings->example, ".env.sample");
	assert_int_equal(settings->key_count, 5);
	assert_int_equal(rule_of(settings, "NEXTAUTH_SECRET")->required, SETTING_YES);
	assert_int_equal(rule_of(settings, "NEXTAUTH_SECRET")->shared, SETTING_YES);
	assert_int_equal(rule_of(settings, "DATABASE_URL")->secret, SETTING_YES);
	assert_int_equal(rule_of(settings, "DATABASE_URL")->shared, SETTING_UNSET);
	assert_string_equal(rule_of(settings, "ETLS_ACCESS")->differs_from, "ETLS_REFRESH");
	(void)pool_free(pool);
}

// Whatever a tree holds, the proposal stays a settings file.
static void odd_names_do_no_harm(void **state)
{
	static char long_path[600], long_name[256];
	const struct survey_key odd[] = {
		{.name = "A_SECRET", .read = {{"a\n[app] ;b/\x1b[31mx.js", 1}}, .read_count = 1},
		{.name = "B_SECRET", .read = {{long_path, 1}}, .read_count = 1},
		{.name = "C.SECRET", .offered = {".env"}, .offered_count = 1},
		{.name = long_name, .read = {{"a.js", 1}}, .read_count = 1},
	};
	const struct survey_app scoped[] = {{".", "@x/ ;\n[key y]", false, false}};
	const struct survey strange = {
		.keys = odd, .key_count = ARRAY_SIZE(odd), .apps = scoped, .app_count = 1};
	struct pool *pool = pool_new();
	struct settings *settings;

	(void)state;
	memset(long_path, 'p', sizeof(long_path) - 1);
	memset(long_name, 'N', sizeof(long_name) - 1);
	memcpy(long_name + sizeof(long_name) - 8, "_SECRET", sizeof("_SECRET"));
	read_back(&strange, pool, &settings);
	assert_int_equal(settings->key_count, 2);
	assert_string_equal(settings->group, "keyy");
	(void)pool_free(pool);
}

static void an_empty_tree_gives_a_valid_file(void **state)
{
	const struct survey empty = {0};
	struct pool *pool = pool_new();
	struct settings *settings;

	(void)state;
	read_back(&empty, pool, &settings);
	assert_int_equal(settings->key_count, 0);
	assert_string_equal(settings->group, "folder");
	(void)pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_sign),
		cmocka_unit_test(rules_follow_from_names_and_places),
		cmocka_unit_test(the_text_is_read_as_it_is_meant),
		cmocka_unit_test(odd_names_do_no_harm),
		cmocka_unit_test(an_empty_tree_gives_a_valid_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
