// Refresh tokens beside their bytes: which keys make and take them, how long they live, and the
// pair that a generation has.
// SPDX-License-Identifier: MIT
#include "verifier/trust/session/refreshtoken.h"

#include "tests/forge.h"
#include "tests/unit/refreshing.h"
#include "verifier/trust/session/pair.h"
#include "verifier/trust/token/mint.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct pair pair;
static const struct profile_rules short_lived = {.name = "access", .lifetime_ms = 900000};

// ---- keys

static void keys_count_by_their_state(void **state)
{
	static const enum token_code codes[] = {
		[KEY_ACTIVE] = TOKEN_OK,
		[KEY_PENDING] = TOKEN_E_SIGNATURE,
		[KEY_RETIRING] = TOKEN_OK,
		[KEY_RETIRED] = TOKEN_E_SIGNATURE,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refreshing_forms) * ARRAY_SIZE(codes); i++) {
		const struct profile_rules *rules =
			refreshing_forms[i % ARRAY_SIZE(refreshing_forms)];
		struct profile before = refreshing_profile(rules, REFRESHING_HS256),
			       now = {.rules = rules};
		struct family family = refreshing_family(1);

		forge_add(&now, forge_key(refreshing_arena, REFRESHING_OTHER, NULL, NULL),
			KEY_ACTIVE);
		assert_int_equal(refreshing_mint(&before, &family), MINT_OK);
		assert_int_equal(
			refreshing_judge(&now, refreshing_minted.token), TOKEN_E_SIGNATURE);
		forge_add(&now, refreshing_key(REFRESHING_HS256),
			(unsigned)(i / ARRAY_SIZE(refreshing_forms)));
		assert_int_equal(refreshing_judge(&now, refreshing_minted.token),
			codes[i / ARRAY_SIZE(refreshing_forms)]);
		now.usable = false;
		assert_int_equal(
			refreshing_judge(&now, refreshing_minted.token), TOKEN_E_KEY_UNUSABLE);
		forge_clear(&before);
		forge_clear(&now);
	}
	mint_done(&refreshing_minted);
}

// No more keys are tried than for any token; those of another size of signature are not.
static void keys_that_are_tried_are_bounded(void **state)
{
	struct profile made = refreshing_profile(&refreshing_opaque, REFRESHING_HS256),
		       many = {.rules = &refreshing_opaque};
	struct family family = refreshing_family(1);

	(void)state;
	assert_int_equal(refreshing_mint(&made, &family), MINT_OK);
	forge_add(&many, refreshing_key(REFRESHING_HS512), KEY_ACTIVE);
	forge_add(&many, refreshing_key(REFRESHING_ES256), KEY_RETIRING);
	for (size_t i = 0; i < PROFILE_TRIED_MAX - 1; i++)
		forge_add(&many, forge_key(refreshing_arena, REFRESHING_OTHER, NULL, NULL),
			KEY_RETIRING);
	forge_add(&many, refreshing_key(REFRESHING_HS256), KEY_RETIRING);
	assert_int_equal(refreshing_judge(&many, refreshing_minted.token), TOKEN_OK);
	many.keys[1].key = key_free(many.keys[1].key);
	many.keys[1].key = forge_key(refreshing_arena, REFRESHING_OTHER, NULL, NULL);
	assert_int_equal(refreshing_judge(&many, refreshing_minted.token), TOKEN_E_SIGNATURE);
	mint_done(&refreshing_minted);
	forge_clear(&made);
	forge_clear(&many);
}

static void a_profile_that_cannot_is_refused(void **state)
{
	static const struct profile_rules sealed = {
		.name = "v4", .kind = PROFILE_NEXTAUTH_V4, .lifetime_ms = REFRESHING_WEEK_MS};
	struct profile profile = refreshing_profile(&refreshing_jwt, REFRESHING_HS256);
	struct family family = refreshing_family(0);

	(void)state;
	assert_int_equal(refreshing_mint(&profile, &family), MINT_E_CLAIMS);
	family.generation = UINT64_C(1) << 53;
	assert_int_equal(refreshing_mint(&profile, &family), MINT_E_CLAIMS);
	family.generation = 1;
	(void)snprintf(family.refresh_claims, sizeof(family.refresh_claims), "{\"jti\":\"x\"}");
	assert_int_equal(refreshing_mint(&profile, &family), MINT_E_CLAIMS);
	(void)snprintf(profile.fault, sizeof(profile.fault), "ETLS_REFRESH is empty");
	profile.usable = false;
	assert_int_equal(refreshing_mint(&profile, &family), MINT_E_KEY);
	assert_string_equal(refreshing_err.what, "ETLS_REFRESH is empty");
	assert_false(refreshtoken_fits(&profile));
	profile.usable = true;
	profile.rules = &sealed;
	assert_int_equal(refreshing_judge(&profile, "skr1."), TOKEN_E_KEY_UNUSABLE);
	forge_clear(&profile);
	profile.usable = true;
	assert_int_equal(refreshing_mint(&profile, &family), MINT_E_KEY);
	assert_string_equal(refreshing_err.what,
		"profile v4 is of kind nextauth-v4, which makes no refresh tokens");
	assert_int_equal(
		pair_mint(&profile, NULL, &family, REFRESHING_NOW_MS, &pair, &refreshing_err),
		MINT_E_KEY);
	assert_null(refreshing_minted.token);
}

