// The words and rules by which a secret is known. Types are judged in shape_type.c, and what may be
// shown is in shape_show.c.
// SPDX-License-Identifier: MIT
#include "lib/value/shape.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "lib/value/jsontext.h"
#include "lib/value/urltext.h"

#include <strings.h>

// ---- names

bool shape_name_is_public(const char *name)
{
	return text_starts(name, "NEXT_PUBLIC_") || text_starts(name, "VITE_");
}

#define WORD(text) \
	{ \
		text, sizeof(text) - 1 \
	}

// Words that may stand in the plural.
static const struct {
	const char *text;
	size_t length;
} telling_words[] = {WORD("SECRET"), WORD("TOKEN"), WORD("PASS"), WORD("PWD"), WORD("KEY"),
	WORD("CREDENTIAL"), WORD("PRIVATE"), WORD("SALT"), WORD("DSN"), WORD("AUTH"),
	WORD("PASSWORD"), WORD("PASSWD"), WORD("PASSPHRASE"), WORD("PASSCODE"), WORD("PGPASSWORD"),
	WORD("APIKEY"), WORD("SECRETKEY"), WORD("ACCESSKEY")};

static bool word_tells(const char *word, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(telling_words); i++) {
		size_t whole = telling_words[i].length;

		if ((length != whole && (length != whole + 1 || (word[whole] | 0x20) != 's')) ||
			(word[0] & ~0x20) != telling_words[i].text[0])
			continue;
		if (strncasecmp(word, telling_words[i].text, whole) == 0)
			return true;
	}
	return false;
}

// A word begins with a capital after a small letter (apiKey), or with the last capital before
// small letters (APIKey); a plural's small s does not count (APIs).
static bool is_camel_bend(const char *name, size_t i)
{
	if (!ascii_is_upper(name[i]))
		return false;
	return ascii_is_lower(name[i - 1]) ||
	       (ascii_is_upper(name[i - 1]) && ascii_is_lower(name[i + 1]) &&
		       ascii_is_lower(name[i + 2]));
}

bool shape_name_looks_secret(const char *name)
{
	size_t start = 0;

	if (shape_name_is_public(name))
		return false;
	for (size_t i = 0;; i++) {
		bool letter = ascii_is_letter(name[i]);

		if (letter && (i == start || !is_camel_bend(name, i)))
			continue;
		if (word_tells(name + start, i - start))
			return true;
		if (!name[i])
			return false;
		start = letter ? i : i + 1;
	}
}

// ---- values

// Finds a text in the bytes, of which few begin as it does.
static const uint8_t *find(struct secret value, const char *text)
{
	size_t length = strlen(text), left = value.length;
	const uint8_t *at = secret_bytes(value), *first;

	while (left >= length && (first = memchr(at, *text, left - length + 1))) {
		if (memcmp(first, text, length) == 0)
			return first;
		left -= (size_t)(first + 1 - at);
		at = first + 1;
	}
	return NULL;
}

static bool holds_pem_key(struct secret value)
{
	const uint8_t *end = secret_bytes(value) + value.length;
	const uint8_t *begin = find(value, "-----BEGIN ");

	for (; begin; begin = find(secret_view(begin, (size_t)(end - begin)), "-----BEGIN ")) {
		struct secret rest;
		const uint8_t *close;

		begin += strlen("-----BEGIN ");
		rest = secret_view(begin, (size_t)(end - begin));
		close = find(rest, "-----");
		if (close && close - begin >= 3 && memcmp(close - 3, "KEY", 3) == 0)
			return true;
		if (close && find(secret_view(begin, (size_t)(close - begin)), " KEY"))
			return true; // PGP PRIVATE KEY BLOCK
	}
	return false;
}

static bool is_private_jwk(struct secret value)
{
	struct secret member;

	return jsontext_string_member(value, "kty", &member) &&
	       (jsontext_string_member(value, "d", &member) ||
		       jsontext_string_member(value, "k", &member));
}

// Three or five parts of base64url with dots between; the first is JSON, so it begins with eyJ.
static bool is_jwt(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	size_t dots = 0;

	if (value.length < SHAPE_RANDOM_MIN || memcmp(at, "eyJ", 3) != 0)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		if (at[i] == '.')
			dots++;
		else if (!ascii_is_alphanumeric(at[i]) && at[i] != '-' && at[i] != '_')
			return false;
	}
	return dots == 2 || dots == 4;
}

static bool is_uuid(struct secret value)
{
	const uint8_t *at = secret_bytes(value);

	if (value.length != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? at[i] != '-' : text_hex_digit((char)at[i]) < 0)
			return false;
	}
	return true;
}

static bool is_email(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	const uint8_t *sign = memchr(at, '@', value.length), *end = at + value.length;

	if (!sign || sign == at || !memchr(sign, '.', (size_t)(end - sign)))
		return false;
	for (const uint8_t *i = at; i < end; i++)
		if (i != sign && !ascii_is_alphanumeric(*i) && !ascii_is_one_of(*i, "._%+-"))
			return false;
	return true;
}

// A checksum that says what it is: sha256:..., sha512-...
static bool is_digest(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	size_t i = 3;

	if (value.length < 8 || memcmp(at, "sha", 3) != 0)
		return false;
	while (i < 6 && ascii_is_digit(at[i]))
		i++;
	return i > 3 && (at[i] == ':' || at[i] == '-');
}

// Without white space around it, such as the newline of a file, and a pair of quotes within that.
static struct secret bare(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	size_t length = value.length;

	while (length && ascii_is_space(at[length - 1]))
		length--;
	for (; length && ascii_is_space(*at); at++)
		length--;
	if (length >= 2 && at[0] == at[length - 1] && (at[0] == '"' || at[0] == '\''))
		return secret_view(at + 1, length - 2);
	return secret_view(at, length);
}

