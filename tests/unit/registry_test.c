// The drift registry: what is accepted, what is refused, what is a rotation and what a conflict,
// told as short histories of one key in apps that start, end and start again.
// SPDX-License-Identifier: MIT
#include "verifier/record/registry.h"

#include "lib/base/text.h"
#include "tests/unit/offering.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OWNED (BUNDLE_KEY_SECRET | BUNDLE_KEY_PRIVATE)
#define PLAIN BUNDLE_KEY_INJECT

struct history {
	const char *name;
	struct offering_step steps[OFFERING_STEPS_MAX];
	uint64_t now_ms;
	const char *drift; // "CODE:STALE-APP[!]" of what disagrees in the end; ! makes it not ready
};

#define ENDS(app_) \
	{ \
		.app = (app_) \
	}

static const struct history histories[] = {
	{"equal values are nothing to talk about",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "a", "/x/.env", OFFERING_SHARED, "")},
		0, ""},
	{"a shared key from another file with another value is refused",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, "drift-shared")},
		0, ""},
	{"shared on one side is enough, whichever side it is",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, "drift-shared"),
			OFFERING_STEP("api", "c", "/y/.env", OFFERING_SECRET, "drift-app")},
		0, "drift-app:-"},
	{"the environment is another origin than a file",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", OFFERING_ENV, OFFERING_SHARED, "drift-shared")},
		0, ""},
	{"without a rule it is a warning, and stays listed",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SECRET, "drift-app")},
		0, "drift-app:-"},
	{"shared = no is not compared",
		{OFFERING_STEP("web", "a", "/w/.env", OWNED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SECRET, "")},
		0, ""},
	{"settings that are no secrets may differ",
		{OFFERING_STEP("web", "80", "/w/.env", PLAIN, ""),
			OFFERING_STEP("ws", "81", "/x/.env", PLAIN, "")},
		0, ""},
	{"settings that are no secrets are compared when they are shared",
		{OFFERING_STEP("web", "a", "/w/.env", BUNDLE_KEY_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", BUNDLE_KEY_SHARED, "drift-shared")},
		0, ""},
	{"a key that no source gives is compared with nothing",
		{OFFERING_STEP("web", "", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("api", "", "/y/.env", OFFERING_SHARED, "")},
		0, ""},
	{"another group is another world",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, "", .group = "other")},
		0, ""},
	{"a dead bundle refuses nobody",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""), ENDS("web"),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, "")},
		0, ""},

	{"one file, read twice: a rotation, and the older app is to restart",
		{OFFERING_STEP("web", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""), ENDS("web"),
			OFFERING_STEP(
				"web", "b", "/s/.env", OFFERING_SHARED, "rotation", .at_ms = 10)},
		20, "rotation:ws"},
	{"web first: once ws has restarted too, all is well",
		{OFFERING_STEP("web", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""), ENDS("web"),
			OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "rotation"),
			ENDS("ws"), OFFERING_STEP("ws", "b", "/s/.env", OFFERING_SHARED, "")},
		9 * OFFERING_MINUTE, ""},
	{"ws first: the other order is as good",
		{OFFERING_STEP("web", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""), ENDS("ws"),
			OFFERING_STEP("ws", "b", "/s/.env", OFFERING_SHARED, "rotation"),
			ENDS("web"), OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "")},
		9 * OFFERING_MINUTE, ""},
	{"new instances may start before the old ones end",
		{OFFERING_STEP("web", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "rotation"),
			OFFERING_STEP("ws", "b", "/s/.env", OFFERING_SHARED, "rotation"),
			ENDS("web"), ENDS("ws")},
		9 * OFFERING_MINUTE, ""},
	{"the environment in both is one origin",
		{OFFERING_STEP("web", "a", OFFERING_ENV, OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", OFFERING_ENV, OFFERING_SHARED, "rotation")},
		0, "rotation:web"},
	{"a roll-back in the file is a rotation back",
		{OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "rotation"),
			ENDS("web"), OFFERING_STEP("web", "a", "/s/.env", OFFERING_SHARED, "")},
		9 * OFFERING_MINUTE, ""},
	{"a roll-back beside the instance that is rolled back: who holds the value before is not "
	 "stale",
		{OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "rotation"),
			OFFERING_STEP("api", "a", "/s/.env", OFFERING_SHARED, "rotation")},
		1, "rotation:web rotation:web"},
	{"after its time a rotation is late, and not ready",
		{OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "rotation",
				.at_ms = OFFERING_MINUTE)},
		7 * OFFERING_MINUTE, "rotation-late:ws!"},
	{"late without shared = yes is listed, but nothing waits for it",
		{OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SECRET, ""),
			OFFERING_STEP("web", "b", "/s/.env", OFFERING_SECRET, "rotation")},
		7 * OFFERING_MINUTE, "rotation-late:ws"},
	{"restarting the fresh app again does not put the clock back",
		{OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "rotation"),
			ENDS("web"),
			OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "rotation",
				.at_ms = 4 * OFFERING_MINUTE)},
		6 * OFFERING_MINUTE, "rotation-late:ws!"},
	{"a late app may still restart into the new value",
		{OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "rotation"),
			ENDS("ws"),
			OFFERING_STEP("ws", "b", "/s/.env", OFFERING_SHARED, "",
				.at_ms = 30 * OFFERING_MINUTE)},
		30 * OFFERING_MINUTE, ""},

	{"own files each: KEY_PREVIOUS says that it is a rotation",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "a", "/x/.env", OFFERING_SHARED, ""), ENDS("web"),
			OFFERING_STEP("web", "b", "/w/.env", OFFERING_SHARED, "rotation",
				.previous = "a"),
			ENDS("ws"),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, "", .previous = "a")},
		9 * OFFERING_MINUTE, ""},
	{"an app that crashes during a rotation may start with what it has",
		{OFFERING_STEP("web", "b", "/w/.env", OFFERING_SHARED, "", .previous = "a"),
			OFFERING_STEP("ws", "a", "/x/.env", OFFERING_SHARED, "rotation")},
		0, "rotation:ws"},
	{"who is behind one app and ahead of another is told both",
		{OFFERING_STEP("api", "a", "/s/.env", OFFERING_SECRET, ""),
			OFFERING_STEP("web", "c", "/w/.env", OFFERING_SECRET, "drift-app",
				.previous = "b"),
			OFFERING_STEP("ws", "b", "/s/.env", OFFERING_SECRET, "rotation rotation")},
		0, "drift-app:- rotation:api rotation:ws"},
	{"KEY_PREVIOUS that is something else does not help",
		{OFFERING_STEP("ws", "a", "/x/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "b", "/w/.env", OFFERING_SHARED, "drift-shared",
				.previous = "c")},
		0, ""},

	{"--allow lets one start pass, and it does not count against readiness",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED,
				"drift-shared(allowed)", .allow = "drift-shared")},
		0, "drift-shared:-"},
	{"--allow CODE:KEY lets that key pass",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED,
				"drift-shared(allowed)", .allow = "drift-shared:AUTH_SECRET")},
		0, "drift-shared:-"},
	{"--allow CODE:KEY lets no other key pass",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, "drift-shared",
				.allow = "drift-shared:OTHER_SECRET")},
		0, ""},
	{"who was let pass is rotated like anybody",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED,
				"drift-shared(allowed)", .allow = "drift-shared"),
			ENDS("web"),
			OFFERING_STEP("api", "c", "/x/.env", OFFERING_SHARED, "rotation")},
		0, "rotation:ws"},
	{"instances of one app are several bundles: from another origin it is a conflict",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "b", OFFERING_ENV, OFFERING_SHARED, "drift-shared")},
		0, ""},
	{"without a rule, instances from two origins are a warning",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, ""),
			OFFERING_STEP("web", "b", OFFERING_ENV, OFFERING_SECRET, "drift-app")},
		0, "drift-app:-"},
	{"instances of one app and one origin are a rotation",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "b", "/w/.env", OFFERING_SHARED, "rotation")},
		0, "rotation:web"},
	{"once its old instance has ended, an app may move its secret elsewhere",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""), ENDS("web"),
			OFFERING_STEP("web", "b", OFFERING_ENV, OFFERING_SHARED, "")},
		0, ""},

	{"a standing offer stays until the next one takes its place",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, "", .standing = true),
			OFFERING_STEP("web", "b", "/y/.env", OFFERING_SHARED, "", .standing = true),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, "")},
		0, ""},
	{"a start takes the place of the standing offer of its app",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, "", .standing = true),
			OFFERING_STEP("web", "b", "/y/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, "")},
		0, ""},

	{"an app's name belongs to who offered it first",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""), ENDS("web"),
			OFFERING_STEP(
				"web", "a", "/w/.env", OFFERING_SHARED, "app-owner", .uid = 2000)},
		0, ""},
	{"whose name it is not learns nothing about what is held under it",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP(
				"web", "b", "/x/.env", OFFERING_SHARED, "app-owner", .uid = 2000)},
		0, ""},
	{"nobody allows himself another user's name",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, "app-owner",
				.uid = 2000, .allow = "app-owner")},
		0, ""},
	{"an app that samekeyd.ini gives to one user is nobody else's",
		{OFFERING_STEP("bound", "a", "/w/.env", OFFERING_SHARED, "app-owner"),
			OFFERING_STEP("bound", "a", "/w/.env", OFFERING_SHARED, "", .uid = 1234)},
		0, ""},

	{"the build used another value: a warning at start, also when the build is long over",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, "", .build = true),
			ENDS("web"),
			OFFERING_STEP("web", "b", "/w/.env", OFFERING_SECRET, "build-drift")},
		0, "build-drift:-"},
	{"build_drift = fail refuses the start",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, "", .build = true),
			ENDS("web"),
			OFFERING_STEP("web", "b", "/w/.env",
				OFFERING_SECRET | BUNDLE_KEY_BUILD_FAIL, "build-drift-fail")},
		0, ""},
	{"build_drift = ignore does not look",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, "", .build = true),
			ENDS("web"),
			OFFERING_STEP("web", "b", "/w/.env",
				OFFERING_SECRET | BUNDLE_KEY_BUILD_IGNORE, "")},
		0, ""},
	{"a stand-in given to the build is meant to differ",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET | BUNDLE_KEY_SENTINEL, "",
			 .build = true),
			ENDS("web"), OFFERING_STEP("web", "b", "/w/.env", OFFERING_SECRET, "")},
		0, ""},
	{"what the start does not give to the app is nothing that a build could have frozen",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, "", .build = true),
			ENDS("web"),
			OFFERING_STEP("web", "b", "/w/.env",
				BUNDLE_KEY_SECRET | BUNDLE_KEY_BUILD_FAIL, "")},
		0, ""},
	{"nor is what the build was not given",
		{OFFERING_STEP("web", "a", "/w/.env", BUNDLE_KEY_SECRET, "", .build = true),
			ENDS("web"),
			OFFERING_STEP("web", "b", "/w/.env",
				OFFERING_SECRET | BUNDLE_KEY_BUILD_FAIL, "")},
		0, ""},
	{"settings that the build froze count too",
		{OFFERING_STEP("web", "x", "/w/.env", PLAIN, "", .build = true), ENDS("web"),
			OFFERING_STEP("web", "y", "/w/.env", PLAIN, "build-drift")},
		0, "build-drift:-"},
	{"a build after the start says nothing about it",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, ""),
			OFFERING_STEP("web", "b", "/w/.env", OFFERING_SECRET, "", .build = true)},
		0, ""},
	{"a build that has not ended yet counts once",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, "", .build = true),
			OFFERING_STEP("web", "b", "/w/.env", OFFERING_SECRET, "build-drift")},
		0, "build-drift:-"},
	{"only the last build counts",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, "", .build = true),
			ENDS("web"),
			OFFERING_STEP("web", "b", "/w/.env", OFFERING_SECRET, "", .build = true),
			ENDS("web"), OFFERING_STEP("web", "b", "/w/.env", OFFERING_SECRET, "")},
		0, ""},
	{"who is refused is not told to restart the app that has the older value",
		{OFFERING_STEP("ws", "a", "/x/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("web", "a", "/w/.env", OFFERING_SHARED, ""),
			OFFERING_STEP("ws", "b", "/x/.env", OFFERING_SHARED, "drift-shared")},
		0, ""},
	{"another app's build is another app's",
		{OFFERING_STEP("web", "a", "/w/.env", OFFERING_SECRET, "", .build = true),
			ENDS("web"), OFFERING_STEP("ws", "b", "/w/.env", OFFERING_SECRET, "")},
		0, ""},
};

