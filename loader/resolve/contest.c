// Ranking: every candidate of a key, cleaned, in the order of the sources. Keeps the losers.
// SPDX-License-Identifier: MIT
#include "loader/resolve/contest.h"

#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/read/environment.h"
#include "loader/read/source.h"
#include "loader/resolve/cleaning.h"
#include "loader/resolve/given.h"
#include "loader/resolve/keyfile.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/secrecy.h"
#include "loader/resolve/settings.h"

#include <errno.h>

#define RANK_CAPTURED 50u // behind every source, before defaults
#define RANK_DEFAULT 100u
#define RANK_LEFT_OUT UINT32_MAX // a source that the order leaves out never wins

struct holding {
	struct resolution *resolution;
	const struct environment *environment;
	const struct given *given;
	uint32_t ranks[SOURCE_KINDS];
};

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

// A framework's own secret is the app's, also where the environment alone has it.
static int add_framework_secrets(struct holding *holding)
{
	const char *const *secrets = holding->resolution->framework.secrets;

	for (; secrets && *secrets; secrets++) {
		struct found_set *found = holding->resolution->found;
		struct found_key *key = found_find(found, *secrets);

		if (!key && (environment_value(holding->environment, *secrets) ||
				    keyfile_path(holding->environment, *secrets))) {
			key = found_key(found, *secrets, strlen(*secrets));
			if (!key)
				return -ENOMEM;
		}
		if (key)
			key->framework_secret = true;
	}
	return 0;
}

// The rank of each kind of source. PM2 replays the environment that it was started in once.
static void rank_sources(struct holding *holding)
{
	const struct settings *settings = holding->resolution->settings;
	uint32_t *ranks = holding->ranks;

	for (size_t kind = 0; kind < SOURCE_KINDS; kind++) {
		const char *name = source_text((enum source_kind)kind);

		ranks[kind] = RANK_LEFT_OUT;
		for (size_t i = 0; i < settings->order.count; i++)
			if (text_equal(settings->order.items[i], name))
				ranks[kind] = (uint32_t)i;
	}
	ranks[SOURCE_DEFAULT] = RANK_DEFAULT;
	if (ranks[SOURCE_ENV] != RANK_LEFT_OUT && settings->captured == SETTINGS_CAPTURED_DEMOTE &&
		environment_value(holding->environment, "pm_id"))
		ranks[SOURCE_ENV] = RANK_CAPTURED;
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
	contestant->left_out = contestant->rank >> 32 == RANK_LEFT_OUT;
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
		const struct found *found = contestant->found;

		contestant->rank =
			(uint64_t)holding->ranks[found->origin.source] << 32 | found->layer;
		cleaning_do(holding->resolution->diag, contest, contestant);
		judge_size(holding, contest, contestant);
		judge_contestant(holding, contest, contestant);
	}
	if (contest->count > 1)
		qsort(contest->ranked, contest->count, sizeof(*contest->ranked), compare_rank);
}

static int hold_one(struct holding *holding, struct found_key *key, struct contest *contest)
{
	const char *inherited = environment_value(holding->environment, key->name);
	int code;

	*contest = (struct contest){
		.name = key->name,
		.found = key,
		.rule = key->rule,
		.framework_secret = key->framework_secret,
		.inherited = key->inherited,
	};
	secrecy_decide(contest, inherited);
	code = keyfile_read(holding->resolution, holding->environment, contest, inherited);
	if (contest->file_variable)
		secrecy_decide(contest, inherited); // the file tells, too
	if (code < 0 || collect(holding, contest, inherited) < 0)
		return -ENOMEM;
	contest->bad |= code == SOURCE_E_BAD;
	rank(holding, contest);
	contest->given = inherited && given_has(holding->given, holding->resolution->fingerprints,
					      key->name, secret_view(inherited, strlen(inherited)));
	return 0;
}

static int compare_name(const void *a, const void *b)
{
	return strcmp(((const struct contest *)a)->name, ((const struct contest *)b)->name);
}

static int hold_all(struct holding *holding)
{
	struct resolution *resolution = holding->resolution;
	size_t count;

	rank_sources(holding);
	if (given_read(environment_value(holding->environment, GIVEN_VARIABLE),
		    resolution->fingerprints, resolution->pool, &holding->given) < 0)
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
	if (resolution->contest_count)
		qsort(resolution->contests, resolution->contest_count,
			sizeof(*resolution->contests), compare_name);
	keyfile_report_unread(resolution, holding->environment);
	return 0;
}

int contest_hold(struct resolution *resolution)
{
	own(environment_release) struct environment *environment =
		environment_new(resolution->environment);
	struct holding holding = {.resolution = resolution, .environment = environment};

	return environment ? hold_all(&holding) : -ENOMEM;
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
