// Refresh tokens in both forms: the same bytes each time, what is read back, and that no byte of
// one can be another. And the pair that a generation has.
// SPDX-License-Identifier: MIT
#include "verifier/trust/session/refreshtoken.h"

#include "lib/base/err.h"
#include "tests/forge.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/session/pair.h"
#include "verifier/trust/token/mint.h"

#include <inttypes.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SECRET "a secret of the test, 32 bytes up"
#define OTHER "another secret of the test, which is no key"
#define LONG SECRET " " OTHER " and more"
#define NOW_MS (FORGE_NOW_S * INT64_C(1000) + 250)
#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)
#define FAMILY "00112233445566778899aabbccddeeff"

static struct secret_arena *arena;
static struct token_scratch scratch;
static struct refreshtoken got;
static struct minted minted;
static struct pair pair;
static struct err err;

static const struct profile_rules jwt = {.name = "refresh", .lifetime_ms = WEEK_MS};
static const struct profile_rules opaque = {
	.name = "refresh", .lifetime_ms = WEEK_MS, .format = PROFILE_OPAQUE};
static const struct profile_rules short_lived = {.name = "access", .lifetime_ms = 900000};
static const struct profile_rules *const forms[] = {&jwt, &opaque};

// ---- keys

enum { HS256, HS384, HS512, RS256, EDDSA, PS256, ES256, ALGORITHMS };

static const struct {
	const char *name, *secret;
	bool is_steady;
} algorithms[ALGORITHMS] = {
	[HS256] = {"HS256", SECRET, true},
	[HS384] = {"HS384", LONG, true},
	[HS512] = {"HS512", LONG, true},
	[RS256] = {"RS256", NULL, true},
	[EDDSA] = {"EdDSA", NULL, true},
	[PS256] = {"PS256", NULL, false},
	[ES256] = {"ES256", NULL, false},
};

static struct key *keys[ALGORITHMS];

static EVP_PKEY *make_pair(int algorithm)
{
	if (algorithm == EDDSA)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return algorithm == ES256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
}

static struct key *load_pair(int index)
{
	const struct key_options options = {.encoding = KEY_PEM,
		.algorithm = algorithm_find(algorithms[index].name, 5),
		.label = "a pair"};
	struct key *loaded[KEY_SET_MAX];
	EVP_PKEY *pkey = make_pair(index);
	BIO *bio = BIO_new(BIO_s_mem());
	size_t count;
	char *text;
	long length;

	if (!pkey || !bio || !PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL))
		abort();
	length = BIO_get_mem_data(bio, &text);
	if (length <= 0 || key_load(secret_view(text, (size_t)length), &options, arena, loaded,
				   &count, &err) != KEY_OK)
		abort();
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return loaded[0];
}

static int open_keys(void **state)
{
	(void)state;
	if (secret_arena_open(NULL, &arena, NULL) < 0)
		return -1;
	for (int i = 0; i < ALGORITHMS; i++)
		keys[i] = algorithms[i].secret
				  ? forge_key(arena, algorithms[i].secret, algorithms[i].name, NULL)
				  : load_pair(i);
	return 0;
}

static int close_keys(void **state)
{
	(void)state;
	for (int i = 0; i < ALGORITHMS; i++)
		keys[i] = key_unref(keys[i]);
	arena = secret_arena_free(arena);
	return 0;
}

static struct profile profile_of(const struct profile_rules *rules, int algorithm)
{
	struct profile profile = {.rules = rules};

	forge_add(&profile, key_ref(keys[algorithm]), KEY_ACTIVE);
	return profile;
}

// ---- families and tokens

static struct family family_of(uint64_t generation)
{
	struct family family = {.generation = generation,
		.issued_wall_ms = NOW_MS,
		.expires_wall_ms = NOW_MS + WEEK_MS,
		.absolute_wall_ms = NOW_MS + 4 * WEEK_MS,
		.access_claims = "{\"userId\":7,\"role\":\"admin\"}",
		.refresh_claims = "{\"userId\":7}"};

