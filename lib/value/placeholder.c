// The tables behind placeholder.h, from public examples, templates and the defaults of products.
// A value is judged in a lower-case copy on the stack, which is wiped.
// SPDX-License-Identifier: MIT
#include "lib/value/placeholder.h"

#include "lib/base/ascii.h"
#include "lib/value/placeholder_words.h"

#include <sodium.h>

// A copy for comparing: lower case, `-` for `_` and space, no decoration around it.
struct folded {
	size_t length;
	char text[PLACEHOLDER_MAX + 1];
};

// Single words and texts that no rule below would find, folded, sorted by origin.
// clang-format off
static const char *const known_texts[] = {
	// words
	"secret", "secrets", "password", "passwd", "pass", "passphrase", "token", "key", "changeme",
	"example", "sample", "test", "testing", "todo", "tbd", "fixme", "placeholder", "default",
	"dummy", "fake", "foo", "bar", "foobar", "foobarbaz", "admin", "administrator", "root",
	"guest", "user", "demo", "dev", "development", "local", "none", "empty", "unset", "n/a",
	"value", "string", "hidden", "redacted", "masked", "private", "public", "letmein",
	"welcome", "qwerty", "abc123", "password1", "hunter2", "iloveyou", "master", "postgres",
	"mysql", "rabbitmq", "minioadmin", "minio123", "123456", "12345678", "123456789",
	"1234567890", "1234", "12345", "fill-me-in", "edit-me", "edit-this", "set-me",
	"fixme-later", "insert", "replace", "to-be-set", "to-be-defined", "to-be-changed",
	"tobemodified", "fallback", "my-key", "my-token", "mykey", "mytoken", "test-key", "test-token",
	"jwt-key", "jwt", "jwttoken", "shh", "abc", "xyz", "asdf", "asdfasdf", "asdfghjkl",
	"qwertyuiop", "notasecret", "top-secret", "topsecret",
	// spelt with digits and signs
	"s3cr3t", "s3cret", "secr3t", "5ecret", "sup3rs3cr3t", "sup3r-s3cr3t", "p@ssw0rd",
	"p@ssword", "passw0rd", "pa$$w0rd", "pa$$word", "ch4ng3m3", "adm1n",
	// tutorials and documentation
	"keyboard-cat", "shhhhh", "shhhhhhared-secret", "a-string-secret", "allyourbase",
	"qwertyuiopasdfghjklzxcvbnm123456", "toooo-many-secrets", "mysupersecret", "somesecret",
	"some-secret", "something", "ilovenode", "ilovejs", "thisismysecret", "this-is-a-secret",
	"its-a-secret", "it's-a-secret", "ssshhh",
	"my-32-character-ultra-secure-and-ultra-long-secret", "put-your-unique-phrase-here",
	"thistokenisnotsosecretchangeit", "!changethismercurehubjwtsecretkey!",
	"correct-horse-battery-staple", "correcthorsebatterystaple",
	"complex-password-at-least-32-characters-long", "secret-key-base",
	"404e635266556a586e3272357538782f413f4428472b4b6250645367566b5970",
	"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
	"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
	"wjalrxutnfemi/k7mdeng/bpxrficyexamplekey", "akiaiosfodnn7example",
	// defaults of products
	"255d861b-5ea1-5996-9aa3-922530ec40b1", "6116487b-cda1-52c2-b5b5-c8022c45e263",
	"sw2ycwtib9zpoohopsmm", "thisisasecret-1234", "test-non-dev-secret",
	"use-your-own-secure-random-key", "temporary-key", "myadminsecretkey", "foobared",
	"harbor12345", "5ivel!fe", "mysecretpassword", "my-secret-pw",
};
// clang-format on

