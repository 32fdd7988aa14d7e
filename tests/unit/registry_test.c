// The drift registry: what is accepted, what is refused, what is a rotation and what a conflict,
// told as short histories of one key in apps that start, end and start again.
// SPDX-License-Identifier: MIT
#include "verifier/record/registry.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SHARED (BUNDLE_KEY_SECRET | BUNDLE_KEY_SHARED)
#define SECRET BUNDLE_KEY_SECRET
#define OWNED (BUNDLE_KEY_SECRET | BUNDLE_KEY_PRIVATE)
#define PLAIN 0u
#define MINUTE 60000u
#define ENV "" // the place of a value from the process environment
#define STEPS_MAX 8

// One thing that happens. Without `value`, the app's oldest live bundle ends.
struct step {
	const char *app, *value, *place;
	uint32_t flags;
	const char *codes; // findings of the verdict, " " between; an error means refused
	const char *previous, *allow, *group;
	uint64_t at_ms;
	bool build, standing;
	uid_t uid;
};

struct history {
	const char *name;
	struct step steps[STEPS_MAX];
	uint64_t now_ms;
	const char *drift; // "CODE:STALE-APP[!]" of what disagrees in the end; ! makes it not ready
};

#define OFFERS(app_, value_, place_, flags_, codes_, ...) \
	{ \
		.app = (app_), .value = (value_), .place = (place_), .flags = (flags_), \
		.codes = (codes_), __VA_ARGS__ \
	}
#define ENDS(app_) \
	{ \
		.app = (app_) \
	}

