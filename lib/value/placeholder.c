// The tables behind placeholder.h, from public examples, templates and the defaults of products.
// A value is judged in a lower-case copy on the stack, which is wiped.
// SPDX-License-Identifier: MIT
#include "lib/value/placeholder.h"

#include <sodium.h>

// A copy for comparing: lower case, `-` for `_` and space, no decoration around it.
struct folded {
	size_t length;
	char text[PLACEHOLDER_MAX + 1];
};

// Single words and texts that no rule below would find, folded, sorted by origin.
static const char *const known_texts[] = {
	// words
	"secret",
	"secrets",
	"password",
	"passwd",
	"pass",
	"passphrase",
	"token",
	"key",
	"changeme",
	"example",
	"sample",
	"test",
	"testing",
	"todo",
	"tbd",
	"fixme",
	"placeholder",
	"default",
	"dummy",
	"fake",
	"foo",
	"bar",
	"foobar",
	"foobarbaz",
	"admin",
	"administrator",
	"root",
	"guest",
	"user",
	"demo",
	"dev",
	"development",
	"local",
	"none",
	"empty",
	"unset",
	"n/a",
	"value",
	"string",
	"hidden",
	"redacted",
	"masked",
	"private",
	"public",
	"letmein",
	"welcome",
	"qwerty",
	"abc123",
	"password1",
	"hunter2",
	"iloveyou",
	"master",
	"postgres",
	"mysql",
	"rabbitmq",
	"minioadmin",
	"minio123",
	"123456",
	"12345678",
	"123456789",
	"1234567890",
	"1234",
	"12345",
	"fill-me-in",
	"edit-me",
	"edit-this",
	"set-me",
	"fixme-later",
	"insert",
	"replace",
	"to-be-set",
	"to-be-defined",
	"to-be-changed",
	"tobemodified",
	"my-key",
	"my-token",
	"mykey",
	"mytoken",
	"test-key",
	"test-token",
	"jwt-key",
	"jwt",
	"jwttoken",
	"shh",
	"abc",
	"xyz",
	"asdf",
	"asdfasdf",
	"asdfghjkl",
	"qwertyuiop",
	"notasecret",
	"top-secret",
	"topsecret",
	// spelt with digits and signs
	"s3cr3t",
	"s3cret",
	"secr3t",
	"5ecret",
	"sup3rs3cr3t",
	"sup3r-s3cr3t",
	"p@ssw0rd",
	"p@ssword",
	"passw0rd",
	"pa$$w0rd",
	"pa$$word",
	"ch4ng3m3",
	"adm1n",
	// tutorials and documentation
	"keyboard-cat",
	"shhhhh",
	"shhhhhhared-secret",
	"a-string-secret",
	"allyourbase",
	"qwertyuiopasdfghjklzxcvbnm123456",
	"toooo-many-secrets",
	"mysupersecret",
	"somesecret",
	"some-secret",
	"something",
	"ilovenode",
	"ilovejs",
	"thisismysecret",
	"this-is-a-secret",
	"its-a-secret",
	"it's-a-secret",
	"ssshhh",
	"my-32-character-ultra-secure-and-ultra-long-secret",
	"put-your-unique-phrase-here",
	"thistokenisnotsosecretchangeit",
	"!changethismercurehubjwtsecretkey!",
	"correct-horse-battery-staple",
	"correcthorsebatterystaple",
	"complex-password-at-least-32-characters-long",
	"super secret key",
	"secret-key-base",
	"404e635266556a586e3272357538782f413f4428472b4b6250645367566b5970",
	"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
	"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
	"wjalrxutnfemi/k7mdeng/bpxrficyexamplekey",
	"akiaiosfodnn7example",
	// defaults of products
	"255d861b-5ea1-5996-9aa3-922530ec40b1",
	"6116487b-cda1-52c2-b5b5-c8022c45e263",
	"sw2ycwtib9zpoohopsmm",
	"thisisasecret-1234",
	"test-non-dev-secret",
	"use-your-own-secure-random-key",
	"temporary-key",
	"myadminsecretkey",
	"foobared",
	"harbor12345",
	"5ivel!fe",
	"mysecretpassword",
	"my-secret-pw",
};

// Patterns over the folded text; `*` stands for any bytes.
static const char *const patterns[] = {
	"your-*-here",
	"your*goes-here",
	"*changeme*",
	"*change-me*",
	"*change-this*",
	"*changethis*",
	"*change-it*",
	"*changeit",
	"*change-in-prod*",
	"*please-change*",
	"replace*me*",
	"replace-with-*",
	"replace-this*",
	"*placeholder*",
	"insert-*",
	"*-insert-*-here",
	"enter-*-here",
	"enter-your-*",
	"put-your-*",
	"paste-*-here",
	"add-your-*",
	"set-your-*",
	"todo:*",
	"todo-*",
	"*xxxxxx*",
	"*...",
	"openssl-rand*",
	"run-openssl-*",
	"generate-with-*",
	"generate-a-*",
	"generate-your-*",
	"not-a-real-*",
	"django-insecure-*",
	"use-a-*-secret*",
	"use-a-*-key*",
	"some-*-secret",
	"*for-testing-only*",
	"*do-not-use*",
	"*not-for-production*",
};

