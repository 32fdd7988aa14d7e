// The tables and rules behind shape.h. Encodings are judged in encoding.c, JSON in jsontext.c.
// SPDX-License-Identifier: MIT
#include "lib/value/shape.h"

#include "lib/base/text.h"
#include "lib/value/encoding.h"
#include "lib/value/jsontext.h"

#include <strings.h>

static bool is_lower(int c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(int c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(int c)
{
	return is_lower(c) || is_upper(c);
}

static bool is_alnum(int c)
{
	return is_alpha(c) || is_digit(c);
}

static bool is_one_of(int c, const char *bytes)
{
	return c && strchr(bytes, c);
}

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
	if (!is_upper(name[i]))
		return false;
	return is_lower(name[i - 1]) ||
	       (is_upper(name[i - 1]) && is_lower(name[i + 1]) && is_lower(name[i + 2]));
}

bool shape_name_looks_secret(const char *name)
{
	size_t start = 0;

	if (shape_name_is_public(name))
		return false;
	for (size_t i = 0;; i++) {
		bool letter = is_alpha(name[i]);

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

// Finds a text in the bytes.
static const uint8_t *find(struct secret value, const char *text)
{
	return value.length ? memmem(value.bytes, value.length, text, strlen(text)) : NULL;
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
		else if (!is_alnum(at[i]) && at[i] != '-' && at[i] != '_')
			return false;
	}
	return dots == 2 || dots == 4;
}

// The length of `scheme` in scheme://, or 0.
static size_t scheme_length(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	size_t i = 0;

	if (value.length < 4 || !is_alpha(at[0]))
		return 0;
	while (i < value.length && (is_alnum(at[i]) || is_one_of(at[i], "+-.")))
		i++;
	return value.length - i >= 3 && memcmp(at + i, "://", 3) == 0 ? i : 0;
}

// What stands between :// and the next /, ? or #.
static struct secret authority(struct secret value, size_t scheme)
{
	const uint8_t *start = secret_bytes(value) + scheme + 3;
	size_t left = value.length - scheme - 3, length = 0;

	while (length < left && !is_one_of(start[length], "/?#"))
		length++;
	return secret_view(start, length);
}

bool shape_url_password(struct secret value, struct secret *ret_password)
{
	size_t scheme = scheme_length(value);
	struct secret place;
	const uint8_t *at, *colon, *end;

	if (!scheme)
		return false;
	place = authority(value, scheme);
	at = secret_bytes(place);
	end = place.length ? memrchr(at, '@', place.length) : NULL;
	colon = end ? memchr(at, ':', (size_t)(end - at)) : NULL;
	if (!colon || end - colon < 2)
		return false;
	*ret_password = secret_view(colon + 1, (size_t)(end - colon - 1));
	return true;
}

static bool is_uuid(struct secret value)
{
	const uint8_t *at = secret_bytes(value);

	if (value.length != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? at[i] != '-'
			 : !is_digit(at[i]) && !((at[i] | 0x20) >= 'a' && (at[i] | 0x20) <= 'f'))
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
		if (i != sign && !is_alnum(*i) && !is_one_of(*i, "._%+-"))
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
	while (i < 6 && is_digit(at[i]))
		i++;
	return i > 3 && (at[i] == ':' || at[i] == '-');
}

// Without a pair of quotes around it.
static struct secret unquoted(struct secret value)
{
	const uint8_t *at = secret_bytes(value);

	if (value.length >= 2 && at[0] == at[value.length - 1] && (at[0] == '"' || at[0] == '\''))
		return secret_view(at + 1, value.length - 2);
	return value;
}

// Marks that stand between words of ordinary texts: paths, hosts, lists, versions, options.
static bool is_joint(int c)
{
	return is_one_of(c, "-_.:/,;=@+|");
}

// Whether a new piece begins here: letters and digits change, camelCase bends, or a mark stands.
static bool is_bend(int before, int c)
{
	if (is_digit(before) != is_digit(c) || !is_alnum(c) || !is_alnum(before))
		return true;
	return is_lower(before) && is_upper(c);
}

// How often digits stand between letters.
static size_t enclosed_numbers(const uint8_t *at, size_t length)
{
	size_t count = 0;
	bool open = false; // digits that follow a letter

	for (size_t i = 1; i < length; i++) {
		if (is_digit(at[i]))
			open |= is_alpha(at[i - 1]);
		else
			count += open && is_alpha(at[i]);
		open = open && is_digit(at[i]);
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
		bool acronym_ends =
			i >= 2 && is_lower(at[i]) && is_upper(at[i - 1]) && is_upper(at[i - 2]);

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
		mix.lower |= is_lower(at[i]);
		mix.upper |= is_upper(at[i]);
		mix.digit |= is_digit(at[i]);
		mix.marks += at[i] < 0x7F && !is_alnum(at[i]) && !is_joint(at[i]);
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
	return is_bracketed(value) || scheme_length(value) > 0 || is_uuid(value) ||
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
	struct secret text = unquoted(value), password;

	return holds_pem_key(text) || is_jwt(text) || shape_url_password(text, &password) ||
	       is_private_jwk(text) || looks_random(text);
}

bool shape_looks_secret(const char *name, struct secret value)
{
	return !shape_name_is_public(name) &&
	       (shape_name_looks_secret(name) || shape_value_looks_secret(value));
}

// ---- showing

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
		lower |= is_lower(name[i]);
		upper |= is_upper(name[i]);
		digit |= is_digit(name[i]);
		if (is_one_of(name[i], "._-"))
			return false;
	}
	if (!padded && (length + 1) % 4 != 0)
		return false;
	classes = (size_t)lower + upper + digit;
	return padded ? classes > 1 : classes > 2 && length >= SHAPE_ENCODED_MIN;
}

char *shape_show(char *out, size_t size, const char *text)
{
	bool is_json = strchr(text, '{') && strchr(text, '"'); // whatever may stand in it

	if (!is_json && !shape_value_looks_secret(secret_view(text, strlen(text))))
		return text_printable(out, size, text);
	(void)snprintf(out, size, "...");
	return out;
}

char *shape_show_name(char *out, size_t size, const char *name, size_t length)
{
	const struct secret text = secret_view(name, length);

	out[0] = '\0';
	if (!length || length >= size || shape_value_looks_secret(text) ||
		memmem(name, length, "://", 3))
		return out;
	memcpy(out, name, length);
	out[length] = '\0';
	return out;
}

// An option of samekey's own that looks like a secret's name and is given a file.
static bool names_file(const char *option)
{
	return text_equal(option, "--fingerprint-key") || text_equal(option, "--fingerprint_key");
}

// Whether a part of a command line names what the next one is: --token, Bearer, PASSWORD:.
static bool announces_secret(const char *part)
{
	return part && !names_file(part) && !strchr(part, '=') && !strchr(part, '/') &&
	       !strchr(part, '.') &&
	       (part[0] == '-' || text_ends(part, ":") || text_equal(part, "Bearer")) &&
	       (shape_name_looks_secret(part) || text_equal(part, "Bearer"));
}

// Where a part begins to be a value that must not be seen.
static size_t shown_length(const char *before, const char *part)
{
	const char *equals = strchr(part, '=');
	char name[SHAPE_PART_MAX];
	struct secret value;

	if (announces_secret(before) && part[0] != '-')
		return 0;
	if (equals && (size_t)(equals - part) < sizeof(name)) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)(equals - part), part);
		value = secret_view(equals + 1, strlen(equals + 1));
		if (names_file(name) ? shape_value_looks_secret(value)
				     : shape_looks_secret(name, value))
			return (size_t)(equals - part) + 1;
	}
	return shape_value_looks_secret(secret_view(part, strlen(part))) ? 0 : strlen(part);
}