static const struct history histories[] = {
	{"equal values are nothing to talk about",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("ws", "a", "/x/.env", SHARED, "")},
		0, ""},
	{"a shared key from another file with another value is refused",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("ws", "b", "/x/.env", SHARED, "drift-shared")},
		0, ""},
	{"shared on one side is enough, whichever side it is",
		{OFFERS("web", "a", "/w/.env", SECRET, ""),
			OFFERS("ws", "b", "/x/.env", SHARED, "drift-shared"),
			OFFERS("api", "c", "/y/.env", SECRET, "drift-app")},
		0, "drift-app:-"},
	{"the environment is another origin than a file",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("ws", "b", ENV, SHARED, "drift-shared")},
		0, ""},
	{"without a rule it is a warning, and stays listed",
		{OFFERS("web", "a", "/w/.env", SECRET, ""),
			OFFERS("ws", "b", "/x/.env", SECRET, "drift-app")},
		0, "drift-app:-"},
	{"shared = no is not compared",
		{OFFERS("web", "a", "/w/.env", OWNED, ""),
			OFFERS("ws", "b", "/x/.env", SECRET, "")},
		0, ""},
	{"settings that are no secrets may differ",
		{OFFERS("web", "80", "/w/.env", PLAIN, ""),
			OFFERS("ws", "81", "/x/.env", PLAIN, "")},
		0, ""},
	{"settings that are no secrets are compared when they are shared",
		{OFFERS("web", "a", "/w/.env", BUNDLE_KEY_SHARED, ""),
			OFFERS("ws", "b", "/x/.env", BUNDLE_KEY_SHARED, "drift-shared")},
		0, ""},
	{"another group is another world",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("ws", "b", "/x/.env", SHARED, "", .group = "other")},
		0, ""},
	{"a dead bundle refuses nobody",
		{OFFERS("web", "a", "/w/.env", SHARED, ""), ENDS("web"),
			OFFERS("ws", "b", "/x/.env", SHARED, "")},
		0, ""},

	{"one file, read twice: a rotation, and the older app is to restart",
		{OFFERS("web", "a", "/s/.env", SHARED, ""),
			OFFERS("ws", "a", "/s/.env", SHARED, ""), ENDS("web"),
			OFFERS("web", "b", "/s/.env", SHARED, "rotation", .at_ms = 10)},
		20, "rotation:ws"},
	{"web first: once ws has restarted too, all is well",
		{OFFERS("web", "a", "/s/.env", SHARED, ""),
			OFFERS("ws", "a", "/s/.env", SHARED, ""), ENDS("web"),
			OFFERS("web", "b", "/s/.env", SHARED, "rotation"), ENDS("ws"),
			OFFERS("ws", "b", "/s/.env", SHARED, "")},
		9 * MINUTE, ""},
	{"ws first: the other order is as good",
		{OFFERS("web", "a", "/s/.env", SHARED, ""),
			OFFERS("ws", "a", "/s/.env", SHARED, ""), ENDS("ws"),
			OFFERS("ws", "b", "/s/.env", SHARED, "rotation"), ENDS("web"),
			OFFERS("web", "b", "/s/.env", SHARED, "")},
		9 * MINUTE, ""},
	{"new instances may start before the old ones end",
		{OFFERS("web", "a", "/s/.env", SHARED, ""),
			OFFERS("ws", "a", "/s/.env", SHARED, ""),
			OFFERS("web", "b", "/s/.env", SHARED, "rotation"),
			OFFERS("ws", "b", "/s/.env", SHARED, "rotation"), ENDS("web"), ENDS("ws")},
		9 * MINUTE, ""},
	{"the environment in both is one origin",
		{OFFERS("web", "a", ENV, SHARED, ""), OFFERS("ws", "b", ENV, SHARED, "rotation")},
		0, "rotation:web"},
	{"a roll-back in the file is a rotation back",
		{OFFERS("ws", "a", "/s/.env", SHARED, ""),
			OFFERS("web", "b", "/s/.env", SHARED, "rotation"), ENDS("web"),
			OFFERS("web", "a", "/s/.env", SHARED, "")},
		9 * MINUTE, ""},
	{"after its time a rotation is late, and not ready",
		{OFFERS("ws", "a", "/s/.env", SHARED, ""),
			OFFERS("web", "b", "/s/.env", SHARED, "rotation", .at_ms = MINUTE)},
		7 * MINUTE, "rotation-late:ws!"},
	{"late without shared = yes is listed, but nothing waits for it",
		{OFFERS("ws", "a", "/s/.env", SECRET, ""),
			OFFERS("web", "b", "/s/.env", SECRET, "rotation")},
		7 * MINUTE, "rotation-late:ws"},
	{"restarting the fresh app again does not put the clock back",
		{OFFERS("ws", "a", "/s/.env", SHARED, ""),
			OFFERS("web", "b", "/s/.env", SHARED, "rotation"), ENDS("web"),
			OFFERS("web", "b", "/s/.env", SHARED, "rotation", .at_ms = 4 * MINUTE)},
		6 * MINUTE, "rotation-late:ws!"},
	{"a late app may still restart into the new value",
		{OFFERS("ws", "a", "/s/.env", SHARED, ""),
			OFFERS("web", "b", "/s/.env", SHARED, "rotation"), ENDS("ws"),
			OFFERS("ws", "b", "/s/.env", SHARED, "", .at_ms = 30 * MINUTE)},
		30 * MINUTE, ""},

	{"own files each: KEY_PREVIOUS says that it is a rotation",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("ws", "a", "/x/.env", SHARED, ""), ENDS("web"),
			OFFERS("web", "b", "/w/.env", SHARED, "rotation", .previous = "a"),
			ENDS("ws"), OFFERS("ws", "b", "/x/.env", SHARED, "", .previous = "a")},
		9 * MINUTE, ""},
	{"an app that crashes during a rotation may start with what it has",
		{OFFERS("web", "b", "/w/.env", SHARED, "", .previous = "a"),
			OFFERS("ws", "a", "/x/.env", SHARED, "rotation")},
		0, "rotation:ws"},
	{"KEY_PREVIOUS that is something else does not help",
		{OFFERS("ws", "a", "/x/.env", SHARED, ""),
			OFFERS("web", "b", "/w/.env", SHARED, "drift-shared", .previous = "c")},
		0, ""},

	{"--allow lets one start pass, and it does not count against readiness",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("ws", "b", "/x/.env", SHARED, "drift-shared",
				.allow = "drift-shared")},
		0, "drift-shared:-"},
	{"instances of one app are several bundles: from another origin it is a conflict",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("web", "b", ENV, SHARED, "drift-shared")},
		0, ""},
	{"without a rule, instances from two origins are a warning",
		{OFFERS("web", "a", "/w/.env", SECRET, ""),
			OFFERS("web", "b", ENV, SECRET, "drift-app")},
		0, "drift-app:-"},
	{"instances of one app and one origin are a rotation",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("web", "b", "/w/.env", SHARED, "rotation")},
		0, "rotation:web"},
	{"once its old instance has ended, an app may move its secret elsewhere",
		{OFFERS("web", "a", "/w/.env", SHARED, ""), ENDS("web"),
			OFFERS("web", "b", ENV, SHARED, "")},
		0, ""},

	{"a standing offer stays until the next one takes its place",
		{OFFERS("web", "a", "/w/.env", SHARED, "", .standing = true),
			OFFERS("web", "b", "/y/.env", SHARED, "", .standing = true),
			OFFERS("ws", "b", "/x/.env", SHARED, "")},
		0, ""},
	{"a start takes the place of the standing offer of its app",
		{OFFERS("web", "a", "/w/.env", SHARED, "", .standing = true),
			OFFERS("web", "b", "/y/.env", SHARED, ""),
			OFFERS("ws", "b", "/x/.env", SHARED, "")},
		0, ""},

	{"an app's name belongs to who offered it first",
		{OFFERS("web", "a", "/w/.env", SHARED, ""), ENDS("web"),
			OFFERS("web", "a", "/w/.env", SHARED, "app-owner", .uid = 2000)},
		0, ""},
	{"nobody allows himself another user's name",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("web", "a", "/w/.env", SHARED, "app-owner", .uid = 2000,
				.allow = "app-owner")},
		0, ""},
	{"an app that samekeyd.ini gives to one user is nobody else's",
		{OFFERS("bound", "a", "/w/.env", SHARED, "app-owner"),
			OFFERS("bound", "a", "/w/.env", SHARED, "", .uid = 1234)},
		0, ""},

	{"the build used another value: a warning at start, also when the build is long over",
		{OFFERS("web", "a", "/w/.env", SECRET, "", .build = true), ENDS("web"),
			OFFERS("web", "b", "/w/.env", SECRET, "build-drift")},
		0, "build-drift:-"},
	{"build_drift = fail refuses the start",
		{OFFERS("web", "a", "/w/.env", SECRET, "", .build = true), ENDS("web"),
			OFFERS("web", "b", "/w/.env", SECRET | BUNDLE_KEY_BUILD_FAIL,
				"build-drift-fail")},
		0, ""},
	{"build_drift = ignore does not look",
		{OFFERS("web", "a", "/w/.env", SECRET, "", .build = true), ENDS("web"),
			OFFERS("web", "b", "/w/.env", SECRET | BUNDLE_KEY_BUILD_IGNORE, "")},
		0, ""},
	{"a stand-in given to the build is meant to differ",
		{OFFERS("web", "a", "/w/.env", SECRET | BUNDLE_KEY_SENTINEL, "", .build = true),
			ENDS("web"), OFFERS("web", "b", "/w/.env", SECRET, "")},
		0, ""},
	{"settings that the build froze count too",
		{OFFERS("web", "x", "/w/.env", PLAIN, "", .build = true), ENDS("web"),
			OFFERS("web", "y", "/w/.env", PLAIN, "build-drift")},
		0, "build-drift:-"},
	{"a build after the start says nothing about it",
		{OFFERS("web", "a", "/w/.env", SECRET, ""),
			OFFERS("web", "b", "/w/.env", SECRET, "", .build = true)},
		0, ""},
	{"only the last build counts",
		{OFFERS("web", "a", "/w/.env", SECRET, "", .build = true), ENDS("web"),
			OFFERS("web", "b", "/w/.env", SECRET, "", .build = true), ENDS("web"),
			OFFERS("web", "b", "/w/.env", SECRET, "")},
		0, ""},
	{"another app's build is another app's",
		{OFFERS("web", "a", "/w/.env", SECRET, "", .build = true), ENDS("web"),
			OFFERS("ws", "b", "/w/.env", SECRET, "")},
		0, ""},
};