// The words of which such texts are made. A text of these alone is a placeholder when one of them
// is telling and there are two at least; joined without a mark they count as well.
enum word_kind { WORD_FILL, WORD_TELLING };

static const struct {
	const char *text;
	enum word_kind kind;
} words[] = {
	{"secret", WORD_TELLING},
	{"secrets", WORD_TELLING},
	{"password", WORD_TELLING},
	{"passwd", WORD_TELLING},
	{"passphrase", WORD_TELLING},
	{"pass", WORD_TELLING},
	{"changeme", WORD_TELLING},
	{"change", WORD_TELLING},
	{"changed", WORD_TELLING},
	{"replace", WORD_TELLING},
	{"placeholder", WORD_TELLING},
	{"example", WORD_TELLING},
	{"sample", WORD_TELLING},
	{"dummy", WORD_TELLING},
	{"fake", WORD_TELLING},
	{"fallback", WORD_TELLING},
	{"your", WORD_TELLING},
	{"insert", WORD_TELLING},
	{"todo", WORD_TELLING},
	{"fixme", WORD_TELLING},
	{"insecure", WORD_TELLING},
	{"unsafe", WORD_TELLING},
	{"key", WORD_FILL},
	{"keys", WORD_FILL},
	{"token", WORD_FILL},
	{"tokens", WORD_FILL},
	{"jwt", WORD_FILL},
	{"jws", WORD_FILL},
	{"nextauth", WORD_FILL},
	{"next", WORD_FILL},
	{"auth", WORD_FILL},
	{"authentication", WORD_FILL},
	{"oauth", WORD_FILL},
	{"session", WORD_FILL},
	{"cookie", WORD_FILL},
	{"signing", WORD_FILL},
	{"signature", WORD_FILL},
	{"sign", WORD_FILL},
	{"encryption", WORD_FILL},
	{"encrypt", WORD_FILL},
	{"hash", WORD_FILL},
	{"salt", WORD_FILL},
	{"access", WORD_FILL},
	{"refresh", WORD_FILL},
	{"csrf", WORD_FILL},
	{"webhook", WORD_FILL},
	{"api", WORD_FILL},
	{"app", WORD_FILL},
	{"application", WORD_FILL},
	{"admin", WORD_FILL},
	{"user", WORD_FILL},
	{"client", WORD_FILL},
	{"server", WORD_FILL},
	{"backend", WORD_FILL},
	{"frontend", WORD_FILL},
	{"private", WORD_FILL},
	{"public", WORD_FILL},
	{"shared", WORD_FILL},
	{"random", WORD_FILL},
	{"string", WORD_FILL},
	{"strong", WORD_FILL},
	{"secure", WORD_FILL},
	{"security", WORD_FILL},
	{"safe", WORD_FILL},
	{"super", WORD_FILL},
	{"ultra", WORD_FILL},
	{"very", WORD_FILL},
	{"really", WORD_FILL},
	{"long", WORD_FILL},
	{"longer", WORD_FILL},
	{"complex", WORD_FILL},
	{"unique", WORD_FILL},
	{"hard", WORD_FILL},
	{"guess", WORD_FILL},
	{"value", WORD_FILL},
	{"me", WORD_FILL},
	{"it", WORD_FILL},
	{"enter", WORD_FILL},
	{"put", WORD_FILL},
	{"add", WORD_FILL},
	{"set", WORD_FILL},
	{"generate", WORD_FILL},
	{"generated", WORD_FILL},
	{"here", WORD_FILL},
	{"this", WORD_FILL},
	{"that", WORD_FILL},
	{"is", WORD_FILL},
	{"a", WORD_FILL},
	{"an", WORD_FILL},
	{"the", WORD_FILL},
	{"my", WORD_FILL},
	{"our", WORD_FILL},
	{"own", WORD_FILL},
	{"some", WORD_FILL},
	{"for", WORD_FILL},
	{"in", WORD_FILL},
	{"of", WORD_FILL},
	{"to", WORD_FILL},
	{"with", WORD_FILL},
	{"and", WORD_FILL},
	{"or", WORD_FILL},
	{"at", WORD_FILL},
	{"least", WORD_FILL},
	{"use", WORD_FILL},
	{"using", WORD_FILL},
	{"used", WORD_FILL},
	{"be", WORD_FILL},
	{"must", WORD_FILL},
	{"should", WORD_FILL},
	{"not", WORD_FILL},
	{"no", WORD_FILL},
	{"dont", WORD_FILL},
	{"do", WORD_FILL},
	{"please", WORD_FILL},
	{"default", WORD_FILL},
	{"test", WORD_FILL},
	{"testing", WORD_FILL},
	{"tests", WORD_FILL},
	{"demo", WORD_FILL},
	{"dev", WORD_FILL},
	{"development", WORD_FILL},
	{"local", WORD_FILL},
	{"localhost", WORD_FILL},
	{"prod", WORD_FILL},
	{"production", WORD_FILL},
	{"staging", WORD_FILL},
	{"deployment", WORD_FILL},
	{"environment", WORD_FILL},
	{"env", WORD_FILL},
	{"variable", WORD_FILL},
	{"only", WORD_FILL},
	{"before", WORD_FILL},
	{"min", WORD_FILL},
	{"minimum", WORD_FILL},
	{"max", WORD_FILL},
	{"characters", WORD_FILL},
	{"character", WORD_FILL},
	{"chars", WORD_FILL},
	{"char", WORD_FILL},
	{"bit", WORD_FILL},
	{"bits", WORD_FILL},
	{"bytes", WORD_FILL},
	{"byte", WORD_FILL},
	{"hex", WORD_FILL},
	{"base64", WORD_FILL},
	{"encoded", WORD_FILL},
	{"hs256", WORD_FILL},
	{"hs512", WORD_FILL},
	{"sha256", WORD_FILL},
	{"aes", WORD_FILL},
	{"db", WORD_FILL},
	{"database", WORD_FILL},
	{"postgres", WORD_FILL},
	{"redis", WORD_FILL},
	{"root", WORD_FILL},
	{"mode", WORD_FILL},
	{"new", WORD_FILL},
	{"old", WORD_FILL},
	{"temp", WORD_FILL},
	{"temporary", WORD_FILL},
	{"x", WORD_FILL},
};

