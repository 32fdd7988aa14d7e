// Refresh tokens in both forms: the same bytes each time, what is read back, and that no byte of
// one can be another.
// SPDX-License-Identifier: MIT
#include "verifier/trust/session/refreshtoken.h"

#include "tests/forge.h"
#include "tests/unit/refreshing.h"
#include "verifier/trust/token/mint.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// ---- families and tokens

static void judge_steady(const struct profile *profile, uint64_t generation)
{
	struct family family = refreshing_family(generation);
	own_free char *first = NULL;

	assert_int_equal(refreshing_mint(profile, &family), MINT_OK);
	assert_int_equal(strlen(refreshing_minted.token), refreshing_minted.length);
	first = strdup(refreshing_minted.token);
	if (!first)
		abort();
	assert_int_equal(refreshing_mint(profile, &family), MINT_OK);
	assert_string_equal(refreshing_minted.token, first);
	if (refreshing_judge(profile, first) != TOKEN_OK)
		fail_msg("%s of %s is not read", key_algorithm(profile->keys[0].key)->name,
			profile_formats[profile->rules->format]);
	assert_memory_equal(refreshing_got.family, family.id, sizeof(family.id));
	assert_int_equal(refreshing_got.generation, generation);
	assert_int_equal(refreshing_got.claims != NULL, profile->rules == &refreshing_jwt);
}

static void judge_unsteady(const struct profile *profile)
{
	struct family family = refreshing_family(1);

	assert_int_equal(refreshing_mint(profile, &family), MINT_E_KEY);
	assert_string_equal(refreshing_err.what,
		"profile refresh has no active key that signs the same way each time");
}

static void it_is_the_same_each_time_and_is_read_back(void **state)
{
	static const uint64_t generations[] = {1, 2, 10, 4711, (UINT64_C(1) << 53) - 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refreshing_forms) * REFRESHING_ALGORITHMS; i++) {
		size_t algorithm = i / ARRAY_SIZE(refreshing_forms);
		struct profile profile = refreshing_profile(
			refreshing_forms[i % ARRAY_SIZE(refreshing_forms)], (int)algorithm);
		bool is_steady = refreshing_algorithms[algorithm].is_steady;

		assert_int_equal(refreshtoken_fits(&profile), is_steady);
		for (size_t j = 0; is_steady && j < ARRAY_SIZE(generations); j++)
			judge_steady(&profile, generations[j]);
		if (!is_steady)
			judge_unsteady(&profile);
		forge_clear(&profile);
	}
	mint_done(&refreshing_minted);
}

static void a_generation_has_one_token_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refreshing_forms); i++) {
		struct profile profile = refreshing_profile(refreshing_forms[i], REFRESHING_HS256);
		struct family family = refreshing_family(1), next = refreshing_family(2),
			      other = refreshing_family(1);
		own_free char *one = NULL, *two = NULL;

		other.id[15] ^= 1;
		assert_int_equal(refreshing_mint(&profile, &family), MINT_OK);
		one = take(&refreshing_minted.token);
		assert_int_equal(refreshing_mint(&profile, &next), MINT_OK);
		two = take(&refreshing_minted.token);
		assert_int_equal(refreshing_mint(&profile, &other), MINT_OK);
		assert_string_not_equal(one, two);
		assert_string_not_equal(one, refreshing_minted.token);
		if (refreshing_forms[i] == &refreshing_opaque) // RANDOM differs, too
			assert_memory_not_equal(one + strlen("skr1." REFRESHING_FAMILY ".1."),
				two + strlen("skr1." REFRESHING_FAMILY ".2."), 22);
		forge_clear(&profile);
	}
	mint_done(&refreshing_minted);
}

