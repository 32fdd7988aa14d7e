// Known placeholders, texts of a missing value and unresolved references are told from secrets.
// SPDX-License-Identifier: MIT
#include "lib/value/placeholder.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static struct secret text_of(const char *text)
{
	return secret_view(text, strlen(text));
}

// clang-format off
static const char *const public_texts[] = {
	"your-secret-key",
	"your_secret_key",
	"YOUR SECRET KEY",
	"\"your-secret-key\"",
	"<your-secret-key>",
	"{{your-secret}}",
	"[your-secret]",
	"changeme",
	"change-me",
	"CHANGE_ME",
	"ChangeMe!",
	"changeme123",
	"secret",
	"Secret",
	"'secret'",
	"mysecret",
	"my-secret",
	"supersecret",
	"super-secret-key",
	"SuperSecretKey123",
	"password",
	"Password1",
	"example",
	"test",
	"todo",
	"todo: set this",
	"placeholder",
	"xxx",
	"XXXXXXXX",
	"xxxx-xxxx-xxxx",
	"0000",
	"********",
	"replace-me",
	"replace_with_your_key",
	"your-256-bit-secret",
	"a-string-secret-at-least-256-bits-long",
	"your-super-secret-jwt-token-with-at-least-32-characters-long",
	"super-secret-jwt-token-with-at-least-32-characters-long",
	"s3cr3t",
	"default",
	"dev-secret",
	"keyboard cat",
	"shhhhh",
	"insert-your-key-here",
	"insert-token",
	"jwt-secret",
	"nextauth-secret",
	"nextauth_secret_change_me",
	"your-anything-at-all-here",
	"abc-changeme-def",
	"please_change_this",
	"your-secret-key-change-in-production",
	"dev-only-secret-key-change-in-production-min-32-chars",
	"default-fallback-secret",
	"DEFAULT_SECRET_FOR_DEV_ONLY",
	"your_fallback_secret_here",
	"dev-secret-change-me",
	"your-super-secret-refresh-key",
	"secretkey",
	"jwtSecretKey",
	"thisisasecretkey",
	"my-super-secret-jwt-key-2024",
	"p@ssw0rd",
	"sk-xxxxxxxxxxxxxxxx",
	"sk-...",
	"openssl rand -base64 32",
	"django-insecure-x1y2z3",
	"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
	"404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970",
	"thisISaSECRET_1234",
	"ThisTokenIsNotSoSecretChangeIt",
	"x",
};
// clang-format on

static void public_texts_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(public_texts); i++)
		if (!placeholder_is_known(text_of(public_texts[i])))
			fail_msg("%s", public_texts[i]);
}

static void real_values_are_not(void **state)
{
	static const char *const texts[] = {
		"",
		"gZKFCkie6YkJUNxfx5HcDJFCFXDzLuYuxH/sHo65Jjw=",
		"f4b9973d56bd864564d186854f3e0143",
		"9aff4aeb-1d21-45da-9195-c95a7870baa1",
		"x-api-key",
		"access_token",
		"next-auth.session-token",
		"my-app",
		"production",
		"postgres://db/main",
		"trombone velvet gravel puppet",
		"refresh",
		"secretariat",
		"keyboard",
		"tr#9K!vq2$Lw8&Zx",
		"hs256",
		"key-1",
		"session-key",
		"https://example.com/login",
		"secret12345678901234567890",
		"your",

	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (placeholder_is_known(text_of(texts[i])))
			fail_msg("%s", texts[i]);
}

static void long_values_and_bytes_are_not(void **state)
{
	char text[PLACEHOLDER_MAX + 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_true(placeholder_is_known(secret_view(text, PLACEHOLDER_MAX)));
	assert_false(placeholder_is_known(secret_view(text, PLACEHOLDER_MAX + 1)));
	assert_false(placeholder_is_known(secret_view("secret\0x", 8)));
	assert_false(placeholder_is_known(secret_view("\xff\xfe\x80", 3)));
}

static void texts_for_no_value_are_exact(void **state)
{
	static const char *const missing[] = {
		"undefined", "null", "(null)", "<nil>", "[object Object]", "[object Promise]"};
	static const char *const others[] = {"", "Undefined", "NULL", "None", "nil", "NaN",
		"undefined ", "nullable", "[object Array]"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++)
		assert_true(placeholder_is_undefined_text(text_of(missing[i])));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(placeholder_is_undefined_text(text_of(others[i])));
}

static void references_are_told_by_kind(void **state)
{
	static const struct {
		const char *value, *kind; // kind: a part of it; NULL: none
	} cases[] = {
		{"op://vault/item/field", "1Password"},
		{"encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3dAt+Z9HPMfLE", "dotenvx"},
		{"ENC[AES256_GCM,data:abc=,iv:x,tag:y,type:str]", "SOPS"},
		{"vault:secret/data/app#key", "Vault"},
		{"ref+vault://secret/app#/key", "vals"},
		{"${{ secrets.NEXTAUTH_SECRET }}", "template"},
		{"postgres://u:${{ secrets.PW }}@db/x", "template"},
		{"{{ .Values.secret }}", "template"},
		{"${NEXTAUTH_SECRET}", "variable"},
		{"$(openssl rand -base64 32)", "command"},
		{"<your secret>", "blank"},
		{"<paste here>", "blank"},
		{"$ANSIBLE_VAULT;1.1;AES256\n6162", "Ansible"},
		{"@Microsoft.KeyVault(SecretUri=https://x.vault.azure.net/secrets/y)", "Key Vault"},
		{"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "age"},
		{"-----BEGIN PGP MESSAGE-----\n\nhQ\n", "PGP"},
		{"arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf", NULL},
		{"open://x", NULL},
		{"Encrypted", NULL},
		{"${a", NULL},
		{"a${b}", NULL},
		{"${{ never closed", NULL},
		{"}} ${{", NULL},
		{"<a><b>", NULL},
		{"<a<b>", NULL},
		{"<>", NULL},
		{"{\"a\":{\"b\":1}}", NULL},
		{"gZKFCkie6YkJUNxfx5HcDJFCFXDzLuYuxH/sHo65Jjw=", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *kind = "";
		bool found = placeholder_is_unresolved(text_of(cases[i].value), &kind);

		if (found != (cases[i].kind != NULL) || (found && !strstr(kind, cases[i].kind)))
			fail_msg("%s: %s", cases[i].value, kind);
	}
}

static void every_text_to_try_is_known(void **state)
{
	size_t count = 0;

	(void)state;
	for (const char *text; (text = placeholder_text(count)); count++) {
		if (!placeholder_is_known(text_of(text)) &&
			!placeholder_is_undefined_text(text_of(text)))
			fail_msg("%s is not known", text);
		for (size_t i = 0; count < placeholder_spelt && i < count; i++)
			assert_string_not_equal(text, placeholder_text(i));
		// the table behind them is searched by halves
		if (count > placeholder_spelt && strcmp(placeholder_text(count - 1), text) >= 0)
			fail_msg("%s stands behind %s", text, placeholder_text(count - 1));
	}
	assert_true(count > placeholder_spelt && placeholder_spelt > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_texts_are_known),
		cmocka_unit_test(real_values_are_not),
		cmocka_unit_test(long_values_and_bytes_are_not),
		cmocka_unit_test(texts_for_no_value_are_exact),
		cmocka_unit_test(references_are_told_by_kind),
		cmocka_unit_test(every_text_to_try_is_known),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
