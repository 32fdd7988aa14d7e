// One function a rule; each looks at one contest, or at two keys. Shows no value.
// SPDX-License-Identifier: MIT
#include "loader/resolve/rules.h"

#include "lib/base/diag.h"
#include "lib/value/finding.h"
#include "lib/value/placeholder.h"
#include "lib/value/shape.h"
#include "lib/value/shape_type.h"
#include "lib/value/strength.h"
#include "lib/value/urltext.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/rules_files.h"
#include "loader/resolve/rules_framework.h"
#include "loader/resolve/rules_spelling.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/standin.h"

#include <errno.h>

#define PUBLIC_MIN 8 // bytes

// A key that a [key] section or a framework vouches for: its faults are errors.
static bool is_declared(const struct contest *contest)
{
	return contest->rule || contest->framework_secret;
}

static bool is_for_this_phase(const struct judging *judging)
{
	const struct settings_key *rule = judging->contest->rule;

	if (standin_spares(judging->resolution, judging->contest))
		return false;
	if (!rule || rule->phases == SETTINGS_PHASES_BOTH)
		return true;
	return (rule->phases == SETTINGS_PHASES_BUILD) ==
	       (judging->resolution->phase == BUNDLE_PHASE_BUILD);
}

static void complain_missing(struct judging *judging)
{
	const char *near = rules_spelling_near(judging->contest, judging->unruled);
	struct diag *diag = judging->resolution->diag;

	judging->contest->bad = true;
	if (near)
		finding_add(diag, FINDING_MISSING, &judging->about,
			"required, and no source gives it; %s is there", near);
	else
		finding_add(
			diag, FINDING_MISSING, &judging->about, "required, and no source gives it");
}

static void complain_empty(struct judging *judging, bool beats_a_value)
{
	struct finding_about about = judging->about;

	judging->contest->bad = true;
	if (beats_a_value)
		about.hint = "drop empty = keep, so that the next source is asked";
	finding_add(judging->resolution->diag, FINDING_ALL_EMPTY, &about,
		beats_a_value ? "a secret, and by empty = keep in its section an empty value wins"
			      : "a secret, and every candidate is empty");
}

static bool is_default(const struct contestant *contestant)
{
	return contestant->found->origin.source == SOURCE_DEFAULT;
}

static void judge_presence(struct judging *judging)
{
	struct contest *contest = judging->contest;
	const struct settings_key *rule = contest->rule;
	struct diag *diag = judging->resolution->diag;
	bool had_empty = false, had_value = false;
	bool has = judging->winner && (judging->winner->value.length || !contest->secret);

	if (has && !is_default(judging->winner))
		return;
	for (size_t i = 0; i < contest->count; i++) {
		const struct contestant *other = &contest->ranked[i];
		char origin[ORIGIN_TEXT_SIZE];

		had_empty |= !other->foreign && !other->value.length;
		had_value |= !other->foreign && !other->left_out && other->value.length;
		if (other->left_out && other->value.length)
			finding_add(diag, FINDING_LEFT_OUT,
				&(struct finding_about){.key = contest->name,
					.origin = origin_text(
						other->found->origin, origin, sizeof(origin))},
				has ? "order leaves out %s, so the default is taken"
				    : "order leaves out %s, which alone has a value",
				source_text(other->found->origin.source));
	}
	if (has || !is_for_this_phase(judging))
		return;
	if (had_empty && contest->secret && is_declared(contest))
		complain_empty(judging, judging->winner && had_value);
	else if (rule && rule->required == SETTING_YES)
		complain_missing(judging);
}

// What stands where a value should.
static void judge_text(struct judging *judging)
{
	struct contest *contest = judging->contest;
	struct secret value = judging->winner->value;
	struct diag *diag = judging->resolution->diag;
	bool declared =
		is_declared(contest) &&
		(contest->secret || (contest->rule && contest->rule->required == SETTING_YES));
	const char *kind = NULL;

	if (placeholder_is_undefined_text(value)) {
		finding_add(diag, declared ? FINDING_UNDEFINED_TEXT : FINDING_MAYBE_PLACEHOLDER,
			&judging->about, "the value is a program's text for a missing one");
		contest->bad |= declared;
	} else if (contest->secret && placeholder_is_unresolved(value, &kind)) {
		finding_add(
			diag, FINDING_UNRESOLVED, &judging->about, "the value is still %s", kind);
		contest->bad = true;
	} else if (contest->secret && contest->weak && placeholder_is_known(value)) {
		finding_add(diag, declared ? FINDING_PLACEHOLDER : FINDING_MAYBE_PLACEHOLDER,
			&judging->about, "the value is a known placeholder");
		contest->bad |= declared;
	}
}