	for (size_t i = 0; i < FAMILY_ID_BYTES; i++)
		family.id[i] = (uint8_t)(i * 0x11);
	return family;
}

static int mint(const struct profile *profile, const struct family *family)
{
	mint_done(&minted);
	err = ERR_NONE;
	return refreshtoken_mint(profile, family, &minted, &err);
}

static enum token_code judge_at(const struct profile *profile, const char *token, int64_t now_ms)
{
	// of its size, so that a read past its end is seen
	size_t length = strlen(token);
	own_free char *copy = malloc(length ? length : 1);

	if (!copy)
		abort();
	memcpy(copy, token, length);
	memset(&got, 0, sizeof(got));
	return refreshtoken_read(profile, copy, length, now_ms, &scratch, &got);
}

static enum token_code judge(const struct profile *profile, const char *token)
{
	return judge_at(profile, token, NOW_MS);
}

static void judge_steady(const struct profile *profile, uint64_t generation)
{
	struct family family = family_of(generation);
	own_free char *first = NULL;

	assert_int_equal(mint(profile, &family), MINT_OK);
	assert_int_equal(strlen(minted.token), minted.length);
	first = strdup(minted.token);
	if (!first)
		abort();
	assert_int_equal(mint(profile, &family), MINT_OK);
	assert_string_equal(minted.token, first);
	if (judge(profile, first) != TOKEN_OK)
		fail_msg("%s of %s is not read", key_algorithm(profile->keys[0].key)->name,
			profile_formats[profile->rules->format]);
	assert_memory_equal(got.family, family.id, sizeof(family.id));
	assert_int_equal(got.generation, generation);
	assert_int_equal(got.claims != NULL, profile->rules == &jwt);
}

static void judge_unsteady(const struct profile *profile)
{
	struct family family = family_of(1);

	assert_int_equal(mint(profile, &family), MINT_E_KEY);
	assert_string_equal(
		err.what, "profile refresh has no active key that signs the same way each time");
}

static void it_is_the_same_each_time_and_is_read_back(void **state)
{
	static const uint64_t generations[] = {1, 2, 10, 4711, (UINT64_C(1) << 53) - 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms) * ALGORITHMS; i++) {
		size_t algorithm = i / ARRAY_SIZE(forms);
		struct profile profile = profile_of(forms[i % ARRAY_SIZE(forms)], (int)algorithm);
		bool is_steady = algorithms[algorithm].is_steady;

		assert_int_equal(refreshtoken_fits(&profile), is_steady);
		for (size_t j = 0; is_steady && j < ARRAY_SIZE(generations); j++)
			judge_steady(&profile, generations[j]);
		if (!is_steady)
			judge_unsteady(&profile);
		forge_clear(&profile);
	}
	mint_done(&minted);
}

static void a_generation_has_one_token_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct profile profile = profile_of(forms[i], HS256);
		struct family family = family_of(1), next = family_of(2), other = family_of(1);
		own_free char *one = NULL, *two = NULL;

		other.id[15] ^= 1;
		assert_int_equal(mint(&profile, &family), MINT_OK);
		one = take(&minted.token);
		assert_int_equal(mint(&profile, &next), MINT_OK);
		two = take(&minted.token);
		assert_int_equal(mint(&profile, &other), MINT_OK);
		assert_string_not_equal(one, two);
		assert_string_not_equal(one, minted.token);
		if (forms[i] == &opaque) // RANDOM differs, too
			assert_memory_not_equal(one + strlen("skr1." FAMILY ".1."),
				two + strlen("skr1." FAMILY ".2."), 22);
		forge_clear(&profile);
	}
	mint_done(&minted);
}