// Made once with Python's hmac: other versions, and other verifiers, take what this one makes.
static void the_forms_stay_as_they_are(void **state)
{
	static const char *const tokens[] = {
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
		"eyJqdGkiOiIwMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZi4zIiwiaWF0IjoxODAwMDAwMDAwLC"
		"JleHAiOjE4MDA2MDQ4MDAsInVzZXJJZCI6N30."
		"IEqYgvkbL5h2ZcBLSo0fRU1w7CjtTcI1lV6XeObG9e0",
		"skr1." REFRESHING_FAMILY ".3.PibBBrSy7Wb-DgJSOzBo_A."
		"Z7lcK7bo7brUtGoqS31iwOhaJYEDMi5l82S6LTzhKjs",
	};
	struct family family = refreshing_family(3);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refreshing_forms); i++) {
		struct profile profile = refreshing_profile(refreshing_forms[i], REFRESHING_HS256);

		assert_int_equal(refreshing_mint(&profile, &family), MINT_OK);
		assert_string_equal(refreshing_minted.token, tokens[i]);
		forge_clear(&profile);
	}
	mint_done(&refreshing_minted);
}

// ---- the JWT

static void a_jwt_holds_the_claims_as_they_are_kept(void **state)
{
	struct profile profile = refreshing_profile(&refreshing_jwt, REFRESHING_HS256);
	struct family family = refreshing_family(3);

	(void)state;
	assert_int_equal(refreshing_mint(&profile, &family), MINT_OK);
	assert_string_equal(refreshing_minted.id, REFRESHING_FAMILY ".3");
	assert_int_equal(refreshing_minted.expires_in_s, 604800);
	assert_int_equal(refreshing_judge(&profile, refreshing_minted.token), TOKEN_OK);
	assert_int_equal(refreshing_got.claims_length,
		strlen("{\"jti\":\"" REFRESHING_FAMILY ".3\",\"iat\":1800000000,\"exp\":1800604800,"
		       "\"userId\":7}"));
	assert_memory_equal(refreshing_got.claims,
		"{\"jti\":\"" REFRESHING_FAMILY
		".3\",\"iat\":1800000000,\"exp\":1800604800,\"userId\":7}",
		refreshing_got.claims_length);
	// a clock that was set back, however far
	assert_int_equal(refreshing_judge_at(&profile, refreshing_minted.token,
				 REFRESHING_NOW_MS - REFRESHING_WEEK_MS),
		TOKEN_OK);
	assert_int_equal(refreshing_judge_at(&profile, refreshing_minted.token,
				 REFRESHING_NOW_MS + REFRESHING_WEEK_MS),
		TOKEN_E_EXPIRED);
	mint_done(&refreshing_minted);
	forge_clear(&profile);
}

