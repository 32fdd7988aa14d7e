// base64url as JOSE has it: every refusal, and on any text the opinion of libsodium's decoder.
// SPDX-License-Identifier: MIT
#include "verifier/trust/form/base64url.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define SIZE_MOST 300
#define TEXT_MOST (SIZE_MOST / 3 * 4)
#define ROUNDS 200000

// libsodium 1.0.18 takes any byte beyond ASCII for a last digit, so these are not asked about.
static bool decode_theirs(const char *text, size_t length, uint8_t *out, size_t *ret_used)
{
	const char *end = NULL;

	for (size_t i = 0; i < length; i++)
		if (text[i] & 0x80)
			return false;
	return sodium_base642bin(out, SIZE_MOST, text, length, NULL, ret_used, &end,
		       sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
	       end == text + length;
}

static void agrees_with_libsodium(const char *text, size_t length)
{
	static char texts[TEXT_MOST];
	static uint8_t bytes[SIZE_MOST];
	size_t size = base64url_decoded_size(length), used = 0;
	// They end where their arrays end, so that a sanitizer sees one byte too many.
	char *copy = texts + TEXT_MOST - length;
	uint8_t theirs[SIZE_MOST], *ours = bytes + SIZE_MOST - size;
	bool good = decode_theirs(text, length, theirs, &used);

	memcpy(copy, text, length);
	if (base64url_decode(copy, length, ours) != good)
		fail_msg("%d is wrong for %.*s", !good, (int)length, text);
	if (!good)
		return;
	assert_int_equal(used, size);
	assert_memory_equal(ours, theirs, size);
	assert_int_equal(base64url_encoded_size(size), length);
	base64url_encode(ours, size, copy);
	assert_memory_equal(copy, text, length);
}

static void refusals_and_their_likes(void **state)
{
	static const struct {
		const char *what, *text;
		bool good;
	} cases[] = {
		{"nothing", "", true},
		{"one byte", "_w", true},
		{"two bytes", "__8", true},
		{"three bytes", "-_-_", true},
		{"four bytes", "AAAAAA", true},
		{"one digit", "A", false},
		{"five digits", "AAAAA", false},
		{"spare bits behind one byte", "_x", false},
		{"the highest spare bit behind one byte", "AI", false},
		{"spare bits behind two bytes", "__9", false},
		{"the highest spare bit behind two bytes", "AAC", false},
		{"padding", "_w==", false},
		{"half the padding", "_w=", false},
		{"padding behind whole groups", "AAAA====", false},
		{"the plus of the other alphabet", "AA+A", false},
		{"the slash of the other alphabet", "AAA/", false},
		{"a space", "AA A", false},
		{"a space at the end", "AAAAAA ", false},
		{"a line end", "AAAA\n", false},
		{"a line end in a group", "AA\nAAAAA", false},
		{"a dot", "AAA.", false},
		{"a letter beyond ASCII", "AA\xC3\xA9", false},
		{"byte FF", "AAA\xFF", false},
		{"a bad digit first", "!AAAAAAA", false},
		{"a bad digit in the last pair", "AAAAA!", false},
	};
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = strlen(cases[i].text);

		if (base64url_decode(cases[i].text, length, out) != cases[i].good)
			fail_msg("%s", cases[i].what);
		agrees_with_libsodium(cases[i].text, length);
	}
	assert_false(base64url_decode("AA\0A", 4, out));
	assert_false(base64url_decode("A\0", 2, out));
}

// Every byte at every place of a group, with every length of the rest.
static void every_byte_at_every_place(void **state)
{
	(void)state;
	for (size_t length = 0; length <= 12; length++)
		for (size_t at = 0; at < length; at++)
			for (int byte = 0; byte < 256; byte++) {
				char text[12];

				memset(text, 'A', sizeof(text));
				text[at] = (char)byte;
				agrees_with_libsodium(text, length);
			}
}

static void random_texts_and_their_mutants(void **state)
{
	static const uint8_t seed[randombytes_SEEDBYTES] = {4};
	static uint8_t random[ROUNDS * 8 + 64];

	(void)state;
	randombytes_buf_deterministic(random, sizeof(random), seed);
	for (size_t i = 0; i < ROUNDS; i++) {
		const uint8_t *dice = random + i * 8;
		size_t size = dice[0] % 64, length = base64url_encoded_size(size);
		char text[TEXT_MOST];

		base64url_encode(dice, size, text);
		agrees_with_libsodium(text, length);
		if (length == 0)
			continue;
		text[dice[1] % length] = (char)dice[2];
		agrees_with_libsodium(text, length);
		agrees_with_libsodium(text, dice[3] % length);
	}
}

static void the_examples_of_rfc_4648_and_rfc_7515(void **state)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {
		{"", ""},
		{"f", "Zg"},
		{"fo", "Zm8"},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg"},
		{"fooba", "Zm9vYmE"},
		{"foobar", "Zm9vYmFy"},
		{"\x03\xEC\xFF\xE0\xC1", "A-z_4ME"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t size = strlen(cases[i].bytes), length = strlen(cases[i].text);
		uint8_t bytes[8];
		char text[12];

		assert_int_equal(base64url_encoded_size(size), length);
		assert_int_equal(base64url_decoded_size(length), size);
		base64url_encode((const uint8_t *)cases[i].bytes, size, text);
		assert_memory_equal(text, cases[i].text, length);
		assert_true(base64url_decode(cases[i].text, length, bytes));
		assert_memory_equal(bytes, cases[i].bytes, size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals_and_their_likes),
		cmocka_unit_test(every_byte_at_every_place),
		cmocka_unit_test(random_texts_and_their_mutants),
		cmocka_unit_test(the_examples_of_rfc_4648_and_rfc_7515),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
