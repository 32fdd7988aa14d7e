// Keys: which bytes are one and which are refused with what reason, that each algorithm verifies
// what it signed and nothing else, and what a key tells of itself.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/key.h"

#include "lib/base/err.h"
#include "verifier/trust/key/algorithm.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define GOOD_32 "k9Qz2mVx7Lw4Tn8Rb1Yc6Hd3Jf5Gs0Pa"

static struct secret_arena *arena;

static const char *const result_names[] = {
	"good", "empty", "placeholder", "short", "encoding", "type", "weak", "use"};

static const struct algorithm *algorithm_called(const char *name)
{
	return name ? algorithm_find(name, strlen(name)) : NULL;
}

// Loads one key from a text. Returns: the result; the key is NULL unless KEY_OK.
static int load(const char *text, size_t length, struct key_options options, struct key **ret_key,
	struct err *err)
{
	struct key *keys[KEY_SET_MAX];
	size_t count = 0;
	int result = key_load(secret_view(text, length), &options, arena, keys, &count, err);

	*ret_key = NULL;
	if (result != KEY_OK)
		return result;
	assert_int_equal(count, 1);
	*ret_key = keys[0];
	return result;
}

static const struct {
	const char *what, *text;
	size_t length; // 0: of the text
	enum key_encoding encoding;
	const char *algorithm;
	bool allow_short;
	int result;
} cases[] = {
	{"32 bytes of text", GOOD_32, 0, KEY_TEXT, NULL, false, KEY_OK},
	{"a text with a newline at its end", GOOD_32 "\n", 0, KEY_TEXT, NULL, false, KEY_OK},
	{"bytes with a NUL among them", GOOD_32 "\0!", 34, KEY_TEXT, NULL, false, KEY_OK},
	{"nothing", "", 0, KEY_TEXT, NULL, false, KEY_E_EMPTY},
	{"nothing, where short keys may be", "", 0, KEY_TEXT, NULL, true, KEY_E_EMPTY},
	{"nothing in base64", "", 0, KEY_BASE64, NULL, false, KEY_E_EMPTY},
	{"31 bytes for HS256", "9Qz2mVx7Lw4Tn8Rb1Yc6Hd3Jf5Gs0Pa", 0, KEY_TEXT, NULL, false,
		KEY_E_SHORT},
	{"31 bytes for HS256, allowed", "9Qz2mVx7Lw4Tn8Rb1Yc6Hd3Jf5Gs0Pa", 0, KEY_TEXT, NULL, true,
		KEY_OK},
	{"32 bytes for HS384", GOOD_32, 0, KEY_TEXT, "HS384", false, KEY_E_SHORT},
	{"48 bytes for HS384", GOOD_32 "Uw2Xe9Vr4Zt7Mq1N", 0, KEY_TEXT, "HS384", false, KEY_OK},
	{"48 bytes for HS512", GOOD_32 "Uw2Xe9Vr4Zt7Mq1N", 0, KEY_TEXT, "HS512", false,
		KEY_E_SHORT},
	{"64 bytes for HS512", GOOD_32 "Uw2Xe9Vr4Zt7Mq1NBx6Kc3Lh8Dy5Fj0S", 0, KEY_TEXT, "HS512",
		false, KEY_OK},
	{"a public example", "your-256-bit-secret", 0, KEY_TEXT, NULL, true, KEY_E_PLACEHOLDER},
	{"a long public example", "your-super-secret-jwt-key-change-this-in-production", 0,
		KEY_TEXT, NULL, false, KEY_E_PLACEHOLDER},
	{"one byte repeated", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, KEY_TEXT, NULL, true,
		KEY_E_PLACEHOLDER},
	{"zeros in hex", "0000000000000000000000000000000000000000000000000000000000000000", 0,
		KEY_HEX, NULL, true, KEY_E_PLACEHOLDER},
	{"a public example in base64", "eW91ci0yNTYtYml0LXNlY3JldA==", 0, KEY_BASE64, NULL, true,
		KEY_E_PLACEHOLDER},
	{"the text of no value", "undefined", 0, KEY_TEXT, NULL, true, KEY_E_PLACEHOLDER},
	{"the text of no value as PEM", "undefined", 0, KEY_PEM, "RS256", false, KEY_E_PLACEHOLDER},
	{"a reference that nobody resolved", "op://vault/item/field-of-a-long-name", 0, KEY_TEXT,
		NULL, true, KEY_E_PLACEHOLDER},
	{"32 bytes in base64", "q7Zx0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUQ=", 0, KEY_BASE64, NULL,
		false, KEY_OK},
	{"base64 without its padding", "q7Zx0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUQ", 0, KEY_BASE64,
		NULL, false, KEY_E_ENCODING},
	{"base64 with a newline", "q7Zx0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUQ=\n", 0, KEY_BASE64,
		NULL, false, KEY_E_ENCODING},
	{"base64 with spare bits", "q7Zx0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUR=", 0, KEY_BASE64,
		NULL, false, KEY_E_ENCODING},
	{"base64url given as base64", "q7-_0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUQ=", 0, KEY_BASE64,
		NULL, false, KEY_E_ENCODING},
	{"base64url with padding", "q7-_0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUQ=", 0, KEY_BASE64URL,
		NULL, false, KEY_OK},
	{"base64url without padding", "q7-_0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUQ", 0,
		KEY_BASE64URL, NULL, false, KEY_OK},
	{"base64 given as base64url", "q7+/0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUQ=", 0,
		KEY_BASE64URL, NULL, false, KEY_E_ENCODING},
	{"base64 of 31 bytes", "tnHSZV9XXDhteWpDT3NITWNHZ0t0UGlFbGFXcll1RA==", 0, KEY_BASE64, NULL,
		false, KEY_E_SHORT},
	{"32 bytes in hex", "ABb671d2655f575c386d7a35424f73484d6347674b745069456c61577259754d", 0,
		KEY_HEX, NULL, false, KEY_OK},
	{"random bytes that begin and end like a blank in a form",
		"PJbfKHG6A0yV3idwuQJLlN0mb7gBSpPcJW63AEmS2z4=", 0, KEY_BASE64, NULL, false, KEY_OK},
	{"a blank in a form, in base64", "PHB1dCB0aGUga2V5IG9mIHRoaXMgYXBwIGhlcmU+", 0, KEY_BASE64,
		NULL, true, KEY_E_PLACEHOLDER},
	{"half a pair of hex", "abb671d2655f575c386d7a35424f73484d6347674b745069456c61577259754", 0,
		KEY_HEX, NULL, false, KEY_E_ENCODING},
	{"a PEM key as bytes",
		"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS\n"
		"-----END PUBLIC KEY-----\n",
		0, KEY_TEXT, NULL, true, KEY_E_TYPE},
	{"a PEM key with quotes around as bytes",
		"\"-----BEGIN RSA PRIVATE KEY-----\\nMCowBQYDK2VwAyEA11qYAYKxCrfVS\"", 0, KEY_TEXT,
		NULL, true, KEY_E_TYPE},
	{"a public key without its lines BEGIN and END as bytes",
		"MCowBQYDK2VwAyEA3/Oy5HO2pxeBXkv3y5QQJY0jFE8kaat6o5Nt+j7UcB8=", 0, KEY_TEXT, NULL,
		false, KEY_E_TYPE},
	{"such a public key over two lines",
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ3f4Y34+Cc8GS2vCQWQN1fLLkyTv\n"
		"BoRwqvnmvkgVpa2xpcUyoMCAH7UTEBYcfVh4uMTA8mOcNChCgTsmor1tzA==\n",
		0, KEY_TEXT, NULL, false, KEY_E_TYPE},
	{"such a public key without padding",
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ3f4Y34+Cc8GS2vCQWQN1fLLkyTv"
		"BoRwqvnmvkgVpa2xpcUyoMCAH7UTEBYcfVh4uMTA8mOcNChCgTsmor1tzA",
		0, KEY_TEXT, NULL, false, KEY_E_TYPE},
	{"such an RSA key in its older form",
		"MIIBCgKCAQEAsgEpLg8HKzV3bBHBpOy5n1ky84rS+Gd872Od2HpFhk8reuEYoYOHyKw5xnPt"
		"L8YyW4RrNwvCAWrb6oCA+eatoTSb4qUrqTNWEafwFivdNDH0L/8dFmbk1JLNjL+wV4y7hZrN"
		"o6jNoQGEGAAVSMDuydZ1YXqFjLmHyjwx+nA9PO0tLh7EGavzUtuYxviJ5SL6Kd4CRFgNvVpo"
		"xMFmqm52LumbmtjSUQR8Od5ngfOKekTAF1rldZEs/Y1LHMT5nG5FqlZumxaJbeVUOw8an7Qc"
		"iUesPEO22Hs7rfavKek9wOSFQwCbWit8Vmb0Vce4gzUKnD9L0Tf3VN2vDS88eMGNvQIDAQAB",
		0, KEY_TEXT, NULL, false, KEY_E_TYPE},
	{"the same in base64",
		"MIIBCgKCAQEAsgEpLg8HKzV3bBHBpOy5n1ky84rS+Gd872Od2HpFhk8reuEYoYOHyKw5xnPt"
		"L8YyW4RrNwvCAWrb6oCA+eatoTSb4qUrqTNWEafwFivdNDH0L/8dFmbk1JLNjL+wV4y7hZrN"
		"o6jNoQGEGAAVSMDuydZ1YXqFjLmHyjwx+nA9PO0tLh7EGavzUtuYxviJ5SL6Kd4CRFgNvVpo"
		"xMFmqm52LumbmtjSUQR8Od5ngfOKekTAF1rldZEs/Y1LHMT5nG5FqlZumxaJbeVUOw8an7Qc"
		"iUesPEO22Hs7rfavKek9wOSFQwCbWit8Vmb0Vce4gzUKnD9L0Tf3VN2vDS88eMGNvQIDAQAB",
		0, KEY_BASE64, NULL, false, KEY_E_TYPE},
	{"a public key of OpenSSH as bytes",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBrPi3D6EUQ8tgXn0xqrFxbd me@host", 0, KEY_TEXT,
		NULL, false, KEY_E_TYPE},
	{"a secret that begins as a public key does",
		"MCowBQYDK3VwAyEA3/Oy5HO2pxeBXkv3y5QQJY0jFE8kaat6o5Nt+j7UcB8=", 0, KEY_TEXT, NULL,
		false, KEY_OK},
	{"bytes for RS256", GOOD_32, 0, KEY_TEXT, "RS256", false, KEY_E_TYPE},
	{"base64 for EdDSA", "q7Zx0mVfV1w4bXo1Qk9zSE1jR2dLdFBpRWxhV3JZdUQ=", 0, KEY_BASE64, "EdDSA",
		false, KEY_E_TYPE},
};

