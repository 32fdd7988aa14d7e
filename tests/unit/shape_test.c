// Which names and values are taken for secrets, and which values are of their declared type.
// SPDX-License-Identifier: MIT
#include "lib/value/shape.h"
#include "lib/value/shape_show.h"
#include "lib/value/shape_type.h"
#include "lib/value/urltext.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static struct secret text_of(const char *text)
{
	return secret_view(text, strlen(text));
}

static void names_that_say_secret(void **state)
{
	static const struct {
		const char *name;
		bool secret;
	} cases[] = {
		{"NEXTAUTH_SECRET", true},
		{"ACCESS_TOKEN", true},
		{"REFRESH_TOKENS", true},
		{"DB_PASS", true},
		{"MYSQL_PWD", true},
		{"API_KEY", true},
		{"SIGNING_KEYS", true},
		{"AWS_CREDENTIALS", true},
		{"GOOGLE_APPLICATION_CREDENTIAL", true},
		{"TLS_PRIVATE", true},
		{"HASH_SALT", true},
		{"SENTRY_DSN", true},
		{"BASIC_AUTH", true},
		{"AUTH_SECRET", true},
		{"POSTGRES_PASSWORD", true},
		{"PGPASSWORD", true},
		{"HTPASSWD_PASSWD", true},
		{"GPG_PASSPHRASE", true},
		{"APIKEY", true},
		{"apiKey", true},
		{"jwtSecret", true},
		{"APIKey", true},
		{"my-token", true},
		{"db.password", true},
		{"JWT_SECRET2", true},
		{"SECRET", true},
		{"secret", true},
		{"MONKEY", false},
		{"KEYCLOAK_URL", false},
		{"NEXTAUTH_URL", false},
		{"AUTHOR", false},
		{"COMPASS_DIRECTION", false},
		{"TOKENIZER", false},
		{"BYPASSED", false},
		{"NODE_ENV", false},
		{"ETLS_ACCESS", false}, // its value says so instead
		{"NEXT_PUBLIC_API_KEY", false},
		{"VITE_MAP_TOKEN", false},
		{"", false},
		{"_", false},
		{"S", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (shape_name_looks_secret(cases[i].name) != cases[i].secret)
			fail_msg("%s: expected %d", cases[i].name, cases[i].secret);
}

static const char pem_key[] = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEmoKqJ2bU4zHMOj\n"
			      "-----END PRIVATE KEY-----\n";

static void values_that_look_secret(void **state)
{
	static const struct {
		const char *what, *value;
		bool secret;
	} cases[] = {
		{"a PEM private key", pem_key, true},
		{"a PEM key with literal \\n", "-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n", true},
		{"a PGP private key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nabcd\n", true},
		{"a key inside a service account's JSON",
			"{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMIIE\"}", true},
		{"a certificate", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n",
			false},
		{"a JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", true},
		{"a JWE with an empty part", "eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn", true},
		{"a symmetric JSON Web Key", "{\"kty\":\"oct\",\"k\":\"AAAA\"}", true},
		{"a public JSON Web Key", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
			false},
		{"a URL with a password", "postgres://app:pw@db.example/main", true},
		{"a URL with a password that holds @", "amqp://u:p@ss@mq:5672", true},
		{"a URL with a user only", "https://key@sentry.example/1", false},
		{"a URL with an empty password", "redis://:@cache:6379", false},
		{"a URL with a port", "http://localhost:3000/api/auth", false},
		{"a URL with a long query", "https://x.example/a?q=Zm9vYmFyMTIzNDU2Nzg5MGFi",
			false},
		{"32 random bytes in base64", "gZKFCkie6YkJUNxfx5HcDJFCFXDzLuYuxH/sHo65Jjw=", true},
		{"32 random bytes in base64url", "h3Zk-9Jw_2qTz0yXn4uVb7Lc1mRd8sPe5aGf6oKiNtE",
			true},
		{"16 random bytes in hex", "f4b9973d56bd864564d186854f3e0143", true},
		{"random capitals with digits", "K7DP2XQ4NS6YB3RMZT5WJ8VHC9EFLGAU", true},
		{"quotes around a random text", "\"gZKFCkie6YkJUNxfx5HcDJFCFXDzLuY\"", true},
		{"a line end behind a random text", "f4b9973d56bd864564d186854f3e0143\r\n", true},
		{"blanks around a random text", " \t'f4b9973d56bd864564d186854f3e0143'\n\n", true},
		{"blanks alone", " \r\n", false},
		{"a password manager's password", "tr#9K!vq2$Lw8&Zx", true},
		{"a provider's key with a prefix", "sk_live_51HabcdQ9GHijkl0123XYZ", true},
		{"bytes that are no text",
			"\x8f\x01\xfe\x22\x10\xc3\x28\x91\x8f\x01\xfe\x22\x10\xc3\x28\x91", true},
		{"15 random bytes", "gZKFCkie6YkJUNx", false},
		{"a word", "production", false},
		{"a name with a version", "my-app-production-v2", false},
		{"a name in camel case", "ReactNativeProductionApp2", false},
		{"a model's name with a date", "gpt-4o-mini-2024-07-18", false},
		{"a host", "db-1.eu-west-1.rds.amazonaws.com", false},
		{"a host with a port", "smtp.mail.example.com:587", false},
		{"an absolute path", "/var/lib/app-data/v1.2/config.json", false},
		{"a relative path", "../shared/config/app.production.json", false},
		{"a time zone", "America/Argentina/Buenos_Aires", false},
		{"a media type", "application/json;charset=utf-8", false},
		{"a sentence", "The quick brown fox jumps over 13 lazy dogs", false},
		{"a list of words", "read,write,Admin,Viewer2,owner", false},
		{"a list of hosts", "http1.example.com,http2.example.com", false},
		{"a semantic version", "1.2.3-alpha.4+build.5678", false},
		{"an ISO date", "2024-01-02T03:04:05.123Z", false},
		{"an e-mail address", "Jane.Doe+orders2@mail.example.com", false},
		{"an IPv6 address", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", false},
		{"a UUID: an identifier more often than not",
			"9aff4aeb-1d21-45da-9195-c95a7870baa1", false},
		{"an image digest", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c",
			false},
		{"an ARN", "arn:aws:iam::123456789012:role/MyRole", false},
		{"a log format", "%(asctime)s-%(levelname)s-%(message)s", false},
		{"a JSON object", "{\"Feature1\":true,\"Feature2\":[1,2,3]}", false},
		{"a glob", "src/**/*.{ts,tsx,js,jsx}", false},
		{"digits only", "12345678901234567890", false},
		{"an empty value", "", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (shape_value_looks_secret(text_of(cases[i].value)) != cases[i].secret)
			fail_msg("%s: expected %d", cases[i].what, cases[i].secret);
}

static void a_public_name_is_never_secret(void **state)
{
	(void)state;
	assert_false(shape_looks_secret("NEXT_PUBLIC_KEY", text_of(pem_key)));
	assert_false(shape_looks_secret("VITE_SECRET", text_of("x")));
	assert_true(shape_looks_secret("ETLS_ACCESS", text_of("f4b9973d56bd864564d186854f3e0143")));
	assert_true(shape_looks_secret("API_KEY", text_of("short")));
	assert_false(shape_looks_secret("PORT", text_of("3000")));
}

// Nearly every value that a generator draws is seen, in each alphabet that generators use.
static void random_values_are_seen(void **state)
{
	static const struct {
		const char *what, *alphabet;
		size_t length, percent;
	} cases[] = {
		{"letters and digits, 16",
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 16, 97},
		{"base64url, 43",
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 43, 99},
		{"base64, 44", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
			44, 99},
		{"hex, 32", "0123456789abcdef", 32, 97},
		{"base32, 32", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32, 94},
	};
	const uint8_t seed[randombytes_SEEDBYTES] = {42};
	uint8_t drawn[1000 * 44];

	(void)state;
	randombytes_buf_deterministic(drawn, sizeof(drawn), seed);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t size = strlen(cases[i].alphabet), seen = 0;

		for (size_t j = 0; j < 1000; j++) {
			char text[64];

			for (size_t k = 0; k < cases[i].length; k++)
				text[k] = cases[i].alphabet[drawn[j * 44 + k] % size];
			seen += shape_value_looks_secret(secret_view(text, cases[i].length));
		}
		if (seen < cases[i].percent * 10)
			fail_msg("%s: %zu of 1000", cases[i].what, seen);
	}
}

static const struct {
	const char *value;
	enum shape_type type;
	bool fits;
} typed[] = {
	{"", SHAPE_STRING, true},
	{"anything at all", SHAPE_STRING, true},
	{"0", SHAPE_INTEGER, true},
	{"-1", SHAPE_INTEGER, true},
	{"9223372036854775807", SHAPE_INTEGER, true},
	{"-9223372036854775808", SHAPE_INTEGER, true},
	{"9223372036854775808", SHAPE_INTEGER, false},
	{"-9223372036854775809", SHAPE_INTEGER, false},
	{"99999999999999999999", SHAPE_INTEGER, false},
	{"18446744073709551617", SHAPE_INTEGER, false},
	{"007", SHAPE_INTEGER, false},
	{"-0", SHAPE_INTEGER, false},
	{"+1", SHAPE_INTEGER, false},
	{"1.0", SHAPE_INTEGER, false},
	{"1e3", SHAPE_INTEGER, false},
	{" 1", SHAPE_INTEGER, false},
	{"-", SHAPE_INTEGER, false},
	{"", SHAPE_INTEGER, false},
	{"true", SHAPE_BOOLEAN, true},
	{"Off", SHAPE_BOOLEAN, true},
	{"0", SHAPE_BOOLEAN, true},
	{"ture", SHAPE_BOOLEAN, false},
	{"t", SHAPE_BOOLEAN, false},
	{"", SHAPE_BOOLEAN, false},
	{"1", SHAPE_PORT, true},
	{"65535", SHAPE_PORT, true},
	{"0", SHAPE_PORT, false},
	{"65536", SHAPE_PORT, false},
	{"080", SHAPE_PORT, false},
	{"3000 ", SHAPE_PORT, false},
	{"https://example.com", SHAPE_URL, true},
	{"http://user:p%40ss@[::1]:8080/a?b#c", SHAPE_URL, true},
	{"postgres:///main", SHAPE_URL, true},
	{"file:///etc/hosts", SHAPE_URL, true},
	{"mongodb://a:1,b:2/db", SHAPE_URL, true},
	{"http:///path", SHAPE_URL, false},
	{"http://", SHAPE_URL, false},
	{"example.com", SHAPE_URL, false},
	{"//example.com", SHAPE_URL, false},
	{"mailto:a@example.com", SHAPE_URL, false},
	{"http://example.com:99999", SHAPE_URL, false},
	{"http://example.com:", SHAPE_URL, false},
	{"http://exa mple.com", SHAPE_URL, false},
	{"\"http://example.com\"", SHAPE_URL, false},
	{"http://example.com/%4", SHAPE_URL, false},
	{"http://[::1", SHAPE_URL, false},
	{"http://[::1]x", SHAPE_URL, false},
	{"http://example.com\n", SHAPE_URL, false},
	{"Zm8=", SHAPE_BASE64, true},
	{"Zm8", SHAPE_BASE64URL, true},
	{"00fF", SHAPE_HEX, true},
	{"-----BEGIN X-----\nZm9v\n-----END X-----", SHAPE_PEM, true},
	{"{\"kty\":\"oct\",\"k\":\"Zm8\"}", SHAPE_JWK, true},
	{"{\"kty\":\"RSA\",\"n\":\"Zm8\",\"e\":\"AQAB\"}", SHAPE_JWK, true},
	{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"Zm8\",\"y\":\"Zm8\"}", SHAPE_JWK, true},
	{"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"Zm8\",\"d\":\"Zm8\"}", SHAPE_JWK, true},
	{"{\"kty\":\"oct\",\"k\":\"Zm8=x\"}", SHAPE_JWK, false},
	{"{\"kty\":\"oct\"}", SHAPE_JWK, false},
	{"{\"kty\":\"RSA\",\"n\":\"Zm8\"}", SHAPE_JWK, false},
	{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"Zm8\"}", SHAPE_JWK, false},
	{"{\"kty\":\"oct\",\"k\":\"Zm8\",\"k\":\"Zm9v\"}", SHAPE_JWK, false},
	{"{\"kty\":\"dsa\",\"k\":\"Zm8\"}", SHAPE_JWK, false},
	{"{\"kty\":1,\"k\":\"Zm8\"}", SHAPE_JWK, false},
	{"{\"keys\":[{\"kty\":\"oct\",\"k\":\"Zm8\"}]}", SHAPE_JWK, false},
	{"{\"a\":[1,2,{\"b\":null}]}", SHAPE_JSON, true},
	{"{a:1}", SHAPE_JSON, false},
	{"debug", SHAPE_ENUM, true},
	{"Debug", SHAPE_ENUM, false},
	{"debugx", SHAPE_ENUM, false},
	{"", SHAPE_ENUM, false},
};

static void types_are_strict(void **state)
{
	static const char *const words[] = {"debug", "info", NULL};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(typed); i++)
		if (shape_type_is(typed[i].type, text_of(typed[i].value), words) != typed[i].fits)
			fail_msg("%s \"%s\": expected %d", shape_type_names[typed[i].type],
				typed[i].value, typed[i].fits);
	assert_false(shape_type_is(SHAPE_ENUM, text_of("debug"), NULL));
}

static void every_type_has_a_name_and_a_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHAPE_TYPES; i++) {
		assert_non_null(shape_type_names[i]);
		assert_non_null(shape_type_rule((enum shape_type)i));
	}
	assert_null(shape_type_names[SHAPE_TYPES]);
	assert_string_equal(shape_type_names[SHAPE_BASE64URL], "base64url");
}

static void a_url_gives_its_password(void **state)
{
	struct secret password;

	(void)state;
	assert_true(urltext_password(text_of("amqp://u:p@ss:w@mq:5672/x"), &password));
	assert_true(secret_is(password, "p@ss:w"));
	assert_true(urltext_password(text_of("redis://:pw@cache"), &password));
	assert_true(secret_is(password, "pw"));
	assert_false(urltext_password(text_of("http://h/a:b@c"), &password));
	assert_false(urltext_password(text_of("u:p@h"), &password));
	assert_false(urltext_password(text_of(""), &password));
}

static void shows_no_value_of_a_command_line(void **state)
{
	static const struct {
		const char *name, *before, *word, *shown;
	} cases[] = {
		{"a program", NULL, "/srv/app-2/node", "/srv/app-2/node"},
		{"an ordinary option", "node", "--port=3000", "--port=3000"},
		{"an assignment of a secret", "env", "API_TOKEN=hunter2", "API_TOKEN=..."},
		{"an assignment of something else", "env", "MODE=x", "MODE=x"},
		{"a URL with a password", "env", "DB=pg://u:hunter2@h/d", "DB=..."},
		{"an option with a secret", "node", "--auth-token=hunter2", "--auth-token=..."},
		{"what an option announces", "--password", "hunter2", "..."},
		{"the option behind it", "--password", "--port", "--port"},
		{"the file of our own key", "--fingerprint-key", "conf/fp.key", "conf/fp.key"},
		{"the same in one word", "run", "--fingerprint-key=fp", "--fingerprint-key=fp"},
		{"a value instead of the file", "--fingerprint-key",
			"k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE", "..."},
		{"a script", "-c", "A=1 MY_SECRET=x  node", "A=1 MY_SECRET=... node"},
		{"a header", "-H", "Authorization: Bearer hunter2", "Authorization: Bearer ..."},
		{"random text", "login", "k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE", "..."},
		{"nothing", "node", "", ""},
	};
	char shown[80];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(shape_show_argument(
				   shown, sizeof(shown), cases[i].before, cases[i].word),
			    cases[i].shown) != 0)
			fail_msg("%s: '%s'", cases[i].name, shown);
}

