// From a survey to the rules of a samekey.ini: what a name says of its key.
// SPDX-License-Identifier: MIT
#include "loader/inspect/proposal.h"

#include "lib/base/ascii.h"
#include "lib/base/conf.h"
#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/shape.h"

#include <errno.h>

// The longest name that fits into "[key NAME]".
#define NAME_WIDTH (CONF_LINE_MAX - 8)

// What shells, runtimes and platforms set for themselves: no setting of the app.
static const char *const foreign_names[] = {"NODE_ENV", "NODE_OPTIONS", "PATH", "HOME", "USER",
	"LOGNAME", "SHELL", "PWD", "LANG", "TZ", "TERM", "HOSTNAME", "EDITOR", "CI", "DEBUG",
	"NO_COLOR", "FORCE_COLOR", "COLORTERM", "TMPDIR", "TMP", "TEMP", "APPDATA", "LOCALAPPDATA",
	"SSH_AUTH_SOCK", "MODE", "DEV", "PROD", "SSR", "BASE_URL", "NEXT_RUNTIME", "NEXT_PHASE",
	"VERCEL", "NETLIFY", "CODESPACES", "DISPLAY", NULL};
static const char *const foreign_starts[] = {"npm_", "GITHUB_", "GITLAB_", "XDG_", "JEST_",
	"VITEST", "VERCEL_", "SAMEKEY_", "__NEXT", "LC_", "TURBO_", "pm_", NULL};

static bool is_foreign(const char *name)
{
	if (text_is_among(name, foreign_names))
		return true;
	for (size_t i = 0; foreign_starts[i]; i++)
		if (text_starts(name, foreign_starts[i]))
			return true;
	return false;
}

// ---- names

// Whether the name has this word between underscores; `at_end`: as its last word.
static bool has_word(const char *name, const char *word, bool at_end)
{
	size_t length = strlen(word);

	for (const char *at = strstr(name, word); at; at = strstr(at + 1, word)) {
		bool ends = at_end ? !at[length] : !at[length] || at[length] == '_';

		if (ends && (at == name || at[-1] == '_'))
			return true;
	}
	return false;
}

static bool has_any(const char *name, const char *const *words)
{
	for (; *words; words++)
		if (has_word(name, *words, false))
			return true;
	return false;
}

bool proposal_name_is_signing(const char *name)
{
	static const char *const others[] = {"EXPIRES", "EXPIRE", "EXPIRY", "EXPIRATION", "EXP",
		"TTL", "AGE", "LIFETIME", "DURATION", "ALGORITHM", "ALG", "ISSUER", "AUDIENCE",
		"URL", "URI", "NAME", "ENABLED", "PUBLIC", "COOKIE_NAME", "MAX", "DAYS", "HOURS",
		"MINUTES", "SECONDS", "ID", NULL};
	static const char *const purposes[] = {"NEXTAUTH", "AUTH", "SESSION", "COOKIE", "ACCESS",
		"REFRESH", "TOKEN", "CSRF", NULL};

	if (has_any(name, others))
		return false;
	if (has_word(name, "JWT", false) || has_word(name, "SIGNING", false) ||
		has_word(name, "ACCESS", true) || has_word(name, "REFRESH", true))
		return true;
	return has_word(name, "SECRET", true) && has_any(name, purposes);
}

static const struct survey_key *find_key(const struct survey *survey, const char *name)
{
	for (size_t i = 0; i < survey->key_count; i++)
		if (text_equal(survey->keys[i].name, name))
			return &survey->keys[i];
	return NULL;
}

// The key of the same name with REFRESH for ACCESS, if the survey found it.
static const char *refresh_twin(const struct survey *survey, const char *name, struct pool *pool)
{
	const char *at = strstr(name, "ACCESS");
	const struct survey_key *twin;
	char *other;

	if (!at || !has_word(name, "ACCESS", false))
		return NULL;
	other = pool_format(pool, "%.*sREFRESH%s", (int)(at - name), name, at + strlen("ACCESS"));
	twin = other ? find_key(survey, other) : NULL;
	return twin ? twin->name : NULL;
}