static void bytes_are_a_key_or_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct key_options options = {.encoding = cases[i].encoding,
			.algorithm = algorithm_called(cases[i].algorithm),
			.allow_short = cases[i].allow_short,
			.label = "JWT_SECRET"};
		size_t length = cases[i].length ? cases[i].length : strlen(cases[i].text);
		struct err err = ERR_NONE;
		struct key *key;
		int result = load(cases[i].text, length, options, &key, &err);

		if (result != cases[i].result)
			fail_msg("%s: %s, not %s: %s", cases[i].what, result_names[result],
				result_names[cases[i].result], err.what);
		if (result != KEY_OK) {
			assert_string_equal(err.where, "JWT_SECRET");
			assert_true(strlen(err.what) > 0);
			if (length > 8)
				assert_null(strstr(err.what, cases[i].text));
		}
		key_free(key);
	}
}

// The same bytes, however they are written, verify alike.
static void an_encoding_only_writes_the_bytes(void **state)
{
	static const char *const texts[] = {[KEY_TEXT] = GOOD_32,
		[KEY_BASE64] = "azlRejJtVng3THc0VG44UmIxWWM2SGQzSmY1R3MwUGE=",
		[KEY_BASE64URL] = "azlRejJtVng3THc0VG44UmIxWWM2SGQzSmY1R3MwUGE",
		[KEY_HEX] = "6b39517a326d5678374c7734546e385262315963364864334a66354773305061"};
	uint8_t mac[ALGORITHM_SIGNATURE_MAX];
	size_t size = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct key_options options = {.encoding = (enum key_encoding)i, .label = "K"};
		struct key *key;

		assert_int_equal(load(texts[i], strlen(texts[i]), options, &key, NULL), KEY_OK);
		if (i == 0)
			assert_int_equal(key_sign(key, "a.b", 3, mac, &size), 0);
		assert_int_equal(size, 32);
		assert_true(key_verifies(key, "a.b", 3, mac, size));
		assert_false(key_verifies(key, "a.c", 3, mac, size));
		key_free(key);
	}
}

