// A JWK or a set of them that is not as it should be is refused with its reason; what one says
// of itself counts.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/jwk.h"

#include "lib/base/err.h"
#include "tests/unit/jwkread.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const result_names[] = {
	"good", "empty", "placeholder", "short", "encoding", "type", "weak", "use"};

#define K "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"
#define OCT "\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"" K "\""
#define X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define D "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define OKP "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\""
#define PX "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define PY "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" PX "\",\"y\":\"" PY "\""
#define N \
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-" \
	"4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_" \
	"7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-" \
	"KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_" \
	"I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define N_EVEN \
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-" \
	"4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_" \
	"7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-" \
	"KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_" \
	"I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoA"
#define RSA(e) "\"kty\":\"RSA\",\"n\":\"" N "\",\"e\":\"" e "\""
#define N_SHORT \
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-" \
	"4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9w"

static const struct {
	const char *what, *jwk, *algorithm;
	int result;
	size_t count;
} cases[] = {
	{"an HMAC key", "{" OCT "}", NULL, KEY_OK, 1},
	{"an HMAC key whose alg configuration says, too", "{" OCT "}", "HS256", KEY_OK, 1},
	{"white space, unknown members and certificates are ignored",
		" {\n" OKP ",\"x5c\":[\"AAAA\"],\"x5u\":\"https://a.example\",\"ext\":true,"
		"\"iat\":1, \"y\":\"!\"}\n",
		NULL, KEY_OK, 1},
	{"names and digits that are escaped",
		"{\"\\u006bty\":\"o\\u0063t\",\"alg\":\"HS\\u003256\",\"k\":\"\\u0068JtXIZ2uSN5kb"
		"QfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\"}",
		NULL, KEY_OK, 1},
	{"use sig and key_ops verify", "{" OKP ",\"use\":\"sig\",\"key_ops\":[\"verify\"]}", NULL,
		KEY_OK, 1},
	{"alg EdDSA", "{" OKP ",\"alg\":\"EdDSA\"}", NULL, KEY_OK, 1},
	{"alg Ed25519 (RFC 9864)", "{" OKP ",\"alg\":\"Ed25519\"}", NULL, KEY_OK, 1},
	{"a private key with key_ops sign alone",
		"{" OKP ",\"d\":\"" D "\",\"key_ops\":[\"sign\"]}", NULL, KEY_OK, 1},
	{"RSA whose algorithm configuration says", "{" RSA("AQAB") "}", "PS512", KEY_OK, 1},
	{"RSA with the exponent 3", "{" RSA("Aw") "}", "RS256", KEY_OK, 1},
	{"RSA with the exponent 2^32 - 1", "{" RSA("_____w") "}", "RS256", KEY_OK, 1},
	{"a set of one", "{\"keys\":[{" OCT "}]}", NULL, KEY_OK, 1},
	{"a set of three types",
		"{\"keys\":[{" OCT ",\"kid\":\"a\"},{" OKP ",\"kid\":\"b\"},{" EC "}]}", NULL,
		KEY_OK, 3},
	{"a set with a key for encryption, which is passed over",
		"{\"keys\":[{" EC ",\"use\":\"enc\",\"alg\":\"ECDH-ES\"},{" OKP "}]}", NULL, KEY_OK,
		1},

	{"no JSON", "hello there, this is no JSON at all", NULL, KEY_E_ENCODING, 0},
	{"an array", "[{" OCT "}]", NULL, KEY_E_ENCODING, 0},
	{"something behind it", "{" OCT "} x", NULL, KEY_E_ENCODING, 0},
	{"a member twice", "{" OCT ",\"k\":\"" K "\"}", NULL, KEY_E_ENCODING, 0},
	{"a member twice, one of them escaped", "{" OCT ",\"\\u006b\":\"" K "\"}", NULL,
		KEY_E_ENCODING, 0},
	{"a member twice inside of an unknown one", "{" OCT ",\"z\":{\"a\":1,\"a\":2}}", NULL,
		KEY_E_ENCODING, 0},
	{"neither kty nor keys", "{\"k\":\"" K "\"}", NULL, KEY_E_ENCODING, 0},
	{"kty in small letters", "{\"kty\":\"okp\",\"crv\":\"Ed25519\",\"x\":\"" X "\"}", NULL,
		KEY_E_TYPE, 0},
	{"kty that is no text", "{\"kty\":7}", NULL, KEY_E_TYPE, 0},
	{"a curve that is not ours",
		"{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" PX "\",\"y\":\"" PY "\"}", NULL,
		KEY_E_TYPE, 0},
	{"a curve of the other type", "{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" PX "\"}", NULL,
		KEY_E_TYPE, 0},
	{"X25519, which signs nothing", "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X "\"}",
		NULL, KEY_E_TYPE, 0},
	{"no k", "{\"kty\":\"oct\",\"alg\":\"HS256\"}", NULL, KEY_E_ENCODING, 0},
	{"an empty k", "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"\"}", NULL, KEY_E_EMPTY, 0},
	{"a short k", "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"q7Zx0mVfV1w4bXo1\"}", NULL,
		KEY_E_SHORT, 0},
	{"k with padding", "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"" K "=\"}", NULL,
		KEY_E_ENCODING, 0},
	{"k with another alphabet",
		"{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG+"
		"Onbc6mxCcYg\"}",
		NULL, KEY_E_ENCODING, 0},
	{"k with spare bits",
		"{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-"
		"Onbc6mxCcYh\"}",
		NULL, KEY_E_ENCODING, 0},
	{"k of zeros",
		"{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		NULL, KEY_E_PLACEHOLDER, 0},
	{"an HMAC key without alg", "{\"kty\":\"oct\",\"k\":\"" K "\"}", NULL, KEY_E_USE, 0},
	{"an RSA key without alg", "{" RSA("AQAB") "}", NULL, KEY_E_USE, 0},
	{"alg none", "{" OKP ",\"alg\":\"none\"}", NULL, KEY_E_USE, 0},
	{"alg for encryption", "{" EC ",\"alg\":\"ECDH-ES\"}", NULL, KEY_E_USE, 0},
	{"alg that is no text", "{" OKP ",\"alg\":null}", NULL, KEY_E_USE, 0},
	{"alg of another curve", "{" EC ",\"alg\":\"ES384\"}", NULL, KEY_E_USE, 0},
	{"alg that configuration contradicts", "{" RSA("AQAB") ",\"alg\":\"RS256\"}", "PS256",
		KEY_E_USE, 0},
	{"a curve that configuration contradicts", "{" EC "}", "ES384", KEY_E_TYPE, 0},
	{"an RSA public key for HS256", "{" RSA("AQAB") "}", "HS256", KEY_E_TYPE, 0},
	{"an RSA public key with alg HS256", "{" RSA("AQAB") ",\"alg\":\"HS256\"}", NULL,
		KEY_E_TYPE, 0},
	{"HMAC bytes for RS256", "{\"kty\":\"oct\",\"k\":\"" K "\"}", "RS256", KEY_E_TYPE, 0},
	{"use enc", "{" EC ",\"use\":\"enc\"}", NULL, KEY_E_USE, 0},
	{"use in capitals", "{" EC ",\"use\":\"SIG\"}", NULL, KEY_E_USE, 0},
	{"use that is no text", "{" EC ",\"use\":[\"sig\"]}", NULL, KEY_E_USE, 0},
	{"key_ops without verify", "{" EC ",\"key_ops\":[\"deriveKey\"]}", NULL, KEY_E_USE, 0},
	{"key_ops that are none", "{" EC ",\"key_ops\":[]}", NULL, KEY_E_USE, 0},
	{"key_ops sign for a public key", "{" EC ",\"key_ops\":[\"sign\"]}", NULL, KEY_E_USE, 0},
	{"key_ops sign alone for HMAC", "{" OCT ",\"key_ops\":[\"sign\"]}", NULL, KEY_E_USE, 0},
	{"key_ops that are a text", "{" EC ",\"key_ops\":\"verify\"}", NULL, KEY_E_ENCODING, 0},
	{"key_ops with verify twice", "{" EC ",\"key_ops\":[\"verify\",\"verify\"]}", NULL,
		KEY_E_ENCODING, 0},
	{"key_ops with a number", "{" EC ",\"key_ops\":[\"verify\",1]}", NULL, KEY_E_ENCODING, 0},
	{"kid that is a number", "{" EC ",\"kid\":1}", NULL, KEY_E_ENCODING, 0},
	{"kid with a NUL", "{" EC ",\"kid\":\"a\\u0000b\"}", NULL, KEY_E_ENCODING, 0},

	{"a point off its curve",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" PX "\",\"y\":\"" PX "\"}", NULL,
		KEY_E_WEAK, 0},
	{"the point 0, 0",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		"\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		NULL, KEY_E_WEAK, 0},
	{"a coordinate with a byte too few",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" PX "\",\"y\":"
		"\"8UTNG72bfocs3-257rn0s2ldbqkLJK2KRiMohYjlrQ\"}",
		NULL, KEY_E_ENCODING, 0},
	{"a point of another curve's size",
		"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" PX "\",\"y\":\"" PY "\"}", NULL,
		KEY_E_ENCODING, 0},
	{"a private EC key of another pair", "{" EC ",\"d\":\"" D "\"}", NULL, KEY_E_TYPE, 0},
	{"a private EC key of zero",
		"{" EC ",\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", NULL, KEY_E_WEAK,
		0},
	{"a private EC key over the order",
		"{" EC ",\"d\":\"__________________________________________8\"}", NULL, KEY_E_WEAK,
		0},
	{"a private Ed25519 key of another pair", "{" OKP ",\"d\":\"" X "\"}", NULL, KEY_E_TYPE, 0},
	{"an Ed25519 key of 31 bytes",
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
		"\"WpgBgrEKt9VL_tPJZAc6DuFy89qmIyWvAhpo9wdRGg\"}",
		NULL, KEY_E_ENCODING, 0},
	{"RSA with the exponent 1", "{" RSA("AQ") "}", "RS256", KEY_E_WEAK, 0},
	{"RSA with the exponent 2", "{" RSA("Ag") "}", "RS256", KEY_E_WEAK, 0},
	{"RSA with an even exponent", "{" RSA("AQAA") "}", "RS256", KEY_E_WEAK, 0},
	{"RSA with an exponent of 2^32 + 1", "{" RSA("AQAAAAE") "}", "RS256", KEY_E_WEAK, 0},
	{"RSA with an even modulus", "{\"kty\":\"RSA\",\"n\":\"" N_EVEN "\",\"e\":\"AQAB\"}",
		"RS256", KEY_E_WEAK, 0},
	{"RSA with a leading zero in e", "{" RSA("AAEAAQ") "}", "RS256", KEY_E_ENCODING, 0},
	{"RSA under 2048 bits", "{\"kty\":\"RSA\",\"n\":\"" N_SHORT "\",\"e\":\"AQAB\"}", "RS256",
		KEY_E_SHORT, 0},
	{"RSA with one prime of two", "{" RSA("AQAB") ",\"d\":\"" D "\",\"p\":\"" X "\"}", "RS256",
		KEY_E_ENCODING, 0},
	{"RSA with primes and without d",
		"{" RSA("AQAB") ",\"p\":\"" D "\",\"q\":\"" D "\",\"dp\":\"" D "\",\"dq\":\"" D
				"\",\"qi\":\"" D "\"}",
		"RS256", KEY_E_ENCODING, 0},
	{"RSA with more than two primes", "{" RSA("AQAB") ",\"oth\":[]}", "RS256", KEY_E_TYPE, 0},
	{"RSA with a private exponent of another pair", "{" RSA("AQAB") ",\"d\":\"" D "\"}",
		"RS256", KEY_E_TYPE, 0},

	{"a set of none", "{\"keys\":[]}", NULL, KEY_E_EMPTY, 0},
	{"a set that is no array", "{\"keys\":{" OCT "}}", NULL, KEY_E_ENCODING, 0},
	{"a set with a text", "{\"keys\":[{" OCT "},\"k\"]}", NULL, KEY_E_ENCODING, 0},
	{"a set with a bad key", "{\"keys\":[{" OCT "},{\"kty\":\"oct\"}]}", NULL, KEY_E_ENCODING,
		0},
	{"a set with a kid twice", "{\"keys\":[{" OCT ",\"kid\":\"a\"},{" OKP ",\"kid\":\"a\"}]}",
		NULL, KEY_E_USE, 0},
	{"a set with a key twice", "{\"keys\":[{" EC "},{" OKP "},{" EC "}]}", NULL, KEY_E_USE, 0},
	{"a set of keys for encryption", "{\"keys\":[{" EC ",\"use\":\"enc\"}]}", NULL, KEY_E_USE,
		0},
	{"a set of seventeen", "{\"keys\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7]}", NULL, KEY_E_USE,
		0},
};

static void jwks_are_keys_or_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = ERR_NONE;
		struct key *keys[KEY_SET_MAX];
		size_t count = 0;
		int result = jwkread_load(cases[i].jwk, cases[i].algorithm, keys, &count, &err);

		if (result != cases[i].result)
			fail_msg("%s: %s, not %s: %s", cases[i].what, result_names[result],
				result_names[cases[i].result], err.what);
		if (result == KEY_OK)
			assert_int_equal(count, cases[i].count);
		else
			assert_true(strlen(err.what) > 0 && strcmp(err.where, "SIGNING_JWK") == 0);
		if (strstr(err.what, K) || strstr(err.hint, K) || strstr(err.what, D))
			fail_msg("%s: the message shows the key", cases[i].what);
		for (size_t j = 0; j < count; j++)
			key_free(keys[j]);
	}
}

