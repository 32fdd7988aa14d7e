// The drift registry beside its histories: how many bundles it knows, and what a finding names.
// SPDX-License-Identifier: MIT
#include "verifier/record/registry.h"

#include "lib/base/text.h"
#include "tests/unit/offering.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int offer_of(struct registry *registry, const char *app, const char *value, uint64_t *ret_id)
{
	const struct offering_step step = {
		.app = app, .value = value, .place = "/s/.env", .flags = OFFERING_SECRET};
	struct diag *diag = diag_new();
	int code = offering_offer(registry, &step, 0, diag, ret_id);

	diag_free(diag);
	return code;
}

static void the_number_of_living_bundles_is_bounded(void **state)
{
	const struct registry_rules few = {.live_max = 2, .dead_max = 1};
	struct registry *registry = registry_new(&few);
	uint64_t first, second, third;

	(void)state;
	assert_int_equal(offer_of(registry, "a", "x", &first), REGISTRY_ACCEPTED);
	assert_int_equal(offer_of(registry, "b", "x", &second), REGISTRY_ACCEPTED);
	assert_int_equal(offer_of(registry, "c", "x", &third), REGISTRY_E_FULL);
	registry_mark_dead(registry, first);
	assert_int_equal(offer_of(registry, "c", "x", &third), REGISTRY_ACCEPTED);
	registry_mark_dead(registry, second);
	assert_int_equal(registry_size(registry), 2); // one living, the last dead one
	assert_null(registry_by_id(registry, first));
	assert_true(registry_by_id(registry, second)->dead);
	registry_free(registry);
}

static void the_last_build_is_forgotten_last(void **state)
{
	const struct registry_rules few = {.live_max = 9, .dead_max = 2};
	const struct offering_step build = {.app = "web",
		.value = "x",
		.place = "/s/.env",
		.flags = OFFERING_SECRET,
		.build = true};
	struct registry *registry = registry_new(&few);
	struct diag *diag = diag_new();
	uint64_t built, id;

	(void)state;
	assert_int_equal(offering_offer(registry, &build, 1, diag, &built), REGISTRY_ACCEPTED);
	registry_mark_dead(registry, built);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(offer_of(registry, "ws", "x", &id), REGISTRY_ACCEPTED);
		registry_mark_dead(registry, id);
	}
	assert_non_null(registry_by_id(registry, built));
	assert_int_equal(registry_size(registry), 2);
	diag_free(diag);
	registry_free(registry);
}

static void nobody_makes_what_others_offered_forgotten(void **state)
{
	static const struct {
		const char *what;
		bool build, others_build;
	} rows[] = {{"a build by builds", true, true}, {"a build by starts", true, false},
		{"a start by starts", false, false}};
	const struct registry_rules few = {.live_max = 9, .dead_max = 4};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct registry *registry = registry_new(&few);
		struct diag *diag = diag_new();
		uint64_t own, id;

		assert_int_equal(offering_offer(registry,
					 &(struct offering_step){.app = "web",
						 .value = "x",
						 .place = "/s/.env",
						 .flags = OFFERING_SECRET,
						 .build = rows[i].build},
					 1, diag, &own),
			REGISTRY_ACCEPTED);
		registry_mark_dead(registry, own);
		for (pid_t pid = 2; pid < 9; pid++) {
			char app[24];

			(void)snprintf(app, sizeof(app), "other-%d", (int)pid);
			assert_int_equal(offering_offer(registry,
						 &(struct offering_step){.app = app,
							 .value = "y",
							 .place = "/o/.env",
							 .flags = OFFERING_SECRET,
							 .group = "others",
							 .build = rows[i].others_build,
							 .uid = 2000},
						 pid, diag, &id),
				REGISTRY_ACCEPTED);
			registry_mark_dead(registry, id);
		}
		assert_int_equal(registry_size(registry), few.dead_max);
		if (!registry_by_id(registry, own))
			fail_msg("%s", rows[i].what);
		diag_free(diag);
		registry_free(registry);
	}
}

