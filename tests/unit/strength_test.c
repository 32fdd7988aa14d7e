// What counts as weak: short, patterned, guessable or public text; what does not: random text.
// SPDX-License-Identifier: MIT
#include "lib/value/strength.h"

#include "lib/value/bundle.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

static struct secret text_of(const char *text)
{
	return secret_view(text, strlen(text));
}

static void secrets_are_told_weak_or_strong(void **state)
{
	static const struct {
		const char *what, *value;
		bool weak;
	} cases[] = {
		{"an empty value", "", true},
		{"15 random bytes", "gZKFCkie6YkJUNx", true},
		{"one byte again and again", "aaaaaaaaaaaaaaaaaaaaaaaa", true},
		{"two bytes in turn", "abababababababababababababababab", true},
		{"the alphabet", "abcdefghijklmnopqrstuvwxyz", true},
		{"digits up and down", "01234567899876543210", true},
		{"rows of the keyboard", "qwertyuiopasdfghjklzxcvbnm", true},
		{"the same backwards", "mnbvcxzlkjhgfdsapoiuytrewq", true},
		{"a word twice", "passwordpassword1", true},
		{"a short text repeated", "S3cr3t!S3cr3t!S3cr3t!S3cr3t!", true},
		{"four words: xkcd 936 says 44 bits", "correct horse battery staple", true},
		{"words without spaces", "mountainriverbridge", true},
		{"a name with a version", "my-app-production-v2", true},
		{"16 digits", "4929384756102938", true},
		{"a year and a word", "Administrator2024", true},
		{"the nil UUID", "00000000-0000-0000-0000-000000000000", true},
		{"few different bytes", "xyxxyyxyyyxxyxyxxyyxyxyyxxxyxy", true},
		{"jwt.io's example", "your-256-bit-secret", true},
		{"a long placeholder",
			"your-super-secret-jwt-token-with-at-least-32-characters-long", true},
		{"a URL whose password can be guessed",
			"postgres://app:password1@db.example.com/main", true},
		{"8 random bytes in hex", "9eac6760d61e185c", false},
		{"16 random bytes in hex", "f4b9973d56bd864564d186854f3e0143", false},
		{"openssl rand -base64 12", "C7xS5spf+7JUdOfs", false},
		{"openssl rand -base64 32", "gZKFCkie6YkJUNxfx5HcDJFCFXDzLuYuxH/sHo65Jjw=", false},
		{"a random UUID", "9aff4aeb-1d21-45da-9195-c95a7870baa1", false},
		{"six words drawn by lot", "trombone velvet gravel puppet lantern ozone", false},
		{"a password manager's password", "tr#9K!vq2$Lw8&Zx", false},
		{"16 random small letters", "qzkfwbxmtjrvplsd", false},
		{"a URL with a random password", "postgres://app:Zk39dkXkeo2lslx0@db/main", false},
		{"a private key",
			"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEmoKqJ2bU4zHMOjp0Wd\n",
			false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (strength_is_weak(text_of(cases[i].value)) != cases[i].weak)
			fail_msg("%s: expected %d, estimate %u", cases[i].what, cases[i].weak,
				strength_bits(text_of(cases[i].value)));
}

// No secret of 128 bits and more may be called weak: its fingerprint would vanish.
static void random_secrets_are_strong(void **state)
{
	char text[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
	const uint8_t seed[randombytes_SEEDBYTES] = {7};
	static uint8_t drawn[2000][32];

	(void)state;
	randombytes_buf_deterministic(drawn, sizeof(drawn), seed);
	for (size_t i = 0; i < ARRAY_SIZE(drawn); i++) {
		assert_false(strength_is_weak(secret_view(drawn[i], 16)));
		sodium_bin2hex(text, sizeof(text), drawn[i], 16);
		assert_false(strength_is_weak(text_of(text)));
		sodium_bin2base64(
			text, sizeof(text), drawn[i], 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		assert_false(strength_is_weak(text_of(text)));
		sodium_bin2base64(
			text, sizeof(text), drawn[i], 16, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		assert_false(strength_is_weak(text_of(text)));
	}
}

static void the_estimate_is_counted_to_its_limit(void **state)
{
	(void)state;
	assert_int_equal(strength_bits(text_of("")), 0);
	assert_in_range(strength_bits(text_of("4929")), 6, 9); // four bytes of four
	assert_int_equal(strength_bits(text_of("9eac6760d61e185c")), 64);
	assert_int_equal(
		strength_bits(text_of("gZKFCkie6YkJUNxfx5HcDJFCFXDzLuYuxH/sHo65Jjw=")), 64);
}

// The largest values, filled so that a naive search for repeats would take minutes.
static void the_largest_values_take_no_time(void **state)
{
	static char value[BUNDLE_VALUE_MAX];
	static const size_t periods[] = {1, 2, 3, 7, 255, 256, 257, 1000, 20000};
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(periods); i++) {
		memset(value, 'a', sizeof(value));
		for (size_t j = periods[i]; j < sizeof(value); j += periods[i])
			value[j] = (char)('b' + j % 7 % 2);
		(void)strength_bits(secret_view(value, sizeof(value)));
	}
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_told_weak_or_strong),
		cmocka_unit_test(random_secrets_are_strong),
		cmocka_unit_test(the_estimate_is_counted_to_its_limit),
		cmocka_unit_test(the_largest_values_take_no_time),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
