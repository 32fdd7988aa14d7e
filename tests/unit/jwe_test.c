// Session tokens of the real next-auth and @auth/core open, and nothing that was changed does. What
// the fixtures of tests/spec/sessions.jsonl refuse by form or header is token.c's to judge.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/jwe.h"

#include "tests/unit/sessions.h"
#include "verifier/trust/form/base64url.h"

#include <jansson.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define FLIPS 10000
#define TOKEN_SIZE_MAX (16 * 1024)

static struct secret_arena *arena;

// The token taken apart last, and what it decrypts to.
static struct {
	struct jwe_parts parts;
	uint8_t bytes[3][TOKEN_SIZE_MAX]; // iv, ciphertext, tag
	uint8_t plain[TOKEN_SIZE_MAX];
	size_t size;
} opened;

// Takes apart what has five parts, the second empty.
static bool take_apart(const char *token)
{
	const uint8_t **bytes[] = {&opened.parts.iv, &opened.parts.ciphertext, &opened.parts.tag};
	size_t *sizes[] = {
		&opened.parts.iv_size, &opened.parts.ciphertext_size, &opened.parts.tag_size};

	opened.parts.aad = token;
	opened.parts.aad_length = strcspn(token, ".");
	token += opened.parts.aad_length;
	if (strncmp(token, "..", 2) != 0)
		return false;
	token += 1;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t length = *token == '.' ? strcspn(++token, ".") : 0;

		if (!base64url_decode(token, length, opened.bytes[i]))
			return false;
		*bytes[i] = opened.bytes[i];
		*sizes[i] = base64url_decoded_size(length);
		token += length;
	}
	return *token == '\0';
}

static bool opens(const struct jwe_key *key, enum jwe_enc enc)
{
	return jwe_open(key, enc, &opened.parts, opened.plain, &opened.size);
}

static struct jwe_key *key_of(enum jwe_kind kind, const char *secret, const char *salt)
{
	struct jwe_key *key = jwe_key_new(kind, secret_view(secret, strlen(secret)), salt, arena);

	if (!key)
		abort();
	return key;
}

static struct jwe_key *key_of_line(const json_t *line)
{
	bool old = strcmp(sessions_text(line, "kind"), "nextauth-v4") == 0;

	return key_of(old ? JWE_NEXTAUTH_V4 : JWE_AUTHJS_V5, sessions_text(line, "secret"),
		sessions_text(line, "salt"));
}

// Judges a fixture whose form and header are good.
static void judge(const json_t *line)
{
	const char *enc_name = sessions_text(line, "enc"), *claims = sessions_text(line, "claims");
	bool authentic = json_is_string(json_object_get(line, "claims"));
	struct jwe_key *key = key_of_line(line);
	enum jwe_enc enc;

	assert_true(take_apart(sessions_text(line, "token")));
	assert_true(jwe_enc_find(enc_name, strlen(enc_name), &enc));
	assert_string_equal(jwe_enc_name(enc), enc_name);
	assert_string_equal(jwe_key_id(key, enc), sessions_text(line, "kid"));
	if (opens(key, enc) != authentic)
		fail_msg("%s", sessions_text(line, "id"));
	if (authentic) {
		assert_int_equal(opened.size, strlen(claims));
		assert_memory_equal(opened.plain, claims, opened.size);
	}
	assert_int_equal(ERR_peek_error(), 0);
	jwe_key_free(key);
}

struct wish {
	const char *const *stages;
	void (*use)(const json_t *line);
};

static bool use_wanted(const json_t *line, const void *owner)
{
	const struct wish *wish = owner;

	for (const char *const *stage = wish->stages; *stage; stage++) {
		if (!json_object_get(line, "stage") ||
			strcmp(sessions_text(line, "stage"), *stage) != 0)
			continue;
		wish->use(line);
		return true;
	}
	return false;
}

// Gives every session fixture whose stage is one of those; returns how many there were.
static size_t each_fixture(const char *const *stages, void (*use)(const json_t *line))
{
	return sessions_each(use_wanted, &(struct wish){stages, use});
}

static void tokens_of_the_real_libraries_open(void **state)
{
	static const char *const stages[] = {"", "claims", NULL};

	(void)state;
	assert_true(each_fixture(stages, judge) >= 50);
}

static void what_was_changed_does_not_open(void **state)
{
	static const char *const stages[] = {"signature", NULL};

	(void)state;
	assert_true(each_fixture(stages, judge) >= 50);
}

