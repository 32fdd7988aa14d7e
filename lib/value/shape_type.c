// One judge a type, and the table of them. Encodings are judged in encoding.c, JSON in jsontext.c.
// SPDX-License-Identifier: MIT
#include "lib/value/shape_type.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "lib/value/encoding.h"
#include "lib/value/jsontext.h"
#include "lib/value/urltext.h"

#include <strings.h>

// Reads digits without a leading zero.
static bool read_number(const uint8_t *at, size_t length, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (length == 0 || length > 20 || (length > 1 && at[0] == '0'))
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned digit = at[i] - (unsigned)'0';

		if (!ascii_is_digit(at[i]) || number > (max - digit) / 10)
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
		if (at[i] <= ' ' || at[i] >= 0x7F || ascii_is_one_of(at[i], "\"<>\\^`{|}"))
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
	size_t scheme = urltext_scheme(value);
	struct secret place;
	const uint8_t *user;
	bool may_be_empty = true;

	if (!scheme || value.length == scheme + 3 || !is_url_text(value))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(web); i++)
		if (scheme == strlen(web[i]) &&
			strncasecmp((const char *)value.bytes, web[i], scheme) == 0)
			may_be_empty = false;
	place = urltext_authority(value, scheme);
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

const char *shape_type_rule(enum shape_type type)
{
	return types[type].rule;
}

bool shape_type_is(enum shape_type type, struct secret value, const char *const *enum_words)
{
	if (types[type].is)
		return types[type].is(value);
	for (; enum_words && *enum_words; enum_words++)
		if (secret_is(value, *enum_words))
			return true;
	return false;
}