// Made once with Python's hmac: other versions, and other verifiers, take what this one makes.
static void the_forms_stay_as_they_are(void **state)
{
	static const char *const tokens[] = {
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
		"eyJqdGkiOiIwMDExMjIzMzQ0NTU2Njc3ODg5OWFhYmJjY2RkZWVmZi4zIiwiaWF0IjoxODAwMDAwMDAwLC"
		"JleHAiOjE4MDA2MDQ4MDAsInVzZXJJZCI6N30."
		"IEqYgvkbL5h2ZcBLSo0fRU1w7CjtTcI1lV6XeObG9e0",
		"skr1." FAMILY ".3.PibBBrSy7Wb-DgJSOzBo_A."
		"Z7lcK7bo7brUtGoqS31iwOhaJYEDMi5l82S6LTzhKjs",
	};
	struct family family = family_of(3);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct profile profile = profile_of(forms[i], HS256);

		assert_int_equal(mint(&profile, &family), MINT_OK);
		assert_string_equal(minted.token, tokens[i]);
		forge_clear(&profile);
	}
	mint_done(&minted);
}

// ---- the JWT

static void a_jwt_holds_the_claims_as_they_are_kept(void **state)
{
	struct profile profile = profile_of(&jwt, HS256);
	struct family family = family_of(3);

	(void)state;
	assert_int_equal(mint(&profile, &family), MINT_OK);
	assert_string_equal(minted.id, FAMILY ".3");
	assert_int_equal(minted.expires_in_s, 604800);
	assert_int_equal(judge(&profile, minted.token), TOKEN_OK);
	assert_int_equal(got.claims_length,
		strlen("{\"jti\":\"" FAMILY ".3\",\"iat\":1800000000,\"exp\":1800604800,"
		       "\"userId\":7}"));
	assert_memory_equal(got.claims,
		"{\"jti\":\"" FAMILY ".3\",\"iat\":1800000000,\"exp\":1800604800,\"userId\":7}",
		got.claims_length);
	// a clock that was set back, however far
	assert_int_equal(judge_at(&profile, minted.token, NOW_MS - WEEK_MS), TOKEN_OK);
	assert_int_equal(judge_at(&profile, minted.token, NOW_MS + WEEK_MS), TOKEN_E_EXPIRED);
	mint_done(&minted);
	forge_clear(&profile);
}