static void the_jti_is_read_strictly(void **state)
{
	static const struct {
		const char *name, *jti;
		uint64_t generation; // 0: it is none
		bool is_access;
	} cases[] = {
		{"the first", REFRESHING_FAMILY ".1", 1, false},
		{"an access token's", REFRESHING_FAMILY ".1.a", 1, true},
		{"2^53 - 1", REFRESHING_FAMILY ".9007199254740991", 9007199254740991, false},
		{"an access token's 2^53 - 1", REFRESHING_FAMILY ".9007199254740991.a",
			9007199254740991, true},
		{"2^53", REFRESHING_FAMILY ".9007199254740992", 0, false},
		{"2^64 + 1", REFRESHING_FAMILY ".18446744073709551617", 0, false},
		{"many digits", REFRESHING_FAMILY ".111111111111111111111111111111111111111111", 0,
			false},
		{"generation 0", REFRESHING_FAMILY ".0", 0, false},
		{"a leading zero", REFRESHING_FAMILY ".01", 0, false},
		{"no generation", REFRESHING_FAMILY ".", 0, false},
		{"no generation of an access token", REFRESHING_FAMILY "..a", 0, false},
		{"only the suffix", REFRESHING_FAMILY ".a", 0, false},
		{"the family alone", REFRESHING_FAMILY, 0, false},
		{"a sign", REFRESHING_FAMILY ".+1", 0, false},
		{"a minus", REFRESHING_FAMILY ".-1", 0, false},
		{"a blank", REFRESHING_FAMILY ". 1", 0, false},
		{"a blank at the end", REFRESHING_FAMILY ".1 ", 0, false},
		{"hexadecimal", REFRESHING_FAMILY ".0x1", 0, false},
		{"a fraction", REFRESHING_FAMILY ".1.0", 0, false},
		{"an exponent", REFRESHING_FAMILY ".1e0", 0, false},
		{"another suffix", REFRESHING_FAMILY ".1.b", 0, false},
		{"the suffix twice", REFRESHING_FAMILY ".1.a.a", 0, false},
		{"a suffix without a dot", REFRESHING_FAMILY ".1a", 0, false},
		{"twice", REFRESHING_FAMILY ".1" REFRESHING_FAMILY ".1", 0, false},
		{"capital digits", "00112233445566778899AABBCCDDEEFF.1", 0, false},
		{"one capital digit", "00112233445566778899aabbccddeefF.1", 0, false},
		{"no digit", "00112233445566778899aabbccddeefg.1", 0, false},
		{"a digit too few", "0112233445566778899aabbccddeeff.1", 0, false},
		{"a digit more", "000112233445566778899aabbccddeeff.1", 0, false},
		{"a colon between", "00:12233445566778899aabbccddeeff.1", 0, false},
		{"another separator", REFRESHING_FAMILY ":1", 0, false},
		{"an escape",
			"\\u0030"
			"0112233445566778899aabbccddeeff.1",
			0, false},
		{"nothing", "", 0, false},
		{"a random one", "5f0c94e3a1b2c3d4e5f60718293a4b5c", 0, false},
		{"a UUID", "5f0c94e3-a1b2-4c3d-8e5f-60718293a4b5", 0, false},
	};
	struct profile profile = refreshing_profile(&refreshing_jwt, REFRESHING_HS256);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t family[FAMILY_ID_BYTES];
		uint64_t generation = 0;
		bool is_access = !cases[i].is_access, is;
		char payload[160];
		own_free char *token = NULL;
		enum token_code wanted = cases[i].generation && !cases[i].is_access
						 ? TOKEN_OK
						 : TOKEN_E_CLAIM_INVALID;

		is = refreshtoken_jti_read(
			cases[i].jti, strlen(cases[i].jti), family, &generation, &is_access);
		if (is != (cases[i].generation != 0) || generation != cases[i].generation ||
			(is && is_access != cases[i].is_access))
			fail_msg("%s: %d", cases[i].name, is);
		(void)snprintf(payload, sizeof(payload), "{\"jti\":\"%s\"}", cases[i].jti);
		token = forge_signed("{\"alg\":\"HS256\"}", payload, REFRESHING_SECRET);
		if (refreshing_judge(&profile, token) != wanted)
			fail_msg("%s: as a token", cases[i].name);
	}
	forge_clear(&profile);
}

static void a_jwt_is_judged_like_any_token(void **state)
{
	static const struct {
		const char *name, *header, *payload, *secret;
		enum token_code code;
	} cases[] = {
		{"good", "{\"alg\":\"HS256\"}", "{\"jti\":\"" REFRESHING_FAMILY ".1\"}",
			REFRESHING_SECRET, TOKEN_OK},
		{"of another key", "{\"alg\":\"HS256\"}", "{\"jti\":\"" REFRESHING_FAMILY ".1\"}",
			REFRESHING_OTHER, TOKEN_E_SIGNATURE},
		{"of no alg", "{\"alg\":\"none\"}", "{\"jti\":\"" REFRESHING_FAMILY ".1\"}",
			REFRESHING_SECRET, TOKEN_E_ALG},
		{"expired", "{\"alg\":\"HS256\"}",
			"{\"jti\":\"" REFRESHING_FAMILY ".1\",\"exp\":1800000000}",
			REFRESHING_SECRET, TOKEN_E_EXPIRED},
		{"without a jti", "{\"alg\":\"HS256\"}", "{}", REFRESHING_SECRET,
			TOKEN_E_CLAIM_INVALID},
		{"a jti that is no text", "{\"alg\":\"HS256\"}", "{\"jti\":1}", REFRESHING_SECRET,
			TOKEN_E_CLAIM_INVALID},
		{"a jti twice", "{\"alg\":\"HS256\"}",
			"{\"jti\":\"" REFRESHING_FAMILY ".1\",\"jti\":\"" REFRESHING_FAMILY ".2\"}",
			REFRESHING_SECRET, TOKEN_E_DUPLICATE},
		{"an access token", "{\"alg\":\"HS256\"}",
			"{\"jti\":\"" REFRESHING_FAMILY ".1.a\"}", REFRESHING_SECRET,
			TOKEN_E_CLAIM_INVALID},
	};
	struct profile profile = refreshing_profile(&refreshing_jwt, REFRESHING_HS256);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *token =
			forge_signed(cases[i].header, cases[i].payload, cases[i].secret);

		if (refreshing_judge(&profile, token) != cases[i].code)
			fail_msg("%s: %s", cases[i].name,
				token_code_text(refreshing_judge(&profile, token)));
	}
	assert_int_equal(refreshing_judge(&profile, ""), TOKEN_E_MALFORMED);
	forge_clear(&profile);
}

