// Minting: what the caller says is taken over, what is ours to set is not, and what was minted
// verifies by the same profile.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/mint.h"

#include "lib/base/err.h"
#include "tests/forge.h"
#include "verifier/trust/token/jwe.h"
#include "verifier/trust/token/token.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SECRET "a secret of the test, 32 bytes up"
#define NOW_MS (FORGE_NOW_S * INT64_C(1000) + 250)

static struct secret_arena *arena;
static struct token_scratch scratch;
static struct token_verdict verdict;
static struct minted minted;
static struct err err;

static int open_arena(void **state)
{
	(void)state;
	return secret_arena_open(NULL, &arena, NULL);
}

static int close_arena(void **state)
{
	(void)state;
	arena = secret_arena_free(arena);
	return 0;
}

static const char *const audiences[] = {"api", "w\"s"};
static const char *const wanted_claims[] = {"role"};
static const char *const forwarded_claims[] = {"name"};

static const struct profile_rules rules_plain = {.name = "plain", .lifetime_ms = 900000};
static const struct profile_rules rules_full = {.name = "full",
	.issuer = "https://login.example/\\",
	.audience = {audiences, 2},
	.typ = "ticket+jwt",
	.require = {wanted_claims, 1},
	.forward = {forwarded_claims, 1},
	.lifetime_ms = 900000};
static const struct profile_rules rules_access = {.name = "access",
	.issuer = "https://login.example",
	.audience = {audiences, 1},
	.typ = "at+jwt",
	.lifetime_ms = 900000};
static const struct profile_rules rules_bare_access = {
	.name = "bare", .typ = "application/AT+JWT", .lifetime_ms = 900000};

static struct profile profile_of(const struct profile_rules *rules, const char *kid)
{
	struct profile profile = {.rules = rules};

	forge_add(&profile, forge_key(arena, SECRET, NULL, kid), KEY_ACTIVE);
	return profile;
}

static int mint(const struct profile *profile, const char *claims, uint64_t lifetime_ms)
{
	const struct mint_request request = {.claims = claims,
		.length = claims ? strlen(claims) : 0,
		.lifetime_ms = lifetime_ms,
		.now_ms = NOW_MS};

	err = ERR_NONE;
	return mint_token(profile, &request, &minted, &err);
}

static enum token_code judge(const struct profile *profile, int64_t now_ms)
{
	const struct token_options options = {.now_ms = now_ms};

	token_verify(profile, minted.token, minted.length, &options, &scratch, &verdict);
	return verdict.code;
}

// The header of the token that was judged.
static const char *header(void)
{
	char *end = memchr(scratch.header, '}', sizeof(scratch.header) - 1);

	if (!end)
		abort();
	end[1] = '\0';
	return scratch.header;
}

