// How long a route may go on without the store, and by what its families are judged.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/turn.h"

#include "lib/base/clock.h"
#include "tests/unit/sessiondoor.h"
#include "verifier/record/sessions/ledger.h"
#include "verifier/trust/keyring.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define GRACE_MS 300
#define DEADLINE_MS 10000

// Has the store be asked, so that it is found to be away.
static void look_at_store(struct sessiondoor *door, const char *cookies)
{
	struct route_reply reply = sessiondoor_ask(
		door, "/auth/refresh", &(struct sessiondoor_ask){.cookies = cookies});

	route_reply_done(&reply);
}

static void wait_until_up(struct sessiondoor *door)
{
	struct pollfd event = {ledger_fd(door->sessions.ledger), POLLIN, 0};

	while (!ledger_state(door->sessions.ledger)->up) {
		if (poll(&event, 1, DEADLINE_MS) != 1)
			fail_msg("the store stays away");
		ledger_collect(door->sessions.ledger);
	}
}

static void a_grace_is_its_route_s_and_ends(void **state)
{
	struct sessiondoor *door = *state;
	struct sessiondoor_cookies cookies = sessiondoor_login(door);
	const struct turn check = {.sessions = &door->sessions, .route = SESSIONRULES_CHECK};
	const struct turn refresh = {.sessions = &door->sessions, .route = SESSIONRULES_REFRESH};
	uint64_t since;

	door->rules.away_ms[SESSIONRULES_CHECK] = GRACE_MS;
	door->away = true;
	look_at_store(door, cookies.refresh);
	since = (uint64_t)ledger_state(door->sessions.ledger)->away_since_steady_ms;
	assert_false(ledger_state(door->sessions.ledger)->up);
	assert_false(turn_has_grace(&refresh));
	if (!turn_has_grace(&check))
		assert_true(clock_steady_ms() >= since + GRACE_MS);
	while (clock_steady_ms() < since + GRACE_MS)
		;
	assert_false(turn_has_grace(&check));
	door->away = false;
	wait_until_up(door);
	assert_true(turn_has_grace(&check)); // however long it was away before
	assert_false(turn_has_grace(&refresh));
	sessiondoor_cookies_done(&cookies);
}

static void the_end_of_a_family_is_remembered_as_long_as_its_tokens_are_good(void **state)
{
	static const struct profile_source keys[] = {{.app = "nobody", .key = "K"}};
	struct sessiondoor *door = *state;
	const struct profile_rules *access = keyring_find(door->keyring, "access", 6)->rules;
	const struct profile_rules *refresh = keyring_find(door->keyring, "refresh", 7)->rules;
	static struct profile_rules rules[3]; // the keyring borrows them until its end
	struct family_rules family;

	rules[0] = *access;
	rules[1] = *refresh;
	rules[2] = (struct profile_rules){
		.name = "other", .sources = keys, .source_count = 1, .leeway_ms = 45000};
	assert_true(turn_rules(&door->sessions, &family));
	assert_int_equal(family.access_ms, 900000);
	assert_int_equal(family.idle_ms, 604800000);
	assert_int_equal(family.grace_ms, door->rules.grace_ms);
	rules[0].leeway_ms = 30000;
	assert_int_equal(keyring_configure(door->keyring, rules, 3, NULL), 0);
	assert_true(turn_rules(&door->sessions, &family));
	assert_int_equal(family.access_ms, 900000 + 45000); // whoever judges it
	assert_int_equal(keyring_configure(door->keyring, rules, 1, NULL), 0);
	assert_false(turn_rules(&door->sessions, &family));
}

static void no_pair_is_begun_that_cannot_be_minted(void **state)
{
	static const struct {
		const char *access, *refresh;
		bool can;
	} rows[] = {{"access", "refresh", true}, {"resting", "refresh", false},
		{"broken", "refresh", false}, {"access", "broken", false},
		{"access", "resting", false}, {"nobody", "refresh", false}};
	struct sessiondoor *door = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		door->rules.access = rows[i].access;
		door->rules.refresh = rows[i].refresh;
		if (turn_can_mint(&door->sessions) != rows[i].can)
			fail_msg("%s, %s", rows[i].access, rows[i].refresh);
	}
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, sessiondoor_set_up, sessiondoor_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(a_grace_is_its_route_s_and_ends),
		ROW(the_end_of_a_family_is_remembered_as_long_as_its_tokens_are_good),
		ROW(no_pair_is_begun_that_cannot_be_minted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