// ---- the opaque form

// A token with a part of the good one replaced.
static const char *with(size_t part, const char *text)
{
	static char room[512];
	const char *at = refreshing_minted.token;
	size_t used = 0;

	for (size_t i = 0; i < 5; i++) {
		const char *dot = strchrnul(at, '.');

		used += (size_t)snprintf(room + used, sizeof(room) - used, "%s%.*s", i ? "." : "",
			i == part ? (int)strlen(text) : (int)(dot - at), i == part ? text : at);
		at = dot + (*dot != '\0');
	}
	return room;
}

static void no_part_can_be_another(void **state)
{
	static const struct {
		const char *name;
		size_t part;
		const char *text;
		enum token_code code;
	} cases[] = {
		{"another prefix", 0, "skr2", TOKEN_E_MALFORMED},
		{"a capital prefix", 0, "SKR1", TOKEN_E_MALFORMED},
		{"no prefix", 0, "", TOKEN_E_MALFORMED},
		{"another family", 1, "00112233445566778899aabbccddeefe", TOKEN_E_SIGNATURE},
		{"capital digits", 1, "00112233445566778899AABBCCDDEEFF", TOKEN_E_MALFORMED},
		{"a family cut", 1, "00112233445566778899aabbccddeef", TOKEN_E_MALFORMED},
		{"no family", 1, "", TOKEN_E_MALFORMED},
		{"the word of what RANDOM is made of", 1, "random", TOKEN_E_MALFORMED},
		{"another generation", 2, "4", TOKEN_E_SIGNATURE},
		{"generation 0", 2, "0", TOKEN_E_MALFORMED},
		{"a leading zero", 2, "03", TOKEN_E_MALFORMED},
		{"a generation of an access token", 2, "3.a", TOKEN_E_MALFORMED},
		{"2^53", 2, "9007199254740992", TOKEN_E_MALFORMED},
		{"2^53 - 1", 2, "9007199254740991", TOKEN_E_SIGNATURE},
		{"a huge generation", 2, "99999999999999999999999999999999999999",
			TOKEN_E_MALFORMED},
		{"no generation", 2, "", TOKEN_E_MALFORMED},
		{"another random", 3, "AAAAAAAAAAAAAAAAAAAAAA", TOKEN_E_SIGNATURE},
		{"spare bits in the random", 3, "AAAAAAAAAAAAAAAAAAAAAB", TOKEN_E_ENCODING},
		{"the other alphabet", 3, "AAAAAAAAAAAAAAAAAAAA+A", TOKEN_E_ENCODING},
		{"a random cut", 3, "AAAAAAAAAAAAAAAAAAAAA", TOKEN_E_MALFORMED},
		{"a random more", 3, "AAAAAAAAAAAAAAAAAAAAAAA", TOKEN_E_MALFORMED},
		{"another MAC", 4, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			TOKEN_E_SIGNATURE},
		{"padding", 4, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", TOKEN_E_ENCODING},
		{"spare bits in the MAC", 4, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
			TOKEN_E_ENCODING},
		{"a line end", 4, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", TOKEN_E_ENCODING},
		{"a short MAC", 4, "AAAA", TOKEN_E_SIGNATURE},
		{"no MAC", 4, "", TOKEN_E_MALFORMED},
		{"a dot in the MAC", 4, "AAAA.AAAA", TOKEN_E_ENCODING},
	};
	struct profile profile = refreshing_profile(&refreshing_opaque, REFRESHING_HS256);
	struct family family = refreshing_family(3);

	(void)state;
	assert_int_equal(refreshing_mint(&profile, &family), MINT_OK);
	assert_int_equal(refreshing_minted.expires_in_s, 604800);
	assert_string_equal(with(5, ""), refreshing_minted.token);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (refreshing_judge(&profile, with(cases[i].part, cases[i].text)) != cases[i].code)
			fail_msg("%s: %s", cases[i].name,
				token_code_text(refreshing_judge(
					&profile, with(cases[i].part, cases[i].text))));
	mint_done(&refreshing_minted);
	forge_clear(&profile);
}

// Each byte altered, left out, doubled, and each cut: none of it is a token.
static void no_byte_can_be_another(void **state)
{
	static const int tried[] = {
		REFRESHING_HS256, REFRESHING_HS512, REFRESHING_RS256, REFRESHING_EDDSA};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refreshing_forms) * ARRAY_SIZE(tried); i++) {
		struct profile profile =
			refreshing_profile(refreshing_forms[i % ARRAY_SIZE(refreshing_forms)],
				tried[i / ARRAY_SIZE(refreshing_forms)]);
		struct family family = refreshing_family(12);
		char text[1024];

		assert_int_equal(refreshing_mint(&profile, &family), MINT_OK);
		assert_true(refreshing_minted.length + 2 < sizeof(text));
		for (size_t at = 0; at < refreshing_minted.length; at++) {
			const char *token = refreshing_minted.token;

			(void)snprintf(text, sizeof(text), "%s", token);
			text[at] = (char)(text[at] == 'A' ? 'B' : 'A');
			assert_int_not_equal(refreshing_judge(&profile, text), TOKEN_OK);
			(void)snprintf(
				text, sizeof(text), "%.*s%s", (int)at, token, token + at + 1);
			assert_int_not_equal(refreshing_judge(&profile, text), TOKEN_OK);
			(void)snprintf(
				text, sizeof(text), "%.*s%s", (int)at + 1, token, token + at);
			assert_int_not_equal(refreshing_judge(&profile, text), TOKEN_OK);
			(void)snprintf(text, sizeof(text), "%.*s", (int)at, token);
			assert_int_not_equal(refreshing_judge(&profile, text), TOKEN_OK);
		}
		forge_clear(&profile);
	}
	mint_done(&refreshing_minted);
}

