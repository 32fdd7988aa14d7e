// Ranking: every candidate of a key, cleaned, in the order of the sources. Keeps the losers.
// SPDX-License-Identifier: MIT
#include "loader/resolve/contest.h"

#include "lib/base/diag.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/shape.h"
#include "loader/read/secretfile.h"
#include "loader/read/source.h"
#include "loader/resolve/cleaning.h"
#include "loader/resolve/given.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/secrecy.h"
#include "loader/resolve/settings.h"

#include <errno.h>

#define RANK_CAPTURED 50u // behind every source, before defaults
#define RANK_DEFAULT 100u

struct holding {
	struct resolution *resolution;
	struct source_reader reader; // for KEY_FILE
	struct map *environment;     // name to index
	const struct given *given;
	bool captured; // PM2 replays the environment
};

static void holding_done(struct holding *holding)
{
	holding->environment = map_free(holding->environment);
}

static const char *variable(const struct holding *holding, const char *name)
{
	size_t length = strlen(name);
	size_t index = map_find(holding->environment, name, length);

	return index == MAP_ABSENT ? NULL : holding->resolution->environment[index] + length + 1;
}

static int map_environment(struct holding *holding)
{
	char *const *environment = holding->resolution->environment;

	holding->environment = map_new();
	if (!holding->environment)
		return -ENOMEM;
	for (size_t i = 0; environment[i]; i++) {
		const char *equals = strchr(environment[i], '=');
		size_t length = equals ? (size_t)(equals - environment[i]) : 0;

		// the first of two, as getenv(3) does
		if (!length || map_find(holding->environment, environment[i], length) != MAP_ABSENT)
			continue;
		if (map_put(holding->environment, environment[i], length, i) < 0)
			return -ENOMEM;
	}
	return 0;
}

// With no ini, inherited names that look secret are judged too; and wherever all secrets get a
// stand-in.
static int add_inherited(struct holding *holding)
{
	struct resolution *resolution = holding->resolution;
	char name[BUNDLE_NAME_MAX + 1];

	for (size_t i = 0; resolution->environment[i]; i++) {
		size_t length = strcspn(resolution->environment[i], "=");
		struct found_key *key;

		if (!length || length >= sizeof(name))
			continue;
		memcpy(name, resolution->environment[i], length);
		name[length] = '\0';
		if (!text_is_name(name) || !secrecy_of_inherited(name) ||
			found_find(resolution->found, name))
			continue;
		key = found_key(resolution->found, name, length);
		if (!key)
			return -ENOMEM;
		key->inherited = true;
	}
	return 0;
}

static int add_declared(struct holding *holding)
{
	const struct settings *settings = holding->resolution->settings;

	for (size_t i = 0; i < settings->key_count; i++) {
		const struct settings_key *rule = settings->keys[i];
		struct found_key *key;

		if (!rule->applies)
			continue;
		key = found_key(holding->resolution->found, rule->name, strlen(rule->name));
		if (!key)
			return -ENOMEM;
		key->rule = rule;
	}
	return 0;
}

// Whether the environment has the key, or names a file for it.
static bool is_offered(const struct holding *holding, const char *key)
{
	char name[BUNDLE_NAME_MAX + sizeof("_FILE")];

	return variable(holding, key) ||
	       (text_join(name, sizeof(name), key, "_FILE") && variable(holding, name));
}

// A framework's own secret is the app's, also where the environment alone has it.
static int add_framework_secrets(struct holding *holding)
{
	const char *const *secrets = holding->resolution->framework.secrets;

	for (; secrets && *secrets; secrets++) {
		struct found_set *found = holding->resolution->found;
		struct found_key *key = found_find(found, *secrets);

		if (!key && is_offered(holding, *secrets)) {
			key = found_key(found, *secrets, strlen(*secrets));
			if (!key)
				return -ENOMEM;
		}
		if (key)
			key->framework_secret = true;
	}
	return 0;
}

