// A profile's own key comes first, then the previous one, then its [key] sections.
// SPDX-License-Identifier: MIT
#include "verifier/setup_profile.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/shape_show.h"
#include "verifier/setup.h"
#include "verifier/setup_reading.h"
#include "verifier/trust/key/algorithm.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#define MINUTE_MS UINT64_C(60000)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define LEEWAY_MAX_MS (10 * MINUTE_MS)

// What holds for a kind where the file says nothing. A browser sends the first cookie over HTTPS.
static const struct kind_defaults {
	const char *cookies[PROFILE_COOKIES_MAX];
	size_t cookie_count;
	uint64_t leeway_ms, lifetime_ms;
} kind_defaults[] = {
	[PROFILE_JWS] = {.lifetime_ms = 15 * MINUTE_MS},
	[PROFILE_NEXTAUTH_V4] = {{"__Secure-next-auth.session-token", "next-auth.session-token"}, 2,
		15000, 30 * DAY_MS},
	[PROFILE_AUTHJS_V5] = {{"__Secure-authjs.session-token", "authjs.session-token"}, 2, 15000,
		30 * DAY_MS},
};

// A profile while it is judged.
struct judging {
	struct setup_reading *reading;
	const struct setup_profile *profile;
	struct profile_rules *rules;
	struct profile_source *sources; // PROFILE_KEYS_MAX
};

// A section that says a key.
struct place {
	const char *section; // "profile" or "key"
	const struct setup_head *head;
	const struct setup_key *given;
};

static bool is_given(const struct place *place, const char *key)
{
	return setup_reading_line(place->head->lines, place->section, key) > 0;
}

// The line of a setting, or of its section.
static int line_of(const struct place *place, const char *key)
{
	int line = setup_reading_line(place->head->lines, place->section, key);

	return line ? line : place->head->line;
}

static struct place place_of(const struct setup_profile *profile)
{
	return (struct place){"profile", &profile->head, &profile->key};
}

// ---- where a key comes from

static void judge_origin(
	struct judging *judging, const struct place *place, const struct profile_source *source)
{
	struct setup_reading *reading = judging->reading;
	char shown[96];

	if (!source->key && !source->file)
		setup_reading_complain(reading, place->head->line,
			"app = web and key = NEXTAUTH_SECRET; or key_file = FILE",
			"[%s %s] has no key", place->section, place->head->name);
	if (source->key && source->file)
		setup_reading_complain(reading, line_of(place, "key_file"), "delete one of them",
			"key and key_file are two keys");
	if (source->key && !source->app)
		setup_reading_complain(reading, line_of(place, "key"),
			"app = the name that samekey run gives the app", "key needs app");
	if (place->given->app && !source->key)
		setup_reading_complain(
			reading, line_of(place, "app"), "key = NEXTAUTH_SECRET", "app needs key");
	if (source->key && !bundle_is_key_name(source->key))
		setup_reading_complain(reading, line_of(place, "key"), NULL,
			"no name of a key: '%s'", shape_show(shown, sizeof(shown), source->key));
	if (source->app && !bundle_is_app_name(source->app))
		setup_reading_complain(reading, line_of(place, "app"), NULL,
			"no name of an app: '%s'", shape_show(shown, sizeof(shown), source->app));
	if (source->file && source->file[0] != '/')
		setup_reading_complain(reading, line_of(place, "key_file"), NULL,
			"key_file needs an absolute path");
}

// ---- what a key is

static void complain_algorithm(struct judging *judging, const struct place *place, const char *name)
{
	const char *names[64] = {NULL}, *near;
	char shown[96], hint[96];

	for (size_t i = 0; i < algorithm_count && i < ARRAY_SIZE(names) - 1; i++)
		names[i] = algorithm_table[i].name;
	near = text_nearest(name, names);
	(void)snprintf(hint, sizeof(hint), near ? "did you mean %s?" : "%s",
		near ? near : "HS256 for a secret, ES256 or EdDSA for a key pair");
	setup_reading_complain(judging->reading, line_of(place, "algorithm"), hint,
		"no algorithm: '%s'", shape_show(shown, sizeof(shown), name));
}

