// Any header and claims put together of parts, then signed with the profile's key: a token is
// accepted exactly when a second judge, written here on jansson's values, accepts what it says.
// SPDX-License-Identifier: MIT
#include "tests/forge.h"
#include "tests/fuzz/feed.h"
#include "verifier/trust/token/token.h"

#include <jansson.h>

#define SECRET "a secret of the fuzzer, 32 bytes up"
#define LEEWAY_S 5
#define MAX_AGE_S 600
#define MEMBERS_MAX 12

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *const audiences[] = {"a", "b"};
static const char *const required[] = {"role"};
static const char *const forwarded[] = {"role", "sub"};
static const struct profile_rules rules = {.name = "claims",
	.issuer = "https://shop.example",
	.audience = {audiences, 2},
	.typ = "at+jwt",
	.require = {required, 1},
	.forward = {forwarded, 2},
	.leeway_ms = LEEWAY_S * 1000,
	.max_age_ms = MAX_AGE_S * 1000};

static const char *const words[] = {"https://shop.example", "a", "b", "at+jwt", "HS256", "HS384",
	"none", "RS256", "application/at+jwt", "JWT", "admin", "k1", "", "a\nb", "\xC2\x85",
	"AT+JWT"};
static const char *const header_names[] = {"alg", "typ", "kid", "crit", "cty", "b64", "zip"};
static const char *const claim_names[] = {
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "role", "x"};

static json_t *make_text(struct feed *feed)
{
	json_t *text = json_string(feed_word(feed, words, ARRAY_SIZE(words)));

	return text ? text : json_string("no UTF-8");
}

static json_t *make_value(struct feed *feed)
{
	json_t *list;

	switch (feed_pick(feed, 8)) {
	case 0:
	case 1:
		return make_text(feed);
	case 2: // a second or so from now
		return json_integer(FORGE_NOW_S + (int8_t)feed_byte(feed));
	case 3:
		return json_integer((json_int_t)feed_number(feed, feed_pick(feed, 9)));
	case 4:
		return json_real(FORGE_NOW_S + (int16_t)feed_number(feed, 2) / 8.0);
	case 5:
		list = json_array();
		for (size_t i = feed_pick(feed, 4); i > 0; i--)
			(void)json_array_append_new(
				list, feed_pick(feed, 8) ? make_text(feed) : json_null());
		return list;
	case 6:
		return json_boolean(feed_pick(feed, 2));
	default:
		return feed_pick(feed, 2) ? json_null() : json_object();
	}
}

static json_t *make_object(struct feed *feed, const char *const *names, size_t count)
{
	json_t *object = json_object();

	for (size_t i = feed_pick(feed, MEMBERS_MAX); i > 0; i--) {
		const char *name = names[feed_pick(feed, count)];

		if (json_object_set_new(object, name, make_value(feed)) < 0)
			abort();
	}
	return object;
}

// ---- the second judge

static bool is_text(const json_t *value, const char *text)
{
	return json_is_string(value) && json_string_length(value) == strlen(text) &&
	       strcmp(json_string_value(value), text) == 0;
}

static bool is_header_good(const json_t *header)
{
	const json_t *typ = json_object_get(header, "typ");
	const char *media = json_string_value(typ);

	if (media && strncasecmp(media, "application/", 12) == 0)
		media += 12;
	return is_text(json_object_get(header, "alg"), "HS256") && media &&
	       strcasecmp(media, "at+jwt") == 0 && !json_object_get(header, "crit");
}

// Whether a date is no number, or is not in order.
static bool is_date_bad(const json_t *claims, const char *name, double least, double most)
{
	const json_t *date = json_object_get(claims, name);
	double seconds = json_number_value(date);

	return date && (!json_is_number(date) || !(seconds > least) || !(seconds <= most));
}

static bool is_audience_good(const json_t *aud)
{
	size_t count = json_is_array(aud) ? json_array_size(aud) : 1;
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_is_array(aud) ? json_array_get(aud, i) : aud;

		if (!json_is_string(item))
			return false;
		found |= is_text(item, "a") || is_text(item, "b");
	}
	return found;
}

static bool can_be_forwarded(const json_t *value)
{
	const char *text = json_string_value(value);

	for (size_t i = 0; text && text[i]; i++)
		if ((uint8_t)text[i] < 0x20 || text[i] == 0x7F ||
			((uint8_t)text[i] == 0xC2 && (uint8_t)text[i + 1] < 0xA0))
			return false;
	return !json_is_array(value) && !json_is_object(value);
}

static bool are_claims_good(const json_t *claims)
{
	const double longest = 253402300799.0; // the year 9999
	const json_t *iat = json_object_get(claims, "iat"), *jti = json_object_get(claims, "jti"),
		     *role = json_object_get(claims, "role"), *sub = json_object_get(claims, "sub");

	return !is_date_bad(claims, "exp", FORGE_NOW_S - LEEWAY_S, longest) &&
	       !is_date_bad(claims, "nbf", -longest, FORGE_NOW_S + LEEWAY_S) && iat &&
	       !is_date_bad(claims, "iat", FORGE_NOW_S - MAX_AGE_S - LEEWAY_S,
		       FORGE_NOW_S + TOKEN_FUTURE_S) &&
	       is_text(json_object_get(claims, "iss"), rules.issuer) &&
	       is_audience_good(json_object_get(claims, "aud")) && role && !json_is_null(role) &&
	       (!sub || json_is_string(sub)) && (!jti || json_is_string(jti)) &&
	       can_be_forwarded(role) && can_be_forwarded(sub);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const struct token_options options = {.now_ms = FORGE_NOW_S * INT64_C(1000)};
	static struct profile profile;
	static struct token_scratch scratch;
	static struct token_verdict verdict;
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, length, pool};
	struct secret_arena *arena;
	own_free char *token = NULL, *first = NULL, *second = NULL;
	json_t *header, *claims;

	if (!profile.usable) {
		if (secret_arena_open(NULL, &arena, NULL) < 0)
			abort();
		forge_add(&profile, forge_key(arena, SECRET, NULL, NULL), KEY_ACTIVE);
		profile.rules = &rules;
	}
	header = make_object(&feed, header_names, ARRAY_SIZE(header_names));
	if (feed_pick(&feed, 8)) // most are to get beyond the header
		(void)json_object_update_new(
			header, json_pack("{s:s,s:s}", "alg", "HS256", "typ", "at+jwt"));
	claims = make_object(&feed, claim_names, ARRAY_SIZE(claim_names));
	first = json_dumps(header, JSON_COMPACT);
	second = json_dumps(claims, JSON_COMPACT);
	token = forge_signed(first, second, SECRET);
	token_verify(&profile, token, strlen(token), &options, &scratch, &verdict);
	if (verdict.code == TOKEN_OK && !(is_header_good(header) && are_claims_good(claims)))
		abort();
	// what is lacking in a header that says more is token.c's to say
	if (verdict.code != TOKEN_OK && json_object_size(header) == 2 && is_header_good(header) &&
		are_claims_good(claims))
		abort();
	json_decref(header);
	json_decref(claims);
	return 0;
}
