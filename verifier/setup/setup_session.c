// First the listener and its two profiles, then what they require, then times and cookies.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_session.h"

#include "lib/base/text.h"
#include "lib/value/shape_show.h"
#include "verifier/door/listen.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_cookies.h"
#include "verifier/setup/setup_mapping.h"
#include "verifier/setup/setup_origins.h"
#include "verifier/setup/setup_reading.h"
#include "verifier/trust/key/algorithm.h"

#include <errno.h>

#define GRACE_MAX_MS UINT64_C(60000)
#define REFRESH_LIFETIME_MS (UINT64_C(7) * 24 * 3600 * 1000)

// A profile of the session; both NULL: not given, or there is none of that name.
struct side {
	const char *key, *cookie;          // its setting in [session], and its cookie by default
	const struct setup_profile *given; // as the file has it
	struct profile_rules *rules;
};

struct judging {
	struct setup_reading *reading;
	struct setup_session *session;
	struct side access, refresh;
};

static int line_of(const struct judging *judging, const char *key)
{
	return setup_reading_line(judging->reading->lines, "session", key);
}

// The line of a profile's setting, or of the profile.
static int line_in(const struct side *side, const char *key)
{
	int line = setup_reading_line(side->given->head.lines, "profile", key);

	return line ? line : side->given->head.line;
}

// ---- the listener

static void judge_listener(struct judging *judging)
{
	struct setup_reading *reading = judging->reading;
	const struct setup *setup = reading->setup;
	struct setup_session *session = judging->session;
	struct sockaddr_storage address, other;
	struct err err = ERR_NONE;
	socklen_t size;

	session->is_on = session->socket || session->http;
	if (session->socket && (session->socket[0] != '/' || text_ends(session->socket, "/")))
		setup_reading_complain(reading, line_of(judging, "socket"),
			"socket = /run/samekey/session.sock", "a socket needs an absolute path%s",
			session->socket[0] == '/' ? ", and this is a folder's" : "");
	else if (session->socket && strlen(session->socket) > SETUP_PATH_MAX)
		setup_reading_complain(reading, line_of(judging, "socket"), NULL,
			"the path of a socket has at most %d bytes", SETUP_PATH_MAX);
	if (session->socket && (text_equal(session->socket, setup->handoff) ||
				       text_equal(session->socket, setup->api)))
		setup_reading_complain(reading, line_of(judging, "socket"),
			"socket = /run/samekey/session.sock",
			"sessions need a socket of their own");
	if (session->http && listen_address(session->http, &address, &size, &err) < 0)
		setup_reading_complain(reading, line_of(judging, "http"), err.hint, "%s", err.what);
	else if (session->http && setup->http &&
		 listen_address(setup->http, &other, &size, NULL) == 0 &&
		 memcmp(&address, &other, sizeof(address)) == 0)
		setup_reading_complain(reading, line_of(judging, "http"), "http = 127.0.0.1:9465",
			"sessions need a port of their own");
}

static void judge_presence(struct judging *judging)
{
	int access = line_of(judging, "access"), refresh = line_of(judging, "refresh");

	if (!judging->session->is_on && (access || refresh))
		setup_reading_complain(judging->reading, access ? access : refresh,
			"socket = /run/samekey/session.sock, or http = 127.0.0.1:9465",
			"sessions are asked for, and there is no socket and no port for them");
}

// ---- the profiles

static void complain_unknown_profile(
	struct judging *judging, const struct side *side, const char *name)
{
	const struct setup_reading *reading = judging->reading;
	const char **names =
		pool_array(reading->pool, reading->setup->profile_count + 1, sizeof(*names));
	const char *near;
	char shown[96], hint[PROFILE_NAME_MAX + 32];

	if (!names) {
		judging->reading->code = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < reading->setup->profile_count; i++)
		names[i] = reading->setup->profiles[i].name;
	near = text_nearest(name, names);
	(void)snprintf(hint, sizeof(hint), near ? "did you mean %s?" : "%s",
		near ? near : "the name of a [profile NAME] section");
	setup_reading_complain(judging->reading, line_of(judging, side->key), hint,
		"there is no profile '%s'", shape_show(shown, sizeof(shown), name));
}

static void find_profile(struct judging *judging, struct side *side, const char *name)
{
	const struct setup *setup = judging->reading->setup;
	const struct setup_profile *const *profiles = judging->reading->profiles.items;
	char hint[64];

	if (!name && judging->session->is_on) {
		(void)snprintf(
			hint, sizeof(hint), "%s = the name of a [profile NAME] section", side->key);
		setup_reading_complain(judging->reading,
			line_of(judging, judging->session->socket ? "socket" : "http"), hint,
			"sessions need a profile of %s tokens", side->key);
	}
	if (!name)
		return;
	for (size_t i = 0; i < setup->profile_count; i++)
		if (text_equal(setup->profiles[i].name, name)) {
			side->given = profiles[i];
			side->rules = &setup->profiles[i];
			return;
		}
	complain_unknown_profile(judging, side, name);
}