// KEY_FILE: a file instead of the value, as the official Docker images take it.
static int read_key_file(struct holding *holding, struct contest *contest, const char *inherited)
{
	struct resolution *resolution = holding->resolution;
	const struct settings_key *rule = contest->rule;
	bool wanted =
		rule && rule->file != SETTING_UNSET ? rule->file == SETTING_YES : contest->secret;
	char name[BUNDLE_NAME_MAX + sizeof("_FILE")];
	const char *path;

	path = wanted && text_join(name, sizeof(name), contest->name, "_FILE")
		       ? variable(holding, name)
		       : NULL;
	if (!path || !*path || contest->found->inherited)
		return 0;
	if (inherited && *inherited) {
		finding_add(resolution->diag, FINDING_BOTH_GIVEN,
			&(struct finding_about){.key = contest->name, .origin = "env"},
			"%s and %s are both set", contest->name, name);
		contest->bad = true;
	}
	contest->file_variable = pool_copy(resolution->pool, name);
	if (!contest->file_variable)
		return -ENOMEM;
	return secretfile_read_key(
		&holding->reader, found_find(resolution->found, contest->name), path);
}

static unsigned order_of(const struct holding *holding, const struct found *found)
{
	const struct setting_list *order = &holding->resolution->settings->order;

	if (found->origin.source == SOURCE_DEFAULT)
		return RANK_DEFAULT;
	for (size_t i = 0; i < order->count; i++)
		if (text_equal(order->items[i], source_text(found->origin.source)))
			return found->origin.source == SOURCE_ENV && holding->captured
				       ? RANK_CAPTURED
				       : (unsigned)i;
	return UINT32_MAX; // a source that the order leaves out never wins
}

static enum settings_empty empty_rule(const struct contest *contest)
{
	if (contest->rule && contest->rule->empty != SETTINGS_EMPTY_UNSET)
		return (enum settings_empty)contest->rule->empty;
	return contest->secret ? SETTINGS_EMPTY_SKIP : SETTINGS_EMPTY_KEEP;
}

void contest_judge_empty(
	struct resolution *resolution, struct contest *contest, struct contestant *contestant)
{
	bool fails = empty_rule(contest) == SETTINGS_EMPTY_FAIL;
	char origin[ORIGIN_TEXT_SIZE];
	const struct finding_about about = {.key = contest->name,
		.origin = origin_text(contestant->found->origin, origin, sizeof(origin)),
		.fails = fails};

	if (contestant->value.length || empty_rule(contest) == SETTINGS_EMPTY_KEEP)
		return;
	contestant->skipped = true;
	contest->bad |= fails;
	finding_add(resolution->diag, FINDING_EMPTY, &about,
		fails ? "an empty value, and empty = fail stands in its section"
		      : "an empty value was skipped");
}

// The files were judged by their readers; the environment is judged here.
static void judge_size(
	const struct holding *holding, struct contest *contest, struct contestant *contestant)
{
	char origin[ORIGIN_TEXT_SIZE];

	if (contestant->value.length <= BUNDLE_VALUE_MAX)
		return;
	contest->bad = contestant->skipped = true;
	finding_add(holding->resolution->diag, FINDING_TOO_LARGE,
		&(struct finding_about){.key = contest->name,
			.origin = origin_text(contestant->found->origin, origin, sizeof(origin))},
		"the value has %zu bytes, the cap is %u", contestant->value.length,
		BUNDLE_VALUE_MAX);
}