static void the_jti_is_read_strictly(void **state)
{
	static const struct {
		const char *name, *jti;
		uint64_t generation; // 0: it is none
		bool is_access;
	} cases[] = {
		{"the first", FAMILY ".1", 1, false},
		{"an access token's", FAMILY ".1.a", 1, true},
		{"2^53 - 1", FAMILY ".9007199254740991", 9007199254740991, false},
		{"an access token's 2^53 - 1", FAMILY ".9007199254740991.a", 9007199254740991,
			true},
		{"2^53", FAMILY ".9007199254740992", 0, false},
		{"2^64 + 1", FAMILY ".18446744073709551617", 0, false},
		{"many digits", FAMILY ".111111111111111111111111111111111111111111", 0, false},
		{"generation 0", FAMILY ".0", 0, false},
		{"a leading zero", FAMILY ".01", 0, false},
		{"no generation", FAMILY ".", 0, false},
		{"no generation of an access token", FAMILY "..a", 0, false},
		{"only the suffix", FAMILY ".a", 0, false},
		{"the family alone", FAMILY, 0, false},
		{"a sign", FAMILY ".+1", 0, false},
		{"a minus", FAMILY ".-1", 0, false},
		{"a blank", FAMILY ". 1", 0, false},
		{"a blank at the end", FAMILY ".1 ", 0, false},
		{"hexadecimal", FAMILY ".0x1", 0, false},
		{"a fraction", FAMILY ".1.0", 0, false},
		{"an exponent", FAMILY ".1e0", 0, false},
		{"another suffix", FAMILY ".1.b", 0, false},
		{"the suffix twice", FAMILY ".1.a.a", 0, false},
		{"a suffix without a dot", FAMILY ".1a", 0, false},
		{"twice", FAMILY ".1" FAMILY ".1", 0, false},
		{"capital digits", "00112233445566778899AABBCCDDEEFF.1", 0, false},
		{"one capital digit", "00112233445566778899aabbccddeefF.1", 0, false},
		{"no digit", "00112233445566778899aabbccddeefg.1", 0, false},
		{"a digit too few", "0112233445566778899aabbccddeeff.1", 0, false},
		{"a digit more", "000112233445566778899aabbccddeeff.1", 0, false},
		{"a colon between", "00:12233445566778899aabbccddeeff.1", 0, false},
		{"another separator", FAMILY ":1", 0, false},
		{"an escape",
			"\\u0030"
			"0112233445566778899aabbccddeeff.1",
			0, false},
		{"nothing", "", 0, false},
		{"a random one", "5f0c94e3a1b2c3d4e5f60718293a4b5c", 0, false},
		{"a UUID", "5f0c94e3-a1b2-4c3d-8e5f-60718293a4b5", 0, false},
	};
	struct profile profile = profile_of(&jwt, HS256);

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
		token = forge_signed("{\"alg\":\"HS256\"}", payload, SECRET);
		if (judge(&profile, token) != wanted)
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
		{"good", "{\"alg\":\"HS256\"}", "{\"jti\":\"" FAMILY ".1\"}", SECRET, TOKEN_OK},
		{"of another key", "{\"alg\":\"HS256\"}", "{\"jti\":\"" FAMILY ".1\"}", OTHER,
			TOKEN_E_SIGNATURE},
		{"of no alg", "{\"alg\":\"none\"}", "{\"jti\":\"" FAMILY ".1\"}", SECRET,
			TOKEN_E_ALG},
		{"expired", "{\"alg\":\"HS256\"}", "{\"jti\":\"" FAMILY ".1\",\"exp\":1800000000}",
			SECRET, TOKEN_E_EXPIRED},
		{"without a jti", "{\"alg\":\"HS256\"}", "{}", SECRET, TOKEN_E_CLAIM_INVALID},
		{"a jti that is no text", "{\"alg\":\"HS256\"}", "{\"jti\":1}", SECRET,
			TOKEN_E_CLAIM_INVALID},
		{"a jti twice", "{\"alg\":\"HS256\"}",
			"{\"jti\":\"" FAMILY ".1\",\"jti\":\"" FAMILY ".2\"}", SECRET,
			TOKEN_E_DUPLICATE},
		{"an access token", "{\"alg\":\"HS256\"}", "{\"jti\":\"" FAMILY ".1.a\"}", SECRET,
			TOKEN_E_CLAIM_INVALID},
	};
	struct profile profile = profile_of(&jwt, HS256);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *token =
			forge_signed(cases[i].header, cases[i].payload, cases[i].secret);

		if (judge(&profile, token) != cases[i].code)
			fail_msg("%s: %s", cases[i].name, token_code_text(judge(&profile, token)));
	}
	assert_int_equal(judge(&profile, ""), TOKEN_E_MALFORMED);
	forge_clear(&profile);
}

// ---- the opaque form

// A token with a part of the good one replaced.
static const char *with(size_t part, const char *text)
{
	static char room[512];
	const char *at = minted.token;
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
	struct profile profile = profile_of(&opaque, HS256);
	struct family family = family_of(3);

	(void)state;
	assert_int_equal(mint(&profile, &family), MINT_OK);
	assert_int_equal(minted.expires_in_s, 604800);
	assert_string_equal(with(5, ""), minted.token);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (judge(&profile, with(cases[i].part, cases[i].text)) != cases[i].code)
			fail_msg("%s: %s", cases[i].name,
				token_code_text(
					judge(&profile, with(cases[i].part, cases[i].text))));
	mint_done(&minted);
	forge_clear(&profile);
}

// Each byte altered, left out, doubled, and each cut: none of it is a token.
static void no_byte_can_be_another(void **state)
{
	static const int tried[] = {HS256, HS512, RS256, EDDSA};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms) * ARRAY_SIZE(tried); i++) {
		struct profile profile =
			profile_of(forms[i % ARRAY_SIZE(forms)], tried[i / ARRAY_SIZE(forms)]);
		struct family family = family_of(12);
		char text[1024];

		assert_int_equal(mint(&profile, &family), MINT_OK);
		assert_true(minted.length + 2 < sizeof(text));
		for (size_t at = 0; at < minted.length; at++) {
			const char *token = minted.token;

			(void)snprintf(text, sizeof(text), "%s", token);
			text[at] = (char)(text[at] == 'A' ? 'B' : 'A');
			assert_int_not_equal(judge(&profile, text), TOKEN_OK);
			(void)snprintf(
				text, sizeof(text), "%.*s%s", (int)at, token, token + at + 1);
			assert_int_not_equal(judge(&profile, text), TOKEN_OK);
			(void)snprintf(
				text, sizeof(text), "%.*s%s", (int)at + 1, token, token + at);
			assert_int_not_equal(judge(&profile, text), TOKEN_OK);
			(void)snprintf(text, sizeof(text), "%.*s", (int)at, token);
			assert_int_not_equal(judge(&profile, text), TOKEN_OK);
		}
		forge_clear(&profile);
	}
	mint_done(&minted);
}