// A session of a library is a token of that library's own, which has no jti of ours.
static void judge_kind(struct judging *judging, struct side *side)
{
	if (side->rules->kind == PROFILE_JWS)
		return;
	setup_reading_complain(judging->reading, line_of(judging, side->key),
		"a profile of kind = jws", "%s = %s is a profile of kind %s", side->key,
		side->rules->name, profile_kinds[side->rules->kind]);
	side->rules = NULL;
	side->given = NULL;
}

static void set_defaults(struct judging *judging, const struct side *side)
{
	const char **names = pool_array(judging->reading->pool, 1, sizeof(*names));

	if (!names) {
		judging->reading->code = -ENOMEM;
		return;
	}
	names[0] = side->cookie;
	if (!side->rules->cookies.count)
		side->rules->cookies = (struct profile_list){names, 1};
}

// Two verifiers, and two requests at once, have to make the same token of the same record.
static void judge_signature(struct judging *judging)
{
	const struct side *refresh = &judging->refresh;

	for (size_t i = 0; i < refresh->rules->source_count; i++) {
		const struct key_options *options = &refresh->rules->sources[i].options;
		const struct algorithm *algorithm = options->algorithm;

		if (!algorithm || options->state != KEY_ACTIVE ||
			(algorithm->family != ALGORITHM_ECDSA &&
				algorithm->family != ALGORITHM_RSA_PSS))
			continue;
		setup_reading_complain(judging->reading, line_in(refresh, "algorithm"),
			"algorithm = HS256, RS256 or EdDSA",
			"%s signs differently each time, so it makes no refresh tokens",
			algorithm->name);
		return;
	}
}

static bool is_same_key(const struct profile_source *a, const struct profile_source *b)
{
	const struct algorithm *one = a->options.algorithm, *other = b->options.algorithm;

	if (one && other && one != other)
		return false;
	if (a->file || b->file)
		return text_equal(a->file, b->file);
	return text_equal(a->app, b->app) && text_equal(a->key, b->key);
}

static bool share_a_key(const struct profile_rules *a, const struct profile_rules *b)
{
	for (size_t i = 0; i < a->source_count; i++)
		for (size_t j = 0; j < b->source_count; j++)
			if (is_same_key(&a->sources[i], &b->sources[j]))
				return true;
	return false;
}

// Whether a refresh token, all of which `refresh` decides, fails where `access` judges.
static bool are_told_apart(const struct profile_rules *access, const struct profile_rules *refresh)
{
	const struct profile_list *wanted = &access->audience, *has = &refresh->audience;
	bool meets = !wanted->count;

	for (size_t i = 0; i < wanted->count; i++)
		for (size_t j = 0; j < has->count; j++)
			meets |= text_equal(wanted->items[i], has->items[j]);
	return !meets || (access->typ && !text_equal(access->typ, refresh->typ)) ||
	       (access->issuer && !text_equal(access->issuer, refresh->issuer));
}

static void judge_pair(struct judging *judging)
{
	const struct side *access = &judging->access, *refresh = &judging->refresh;

	if (access->rules == refresh->rules)
		setup_reading_complain(judging->reading, line_of(judging, "refresh"),
			"each has a [profile NAME] section of its own",
			"access and refresh are the same profile");
	else if (refresh->rules->format == PROFILE_JWT &&
		 share_a_key(access->rules, refresh->rules) &&
		 !are_told_apart(access->rules, refresh->rules))
		setup_reading_complain(judging->reading, line_of(judging, "refresh"),
			"give each a key of its own, or typ, audience or issuer; or "
			"format = opaque",
			"profiles %s and %s have the same key, and a refresh token would pass as "
			"an access token",
			access->rules->name, refresh->rules->name);
}

static void judge_profiles(struct judging *judging)
{
	struct sessionrules *rules = &judging->session->rules;
	struct side *sides[] = {&judging->access, &judging->refresh};

	find_profile(judging, &judging->access, rules->access);
	find_profile(judging, &judging->refresh, rules->refresh);
	for (size_t i = 0; i < ARRAY_SIZE(sides); i++)
		if (sides[i]->rules)
			judge_kind(judging, sides[i]);
	if (judging->access.rules && judging->refresh.rules)
		judge_pair(judging);
	for (size_t i = 0; i < ARRAY_SIZE(sides); i++)
		if (sides[i]->rules)
			set_defaults(judging, sides[i]);
	if (judging->access.rules) {
		rules->access_cookie = judging->access.rules->cookies.items[0];
		if (judging->access.rules->format != PROFILE_JWT)
			setup_reading_complain(judging->reading,
				line_in(&judging->access, "format"), "format is of refresh tokens",
				"access tokens are JWTs, not opaque");
	}
	if (judging->refresh.rules) {
		rules->refresh_cookie = judging->refresh.rules->cookies.items[0];
		judge_signature(judging);
	}
}