static void a_token_is_at_most_as_long_as_one_may_be(void **state)
{
	static char text[TOKEN_MAX + 2];

	(void)state;
	memset(text, 'A', sizeof(text) - 1);
	memcpy(text, "skr1." REFRESHING_FAMILY ".1.AAAAAAAAAAAAAAAAAAAAAA.", 63);
	for (size_t i = 0; i < ARRAY_SIZE(refreshing_forms); i++) {
		struct profile profile = refreshing_profile(refreshing_forms[i], REFRESHING_RS256);

		text[TOKEN_MAX] = 'A';
		assert_int_equal(refreshing_judge(&profile, text), TOKEN_E_TOO_LARGE);
		text[TOKEN_MAX] = '\0';
		assert_int_equal(refreshing_judge(&profile, text), TOKEN_E_MALFORMED);
		forge_clear(&profile);
	}
}

// ---- the life

static void it_ends_when_the_record_says(void **state)
{
	static const struct {
		const char *name;
		int64_t issued, expires, absolute; // from now
		int64_t life_s;                    // 0: refused
	} cases[] = {
		{"the whole", 0, REFRESHING_WEEK_MS, 4 * REFRESHING_WEEK_MS, 604800},
		{"rounded down", 0, 9999, REFRESHING_WEEK_MS, 10}, // of .250
		{"rounded down, too", 0, 9749, REFRESHING_WEEK_MS, 9},
		{"cut at the session's end", 0, REFRESHING_WEEK_MS, 5000, 5},
		{"longer than the profile's", 0, 2 * REFRESHING_WEEK_MS, 4 * REFRESHING_WEEK_MS,
			604800},
		{"a second", 0, 1000, REFRESHING_WEEK_MS, 1},
		{"less than a second", 0, 999, REFRESHING_WEEK_MS, 0},
		{"over", 0, -1, REFRESHING_WEEK_MS, 0},
		{"before 1970", -2 * REFRESHING_NOW_MS, REFRESHING_WEEK_MS, REFRESHING_WEEK_MS, 0},
		{"all that a number holds", 0, INT64_MAX - REFRESHING_NOW_MS,
			INT64_MAX - REFRESHING_NOW_MS, 604800},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(refreshing_forms); i++) {
		size_t n = i / ARRAY_SIZE(refreshing_forms);
		struct profile profile = refreshing_profile(
			refreshing_forms[i % ARRAY_SIZE(refreshing_forms)], REFRESHING_HS256);
		struct family family = refreshing_family(1);
		int result;

		family.issued_wall_ms = REFRESHING_NOW_MS + cases[n].issued;
		family.expires_wall_ms = REFRESHING_NOW_MS + cases[n].expires;
		family.absolute_wall_ms = REFRESHING_NOW_MS + cases[n].absolute;
		result = refreshing_mint(&profile, &family);
		if (result != (cases[n].life_s ? MINT_OK : MINT_E_LIFETIME) ||
			refreshing_minted.expires_in_s != cases[n].life_s)
			fail_msg("%s: %d %s", cases[n].name, result, refreshing_err.what);
		forge_clear(&profile);
	}
	mint_done(&refreshing_minted);
}

// ---- the pair

static void a_pair_is_the_same_for_who_comes_second(void **state)
{
	struct profile of_access = refreshing_profile(&short_lived, REFRESHING_HS256),
		       refresh = refreshing_profile(&refreshing_jwt, REFRESHING_HS512);
	struct family family = refreshing_family(2);
	struct pair second;

	(void)state;
	assert_int_equal(
		pair_mint(&of_access, &refresh, &family, REFRESHING_NOW_MS, &pair, &refreshing_err),
		MINT_OK);
	assert_int_equal(pair_mint(&of_access, &refresh, &family, REFRESHING_NOW_MS + 9000, &second,
				 &refreshing_err),
		MINT_OK);
	assert_string_equal(pair.access.token, second.access.token);
	assert_string_equal(pair.refresh.token, second.refresh.token);
	assert_string_equal(pair.access.id, REFRESHING_FAMILY ".2.a");
	assert_string_equal(pair.refresh.id, REFRESHING_FAMILY ".2");
	assert_int_equal(pair.access_expires_wall_ms, (FORGE_NOW_S + 900) * INT64_C(1000));
	assert_int_equal(pair.refresh_expires_wall_ms, (FORGE_NOW_S + 604800) * INT64_C(1000));
	assert_int_equal(second.access_expires_wall_ms, pair.access_expires_wall_ms);
	// an access token is no refresh token, whatever key it has
	assert_int_equal(refreshing_judge(&refresh, pair.access.token), TOKEN_E_ALG);
	forge_clear(&refresh);
	forge_add(&refresh, refreshing_key(REFRESHING_HS256), KEY_ACTIVE);
	assert_int_equal(refreshing_judge(&refresh, pair.access.token), TOKEN_E_CLAIM_INVALID);
	pair_done(&second);
	pair_done(&pair);
	assert_null(pair.access.token);
	assert_int_equal(
		pair_mint(&of_access, NULL, &family, REFRESHING_NOW_MS, &pair, &refreshing_err),
		MINT_OK);
	assert_null(pair.refresh.token);
	pair_done(&pair);
	forge_clear(&of_access);
	forge_clear(&refresh);
}