static void judge_type(struct judging *judging)
{
	const struct settings_key *rule = judging->contest->rule;
	struct diag *diag = judging->resolution->diag;
	size_t before = diag_count(diag, DIAG_ERROR) + diag_count(diag, DIAG_WARNING);
	struct secret value = judging->winner->value;

	if (rule->type != SHAPE_STRING &&
		!shape_type_is((enum shape_type)rule->type, value, rule->values.items))
		finding_add(diag, FINDING_WRONG_TYPE, &judging->about, "must be %s",
			shape_type_rule((enum shape_type)rule->type));
	if (value.length < rule->min_length)
		finding_add(diag, FINDING_TOO_SHORT,
			&(struct finding_about){.key = judging->about.key,
				.origin = judging->origin,
				.hint = judging->contest->secret ? NULL : "give a longer value"},
			"must have at least %llu bytes", (unsigned long long)rule->min_length);
	for (size_t i = 0; i < rule->deny.count; i++)
		if (secret_is(value, rule->deny.items[i]))
			finding_add(diag, FINDING_DENIED, &judging->about,
				"the value stands under deny");
	judging->contest->bad |=
		diag_count(diag, DIAG_ERROR) + diag_count(diag, DIAG_WARNING) != before;
}

// What the app will find under another name: the winner, or what it inherits.
// Returns: whether there is something.
static bool find_value(const struct judging *judging, const char *name, struct secret *ret_value)
{
	const struct contest *other = contest_find(judging->resolution, name, strlen(name));
	const struct contestant *winner = other ? contest_winner(other) : NULL;
	const char *inherited = other ? NULL : resolution_variable(judging->resolution, name);

	if (winner)
		*ret_value = winner->value;
	else if (inherited)
		*ret_value = secret_view(inherited, strlen(inherited));
	return winner || inherited;
}

// same_as and differs_from.
static void judge_relations(struct judging *judging)
{
	const struct settings_key *rule = judging->contest->rule;
	struct diag *diag = judging->resolution->diag;
	struct secret other = SECRET_NONE;
	bool there = rule->same_as && find_value(judging, rule->same_as, &other);

	if (rule->same_as && (!there || !secret_equal(other, judging->winner->value))) {
		judging->contest->bad = true;
		finding_add(diag, FINDING_ALIAS_DIFFERS, &judging->about,
			there ? "must equal %s and does not"
			      : "must equal %s, which no source gives",
			rule->same_as);
	}
	if (rule->differs_from && find_value(judging, rule->differs_from, &other) &&
		secret_equal(other, judging->winner->value)) {
		judging->contest->bad = true;
		finding_add(diag, FINDING_NOT_DISTINCT, &judging->about,
			"must differ from %s and does not", rule->differs_from);
	}
}

// A public name for what is secret under another. Short values are equal by chance.
static void judge_public(struct judging *judging)
{
	const struct resolution *resolution = judging->resolution;
	struct secret value = judging->winner->value;

	if (!shape_name_is_public(judging->contest->name) || value.length < PUBLIC_MIN)
		return;
	for (size_t i = 0; i < resolution->contest_count; i++) {
		const struct contest *other = &resolution->contests[i];
		const struct contestant *winner = other->secret ? contest_winner(other) : NULL;

		if (!winner || other == judging->contest || !secret_equal(winner->value, value))
			continue;
		finding_add(resolution->diag, FINDING_PUBLIC_SECRET, &judging->about,
			"it has the value of the secret %s, and bundlers give it to every browser",
			other->name);
		return;
	}
}