static void end_oldest(struct registry *registry, const char *app)
{
	for (size_t i = 0; i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (entry->dead || !text_equal(entry->app, app))
			continue;
		registry_mark_dead(registry, entry->id);
		return;
	}
	fail_msg("no live bundle of %s", app);
}

static void play(struct registry *registry, const struct history *history, size_t at)
{
	const struct offering_step *step = &history->steps[at];
	struct diag *diag = diag_new();
	uint64_t before = registry_generation(registry), id;
	char codes[256] = "";
	int code;

	if (!step->value) {
		end_oldest(registry, step->app);
		diag_free(diag);
		return;
	}
	code = offering_offer(registry, step, (pid_t)(100 + at), diag, &id);
	for (size_t i = 0; i < diag_size(diag); i++) {
		size_t used = strlen(codes);

		(void)snprintf(codes + used, sizeof(codes) - used, "%s%s%s", used ? " " : "",
			diag_at(diag, i)->code, diag_at(diag, i)->allowed ? "(allowed)" : "");
	}
	if (!text_equal(codes, step->codes))
		fail_msg("%s: step %zu: expected '%s', got '%s'", history->name, at + 1,
			step->codes, codes);
	if (diag_count(diag, DIAG_ERROR) ? code != REGISTRY_E_REFUSED : code != REGISTRY_ACCEPTED)
		fail_msg("%s: step %zu: result %d", history->name, at + 1, code);
	if (registry_generation(registry) - before != (code == REGISTRY_ACCEPTED))
		fail_msg("%s: step %zu: a refusal changed something", history->name, at + 1);
	diag_free(diag);
}