static void one_form_is_not_taken_for_the_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct profile made = profile_of(forms[i], HS256),
			       asked = profile_of(forms[1 - i], HS256);
		struct family family = family_of(1);

		assert_int_equal(mint(&made, &family), MINT_OK);
		assert_int_equal(judge(&asked, minted.token), TOKEN_E_MALFORMED);
		forge_clear(&made);
		forge_clear(&asked);
	}
	mint_done(&minted);
}

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
	for (size_t i = 0; i < ARRAY_SIZE(forms) * ARRAY_SIZE(codes); i++) {
		const struct profile_rules *rules = forms[i % ARRAY_SIZE(forms)];
		struct profile before = profile_of(rules, HS256), now = {.rules = rules};
		struct family family = family_of(1);

		forge_add(&now, forge_key(arena, OTHER, NULL, NULL), KEY_ACTIVE);
		assert_int_equal(mint(&before, &family), MINT_OK);
		assert_int_equal(judge(&now, minted.token), TOKEN_E_SIGNATURE);
		forge_add(&now, key_ref(keys[HS256]), (unsigned)(i / ARRAY_SIZE(forms)));
		assert_int_equal(judge(&now, minted.token), codes[i / ARRAY_SIZE(forms)]);
		now.usable = false;
		assert_int_equal(judge(&now, minted.token), TOKEN_E_KEY_UNUSABLE);
		forge_clear(&before);
		forge_clear(&now);
	}
	mint_done(&minted);
}

// No more keys are tried than for any token; those of another size of signature are not.
static void keys_that_are_tried_are_bounded(void **state)
{
	struct profile made = profile_of(&opaque, HS256), many = {.rules = &opaque};
	struct family family = family_of(1);

	(void)state;
	assert_int_equal(mint(&made, &family), MINT_OK);
	forge_add(&many, key_ref(keys[HS512]), KEY_ACTIVE);
	forge_add(&many, key_ref(keys[ES256]), KEY_RETIRING);
	for (size_t i = 0; i < PROFILE_TRIED_MAX - 1; i++)
		forge_add(&many, forge_key(arena, OTHER, NULL, NULL), KEY_RETIRING);
	forge_add(&many, key_ref(keys[HS256]), KEY_RETIRING);
	assert_int_equal(judge(&many, minted.token), TOKEN_OK);
	many.keys[1].key = key_unref(many.keys[1].key);
	many.keys[1].key = forge_key(arena, OTHER, NULL, NULL);
	assert_int_equal(judge(&many, minted.token), TOKEN_E_SIGNATURE);
	mint_done(&minted);
	forge_clear(&made);
	forge_clear(&many);
}

