// The judgement of tokens beside the checklist: which keys are tried, sessions, and what a
// verdict says.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/token.h"

#include "lib/value/problem.h"
#include "tests/forge.h"
#include "tests/unit/judging.h"
#include "verifier/trust/token/jwe.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// ---- keys

static char *token_of_kid(const char *kid, const char *secret)
{
	own_free char *header = NULL;

	if (asprintf(&header, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid) < 0)
		abort();
	return forge_signed(header, JUDGING_PAYLOAD, secret);
}

static void a_kid_that_names_a_key_decides(void **state)
{
	static const struct {
		const char *name, *kid, *secret;
		enum token_code code;
	} cases[] = {
		{"its own key", "now", JUDGING_SECRET, TOKEN_OK},
		{"written with an escape", "no\\u0077", JUDGING_SECRET, TOKEN_OK},
		{"the kid of another key", "old", JUDGING_SECRET, TOKEN_E_SIGNATURE},
		{"a retiring key", "old", JUDGING_OTHER, TOKEN_OK},
		{"a retired key", "gone", "a third secret of the test, retired",
			TOKEN_E_KEY_UNKNOWN},
		{"a retired kid on the active key", "gone", JUDGING_SECRET, TOKEN_E_KEY_UNKNOWN},
		{"a pending key", "next", "a fourth secret of the test, pending",
			TOKEN_E_KEY_UNKNOWN},
		{"of a key of HS512", "wide", JUDGING_SECRET, TOKEN_E_ALG_KEY},
		{"of nobody", "who", JUDGING_SECRET, TOKEN_E_KEY_UNKNOWN},
		{"in another case", "Now", JUDGING_SECRET, TOKEN_E_KEY_UNKNOWN},
		{"with a NUL", "now\\u0000", JUDGING_SECRET, TOKEN_E_KEY_UNKNOWN},
		{"cut", "no", JUDGING_SECRET, TOKEN_E_KEY_UNKNOWN},
	};
	struct profile profile = {.rules = &judging_plain};

	(void)state;
	forge_add(&profile, forge_key(judging_arena, JUDGING_SECRET, NULL, "now"), KEY_ACTIVE);
	forge_add(&profile, forge_key(judging_arena, JUDGING_OTHER, NULL, "old"), KEY_RETIRING);
	forge_add(&profile,
		forge_key(judging_arena, "a third secret of the test, retired", NULL, "gone"),
		KEY_RETIRED);
	forge_add(&profile,
		forge_key(judging_arena, "a fourth secret of the test, pending", NULL, "next"),
		KEY_PENDING);
	forge_add(&profile,
		forge_key(judging_arena, JUDGING_SECRET JUDGING_SECRET, "HS512", "wide"),
		KEY_ACTIVE);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *token = token_of_kid(cases[i].kid, cases[i].secret);
		enum token_code code = judging_judge(&profile, token);

		if (code != cases[i].code)
			fail_msg("%s: %s (%s)", cases[i].name, token_code_text(code),
				judging_verdict.detail);
	}
	forge_clear(&profile);
}

static void without_a_kid_same_keys_are_tried_four_at_most(void **state)
{
	struct profile profile = {.rules = &judging_plain};
	char secret[64];

	(void)state;
	for (int i = 0; i < 6; i++) {
		(void)snprintf(secret, sizeof(secret), "secret %d of the test, 32 bytes and up", i);
		forge_add(&profile, forge_key(judging_arena, secret, NULL, i == 1 ? "one" : NULL),
			KEY_ACTIVE);
	}
	for (int i = 0; i < 6; i++) {
		own_free char *token = NULL, *with_kid = NULL;

		(void)snprintf(secret, sizeof(secret), "secret %d of the test, 32 bytes and up", i);
		token = forge_signed(JUDGING_HEADER, JUDGING_PAYLOAD, secret);
		with_kid = token_of_kid("who", secret);
		assert_int_equal(
			judging_judge(&profile, token), i < 4 ? TOKEN_OK : TOKEN_E_SIGNATURE);
		if (i < 4)
			assert_ptr_equal(judging_verdict.key, &profile.keys[i]);
		// A kid of nobody: the keys without a given one, four of them.
		assert_int_equal(judging_judge(&profile, with_kid),
			i != 1 && i < 5 ? TOKEN_OK : TOKEN_E_SIGNATURE);
	}
	forge_clear(&profile);
}