// The app that a file belongs to: the one whose folder lies nearest above it.
static const struct survey_app *app_of(const struct survey *survey, const char *file)
{
	const struct survey_app *nearest = NULL;
	size_t best = 0;

	for (size_t i = 0; i < survey->app_count; i++) {
		const struct survey_app *app = &survey->apps[i];
		bool root = text_equal(app->folder, ".");
		size_t length = root ? 0 : strlen(app->folder);

		if (!root && (!text_starts(file, app->folder) || file[length] != '/'))
			continue;
		if (!nearest || length > best)
			nearest = app;
		best = length > best ? length : best;
	}
	return nearest;
}

static const struct survey_app *only_reader(
	const struct survey *survey, const struct survey_key *key)
{
	const struct survey_app *first = app_of(survey, key->read[0].file);

	if (!first || survey->app_count < 2 || key->read_count > SURVEY_PLACES_MAX ||
		text_equal(first->folder, "."))
		return NULL;
	for (size_t i = 1; i < key->read_count; i++)
		if (app_of(survey, key->read[i].file) != first)
			return NULL;
	return first;
}

static bool is_secret(const struct survey_key *key)
{
	return shape_name_looks_secret(key->name) || proposal_name_is_signing(key->name) ||
	       (key->value_looks_secret && !shape_name_is_public(key->name));
}

// ---- sorting

struct making {
	struct proposal *proposal;
	struct pool *pool;
	struct pool_list secrets, unread, settings, browser;
};

static int add_secret(struct making *making, const struct survey_key *key)
{
	const struct survey *survey = making->proposal->survey;
	struct proposal_key *slot = pool_push(making->pool, &making->secrets, sizeof(*slot));
	bool alias = text_equal(key->name, "NEXTAUTH_SECRET") && find_key(survey, "AUTH_SECRET");

	if (!slot)
		return -ENOMEM;
	*slot = (struct proposal_key){
		.found = key,
		.shared = proposal_name_is_signing(key->name),
		.differs_from = refresh_twin(survey, key->name, making->pool),
		.same_as = alias ? "AUTH_SECRET" : NULL,
		.only_in = only_reader(survey, key),
	};
	return 0;
}

static int add_key(struct making *making, const struct survey_key *key)
{
	struct pool_list *list = &making->settings;
	const struct survey_key **slot;

	if (is_foreign(key->name) || !text_is_name(key->name) || strlen(key->name) > NAME_WIDTH)
		return 0;
	if (shape_name_is_public(key->name) || key->in_browser_only)
		list = &making->browser;
	else if (is_secret(key) && key->read_count > 0)
		return add_secret(making, key);
	else if (is_secret(key))
		list = &making->unread;
	else if (key->read_count == 0)
		return 0; // a plain setting of an env file needs no word
	slot = pool_push(making->pool, list, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = key;
	return 0;
}

// A group's name: the package's without its scope, else the folder's, in plain letters.
static const char *group_name(const struct survey *survey, const char *folder, struct pool *pool)
{
	const char *name = folder;
	char *group;
	size_t length = 0;

	for (size_t i = 0; i < survey->app_count; i++)
		if (text_equal(survey->apps[i].folder, ".") && *survey->apps[i].name)
			name = path_basename(survey->apps[i].name);
	group = pool_copy(pool, name);
	for (const char *at = name; group && *at && length < 64; at++)
		if (strchr("-_.", *at) || ascii_is_alphanumeric(*at))
			group[length++] = *at;
	if (group)
		group[length] = '\0';
	return group && length > 0 && strspn(group, ".") < length ? group : NULL;
}

int proposal_make(const struct survey *survey, const char *folder, struct pool *pool,
	struct proposal *ret_proposal)
{
	struct proposal proposal = {.survey = survey};
	struct making making = {.proposal = &proposal, .pool = pool};

	for (size_t i = 0; i < survey->key_count; i++)
		if (add_key(&making, &survey->keys[i]) < 0)
			return -ENOMEM;
	proposal.group = group_name(survey, folder, pool);
	proposal.secrets = making.secrets.items;
	proposal.secret_count = making.secrets.count;
	proposal.unread = making.unread.items;
	proposal.unread_count = making.unread.count;
	proposal.settings = making.settings.items;
	proposal.setting_count = making.settings.count;
	proposal.browser = making.browser.items;
	proposal.browser_count = making.browser.count;
	*ret_proposal = proposal;
	return 0;
}
