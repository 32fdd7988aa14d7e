// What a framework would make of a value, and what its build has made of it. Shows no value.
// SPDX-License-Identifier: MIT
#include "loader/resolve/rules_framework.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/placeholder.h"
#include "lib/value/shape.h"
#include "loader/resolve/built_code.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/readings.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <errno.h>
#include <limits.h>

static const char *frozen_text(const struct framework_frozen *frozen)
{
	if (!frozen->value.length)
		return "an empty value";
	return placeholder_is_known(frozen->value) ? "a known placeholder" : "another value";
}

// What the framework's build holds.
static void judge_frozen(struct judging *judging)
{
	const struct framework *framework = &judging->resolution->framework;
	const struct contest *contest = judging->contest;
	char built[CLOCK_TEXT_SIZE];

	for (size_t i = 0; i < framework->frozen_count; i++) {
		const struct framework_frozen *frozen = &framework->frozen[i];

		if (!text_equal(frozen->name, contest->name) ||
			secret_equal(frozen->value, judging->winner->value))
			continue;
		judging->contest->bad = true;
		finding_add(judging->resolution->diag, FINDING_FROZEN,
			&(struct finding_about){
				.key = contest->name, .origin = framework->frozen_file},
			"the build of %s froze %s, not the one that %s gives",
			clock_text(built, framework->frozen_at_s), frozen_text(frozen),
			judging->origin);
	}
}

struct known_names {
	const struct resolution *resolution;
};

static bool is_known_name(void *user, const char *name, size_t length)
{
	const struct known_names *names = user;
	char key[BUNDLE_NAME_MAX + 1];

	if (contest_find(names->resolution, name, length))
		return true;
	if (length >= sizeof(key))
		return false;
	memcpy(key, name, length);
	key[length] = '\0';
	return resolution_variable(names->resolution, key) != NULL;
}

static struct secret look_up_name(void *user, const char *name, size_t length)
{
	const struct known_names *names = user;
	const struct contest *contest = contest_find(names->resolution, name, length);
	const struct contestant *winner = contest ? contest_winner(contest) : NULL;
	const char *inherited = NULL;
	char key[BUNDLE_NAME_MAX + 1];

	if (winner)
		return winner->value;
	if (length < sizeof(key)) {
		memcpy(key, name, length);
		key[length] = '\0';
		inherited = resolution_variable(names->resolution, key);
	}
	return inherited ? secret_view(inherited, strlen(inherited)) : SECRET_NONE;
}

static bool is_any_name(void *user, const char *name, size_t length)
{
	(void)user, (void)name, (void)length;
	return true;
}

// The framework's development server reads its files itself, and rewrites what they name.
static void judge_development(struct judging *judging)
{
	const struct resolution *resolution = judging->resolution;
	const struct contestant *winner = judging->winner;
	struct known_names names = {resolution};
	const struct framework_reading reading = {is_any_name, look_up_name, &names, false};
	bool in_file = false;
	size_t length = 0;

	for (size_t i = 0; i < judging->contest->count; i++)
		in_file |= judging->contest->ranked[i].found->origin.source == SOURCE_DOTENV;
	if (in_file && framework_rewrites(&resolution->framework,
			       winner->found->raw.length ? winner->found->raw : winner->value,
			       &reading, &length))
		finding_add(resolution->diag, FINDING_DEV_DOLLAR, &judging->about,
			"%s in development rewrites the $ in this value",
			resolution->framework.name);
}

// Says what the framework reads by itself, unless that is the same after all: a reference may lead
// to another file, which its loader does not look into.
static int report_rewriting(struct judging *judging, size_t length)
{
	const struct resolution *resolution = judging->resolution;
	const char *name = resolution->framework.name;
	struct secret value;
	int code = readings_by(
		resolution, resolution->framework.dialect, judging->contest->name, &value);

	if (code < 0)
		return code;
	if (code && secret_equal(value, judging->winner->value))
		return 0;
	judging->contest->bad = true;
	if (judging->contest->secret && judging->contest->weak)
		finding_add(resolution->diag, FINDING_NEXT_DOLLAR, &judging->about,
			"%s rewrites the $ in this value", name);
	else
		finding_add(resolution->diag, FINDING_NEXT_DOLLAR,
			&(struct finding_about){.key = judging->contest->name,
				.origin = judging->origin,
				.hint = "dialect = portable under [sources], said explicitly, "
					"keeps "
					"the text for every process; interpolate = yes fills in "
					"${NAME}, and only with braces"},
			"samekey reads %zu bytes, %s by itself would read %zu",
			judging->winner->value.length, name, code ? value.length : length);
	return 0;
}