static void only_active_and_retiring_keys_verify(void **state)
{
	static const enum token_code codes[] = {
		[KEY_ACTIVE] = TOKEN_OK,
		[KEY_PENDING] = TOKEN_E_ALG,
		[KEY_RETIRING] = TOKEN_OK,
		[KEY_RETIRED] = TOKEN_E_ALG,
	};
	own_free char *token = forge_signed(JUDGING_HEADER, JUDGING_PAYLOAD, JUDGING_SECRET);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(codes); i++) {
		struct profile profile = {.rules = &judging_plain};

		forge_add(&profile, forge_key(judging_arena, JUDGING_SECRET, NULL, NULL), i);
		assert_int_equal(judging_judge(&profile, token), codes[i]);
		forge_clear(&profile);
	}
}

// A key that was taken out of use is not tried beside one that verifies, either.
static void without_a_kid_only_keys_that_verify_are_tried(void **state)
{
	static const enum token_code codes[] = {
		[KEY_ACTIVE] = TOKEN_OK,
		[KEY_PENDING] = TOKEN_E_SIGNATURE,
		[KEY_RETIRING] = TOKEN_OK,
		[KEY_RETIRED] = TOKEN_E_SIGNATURE,
	};
	own_free char *token = forge_signed(JUDGING_HEADER, JUDGING_PAYLOAD, JUDGING_OTHER);

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(codes); i++) {
		struct profile profile = judging_profile(&judging_plain);

		forge_add(&profile, forge_key(judging_arena, JUDGING_OTHER, NULL, NULL), i);
		if (judging_judge(&profile, token) != codes[i])
			fail_msg("%s: %s", key_states[i], judging_verdict.detail);
		forge_clear(&profile);
	}
}

// Also where a hint would lead to a key that verifies.
static void a_kid_of_a_retired_key_says_so(void **state)
{
	struct profile profile = judging_profile(&judging_plain);
	own_free char *token = token_of_kid("gone", JUDGING_SECRET);

	(void)state;
	forge_add(&profile, forge_key(judging_arena, JUDGING_OTHER, NULL, "gone"), KEY_RETIRED);
	assert_int_equal(judging_judge(&profile, token), TOKEN_E_KEY_UNKNOWN);
	assert_string_equal(judging_verdict.detail,
		"kid is \"gone\": JWT_SECRET, which is retired and does not verify");
	profile.keys[1].state = KEY_RETIRING;
	assert_int_equal(judging_judge(&profile, token), TOKEN_E_SIGNATURE);
	forge_clear(&profile);
}

// ---- sessions

static const char *const cookies[] = {"authjs.session-token", "__Secure-authjs.session-token"};
static const struct profile_rules rules_v4 = {.name = "v4", .kind = PROFILE_NEXTAUTH_V4};

static const struct profile_rules rules_v5 = {
	.name = "v5", .kind = PROFILE_AUTHJS_V5, .cookies = {cookies, 2}};

static void add_session(struct profile *profile, const char *text, enum key_state key_state)
{
	struct profile_key *key = &profile->keys[profile->key_count++];
	const struct secret secret = secret_view(text, strlen(text));
	bool is_v4 = profile->rules->kind == PROFILE_NEXTAUTH_V4;

	*key = (struct profile_key){.state = key_state, .label = "AUTH_SECRET"};
	for (size_t i = 0; i < (is_v4 ? 1 : ARRAY_SIZE(cookies)); i++) {
		key->sessions[i] = jwe_key_new(is_v4 ? JWE_NEXTAUTH_V4 : JWE_AUTHJS_V5, secret,
			is_v4 ? "" : cookies[i], judging_arena);
		assert_non_null(key->sessions[i]);
	}
	profile->usable = true;
}

static enum token_code judge_cookie(
	const struct profile *profile, const char *token, const char *cookie)
{
	const struct token_options options = {
		.now_ms = FORGE_NOW_S * INT64_C(1000), .cookie = cookie};

	token_verify(profile, token, strlen(token), &options, &judging_scratch, &judging_verdict);
	return judging_verdict.code;
}