static void a_process_that_offers_again_replaces_what_it_offered(void **state)
{
	const struct offering_step step = {
		.app = "web", .value = "x", .place = "/s/.env", .flags = OFFERING_SECRET};
	struct registry *registry = registry_new(&offering_rules);
	struct diag *diag = diag_new();
	uint64_t first, second;

	(void)state;
	assert_int_equal(offering_offer(registry, &step, 7, diag, &first), REGISTRY_ACCEPTED);
	assert_int_equal(offering_offer(registry, &step, 7, diag, &second), REGISTRY_ACCEPTED);
	assert_int_equal(registry_size(registry), 1);
	assert_null(registry_by_id(registry, first));
	diag_free(diag);
	registry_free(registry);
}

static void a_withdrawn_offer_is_gone(void **state)
{
	const struct offering_step step = {.app = "web",
		.value = "x",
		.place = "/s/.env",
		.flags = OFFERING_SECRET,
		.standing = true};
	struct registry *registry = registry_new(&offering_rules);
	struct diag *diag = diag_new();
	uint64_t id, gone;

	(void)state;
	assert_int_equal(offering_offer(registry, &step, 7, diag, &id), REGISTRY_ACCEPTED);
	assert_false(registry_withdraw(registry, "ws", &gone));
	assert_true(registry_withdraw(registry, "web", &gone));
	assert_int_equal(gone, id);
	assert_int_equal(registry_size(registry), 0);
	assert_false(registry_withdraw(registry, "web", &gone));
	// what a process holds is not withdrawn; it ends with it
	assert_int_equal(offer_of(registry, "web", "x", &id), REGISTRY_ACCEPTED);
	assert_false(registry_withdraw(registry, "web", &gone));
	assert_int_equal(registry_size(registry), 1);
	diag_free(diag);
	registry_free(registry);
}

static void a_finding_names_both_sides_and_no_value(void **state)
{
	const struct offering_step web = {
		.app = "web", .value = "aaaa", .place = "/w/.env", .flags = OFFERING_SHARED};
	const struct offering_step ws = {
		.app = "ws", .value = "bbbb", .place = "", .flags = OFFERING_SHARED};
	struct registry *registry = registry_new(&offering_rules);
	struct diag *diag = diag_new();
	uint64_t id;

	(void)state;
	assert_int_equal(offering_offer(registry, &web, 41, diag, &id), REGISTRY_ACCEPTED);
	assert_int_equal(offering_offer(registry, &ws, 42, diag, &id), REGISTRY_E_REFUSED);
	assert_int_equal(diag_size(diag), 1);
	assert_string_equal(diag_at(diag, 0)->key, "AUTH_SECRET");
	assert_string_equal(diag_at(diag, 0)->text,
		"ws (pid 42, 0 s) has bbbb from env; web (pid 41, 0 s) has aaaa from /w/.env:1:1");
	diag_free(diag);
	registry_free(registry);
}