static void what_was_minted_verifies(void **state)
{
	static const struct {
		const char *name;
		const struct profile_rules *rules;
		const char *kid, *claims, *header, *tail;
	} cases[] = {
		{"no claims", &rules_plain, NULL, NULL, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
			"\"exp\":1800000900}"},
		{"an empty object", &rules_plain, NULL, " { } ",
			"{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "\"exp\":1800000900}"},
		{"claims as written", &rules_plain, NULL,
			"\n{ \"sub\" : \"a}\\u00e9{\",\"x\":{\"y\":[1e0]} }\n",
			"{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
			"\"exp\":1800000900,\"sub\" : \"a}\\u00e9{\",\"x\":{\"y\":[1e0]} }"},
		{"a kid", &rules_plain, "k\"1\\", "{\"sub\":\"1\"}",
			"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\\\"1\\\\\"}", NULL},
		{"all that a profile says", &rules_full, "k1", "{\"role\":\"admin\"}",
			"{\"alg\":\"HS256\",\"typ\":\"ticket+jwt\",\"kid\":\"k1\"}",
			",\"iss\":\"https://login.example/\\\\\",\"aud\":[\"api\",\"w\\\"s\"],"
			"\"iat\":1800000000,\"exp\":1800000900,\"role\":\"admin\"}"},
		{"one of the audiences", &rules_full, NULL, "{\"role\":1,\"aud\":\"w\\\"s\"}", NULL,
			",\"iat\":1800000000,\"exp\":1800000900,\"role\":1,\"aud\":\"w\\\"s\"}"},
		{"an access token", &rules_access, NULL, "{\"sub\":\"1\",\"client_id\":\"web\"}",
			"{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
			",\"iss\":\"https://login.example\",\"aud\":\"api\",\"iat\":1800000000,"
			"\"exp\":1800000900,\"sub\":\"1\",\"client_id\":\"web\"}"},
		{"an nbf that is past", &rules_plain, NULL, "{\"nbf\":1700000000}", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profile profile = profile_of(cases[i].rules, cases[i].kid);

		if (mint(&profile, cases[i].claims, 0) != MINT_OK)
			fail_msg("%s: %s", cases[i].name, err.what);
		assert_int_equal(minted.length, strlen(minted.token));
		assert_int_equal(minted.expires_in_s, 900);
		if (judge(&profile, NOW_MS) != TOKEN_OK)
			fail_msg("%s: %s", cases[i].name, verdict.detail);
		assert_true(strictjson_is(
			&verdict.known[TOKEN_JTI].value, minted.id, MINT_ID_BYTES * 2));
		if (cases[i].tail) {
			size_t length = strlen(cases[i].tail);

			assert_true(verdict.claims_length > length);
			assert_memory_equal(verdict.claims + verdict.claims_length - length,
				cases[i].tail, length);
		}
		if (cases[i].header)
			assert_string_equal(header(), cases[i].header);
		mint_done(&minted);
		assert_null(minted.token);
		forge_clear(&profile);
	}
}

static void claims_that_are_refused(void **state)
{
	static const struct {
		const char *name;
		const struct profile_rules *rules;
		const char *claims, *what;
	} cases[] = {
		{"no JSON", &rules_plain, "sub=1", "no good JSON object"},
		{"an array", &rules_plain, "[]", "no good JSON object"},
		{"bytes behind it", &rules_plain, "{}{}", "no good JSON object"},
		{"a name twice", &rules_plain, "{\"a\":1,\"\\u0061\":1}", "no good JSON object"},
		{"iss", &rules_plain, "{\"iss\":\"x\"}", "the verifier's to set: iss"},
		{"iat", &rules_plain, "{\"iat\":1}", "the verifier's to set: iat"},
		{"exp", &rules_plain, "{\"exp\":9e9}", "the verifier's to set: exp"},
		{"exp by an escape", &rules_plain, "{\"e\\u0078p\":9e9}", "to set: exp"},
		{"jti null", &rules_plain, "{\"jti\":null}", "the verifier's to set: jti"},
		{"an unknown audience", &rules_full, "{\"role\":1,\"aud\":\"x\"}",
			"aud is none of"},
		{"one unknown among them", &rules_full, "{\"role\":1,\"aud\":[\"api\",\"x\"]}",
			"aud is none of"},
		{"no audience in an array", &rules_full, "{\"role\":1,\"aud\":[]}", "aud_mismatch"},
		{"an aud of no type", &rules_plain, "{\"aud\":{}}", "claim_invalid"},
		{"a required one is missing", &rules_full, "{\"sub\":\"1\"}", "claim_missing"},
		{"one that could not be forwarded", &rules_full, "{\"role\":1,\"name\":\"\\r\\n\"}",
			"claim_unsafe"},
		{"sub of no type", &rules_plain, "{\"sub\":1}", "claim_invalid"},
		{"nbf of no type", &rules_plain, "{\"nbf\":\"1\"}", "claim_invalid"},
		{"nbf in milliseconds", &rules_plain, "{\"nbf\":1800000000000}",
			"nbf is not before"},
		{"nbf at the end", &rules_plain, "{\"nbf\":1800000900}", "nbf is not before"},
		{"4.3 item 25: at+jwt without sub", &rules_access, "{\"client_id\":\"web\"}",
			"needs this claim as a string: sub"},
		{"4.3 item 25: at+jwt without client_id", &rules_access, "{\"sub\":\"1\"}",
			"needs this claim as a string: client_id"},
		{"4.3 item 25: at+jwt without iss", &rules_bare_access,
			"{\"sub\":\"1\",\"client_id\":\"web\",\"aud\":\"x\"}", "needs an issuer"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct profile profile = profile_of(cases[i].rules, NULL);

		if (mint(&profile, cases[i].claims, 0) != MINT_E_CLAIMS ||
			!strstr(err.what, cases[i].what))
			fail_msg("%s: %s", cases[i].name, err.what);
		assert_null(minted.token);
		forge_clear(&profile);
	}
}

static void an_access_token_has_all_of_rfc_9068(void **state)
{
	static const char *const names[] = {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"};
	struct profile_rules rules = rules_access;
	struct profile profile = profile_of(&rules, NULL);

	(void)state;
	rules.require = (struct profile_list){names, ARRAY_SIZE(names)};
	assert_int_equal(mint(&profile, "{\"sub\":\"1\",\"client_id\":\"web\"}", 0), MINT_OK);
	assert_int_equal(judge(&profile, NOW_MS), TOKEN_OK);
	mint_done(&minted);
	rules.audience.count = 0;
	assert_int_equal(mint(&profile, "{\"sub\":\"1\",\"client_id\":\"web\"}", 0), MINT_E_CLAIMS);
	forge_clear(&profile);
}

static void lives_are_at_most_the_profiles(void **state)
{
	struct profile profile = profile_of(&rules_plain, NULL);

	(void)state;
	assert_int_equal(mint(&profile, NULL, 900001), MINT_E_LIFETIME);
	assert_string_equal(
		err.what, "a lifetime of 900.001 s is not from 1 s to the 900 s of profile plain");
	assert_int_equal(mint(&profile, NULL, UINT64_MAX), MINT_E_LIFETIME);
	assert_int_equal(mint(&profile, NULL, 999), MINT_E_LIFETIME);
	assert_int_equal(mint(&profile, NULL, 10000), MINT_OK);
	assert_int_equal(minted.expires_in_s, 10);
	assert_int_equal(judge(&profile, FORGE_NOW_S * INT64_C(1000) + 9999), TOKEN_OK);
	assert_int_equal(judge(&profile, FORGE_NOW_S * INT64_C(1000) + 10000), TOKEN_E_EXPIRED);
	mint_done(&minted);
	forge_clear(&profile);
}

static void an_nbf_ahead_is_waited_for(void **state)
{
	struct profile profile = profile_of(&rules_plain, NULL);

	(void)state;
	assert_int_equal(mint(&profile, "{\"nbf\":1800000100}", 0), MINT_OK);
	assert_int_equal(judge(&profile, NOW_MS), TOKEN_E_NOT_YET);
	assert_int_equal(judge(&profile, NOW_MS + 100000), TOKEN_OK);
	mint_done(&minted);
	forge_clear(&profile);
}

static void a_given_id_is_its_jti_and_all_is_the_same(void **state)
{
	static const char claims[] = "{\"sub\":\"1\"}";
	static const char *const ids[] = {"x",
		"00112233445566778899aabbccddeeff.9007199254740991.a",
		"0123456789012345678901234567890123456789012345678901234567890123"};
	struct profile profile = profile_of(&rules_plain, "k1");
	struct minted second;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const struct mint_request request = {
			.claims = claims, .length = strlen(claims), .now_ms = NOW_MS, .id = ids[i]};

		assert_int_equal(mint_token(&profile, &request, &minted, &err), MINT_OK);
		assert_int_equal(mint_token(&profile, &request, &second, &err), MINT_OK);
		assert_string_equal(minted.id, ids[i]);
		assert_string_equal(minted.token, second.token);
		assert_int_equal(judge(&profile, NOW_MS), TOKEN_OK);
		assert_true(strictjson_is(&verdict.known[TOKEN_JTI].value, ids[i], strlen(ids[i])));
		mint_done(&second);
		mint_done(&minted);
	}
	forge_clear(&profile);
}

static void only_an_active_key_signs(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= KEY_RETIRED; i++) {
		struct profile profile = {.rules = &rules_plain};

		forge_add(&profile, forge_key(arena, SECRET, NULL, NULL), i);
		assert_int_equal(mint(&profile, NULL, 0), i == KEY_ACTIVE ? MINT_OK : MINT_E_KEY);
		mint_done(&minted);
		profile.usable = false;
		(void)snprintf(profile.fault, sizeof(profile.fault), "JWT_SECRET is empty");
		assert_int_equal(mint(&profile, NULL, 0), MINT_E_KEY);
		assert_string_equal(err.what, "JWT_SECRET is empty");
		forge_clear(&profile);
	}
}

// The largest token has TOKEN_MAX bytes, and still verifies.
static void a_token_is_at_most_as_long_as_one_may_be(void **state)
{
	struct profile profile = profile_of(&rules_plain, NULL);
	char claims[TOKEN_MAX];
	size_t longest = 0;

	(void)state;
	for (size_t i = 12000; i < sizeof(claims) - 1; i++) {
		(void)snprintf(claims, sizeof(claims), "{\"a\":\"%0*d\"}", (int)i, 0);
		if (mint(&profile, claims, 0) != MINT_OK)
			break;
		longest = minted.length;
		assert_int_equal(judge(&profile, NOW_MS), TOKEN_OK);
		mint_done(&minted);
	}
	assert_in_range(longest, TOKEN_MAX - 4, TOKEN_MAX);
	forge_clear(&profile);
}

static void a_session_is_minted_as_its_library_does(void **state)
{
	static const char *const cookies[] = {"authjs.session-token"};
	static const struct profile_rules rules[] = {
		{.name = "v4", .kind = PROFILE_NEXTAUTH_V4, .lifetime_ms = 900000},
		{.name = "v5",
			.kind = PROFILE_AUTHJS_V5,
			.cookies = {cookies, 1},
			.lifetime_ms = 900000},
	};
	static const char *const encs[] = {"A256GCM", "A256CBC-HS512"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct profile profile = {.rules = &rules[i], .key_count = 1, .usable = true};

		profile.keys[0].sessions[0] = jwe_key_new(i ? JWE_AUTHJS_V5 : JWE_NEXTAUTH_V4,
			secret_view(SECRET, strlen(SECRET)), i ? cookies[0] : "", arena);
		assert_non_null(profile.keys[0].sessions[0]);
		assert_int_equal(mint(&profile, "{\"name\":\"Ada\",\"sub\":\"1\"}", 0), MINT_OK);
		assert_int_equal(minted.length, strlen(minted.token));
		assert_int_equal(judge(&profile, NOW_MS), TOKEN_OK);
		assert_string_equal(verdict.algorithm, encs[i]);
		assert_int_equal(verdict.expires_in_s, 899);
		mint_done(&minted);
		forge_clear(&profile);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_minted_verifies),
		cmocka_unit_test(claims_that_are_refused),
		{.name = "4.3 item 25: an access token has all of RFC 9068",
			.test_func = an_access_token_has_all_of_rfc_9068},
		cmocka_unit_test(lives_are_at_most_the_profiles),
		cmocka_unit_test(an_nbf_ahead_is_waited_for),
		cmocka_unit_test(a_given_id_is_its_jti_and_all_is_the_same),
		cmocka_unit_test(only_an_active_key_signs),
		cmocka_unit_test(a_token_is_at_most_as_long_as_one_may_be),
		cmocka_unit_test(a_session_is_minted_as_its_library_does),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
