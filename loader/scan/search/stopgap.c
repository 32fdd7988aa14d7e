// lib/value/placeholder.h knows the texts; here is which of them say something by themselves, and
// which a setting may have by right.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/stopgap.h"

#include "lib/base/ascii.h"
#include "lib/value/placeholder.h"
#include "lib/value/shape.h"

#define SHORTEST 4 // bytes
#define SHORTEST_LOUD 8

static bool holds(const char *folded, const char *const *words)
{
	for (; *words; words++)
		if (strstr(folded, *words))
			return true;
	return false;
}

bool stopgap_is_loud(struct secret text)
{
	static const char *const things[] = {
		"secret", "key", "token", "passw", "jwt", "auth", NULL};
	static const char *const signs[] = {"your", "change", "super", "my-", "replace",
		"placeholder", "insecure", "fallback-", "default-", "dev-", "development-",
		"keyboard-cat", NULL};
	char folded[STOPGAP_MAX + 1];

	if (text.length < SHORTEST_LOUD || text.length > STOPGAP_MAX)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		uint8_t byte = secret_bytes(text)[i];

		if (byte <= ' ' || byte >= 0x7F)
			return false;
		folded[i] = (char)(byte == '_' ? '-' : ascii_is_upper(byte) ? byte + 32 : byte);
	}
	folded[text.length] = '\0';
	return holds(folded, things) && holds(folded, signs) && placeholder_is_known(text);
}

// Words that a setting has by right, even where its name sounds like that of a secret.
static bool is_setting(struct secret text)
{
	static const char *const words[] = {"none", "default", "local", "public", "private", "dev",
		"development", "test", "testing", "value", "string", "empty", "unset", "hidden",
		"user", "guest", "token", "jwt", "n/a", "sample", "example", "undefined", "null"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (secret_is(text, words[i]))
			return true;
	return false;
}

bool stopgap_suits(const char *key, struct secret text)
{
	if (text.length < SHORTEST || text.length > STOPGAP_MAX || shape_name_is_public(key))
		return false;
	if (shape_name_looks_secret(key))
		return placeholder_is_known(text) && !is_setting(text);
	return stopgap_is_loud(text);
}