// More digits than a year and a length are no decoration.
#define DIGITS_MAX 8

static char fold_byte(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 32);
	return c == '_' || c == ' ' ? '-' : (char)c;
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
		if (strcmp(folded->text, known_texts[i]) == 0)
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
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (matches(folded->text, patterns[i]))
			return true;
	return false;
}

// How a place in the text can be reached by whole words.
enum reach {
	REACH_START = 1, // no word yet
	REACH_FILL = 2,  // words, none of them telling
	REACH_TOLD = 4,  // one word, telling
	REACH_KNOWN = 8, // two words or more, one of them telling
};

static unsigned step(unsigned from, enum word_kind kind)
{
	unsigned to = 0;

	if (from & REACH_START)
		to |= kind == WORD_TELLING ? REACH_TOLD : REACH_FILL;
	if (from & REACH_FILL)
		to |= kind == WORD_TELLING ? REACH_KNOWN : REACH_FILL;
	if (from & (REACH_TOLD | REACH_KNOWN))
		to |= REACH_KNOWN;
	return to;
}

// Carries the reach of one place on over every word that stands there.
static void extend(const struct folded *folded, size_t i, unsigned char *reach)
{
	for (size_t word = 0; word < ARRAY_SIZE(words); word++) {
		size_t length = strlen(words[word].text);

		if (length <= folded->length - i &&
			memcmp(folded->text + i, words[word].text, length) == 0)
			reach[i + length] |= (unsigned char)step(reach[i], words[word].kind);
	}
}

static bool is_made_of_words(const struct folded *folded)
{
	unsigned char reach[PLACEHOLDER_MAX + 1] = {REACH_START};
	size_t digits = 0;

	for (size_t i = 0; i < folded->length; i++) {
		char c = folded->text[i];
		bool digit = c >= '0' && c <= '9';

		digits += digit;
		if (!reach[i])
			continue;
		if (digit || (c >= ' ' && c < 0x7F && !(c >= 'a' && c <= 'z')))
			reach[i + 1] |= reach[i]; // a mark or a number changes nothing
		extend(folded, i, reach);
	}
	return digits <= DIGITS_MAX && (reach[folded->length] & REACH_KNOWN);
}

bool placeholder_is_known(struct secret value)
{
	struct folded folded;
	bool known = false;

	if (value.length <= PLACEHOLDER_MAX && is_one_byte(value))
		return true;
	// once as it is but for space and quotes, once without what people put around a blank
	if (fold(value, " \t\r\n'\"`", &folded))
		known = is_in_table(&folded) || is_filler(&folded);
	if (!known && fold(value, " \t\r\n'\"`<>{}[]()$%#!", &folded))
		known = is_in_table(&folded) || fits_pattern(&folded) || is_made_of_words(&folded);
	sodium_memzero(&folded, sizeof(folded));
	return known;
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