static void a_profile_that_cannot_is_refused(void **state)
{
	static const struct profile_rules sealed = {
		.name = "v4", .kind = PROFILE_NEXTAUTH_V4, .lifetime_ms = WEEK_MS};
	struct profile profile = profile_of(&jwt, HS256);
	struct family family = family_of(0);

	(void)state;
	assert_int_equal(mint(&profile, &family), MINT_E_CLAIMS);
	family.generation = UINT64_C(1) << 53;
	assert_int_equal(mint(&profile, &family), MINT_E_CLAIMS);
	family.generation = 1;
	(void)snprintf(family.refresh_claims, sizeof(family.refresh_claims), "{\"jti\":\"x\"}");
	assert_int_equal(mint(&profile, &family), MINT_E_CLAIMS);
	(void)snprintf(profile.fault, sizeof(profile.fault), "ETLS_REFRESH is empty");
	profile.usable = false;
	assert_int_equal(mint(&profile, &family), MINT_E_KEY);
	assert_string_equal(err.what, "ETLS_REFRESH is empty");
	assert_false(refreshtoken_fits(&profile));
	profile.usable = true;
	profile.rules = &sealed;
	assert_int_equal(judge(&profile, "skr1."), TOKEN_E_KEY_UNUSABLE);
	forge_clear(&profile);
	profile.usable = true;
	assert_int_equal(mint(&profile, &family), MINT_E_KEY);
	assert_string_equal(
		err.what, "profile v4 is of kind nextauth-v4, which makes no refresh tokens");
	assert_int_equal(pair_mint(&profile, NULL, &family, NOW_MS, &pair, &err), MINT_E_KEY);
	assert_null(minted.token);
}

static void a_token_is_at_most_as_long_as_one_may_be(void **state)
{
	static char text[TOKEN_MAX + 2];

	(void)state;
	memset(text, 'A', sizeof(text) - 1);
	memcpy(text, "skr1." FAMILY ".1.AAAAAAAAAAAAAAAAAAAAAA.", 63);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct profile profile = profile_of(forms[i], RS256);

		text[TOKEN_MAX] = 'A';
		assert_int_equal(judge(&profile, text), TOKEN_E_TOO_LARGE);
		text[TOKEN_MAX] = '\0';
		assert_int_equal(judge(&profile, text), TOKEN_E_MALFORMED);
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
		{"the whole", 0, WEEK_MS, 4 * WEEK_MS, 604800},
		{"rounded down", 0, 9999, WEEK_MS, 10}, // of .250
		{"rounded down, too", 0, 9749, WEEK_MS, 9},
		{"cut at the session's end", 0, WEEK_MS, 5000, 5},
		{"longer than the profile's", 0, 2 * WEEK_MS, 4 * WEEK_MS, 604800},
		{"a second", 0, 1000, WEEK_MS, 1},
		{"less than a second", 0, 999, WEEK_MS, 0},
		{"over", 0, -1, WEEK_MS, 0},
		{"before 1970", -2 * NOW_MS, WEEK_MS, WEEK_MS, 0},
		{"all that a number holds", 0, INT64_MAX - NOW_MS, INT64_MAX - NOW_MS, 604800},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases) * ARRAY_SIZE(forms); i++) {
		size_t n = i / ARRAY_SIZE(forms);
		struct profile profile = profile_of(forms[i % ARRAY_SIZE(forms)], HS256);
		struct family family = family_of(1);
		int result;

		family.issued_wall_ms = NOW_MS + cases[n].issued;
		family.expires_wall_ms = NOW_MS + cases[n].expires;
		family.absolute_wall_ms = NOW_MS + cases[n].absolute;
		result = mint(&profile, &family);
		if (result != (cases[n].life_s ? MINT_OK : MINT_E_LIFETIME) ||
			minted.expires_in_s != cases[n].life_s)
			fail_msg("%s: %d %s", cases[n].name, result, err.what);
		forge_clear(&profile);
	}
	mint_done(&minted);
}

// ---- the pair

