// Who gets a stand-in, and where it stands in the contest. How it looks is for sentinel.c.
// SPDX-License-Identifier: MIT
#include "loader/resolve/standin.h"

#include "lib/base/pool.h"
#include "lib/value/shape.h"
#include "lib/value/shape_type.h"
#include "lib/value/strength.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/sentinel.h"
#include "loader/resolve/settings.h"

#include <errno.h>

#define ALIASES_MAX 16 // links of a chain of same_as

// A key of the build that is not to be baked in: its rule says so, or all secrets are meant. What a
// browser is given anyway is none, and what `phases = build` asks for is needed.
static bool is_meant(const struct resolution *resolution, const struct contest *contest)
{
	const struct settings_key *rule = contest->rule;

	if (resolution->phase != BUNDLE_PHASE_BUILD)
		return false;
	if (rule && rule->phases != SETTINGS_PHASES_BOTH)
		return rule->phases == SETTINGS_PHASES_START;
	return resolution->sentinels && contest->secret && !shape_name_is_public(contest->name);
}

bool standin_spares(const struct resolution *resolution, const struct contest *contest)
{
	return contest->rule && is_meant(resolution, contest);
}

static struct contest *alias_of(const struct resolution *resolution, const struct contest *contest)
{
	const char *name = contest->rule ? contest->rule->same_as : NULL;
	struct contest *other = name ? contest_find(resolution, name, strlen(name)) : NULL;

	return other && is_meant(resolution, other) ? other : NULL;
}

// Aliases are equal at build as well, so one of them is drawn for all: the last one that a chain of
// `same_as` leads to, and the first by name of two that name each other.
static struct contest *leader_of(const struct resolution *resolution, struct contest *contest)
{
	struct contest *other;

	for (unsigned i = 0; i < ALIASES_MAX && (other = alias_of(resolution, contest)); i++) {
		if (alias_of(resolution, other) == contest)
			return contest < other ? contest : other;
		contest = other;
	}
	return contest;
}

static int draw(struct resolution *resolution, struct contest *contest)
{
	const struct settings_key *rule = contest->rule;
	const struct contestant *winner = contest_winner(contest);
	struct sentinel_request request = {.like = winner ? winner->value : SECRET_NONE};

	if (rule) {
		request.type = (enum shape_type)rule->type;
		request.min_length = (size_t)rule->min_length;
		request.words = rule->values.items;
		request.word_count = rule->values.count;
	}
	return sentinel_draw(&request, resolution->arena, &contest->standin);
}

int standin_of(struct resolution *resolution, struct contest *contest, struct secret *ret_value)
{
	struct contest *leader;
	int code = 0;

	// what is only inherited and empty, or not there at all, needs none
	if (!is_meant(resolution, contest) || (!contest->rule && !contest_winner(contest)))
		return 0;
	leader = leader_of(resolution, contest);
	if (!leader->standin.length)
		code = draw(resolution, leader);
	if (code < 0)
		return code;
	contest->standin = *ret_value = leader->standin;
	return 1;
}

static int give_one(struct resolution *resolution, struct contest *contest, struct secret value)
{
	struct contestant *ranked =
		pool_array(resolution->pool, contest->count + 1, sizeof(*ranked));
	struct found *found = pool_take(resolution->pool, sizeof(*found));

	if (!ranked || !found)
		return -ENOMEM;
	found->origin.source = SOURCE_SENTINEL;
	found->value = value;
	ranked[0] = (struct contestant){.found = found, .value = found->value};
	if (contest->count)
		memcpy(ranked + 1, contest->ranked, contest->count * sizeof(*ranked));
	contest->ranked = ranked;
	contest->count++;
	contest->sentinel = true;
	contest->inherited = false; // it is given now
	contest->weak = strength_is_weak(found->value);
	return 0;
}

int standin_give(struct resolution *resolution)
{
	for (size_t i = 0; i < resolution->contest_count; i++) {
		struct contest *contest = &resolution->contests[i];
		struct secret value = SECRET_NONE;
		int code = standin_of(resolution, contest, &value);

		if (code < 0 || (code > 0 && give_one(resolution, contest, value) < 0))
			return -ENOMEM;
	}
	return 0;
}