static void knows_a_line_of_encoded_text(void **state)
{
	static const struct {
		const char *name, *line_name, *value;
		bool encoded;
	} cases[] = {
		{"a padded last line", "Q7", "=", true},
		{"one byte of padding", "AbC1dEfGhIj", "", true},
		{"an ordinary name without a value", "HTTPS_PROXY", "", false},
		{"letters only", "NextAuthSec", "", false},
		{"a value", "AbC1dEfGhIj", "x", false},
		{"an equals sign for a value", "SEPARATOR", "=", false},
		{"base64url", "q7Lw2Vx9RtLzB4nHcYfPd6sJgA8eUi_kM3-xTz", "=", true},
		{"a token that stands alone", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "", true},
		{"a JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmN", "x", true},
		{"a URL up to its query", "postgres://user:word@db/x?ssl", "on", true},
		{"a URL in brackets", "[redis://:word@db/?a", "b", true},
		{"words and numbers", "NEXT_PUBLIC_OAUTH2_S3_BUCKET_V2", "", false},
		{"words with dots", "spring.security.oauth2.client.registration", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (shape_name_is_encoded(cases[i].line_name, strlen(cases[i].line_name),
			    secret_view(cases[i].value, strlen(cases[i].value))) !=
			cases[i].encoded)
			fail_msg("%s", cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_no_value_of_a_command_line),
		cmocka_unit_test(knows_a_line_of_encoded_text),
		cmocka_unit_test(names_that_say_secret),
		cmocka_unit_test(values_that_look_secret),
		cmocka_unit_test(a_public_name_is_never_secret),
		cmocka_unit_test(random_values_are_seen),
		cmocka_unit_test(types_are_strict),
		cmocka_unit_test(every_type_has_a_name_and_a_rule),
		cmocka_unit_test(a_url_gives_its_password),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
