// Sentinels look like what they stand in for, are another each time, and tell no length.
// SPDX-License-Identifier: MIT
#include "loader/resolve/sentinel.h"

#include "lib/base/text.h"
#include "lib/value/encoding.h"

#include <regex.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *prose;
	enum shape_type type;
	const char *like;
	size_t min_length;
	const char *pattern;
} cases[] = {
	{"nothing is known of it", SHAPE_STRING, "", 0, "^[A-Za-z0-9]{44}$"},
	{"letters of both cases and digits", SHAPE_STRING, "k7Vw2mQx9RtLzB4n", 0,
		"^[A-Za-z0-9]{16}$"},
	{"one more than a class", SHAPE_STRING, "k7Vw2mQx9RtLzB4nH", 0, "^[A-Za-z0-9]{24}$"},
	{"a few bytes", SHAPE_STRING, "x", 0, "^[a-z0-9]{16}$"},
	{"signs that quoting would need", SHAPE_STRING, "it's $a \"test\"", 0, "^[A-Za-z0-9]{16}$"},
	{"as long as it must be", SHAPE_STRING, "k7Vw", 60, "^[A-Za-z0-9]{64}$"},
	{"hex stays hex", SHAPE_STRING, HEX64, 0, "^[0-9a-f]{64}$"},
	{"hex in capitals", SHAPE_STRING, "0123456789ABCDEF", 0, "^[0-9A-F]{16}$"},
	{"hex by its type, of which nothing is known", SHAPE_HEX, "", 0, "^[0-9a-f]{44}$"},
	{"digits, and enough of them", SHAPE_STRING, "1234", 0, "^[0-9]{24}$"},
	{"one case and digits", SHAPE_STRING, "abcxyz0123456789", 0, "^[a-z0-9]{16}$"},
	{"base64 with one byte of padding", SHAPE_STRING,
		"3q2+7w3q2+7w3q2+7w3q2+7w3q2+7w3q2+7w3q2+7w0=", 0, "^[A-Za-z0-9]{43}=$"},
	{"base64 with two", SHAPE_BASE64, "3q2+7w3q2+7w3q2+7w3q2w==", 0, "^[A-Za-z0-9]{22}==$"},
	{"base64url without any", SHAPE_BASE64URL, "3q2-7w3q2-7w3q2-7w", 0, "^[A-Za-z0-9]{24}$"},
	{"a UUID", SHAPE_STRING, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", 0,
		"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"},
	{"a URL with a password", SHAPE_STRING, "postgres://shop:pw@db.example:5432/shop", 0,
		"^postgres://standin:[a-z0-9A-Z]{16}@stand-in\\.invalid:5432/standin$"},
	{"one without a port, by its type", SHAPE_URL, "redis://:secretsecretsecret@cache/0", 0,
		"^redis://standin:[A-Za-z0-9]{24}@stand-in\\.invalid/standin$"},
	{"a password with a port behind its host and nothing else", SHAPE_STRING, "x://u:p@h:1", 0,
		"^x://standin:[A-Za-z0-9]{16}@stand-in\\.invalid:1/standin$"},
	{"a URL without a password, by its type", SHAPE_URL, "https://shop.example/hook", 0,
		"^https://stand-in\\.invalid/[A-Za-z0-9]{44}$"},
	{"a PEM block with its label", SHAPE_STRING,
		"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", 0,
		"^-----BEGIN EC PRIVATE KEY-----\n[A-Za-z0-9]{64}\n[A-Za-z0-9]{64}\n-----END EC "
		"PRIVATE KEY-----\n$"},
	{"a PEM block of which nothing is known", SHAPE_PEM, "", 0,
		"^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9]{64}\n-----END PRIVATE KEY-----\n$"},
	{"a PEM block as long as it must be", SHAPE_PEM, "", 250,
		"^-----BEGIN PRIVATE KEY-----\n([A-Za-z0-9]{64}\n){4}-----END PRIVATE KEY-----\n$"},
	{"a URL with an address of IPv6", SHAPE_STRING, "postgres://u:pw@[::1]:5432/x", 0,
		"^postgres://standin:[A-Za-z0-9]{16}@stand-in\\.invalid:5432/standin$"},
	{"one without a port behind it", SHAPE_STRING, "postgres://u:pw@[::1]/x", 0,
		"^postgres://standin:[A-Za-z0-9]{16}@stand-in\\.invalid/standin$"},
	{"a URL as long as it must be", SHAPE_URL, "postgres://u:pw@h/x", 200,
		"^postgres://standin:[A-Za-z0-9]{256}@stand-in\\.invalid/standin$"},
	{"a URL without a password, by its looks", SHAPE_STRING, "http://hooks.example:81/T/B/x", 0,
		"^http://stand-in\\.invalid:81/[A-Za-z0-9]{44}$"},
	{"a scheme that is not https", SHAPE_URL, "redis://cache:6379/0", 0,
		"^redis://stand-in\\.invalid:6379/[A-Za-z0-9]{44}$"},
	{"a JWT", SHAPE_STRING, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.k7Vw2mQx9RtLzB4nHc8sJ5dYf3gT",
		0, "^eyJhbGciOiJIUzI1NiJ9\\.e30\\.[A-Za-z0-9]{44}$"},
	{"a key with the prefix of its service", SHAPE_STRING,
		"sk_live_51H8xQ2eZvKYlo2Ck7Vw2mQx9RtLzB4n", 0, "^sk_live_[A-Za-z0-9]{32}$"},
	{"a prefix of one word", SHAPE_STRING, "ghp_51H8xQ2eZvKYlo2Ck7Vw2mQx9RtLzB4n0Ht", 0,
		"^ghp_[A-Za-z0-9]{44}$"},
	{"words that are no prefix", SHAPE_STRING, "my_secret_password_password_password", 0,
		"^[A-Za-z0-9]{44}$"},
	{"a list in JSON", SHAPE_STRING, "[1,2]", 0, "^\\[\"[A-Za-z0-9]{44}\"\\]$"},
	{"JSON", SHAPE_STRING, "{\"a\":1}", 0, "^\\{\"stand-in\":\"[A-Za-z0-9]{44}\"\\}$"},
	{"a JWK", SHAPE_STRING, "{\"kty\":\"oct\",\"k\":\"AAAA\"}", 0,
		"^\\{\"kty\":\"oct\",\"k\":\"[A-Za-z0-9]{44}\"\\}$"},
	{"an integer that JavaScript can hold", SHAPE_INTEGER, "7", 0, "^1[0-9]{15}$"},
	{"a port", SHAPE_PORT, "8080", 0, "^4[0-9]{4}$"},
};

