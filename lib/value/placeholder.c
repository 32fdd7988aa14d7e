// The tables behind placeholder.h, from public examples, templates and the defaults of products.
// A value is judged in a lower-case copy on the stack, which is wiped.
// SPDX-License-Identifier: MIT
#include "lib/value/placeholder.h"

#include "lib/base/ascii.h"
#include "lib/value/placeholder_words.h"

#include <sodium.h>

// What people put around a value, and around a blank.
#define AROUND " \t\r\n'\"`"
#define DECORATION "<>{}[]()$%#!"

// A copy for comparing: lower case, `-` for `_` and space, no decoration around it.
struct folded {
	size_t length;
	char text[PLACEHOLDER_MAX + 1];
};

// Single words and texts that no rule below would find, folded: words, and how they are spelt with
// digits and signs, texts of tutorials and documentation, defaults of products. In the order of
// their bytes, for they are searched by halves; as arrays, for each pointer would be relocated at
// every start.
// clang-format off
static const char known_texts[][65] = {
	"!changethismercurehubjwtsecretkey!",
	"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "1234", "12345",
	"123456", "12345678", "123456789", "1234567890",
	"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
	"255d861b-5ea1-5996-9aa3-922530ec40b1",
	"404e635266556a586e3272357538782f413f4428472b4b6250645367566b5970", "5ecret", "5ivel!fe",
	"6116487b-cda1-52c2-b5b5-c8022c45e263", "a-string-secret", "abc", "abc123", "adm1n",
	"admin", "administrator", "akiaiosfodnn7example", "allyourbase", "asdf", "asdfasdf",
	"asdfghjkl", "bar", "ch4ng3m3", "changeme", "complex-password-at-least-32-characters-long",
	"correct-horse-battery-staple", "correcthorsebatterystaple", "default", "demo", "dev",
	"development", "dummy", "edit-me", "edit-this", "empty", "example", "fake", "fallback",
	"fill-me-in", "fixme", "fixme-later", "foo", "foobar", "foobarbaz", "foobared", "guest",
	"harbor12345", "hidden", "hunter2", "ilovejs", "ilovenode", "iloveyou", "insert",
	"it's-a-secret", "its-a-secret", "jwt", "jwt-key", "jwttoken", "key", "keyboard-cat",
	"letmein", "local", "masked", "master", "minio123", "minioadmin",
	"my-32-character-ultra-secure-and-ultra-long-secret", "my-key", "my-secret-pw", "my-token",
	"myadminsecretkey", "mykey", "mysecretpassword", "mysql", "mysupersecret", "mytoken",
	"n/a", "none", "notasecret", "p@ssw0rd", "p@ssword", "pa$$w0rd", "pa$$word", "pass",
	"passphrase", "passw0rd", "passwd", "password", "password1", "placeholder", "postgres",
	"private", "public", "put-your-unique-phrase-here", "qwerty", "qwertyuiop",
	"qwertyuiopasdfghjklzxcvbnm123456", "rabbitmq", "redacted", "replace", "root", "s3cr3t",
	"s3cret", "sample", "secr3t", "secret", "secret-key-base", "secrets", "set-me", "shh",
	"shhhhh", "shhhhhhared-secret", "some-secret", "somesecret", "something", "ssshhh",
	"string", "sup3r-s3cr3t", "sup3rs3cr3t", "sw2ycwtib9zpoohopsmm", "tbd", "temporary-key",
	"test", "test-key", "test-non-dev-secret", "test-token", "testing", "this-is-a-secret",
	"thisisasecret-1234", "thisismysecret", "thistokenisnotsosecretchangeit", "to-be-changed",
	"to-be-defined", "to-be-set", "tobemodified", "todo", "token", "toooo-many-secrets",
	"top-secret", "topsecret", "unset", "use-your-own-secure-random-key", "user", "value",
	"welcome", "wjalrxutnfemi/k7mdeng/bpxrficyexamplekey", "xyz",
};
// clang-format on

