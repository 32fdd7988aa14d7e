// Any bytes as a token, or as header and claims to be signed: none is accepted that the reference
// refuses. Bytes are a token for profiles of several kinds, of which only the MAC's key could have
// been met by chance; or, when they begin with a brace, a header and, behind a newline, claims,
// which are signed here so that they are read: what is then accepted is JSON for jansson, too, of
// this alg and not expired.
// SPDX-License-Identifier: MIT
#include "tests/forge.h"
#include "verifier/trust/token/jwe.h"
#include "verifier/trust/token/token.h"

#include <jansson.h>

#define SECRET "a secret of the fuzzer, 32 bytes up"
#define FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct profile_rules rules[] = {
	{.name = "jws"},
	{.name = "v4", .kind = PROFILE_NEXTAUTH_V4},
	{.name = "v5", .kind = PROFILE_AUTHJS_V5},
};
static struct profile profiles[ARRAY_SIZE(rules)];

static void open_profiles(void)
{
	struct secret_arena *arena;

	if (secret_arena_open(NULL, &arena, NULL) < 0)
		abort();
	forge_add(&profiles[0], forge_key(arena, SECRET, NULL, NULL), KEY_ACTIVE);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		profiles[i].rules = &rules[i];
		profiles[i].usable = true;
		profiles[i].key_count = 1;
		if (i > 0)
			profiles[i].keys[0].sessions[0] = jwe_key_new((enum jwe_kind)(i - 1),
				secret_view(SECRET, strlen(SECRET)), "", arena);
	}
}

static bool accepts(const struct profile *profile, const char *token, size_t length)
{
	static struct token_scratch scratch;
	static struct token_verdict verdict;
	const struct token_options options = {.now_ms = FORGE_NOW_S * INT64_C(1000)};

	token_verify(profile, token, length, &options, &scratch, &verdict);
	return verdict.code == TOKEN_OK;
}

// The same header and claims with a MAC of another maker.
static bool is_right(const char *token, size_t length)
{
	own_free char *text = strndup(token, length), *again = NULL;
	char *dot = text ? strchr(text, '.') : NULL, *last = text ? strrchr(text, '.') : NULL;

	if (!dot || !last || dot == last)
		return false;
	*dot = *last = '\0';
	again = forge_raw(text, dot + 1, SECRET);
	return strlen(again) == length && memcmp(again, token, length) == 0;
}

static bool is_refused(const char *text, size_t length, const char *name, double least)
{
	json_error_t error;
	json_t *json = json_loadb(text, length, FLAGS, &error);
	const json_t *value = json_object_get(json, name);
	bool refused = json ? value && !json_is_string(value) && json_number_value(value) <= least
			    : json_error_code(&error) != json_error_numeric_overflow;

	if (json && strcmp(name, "alg") == 0)
		refused = !value || strcmp(json_string_value(value), "HS256") != 0 ||
			  json_object_get(json, "crit");
	json_decref(json);
	return refused;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes,
		   *newline = length ? memchr(text, '\n', length) : NULL;

	if (!profiles[0].usable)
		open_profiles();
	if (length && *text == '{' && newline) {
		size_t header = (size_t)(newline - text), claims = length - header - 1;
		own_free char *token =
			forge_signed_bytes(text, header, newline + 1, claims, SECRET);

		if (accepts(&profiles[0], token, strlen(token)) &&
			(is_refused(text, header, "alg", 0) ||
				is_refused(newline + 1, claims, "exp", FORGE_NOW_S)))
			abort();
		return 0;
	}
	if (accepts(&profiles[0], text, length) && !is_right(text, length))
		abort();
	if (accepts(&profiles[1], text, length) || accepts(&profiles[2], text, length))
		abort();
	return 0;
}
