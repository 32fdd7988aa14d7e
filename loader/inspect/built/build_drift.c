// One comparison a key. Values are never compared, only fingerprints, and those of both sides are
// made with one fingerprint key.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/build_drift.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/wire/drift.h"
#include "loader/inspect/built/stamp.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <limits.h>

struct comparing {
	const struct stamp *stamp, *now; // `now`: what a build would leave at this moment
	const char *path;
	const struct resolution *resolution;
	struct pool *pool;
	struct pool_list *drifts;
	uint64_t now_s;
	char built[CLOCK_TEXT_SIZE];
};

// One key on both sides.
struct pair {
	const struct stamp_key *build, *start; // NULL: not there
	const struct bundle_key *rules;        // of the start; NULL: it does not know the key
	const struct stamp_frozen *frozen;     // in the output; NULL: not found there
};

static const struct stamp_frozen *find_frozen(const struct stamp *stamp, const char *name)
{
	for (size_t i = 0; i < stamp->frozen_count; i++)
		if (text_equal(stamp->frozen[i].key, name))
			return &stamp->frozen[i];
	return NULL;
}

static bool differs(const struct pair *pair)
{
	return !text_equal(pair->build->fingerprint, pair->start->fingerprint);
}

// When the place that gives a key was last changed; unknown is now.
static uint64_t age_of(const struct comparing *comparing, const struct bundle_key *key)
{
	const struct candidate *winner = key ? bundle_winner(key) : NULL;
	uint64_t changed =
		winner ? resolution_changed_at(comparing->resolution, winner->origin.place) : 0;

	return changed && changed < comparing->now_s ? comparing->now_s - changed : 0;
}

static void set_side(struct drift_side *side, const struct stamp *of, const struct stamp_key *key)
{
	*side = (struct drift_side){.app = of->app, .origin = key ? key->origin : "no source"};
	if (key)
		(void)snprintf(
			side->fingerprint, sizeof(side->fingerprint), "%s", key->fingerprint);
}

static int add(struct comparing *comparing, const struct pair *pair, enum finding finding,
	enum diag_severity severity, const char *text)
{
	struct drift *drift = pool_push(comparing->pool, comparing->drifts, sizeof(*drift));
	struct drift_side *sides = pool_array(comparing->pool, 2, sizeof(*sides));
	const struct stamp *stamp = comparing->stamp;

	if (!drift || !sides || !text)
		return -ENOMEM;
	set_side(&sides[0], stamp, pair->build);
	sides[0].phase = BUNDLE_PHASE_BUILD;
	sides[0].life = DRIFT_WRITTEN;
	sides[0].age_s =
		comparing->now_s > stamp->built_at_s ? comparing->now_s - stamp->built_at_s : 0;
	set_side(&sides[1], comparing->now, pair->start);
	sides[1].phase = BUNDLE_PHASE_START;
	sides[1].life = DRIFT_RESOLVED;
	sides[1].age_s = age_of(comparing, pair->rules);
	*drift = (struct drift){
		.kind = finding == FINDING_FROZEN_VALUE ? DRIFT_FROZEN : DRIFT_BUILD,
		.severity = severity,
		.code = finding_kind(finding)->code,
		.key = pair->build ? pair->build->name : pair->start->name,
		.group = comparing->now->group,
		.sides = sides,
		.side_count = 2,
		.fix = finding_kind(finding)->fix,
		.witness = comparing->path,
		.text = text,
	};
	return 0;
}

// The output holds what a start does not give.
static int add_frozen(struct comparing *comparing, const struct pair *pair)
{
	const struct stamp_frozen *frozen = pair->frozen;

	return add(comparing, pair, FINDING_FROZEN_VALUE, DIAG_ERROR,
		pool_format(comparing->pool, "the build of %s wrote %s into %s (%s, byte %llu)%s%s",
			comparing->built,
			pair->build->sentinel ? "the stand-in" : "the value that it was given",
			frozen->path, frozen->form, (unsigned long long)frozen->offset,
			pair->start ? "; a start gets another from " : "; a start gets none",
			pair->start ? pair->start->origin : ""));
}

static int compare_both(struct comparing *comparing, const struct pair *pair, uint32_t flags)
{
	bool fails = flags & BUNDLE_KEY_BUILD_FAIL;
	enum finding finding = fails ? FINDING_BUILD_DRIFT_FAIL : FINDING_BUILD_DRIFT;

	if (!pair->build->sentinel && !differs(pair))
		return 0;
	if (pair->frozen)
		return add_frozen(comparing, pair);
	if (pair->build->sentinel)
		return 0;
	return add(comparing, pair, finding, finding_kind(finding)->severity,
		pool_format(comparing->pool,
			"the build of %s was given another value (%s) than %s gives now",
			comparing->built, pair->build->origin, pair->start->origin));
}