// Spelt as code, documentation and templates write them, for trying them as keys.
// clang-format off
static const char spelt_texts[][43] = {
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
static const char telling_parts[][19] = {
	"changeme", "change-me", "change-this", "changethis", "change-it", "change-in-prod",
	"please-change", "placeholder", "xxxxxx", "for-testing-only", "do-not-use",
	"not-for-production",
};

// How a folded text begins, what stands somewhere behind that, and how it ends.
static const struct pattern {
	char begin[18], middle[10], end[11];
} patterns[] = {
	{"your-", "", "-here"}, {"your", "", "goes-here"}, {"", "", "changeit"},
	{"replace", "me", ""}, {"replace-with-", "", ""}, {"replace-this", "", ""},
	{"insert-", "", ""}, {"", "-insert-", "-here"}, {"enter-", "", "-here"},
	{"enter-your-", "", ""}, {"put-your-", "", ""}, {"paste-", "", "-here"},
	{"add-your-", "", ""}, {"set-your-", "", ""}, {"todo:", "", ""}, {"todo-", "", ""},
	{"", "", "..."}, {"openssl-rand", "", ""}, {"run-openssl-", "", ""},
	{"generate-with-", "", ""}, {"generate-a-", "", ""}, {"generate-your-", "", ""},
	{"not-a-real-", "", ""}, {"django-insecure-", "", ""}, {"use-a-", "-secret", ""},
	{"use-a-", "-key", ""}, {"some-", "", "-secret"},
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

static int compare_known(const void *text, const void *known)
{
	return strcmp(text, known);
}

static bool is_in_table(const struct folded *folded)
{
	return bsearch(folded->text, known_texts, ARRAY_SIZE(known_texts), sizeof(known_texts[0]),
		       compare_known) != NULL;
}

static bool fits(const struct folded *folded, const struct pattern *pattern)
{
	size_t begin, end, rest;
	const char *middle;

	if (*pattern->begin && *pattern->begin != *folded->text)
		return false; // most end here
	begin = strlen(pattern->begin);
	end = strlen(pattern->end);
	if (folded->length < begin + end || memcmp(folded->text, pattern->begin, begin) != 0)
		return false;
	rest = folded->length - end;
	if (memcmp(folded->text + rest, pattern->end, end) != 0)
		return false;
	middle = strstr(folded->text + begin, pattern->middle);
	return middle && (size_t)(middle - folded->text) + strlen(pattern->middle) <= rest;
}

static bool fits_pattern(const struct folded *folded)
{
	for (size_t i = 0; i < ARRAY_SIZE(telling_parts); i++)
		if (strstr(folded->text, telling_parts[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (fits(folded, &patterns[i]))
			return true;
	return false;
}

// What people put around a blank.
static bool is_decorated(const struct folded *folded)
{
	return ascii_is_one_of(folded->text[0], DECORATION) ||
	       ascii_is_one_of(folded->text[folded->length - 1], DECORATION);
}

// What is asked of a text that stands in no table.
static bool is_made_up(const struct folded *folded)
{
	return fits_pattern(folded) ||
	       placeholder_words_make(secret_view(folded->text, folded->length));
}

bool placeholder_is_known(struct secret value)
{
	struct folded folded;
	bool known = false;

	if (value.length > PLACEHOLDER_MAX)
		return false;
	if (is_one_byte(value))
		return true;
	// once as it is but for space and quotes, once without the decoration
	if (fold(value, AROUND, &folded)) {
		known = is_in_table(&folded) || is_filler(&folded);
		if (!known && !is_decorated(&folded))
			known = is_made_up(&folded);
		else if (!known && fold(value, AROUND DECORATION, &folded))
			known = is_in_table(&folded) || is_made_up(&folded);
	}
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
	char begin[36], end[3];
	char kind[56];
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
	const uint8_t *first = value.length ? memchr(value.bytes, '$', value.length) : NULL;
	const uint8_t *open;

	if (!first)
		return false;
	open = memmem(first, value.length - (size_t)(first - secret_bytes(value)), "${{", 3);
	return open &&
	       memmem(open, value.length - (size_t)(open - secret_bytes(value)), "}}", 2) != NULL;
}

bool placeholder_is_unresolved(struct secret value, const char **ret_kind)
{
	if (holds_template(value)) {
		*ret_kind = "a template (${{ }})";
		return true;
	}
	for (size_t i = 0; value.length && i < ARRAY_SIZE(references); i++) {
		if (secret_bytes(value)[0] != (uint8_t)references[i].begin[0] ||
			!begins(value, references[i].begin) || !ends(value, references[i].end))
			continue;
		*ret_kind = references[i].kind;
		return true;
	}
	if (!is_blank(value))
		return false;
	*ret_kind = "a blank that nobody filled in (<...>)";
	return true;
}