static char *sealed(const struct profile *profile, size_t key, size_t salt)
{
	char *token = jwe_seal(
		profile->keys[key].sessions[salt], JUDGING_PAYLOAD, strlen(JUDGING_PAYLOAD));

	assert_non_null(token);
	return token;
}

static void sessions_open_with_active_and_retiring_keys(void **state)
{
	static const struct {
		const struct profile_rules *rules;
		enum token_code code; // of a token by a key that does not verify
	} cases[] = {{&rules_v4, TOKEN_E_SIGNATURE}, {&rules_v5, TOKEN_E_KEY_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profile profile = {.rules = cases[i].rules};

		add_session(&profile, JUDGING_SECRET, KEY_ACTIVE);
		add_session(&profile, JUDGING_OTHER, KEY_RETIRING);
		add_session(&profile, "a third secret of the test, retired", KEY_RETIRED);
		add_session(&profile, "a fourth secret of the test, pending", KEY_PENDING);
		for (size_t j = 0; j < profile.key_count; j++) {
			own_free char *token = sealed(&profile, j, 0);

			assert_int_equal(
				judging_judge(&profile, token), j < 2 ? TOKEN_OK : cases[i].code);
			assert_ptr_equal(judging_verdict.key, j < 2 ? &profile.keys[j] : NULL);
		}
		forge_clear(&profile);
	}
}

static void a_session_is_of_its_cookie(void **state)
{
	struct profile profile = {.rules = &rules_v5};
	own_free char *plain = NULL, *secure = NULL;

	(void)state;
	add_session(&profile, JUDGING_SECRET, KEY_ACTIVE);
	plain = sealed(&profile, 0, 0);
	secure = sealed(&profile, 0, 1);
	assert_int_equal(judge_cookie(&profile, plain, NULL), TOKEN_OK);
	assert_int_equal(judge_cookie(&profile, secure, NULL), TOKEN_OK);
	assert_int_equal(judge_cookie(&profile, plain, cookies[0]), TOKEN_OK);
	assert_int_equal(judge_cookie(&profile, secure, cookies[1]), TOKEN_OK);
	assert_int_equal(judge_cookie(&profile, plain, cookies[1]), TOKEN_E_KEY_UNKNOWN);
	assert_int_equal(judge_cookie(&profile, plain, "session"), TOKEN_E_KEY_UNKNOWN);
	forge_clear(&profile);
}

static void a_long_kid_is_a_hint_too(void **state)
{
	char kid[10000 + 1];
	own_free char *token = NULL;
	struct profile profile = {.rules = &judging_plain}, plain = judging_profile(&judging_plain);

	(void)state;
	memset(kid, 'k', sizeof(kid) - 1);
	kid[sizeof(kid) - 1] = '\0';
	token = token_of_kid(kid, JUDGING_SECRET);
	assert_int_equal(judging_judge(&plain, token), TOKEN_OK);
	assert_int_equal(judging_verdict.kid.length, sizeof(kid) - 1);
	forge_add(&profile, forge_key(judging_arena, JUDGING_SECRET, NULL, "now"), KEY_ACTIVE);
	assert_int_equal(judging_judge(&profile, token), TOKEN_E_KEY_UNKNOWN);
	assert_non_null(
		strstr(judging_verdict.detail, "kkk...\", and profile plain has no such key"));
	forge_clear(&profile);
	forge_clear(&plain);
}

static void a_profile_without_keys_says_why(void **state)
{
	struct profile profile = {.rules = &judging_plain, .fault = "JWT_SECRET is empty"};
	own_free char *token = forge_signed(JUDGING_HEADER, JUDGING_PAYLOAD, "");

	(void)state;
	assert_int_equal(judging_judge(&profile, token), TOKEN_E_KEY_UNUSABLE);
	assert_string_equal(judging_verdict.detail, "JWT_SECRET is empty");
	assert_int_equal(judging_judge(&profile, "x"), TOKEN_E_MALFORMED);
}

// ---- what a verdict says

static void details_help_at_night(void **state)
{
	static const struct {
		const char *detail;
		enum token_code code;
		const char *header, *payload, *raw;
		const struct profile_rules *rules;
	} cases[] = {
		{"exp 2027-01-15T07:54:48Z was 5 minutes ago (leeway 0 s)", TOKEN_E_EXPIRED,
			.payload = "{\"exp\":1799999688}"},
		{"nbf 2027-01-15T08:01:00Z is 60 s ahead (leeway 10 s)", TOKEN_E_NOT_YET,
			.payload = "{\"nbf\":1800000060}", .rules = &judging_leeway},
		{"iat 2027-01-15T09:00:00Z is 60 minutes ahead (leeway 60 s)", TOKEN_E_FUTURE,
			.payload = "{\"iat\":1800003600}"},
		{"iat + max_age 1970-01-01T00:01:01Z was 20833 days ago (leeway 0 s)",
			TOKEN_E_EXPIRED, .payload = "{\"iat\":1}", .rules = &judging_age},
		{"exp 1970-01-01T00:00:00Z was 20833 days ago (leeway 0 s)", TOKEN_E_EXPIRED,
			.payload = "{\"exp\":0}"},
		{"exp 2024-02-29T00:00:00Z was 1051 days ago (leeway 0 s)", TOKEN_E_EXPIRED,
			.payload = "{\"exp\":1709164800}"},
		{"nbf 9999-12-31T23:59:59Z is 2912064 days ahead (leeway 0 s)", TOKEN_E_NOT_YET,
			.payload = "{\"nbf\":253402300799}"},
		{"exp 1800000060000 is after the year 9999; it must be seconds, and looks like "
		 "milliseconds",
			TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":1800000060000}"},
		{"exp is a string, not a number of seconds", TOKEN_E_CLAIM_INVALID,
			.payload = "{\"exp\":\"1\"}"},
		{"iss is \"a\\\\nb\", and profile issuer wants \"samekey-test\"", TOKEN_E_ISS,
			.payload = "{\"iss\":\"a\\\\nb\"}", .rules = &judging_issuer},
		{"aud is an array, and \"api\" is wanted", TOKEN_E_AUD,
			.payload = "{\"aud\":[\"x\"]}", .rules = &judging_audience},
		{"alg is \"none\", which profile plain does not take", TOKEN_E_ALG,
			.header = "{\"alg\":\"none\"}"},
		{"byte 81 (0x0a) is none of a token: white space at the end", TOKEN_E_MALFORMED,
			.raw = JUDGING_GOOD "\n"},
		{"byte 7 (0x20) is none of a token: \"Bearer \" was not cut off", TOKEN_E_MALFORMED,
			.raw = "Bearer " JUDGING_GOOD},
		{"the payload is not JSON (byte 8)", TOKEN_E_JSON, .payload = "{\"sub\":x}"},
		{"it was not signed with JWT_SECRET (HS256)", TOKEN_E_SIGNATURE,
			.raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0."
			       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct profile_rules *rules = cases[i].rules;
		const char *header = cases[i].header, *payload = cases[i].payload;
		struct profile profile = judging_profile(rules ? rules : &judging_plain);
		own_free char *token = forge_signed(header ? header : JUDGING_HEADER,
			payload ? payload : JUDGING_PAYLOAD, JUDGING_SECRET);

		assert_int_equal(judging_judge(&profile, cases[i].raw ? cases[i].raw : token),
			cases[i].code);
		assert_string_equal(judging_verdict.detail, cases[i].detail);
		forge_clear(&profile);
	}
}

static void a_good_verdict_shows_the_claims(void **state)
{
	static const char payload[] =
		"{\"exp\":1800000090.5,\"sub\":\"u\\u00e9\",\"role\":[1],\"aud\":\"api\"}";
	own_free char *token = token_of_kid("k1", JUDGING_SECRET);
	own_free char *full = forge_signed(JUDGING_HEADER, payload, JUDGING_SECRET);
	struct profile profile = judging_profile(&judging_require);
	struct profile plain = judging_profile(&judging_plain);

	(void)state;
	assert_int_equal(judging_judge(&profile, full), TOKEN_OK);
	assert_int_equal(judging_verdict.claims_length, strlen(payload));
	assert_memory_equal(judging_verdict.claims, payload, strlen(payload));
	assert_int_equal(judging_verdict.expires_in_s, 90);
	assert_string_equal(judging_verdict.algorithm, "HS256");
	assert_true(strictjson_is(&judging_verdict.known[TOKEN_SUB].value, "u\xC3\xA9", 3));
	assert_int_equal(judging_verdict.required[0].value.type, STRICTJSON_NUMBER);
	assert_int_equal(judging_verdict.required[2].value.type, STRICTJSON_ARRAY);
	assert_int_equal(judging_verdict.kid.type, STRICTJSON_ABSENT);
	assert_int_equal(judging_judge(&plain, token), TOKEN_OK);
	assert_true(strictjson_is(&judging_verdict.kid, "k1", 2));
	assert_int_equal(judging_verdict.expires_in_s, -1);
	assert_int_equal(judging_verdict.known[TOKEN_EXP].value.type, STRICTJSON_ABSENT);
	forge_clear(&profile);
	forge_clear(&plain);
}

static void another_audience_can_be_asked_for(void **state)
{
	static const struct {
		const char *payload, *audience;
		size_t length;
		enum token_code code;
	} cases[] = {
		{"{\"aud\":[\"api\",\"ws\"]}", "ws", 2, TOKEN_OK},
		{"{\"aud\":[\"ws\",\"api\"]}", "ws", 2, TOKEN_OK},
		{"{\"aud\":\"api\"}", "ws", 2, TOKEN_E_AUD},
		{"{\"aud\":\"ws\"}", "ws", 2, TOKEN_E_AUD}, // the profile's is wanted, too
		{"{\"aud\":\"api\"}", "api", 3, TOKEN_OK},
		{"{\"aud\":[\"api\",\"ws\\u0000x\"]}", "ws", 2, TOKEN_E_AUD},
		{"{\"aud\":[\"api\",\"ws\\u0000x\"]}", "ws\0x", 4, TOKEN_OK},
	};
	struct profile profile = judging_profile(&judging_audience);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *token =
			forge_signed(JUDGING_HEADER, cases[i].payload, JUDGING_SECRET);
		const struct token_options options = {.now_ms = FORGE_NOW_S * INT64_C(1000),
			.audience = cases[i].audience,
			.audience_length = cases[i].length};

		token_verify(&profile, token, strlen(token), &options, &judging_scratch,
			&judging_verdict);
		assert_int_equal(judging_verdict.code, cases[i].code);
	}
	forge_clear(&profile);
}

static void every_code_and_stage_has_its_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TOKEN_CODES; i++) {
		assert_non_null(token_code_text((enum token_code)i));
		if (i != TOKEN_OK && !problem_find(token_code_text((enum token_code)i)))
			fail_msg("%s has no row", token_code_text((enum token_code)i));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(token_code_text((enum token_code)i),
				token_code_text((enum token_code)j));
	}
	for (unsigned i = 0; i <= TOKEN_CLAIMS; i++)
		assert_non_null(token_stage_text((enum token_stage)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{.name = "4.2 item 16: a kid that names a key decides",
			.test_func = a_kid_that_names_a_key_decides},
		{.name = "4.2 item 16: a long kid is a hint, too",
			.test_func = a_long_kid_is_a_hint_too},
		cmocka_unit_test(a_kid_of_a_retired_key_says_so),
		cmocka_unit_test(sessions_open_with_active_and_retiring_keys),
		cmocka_unit_test(a_session_is_of_its_cookie),
		cmocka_unit_test(without_a_kid_same_keys_are_tried_four_at_most),
		cmocka_unit_test(only_active_and_retiring_keys_verify),
		cmocka_unit_test(without_a_kid_only_keys_that_verify_are_tried),
		cmocka_unit_test(a_profile_without_keys_says_why),
		cmocka_unit_test(details_help_at_night),
		cmocka_unit_test(a_good_verdict_shows_the_claims),
		cmocka_unit_test(another_audience_can_be_asked_for),
		cmocka_unit_test(every_code_and_stage_has_its_words),
	};

	return cmocka_run_group_tests(tests, judging_set_up, judging_tear_down);
}