static void an_access_token_lives_within_its_session(void **state)
{
	static const struct {
		const char *name;
		int64_t issued, absolute, now; // from NOW_MS
		int64_t end_s;                 // from FORGE_NOW_S; 0: refused
	} cases[] = {
		{"the profile's life", 0, REFRESHING_WEEK_MS, 0, 900},
		{"as of the generation", 0, REFRESHING_WEEK_MS, 899749, 900},
		{"over: as of now", 0, REFRESHING_WEEK_MS, 899750, 1800},
		{"long over", 0, REFRESHING_WEEK_MS, 5000000, 5900},
		{"cut at the end of the session", 0, 60000, 0, 60},
		{"cut, and over", 0, 60000, 60000, 0},
		{"the last second", 0, 60000, 59000, 60},
		{"less than a second left", 0, 60700, 60000, 0},
		{"the session is over", 0, -1, 0, 0},
		{"a clock a little behind", 30000, REFRESHING_WEEK_MS, 0, 930},
		{"a clock that was set back", 3600000, REFRESHING_WEEK_MS, 0, 900},
		{"before 1970", -2 * REFRESHING_NOW_MS, REFRESHING_WEEK_MS, 0, 900},
	};
	struct profile profile = refreshing_profile(&short_lived, REFRESHING_HS256);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct token_options options = {.now_ms = REFRESHING_NOW_MS + cases[i].now};
		struct family family = refreshing_family(1);
		struct token_verdict verdict;
		int64_t end = cases[i].end_s ? (FORGE_NOW_S + cases[i].end_s) * 1000 : 0;
		int result;

		family.issued_wall_ms = REFRESHING_NOW_MS + cases[i].issued;
		family.absolute_wall_ms = REFRESHING_NOW_MS + cases[i].absolute;
		result = pair_mint(&profile, NULL, &family, options.now_ms, &pair, &refreshing_err);
		if (result != (end ? MINT_OK : MINT_E_LIFETIME) ||
			pair.access_expires_wall_ms != end)
			fail_msg("%s: %d %" PRId64, cases[i].name, result,
				pair.access_expires_wall_ms);
		if (!end)
			continue;
		token_verify(&profile, pair.access.token, pair.access.length, &options,
			&refreshing_scratch, &verdict);
		if (verdict.code != TOKEN_OK)
			fail_msg("%s: %s", cases[i].name, verdict.detail);
		pair_done(&pair);
	}
	forge_clear(&profile);
}

// What fails leaves nothing behind.
static void half_a_pair_is_none(void **state)
{
	struct profile of_access = refreshing_profile(&short_lived, REFRESHING_HS256),
		       refresh = refreshing_profile(&refreshing_jwt, REFRESHING_ES256);
	struct family family = refreshing_family(2);

	(void)state;
	assert_int_equal(
		pair_mint(&of_access, &refresh, &family, REFRESHING_NOW_MS, &pair, &refreshing_err),
		MINT_E_KEY);
	assert_null(pair.access.token);
	family.generation = 0;
	assert_int_equal(
		pair_mint(&of_access, NULL, &family, REFRESHING_NOW_MS, &pair, &refreshing_err),
		MINT_E_CLAIMS);
	assert_null(pair.access.token);
	forge_clear(&of_access);
	forge_clear(&refresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_count_by_their_state),
		cmocka_unit_test(keys_that_are_tried_are_bounded),
		cmocka_unit_test(a_profile_that_cannot_is_refused),
		cmocka_unit_test(a_token_is_at_most_as_long_as_one_may_be),
		cmocka_unit_test(it_ends_when_the_record_says),
		cmocka_unit_test(a_pair_is_the_same_for_who_comes_second),
		cmocka_unit_test(an_access_token_lives_within_its_session),
		cmocka_unit_test(half_a_pair_is_none),
	};

	return cmocka_run_group_tests(tests, refreshing_set_up, refreshing_tear_down);
}