// Marks that stand between words of ordinary texts: paths, hosts, lists, versions, options.
static bool is_joint(int c)
{
	return ascii_is_one_of(c, "-_.:/,;=@+|");
}

// Whether a new piece begins here: letters and digits change, camelCase bends, or a mark stands.
static bool is_bend(int before, int c)
{
	if (ascii_is_digit(before) != ascii_is_digit(c) || !ascii_is_alphanumeric(c) ||
		!ascii_is_alphanumeric(before))
		return true;
	return ascii_is_lower(before) && ascii_is_upper(c);
}

// How often digits stand between letters.
static size_t enclosed_numbers(const uint8_t *at, size_t length)
{
	size_t count = 0;
	bool open = false; // digits that follow a letter

	for (size_t i = 1; i < length; i++) {
		if (ascii_is_digit(at[i]))
			open |= ascii_is_letter(at[i - 1]);
		else
			count += open && ascii_is_letter(at[i]);
		open = open && ascii_is_digit(at[i]);
	}
	return count;
}

// A run of bytes without a joint. Words bend seldom (eu, west1, ReactNativeApp), random text at
// every second byte; capitals alone bend less, but with digits here and there (base32).
static bool run_looks_random(const uint8_t *at, size_t length)
{
	size_t pieces = 1;

	if (length < 5)
		return false;
	for (size_t i = 1; i < length; i++) {
		bool acronym_ends = i >= 2 && ascii_is_lower(at[i]) && ascii_is_upper(at[i - 1]) &&
				    ascii_is_upper(at[i - 2]);

		pieces += is_bend(at[i - 1], at[i]) || acronym_ends;
	}
	if (length <= 7)
		return pieces > 2;
	return length < 4 * pieces ||
	       (length >= SHAPE_RANDOM_MIN && enclosed_numbers(at, length) >= 2);
}

// How many bytes lie in runs that look random.
static size_t random_bytes(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	size_t count = 0, start = 0;

	for (size_t i = 0; i <= value.length; i++) {
		if (i < value.length && !is_joint(at[i]))
			continue;
		if (run_looks_random(at + start, i - start))
			count += i - start;
		start = i + 1;
	}
	return count;
}

// What a text is made of.
struct mix {
	bool lower, upper, digit;
	size_t marks; // that stand in no ordinary text between words
};

// Counts the classes.
// Returns: false for a text with white space or control bytes: a sentence, no token.
static bool read_mix(struct secret value, struct mix *ret_mix)
{
	const uint8_t *at = secret_bytes(value);
	struct mix mix = {0};

	for (size_t i = 0; i < value.length; i++) {
		if (at[i] <= ' ' || at[i] == 0x7F)
			return false;
		mix.lower |= ascii_is_lower(at[i]);
		mix.upper |= ascii_is_upper(at[i]);
		mix.digit |= ascii_is_digit(at[i]);
		mix.marks += at[i] < 0x7F && !ascii_is_alphanumeric(at[i]) && !is_joint(at[i]);
	}
	*ret_mix = mix;
	return true;
}

// Arrays, objects and templates have marks enough to look mixed.
static bool is_bracketed(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	uint8_t first = at[0], last = at[value.length - 1];

	return (first == '{' && last == '}') || (first == '[' && last == ']') ||
	       (first == '<' && last == '>') || (first == '$' && (last == '}' || last == ')'));
}

// Has a form of its own that says what it is.
static bool is_ordinary(struct secret value)
{
	return is_bracketed(value) || urltext_scheme(value) > 0 || is_uuid(value) ||
	       is_email(value) || is_digest(value);
}

static bool looks_random(struct secret value)
{
	struct mix mix;

	if (value.length < SHAPE_RANDOM_MIN)
		return false;
	if (text_utf8_error(value.bytes, value.length) < value.length)
		return true; // no text at all
	if (!read_mix(value, &mix) || mix.lower + mix.upper + mix.digit < 2 || is_ordinary(value))
		return false;
	if (mix.lower && mix.upper && mix.digit && mix.marks >= 3)
		return true; // a password as password managers make it
	return random_bytes(value) * 2 >= value.length;
}

bool shape_value_looks_secret(struct secret value)
{
	struct secret text = bare(value), password;

	return holds_pem_key(text) || is_jwt(text) || urltext_password(text, &password) ||
	       is_private_jwk(text) || looks_random(text);
}

bool shape_looks_secret(const char *name, struct secret value)
{
	return !shape_name_is_public(name) &&
	       (shape_name_looks_secret(name) || shape_value_looks_secret(value));
}

bool shape_name_is_encoded(const char *name, size_t length, struct secret value)
{
	bool lower = false, upper = false, digit = false, padded = secret_is(value, "=");
	const struct secret text = secret_view(name, length);
	size_t classes;

	if (is_jwt(text) || memmem(name, length, "://", 3))
		return true;
	if (value.length && !padded)
		return false;
	if (shape_value_looks_secret(text))
		return true;
	for (size_t i = 0; i < length; i++) {
		lower |= ascii_is_lower(name[i]);
		upper |= ascii_is_upper(name[i]);
		digit |= ascii_is_digit(name[i]);
		if (ascii_is_one_of(name[i], "._-"))
			return false;
	}
	if (!padded && (length + 1) % 4 != 0)
		return false;
	classes = (size_t)lower + upper + digit;
	return padded ? classes > 1 : classes > 2 && length >= SHAPE_ENCODED_MIN;
}