// The algorithm that is meant; NULL: none is given, or a bad one was complained of.
static const struct algorithm *judge_algorithm(struct judging *judging, const struct place *place)
{
	const char *own = place->given->algorithm;
	const char *name = own ? own : judging->profile->key.algorithm;
	const struct algorithm *algorithm = name ? algorithm_find(name, strlen(name)) : NULL;

	if (own && !algorithm)
		complain_algorithm(judging, place, own);
	return algorithm;
}

static void judge_fit(
	struct judging *judging, const struct place *place, const struct key_options *options)
{
	struct setup_reading *reading = judging->reading;
	const struct algorithm *algorithm = options->algorithm;
	bool is_symmetric = algorithm && algorithm->family == ALGORITHM_HMAC;
	const char *encoding = key_encodings[options->encoding];

	if (options->encoding == KEY_PEM && !algorithm && !place->given->algorithm)
		setup_reading_complain(reading, line_of(place, "encoding"), "algorithm = ES256",
			"encoding = pem needs algorithm");
	if (!algorithm || options->encoding == KEY_JWK)
		return;
	if (is_symmetric && options->encoding == KEY_PEM)
		setup_reading_complain(reading, line_of(place, "algorithm"),
			"encoding = text; or the algorithm of the key pair",
			"%s takes a secret, and encoding = pem is a key pair", algorithm->name);
	if (!is_symmetric && options->encoding != KEY_PEM)
		setup_reading_complain(reading, line_of(place, "algorithm"),
			"encoding = pem, or jwk",
			"%s takes a key pair, and encoding = %s is a secret", algorithm->name,
			encoding);
}

// The library decides how a session is encrypted.
static void judge_session_key(struct judging *judging, const struct place *place)
{
	const struct {
		const char *key;
		bool is_wrong;
	} settings[] = {{"algorithm", place->given->algorithm != NULL},
		{"kid", place->given->kid != NULL},
		{"encoding", is_given(place, "encoding") && place->given->encoding != KEY_TEXT}};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (settings[i].is_wrong)
			setup_reading_complain(judging->reading, line_of(place, settings[i].key),
				"delete the line", "kind = %s takes no %s",
				profile_kinds[judging->rules->kind], settings[i].key);
}

static void judge_kid(struct judging *judging, const struct place *place, const char *kid)
{
	const struct profile_rules *rules = judging->rules;

	if (!kid)
		return;
	if (!text_is_line(kid, strlen(kid)))
		setup_reading_complain(
			judging->reading, line_of(place, "kid"), NULL, "'kid' is no line of text");
	for (size_t i = 0; i < rules->source_count; i++)
		if (text_equal(judging->sources[i].options.kid, kid))
			setup_reading_complain(judging->reading, line_of(place, "kid"),
				"each key has its own", "two keys of the profile have this kid");
}

static void add_source(
	struct judging *judging, const struct place *place, const struct profile_source *source)
{
	if (judging->rules->source_count == PROFILE_KEYS_MAX)
		setup_reading_complain(judging->reading, place->head->line, NULL,
			"a profile has at most %d keys", PROFILE_KEYS_MAX);
	else
		judging->sources[judging->rules->source_count++] = *source;
}

static void judge_key(struct judging *judging, const struct place *place)
{
	const struct setup_profile *profile = judging->profile;
	const struct setup_key *given = place->given;
	struct profile_source source = {.app = given->app, .key = given->key, .file = given->file};
	struct key_options *options = &source.options;

	if (given->key && !given->app)
		source.app = profile->key.app;
	*options = (struct key_options){
		.encoding = (enum key_encoding)(
			is_given(place, "encoding") ? given->encoding : profile->key.encoding),
		.state = (enum key_state)given->state,
		.kid = given->kid,
		.label = given->key ? given->key : given->file,
		.allow_short = profile->allow_short_key == SETTING_YES};
	judge_origin(judging, place, &source);
	if (judging->rules->kind == PROFILE_JWS) {
		options->algorithm = judge_algorithm(judging, place);
		judge_fit(judging, place, options);
		judge_kid(judging, place, options->kid);
	} else {
		options->encoding = KEY_TEXT;
		judge_session_key(judging, place);
	}
	add_source(judging, place, &source);
}

