// A profile's keys come first, then what its tokens claim, then how long they live.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_profile.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "lib/value/shape_show.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_keys.h"
#include "verifier/setup/setup_reading.h"

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
};

static bool is_given(const struct setup_profile *profile, const char *key)
{
	return setup_reading_line(profile->head.lines, "profile", key) > 0;
}

// The line of a setting, or of its section.
static int line_of(const struct setup_profile *profile, const char *key)
{
	int line = setup_reading_line(profile->head.lines, "profile", key);

	return line ? line : profile->head.line;
}

// ---- claims and times

static void judge_text(
	struct judging *judging, const char *key, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (texts[i] && !text_is_line(texts[i], strlen(texts[i])))
			setup_reading_complain(judging->reading, line_of(judging->profile, key),
				NULL, "'%s' is no line of text", key);
}

static struct profile_list judge_list(
	struct judging *judging, const char *key, const struct setting_list *list, size_t most)
{

	judge_text(judging, key, list->items, list->count);
	if (list->count > most)
		setup_reading_complain(judging->reading, line_of(judging->profile, key), NULL,
			"'%s' has at most %zu items", key, most);
	return (struct profile_list){list->items, list->count > most ? most : list->count};
}

// In a header's name whatever is neither letter nor digit becomes '-'.
static bool is_same_header(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (strncasecmp(a, b, 1) != 0 &&
			(ascii_is_alphanumeric(*a) || ascii_is_alphanumeric(*b)))
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
	bool (*same)(const char *, const char *) =
		text_equal(key, "forward") ? is_same_header : is_same_cookie;
	char shown[96];

	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->items[i];

		if (!text_is_token(item, strlen(item)))
			setup_reading_complain(judging->reading, line_of(judging->profile, key),
				NULL, "no name of a %s: '%s'", what,
				shape_show(shown, sizeof(shown), item));
		for (size_t j = 0; j < i; j++)
			if (same(item, list->items[j]))
				setup_reading_complain(judging->reading,
					line_of(judging->profile, key), "delete one of them",
					"two names of one %s: '%s'", what,
					shape_show(shown, sizeof(shown), item));
	}
}

static void judge_times(struct judging *judging)
{
	const struct setup_profile *profile = judging->profile;
	const struct kind_defaults *defaults = &kind_defaults[profile->kind];
	struct profile_rules *rules = judging->rules;

	rules->max_age_ms = profile->max_age_ms;
	rules->leeway_ms = is_given(profile, "leeway") ? profile->leeway_ms : defaults->leeway_ms;
	rules->lifetime_ms =
		is_given(profile, "lifetime") ? profile->lifetime_ms : defaults->lifetime_ms;
	if (rules->leeway_ms > LEEWAY_MAX_MS)
		setup_reading_complain(judging->reading, line_of(judging->profile, "leeway"),
			"it makes up for clocks, and all tokens live as much longer",
			"leeway is over 10m");
	if (rules->lifetime_ms < 1000)
		setup_reading_complain(judging->reading, line_of(judging->profile, "lifetime"),
			NULL, "lifetime is under 1s");
}

static void judge_claims(struct judging *judging)
{
	const struct setup_profile *profile = judging->profile;
	struct profile_rules *rules = judging->rules;

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
		setup_reading_complain(judging->reading, line_of(judging->profile, "typ"),
			"delete the line", "kind = %s takes no typ", profile_kinds[rules->kind]);
}

// ---- all

static void judge_profile(
	struct setup_reading *reading, const struct setup_profile *profile, size_t index)
{
	struct profile_rules *rules = &reading->setup->profiles[index];
	struct judging judging = {reading, profile, rules};

	*rules = (struct profile_rules){.name = profile->head.name,
		.kind = (enum profile_kind)profile->kind,
		.format = (enum profile_format)profile->format,
		.redirect = profile->redirect == SETTING_YES};
	for (size_t i = 0; i < index; i++)
		if (text_equal(reading->setup->profiles[i].name, rules->name))
			setup_reading_complain(reading, profile->head.line,
				"a further key of it stands in a [key] section",
				"two profiles have this name");
	setup_keys_judge(reading, profile, rules);
	if (reading->code == -ENOMEM)
		return;
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