static void histories_end_as_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(histories); i++) {
		const struct history *history = &histories[i];
		struct registry *registry = registry_new(&offering_rules);
		const struct registry_drift *drift;
		char text[512] = "";
		size_t count;

		for (size_t at = 0; at < OFFERING_STEPS_MAX && history->steps[at].app; at++)
			play(registry, history, at);
		assert_int_equal(registry_drift(registry, history->now_ms, &drift, &count), 0);
		for (size_t j = 0; j < count; j++) {
			size_t used = strlen(text);

			(void)snprintf(text + used, sizeof(text) - used, "%s%s:%s%s",
				used ? " " : "", finding_kind(drift[j].finding)->code,
				drift[j].stale ? drift[j].stale->app : "-",
				drift[j].fails ? "!" : "");
			if (drift[j].stale)
				assert_int_equal(
					registry_life(registry, drift[j].stale), REGISTRY_STALE);
		}
		if (!text_equal(text, history->drift))
			fail_msg(
				"%s: expected '%s', got '%s'", history->name, history->drift, text);
		registry_free(registry);
	}
}

// One registry is asked again and again, while nothing happens but that time passes.
static void a_rotation_is_late_from_the_moment_on_that_it_is(void **state)
{
	static const struct offering_step steps[] = {
		OFFERING_STEP("ws", "a", "/s/.env", OFFERING_SHARED, ""),
		OFFERING_STEP("web", "b", "/s/.env", OFFERING_SHARED, "rotation"),
		OFFERING_STEP("api", "a", "/t/.env", OFFERING_SHARED, "", .group = "other"),
		OFFERING_STEP("job", "b", "/t/.env", OFFERING_SHARED, "rotation", .group = "other",
			.at_ms = OFFERING_MINUTE),
	};
	static const struct {
		uint64_t now_ms;
		unsigned late;
	} moments[] = {{OFFERING_MINUTE, 0}, {5 * OFFERING_MINUTE, 0}, {5 * OFFERING_MINUTE + 1, 1},
		{6 * OFFERING_MINUTE, 1}, {6 * OFFERING_MINUTE + 1, 2}, {60 * OFFERING_MINUTE, 2}};
	struct registry *registry = registry_new(&offering_rules);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct diag *diag = diag_new();
		uint64_t id;

		assert_int_equal(
			offering_offer(registry, &steps[i], (pid_t)(100 + i), diag, &id), 0);
		diag_free(diag);
	}
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		const struct registry_drift *drift;
		size_t count;
		unsigned late = 0;

		assert_int_equal(registry_drift(registry, moments[i].now_ms, &drift, &count), 0);
		assert_int_equal(count, 2);
		for (size_t j = 0; j < count; j++)
			late += drift[j].finding == FINDING_ROTATION_LATE;
		if (late != moments[i].late)
			fail_msg("after %llu ms %u are late, not %u",
				(unsigned long long)moments[i].now_ms, late, moments[i].late);
	}
	registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histories_end_as_told),
		cmocka_unit_test(a_rotation_is_late_from_the_moment_on_that_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