static void judge_contestant(
	const struct holding *holding, struct contest *contest, struct contestant *contestant)
{
	const struct settings_key *rule = contest->rule;
	struct diag *diag = holding->resolution->diag;
	char origin[ORIGIN_TEXT_SIZE];
	const struct finding_about about = {.key = contest->name,
		.origin = origin_text(contestant->found->origin, origin, sizeof(origin))};
	enum source_kind source = contestant->found->origin.source;

	if (rule && rule->from != SETTINGS_FROM_ANY && (int)source != rule->from &&
		source != SOURCE_DEFAULT) {
		contestant->foreign = contestant->skipped = true;
		if (contestant->value.length)
			finding_add(diag, FINDING_NOT_FROM, &about,
				"only %s may give this key; the value here never wins",
				source_text((enum source_kind)rule->from));
		return;
	}
	contestant->left_out = contestant->rank >> 32 == UINT32_MAX;
	contestant->skipped |= contestant->left_out;
	contest_judge_empty(holding->resolution, contest, contestant);
}

static int compare_rank(const void *a, const void *b)
{
	const struct contestant *x = a, *y = b;
	const struct contestant *direct = x->found->from_file ? y : x; // of KEY and KEY_FILE
	int order = x->found->from_file - y->found->from_file;

	if (x->foreign != y->foreign)
		return x->foreign - y->foreign;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return direct->value.length ? order : -order; // an empty KEY is as good as none
}

// The candidates of one key, with the environment's own and the default.
static int collect(struct holding *holding, struct contest *contest, const char *inherited)
{
	struct pool *pool = holding->resolution->pool;
	const char *fallback = contest->rule ? contest->rule->fallback : NULL;
	struct found *extra = pool_array(pool, 2, sizeof(*extra));
	size_t count = 2;

	for (const struct found *found = contest->found->first; found; found = found->next)
		count++;
	contest->ranked = pool_array(pool, count, sizeof(*contest->ranked));
	if (!extra || !contest->ranked)
		return -ENOMEM;
	for (const struct found *found = contest->found->first; found; found = found->next)
		contest->ranked[contest->count++].found = found;
	if (inherited) {
		extra[0].origin.source = SOURCE_ENV;
		extra[0].value = secret_view(inherited, strlen(inherited));
		contest->ranked[contest->count++].found = &extra[0];
	}
	if (fallback) {
		extra[1].origin = (struct origin){SOURCE_DEFAULT, holding->resolution->place.ini,
			(uint32_t)contest->rule->line, 0};
		extra[1].value = secret_view(fallback, strlen(fallback));
		contest->ranked[contest->count++].found = &extra[1];
	}
	return 0;
}

static void rank(struct holding *holding, struct contest *contest)
{
	for (size_t i = 0; i < contest->count; i++) {
		struct contestant *contestant = &contest->ranked[i];

		contestant->rank = (uint64_t)order_of(holding, contestant->found) << 32 |
				   contestant->found->layer;
		cleaning_do(holding->resolution->diag, contest, contestant);
		judge_size(holding, contest, contestant);
		judge_contestant(holding, contest, contestant);
	}
	if (contest->count > 1)
		qsort(contest->ranked, contest->count, sizeof(*contest->ranked), compare_rank);
}

static int hold_one(struct holding *holding, struct found_key *key, struct contest *contest)
{
	const char *inherited = variable(holding, key->name);
	int code;

	*contest = (struct contest){
		.name = key->name,
		.found = key,
		.rule = key->rule,
		.framework_secret = key->framework_secret,
		.inherited = key->inherited,
	};
	secrecy_decide(contest, inherited);
	code = read_key_file(holding, contest, inherited);
	if (code < 0 || collect(holding, contest, inherited) < 0)
		return -ENOMEM;
	contest->bad |= code == SOURCE_E_BAD;
	rank(holding, contest);
	contest->given = inherited && given_has(holding->given, holding->resolution->fingerprints,
					      key->name, secret_view(inherited, strlen(inherited)));
	return 0;
}

// Files that libraries read by themselves, as the clouds name them for every pod.
static const char *const read_by_libraries[] = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	"AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AZURE_FEDERATED_TOKEN_FILE",
	"SSL_KEY_FILE", NULL};

