// Every item becomes a name and a path, or a finding.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_mapping.h"

#include "lib/base/text.h"
#include "lib/value/shape_show.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_reading.h"

#include <errno.h>

// What a token has of itself.
static const char *const own_claims[] = {"iss", "iat", "exp", "jti", NULL};

static int line_of(const struct setup_reading *reading, const char *key)
{
	return setup_reading_line(reading->lines, "session", key);
}

// Names of members with '.' between them.
static bool is_path(const char *path)
{
	size_t length = strlen(path);

	return length && text_is_line(path, length) && path[0] != '.' && path[length - 1] != '.' &&
	       !strstr(path, "..");
}

static void judge_path(struct setup_reading *reading, const char *key, const char *path)
{
	char shown[96];

	if (path && !is_path(path))
		setup_reading_complain(reading, line_of(reading, key),
			"names of members with '.' between them: userData.id",
			"'%s' is no path: '%s'", key, shape_show(shown, sizeof(shown), path));
}

// Reads "NAME:PATH", or of cookies also "NAME", which is the path as well. The last ':' counts: the
// name of a claim may be a URL.
static bool read_map(struct setup_reading *reading, const char *item, bool may_be_alone,
	struct sessionrules_map *ret_map)
{
	const char *colon = strrchr(item, ':');

	if (!colon && !may_be_alone)
		return false;
	ret_map->name = colon ? pool_text(reading->pool, item, (size_t)(colon - item)) : item;
	ret_map->from = colon ? colon + 1 : item;
	if (!ret_map->name) {
		reading->code = -ENOMEM;
		return true;
	}
	return *ret_map->name && text_is_line(ret_map->name, strlen(ret_map->name)) &&
	       is_path(ret_map->from);
}

static bool is_twice(const struct sessionrules_maps *maps, const char *name)
{
	for (size_t i = 0; i < maps->count; i++)
		if (text_equal(maps->items[i].name, name))
			return true;
	return false;
}

static struct sessionrules_maps judge_maps(struct setup_reading *reading, const char *key,
	const struct setting_list *list, size_t most)
{
	struct sessionrules_map *items = pool_array(reading->pool, list->count + 1, sizeof(*items));
	struct sessionrules_maps maps = {items, 0};
	bool are_cookies = text_equal(key, "pass");
	char shown[96];

	if (!items)
		reading->code = -ENOMEM;
	for (size_t i = 0; items && reading->code != -ENOMEM && i < list->count; i++) {
		struct sessionrules_map *map = &items[maps.count];

		(void)shape_show(shown, sizeof(shown), list->items[i]);
		if (maps.count == most) {
			setup_reading_complain(reading, line_of(reading, key), NULL,
				"'%s' has at most %zu items", key, most);
			break;
		}
		if (!read_map(reading, list->items[i], are_cookies, map))
			setup_reading_complain(reading, line_of(reading, key),
				are_cookies ? "pass = accessToken, or COOKIE:userData.token"
					    : "claims = userId:userData.id, role:userData.role",
				"'%s' has no %s: '%s'", key,
				are_cookies ? "MEMBER or COOKIE:PATH" : "CLAIM:PATH", shown);
		else if (reading->code != -ENOMEM && !are_cookies &&
			 text_is_among(map->name, own_claims))
			setup_reading_complain(reading, line_of(reading, key),
				"iss, iat, exp and jti are set for each token",
				"'%s' cannot set the claim %s", key, map->name);
		else if (reading->code != -ENOMEM && !are_cookies && is_twice(&maps, map->name))
			setup_reading_complain(reading, line_of(reading, key), "delete one of them",
				"'%s' sets a claim twice: '%s'", key, shown);
		else
			maps.count++;
	}
	return maps;
}

void setup_mapping_judge(struct setup_reading *reading)
{
	struct setup_session *session = &reading->setup->session;
	struct sessionrules *rules = &session->rules;

	rules->access_claims =
		judge_maps(reading, "claims", &session->claims, SESSIONRULES_CLAIMS_MAX);
	rules->refresh_claims = judge_maps(
		reading, "refresh_claims", &session->refresh_claims, SESSIONRULES_CLAIMS_MAX);
	rules->pass = judge_maps(reading, "pass", &session->pass, SESSIONRULES_PASS_MAX);
	judge_path(reading, "subject", rules->subject);
	judge_path(reading, "user_data", rules->user_data);
	if (session->is_on && !rules->subject)
		setup_reading_complain(reading,
			line_of(reading, session->socket ? "socket" : "http"),
			"subject = userData.id, say: where the upstream's answer has the user's id",
			"sessions need a subject");
}

bool setup_mapping_has_claim(
	const struct profile_rules *profile, const struct sessionrules_maps *maps, const char *name)
{
	if (text_equal(name, "iss"))
		return profile->issuer;
	if (text_equal(name, "aud"))
		return profile->audience.count;
	return text_is_among(name, own_claims) || is_twice(maps, name);
}
