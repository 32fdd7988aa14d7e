// Base64, base64url, hex and PEM are judged strictly, and as libsodium's decoder judges them.
// SPDX-License-Identifier: MIT
#include "lib/value/encoding.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static struct secret text_of(const char *text)
{
	return secret_view(text, strlen(text));
}

static bool decodes(const char *text, size_t length, int variant)
{
	uint8_t bytes[64];
	size_t used;
	const char *end;

	return length > 0 &&
	       sodium_base642bin(bytes, sizeof(bytes), text, length, NULL, &used, &end, variant) ==
		       0 &&
	       end == text + length;
}

// All texts of up to five bytes over an alphabet that holds every kind of byte that matters.
static void base64_agrees_with_libsodium(void **state)
{
	static const char bytes[] = "AQZg8+/-_= ";
	const size_t count = sizeof(bytes) - 1;

	(void)state;
	for (size_t length = 1; length <= 5; length++) {
		size_t texts = 1;

		for (size_t i = 0; i < length; i++)
			texts *= count;
		for (size_t n = 0; n < texts; n++) {
			char text[5];
			size_t rest = n;

			for (size_t i = 0; i < length; i++, rest /= count)
				text[i] = bytes[rest % count];
			assert_int_equal(encoding_is_base64(secret_view(text, length)),
				decodes(text, length, sodium_base64_VARIANT_ORIGINAL));
			assert_int_equal(encoding_is_base64url(secret_view(text, length)),
				decodes(text, length, sodium_base64_VARIANT_URLSAFE) ||
					decodes(text, length,
						sodium_base64_VARIANT_URLSAFE_NO_PADDING));
		}
	}
	assert_false(encoding_is_base64(text_of("")));
	assert_false(encoding_is_base64url(text_of("")));
	assert_false(encoding_is_base64url(text_of("==")));
}

static void hex_comes_in_pairs(void **state)
{
	(void)state;
	assert_true(encoding_is_hex(text_of("00")));
	assert_true(encoding_is_hex(text_of("deadBEEF")));
	assert_false(encoding_is_hex(text_of("")));
	assert_false(encoding_is_hex(text_of("0")));
	assert_false(encoding_is_hex(text_of("0g")));
	assert_false(encoding_is_hex(text_of("0x00")));
	assert_false(encoding_is_hex(text_of("00 11")));
}

static void pem_blocks_are_whole(void **state)
{
	static const struct {
		const char *what, *text;
		bool fits;
	} cases[] = {
		{"one block", "-----BEGIN PRIVATE KEY-----\nZm9v\n-----END PRIVATE KEY-----\n",
			true},
		{"no newline at the end", "-----BEGIN X-----\nZm9v\n-----END X-----", true},
		{"Windows line ends", "-----BEGIN X-----\r\nZm9v\r\n-----END X-----\r\n", true},
		{"digits that run over lines", "-----BEGIN X-----\nZm\n9v\n-----END X-----", true},
		{"padding", "-----BEGIN X-----\nZm9vYg==\n-----END X-----", true},
		{"two blocks",
			"-----BEGIN A-----\nZm9v\n-----END A-----\n-----BEGIN "
			"B-----\nZm9v\n-----END B-----",
			true},
		{"text before the block, as openssl writes it",
			"subject=CN = a\n-----BEGIN A-----\nZm9v\n-----END A-----\n", true},
		{"headers of an encrypted key",
			"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
			"AES-128-CBC,00\n\n"
			"Zm9v\n-----END RSA PRIVATE KEY-----\n",
			true},
		{"another label at the end", "-----BEGIN A-----\nZm9v\n-----END B-----", false},
		{"no end", "-----BEGIN A-----\nZm9v\n", false},
		{"no body", "-----BEGIN A-----\n-----END A-----", false},
		{"literal backslash n", "-----BEGIN A-----\\nZm9v\\n-----END A-----\\n", false},
		{"spaces instead of line ends", "-----BEGIN A----- Zm9v -----END A-----", false},
		{"a body that is no base64", "-----BEGIN A-----\nZm9v!\n-----END A-----", false},
		{"a cut body", "-----BEGIN A-----\nZm9\n-----END A-----", false},
		{"unused bits that are not zero", "-----BEGIN A-----\nZm9=\n-----END A-----",
			false},
		{"digits behind the padding", "-----BEGIN A-----\nZg==Zg==\n-----END A-----",
			false},
		{"headers without an end", "-----BEGIN A-----\nProc-Type: 4\n", false},
		{"an end alone", "Zm9v\n-----END A-----", false},
		{"a cut second block",
			"-----BEGIN A-----\nZm9v\n-----END A-----\n-----BEGIN B-----\nZm", false},
		{"quotes around", "\"-----BEGIN A-----\nZm9v\n-----END A-----\"", false},
		{"nothing", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (encoding_is_pem(text_of(cases[i].text)) != cases[i].fits)
			fail_msg("%s: expected %d", cases[i].what, cases[i].fits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_agrees_with_libsodium),
		cmocka_unit_test(hex_comes_in_pairs),
		cmocka_unit_test(pem_blocks_are_whole),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