// One bit of what a token carries is flipped, over and over, in all its parts.
static void flip(const json_t *line)
{
	struct jwe_key *key = key_of_line(line);
	uint8_t aad[512];
	enum jwe_enc enc;
	struct {
		uint8_t *bytes;
		size_t size;
	} parts[4];

	assert_true(take_apart(sessions_text(line, "token")));
	assert_true(
		jwe_enc_find(sessions_text(line, "enc"), strlen(sessions_text(line, "enc")), &enc));
	assert_in_range(opened.parts.aad_length, 1, sizeof(aad));
	memcpy(aad, opened.parts.aad, opened.parts.aad_length);
	opened.parts.aad = (const char *)aad;
	parts[0].bytes = aad;
	parts[0].size = opened.parts.aad_length;
	for (size_t i = 0; i < 3; i++)
		parts[i + 1].bytes = opened.bytes[i];
	parts[1].size = opened.parts.iv_size;
	parts[2].size = opened.parts.ciphertext_size;
	parts[3].size = opened.parts.tag_size;
	sodium_memzero(opened.plain, sizeof(opened.plain));
	for (uint32_t i = 0; i < FLIPS / 20; i++) {
		size_t part = i % 4, at = randombytes_uniform((uint32_t)parts[part].size);
		uint8_t bit = (uint8_t)(1u << randombytes_uniform(8));

		parts[part].bytes[at] ^= bit;
		assert_false(opens(key, enc));
		assert_true(sodium_is_zero(opened.plain, opened.parts.ciphertext_size));
		parts[part].bytes[at] ^= bit;
	}
	assert_true(opens(key, enc));
	jwe_key_free(key);
}

static void no_flipped_bit_opens(void **state)
{
	static const char *const stages[] = {"", NULL};

	(void)state;
	assert_true(each_fixture(stages, flip) * (FLIPS / 20) >= FLIPS);
}

// Seals some claims and judges the header and what opens again.
static void seal(struct jwe_key *key, enum jwe_enc enc, const char *header, size_t size)
{
	static const char claims[100] = "{}";
	own_free char *token = jwe_seal(key, claims, size), *other = jwe_seal(key, claims, size);
	char written[200];
	size_t length;

	if (!token || !other)
		abort();
	assert_string_not_equal(token, other);
	assert_true(take_apart(token));
	length = base64url_decoded_size(opened.parts.aad_length);
	assert_in_range(length, 1, sizeof(written));
	assert_true(base64url_decode(token, opened.parts.aad_length, (uint8_t *)written));
	assert_int_equal(length, strlen(header));
	assert_memory_equal(written, header, length);
	assert_true(opens(key, enc));
	assert_int_equal(opened.size, size);
	assert_memory_equal(opened.plain, claims, size);
}

static void what_is_sealed_opens_again(void **state)
{
	struct jwe_key *v4 = key_of(JWE_NEXTAUTH_V4, "a secret", "");
	struct jwe_key *v5 = key_of(JWE_AUTHJS_V5, "a secret", "authjs.session-token");
	char header[200];

	(void)state;
	(void)snprintf(header, sizeof(header),
		"{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\",\"kid\":\"%s\"}",
		jwe_key_id(v5, JWE_A256CBC_HS512)); // it fits
	for (size_t size = 0; size <= 100; size++) {
		seal(v4, JWE_A256GCM, "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", size);
		seal(v5, JWE_A256CBC_HS512, header, size);
	}
	jwe_key_free(v4);
	jwe_key_free(v5);
}

static void what_is_too_large_is_neither_sealed_nor_opened(void **state)
{
	own_free uint8_t *large = calloc(1, JWE_PART_MAX + 16);
	struct jwe_key *key = key_of(JWE_NEXTAUTH_V4, "a secret", "");
	struct jwe_parts parts = {.aad = (const char *)large,
		.iv = large,
		.iv_size = 12,
		.ciphertext = large,
		.tag = large,
		.tag_size = 16};
	size_t size;

	(void)state;
	if (!large)
		abort();
	assert_null(jwe_seal(key, large, JWE_PART_MAX));
	assert_null(jwe_seal(key, large, SIZE_MAX));
	parts.ciphertext_size = JWE_PART_MAX + 1;
	assert_false(jwe_open(key, JWE_A256GCM, &parts, large, &size));
	parts.ciphertext_size = 16;
	parts.aad_length = JWE_PART_MAX + 1;
	assert_false(jwe_open(key, JWE_A256GCM, &parts, large, &size));
	jwe_key_free(key);
}

