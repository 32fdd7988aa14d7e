// The keyring: profiles get their keys from bundles, keep them while the app is away and while
// the same is said of them, and forget what is withdrawn.
// SPDX-License-Identifier: MIT
#include "verifier/trust/keyring.h"

#include "lib/value/bundle.h"
#include "tests/unit/keyroom.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/lifespan.h"
#include "verifier/trust/vault.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// ---- apps that come and go

static void an_offer_brings_the_key(void **state)
{
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &keyroom_session, 1);
	assert_int_equal(keyring_size(room.keyring), 1);
	keyroom_expect_unusable(&room, "web has offered nothing yet");
	assert_ptr_equal(keyroom_at(&room, 0)->faulty, &keyroom_web_key);
	keyroom_offer(&room, "ws", "AUTH_SECRET", KEYROOM_GOOD);
	keyroom_expect_unusable(&room, "web has offered nothing yet");
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	assert_true(keyroom_at(&room, 0)->usable);
	assert_int_equal(keyroom_at(&room, 0)->key_count, 1);
	assert_string_equal(keyroom_at(&room, 0)->fault, "");
	assert_null(keyroom_at(&room, 0)->faulty);
	assert_string_equal(keyroom_at(&room, 0)->keys[0].label, "AUTH_SECRET");
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD));
	assert_ptr_equal(keyring_find(room.keyring, "session", 7), keyroom_at(&room, 0));
	assert_null(keyring_find(room.keyring, "session", 6));
	assert_null(keyring_find(room.keyring, "sessions", 8));
	keyroom_close(&room);
}

static void a_bundle_that_is_there_already_is_taken(void **state)
{
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD2);
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	keyroom_configure(&room, &keyroom_session, 1);
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD)); // the newest
	keyroom_close(&room);
}

static void a_build_brings_no_key(void **state)
{
	const struct keyroom_given given[] = {{"AUTH_SECRET", KEYROOM_GOOD}};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &keyroom_session, 1);
	keyroom_offer_phase(&room, "web", BUNDLE_PHASE_BUILD, given, 1);
	keyroom_expect_unusable(&room, "web has offered nothing yet");
	keyroom_close(&room);
}

static void keys_stay_while_their_app_is_away(void **state)
{
	struct keyroom room;
	const struct key *key;
	uint64_t first, second;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &keyroom_session, 1);
	first = keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	key = keyroom_at(&room, 0)->keys[0].key;
	keyroom_end(&room, first);
	assert_true(keyroom_at(&room, 0)->usable);
	second = keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	assert_ptr_equal(keyroom_at(&room, 0)->keys[0].key, key); // not loaded again
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD2);
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD2) &&
		    !keyroom_has_secret(&room, 0, KEYROOM_GOOD));
	keyroom_end(&room, second);
	keyroom_end(&room, room.id); // the older one does not come back
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD2));
	keyroom_close(&room);
}

static void an_older_bundle_that_outlives_the_newest_is_not_gone_back_to(void **state)
{
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &keyroom_session, 1);
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	keyroom_end(&room, keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD2));
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD2));
	keyroom_close(&room);
}

static void a_bad_key_takes_the_place_of_a_good_one(void **state)
{
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &keyroom_session, 1);
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	keyroom_offer(&room, "web", "AUTH_SECRET", "changeme");
	assert_false(keyroom_at(&room, 0)->usable);
	keyroom_offer(&room, "web", "AUTH_SECRET", NULL);
	keyroom_expect_unusable(&room, "AUTH_SECRET of web has no value");
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	assert_true(keyroom_at(&room, 0)->usable);
	keyroom_close(&room);
}

static void what_is_withdrawn_is_forgotten(void **state)
{
	struct keyroom room;
	uint64_t standing;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &keyroom_session, 1);
	standing = keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	assert_false(keyring_forget(room.keyring, "ws", NULL));
	assert_true(keyroom_at(&room, 0)->usable);
	assert_true(keyring_forget(room.keyring, "web", NULL));
	keyroom_end(&room, standing);
	keyroom_expect_unusable(&room, "web has offered nothing yet");

	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD2); // of a process
	standing = keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	assert_true(keyring_forget(room.keyring, "web", NULL));
	keyroom_end(&room, standing);
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD2));
	keyroom_close(&room);
}

static bool forget_ended(const struct keyroom *room, const char *app)
{
	struct vault_snapshot *snapshot = vault_now(room->vault);
	bool any = keyring_forget(room->keyring, app, snapshot);

	assert_int_equal(keyring_refresh(room->keyring, snapshot), 0);
	vault_snapshot_unref(snapshot);
	return any;
}

