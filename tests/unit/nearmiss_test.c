// Goal: every way in which INCIDENT's apps came to hold another secret than the one that was
// written is made from that secret, and none is made twice.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/nearmiss.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define ROWS_MAX NEARMISS_FORMS_MAX

struct expected {
	const char *code, *secret, *form;
};

static const struct expected cases[] = {
	{"quotes-double", "s3cr3t", "\"s3cr3t\""},
	{"quotes-single", "s3cr3t", "'s3cr3t'"},
	{"quotes-backtick", "s3cr3t", "`s3cr3t`"},
	{"quotes-double-cr", "s3cr3t", "\"s3cr3t\"\r"},
	{"quotes-single-cr", "s3cr3t", "'s3cr3t'\r"},
	{"quotes-double-newline", "s3cr3t", "\"s3cr3t\"\n"},
	{"quotes-escaped", "s3cr3t", "\\\"s3cr3t\\\""},
	{"quote-open", "s3cr3t", "\"s3cr3t"},
	{"quote-close", "s3cr3t", "s3cr3t\""},
	{"unquoted", "\"s3cr3t\"", "s3cr3t"},
	{"newline", "s3cr3t", "s3cr3t\n"},
	{"crlf", "s3cr3t", "s3cr3t\r\n"},
	{"cr", "s3cr3t", "s3cr3t\r"},
	{"trimmed", " s3cr3t\n", "s3cr3t"},
	{"trimmed-end", " s3cr3t\n", " s3cr3t"},
	{"space-after", "s3cr3t", "s3cr3t "},
	{"space-before", "s3cr3t", " s3cr3t"},
	{"space-around", "s3cr3t", " s3cr3t "},
	{"tab-after", "s3cr3t", "s3cr3t\t"},
	{"nbsp-after", "s3cr3t", "s3cr3t\xC2\xA0"},
	{"bom", "s3cr3t", "\xEF\xBB\xBFs3cr3t"},
	{"bom-lost", "\xEF\xBB\xBFs3cr3t", "s3cr3t"},
	{"base64-decoded", "aGVsbG8gd29ybGQ=", "hello world"},
	{"base64-decoded", "-_-_", "\xFB\xFF\xBF"},
	{"hex-decoded", "68656C6c6f", "hello"},
	{"base64-encoded", "hello?>?", "aGVsbG8/Pj8="},
	{"base64-encoded-unpadded", "hello?>?", "aGVsbG8/Pj8"},
	{"base64url-encoded", "hello?>?", "aGVsbG8_Pj8"},
	{"base64url-encoded-padded", "hello?>?", "aGVsbG8_Pj8="},
	{"hex-encoded", "jwt\xFF", "6a7774ff"},
	{"hex-encoded-upper", "jwt\xFF", "6A7774FF"},
	{"padding-lost", "a+/a+w==", "a+/a+w"},
	{"padding-added", "a+/a+w", "a+/a+w=="},
	{"alphabet-url", "a+/a+w==", "a-_a-w=="},
	{"alphabet-url-unpadded", "a+/a+w==", "a-_a-w"},
	{"alphabet-standard", "a-_a-w", "a+/a+w"},
	{"alphabet-standard-padded", "a-_a-w", "a+/a+w=="},
	{"cut-hash", "ab#cd #ef", "ab"},
	{"cut-comment", "ab#cd  #ef", "ab#cd"},
	{"cut-dollar", "ab$cd", "ab"},
	{"dollar-expanded", "ab$cd_1-ef${gh:-i}j$1$", "ab-efj$1$"},
	{"cut-equals", "ab=cd", "ab"},
	{"behind-equals", "ab=cd=ef", "cd=ef"},
	{"cut-space", "ab cd", "ab"},
	{"first-line", "ab\ncd", "ab"},
	{"cut-semicolon", "ab;cd", "ab"},
	{"cut-quote", "ab\"cd", "ab"},
	{"cut-apostrophe", "ab'cd", "ab"},
	{"cut-ampersand", "ab&cd", "ab"},
	{"name-kept", "s3cr3t", "KEY=s3cr3t"},
	{"name-kept-quoted", "s3cr3t", "KEY=\"s3cr3t\""},
	{"export-kept", "s3cr3t", "export KEY=s3cr3t"},
	{"equals-kept", "s3cr3t", "=s3cr3t"},
	{"newline-decoded", "ab\\ncd", "ab\ncd"},
	{"newline-encoded", "ab\ncd", "ab\\ncd"},
	{"crlf-normalised", "ab\r\ncd", "ab\ncd"},
	{"newline-crlf", "ab\ncd", "ab\r\ncd"},
	{"newline-lost", "ab\ncd", "abcd"},
	{"backslash-decoded", "ab\\tc\\xd\\", "ab\tcxd\\"},
	{"backslash-lost", "ab\\ncd", "abncd"},
	{"backslash-doubled", "ab\\xcd", "ab\\\\xcd"},
	{"dollar-backslash", "ab$cd", "ab\\$cd"},
	{"dollar-unescaped", "a\\n\\$cd", "a\\n$cd"},
	{"dollar-doubled", "ab$cd", "ab$$cd"},
	{"dollar-halved", "ab$$cd", "ab$cd"},
	{"json-string", "a\"b\\c\n", "\"a\\\"b\\\\c\\n\""},
	{"json-escaped", "a\"b\\c\n", "a\\\"b\\\\c\\n"},
	{"percent-decoded", "a%2Fb%zz+c", "a/b%zz+c"},
	{"form-decoded", "a%2Fb+c", "a/b c"},
	{"percent-encoded", "a/b c~", "a%2Fb%20c~"},
	{"space-plus", "ab cd", "ab+cd"},
	{"nfc", "cafe\xCC\x81", "caf\xC3\xA9"},
	{"nfd", "caf\xC3\xA9", "cafe\xCC\x81"},
	{"nfkc", "\xEF\xAC\x81", "fi"},
	{"nfkd", "\xEF\xAC\x81\xC3\xA9", "fie\xCC\x81"},
	{"latin1-bytes", "caf\xC3\xA9", "caf\xE9"},
	{"latin1-as-utf8", "caf\xC3\xA9", "caf\xC3\x83\xC2\xA9"},
	{"lower-case", "aBc1", "abc1"},
	{"upper-case", "aBc1", "ABC1"},
	{"sha256-hex", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"sha256-base64", "abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
	{"sha512-hex", "abc",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	{"first-16", "0123456789abcdefghij", "0123456789abcdef"},
	{"first-32", "0123456789abcdef0123456789abcdefgh", "0123456789abcdef0123456789abcdef"},
	{"byte-list", "jw\x05\xFF", "106,119,5,255"},
};

// Of the rows whose form no C string holds.
static const char *const elsewhere[] = {"utf16", "utf16-bom", "sha256", "sha512", "first-64"};

struct walk {
	struct nearmiss_room room;
	const char *code;
	struct secret form;
	bool found;
	size_t count, stop_at;
};

static bool visit(void *owner, const struct nearmiss *nearmiss, struct secret form)
{
	struct walk *walk = owner;

	walk->count++;
	assert_true(form.length > 0);
	if (walk->code && strcmp(nearmiss->code, walk->code) == 0)
		walk->found |= secret_equal(form, walk->form);
	return walk->count != walk->stop_at;
}

static struct walk *setup(void)
{
	struct walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		abort();
	return walk;
}

static void expect(const char *code, struct secret secret, struct secret form)
{
	struct walk *walk = setup();

	walk->code = code;
	walk->form = form;
	(void)nearmiss_walk(secret, "KEY", &walk->room, visit, walk);
	if (!walk->found)
		fail_msg("%s is not made", code);
	free(walk);
}

static struct secret text(const char *text)
{
	return secret_view(text, strlen(text));
}

static void each_misspelling_is_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect(cases[i].code, text(cases[i].secret), text(cases[i].form));
	expect("utf16", text("a\xC3\xA9"), secret_view("a\0\xE9\0", 4));
	expect("utf16-bom", text("a"),
		secret_view("\xFF\xFE"
			    "a\0",
			4));
	expect("first-64",
		text("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefgh"),
		text("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
}

static void hashes_of_a_secret_are_made(void **state)
{
	uint8_t digest[crypto_hash_sha512_BYTES];

	(void)state;
	(void)crypto_hash_sha256(digest, (const uint8_t *)"s3cr3t", 6);
	expect("sha256", text("s3cr3t"), secret_view(digest, crypto_hash_sha256_BYTES));
	(void)crypto_hash_sha512(digest, (const uint8_t *)"s3cr3t", 6);
	expect("sha512", text("s3cr3t"), secret_view(digest, crypto_hash_sha512_BYTES));
}

static bool has_case(const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (strcmp(cases[i].code, code) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (strcmp(elsewhere[i], code) == 0)
			return true;
	return false;
}

// What was handed over under each code.
struct told {
	struct nearmiss_room room;
	const struct nearmiss *rows[ROWS_MAX];
	size_t count;
};

static bool hear(void *owner, const struct nearmiss *nearmiss, struct secret form)
{
	struct told *told = owner;

	(void)form;
	if (!has_case(nearmiss->code))
		fail_msg("no case for %s", nearmiss->code);
	assert_true(strlen(nearmiss->what) > 10 && strlen(nearmiss->fix) > 10);
	for (size_t i = 0; i < told->count; i++) {
		if (told->rows[i] == nearmiss)
			return true;
		assert_string_not_equal(told->rows[i]->code, nearmiss->code);
	}
	told->rows[told->count++] = nearmiss;
	return true;
}

static void whatever_is_told_has_a_case(void **state)
{
	struct told *told = calloc(1, sizeof(*told));

	(void)state;
	if (!told)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		(void)nearmiss_walk(text(cases[i].secret), "KEY", &told->room, hear, told);
	assert_true(told->count > 60);
	free(told);
}

// Forms that were seen, to find one that comes twice.
struct seen {
	struct nearmiss_room room;
	struct secret secret;
	uint8_t hashes[ROWS_MAX][crypto_generichash_BYTES];
	size_t count;
};

static bool see(void *owner, const struct nearmiss *nearmiss, struct secret form)
{
	struct seen *seen = owner;
	uint8_t *hash = seen->hashes[seen->count];

	assert_false(secret_equal(form, seen->secret));
	(void)crypto_generichash(
		hash, crypto_generichash_BYTES, secret_bytes(form), form.length, NULL, 0);
	for (size_t i = 0; i < seen->count; i++)
		if (memcmp(seen->hashes[i], hash, crypto_generichash_BYTES) == 0)
			fail_msg("%s comes twice", nearmiss->code);
	seen->count++;
	return true;
}

static void no_form_comes_twice(void **state)
{
	static const char *const secrets[] = {"s3cr3t", "a", "\"quoted\"", "a$b=c #d\\n",
		"dGhpcyBpcyBhIHRlc3Q=", "0123456789abcdef0123456789abcdef", "caf\xC3\xA9", "\n",
		"$$$$", " "};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		struct seen *seen = calloc(1, sizeof(*seen));
		size_t made;

		if (!seen)
			abort();
		seen->secret = text(secrets[i]);
		made = nearmiss_walk(seen->secret, "KEY", &seen->room, see, seen);
		assert_int_equal(made, seen->count);
		free(seen);
	}
}

static void what_is_too_long_or_empty_has_no_forms(void **state)
{
	struct walk *walk = setup();
	char *large = calloc(1, NEARMISS_SECRET_MAX + 1);

	(void)state;
	if (!large)
		abort();
	memset(large, 0xC3, NEARMISS_SECRET_MAX + 1);
	assert_int_equal(nearmiss_walk(secret_view(large, NEARMISS_SECRET_MAX + 1), "KEY",
				 &walk->room, visit, walk),
		0);
	assert_int_equal(nearmiss_walk(SECRET_NONE, "KEY", &walk->room, visit, walk), 0);
	assert_true(nearmiss_walk(secret_view(large, NEARMISS_SECRET_MAX), "KEY", &walk->room,
			    visit, walk) > 20);
	walk->count = 0;
	walk->stop_at = 3;
	assert_int_equal(nearmiss_walk(text("s3cr3t"), "KEY", &walk->room, visit, walk), 3);
	free(large);
	free(walk);
}

static void the_misspelling_between_two_values_is_named(void **state)
{
	struct walk *walk = setup();
	const struct nearmiss *found;

	(void)state;
	found = nearmiss_between(text("s3cr3t"), "KEY", text("'s3cr3t'"), &walk->room);
	assert_non_null(found);
	assert_string_equal(found ? found->code : "", "quotes-single");
	assert_null(nearmiss_between(text("s3cr3t"), "KEY", text("s3cr3t"), &walk->room));
	assert_null(nearmiss_between(text("s3cr3t"), "KEY", text("other"), &walk->room));
	free(walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_misspelling_is_made),
		cmocka_unit_test(hashes_of_a_secret_are_made),
		cmocka_unit_test(whatever_is_told_has_a_case),
		cmocka_unit_test(no_form_comes_twice),
		cmocka_unit_test(what_is_too_long_or_empty_has_no_forms),
		cmocka_unit_test(the_misspelling_between_two_values_is_named),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