char *shape_show_argument(char *out, size_t size, const char *before, const char *word)
{
	char parts[2][SHAPE_PART_MAX], shown[SHAPE_PART_MAX + 4], text[4 * SHAPE_PART_MAX] = "";
	size_t used = 0;

	for (size_t i = 0; *word && used < sizeof(text) - 1; i++) {
		size_t blanks = strspn(word, " \t\n"), length = strcspn(word + blanks, " \t\n");
		char *part = parts[i % 2];
		size_t keep;

		(void)snprintf(part, sizeof(parts[0]), "%.*s", (int)length, word + blanks);
		keep = shown_length(before, part);
		if (length >= sizeof(parts[0]))
			keep = 0; // a script or a key; nobody reads that here
		(void)snprintf(shown, sizeof(shown), "%.*s%s", (int)keep, part,
			keep < length ? "..." : "");
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%s", blanks ? " " : "", shown);
		before = part;
		word += blanks + length;
	}
	return text_printable(out, size, text);
}

// ---- types

// Reads digits without a leading zero.
static bool read_number(const uint8_t *at, size_t length, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (length == 0 || length > 20 || (length > 1 && at[0] == '0'))
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned digit = at[i] - (unsigned)'0';

		if (!is_digit(at[i]) || number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return true;
}

static bool is_integer(struct secret value)
{
	const uint8_t *at = secret_bytes(value);
	bool minus = value.length > 0 && at[0] == '-';
	uint64_t number;

	return read_number(
		       at + minus, value.length - minus, (uint64_t)INT64_MAX + minus, &number) &&
	       !(minus && number == 0);
}

static bool is_boolean(struct secret value)
{
	static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "1", "0"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (value.length == strlen(words[i]) &&
			strncasecmp((const char *)value.bytes, words[i], value.length) == 0)
			return true;
	return false;
}

static bool is_port(struct secret value)
{
	uint64_t number;

	return read_number(secret_bytes(value), value.length, 65535, &number) && number > 0;
}

static bool is_url_text(struct secret value)
{
	const uint8_t *at = secret_bytes(value);

	for (size_t i = 0; i < value.length; i++) {
		if (at[i] <= ' ' || at[i] >= 0x7F || is_one_of(at[i], "\"<>\\^`{|}"))
			return false;
		if (at[i] == '%' &&
			(value.length - i < 3 || !encoding_is_hex(secret_view(at + i + 1, 2))))
			return false;
	}
	return true;
}

// host, host:port or [address]:port; an empty host only where the scheme allows it.
static bool is_host(struct secret place, bool may_be_empty)
{
	const uint8_t *at = secret_bytes(place), *colon;
	size_t host;

	if (place.length > 0 && at[0] == '[') {
		const uint8_t *close = memchr(at, ']', place.length);

		if (!close || close == at + 1)
			return false;
		host = (size_t)(close - at) + 1;
		colon = host < place.length ? close + 1 : NULL;
	} else {
		colon = place.length ? memchr(at, ':', place.length) : NULL;
		host = colon ? (size_t)(colon - at) : place.length;
	}
	if (host == 0 && !may_be_empty)
		return false;
	if (!colon)
		return true;
	return *colon == ':' && is_port(secret_view(colon + 1, place.length - host - 1));
}

static bool is_url(struct secret value)
{
	static const char *const web[] = {"http", "https", "ws", "wss"};
	size_t scheme = scheme_length(value);
	struct secret place;
	const uint8_t *user;
	bool may_be_empty = true;

	if (!scheme || value.length == scheme + 3 || !is_url_text(value))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(web); i++)
		if (scheme == strlen(web[i]) &&
			strncasecmp((const char *)value.bytes, web[i], scheme) == 0)
			may_be_empty = false;
	place = authority(value, scheme);
	user = place.length ? memrchr(place.bytes, '@', place.length) : NULL;
	if (user) {
		size_t before = (size_t)(user + 1 - secret_bytes(place));

		place = secret_view(user + 1, place.length - before);
	}
	// several hosts, as mongodb:// and kafka:// have them, are not taken apart
	if (place.length && memchr(place.bytes, ',', place.length))
		return true;
	return is_host(place, may_be_empty);
}