// A loser from another kind of source that holds something else.
static const struct contestant *find_opponent(const struct judging *judging)
{
	const struct contest *contest = judging->contest;

	if (is_default(judging->winner))
		return NULL; // nobody gives the key, and who is left out was told
	for (size_t i = 0; i < contest->count; i++) {
		const struct contestant *other = &contest->ranked[i];
		enum source_kind source = other->found->origin.source;

		if (other == judging->winner || other->foreign || !other->value.length ||
			source == SOURCE_DEFAULT ||
			source == judging->winner->found->origin.source ||
			secret_equal(other->value, judging->winner->value))
			continue;
		return other;
	}
	return NULL;
}

static void judge_conflict(struct judging *judging)
{
	struct contest *contest = judging->contest;
	struct resolution *resolution = judging->resolution;
	const struct contestant *loser = find_opponent(judging);
	int rule = contest->rule ? contest->rule->conflict : SETTINGS_CONFLICT_WARN;
	char origin[ORIGIN_TEXT_SIZE];

	if (!loser)
		return;
	(void)origin_text(loser->found->origin, origin, sizeof(origin));
	if (loser->found->origin.source == SOURCE_ENV &&
		resolution->settings->captured == SETTINGS_CAPTURED_DEMOTE &&
		resolution_variable(resolution, "pm_id"))
		finding_add(resolution->diag, FINDING_CAPTURED,
			&(struct finding_about){.key = contest->name, .origin = origin},
			"PM2 replays another value in the environment; it was passed over");
	if (rule == SETTINGS_CONFLICT_IGNORE ||
		(contest->given && judging->winner->found->origin.source == SOURCE_ENV))
		return;
	contest->conflict = true;
	contest->bad |= rule == SETTINGS_CONFLICT_FAIL;
	judging->about.fails = rule == SETTINGS_CONFLICT_FAIL;
	finding_add(resolution->diag, FINDING_CONFLICT, &judging->about,
		"two sources disagree: %s wins over %s", judging->origin, origin);
	judging->about.fails = false;
}

static void judge_strength(struct judging *judging)
{
	struct secret value = judging->winner->value, password;

	if (judging->contest->secret && !judging->contest->bad && value.length &&
		judging->contest->weak && !placeholder_is_known(value))
		finding_add(judging->resolution->diag, FINDING_WEAK, &judging->about,
			urltext_password(value, &password) ? "its password can be guessed"
							   : "a secret that can be guessed");
}

static int judge_one(
	struct resolution *resolution, struct contest *contest, const char *const *unruled)
{
	struct judging judging = {.resolution = resolution,
		.contest = contest,
		.winner = contest_winner(contest),
		.unruled = unruled};
	int code;

	if (judging.winner) {
		contest->weak = strength_is_weak(judging.winner->value);
		(void)origin_text(
			judging.winner->found->origin, judging.origin, sizeof(judging.origin));
	} else if (contest->rule) {
		(void)snprintf(judging.origin, sizeof(judging.origin), "%s:%d",
			resolution->place.ini, contest->rule->line);
	}
	judging.about = (struct finding_about){.key = contest->name, .origin = judging.origin};
	judge_presence(&judging);
	if (!judging.winner || (contest->secret && !judging.winner->value.length))
		return 0;
	judge_text(&judging);
	judge_public(&judging);
	if (contest->rule) {
		judge_type(&judging);
		judge_relations(&judging);
	}
	judge_conflict(&judging);
	code = rules_framework_judge(&judging);
	judge_strength(&judging);
	if (contest->guessed && contest->rule && contest->rule->secret == SETTING_UNSET)
		finding_add(resolution->diag, FINDING_GUESSED_SECRET, &judging.about,
			"taken for a secret by its name or shape");
	return code;
}

int rules_judge(struct resolution *resolution)
{
	const char *const *unruled = rules_spelling_names(resolution);

	if (!unruled)
		return -ENOMEM;
	for (size_t i = 0; i < resolution->contest_count; i++)
		if (judge_one(resolution, &resolution->contests[i], unruled) < 0)
			return -ENOMEM;
	rules_spelling_judge(resolution, unruled);
	rules_framework_judge_build(resolution);
	if (rules_framework_judge_code(resolution) < 0)
		return -ENOMEM;
	rules_files_judge(resolution);
	return diag_is_complete(resolution->diag) ? 0 : -ENOMEM;
}
