// From contests to the bundle: winners first, losers kept, flags of the rules.
// SPDX-License-Identifier: MIT
#include "loader/resolve/bundling.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/shape_show.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <errno.h>

static uint32_t flags_of(const struct contest *contest, enum bundle_phase phase)
{
	const struct settings_key *rule = contest->rule;
	bool is_build = phase == BUNDLE_PHASE_BUILD;
	bool elsewhere =
		rule && rule->phases == (is_build ? SETTINGS_PHASES_START : SETTINGS_PHASES_BUILD);
	uint32_t flags = 0;

	flags |= contest->secret ? BUNDLE_KEY_SECRET : 0;
	flags |= contest->inherited ? BUNDLE_KEY_INHERITED : 0;
	flags |= contest->bad ? BUNDLE_KEY_BAD : 0;
	flags |= contest->conflict ? BUNDLE_KEY_CONFLICT : 0;
	flags |= contest->sentinel ? BUNDLE_KEY_SENTINEL : 0;
	if (contest->weak)
		flags |= BUNDLE_KEY_WEAK;
	if (!rule)
		return flags | BUNDLE_KEY_INJECT;
	flags |= BUNDLE_KEY_DECLARED;
	flags |= rule->required == SETTING_YES && !elsewhere ? BUNDLE_KEY_REQUIRED : 0;
	flags |= rule->shared == SETTING_YES  ? BUNDLE_KEY_SHARED
		 : rule->shared == SETTING_NO ? BUNDLE_KEY_PRIVATE
					      : 0;
	if (rule->inject != SETTING_NO && (is_build || !elsewhere))
		flags |= BUNDLE_KEY_INJECT;
	flags |= rule->build_drift == SETTINGS_DRIFT_FAIL     ? BUNDLE_KEY_BUILD_FAIL
		 : rule->build_drift == SETTINGS_DRIFT_IGNORE ? BUNDLE_KEY_BUILD_IGNORE
							      : 0;
	return flags;
}

// The winner first, then the others by rank; empty ones stay so that they can be shown.
static int fill_key(
	struct resolution *resolution, const struct contest *contest, struct bundle_key *key)
{
	const struct contestant *winner = contest_winner(contest);
	struct candidate *candidates =
		pool_array(resolution->pool, contest->count, sizeof(*candidates));

	if (!candidates)
		return -ENOMEM;
	*key = (struct bundle_key){.name = contest->name, .candidates = candidates};
	key->flags = flags_of(contest, resolution->phase);
	if (winner)
		candidates[key->count++] = (struct candidate){
			CANDIDATE_WINNER, winner->found->origin, "", winner->value};
	for (size_t i = 0; i < contest->count && key->count < BUNDLE_CANDIDATES_MAX; i++) {
		const struct contestant *other = &contest->ranked[i];

		if (other != winner)
			candidates[key->count++] = (struct candidate){
				CANDIDATE_SHADOWED, other->found->origin, "", other->value};
	}
	return 0;
}

static char *program_text(struct pool *pool, char *const *program)
{
	char *text = pool_copy(pool, ""), shown[84];

	for (size_t i = 0; text && program && program[i] && i < 4; i++)
		text = pool_format(pool, "%s%s%s", text, i ? " " : "",
			shape_show_argument(
				shown, sizeof(shown), i ? program[i - 1] : NULL, program[i]));
	return text;
}

void bundling_judge_caps(const struct resolution *resolution)
{
	const struct finding_about about = {.origin = resolution->place.start,
		.hint = "is one of the files no env file? samekey shows what it reads"};
	size_t keys = resolution->contest_count, bytes = 0;

	for (size_t i = 0; i < keys; i++) {
		const struct contest *contest = &resolution->contests[i];

		bytes += strlen(contest->name);
		for (size_t j = 0; j < contest->count; j++)
			bytes += contest->ranked[j].value.length;
	}
	if (keys > BUNDLE_KEYS_MAX)
		finding_add(resolution->diag, FINDING_TOO_LARGE, &about,
			"the sources hold %zu keys, the cap is %u", keys, BUNDLE_KEYS_MAX);
	else if (bytes > BUNDLE_SIZE_MAX)
		finding_add(resolution->diag, FINDING_TOO_LARGE, &about,
			"names and values have %zu bytes, the cap is %u", bytes, BUNDLE_SIZE_MAX);
}

int bundling_fill(struct resolution *resolution, char *const *program)
{
	struct bundle *bundle = &resolution->bundle;
	struct bundle_key *keys =
		pool_array(resolution->pool, resolution->contest_count, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < resolution->contest_count; i++)
		if (fill_key(resolution, &resolution->contests[i], &keys[i]) < 0)
			return -ENOMEM;
	bundle->app = resolution->settings->name;
	bundle->group = resolution->settings->group;
	bundle->mode = resolution->mode;
	bundle->phase = resolution->phase;
	bundle->program = program_text(resolution->pool, program);
	bundle->root = resolution->place.start;
	bundle->rotation_ms = resolution->settings->rotation_ms;
	bundle->made_at_ms = (uint64_t)clock_wall_ms();
	bundle->keys = keys;
	bundle->key_count = resolution->contest_count;
	return bundle->program ? 0 : -ENOMEM;
}