static void what_an_ended_bundle_left_can_be_forgotten_alone(void **state)
{
	struct keyroom room;
	uint64_t older;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &keyroom_session, 1);
	assert_false(forget_ended(&room, "web"));
	older = keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	assert_false(forget_ended(&room, "web")); // it lives
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD));
	keyroom_end(&room, keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD2));
	assert_int_not_equal(keyring_seen(room.keyring, 0, 0), older);
	assert_false(forget_ended(&room, "ws"));
	assert_true(forget_ended(&room, "web"));
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD)); // of what lives
	assert_int_equal(keyring_seen(room.keyring, 0, 0), older);
	keyroom_end(&room, older);
	assert_true(forget_ended(&room, "web"));
	keyroom_expect_unusable(&room, "web has offered nothing yet");
	keyroom_close(&room);
}

// ---- rules that change

static void new_rules_keep_the_keys_of_which_the_same_is_said(void **state)
{
	const struct profile_source hs512 = {.app = "web",
		.key = "AUTH_SECRET",
		.options = {.label = "AUTH_SECRET",
			.allow_short = true,
			.algorithm = algorithm_find("HS512", 5)}};
	const struct profile_rules other[] = {
		{.name = "other", .sources = &keyroom_web_key, .source_count = 1},
		{.name = "session",
			.sources = &keyroom_web_key,
			.source_count = 1,
			.issuer = "me"}};
	const struct profile_rules changed = {
		.name = "session", .sources = &hs512, .source_count = 1};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &keyroom_session, 1);
	keyroom_end(&room, keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD));
	keyroom_configure(&room, other, 2);
	assert_int_equal(keyring_size(room.keyring), 2);
	assert_false(keyroom_at(&room, 0)->usable);
	assert_true(keyroom_at(&room, 1)->usable);
	assert_string_equal(keyroom_at(&room, 1)->rules->issuer, "me");
	keyroom_configure(&room, &keyroom_session, 1);
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD));
	keyroom_configure(&room, &changed, 1); // the bytes are gone
	keyroom_expect_unusable(&room, "web has offered nothing yet");
	keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD);
	assert_string_equal(key_algorithm(keyroom_at(&room, 0)->keys[0].key)->name, "HS512");
	keyroom_configure(&room, &keyroom_session, 1);
	assert_string_equal(key_algorithm(keyroom_at(&room, 0)->keys[0].key)->name, "HS256");
	keyroom_configure(&room, NULL, 0);
	assert_int_equal(keyring_size(room.keyring), 0);
	keyroom_close(&room);
}

static void a_key_whose_state_is_another_stays_though_its_app_is_away(void **state)
{
	const struct profile_source turned[] = {
		{.app = "web",
			.key = "AUTH_SECRET",
			.optional = true,
			.options = {.label = "old", .state = KEY_RETIRING}},
		{.app = "web", .key = "AUTH_NEXT", .options = {.label = "new"}}};
	const struct profile_source before[] = {
		{.app = "web", .key = "AUTH_SECRET", .options = {.label = "old"}},
		{.app = "web",
			.key = "AUTH_NEXT",
			.options = {.label = "new", .state = KEY_PENDING}}};
	const struct keyroom_given given[] = {
		{"AUTH_NEXT", KEYROOM_GOOD2}, {"AUTH_SECRET", KEYROOM_GOOD}};
	const struct profile_rules first = {
		.name = "session", .sources = before, .source_count = ARRAY_SIZE(before)};
	const struct profile_rules then = {
		.name = "session", .sources = turned, .source_count = ARRAY_SIZE(turned)};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &first, 1);
	keyroom_end(&room,
		keyroom_offer_phase(&room, "web", BUNDLE_PHASE_START, given, ARRAY_SIZE(given)));
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD));
	keyroom_configure(&room, &then, 1);
	assert_true(keyroom_at(&room, 0)->usable);
	assert_int_equal(keyroom_at(&room, 0)->key_count, 2);
	assert_true(keyroom_has_secret(&room, 0, KEYROOM_GOOD2));
	assert_int_equal(keyroom_at(&room, 0)->keys[0].state, KEY_ACTIVE);
	assert_true(keyroom_has_secret(&room, 1, KEYROOM_GOOD));
	assert_int_equal(keyroom_at(&room, 0)->keys[1].state, KEY_RETIRING);
	keyroom_close(&room);
}

// What is said of a key that is not there depends on whether it is needed.
static void a_lack_is_told_anew_with_the_rules(void **state)
{
	const struct profile_source needed = {.app = "web", .key = "AUTH_NEXT"};
	const struct profile_source wished = {.app = "web", .key = "AUTH_NEXT", .optional = true};
	const struct profile_source now[] = {keyroom_web_key, needed};
	const struct profile_source before[] = {keyroom_web_key, wished};
	const struct profile_rules first = {
		.name = "session", .sources = before, .source_count = ARRAY_SIZE(before)};
	const struct profile_rules then = {
		.name = "session", .sources = now, .source_count = ARRAY_SIZE(now)};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	keyroom_configure(&room, &first, 1);
	keyroom_end(&room, keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD));
	assert_true(keyroom_at(&room, 0)->usable);
	assert_string_equal(keyroom_at(&room, 0)->fault, "");
	keyroom_configure(&room, &then, 1);
	keyroom_expect_unusable(&room, "web has offered nothing yet");
	keyroom_close(&room);
}