static int compare(struct comparing *comparing, const struct pair *pair)
{
	uint32_t flags = pair->rules ? pair->rules->flags : 0;

	if (flags & BUNDLE_KEY_BUILD_IGNORE)
		return 0;
	if (pair->build && pair->start)
		return compare_both(comparing, pair, flags);
	if (!pair->build)
		return flags & BUNDLE_KEY_INHERITED
			       ? 0
			       : add(comparing, pair, FINDING_NOT_AT_BUILD, DIAG_NOTE,
					 pool_format(comparing->pool,
						 "the build of %s did not have it; %s gives it now",
						 comparing->built, pair->start->origin));
	if (pair->rules && bundle_winner(pair->rules)) // for the verifier, or for the build only
		return 0;
	if (pair->frozen)
		return add_frozen(comparing, pair);
	// what only a build's surroundings had, such as the token of a registry, is seldom missed
	return add(comparing, pair, FINDING_ONLY_AT_BUILD,
		text_equal(pair->build->origin, "env") ? DIAG_NOTE : DIAG_WARNING,
		pool_format(comparing->pool,
			"the build of %s had it (%s); nothing gives it to a start now",
			comparing->built, pair->build->origin));
}

static int compare_all(struct comparing *comparing)
{
	const struct stamp *build = comparing->stamp, *start = comparing->now;
	size_t i = 0, j = 0;
	int code = 0;

	while (code == 0 && (i < build->key_count || j < start->key_count)) {
		const struct stamp_key *ours = &build->keys[i], *theirs = &start->keys[j];
		int order = i == build->key_count   ? 1
			    : j == start->key_count ? -1
						    : strcmp(ours->name, theirs->name);
		const char *name = order <= 0 ? ours->name : theirs->name;
		struct pair pair = {
			.build = order <= 0 ? ours : NULL,
			.start = order >= 0 ? theirs : NULL,
			.rules = bundle_find(&comparing->resolution->bundle, name),
			.frozen = find_frozen(build, name),
		};

		i += order <= 0;
		j += order >= 0;
		code = compare(comparing, &pair);
	}
	return code;
}

int build_drift_compare(const struct stamp *stamp, const char *path,
	const struct resolution *resolution, struct pool *pool, struct pool_list *drifts)
{
	struct stamp now;
	char shown[PATH_MAX];
	struct comparing comparing = {
		.stamp = stamp,
		.now = &now,
		.resolution = resolution,
		.pool = pool,
		.drifts = drifts,
		.path = pool_copy(pool, text_printable(shown, sizeof(shown), path)),
	};

	if (!comparing.path || stamp_make(resolution, pool, &now) < 0)
		return -ENOMEM;
	comparing.now_s = now.built_at_s;
	(void)clock_text(comparing.built, stamp->built_at_s);
	return compare_all(&comparing);
}

// Adds what is wrong with a stamp, as stamp_read said it, to the findings.
static void complain(struct diag *diag, int code, const struct err *err)
{
	enum finding finding = code == STAMP_E_OTHER_KEY ? FINDING_STAMP_KEY
			       : code > 0                ? FINDING_STAMP
							 : FINDING_UNREADABLE;

	finding_add(diag, finding,
		&(struct finding_about){
			.origin = err->where, .hint = *err->hint ? err->hint : NULL, .fails = true},
		"%s", err->what);
}

int build_drift_judge(const char *path, const struct resolution *resolution, struct pool *pool)
{
	struct pool_list drifts = {0};
	struct err err = ERR_NONE;
	struct stamp stamp;
	int code = stamp_read(path, resolution, pool, &stamp, &err);

	if (code == -ENOMEM)
		return code;
	if (code != 0) {
		complain(resolution->diag, code, &err);
		return 0;
	}
	if (build_drift_compare(&stamp, path, resolution, pool, &drifts) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < drifts.count; i++) {
		const struct drift *drift = (const struct drift *)drifts.items + i;

		diag_add(resolution->diag, &(struct diag_item){.severity = drift->severity,
						   .code = drift->code,
						   .key = drift->key,
						   .origin = drift->witness,
						   .text = drift->text,
						   .hint = drift->fix});
	}
	return 0;
}
