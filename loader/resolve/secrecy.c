// The name decides first, then what a source offers; a setting goes before both.
// SPDX-License-Identifier: MIT
#include "loader/resolve/secrecy.h"

#include "lib/base/text.h"
#include "lib/value/placeholder.h"
#include "lib/value/shape.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/settings.h"

// Names that look secret and are none.
static bool is_known_harmless(const char *name)
{
	static const char *const names[] = {"PWD", "OLDPWD", "SSH_AUTH_SOCK", "XAUTHORITY",
		"GPG_KEY", "DBUS_SESSION_BUS_ADDRESS", "LS_COLORS", "CREDENTIALS_DIRECTORY",
		"SAMEKEY_RUN", "SAMEKEY_ALLOW"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (text_equal(names[i], name))
			return true;
	return text_ends(name, "_FILE") || text_starts(name, "npm_") ||
	       text_ends(name, "_PUBLIC_KEY");
}

bool secrecy_of_inherited(const char *name)
{
	return shape_name_looks_secret(name) && !is_known_harmless(name);
}

// Shorter ones are also plain words for a mode or a host.
#define TELLING_PLACEHOLDER 8

static bool is_telling_placeholder(struct secret value)
{
	return value.length >= TELLING_PLACEHOLDER && placeholder_is_known(value);
}

// "your-secret-key" says that a secret belongs there, whatever the key is called.
static bool holds_placeholder(const struct contest *contest, const char *inherited)
{
	for (const struct found *found = contest->found->first; found; found = found->next)
		if (is_telling_placeholder(found->value))
			return true;
	return inherited && is_telling_placeholder(secret_view(inherited, strlen(inherited)));
}

void secrecy_decide(struct contest *contest, const char *inherited)
{
	const struct settings_key *rule = contest->rule;

	if (rule && rule->secret != SETTING_UNSET) {
		contest->secret = rule->secret == SETTING_YES;
		return;
	}
	contest->secret = contest->framework_secret || shape_name_looks_secret(contest->name);
	if (!contest->secret && inherited)
		contest->secret = shape_looks_secret(
			contest->name, secret_view(inherited, strlen(inherited)));
	for (const struct found *found = contest->found->first; found && !contest->secret;
		found = found->next)
		contest->secret = shape_looks_secret(contest->name, found->value);
	if (!contest->secret && rule && rule->required == SETTING_YES)
		contest->secret = holds_placeholder(contest, inherited);
	contest->guessed = contest->secret;
}