static void judge_previous(struct judging *judging)
{
	const struct setup_profile *profile = judging->profile;
	const struct place place = place_of(profile);
	struct profile_source source;
	char shown[96];

	if (!profile->previous)
		return;
	if (!profile->key.key || !judging->rules->source_count) {
		setup_reading_complain(judging->reading, line_of(&place, "previous"),
			"for a file there are [key PROFILE] sections",
			"previous goes with app and key");
		return;
	}
	if (!bundle_is_key_name(profile->previous) ||
		text_equal(profile->previous, profile->key.key))
		setup_reading_complain(judging->reading, line_of(&place, "previous"), NULL,
			"no name of another key: '%s'",
			shape_show(shown, sizeof(shown), profile->previous));
	source = judging->sources[0];
	source.key = source.options.label = profile->previous;
	source.optional = true;
	source.options.state = KEY_RETIRING;
	source.options.kid = NULL;
	add_source(judging, &place, &source);
}

static void judge_further_keys(struct judging *judging)
{
	const struct setup_reading *reading = judging->reading;
	const struct setup_further_key *const *keys = reading->keys.items;

	for (size_t i = 0; i < reading->keys.count; i++)
		if (text_equal(keys[i]->head.name, judging->profile->head.name))
			judge_key(judging, &(struct place){"key", &keys[i]->head, &keys[i]->key});
}

static void judge_states(struct judging *judging)
{
	for (size_t i = 0; i < judging->rules->source_count; i++) {
		enum key_state state = judging->sources[i].options.state;

		if (state == KEY_ACTIVE || (state == KEY_RETIRING && !judging->sources[i].optional))
			return;
	}
	setup_reading_complain(judging->reading, judging->profile->head.line, "state = active",
		"no key of the profile verifies");
}

// ---- the other rules

static void judge_text(
	struct judging *judging, const char *key, const char *const *texts, size_t count)
{
	const struct place place = place_of(judging->profile);

	for (size_t i = 0; i < count; i++)
		if (texts[i] && !text_is_line(texts[i], strlen(texts[i])))
			setup_reading_complain(judging->reading, line_of(&place, key), NULL,
				"'%s' is no line of text", key);
}

static struct profile_list judge_list(
	struct judging *judging, const char *key, const struct setting_list *list, size_t most)
{
	const struct place place = place_of(judging->profile);

	judge_text(judging, key, list->items, list->count);
	if (list->count > most)
		setup_reading_complain(judging->reading, line_of(&place, key), NULL,
			"'%s' has at most %zu items", key, most);
	return (struct profile_list){list->items, list->count > most ? most : list->count};
}

// In a header's name whatever is neither letter nor digit becomes '-'.
static bool is_same_header(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (strncasecmp(a, b, 1) != 0 &&
			(isalnum((unsigned char)*a) || isalnum((unsigned char)*b)))
			return false;
	return *a == *b;
}

static bool is_same_cookie(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

// Items that become names of cookies or of headers, the latter without regard to case.
static void judge_tokens(
	struct judging *judging, const char *key, const struct profile_list *list, const char *what)
{
	const struct place place = place_of(judging->profile);
	bool (*same)(const char *, const char *) =
		text_equal(key, "forward") ? is_same_header : is_same_cookie;
	char shown[96];

	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->items[i];

		if (!text_is_token(item, strlen(item)))
			setup_reading_complain(judging->reading, line_of(&place, key), NULL,
				"no name of a %s: '%s'", what,
				shape_show(shown, sizeof(shown), item));
		for (size_t j = 0; j < i; j++)
			if (same(item, list->items[j]))
				setup_reading_complain(judging->reading, line_of(&place, key),
					"delete one of them", "two names of one %s: '%s'", what,
					shape_show(shown, sizeof(shown), item));
	}
}

static void judge_times(struct judging *judging)
{
	const struct setup_profile *profile = judging->profile;
	const struct place place = place_of(profile);
	const struct kind_defaults *defaults = &kind_defaults[profile->kind];
	struct profile_rules *rules = judging->rules;

	rules->max_age_ms = profile->max_age_ms;
	rules->leeway_ms = is_given(&place, "leeway") ? profile->leeway_ms : defaults->leeway_ms;
	rules->lifetime_ms =
		is_given(&place, "lifetime") ? profile->lifetime_ms : defaults->lifetime_ms;
	if (rules->leeway_ms > LEEWAY_MAX_MS)
		setup_reading_complain(judging->reading, line_of(&place, "leeway"),
			"it makes up for clocks, and all tokens live as much longer",
			"leeway is over 10m");
	if (rules->lifetime_ms < 1000)
		setup_reading_complain(judging->reading, line_of(&place, "lifetime"), NULL,
			"lifetime is under 1s");
}