static void one_form_is_not_taken_for_the_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refreshing_forms); i++) {
		struct profile made = refreshing_profile(refreshing_forms[i], REFRESHING_HS256),
			       asked = refreshing_profile(
				       refreshing_forms[1 - i], REFRESHING_HS256);
		struct family family = refreshing_family(1);

		assert_int_equal(refreshing_mint(&made, &family), MINT_OK);
		assert_int_equal(
			refreshing_judge(&asked, refreshing_minted.token), TOKEN_E_MALFORMED);
		forge_clear(&made);
		forge_clear(&asked);
	}
	mint_done(&refreshing_minted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_same_each_time_and_is_read_back),
		cmocka_unit_test(a_generation_has_one_token_of_its_own),
		cmocka_unit_test(the_forms_stay_as_they_are),
		cmocka_unit_test(a_jwt_holds_the_claims_as_they_are_kept),
		cmocka_unit_test(the_jti_is_read_strictly),
		cmocka_unit_test(a_jwt_is_judged_like_any_token),
		cmocka_unit_test(no_part_can_be_another),
		cmocka_unit_test(no_byte_can_be_another),
		cmocka_unit_test(one_form_is_not_taken_for_the_other),
	};

	return cmocka_run_group_tests(tests, refreshing_set_up, refreshing_tear_down);
}
