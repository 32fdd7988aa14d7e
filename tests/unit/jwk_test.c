// The vectors of the JOSE RFCs (tests/spec/jose.jsonl): each key loads, verifies and signs as
// printed; and what a JWK says of itself.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/jwk.h"

#include "tests/unit/jwkread.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <jansson.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define VECTORS "tests/spec/jose.jsonl"

// Calls back for each line of the vectors' file.
static void each_vector(void (*use)(const char *from, const json_t *vector))
{
	FILE *file = fopen(VECTORS, "re");
	size_t lines = 0;

	if (!file) {
		fail_msg("cannot read " VECTORS);
		return;
	}
	for (;; lines++) {
		json_error_t error;
		json_t *vector = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);

		if (!vector)
			break;
		use(json_string_value(json_object_get(vector, "from")), vector);
		json_decref(vector);
	}
	(void)fclose(file); // only read
	assert_true(lines >= 13);
}

static const char *text_at(const json_t *vector, const char *name)
{
	return json_string_value(json_object_get(vector, name));
}

static struct key *load_vector(const json_t *vector, bool private)
{
	json_t *jwk = json_deep_copy(json_object_get(vector, "key"));
	own_free char *text = NULL;
	struct key *key;

	if (!private)
		(void)json_object_del(jwk, "d"); // it may have none
	for (size_t i = 0; !private && i < 5; i++)
		(void)json_object_del(jwk, (const char *[]){"p", "q", "dp", "dq", "qi"}[i]);
	text = json_dumps(jwk, 0);
	json_decref(jwk);
	assert_non_null(text);
	key = jwkread_load_good(text, text_at(vector, "alg"));
	assert_string_equal(key_algorithm(key)->name, text_at(vector, "alg"));
	return key;
}

static size_t decode_signature(const char *digits, uint8_t *out)
{
	assert_true(base64url_decoded_size(strlen(digits)) <= ALGORITHM_SIGNATURE_MAX);
	assert_true(base64url_decode(digits, strlen(digits), out));
	return base64url_decoded_size(strlen(digits));
}

static void verify_vector(const char *from, const json_t *vector)
{
	const char *token = text_at(vector, "token"), *dot;
	uint8_t signature[ALGORITHM_SIGNATURE_MAX];
	size_t length, size;

	if (!token)
		return;
	dot = strrchr(token, '.');
	if (!dot)
		abort();
	length = (size_t)(dot - token);
	size = decode_signature(dot + 1, signature);
	for (int private = 0; private <= 1; private ++) {
		struct key *key = load_vector(vector, private);

		if (!key_verifies(key, token, length, signature, size))
			fail_msg("%s does not verify", from);
		assert_false(key_verifies(key, token, length - 1, signature, size));
		signature[size / 2] ^= 1;
		assert_false(key_verifies(key, token, length, signature, size));
		signature[size / 2] ^= 1;
		key_free(key);
	}
}

static void printed_signatures_verify(void **state)
{
	(void)state;
	each_vector(verify_vector);
}

static void sign_vector(const char *from, const json_t *vector)
{
	const char *token = text_at(vector, "token"), *dot;
	uint8_t right[ALGORITHM_SIGNATURE_MAX], made[ALGORITHM_SIGNATURE_MAX];
	struct key *key;
	size_t size, made_size;

	if (!token)
		return;
	dot = strrchr(token, '.');
	if (!dot)
		abort();
	key = load_vector(vector, true);
	size = decode_signature(dot + 1, right);
	assert_true(key_can_sign(key));
	assert_int_equal(key_sign(key, token, (size_t)(dot - token), made, &made_size), 0);
	assert_int_equal(made_size, size);
	if (json_is_true(json_object_get(vector, "same")) && memcmp(made, right, size) != 0)
		fail_msg("%s: another signature than the printed one", from);
	assert_true(key_verifies(key, token, (size_t)(dot - token), made, size));
	key_free(key);
}

static void signatures_are_the_printed_ones_where_none_is_random(void **state)
{
	(void)state;
	each_vector(sign_vector);
}

static void thumbprint_vector(const char *from, const json_t *vector)
{
	const char *thumbprint = text_at(vector, "thumbprint");
	struct key *key;

	if (!thumbprint)
		return;
	key = load_vector(vector, false);
	if (strcmp(key_id(key), thumbprint) != 0)
		fail_msg("%s: %s", from, key_id(key));
	assert_false(key_has_given_id(key));
	assert_false(key_can_sign(key));
	key_free(key);
}

static void a_pair_without_kid_is_called_by_its_thumbprint(void **state)
{
	(void)state;
	each_vector(thumbprint_vector);
}

// Only the public members, and loading them again gives the same key.
static void public_vector(const char *from, const json_t *vector)
{
	struct key *key = load_vector(vector, true), *again;
	own_free char *text = key_public_jwk(key);
	json_t *public;

	if (key_algorithm(key)->family == ALGORITHM_HMAC) {
		assert_null(text);
		key_free(key);
		return;
	}
	if (!text)
		abort();
	public = json_loads(text, 0, NULL);
	for (size_t i = 0; i < 7; i++)
		if (json_object_get(
			    public, (const char *[]){"d", "p", "q", "dp", "dq", "qi", "k"}[i]))
			fail_msg("%s: a private member is public", from);
	for (size_t i = 0; i < 6; i++) {
		const char *name = (const char *[]){"kty", "crv", "n", "e", "x", "y"}[i];
		const json_t *right = json_object_get(json_object_get(vector, "key"), name);

		if (!json_equal(json_object_get(public, name), right) &&
			(right || json_object_get(public, name)))
			fail_msg("%s: public %s", from, name);
	}
	assert_string_equal(text_at(public, "use"), "sig");
	assert_string_equal(text_at(public, "alg"), key_algorithm(key)->name);
	assert_string_equal(text_at(public, "kid"), key_id(key));
	json_decref(public);
	again = jwkread_load_good(text, NULL);
	assert_string_equal(key_id(again), key_id(key));
	assert_true(key_has_given_id(again));
	assert_false(key_can_sign(again));
	key_free(again);
	key_free(key);
}

static void the_public_jwk_has_the_public_members(void **state)
{
	(void)state;
	each_vector(public_vector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printed_signatures_verify),
		cmocka_unit_test(signatures_are_the_printed_ones_where_none_is_random),
		cmocka_unit_test(a_pair_without_kid_is_called_by_its_thumbprint),
		cmocka_unit_test(the_public_jwk_has_the_public_members),
	};
	const struct secret_options options = {0};
	uint8_t *first;
	int failed;

	if (sodium_init() < 0 || secret_arena_open(&options, &jwkread_arena, NULL))
		return 1;
	first = secret_arena_take(jwkread_arena, 1);
	secret_arena_give(jwkread_arena, first, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (failed == 0 && secret_arena_take(jwkread_arena, 1) != first)
		failed = 1; // loading, or a key that was freed, has left something behind
	secret_arena_free(jwkread_arena);
	return failed;
}