static void judge_claims(struct judging *judging)
{
	const struct setup_profile *profile = judging->profile;
	struct profile_rules *rules = judging->rules;
	const struct place place = place_of(profile);

	rules->issuer = profile->issuer;
	rules->typ = profile->typ;
	judge_text(judging, "issuer", &rules->issuer, 1);
	judge_text(judging, "typ", &rules->typ, 1);
	rules->audience = judge_list(judging, "audience", &profile->audience, PROFILE_LIST_MAX);
	rules->require = judge_list(judging, "require", &profile->require, PROFILE_LIST_MAX);
	rules->forward = judge_list(judging, "forward", &profile->forward, PROFILE_LIST_MAX);
	rules->cookies = judge_list(judging, "cookie", &profile->cookies, PROFILE_COOKIES_MAX);
	judge_tokens(judging, "forward", &rules->forward, "header");
	judge_tokens(judging, "cookie", &rules->cookies, "cookie");
	if (!profile->cookies.given)
		rules->cookies = (struct profile_list){kind_defaults[profile->kind].cookies,
			kind_defaults[profile->kind].cookie_count};
	if (rules->kind != PROFILE_JWS && rules->typ)
		setup_reading_complain(judging->reading, line_of(&place, "typ"), "delete the line",
			"kind = %s takes no typ", profile_kinds[rules->kind]);
}

// ---- all

static void judge_profile(
	struct setup_reading *reading, const struct setup_profile *profile, size_t index)
{
	struct profile_rules *rules = &reading->setup->profiles[index];
	struct judging judging = {reading, profile, rules, NULL};
	const struct place place = place_of(profile);

	*rules = (struct profile_rules){.name = profile->head.name,
		.kind = (enum profile_kind)profile->kind,
		.format = (enum profile_format)profile->format,
		.redirect = profile->redirect == SETTING_YES};
	judging.sources = pool_array(reading->pool, PROFILE_KEYS_MAX, sizeof(*judging.sources));
	if (!judging.sources) {
		reading->code = -ENOMEM;
		return;
	}
	rules->sources = judging.sources;
	for (size_t i = 0; i < index; i++)
		if (text_equal(reading->setup->profiles[i].name, rules->name))
			setup_reading_complain(reading, profile->head.line,
				"a further key of it stands in a [key] section",
				"two profiles have this name");
	judge_key(&judging, &place);
	judge_previous(&judging);
	judge_further_keys(&judging);
	judge_states(&judging);
	judge_claims(&judging);
	judge_times(&judging);
}

static bool has_profile(const struct setup *setup, const char *name)
{
	for (size_t i = 0; i < setup->profile_count; i++)
		if (text_equal(setup->profiles[i].name, name))
			return true;
	return false;
}

// [key NAME] sections of no profile.
static void judge_strays(struct setup_reading *reading)
{
	const struct setup *setup = reading->setup;
	const struct setup_further_key *const *keys = reading->keys.items;
	const char **names = pool_array(reading->pool, setup->profile_count + 1, sizeof(*names));
	char hint[PROFILE_NAME_MAX + 32];

	if (!names) {
		reading->code = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < setup->profile_count; i++)
		names[i] = setup->profiles[i].name;
	for (size_t i = 0; i < reading->keys.count; i++) {
		const struct setup_head *head = &keys[i]->head;
		const char *near = text_nearest(head->name, names);

		if (has_profile(setup, head->name))
			continue;
		(void)snprintf(hint, sizeof(hint), near ? "did you mean [key %s]?" : "%s",
			near ? near : "[key PROFILE], for a [profile PROFILE]");
		setup_reading_complain(
			reading, head->line, hint, "there is no profile %s", head->name);
	}
}

void setup_profile_judge_all(struct setup_reading *reading)
{
	struct setup *setup = reading->setup;
	const struct setup_profile *const *profiles = reading->profiles.items;

	setup->profile_count = reading->profiles.count;
	setup->profiles =
		pool_array(reading->pool, setup->profile_count + 1, sizeof(*setup->profiles));
	if (!setup->profiles) {
		reading->code = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < setup->profile_count && reading->code != -ENOMEM; i++)
		judge_profile(reading, profiles[i], i);
	if (reading->code != -ENOMEM)
		judge_strays(reading);
}