static struct secret_arena *arena;

static struct secret view(const char *text)
{
	return secret_view(text, strlen(text));
}

static char *draw(size_t i)
{
	struct sentinel_request request = {.type = cases[i].type,
		.like = view(cases[i].like),
		.min_length = cases[i].min_length};
	struct secret value;
	char *text;

	assert_int_equal(sentinel_draw(&request, arena, &value), 0);
	text = strndup((const char *)secret_bytes(value), value.length);
	if (!text)
		abort();
	return text;
}

static void they_look_like_what_they_stand_in_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t j = 0; j < 50; j++) {
			own_free char *text = draw(i);
			regex_t pattern;

			assert_int_equal(
				regcomp(&pattern, cases[i].pattern, REG_EXTENDED | REG_NOSUB), 0);
			if (regexec(&pattern, text, 0, NULL, 0) != 0)
				fail_msg("%s: %s", cases[i].prose, text);
			regfree(&pattern);
			if (!shape_type_is(cases[i].type, view(text), NULL))
				fail_msg("%s: %s is not of its type", cases[i].prose, text);
			if (cases[i].type != SHAPE_PORT && strlen(text) < SENTINEL_SIZE_MIN)
				fail_msg("%s: %s is too short", cases[i].prose, text);
		}
}

static void each_is_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *first = draw(i), *second = draw(i);

		if (cases[i].type != SHAPE_PORT && text_equal(first, second))
			fail_msg("%s: twice %s", cases[i].prose, first);
	}
}

static void none_is_what_it_stands_in_for(void **state)
{
	static const char *words[] = {"blue", "red", "true", "4"};
	static const enum shape_type types[] = {SHAPE_ENUM, SHAPE_BOOLEAN};

	(void)state;
	for (size_t i = 0; i < 500; i++) {
		struct secret value;
		struct sentinel_request request = {.type = types[i % 2],
			.like = view(words[i % 2 ? 2 : 0]),
			.words = words,
			.word_count = ARRAY_SIZE(words)};

		assert_int_equal(sentinel_draw(&request, arena, &value), 0);
		assert_false(secret_equal(value, request.like));
		request.word_count = 1; // there is no other
		assert_int_equal(sentinel_draw(&request, arena, &value), 0);
		assert_true(value.length > 0);
	}
}

static void a_length_stands_for_a_class(void **state)
{
	size_t before = 0;

	(void)state;
	for (size_t length = 0; length <= 65536; length++) {
		size_t now = sentinel_length(length);

		if (now < length || now < before || now % 4)
			fail_msg("%zu: %zu", length, now);
		before = now;
	}
	assert_int_equal(sentinel_length(43), sentinel_length(33));
	assert_int_equal(sentinel_length(65536), 65536);
}

static int set_up(void **state)
{
	(void)state;
	return sodium_init() < 0 ? -1 : secret_arena_open(NULL, &arena, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	arena = secret_arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_look_like_what_they_stand_in_for),
		cmocka_unit_test(each_is_another),
		cmocka_unit_test(none_is_what_it_stands_in_for),
		cmocka_unit_test(a_length_stands_for_a_class),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