static void a_key_says_what_it_is(void **state)
{
	struct key_options options = {.encoding = KEY_TEXT, .label = "JWT_SECRET"};
	struct key *key;

	(void)state;
	assert_int_equal(load(GOOD_32, 32, options, &key, NULL), KEY_OK);
	assert_string_equal(key_label(key), "JWT_SECRET");
	assert_string_equal(key_name(key), "JWT_SECRET");
	assert_null(key_id(key)); // no hash of a secret is public
	assert_false(key_has_given_id(key));
	assert_string_equal(key_algorithm(key)->name, "HS256");
	assert_true(key_can_sign(key));
	assert_null(key_public_jwk(key));
	assert_null(key_free(key));
	assert_null(key_free(NULL));
	options.kid = "2024-05";
	assert_int_equal(load(GOOD_32, 32, options, &key, NULL), KEY_OK);
	assert_string_equal(key_id(key), "2024-05");
	assert_string_equal(key_name(key), "2024-05");
	assert_true(key_has_given_id(key));
	key_free(key);
}

static void every_algorithm_is_found_by_its_exact_name(void **state)
{
	static const char *const wrong[] = {
		"none", "None", "", "hs256", "HS256 ", "HS25", "ES256K", "EdDsa", "RSA", "HS"};

	(void)state;
	for (size_t i = 0; i < algorithm_count; i++) {
		const struct algorithm *row = &algorithm_table[i];

		if (!row->name)
			abort();
		assert_ptr_equal(algorithm_called(row->name), row);
		assert_true(algorithm_is(row, row->name, strlen(row->name)));
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_null(algorithm_called(wrong[i]));
	assert_ptr_equal(algorithm_called("Ed25519"), algorithm_called("EdDSA"));
	assert_null(algorithm_find("HS256\0", 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_a_key_or_refused_with_a_reason),
		cmocka_unit_test(an_encoding_only_writes_the_bytes),
		cmocka_unit_test(a_key_says_what_it_is),
		cmocka_unit_test(every_algorithm_is_found_by_its_exact_name),
	};
	const struct secret_options options = {0};
	uint8_t *first;
	int failed;

	if (sodium_init() < 0 || secret_arena_open(&options, &arena, NULL))
		return 1;
	first = secret_arena_take(arena, 1);
	secret_arena_give(arena, first, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (failed == 0 && secret_arena_take(arena, 1) != first)
		failed = 1; // loading, or a key that was freed, has left something behind
	secret_arena_free(arena);
	return failed;
}