// ---- what profiles require

// What the profile requires and no token has: every login would fail.
static void judge_required(
	struct judging *judging, const struct side *side, const struct sessionrules_maps *maps)
{
	const struct profile_list *required = side->rules ? &side->rules->require : NULL;

	for (size_t i = 0; required && i < required->count; i++)
		if (!setup_mapping_has_claim(side->rules, maps, required->items[i]))
			setup_reading_complain(judging->reading, line_in(side, "require"),
				"claims and refresh_claims under [session] say what tokens have",
				"%s tokens have no claim %s, which profile %s requires", side->key,
				required->items[i], side->rules->name);
}

// ---- times

static void judge_times(struct judging *judging)
{
	struct setup_reading *reading = judging->reading;
	struct sessionrules *rules = &judging->session->rules;
	struct profile_rules *refresh = judging->refresh.rules;

	if (refresh &&
		!setup_reading_line(judging->refresh.given->head.lines, "profile", "lifetime"))
		refresh->lifetime_ms = REFRESH_LIFETIME_MS < rules->absolute_ms
					       ? REFRESH_LIFETIME_MS
					       : rules->absolute_ms;
	if (rules->grace_ms > GRACE_MAX_MS)
		setup_reading_complain(reading, line_of(judging, "grace"),
			"it is for requests at the same time", "grace is over 60s");
	if (rules->absolute_ms < 1000)
		setup_reading_complain(
			reading, line_of(judging, "absolute"), NULL, "absolute is under 1s");
	else if (refresh && rules->absolute_ms < refresh->lifetime_ms)
		setup_reading_complain(reading, line_of(judging, "absolute"),
			"absolute = 30d, or a shorter lifetime of the profile",
			"absolute is shorter than the lifetime of profile %s", refresh->name);
	if (!line_of(judging, "pass_lifetime"))
		rules->pass_ms = refresh ? refresh->lifetime_ms : REFRESH_LIFETIME_MS;
	else if (rules->pass_ms < 1000)
		setup_reading_complain(reading, line_of(judging, "pass_lifetime"), NULL,
			"pass_lifetime is under 1s");
}

// ---- cookies

static size_t add_cookies(const struct side *side, struct setup_cookie *cookies)
{
	size_t count = side->rules ? side->rules->cookies.count : 0;

	for (size_t i = 0; i < count; i++)
		cookies[i] = (struct setup_cookie){
			side->rules->cookies.items[i], line_in(side, "cookie")};
	return count;
}

static void judge_cookies(struct judging *judging)
{
	struct setup_session *session = judging->session;
	struct sessionrules *rules = &session->rules;
	struct setup_cookie cookies[SETUP_COOKIES_MAX];
	size_t count = 0;

	_Static_assert(2 * PROFILE_COOKIES_MAX + SESSIONRULES_PASS_MAX <= SETUP_COOKIES_MAX,
		"room for every name");
	rules->same_site = (enum sessionrules_site)session->same_site;
	rules->secure = session->secure == SETTING_YES;
	session->is_insecure = session->is_on && !rules->secure;
	setup_cookies_judge_attributes(judging->reading);
	count += add_cookies(&judging->access, cookies);
	if (judging->refresh.rules != judging->access.rules)
		count += add_cookies(&judging->refresh, cookies + count);
	for (size_t i = 0; i < rules->pass.count; i++)
		cookies[count++] =
			(struct setup_cookie){rules->pass.items[i].name, line_of(judging, "pass")};
	setup_cookies_judge_names(judging->reading, cookies, count);
}

void setup_session_judge(struct setup_reading *reading)
{
	struct judging judging = {.reading = reading,
		.session = &reading->setup->session,
		.access = {.key = "access", .cookie = "__Host-session"},
		.refresh = {.key = "refresh", .cookie = "__Host-refresh"}};

	judge_listener(&judging);
	judge_profiles(&judging);
	setup_mapping_judge(reading);
	judge_required(&judging, &judging.access, &judging.session->rules.access_claims);
	judge_required(&judging, &judging.refresh, &judging.session->rules.refresh_claims);
	judge_times(&judging);
	judge_cookies(&judging);
	setup_origins_judge(reading);
	judge_presence(&judging);
}