// DB_PASSWORD_FILE alone, and nobody names DB_PASSWORD: the app goes without, and nobody would
// know.
static void report_unasked(const struct holding *holding)
{
	const struct resolution *resolution = holding->resolution;
	char key[BUNDLE_NAME_MAX + 1];

	for (size_t i = 0; resolution->environment[i]; i++) {
		const char *variable = resolution->environment[i];
		size_t length = strcspn(variable, "=");

		if (length <= strlen("_FILE") || length > BUNDLE_NAME_MAX)
			continue;
		memcpy(key, variable, length);
		key[length] = '\0';
		if (!text_ends(key, "_FILE") || text_is_among(key, read_by_libraries))
			continue;
		key[length - strlen("_FILE")] = '\0';
		if (text_is_name(key) && shape_name_looks_secret(key) &&
			!found_find(resolution->found, key))
			finding_add(resolution->diag, FINDING_UNASKED_FILE,
				&(struct finding_about){.key = key, .origin = "env"},
				"%s_FILE is set, but nothing names %s, so the file is not read",
				key, key);
	}
}

static int compare_name(const void *a, const void *b)
{
	return strcmp(((const struct contest *)a)->name, ((const struct contest *)b)->name);
}

static int hold_all(struct holding *holding)
{
	struct resolution *resolution = holding->resolution;
	size_t count;

	holding->reader.may_set = NULL; // KEY_FILE reads values, no names
	holding->captured = resolution->settings->captured == SETTINGS_CAPTURED_DEMOTE &&
			    variable(holding, "pm_id");
	if (given_read(variable(holding, GIVEN_VARIABLE), resolution->fingerprints,
		    resolution->pool, &holding->given) < 0)
		return -ENOMEM;
	if (add_declared(holding) < 0 || add_framework_secrets(holding) < 0 ||
		((!resolution->place.ini || resolution->sentinels) && add_inherited(holding) < 0))
		return -ENOMEM;
	count = found_count(resolution->found);
	resolution->contests = pool_array(resolution->pool, count, sizeof(*resolution->contests));
	if (!resolution->contests)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct found_key *key = found_at(resolution->found, i);

		// a folder's or a file's forbidden name leaves a key without anything
		if (!key->first && !key->rule && !key->inherited && !key->framework_secret)
			continue;
		if (hold_one(holding, key, &resolution->contests[resolution->contest_count++]) < 0)
			return -ENOMEM;
	}
	report_unasked(holding);
	if (resolution->contest_count)
		qsort(resolution->contests, resolution->contest_count,
			sizeof(*resolution->contests), compare_name);
	return 0;
}

int contest_hold(struct resolution *resolution)
{
	struct holding holding = {
		.resolution = resolution,
		.reader =
			{
				.found = resolution->found,
				.pool = resolution->pool,
				.arena = resolution->arena,
				.diag = resolution->diag,
				.max_file = resolution->settings->max_file,
			},
	};
	int code = map_environment(&holding);

	if (code == 0)
		code = hold_all(&holding);
	holding_done(&holding);
	return code;
}

const struct contestant *contest_winner(const struct contest *contest)
{
	for (size_t i = 0; i < contest->count; i++)
		if (!contest->ranked[i].skipped)
			return &contest->ranked[i];
	return NULL;
}

struct wanted_name {
	const char *name;
	size_t length;
};

static int compare_wanted(const void *wanted, const void *contest)
{
	const struct wanted_name *name = wanted;
	const char *other = ((const struct contest *)contest)->name;
	int order = strncmp(name->name, other, name->length);

	return order ? order : -(int)(other[name->length] != '\0');
}

struct contest *contest_find(const struct resolution *resolution, const char *name, size_t length)
{
	const struct wanted_name wanted = {name, length};

	if (!resolution->contest_count)
		return NULL;
	return bsearch(&wanted, resolution->contests, resolution->contest_count,
		sizeof(*resolution->contests), compare_wanted);
}