// Spelt as code, documentation and templates write them, for trying them as keys.
// clang-format off
static const char *const spelt_texts[] = {
	"your-secret-key", "your_secret_key", "YOUR_SECRET_KEY", "your-secret", "your_secret",
	"YOUR_SECRET", "yoursecret", "yoursecretkey", "yourSecretKey", "your-super-secret-key",
	"your-secret-key-here", "your_secret_key_here", "your-secret-here", "your_secret_here",
	"your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret",
	"a-string-secret-at-least-256-bits-long", "your-jwt-secret", "your_jwt_secret",
	"your-jwt-secret-key", "your-super-secret-jwt-key", "your-nextauth-secret",
	"your_nextauth_secret", "your-nextauth-secret-here", "your-auth-secret",
	"your-refresh-secret", "your-access-secret", "your-secret-key-change-in-production",
	"your-secret-key-change-this-in-production", "your-super-secret-key-change-in-production",
	"secret", "SECRET", "Secret", "secretkey", "secretKey", "secret-key", "secret_key",
	"SECRET_KEY", "supersecret", "superSecret", "super-secret", "super_secret",
	"supersecretkey", "super-secret-key", "super_secret_key", "mysecret", "mySecret",
	"my-secret", "my_secret", "mysecretkey", "my-secret-key", "my_secret_key",
	"my-super-secret-key", "jwtsecret", "jwtSecret", "jwt-secret", "jwt_secret", "JWT_SECRET",
	"jwt-secret-key", "jwt_secret_key", "nextauth-secret", "nextauth_secret",
	"NEXTAUTH_SECRET", "authsecret", "auth-secret", "AUTH_SECRET", "access-secret",
	"refresh-secret", "access_secret", "refresh_secret", "accessSecret", "refreshSecret",
	"session-secret", "session_secret", "token-secret", "tokensecret", "topsecret",
	"top-secret", "default-secret", "default_secret", "default-secret-key", "defaultsecret",
	"default", "fallback-secret", "fallback_secret", "fallback", "fallback-secret-key",
	"dev-secret", "dev_secret", "devsecret", "dev-secret-key", "dev-jwt-secret",
	"development-secret", "development_secret", "development", "test-secret", "test_secret",
	"testsecret", "test-secret-key", "test-jwt-secret", "test", "changeme", "change-me",
	"change_me", "changeMe", "CHANGEME", "CHANGE_ME", "changeit", "change-this",
	"change-me-in-production", "change-this-in-production", "please-change-me", "password",
	"key", "token",
	"undefined", "null", "(null)", "<nil>", "[object Object]", "[object Promise]",
};
// clang-format on

// Texts that tell wherever they stand in the folded text.
// clang-format off
static const char *const telling_parts[] = {
	"changeme", "change-me", "change-this", "changethis", "change-it", "change-in-prod",
	"please-change", "placeholder", "xxxxxx", "for-testing-only", "do-not-use",
	"not-for-production",
};

// Patterns over the whole folded text; `*` stands for any bytes.
static const char *const patterns[] = {
	"your-*-here", "your*goes-here", "*changeit", "replace*me*", "replace-with-*",
	"replace-this*", "insert-*", "*-insert-*-here", "enter-*-here", "enter-your-*",
	"put-your-*", "paste-*-here", "add-your-*", "set-your-*", "todo:*", "todo-*", "*...",
	"openssl-rand*", "run-openssl-*", "generate-with-*", "generate-a-*", "generate-your-*",
	"not-a-real-*", "django-insecure-*", "use-a-*-secret*", "use-a-*-key*", "some-*-secret",
};
// clang-format on

static char fold_byte(uint8_t c)
{
	if (ascii_is_upper(c))
		c = (uint8_t)(c + 32);
	else if (c == '_' || c == ' ')
		c = '-';
	return (char)c;
}

static bool fold(struct secret value, const char *decoration, struct folded *ret_folded)
{
	const uint8_t *at = secret_bytes(value);
	size_t start = 0, end = value.length;

	if (end > PLACEHOLDER_MAX)
		return false;
	while (start < end && at[start] && strchr(decoration, at[start]))
		start++;
	while (end > start && at[end - 1] && strchr(decoration, at[end - 1]))
		end--;
	ret_folded->length = end - start;
	for (size_t i = start; i < end; i++)
		ret_folded->text[i - start] = fold_byte(at[i]);
	ret_folded->text[end - start] = '\0';
	return end > start && !memchr(ret_folded->text, '\0', end - start);
}

static bool is_one_byte(struct secret value)
{
	const uint8_t *at = secret_bytes(value);

	for (size_t i = 1; i < value.length; i++)
		if (at[i] != at[0])
			return false;
	return value.length > 0;
}

// Nothing but x, 0, * and the like, as in xxxx-xxxx-0000.
static bool is_filler(const struct folded *folded)
{
	return folded->length >= 3 && strspn(folded->text, "x-.:/") == folded->length;
}

static bool is_in_table(const struct folded *folded)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_texts); i++)
		if (folded->text[0] == known_texts[i][0] &&
			strcmp(folded->text, known_texts[i]) == 0)
			return true;
	return false;
}