// Next.js expands what stands in its env files; until the settings say which reading is meant, a
// value that it would rewrite is an error.
static int judge_rewriting(struct judging *judging)
{
	const struct resolution *resolution = judging->resolution;
	const struct found *found = judging->winner->found;
	struct known_names names = {resolution};
	const struct framework_reading reading = {
		is_known_name, look_up_name, &names, found->quote == DOTENV_DOUBLE};
	size_t length = 0;

	if (resolution->framework.develops)
		judge_development(judging);
	if (!resolution->framework.name || found->origin.source != SOURCE_DOTENV ||
		resolution->settings->dialect_given || resolution->settings->interpolate_given ||
		!framework_rewrites(&resolution->framework, found->raw, &reading, &length))
		return 0;
	return report_rewriting(judging, length);
}

int rules_framework_judge(struct judging *judging)
{
	judge_frozen(judging);
	return judge_rewriting(judging);
}

void rules_framework_judge_build(struct resolution *resolution)
{
	const struct framework *framework = &resolution->framework;
	char built[CLOCK_TEXT_SIZE];

	if (framework->frozen_unknown)
		finding_add(resolution->diag, FINDING_UNKNOWN_BUILD,
			&(struct finding_about){.origin = framework->frozen_file},
			"no JSON that can be read, so nobody knows what the build froze");
	for (size_t i = 0; i < framework->frozen_count; i++) {
		const struct framework_frozen *frozen = &framework->frozen[i];
		const struct contest *contest =
			contest_find(resolution, frozen->name, strlen(frozen->name));

		if ((contest && contest_winner(contest)) ||
			!shape_name_looks_secret(frozen->name) ||
			(frozen->value.length && !placeholder_is_known(frozen->value)))
			continue;
		finding_add(resolution->diag, FINDING_FROZEN,
			&(struct finding_about){
				.key = frozen->name, .origin = framework->frozen_file},
			"the build of %s froze %s for this secret",
			clock_text(built, framework->frozen_at_s), frozen_text(frozen));
	}
}

// Whether a start gives the key a value.
static bool is_given(const struct resolution *resolution, const char *key)
{
	const struct contest *contest = contest_find(resolution, key, strlen(key));
	const struct contestant *winner = contest ? contest_winner(contest) : NULL;

	return winner && winner->value.length;
}

// What the code falls back to. A route that was rendered at build while nobody gave the secret goes
// on handing out the token of then.
static void judge_fallback(
	const struct resolution *resolution, const struct built_fallback *fallback)
{
	if (!is_given(resolution, fallback->key))
		finding_add(resolution->diag, FINDING_FALLS_BACK,
			&(struct finding_about){.key = fallback->key, .origin = fallback->file},
			"no source gives it, and the compiled code then takes a public "
			"placeholder");
	else if (fallback->minted)
		finding_add(resolution->diag, FINDING_FROZEN,
			&(struct finding_about){.key = fallback->key,
				.origin = fallback->minted,
				.hint = resolution->framework.thaw},
			"was rendered at build, with a token that the public placeholder of the "
			"code signed");
}

int rules_framework_judge_code(struct resolution *resolution)
{
	const struct framework *framework = &resolution->framework;
	const char *output = framework->copy_folder;
	struct pool_list found = {0};
	const struct built_fallback *fallbacks;
	char folder[PATH_MAX];

	if (!framework->server_code || framework->develops ||
		resolution->phase != BUNDLE_PHASE_START)
		return 0;
	(void)snprintf(folder, sizeof(folder), "%s%s%s", output ? output : "", output ? "/" : "",
		framework->server_code);
	if (built_code_fallbacks(resolution->place.handle, folder, resolution->pool, &found) < 0 ||
		built_code_minted(resolution->place.handle, folder, found.items, found.count,
			resolution->pool) < 0)
		return -ENOMEM;
	fallbacks = found.items;
	for (size_t i = 0; i < found.count; i++)
		judge_fallback(resolution, &fallbacks[i]);
	return 0;
}