// What the verdict says when the last of some offers comes, each from a pid of its own from 41 on.
static const struct {
	const char *name;
	struct offering_step steps[OFFERING_STEPS_MAX];
	const char *text, *hint;
} verdicts[] = {
	{"all who hold one value stand in one finding",
		{OFFERING_STEP("web", "aaaa", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("api", "aaaa", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("jobs", "aaaa", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "bbbb", OFFERING_ENV, OFFERING_SHARED, "")},
		"ws (pid 44, 0 s) has bbbb from env; web (pid 41, 0 s), api (pid 42, 0 s) and jobs "
		"(pid 43, 0 s) have aaaa from /w/.env:1:1",
		NULL},
	{"other values are told apart, and so are their places",
		{OFFERING_STEP("web", "aaaa", "/w/.env", OFFERING_SECRET, ""),
			OFFERING_STEP("api", "aaaa", "/x/.env", OFFERING_SECRET, ""),
			OFFERING_STEP("jobs", "cccc", "/y/.env", OFFERING_SECRET, ""),
			OFFERING_STEP("ws", "bbbb", OFFERING_ENV, OFFERING_SHARED, "")},
		"ws (pid 44, 0 s) has bbbb from env; web (pid 41, 0 s) has aaaa from /w/.env:1:1; "
		"api (pid 42, 0 s) has aaaa from /x/.env:1:1; jobs (pid 43, 0 s) has cccc from "
		"/y/.env:1:1",
		NULL},
	{"instances of one app are named once, a standing offer as what it is",
		{OFFERING_STEP("web", "aaaa", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "aaaa", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP(
				"api", "aaaa", "/w/.env", OFFERING_SHARED, "", .standing = true),
			OFFERING_STEP("ws", "bbbb", OFFERING_ENV, OFFERING_SHARED, "")},
		"ws (pid 44, 0 s) has bbbb from env; web (pid 41, 0 s) and api (standing, 0 s) "
		"have aaaa from /w/.env:1:1",
		NULL},
	{"a rotation names every app to restart",
		{OFFERING_STEP("ws", "aaaa", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("api", "aaaa", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("jobs", "aaaa", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "bbbb", "/s/.env", OFFERING_SHARED, "")},
		"web (pid 44, 0 s) has bbbb from /s/.env:1:1; ws (pid 41, 0 s), api (pid 42, 0 s) "
		"and jobs (pid 43, 0 s) have aaaa from /s/.env:1:1; restart ws, api and jobs",
		"restart ws, api and jobs"},
	{"a rotation: of an offer that stands no process is restarted",
		{OFFERING_STEP("ws", "aaaa", "/s/.env", OFFERING_SHARED, "", .standing = true),
			OFFERING_STEP("web", "bbbb", "/s/.env", OFFERING_SHARED, "")},
		"web (pid 42, 0 s) has bbbb from /s/.env:1:1; ws (standing, 0 s) has aaaa from "
		"/s/.env:1:1; samekey offer --name ws again",
		"samekey offer --name ws again"},
	{"a rotation: processes and offers that stand",
		{OFFERING_STEP("ws", "aaaa", "/s/.env", OFFERING_SHARED, "", .standing = true),
			OFFERING_STEP("api", "aaaa", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("jobs", "aaaa", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "bbbb", "/s/.env", OFFERING_SHARED, "")},
		"web (pid 44, 0 s) has bbbb from /s/.env:1:1; ws (standing, 0 s), api (pid 42, 0 "
		"s) "
		"and jobs (pid 43, 0 s) have aaaa from /s/.env:1:1; restart api and jobs, samekey "
		"offer --name ws again",
		"restart api and jobs, samekey offer --name ws again"},
	{"a name that samekeyd.ini binds to another user",
		{OFFERING_STEP("bound", "a", "/w/.env", OFFERING_SHARED, "app-owner")},
		"app 'bound' belongs to uid 1234 (samekeyd.ini:7); this is uid 1000",
		"offer it as its owner, or change [app bound] there"},
	{"a name that another user offered first",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP(
				"web", "a", "/w/.env", OFFERING_SHARED, "app-owner", .uid = 2000)},
		"app 'web' belongs to uid 1000, who offered it first; this is uid 2000",
		"if it is this user's, say uid = 2000 under [app web] in samekeyd.ini and reload "
		"samekeyd; "
		"else choose another name"},
	{"a weak value has no fingerprint, and says so",
		{OFFERING_STEP("web", "aaaa", "/w/.env", OFFERING_SHARED | BUNDLE_KEY_WEAK, ""),
			OFFERING_STEP(
				"ws", "bbbb", OFFERING_ENV, OFFERING_SHARED | BUNDLE_KEY_WEAK, "")},
		"ws (pid 42, 0 s) has a weak value from env; web (pid 41, 0 s) has another weak "
		"value from /w/.env:1:1",
		NULL},
	{"one weak value against a good one",
		{OFFERING_STEP("web", "aaaa", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP(
				"ws", "bbbb", OFFERING_ENV, OFFERING_SHARED | BUNDLE_KEY_WEAK, "")},
		"ws (pid 42, 0 s) has a weak value from env; web (pid 41, 0 s) has aaaa from "
		"/w/.env:1:1",
		NULL},
};

static void one_finding_names_all_who_disagree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct registry *registry = registry_new(&offering_rules);
		struct diag *diag = NULL;

		for (size_t at = 0; verdicts[i].steps[at].app; at++) {
			uint64_t id;
			int code;

			diag_free(diag);
			diag = diag_new();
			code = offering_offer(
				registry, &verdicts[i].steps[at], (pid_t)(41 + at), diag, &id);
			assert_true(code == REGISTRY_ACCEPTED || code == REGISTRY_E_REFUSED);
		}
		if (diag_size(diag) != 1 || !text_equal(diag_at(diag, 0)->text, verdicts[i].text))
			fail_msg("%s: %zu findings: %s", verdicts[i].name, diag_size(diag),
				diag_at(diag, 0)->text);
		if (verdicts[i].hint)
			assert_string_equal(diag_at(diag, 0)->hint, verdicts[i].hint);
		diag_free(diag);
		registry_free(registry);
	}
}

static void a_finding_about_very_many_ends_with_whom_to_restart(void **state)
{
	struct registry *registry = registry_new(&offering_rules);
	struct diag *diag = diag_new();
	char name[64], place[200];
	uint64_t id;

	(void)state;
	memset(place, 'x', sizeof(place));
	place[0] = '/';
	place[sizeof(place) - 1] = '\0';
	for (int i = 0; i < 30; i++) {
		(void)snprintf(name, sizeof(name), "an-app-with-a-long-name-%d", i);
		assert_int_equal(offering_offer(registry,
					 &(struct offering_step){.app = name,
						 .value = "a",
						 .place = place,
						 .flags = OFFERING_SHARED},
					 41 + i, diag, &id),
			REGISTRY_ACCEPTED);
	}
	assert_int_equal(offering_offer(registry,
				 &(struct offering_step){.app = "web",
					 .value = "b",
					 .place = place,
					 .flags = OFFERING_SHARED},
				 99, diag, &id),
		REGISTRY_ACCEPTED);
	assert_int_equal(diag_size(diag), 1);
	assert_non_null(strstr(diag_at(diag, 0)->text, "-5 (pid 46, 0 s) and 24 more have a from"));
	assert_true(text_ends(diag_at(diag, 0)->text, " and an-app-with-a-long-name-29"));
	assert_true(text_ends(diag_at(diag, 0)->hint, " and an-app-with-a-long-name-29"));
	diag_free(diag);
	registry_free(registry);
}

// Whose an app's name is by [app NAME], whoever offered it first.
static void a_name_is_bound_to_a_user_a_group_or_both(void **state)
{
	static const struct registry_app bound[] = {{.name = "user", .has_uid = true, .uid = 10},
		{.name = "group", .has_gid = true, .gid = 20},
		{.name = "both", .has_uid = true, .uid = 10, .has_gid = true, .gid = 20},
		{.name = "nobody's"}};
	static const struct {
		const char *app;
		uid_t uid;
		gid_t gid;
		bool may;
	} rows[] = {{"user", 10, 99, true}, {"user", 99, 20, false}, {"group", 99, 20, true},
		{"group", 10, 99, false}, {"both", 10, 20, true}, {"both", 10, 99, false},
		{"both", 99, 20, false}, {"nobody's", 99, 99, true}, {"unnamed", 99, 99, true}};
	const struct registry_rules rules = {
		.apps = bound, .app_count = ARRAY_SIZE(bound), .live_max = 9};
	struct registry *registry = registry_new(&rules);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (registry_may_offer(registry, rows[i].app, rows[i].uid, rows[i].gid) !=
			rows[i].may)
			fail_msg("%s: uid %u, gid %u", rows[i].app, (unsigned)rows[i].uid,
				(unsigned)rows[i].gid);
	registry_free(registry);
}

static void what_a_former_owner_built_says_nothing(void **state)
{
	static const struct registry_app now[] = {{.name = "web", .has_uid = true, .uid = 7}};
	const struct registry_rules rules = {.apps = now, .app_count = 1, .live_max = 9};
	struct offering_step step = {.app = "web",
		.value = "x",
		.place = "/s/.env",
		.flags = OFFERING_SECRET,
		.build = true};
	struct registry *registry = registry_new(&offering_rules);
	struct diag *diag = diag_new();
	uint64_t id;

	(void)state;
	assert_int_equal(offering_offer(registry, &step, 1, diag, &id), REGISTRY_ACCEPTED);
	registry_mark_dead(registry, id);
	registry_change(registry, &rules);
	step = (struct offering_step){
		.app = "web", .value = "y", .place = "/s/.env", .flags = OFFERING_SECRET, .uid = 7};
	assert_int_equal(offering_offer(registry, &step, 2, diag, &id), REGISTRY_ACCEPTED);
	assert_int_equal(diag_size(diag), 0);
	diag_free(diag);
	registry_free(registry);
}

#define MANY (DIAG_MAX + 1)

// Offers as many shared keys, of a value that its app has.
static int offer_many(
	struct registry *registry, const char *app, const char *allow, struct diag *diag)
{
	static char names[MANY][16];
	static struct registry_key keys[MANY];
	const struct bundle_allowed allowed = {allow, ""};
	const struct bundle bundle = {.app = app,
		.group = "shop",
		.mode = "production",
		.program = "node",
		.root = "/",
		.key_count = MANY,
		.allowed = &allowed,
		.allowed_count = allow != NULL};
	uint64_t id;

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "KEY_%05zu", i);
		keys[i] = (struct registry_key){.name = names[i],
			.flags = OFFERING_SHARED,
			.has_value = true,
			.origin = {*app == 'a' ? SOURCE_ENV : SOURCE_SECRETS, "", 1, 1}};
		keys[i].equality[0] = (uint8_t)*app;
	}
	return registry_offer(registry,
		&(struct registry_offer){.bundle = &bundle, .keys = keys, .uid = 1000, .pid = 41},
		0, diag, &id);
}

static void more_conflicts_than_are_listed_can_be_allowed(void **state)
{
	struct registry *registry = registry_new(&offering_rules);
	struct diag *first = diag_new(), *refused = diag_new(), *allowed = diag_new();

	(void)state;
	assert_int_equal(offer_many(registry, "a", NULL, first), REGISTRY_ACCEPTED);
	assert_int_equal(offer_many(registry, "b", NULL, refused), REGISTRY_E_REFUSED);
	assert_int_equal(diag_count(refused, DIAG_ERROR), MANY);
	assert_int_equal(offer_many(registry, "b", "drift-shared", allowed), REGISTRY_ACCEPTED);
	assert_int_equal(diag_count(allowed, DIAG_WARNING), MANY);
	assert_int_equal(diag_size(allowed), DIAG_MAX);
	diag_free(first);
	diag_free(refused);
	diag_free(allowed);
	registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_of_living_bundles_is_bounded),
		cmocka_unit_test(the_last_build_is_forgotten_last),
		cmocka_unit_test(nobody_makes_what_others_offered_forgotten),
		cmocka_unit_test(a_process_that_offers_again_replaces_what_it_offered),
		cmocka_unit_test(a_withdrawn_offer_is_gone),
		cmocka_unit_test(a_finding_names_both_sides_and_no_value),
		cmocka_unit_test(one_finding_names_all_who_disagree),
		cmocka_unit_test(a_finding_about_very_many_ends_with_whom_to_restart),
		cmocka_unit_test(a_name_is_bound_to_a_user_a_group_or_both),
		cmocka_unit_test(what_a_former_owner_built_says_nothing),
		cmocka_unit_test(more_conflicts_than_are_listed_can_be_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