static void a_key_of_which_something_else_is_said_waits_for_its_app(void **state)
{
	static const char *const cookies[] = {"a", "b"};
	const struct key_options plain = {.label = "AUTH_SECRET", .kid = "a"};
	struct {
		const char *name;
		struct profile_source source;
		enum profile_kind kind;
		struct profile_list cookies;
	} cases[] = {
		{.name = "another name", .source = {.app = "web", .key = "OTHER"}},
		{.name = "another app", .source = {.app = "ws", .key = "AUTH_SECRET"}},
		{.name = "another algorithm", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "another encoding", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "another kid", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "short is allowed", .source = {.app = "web", .key = "AUTH_SECRET"}},
		{.name = "another kind",
			.source = {.app = "web", .key = "AUTH_SECRET"},
			.kind = PROFILE_NEXTAUTH_V4},
	};
	const struct profile_source before = {.app = "web", .key = "AUTH_SECRET", .options = plain};
	const struct profile_rules rules = {
		.name = "session", .sources = &before, .source_count = 1};
	const struct profile_rules cookie = {.name = "session",
		.kind = PROFILE_AUTHJS_V5,
		.cookies = {cookies, 1},
		.sources = &before,
		.source_count = 1};
	const struct profile_rules salted = {.name = "session",
		.kind = PROFILE_AUTHJS_V5,
		.cookies = {cookies + 1, 1},
		.sources = &before,
		.source_count = 1};
	struct keyroom room;

	(void)state;
	keyroom_open(&room);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cases[i].source.options = plain;
	cases[2].source.options.algorithm = algorithm_find("HS256", 5);
	cases[3].source.options.encoding = KEY_BASE64;
	cases[4].source.options.kid = "b";
	cases[5].source.options.allow_short = true;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct profile_rules changed = {.name = "session",
			.kind = cases[i].kind,
			.sources = &cases[i].source,
			.source_count = 1};

		keyroom_configure(&room, &rules, 1);
		keyroom_end(&room, keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD));
		assert_true(keyroom_at(&room, 0)->usable);
		keyroom_configure(&room, &changed, 1);
		if (keyroom_at(&room, 0)->usable)
			fail_msg("%s: is taken over", cases[i].name);
		keyroom_configure(&room, NULL, 0); // its rules end with this turn
	}
	keyroom_configure(&room, &cookie, 1);
	keyroom_end(&room, keyroom_offer(&room, "web", "AUTH_SECRET", KEYROOM_GOOD));
	keyroom_configure(&room, &cookie, 1);
	assert_true(keyroom_at(&room, 0)->usable);
	keyroom_configure(&room, &salted, 1);
	assert_false(keyroom_at(&room, 0)->usable);
	keyroom_close(&room);
}

// ---- files

// What is revoked is refused for as long as the most patient profile would take it.
static void spans_are_those_of_the_longest(void **state)
{
	static const struct profile_rules rules[] = {
		{.name = "short", .lifetime_ms = 1000, .leeway_ms = 30000},
		{.name = "long", .lifetime_ms = 900000, .leeway_ms = 5000},
		{.name = "refresh", .lifetime_ms = 604800000}};
	uint64_t leeway_ms = 1, life_ms = 1;
	struct keyroom room;

	(void)state;
	lifespan_longest(NULL, NULL, &leeway_ms, &life_ms);
	assert_int_equal(leeway_ms, 0);
	assert_int_equal(life_ms, 0);
	keyroom_open(&room);
	keyroom_configure(&room, rules, ARRAY_SIZE(rules));
	lifespan_longest(room.keyring, "refresh", &leeway_ms, &life_ms);
	assert_int_equal(leeway_ms, 30000);
	assert_int_equal(life_ms, 930000);
	lifespan_longest(room.keyring, NULL, &leeway_ms, &life_ms);
	assert_int_equal(life_ms, 604830000);
	keyroom_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offer_brings_the_key),
		cmocka_unit_test(a_bundle_that_is_there_already_is_taken),
		cmocka_unit_test(a_build_brings_no_key),
		cmocka_unit_test(keys_stay_while_their_app_is_away),
		cmocka_unit_test(an_older_bundle_that_outlives_the_newest_is_not_gone_back_to),
		cmocka_unit_test(a_bad_key_takes_the_place_of_a_good_one),
		cmocka_unit_test(what_is_withdrawn_is_forgotten),
		cmocka_unit_test(what_an_ended_bundle_left_can_be_forgotten_alone),
		cmocka_unit_test(new_rules_keep_the_keys_of_which_the_same_is_said),
		cmocka_unit_test(a_key_whose_state_is_another_stays_though_its_app_is_away),
		cmocka_unit_test(a_lack_is_told_anew_with_the_rules),
		cmocka_unit_test(a_key_of_which_something_else_is_said_waits_for_its_app),
		cmocka_unit_test(spans_are_those_of_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