static const struct registry_app apps[] = {
	{.name = "bound", .has_uid = true, .uid = 1234, .where = "samekeyd.ini:7"}};
static const struct registry_fail fails[] = {{FINDING_DRIFT_SHARED, NULL},
	{FINDING_ROTATION_LATE, NULL}, {FINDING_BUILD_DRIFT_FAIL, NULL}};
static const struct registry_rules rules = {apps, 1, fails, 3, 100, 10};

// ---- playing a history

static struct registry_key key_of(const char *name, const char *value, const struct step *step)
{
	struct registry_key key = {.name = name,
		.flags = step->flags,
		.has_value = true,
		.length = (uint32_t)strlen(value),
		.origin = {*step->place ? SOURCE_DOTENV : SOURCE_ENV, step->place, 1, 1}};

	(void)snprintf((char *)key.equality, sizeof(key.equality), "%s", value);
	(void)snprintf(key.fingerprint, sizeof(key.fingerprint), "%.10s", value);
	return key;
}

static int offer(struct registry *registry, const struct step *step, pid_t pid, struct diag *diag,
	uint64_t *ret_id)
{
	const struct bundle_allowed allowed = {step->allow, ""};
	struct registry_key keys[2];
	struct bundle bundle = {.app = step->app,
		.group = step->group ? step->group : "shop",
		.mode = "production",
		.phase = step->build ? BUNDLE_PHASE_BUILD : BUNDLE_PHASE_START,
		.program = "node",
		.root = "/",
		.rotation_ms = 5 * MINUTE,
		.key_count = step->previous ? 2 : 1,
		.allowed = &allowed,
		.allowed_count = step->allow != NULL};
	const struct registry_offer made = {.bundle = &bundle,
		.keys = keys,
		.hold = step->standing ? REGISTRY_STANDING : REGISTRY_PROCESS,
		.uid = step->uid ? step->uid : 1000,
		.pid = pid};

	keys[0] = key_of("AUTH_SECRET", step->value, step);
	if (step->previous)
		keys[1] = key_of("AUTH_SECRET_PREVIOUS", step->previous, step);
	return registry_offer(registry, &made, step->at_ms, diag, ret_id);
}

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
	const struct step *step = &history->steps[at];
	struct diag *diag = diag_new();
	uint64_t before = registry_generation(registry), id;
	char codes[256] = "";
	int code;

	if (!step->value) {
		end_oldest(registry, step->app);
		diag_free(diag);
		return;
	}
	code = offer(registry, step, (pid_t)(100 + at), diag, &id);
	for (size_t i = 0; i < diag_size(diag); i++) {
		size_t used = strlen(codes);

		(void)snprintf(codes + used, sizeof(codes) - used, "%s%s", used ? " " : "",
			diag_at(diag, i)->code);
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
		struct registry *registry = registry_new(&rules);
		const struct registry_drift *drift;
		char text[512] = "";
		size_t count;

		for (size_t at = 0; at < STEPS_MAX && history->steps[at].app; at++)
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

// ---- what a history cannot say

static int offer_of(struct registry *registry, const char *app, const char *value, uint64_t *ret_id)
{
	const struct step step = {.app = app, .value = value, .place = "/s/.env", .flags = SECRET};
	struct diag *diag = diag_new();
	int code = offer(registry, &step, 0, diag, ret_id);

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
	const struct step build = {
		.app = "web", .value = "x", .place = "/s/.env", .flags = SECRET, .build = true};
	struct registry *registry = registry_new(&few);
	struct diag *diag = diag_new();
	uint64_t built, id;

	(void)state;
	assert_int_equal(offer(registry, &build, 1, diag, &built), REGISTRY_ACCEPTED);
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

static void a_process_that_offers_again_replaces_what_it_offered(void **state)
{
	const struct step step = {.app = "web", .value = "x", .place = "/s/.env", .flags = SECRET};
	struct registry *registry = registry_new(&rules);
	struct diag *diag = diag_new();
	uint64_t first, second;

	(void)state;
	assert_int_equal(offer(registry, &step, 7, diag, &first), REGISTRY_ACCEPTED);
	assert_int_equal(offer(registry, &step, 7, diag, &second), REGISTRY_ACCEPTED);
	assert_int_equal(registry_size(registry), 1);
	assert_null(registry_by_id(registry, first));
	diag_free(diag);
	registry_free(registry);
}

static void a_withdrawn_offer_is_gone(void **state)
{
	const struct step step = {
		.app = "web", .value = "x", .place = "/s/.env", .flags = SECRET, .standing = true};
	struct registry *registry = registry_new(&rules);
	struct diag *diag = diag_new();
	uint64_t id, gone;

	(void)state;
	assert_int_equal(offer(registry, &step, 7, diag, &id), REGISTRY_ACCEPTED);
	assert_false(registry_withdraw(registry, "ws", &gone));
	assert_true(registry_withdraw(registry, "web", &gone));
	assert_int_equal(gone, id);
	assert_int_equal(registry_size(registry), 0);
	assert_false(registry_withdraw(registry, "web", &gone));
	diag_free(diag);
	registry_free(registry);
}

static void a_finding_names_both_sides_and_no_value(void **state)
{
	const struct step web = {
		.app = "web", .value = "aaaa", .place = "/w/.env", .flags = SHARED};
	const struct step ws = {.app = "ws", .value = "bbbb", .place = "", .flags = SHARED};
	struct registry *registry = registry_new(&rules);
	struct diag *diag = diag_new();
	uint64_t id;

	(void)state;
	assert_int_equal(offer(registry, &web, 41, diag, &id), REGISTRY_ACCEPTED);
	assert_int_equal(offer(registry, &ws, 42, diag, &id), REGISTRY_E_REFUSED);
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
	struct step steps[STEPS_MAX];
	const char *text, *hint;
} verdicts[] = {
	{"all who hold one value stand in one finding",
		{OFFERS("web", "aaaa", "/w/.env", SHARED, ""),
			OFFERS("api", "aaaa", "/w/.env", SHARED, ""),
			OFFERS("jobs", "aaaa", "/w/.env", SHARED, ""),
			OFFERS("ws", "bbbb", ENV, SHARED, "")},
		"ws (pid 44, 0 s) has bbbb from env; web (pid 41, 0 s), api (pid 42, 0 s) and jobs "
		"(pid 43, 0 s) have aaaa from /w/.env:1:1",
		NULL},
	{"other values are told apart, and so are their places",
		{OFFERS("web", "aaaa", "/w/.env", SECRET, ""),
			OFFERS("api", "aaaa", "/x/.env", SECRET, ""),
			OFFERS("jobs", "cccc", "/y/.env", SECRET, ""),
			OFFERS("ws", "bbbb", ENV, SHARED, "")},
		"ws (pid 44, 0 s) has bbbb from env; web (pid 41, 0 s) has aaaa from /w/.env:1:1; "
		"api (pid 42, 0 s) has aaaa from /x/.env:1:1; jobs (pid 43, 0 s) has cccc from "
		"/y/.env:1:1",
		NULL},
	{"instances of one app are named once, a standing offer as what it is",
		{OFFERS("web", "aaaa", "/w/.env", SHARED, ""),
			OFFERS("web", "aaaa", "/w/.env", SHARED, ""),
			OFFERS("api", "aaaa", "/w/.env", SHARED, "", .standing = true),
			OFFERS("ws", "bbbb", ENV, SHARED, "")},
		"ws (pid 44, 0 s) has bbbb from env; web (pid 41, 0 s) and api (standing, 0 s) "
		"have aaaa from /w/.env:1:1",
		NULL},
	{"a rotation names every app to restart",
		{OFFERS("ws", "aaaa", "/s/.env", SHARED, ""),
			OFFERS("api", "aaaa", "/s/.env", SHARED, ""),
			OFFERS("jobs", "aaaa", "/s/.env", SHARED, ""),
			OFFERS("web", "bbbb", "/s/.env", SHARED, "")},
		"web (pid 44, 0 s) has bbbb from /s/.env:1:1; ws (pid 41, 0 s), api (pid 42, 0 s) "
		"and jobs (pid 43, 0 s) have aaaa from /s/.env:1:1; restart ws, api and jobs",
		"restart ws, api and jobs"},
	{"a rotation: of an offer that stands no process is restarted",
		{OFFERS("ws", "aaaa", "/s/.env", SHARED, "", .standing = true),
			OFFERS("web", "bbbb", "/s/.env", SHARED, "")},
		"web (pid 42, 0 s) has bbbb from /s/.env:1:1; ws (standing, 0 s) has aaaa from "
		"/s/.env:1:1; samekey offer --name ws again",
		"samekey offer --name ws again"},
	{"a rotation: processes and offers that stand",
		{OFFERS("ws", "aaaa", "/s/.env", SHARED, "", .standing = true),
			OFFERS("api", "aaaa", "/s/.env", SHARED, ""),
			OFFERS("jobs", "aaaa", "/s/.env", SHARED, ""),
			OFFERS("web", "bbbb", "/s/.env", SHARED, "")},
		"web (pid 44, 0 s) has bbbb from /s/.env:1:1; ws (standing, 0 s), api (pid 42, 0 "
		"s) "
		"and jobs (pid 43, 0 s) have aaaa from /s/.env:1:1; restart api and jobs, samekey "
		"offer --name ws again",
		"restart api and jobs, samekey offer --name ws again"},
	{"a name that samekeyd.ini binds to another user",
		{OFFERS("bound", "a", "/w/.env", SHARED, "app-owner")},
		"app 'bound' belongs to uid 1234 (samekeyd.ini:7); this is uid 1000",
		"offer it as its owner, or change [app bound] there"},
	{"a name that another user offered first",
		{OFFERS("web", "a", "/w/.env", SHARED, ""),
			OFFERS("web", "a", "/w/.env", SHARED, "app-owner", .uid = 2000)},
		"app 'web' belongs to uid 1000, who offered it first; this is uid 2000",
		"choose another name, or bind it under [app NAME] in samekeyd.ini"},
	{"a weak value has no fingerprint, and says so",
		{OFFERS("web", "aaaa", "/w/.env", SHARED | BUNDLE_KEY_WEAK, ""),
			OFFERS("ws", "bbbb", ENV, SHARED | BUNDLE_KEY_WEAK, "")},
		"ws (pid 42, 0 s) has a weak value from env; web (pid 41, 0 s) has another weak "
		"value from /w/.env:1:1",
		NULL},
	{"one weak value against a good one",
		{OFFERS("web", "aaaa", "/w/.env", SHARED, ""),
			OFFERS("ws", "bbbb", ENV, SHARED | BUNDLE_KEY_WEAK, "")},
		"ws (pid 42, 0 s) has a weak value from env; web (pid 41, 0 s) has aaaa from "
		"/w/.env:1:1",
		NULL},
};

static void one_finding_names_all_who_disagree(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		struct registry *registry = registry_new(&rules);
		struct diag *diag = NULL;

		for (size_t at = 0; verdicts[i].steps[at].app; at++) {
			uint64_t id;
			int code;

			diag_free(diag);
			diag = diag_new();
			code = offer(registry, &verdicts[i].steps[at], (pid_t)(41 + at), diag, &id);
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
	struct registry *registry = registry_new(&rules);
	struct diag *diag = diag_new();
	char name[64], place[200];
	uint64_t id;

	(void)state;
	memset(place, 'x', sizeof(place));
	place[0] = '/';
	place[sizeof(place) - 1] = '\0';
	for (int i = 0; i < 30; i++) {
		(void)snprintf(name, sizeof(name), "an-app-with-a-long-name-%d", i);
		assert_int_equal(
			offer(registry,
				&(struct step){
					.app = name, .value = "a", .place = place, .flags = SHARED},
				41 + i, diag, &id),
			REGISTRY_ACCEPTED);
	}
	assert_int_equal(
		offer(registry,
			&(struct step){.app = "web", .value = "b", .place = place, .flags = SHARED},
			99, diag, &id),
		REGISTRY_ACCEPTED);
	assert_int_equal(diag_size(diag), 1);
	assert_non_null(strstr(diag_at(diag, 0)->text, "-5 (pid 46, 0 s) and 24 more have a from"));
	assert_true(text_ends(diag_at(diag, 0)->text, " and an-app-with-a-long-name-29"));
	assert_true(text_ends(diag_at(diag, 0)->hint, " and an-app-with-a-long-name-29"));
	diag_free(diag);
	registry_free(registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histories_end_as_told),
		cmocka_unit_test(the_number_of_living_bundles_is_bounded),
		cmocka_unit_test(the_last_build_is_forgotten_last),
		cmocka_unit_test(a_process_that_offers_again_replaces_what_it_offered),
		cmocka_unit_test(a_withdrawn_offer_is_gone),
		cmocka_unit_test(a_finding_names_both_sides_and_no_value),
		cmocka_unit_test(one_finding_names_all_who_disagree),
		cmocka_unit_test(a_finding_about_very_many_ends_with_whom_to_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