static bool is_jwk(struct secret value)
{
	static const struct {
		const char *kty;
		const char *members[3]; // each a base64url text, except crv
	} kinds[] = {{"oct", {"k"}}, {"RSA", {"n", "e"}}, {"EC", {"x", "y", "crv"}},
		{"OKP", {"x", "crv"}}};
	struct secret kty, member;

	if (!jsontext_is_valid(value) || !jsontext_string_member(value, "kty", &kty))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!secret_is(kty, kinds[i].kty))
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(kinds[i].members) && kinds[i].members[j]; j++)
			if (!jsontext_string_member(value, kinds[i].members[j], &member) ||
				(text_equal(kinds[i].members[j], "crv")
						? member.length == 0
						: !encoding_is_base64url(member)))
				return false;
		return true;
	}
	return false;
}

static bool is_string(struct secret value)
{
	(void)value; // every value is one
	return true;
}

static const struct {
	bool (*is)(struct secret value); // NULL: enum, which needs its words
	const char *rule;
} types[SHAPE_TYPES] = {
	[SHAPE_STRING] = {is_string, "any text"},
	[SHAPE_INTEGER] = {is_integer,
		"a decimal integer of at most 64 bits, without leading zeros"},
	[SHAPE_BOOLEAN] = {is_boolean, "true, false, yes, no, on, off, 1 or 0"},
	[SHAPE_PORT] = {is_port, "a port number from 1 to 65535"},
	[SHAPE_URL] = {is_url, "a URL with a scheme and ://"},
	[SHAPE_BASE64] = {encoding_is_base64, "base64 with its padding (RFC 4648 section 4)"},
	[SHAPE_BASE64URL] = {encoding_is_base64url, "base64url (RFC 4648 section 5)"},
	[SHAPE_HEX] = {encoding_is_hex, "an even number of hex digits"},
	[SHAPE_PEM] = {encoding_is_pem, "whole PEM blocks with real line ends"},
	[SHAPE_JWK] = {is_jwk, "a JSON Web Key with kty and the members it needs"},
	[SHAPE_JSON] = {jsontext_is_valid, "JSON"},
	[SHAPE_ENUM] = {NULL, "one of the words that the settings list"},
};

const char *const shape_type_names[] = {"string", "integer", "boolean", "port", "url", "base64",
	"base64url", "hex", "pem", "jwk", "json", "enum", NULL};
_Static_assert(ARRAY_SIZE(shape_type_names) == SHAPE_TYPES + 1, "a name for every type");

const char *shape_type_text(enum shape_type type)
{
	return shape_type_names[type];
}

const char *shape_type_rule(enum shape_type type)
{
	return types[type].rule;
}

bool shape_is_type(enum shape_type type, struct secret value, const char *const *enum_words)
{
	if (types[type].is)
		return types[type].is(value);
	for (; enum_words && *enum_words; enum_words++)
		if (secret_is(value, *enum_words))
			return true;
	return false;
}
