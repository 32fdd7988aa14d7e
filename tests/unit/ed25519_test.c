// Ed25519: a key is found in the DER that it may have, its halves must belong together, and a
// signature has one form.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/ed25519.h"

#include "lib/base/err.h"
#include "verifier/trust/key/key.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static struct secret_arena *arena;

// RFC 8032 section 7.1, test 2.
static const uint8_t seed[32] = {0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3,
	0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c,
	0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
static const uint8_t point[32] = {0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a,
	0xa7, 0x4d, 0x1b, 0x7e, 0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd,
	0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c};
static const uint8_t signature[64] = {0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e,
	0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3,
	0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e,
	0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a,
	0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00};
#define TEXT "\x72"

static void the_pair_signs_as_rfc_8032_says(void **state)
{
	struct ed25519 pair, half;
	uint8_t made[ED25519_SIGNATURE_SIZE];

	(void)state;
	assert_int_equal(ed25519_init(&pair, SECRET_NONE, secret_view(seed, 32), arena, NULL), 0);
	assert_memory_equal(pair.public_key, point, 32);
	ed25519_sign(&pair, TEXT, 1, made);
	assert_memory_equal(made, signature, 64);
	assert_int_equal(ed25519_init(&half, secret_view(point, 32), SECRET_NONE, arena, NULL), 0);
	assert_null(half.pair);
	assert_true(ed25519_verifies(&half, TEXT, 1, signature));
	assert_false(ed25519_verifies(&half, TEXT, 0, signature));
	ed25519_done(&pair, arena);
	ed25519_done(&half, arena);
}

static void halves_belong_together(void **state)
{
	struct err err = ERR_NONE;
	struct ed25519 key;

	(void)state;
	assert_int_equal(
		ed25519_init(&key, secret_view(point, 32), secret_view(seed, 32), arena, &err),
		KEY_OK);
	ed25519_done(&key, arena);
	assert_int_equal(
		ed25519_init(&key, secret_view(point, 32), secret_view(point, 32), arena, &err),
		KEY_E_TYPE);
	assert_null(key.pair);
	assert_int_equal(ed25519_init(&key, SECRET_NONE, SECRET_NONE, arena, &err), KEY_E_ENCODING);
	assert_int_equal(ed25519_init(&key, secret_view(point, 31), SECRET_NONE, arena, &err),
		KEY_E_ENCODING);
	assert_int_equal(ed25519_init(&key, SECRET_NONE, secret_view(signature, 64), arena, &err),
		KEY_E_ENCODING);
}

// What is in a DER: a head, the seed, more, the public key.
static size_t write_der(
	uint8_t *out, const char *head, size_t size, bool with_seed, bool with_point)
{
	memcpy(out, head, size);
	if (with_seed) {
		memcpy(out + size, seed, 32);
		size += 32;
	}
	if (with_seed && with_point) {
		memcpy(out + size, "\x81\x21\x00", 3);
		size += 3;
	}
	if (with_point) {
		memcpy(out + size, point, 32);
		size += 32;
	}
	return size;
}

static void a_key_is_found_in_its_der(void **state)
{
	static const struct {
		const char *what, *head;
		size_t size;
		bool with_seed, with_point, found;
	} cases[] = {
		{"a public key", "\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x00", 12, false,
			true, true},
		{"a private key",
			"\x30\x2E\x02\x01\x00\x30\x05\x06\x03\x2B\x65\x70\x04\x22\x04\x20", 16,
			true, false, true},
		{"a private key with its public key (RFC 5958)",
			"\x30\x51\x02\x01\x01\x30\x05\x06\x03\x2B\x65\x70\x04\x22\x04\x20", 16,
			true, true, true},
		{"a public key of X25519", "\x30\x2A\x30\x05\x06\x03\x2B\x65\x6E\x03\x21\x00", 12,
			false, true, false},
		{"a private key of X25519",
			"\x30\x2E\x02\x01\x00\x30\x05\x06\x03\x2B\x65\x6E\x04\x22\x04\x20", 16,
			true, false, false},
		{"a public key with unused bits",
			"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x01", 12, false, true, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t der[128] = {0};
		size_t size = write_der(
			der, cases[i].head, cases[i].size, cases[i].with_seed, cases[i].with_point);
		struct secret found_point = SECRET_NONE, found_seed = SECRET_NONE;
		struct secret view = secret_view(der, size);

		if (ed25519_find(view, &found_point, &found_seed) != cases[i].found)
			fail_msg("%s", cases[i].what);
		for (view.length = 0; view.length <= size + 1; view.length++)
			assert_true(view.length == size ||
				    !ed25519_find(view, &found_point, &found_seed));
		if (!cases[i].found)
			continue;
		assert_int_equal(found_seed.length, cases[i].with_seed ? 32 : 0);
		assert_int_equal(found_point.length, cases[i].with_point ? 32 : 0);
		assert_true(!cases[i].with_seed || secret_equal(found_seed, secret_view(seed, 32)));
		assert_true(
			!cases[i].with_point || secret_equal(found_point, secret_view(point, 32)));
	}
}

// RFC 8032 section 5.1.7: s is less than the order L, so that no second signature can be made of
// one.
static void s_is_less_than_the_order(void **state)
{
	static const uint8_t order[32] = {0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6,
		0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14, [31] = 0x10};
	struct ed25519 key;
	uint8_t changed[64];
	unsigned carry = 0;

	(void)state;
	assert_int_equal(ed25519_init(&key, secret_view(point, 32), SECRET_NONE, arena, NULL), 0);
	memcpy(changed, signature, 64);
	for (size_t i = 0; i < 32; i++) {
		carry += signature[32 + i] + order[i];
		changed[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_false(ed25519_verifies(&key, TEXT, 1, changed));
	memcpy(changed + 32, order, 32);
	assert_false(ed25519_verifies(&key, TEXT, 1, changed));
	memset(changed, 0, 64);
	assert_false(ed25519_verifies(&key, TEXT, 1, changed));
	changed[0] = 1; // R is the neutral element
	assert_false(ed25519_verifies(&key, TEXT, 1, changed));
	ed25519_done(&key, arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pair_signs_as_rfc_8032_says),
		cmocka_unit_test(halves_belong_together),
		cmocka_unit_test(a_key_is_found_in_its_der),
		cmocka_unit_test(s_is_less_than_the_order),
	};
	int failed;

	if (sodium_init() < 0 || secret_arena_open(&(struct secret_options){0}, &arena, NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	secret_arena_free(arena);
	return failed;
}