// Matches `*` against any bytes, going back only to the last one: linear times the pattern.
static bool matches(const char *text, const char *pattern)
{
	const char *star = NULL, *mark = text;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			mark = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++mark;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool fits_pattern(const struct folded *folded)
{
	for (size_t i = 0; i < ARRAY_SIZE(telling_parts); i++)
		if (strstr(folded->text, telling_parts[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (matches(folded->text, patterns[i]))
			return true;
	return false;
}

bool placeholder_is_known(struct secret value)
{
	struct folded folded;
	bool known = false;
	size_t length = 0;

	if (value.length > PLACEHOLDER_MAX)
		return false;
	if (is_one_byte(value))
		return true;
	// once as it is but for space and quotes, once without what people put around a blank
	if (fold(value, " \t\r\n'\"`", &folded)) {
		known = is_in_table(&folded) || is_filler(&folded);
		length = folded.length;
	}
	if (!known && fold(value, " \t\r\n'\"`<>{}[]()$%#!", &folded))
		known = (folded.length < length && is_in_table(&folded)) || fits_pattern(&folded) ||
			placeholder_words_make(secret_view(folded.text, folded.length));
	sodium_memzero(&folded, sizeof(folded));
	return known;
}

const size_t placeholder_spelt = ARRAY_SIZE(spelt_texts);

const char *placeholder_text(size_t index)
{
	if (index < ARRAY_SIZE(spelt_texts))
		return spelt_texts[index];
	index -= ARRAY_SIZE(spelt_texts);
	return index < ARRAY_SIZE(known_texts) ? known_texts[index] : NULL;
}

bool placeholder_is_undefined_text(struct secret value)
{
	static const char *const texts[] = {
		"undefined", "null", "(null)", "<nil>", "[object Object]", "[object Promise]"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (secret_is(value, texts[i]))
			return true;
	return false;
}

static bool begins(struct secret value, const char *text)
{
	size_t length = strlen(text);

	return value.length >= length && memcmp(value.bytes, text, length) == 0;
}

static bool ends(struct secret value, const char *text)
{
	size_t length = strlen(text);

	return value.length >= length &&
	       memcmp(secret_bytes(value) + value.length - length, text, length) == 0;
}

// Anything of this form, from its beginning to its end.
static const struct {
	const char *begin, *end;
	const char *kind;
} references[] = {
	{"op://", "", "a 1Password reference (op://)"},
	{"encrypted:", "", "dotenvx ciphertext (encrypted:)"},
	{"ENC[", "", "SOPS or eyaml ciphertext (ENC[)"},
	{"vault:", "", "a Vault reference or ciphertext (vault:)"},
	{"ref+", "", "a vals reference (ref+)"},
	{"$ANSIBLE_VAULT;", "", "Ansible Vault ciphertext ($ANSIBLE_VAULT)"},
	{"@Microsoft.KeyVault(", "", "a Key Vault reference (@Microsoft.KeyVault)"},
	{"-----BEGIN AGE ENCRYPTED FILE-----", "", "age ciphertext"},
	{"-----BEGIN PGP MESSAGE-----", "", "PGP ciphertext"},
	{"{{", "}}", "a template ({{ }})"},
	{"${", "}", "a variable that nobody filled in (${...})"},
	{"$(", ")", "a command or variable that nobody filled in ($(...))"},
};

// <...> without another bracket inside: a blank in a form, no markup.
static bool is_blank(struct secret value)
{
	const uint8_t *at = secret_bytes(value);

	return value.length > 2 && value.length <= PLACEHOLDER_MAX && at[0] == '<' &&
	       at[value.length - 1] == '>' && !memchr(at + 1, '<', value.length - 1) &&
	       memchr(at, '>', value.length) == at + value.length - 1;
}

// ${{ ... }} anywhere, as continuous integration and chart templates write it.
static bool holds_template(struct secret value)
{
	const uint8_t *open = value.length ? memmem(value.bytes, value.length, "${{", 3) : NULL;

	return open &&
	       memmem(open, value.length - (size_t)(open - secret_bytes(value)), "}}", 2) != NULL;
}

bool placeholder_is_unresolved(struct secret value, const char **ret_kind)
{
	if (holds_template(value)) {
		*ret_kind = "a template (${{ }})";
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		if (!begins(value, references[i].begin) || !ends(value, references[i].end))
			continue;
		*ret_kind = references[i].kind;
		return true;
	}
	if (!is_blank(value))
		return false;
	*ret_kind = "a blank that nobody filled in (<...>)";
	return true;
}