static void a_pair_is_the_same_for_who_comes_second(void **state)
{
	struct profile of_access = profile_of(&short_lived, HS256),
		       refresh = profile_of(&jwt, HS512);
	struct family family = family_of(2);
	struct pair second;

	(void)state;
	assert_int_equal(pair_mint(&of_access, &refresh, &family, NOW_MS, &pair, &err), MINT_OK);
	assert_int_equal(
		pair_mint(&of_access, &refresh, &family, NOW_MS + 9000, &second, &err), MINT_OK);
	assert_string_equal(pair.access.token, second.access.token);
	assert_string_equal(pair.refresh.token, second.refresh.token);
	assert_string_equal(pair.access.id, FAMILY ".2.a");
	assert_string_equal(pair.refresh.id, FAMILY ".2");
	assert_int_equal(pair.access_expires_wall_ms, (FORGE_NOW_S + 900) * INT64_C(1000));
	assert_int_equal(pair.refresh_expires_wall_ms, (FORGE_NOW_S + 604800) * INT64_C(1000));
	assert_int_equal(second.access_expires_wall_ms, pair.access_expires_wall_ms);
	// an access token is no refresh token, whatever key it has
	assert_int_equal(judge(&refresh, pair.access.token), TOKEN_E_ALG);
	forge_clear(&refresh);
	forge_add(&refresh, key_ref(keys[HS256]), KEY_ACTIVE);
	assert_int_equal(judge(&refresh, pair.access.token), TOKEN_E_CLAIM_INVALID);
	pair_done(&second);
	pair_done(&pair);
	assert_null(pair.access.token);
	assert_int_equal(pair_mint(&of_access, NULL, &family, NOW_MS, &pair, &err), MINT_OK);
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
		{"the profile's life", 0, WEEK_MS, 0, 900},
		{"as of the generation", 0, WEEK_MS, 899749, 900},
		{"over: as of now", 0, WEEK_MS, 899750, 1800},
		{"long over", 0, WEEK_MS, 5000000, 5900},
		{"cut at the end of the session", 0, 60000, 0, 60},
		{"cut, and over", 0, 60000, 60000, 0},
		{"the last second", 0, 60000, 59000, 60},
		{"less than a second left", 0, 60700, 60000, 0},
		{"the session is over", 0, -1, 0, 0},
		{"a clock a little behind", 30000, WEEK_MS, 0, 930},
		{"a clock that was set back", 3600000, WEEK_MS, 0, 900},
		{"before 1970", -2 * NOW_MS, WEEK_MS, 0, 900},
	};
	struct profile profile = profile_of(&short_lived, HS256);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct token_options options = {.now_ms = NOW_MS + cases[i].now};
		struct family family = family_of(1);
		struct token_verdict verdict;
		int64_t end = cases[i].end_s ? (FORGE_NOW_S + cases[i].end_s) * 1000 : 0;
		int result;

		family.issued_wall_ms = NOW_MS + cases[i].issued;
		family.absolute_wall_ms = NOW_MS + cases[i].absolute;
		result = pair_mint(&profile, NULL, &family, options.now_ms, &pair, &err);
		if (result != (end ? MINT_OK : MINT_E_LIFETIME) ||
			pair.access_expires_wall_ms != end)
			fail_msg("%s: %d %" PRId64, cases[i].name, result,
				pair.access_expires_wall_ms);
		if (!end)
			continue;
		token_verify(&profile, pair.access.token, pair.access.length, &options, &scratch,
			&verdict);
		if (verdict.code != TOKEN_OK)
			fail_msg("%s: %s", cases[i].name, verdict.detail);
		pair_done(&pair);
	}
	forge_clear(&profile);
}

// What fails leaves nothing behind.
static void half_a_pair_is_none(void **state)
{
	struct profile of_access = profile_of(&short_lived, HS256),
		       refresh = profile_of(&jwt, ES256);
	struct family family = family_of(2);

	(void)state;
	assert_int_equal(pair_mint(&of_access, &refresh, &family, NOW_MS, &pair, &err), MINT_E_KEY);
	assert_null(pair.access.token);
	family.generation = 0;
	assert_int_equal(pair_mint(&of_access, NULL, &family, NOW_MS, &pair, &err), MINT_E_CLAIMS);
	assert_null(pair.access.token);
	forge_clear(&of_access);
	forge_clear(&refresh);
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
		cmocka_unit_test(keys_count_by_their_state),
		cmocka_unit_test(keys_that_are_tried_are_bounded),
		cmocka_unit_test(a_profile_that_cannot_is_refused),
		cmocka_unit_test(a_token_is_at_most_as_long_as_one_may_be),
		cmocka_unit_test(it_ends_when_the_record_says),
		cmocka_unit_test(a_pair_is_the_same_for_who_comes_second),
		cmocka_unit_test(an_access_token_lives_within_its_session),
		cmocka_unit_test(half_a_pair_is_none),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