// The token's decoded ciphertext and its claims may share their memory.
static void opens_in_place(void **state)
{
	static const char claims[] = "{\"sub\":\"someone whose claims take several blocks\"}";

	(void)state;
	for (int kind = JWE_NEXTAUTH_V4; kind <= JWE_AUTHJS_V5; kind++) {
		struct jwe_key *key = key_of((enum jwe_kind)kind, "a secret", "");
		enum jwe_enc enc = kind == JWE_NEXTAUTH_V4 ? JWE_A256GCM : JWE_A256CBC_HS512;
		own_free char *token = jwe_seal(key, claims, strlen(claims));

		if (!token)
			abort();
		assert_true(take_apart(token));
		assert_true(jwe_open(key, enc, &opened.parts, opened.bytes[1], &opened.size));
		assert_int_equal(opened.size, strlen(claims));
		assert_memory_equal(opened.bytes[1], claims, strlen(claims));
		jwe_key_free(key);
	}
}

static void a_kind_has_its_encs_and_no_others(void **state)
{
	struct jwe_key *key = key_of(JWE_NEXTAUTH_V4, "a secret", "");
	struct jwe_parts parts = {.aad = "",
		.iv = (const uint8_t *)"0123456789abcdef",
		.iv_size = 16,
		.ciphertext = (const uint8_t *)"0123456789abcdef",
		.ciphertext_size = 16,
		.tag = (const uint8_t *)"0123456789abcdef0123456789abcdef",
		.tag_size = 32};
	enum jwe_enc enc;
	uint8_t out[16];
	size_t size;

	(void)state;
	assert_true(jwe_kind_has(JWE_NEXTAUTH_V4, JWE_A256GCM));
	assert_false(jwe_kind_has(JWE_NEXTAUTH_V4, JWE_A256CBC_HS512));
	assert_true(jwe_kind_has(JWE_AUTHJS_V5, JWE_A256GCM));
	assert_true(jwe_kind_has(JWE_AUTHJS_V5, JWE_A256CBC_HS512));
	assert_false(jwe_open(key, JWE_A256CBC_HS512, &parts, out, &size));
	assert_string_equal(jwe_key_id(key, JWE_A256GCM), "");
	assert_string_equal(jwe_key_id(key, JWE_A256CBC_HS512), "");
	assert_false(jwe_enc_find("A256GC", 6, &enc));
	assert_false(jwe_enc_find("A256GCM\0", 8, &enc));
	assert_false(jwe_enc_find("a256gcm", 7, &enc));
	assert_false(jwe_enc_find("A128CBC-HS256", 13, &enc));
	assert_false(jwe_enc_find("", 0, &enc));
	jwe_key_free(key);
}

static void no_secret_gives_no_key(void **state)
{
	(void)state;
	assert_null(jwe_key_new(JWE_NEXTAUTH_V4, SECRET_NONE, "", arena));
	assert_null(jwe_key_new(JWE_AUTHJS_V5, SECRET_NONE, "authjs.session-token", arena));
	assert_null(jwe_key_free(NULL));
}

static void a_full_arena_gives_no_key(void **state)
{
	struct secret_options options = {.cap = 4096};
	struct secret_arena *small = NULL;
	struct jwe_key *keys[500] = {NULL};
	struct err err = {0};
	size_t made = 0;

	(void)state;
	assert_int_equal(secret_arena_open(&options, &small, &err), 0);
	while (made < ARRAY_SIZE(keys)) {
		keys[made] = jwe_key_new(JWE_AUTHJS_V5, secret_view("s", 1), "salt", small);
		if (!keys[made])
			break;
		made++;
	}
	assert_in_range(made, 1, ARRAY_SIZE(keys) - 1);
	while (made > 0)
		jwe_key_free(keys[--made]);
	secret_arena_free(small);
}

static int open_arena(void **state)
{
	struct err err = {0};

	(void)state;
	return sodium_init() < 0 ? -1 : secret_arena_open(NULL, &arena, &err);
}

static int free_arena(void **state)
{
	(void)state;
	arena = secret_arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_of_the_real_libraries_open),
		cmocka_unit_test(what_was_changed_does_not_open),
		cmocka_unit_test(no_flipped_bit_opens),
		cmocka_unit_test(what_is_sealed_opens_again),
		cmocka_unit_test(what_is_too_large_is_neither_sealed_nor_opened),
		cmocka_unit_test(opens_in_place),
		cmocka_unit_test(a_kind_has_its_encs_and_no_others),
		cmocka_unit_test(no_secret_gives_no_key),
		cmocka_unit_test(a_full_arena_gives_no_key),
	};

	return cmocka_run_group_tests(tests, open_arena, free_arena);
}
