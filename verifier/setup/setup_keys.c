// A profile's own key comes first, then the previous one, then its [key] sections.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_keys.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/shape_show.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_reading.h"
#include "verifier/trust/key/algorithm.h"

#include <errno.h>

// A profile while its keys are judged.
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

// ---- all

void setup_keys_judge(struct setup_reading *reading, const struct setup_profile *profile,
	struct profile_rules *rules)
{
	struct judging judging = {reading, profile, rules, NULL};
	const struct place place = place_of(profile);

	judging.sources = pool_array(reading->pool, PROFILE_KEYS_MAX, sizeof(*judging.sources));
	if (!judging.sources) {
		reading->code = -ENOMEM;
		return;
	}
	rules->sources = judging.sources;
	judge_key(&judging, &place);
	judge_previous(&judging);
	judge_further_keys(&judging);
	judge_states(&judging);
}