static void a_pem_is_told_from_a_jwk(void **state)
{
	static const char pem[] = "-----BEGIN PUBLIC KEY-----\nZm9v\n-----END PUBLIC KEY-----\n";
	struct key *keys[KEY_SET_MAX];
	struct err err = ERR_NONE;
	size_t count = 0;

	(void)state;
	assert_int_equal(jwkread_load(pem, NULL, keys, &count, &err), KEY_E_ENCODING);
	assert_string_equal(err.what, "the key is a PEM, and no JWK");
	assert_non_null(strstr(err.hint, "encoding = pem"));
}

// The eight points of small order, the same where y is written over p or x = 0 has a sign, and one
// that is not on the curve.
static void points_of_small_order_are_refused(void **state)
{
	static const char *const points[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0200000000000000000000000000000000000000000000000000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		char jwk[128], digits[64];
		uint8_t point[32];
		struct key *keys[KEY_SET_MAX];
		size_t count;

		assert_int_equal(sodium_hex2bin(point, 32, points[i], 64, NULL, &count, NULL), 0);
		(void)sodium_bin2base64(digits, sizeof(digits), point, 32,
			sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		(void)snprintf(jwk, sizeof(jwk),
			"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}", digits);
		if (jwkread_load(jwk, NULL, keys, &count, NULL) != KEY_E_WEAK)
			fail_msg("point %zu", i);
	}
}

static void a_jwk_says_how_it_is_called_and_whether_it_signs(void **state)
{
	static const struct {
		const char *jwk, *id; // NULL: not given
		bool signs;
	} kinds[] = {
		{"{" OCT ",\"kid\":\"2024-05\"}", "2024-05", true},
		{"{" OCT ",\"kid\":\"\",\"key_ops\":[\"verify\"]}", NULL, false},
		{"{" OCT ",\"key_ops\":[\"sign\",\"verify\"]}", NULL, true},
		{"{" OKP ",\"kid\":\"\\u00fc\"}", "\xC3\xBC", false},
		{"{" OKP ",\"d\":\"" D "\"}", NULL, true},
		{"{" OKP ",\"d\":\"" D "\",\"key_ops\":[\"sign\"]}", NULL, true},
		{"{" OKP ",\"d\":\"" D "\",\"key_ops\":[\"verify\"]}", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct key *key = jwkread_load_good(kinds[i].jwk, NULL);
		uint8_t signature[ALGORITHM_SIGNATURE_MAX];
		size_t size;

		assert_int_equal(key_can_sign(key), kinds[i].signs);
		assert_int_equal(key_sign(key, "a", 1, signature, &size), kinds[i].signs ? 0 : -1);
		assert_int_equal(key_has_given_id(key), kinds[i].id != NULL);
		if (kinds[i].id)
			assert_string_equal(key_id(key), kinds[i].id);
		key_free(key);
	}
}

static void a_kid_has_at_most_255_bytes(void **state)
{
	(void)state;
	for (size_t length = KEY_ID_MAX; length <= KEY_ID_MAX + 1; length++) {
		struct key *keys[KEY_SET_MAX];
		char id[KEY_ID_MAX + 2], jwk[512];
		size_t count;
		int result;

		memset(id, 'k', sizeof(id));
		id[length] = '\0';
		(void)snprintf(jwk, sizeof(jwk), "{" OKP ",\"kid\":\"%s\"}", id);
		result = jwkread_load(jwk, NULL, keys, &count, NULL);
		assert_int_equal(result, length > KEY_ID_MAX ? KEY_E_ENCODING : KEY_OK);
		if (result != KEY_OK)
			continue;
		assert_string_equal(key_id(keys[0]), id);
		key_free(keys[0]);
	}
}

static void configuration_names_one_key_and_no_set(void **state)
{
	static const char set[] = "{\"keys\":[{" OCT ",\"kid\":\"a\"},{" OKP "}]}";
	static const char one[] = "{\"keys\":[{" OCT ",\"kid\":\"a\"}]}";
	const struct key_options options = {.encoding = KEY_JWK, .label = "K", .kid = "mine"};
	struct key *keys[KEY_SET_MAX];
	struct err err = ERR_NONE;
	size_t count;

	(void)state;
	assert_int_equal(key_load(secret_view(set, strlen(set)), &options, jwkread_arena, keys,
				 &count, &err),
		KEY_E_USE);
	assert_string_equal(err.what, "kid = names one key, and the JWK Set has several");
	assert_int_equal(key_load(secret_view(one, strlen(one)), &options, jwkread_arena, keys,
				 &count, NULL),
		KEY_OK);
	assert_string_equal(key_id(keys[0]), "mine");
	key_free(keys[0]);
}

static void jwks_are_known_as_such_where_they_are_not_wanted(void **state)
{
	static const struct {
		const char *what, *text;
		bool is;
	} texts[] = {
		{"a JWK", "{" OCT "}", true},
		{"a JWK Set", "{\"keys\":[]}", true},
		{"white space before it", "\r\n\t {" OKP "}", true},
		{"a byte order mark before it", "\xEF\xBB\xBF{" OKP "}", true},
		{"an escaped kty", "{\"\\u006bty\":\"oct\"}", true},
		{"a cut one", "{\"kty\":\"RSA\",\"n\":\"", true},
		{"a newline at its end", "{" OCT "}\n", true},
		{"other JSON", "{\"type\":\"service_account\"}", false},
		{"a text about kty", "the \"kty\" is missing", false},
		{"braces", "{9f8a7s6df98a7sdf9{", false},
		{"white space", "   ", false},
		{"nothing", "", false},
	};
	const struct key_options options = {.encoding = KEY_TEXT, .label = "K"};
	struct key *keys[KEY_SET_MAX];
	struct err err = ERR_NONE;
	size_t count;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (jwk_is_likely(secret_view(texts[i].text, strlen(texts[i].text))) != texts[i].is)
			fail_msg("%s", texts[i].what);
	assert_int_equal(key_load(secret_view(texts[0].text, strlen(texts[0].text)), &options,
				 jwkread_arena, keys, &count, &err),
		KEY_E_TYPE);
	assert_string_equal(err.hint, "encoding = jwk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jwks_are_keys_or_refused_with_a_reason),
		cmocka_unit_test(a_pem_is_told_from_a_jwk),
		cmocka_unit_test(points_of_small_order_are_refused),
		cmocka_unit_test(a_jwk_says_how_it_is_called_and_whether_it_signs),
		cmocka_unit_test(a_kid_has_at_most_255_bytes),
		cmocka_unit_test(configuration_names_one_key_and_no_set),
		cmocka_unit_test(jwks_are_known_as_such_where_they_are_not_wanted),
	};
	const struct secret_options options = {0};
	int failed;

	if (sodium_init() < 0 || secret_arena_open(&options, &jwkread_arena, NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	secret_arena_free(jwkread_arena);
	return failed;
}
