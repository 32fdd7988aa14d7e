// What the apps, their keys and the profiles give as reasons. What counts as failing drift is the
// registry's to say.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/readiness.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/door/api/disowned.h"
#include "verifier/door/api/outlived.h"
#include "verifier/door/api/reasons.h"
#include "verifier/door/api/selfreadiness.h"
#include "verifier/record/attestations.h"
#include "verifier/record/compare.h"
#include "verifier/record/refusals.h"
#include "verifier/record/registry.h"
#include "verifier/record/remedy.h"
#include "verifier/trust/keyring.h"

#include <errno.h>

#define READINESS_REMEDY_SIZE (BUNDLE_NAME_MAX + REMEDY_ROOM)

struct judging {
	const struct readiness_life *life;
	struct registry *registry;
	const char *app; // NULL: all
	uint64_t now_ms;
	struct pool *pool;
	struct reasons reasons;
};

static void add(struct judging *judging, const struct readiness_reason *reason)
{
	reasons_add(&judging->reasons, reason);
}

// What brings the keys of an app that may have run for longer than we do.
static const char *offer_hint(const struct judging *judging, const char *app)
{
	double age_s = (double)(judging->now_ms - judging->life->started_ms) / 1000;
	char age[TEXT_SPAN_SIZE];

	return pool_format(judging->pool,
		"samekeyd started %s ago, and apps that ran before do not hand over again: "
		"restart %s, or, if its sources are as they were when it started, `samekey offer "
		"--name %s` in its folder, as its user",
		text_span(age, age_s), app, app);
}

static bool is_meant(const struct judging *judging, const char *app)
{
	return !judging->app || text_equal(judging->app, app);
}

// ---- apps

// The first finding is an error, and it is why.
static bool is_of_owner(const struct refusal *refusal)
{
	return !text_equal(refusal->findings[0].code, finding_kind(FINDING_APP_OWNER)->code);
}

static const struct refusal *last_refusal(const struct judging *judging, const char *app)
{
	const struct refusals *refusals = registry_refusals(judging->registry, judging->now_ms);

	for (size_t i = refusals_size(refusals); i-- > 0;) {
		const struct refusal *refusal = refusals_at(refusals, i);

		if (text_equal(refusal->app, app) && is_of_owner(refusal))
			return refusal;
	}
	return NULL;
}

static const char *refusal_text(const struct judging *judging, const struct refusal *refusal)
{
	const struct diag_item *why = &refusal->findings[0];

	return pool_format(judging->pool, "%s was refused: %s%s%s: %s", refusal->app, why->code,
		*why->key ? " of " : "", why->key, why->text);
}

static void judge_presence(struct judging *judging, const char *app)
{
	struct readiness_reason reason = {.app = app, .key = ""};
	const struct registry_entry *ended = NULL;
	const struct refusal *refusal;

	for (size_t i = 0; i < registry_size(judging->registry); i++) {
		const struct registry_entry *entry = registry_at(judging->registry, i);

		if (entry->phase != BUNDLE_PHASE_START || !text_equal(entry->app, app))
			continue;
		if (!entry->dead)
			return;
		ended = entry;
	}
	refusal = last_refusal(judging, app);
	if (refusal && (!ended || refusal->refused_ms >= ended->offered_ms)) {
		reason.code = "app-refused";
		reason.text = refusal_text(judging, refusal);
		reason.hint = refusal->findings[0].hint;
	} else if (ended) {
		reason.code = "app-ended";
		reason.text = pool_format(
			judging->pool, "the process of %s (pid %ld) ended", app, (long)ended->pid);
	} else {
		reason.code = "app-missing";
		reason.text = pool_format(judging->pool, "%s has offered nothing", app);
		reason.hint = offer_hint(judging, app);
	}
	add(judging, &reason);
}

static void judge_expected(struct judging *judging)
{
	const struct registry_rules *rules = registry_rules(judging->registry);

	if (judging->app) {
		judge_presence(judging, pool_copy(judging->pool, judging->app));
		return;
	}
	for (size_t i = 0; i < rules->app_count; i++)
		if (rules->apps[i].expected)
			judge_presence(judging, rules->apps[i].name);
}

// ---- keys

static bool is_allowed(const struct registry_entry *entry, const char *code, const char *key)
{
	return bundle_allows(entry->allowed, entry->allowed_count, code, key);
}

// Of a key without a value the loader says one of two things.
static bool may_lack(const struct registry_entry *entry, const char *key)
{
	return is_allowed(entry, finding_kind(FINDING_MISSING)->code, key) ||
	       is_allowed(entry, finding_kind(FINDING_ALL_EMPTY)->code, key);
}

static void judge_keys(struct judging *judging, const struct registry_entry *entry)
{
	for (size_t i = 0; i < entry->key_count; i++) {
		const struct registry_key *key = &entry->keys[i];
		struct readiness_reason reason = {.app = entry->app, .key = key->name};

		if ((key->flags & BUNDLE_KEY_REQUIRED) && !key->has_value &&
			!may_lack(entry, key->name)) {
			reason.code = finding_kind(FINDING_MISSING)->code;
			reason.text = pool_format(judging->pool,
				"%s requires %s, and no source gives it", entry->app, key->name);
		} else if ((key->flags & BUNDLE_KEY_BAD) && !is_allowed(entry, NULL, key->name)) {
			reason.code = "bad-key";
			reason.text = pool_format(judging->pool,
				"%s of %s has an error: see samekey check", key->name, entry->app);
		} else {
			continue;
		}
		add(judging, &reason);
	}
}

static void judge_bundles(struct judging *judging)
{
	for (size_t i = 0; i < registry_size(judging->registry); i++) {
		const struct registry_entry *entry = registry_at(judging->registry, i);

		if (!entry->dead && entry->phase == BUNDLE_PHASE_START &&
			is_meant(judging, entry->app))
			judge_keys(judging, entry);
	}
}

// ---- drift

static const char *drift_text(struct pool *pool, const struct registry_drift *drift)
{
	bool weak = drift->older_key->flags & drift->newer_key->flags & BUNDLE_KEY_WEAK;
	char older[ORIGIN_TEXT_SIZE], newer[ORIGIN_TEXT_SIZE], remedy[READINESS_REMEDY_SIZE];

	remedy_text(&drift->stale, drift->stale ? 1 : 0, remedy, sizeof(remedy));
	return pool_format(pool, "%s%s has %s from %s, %s has %s from %s%s%s", drift->older->app,
		drift->kind == REGISTRY_BUILD ? "'s build" : "",
		compare_value_text(drift->older_key),
		origin_text(drift->older_key->origin, older, sizeof(older)), drift->newer->app,
		weak ? "another weak value" : compare_value_text(drift->newer_key),
		origin_text(drift->newer_key->origin, newer, sizeof(newer)), *remedy ? "; " : "",
		remedy);
}

// One reason for each drift; of a rotation, one for each app to restart.
static void judge_drift(struct judging *judging)
{
	const struct registry_drift *list, *said = NULL;
	size_t count;

	if (registry_drift(judging->registry, judging->now_ms, &list, &count) < 0) {
		judging->reasons.no_memory = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct registry_drift *drift = &list[i];
		const struct registry_entry *about = drift->stale ? drift->stale : drift->newer;
		struct readiness_reason reason = {.code = finding_kind(drift->finding)->code,
			.app = about->app,
			.key = drift->newer_key->name};

		if (!drift->fails || (!is_meant(judging, drift->newer->app) &&
					     !is_meant(judging, drift->older->app)))
			continue;
		if (drift->stale ? reasons_has(&judging->reasons.red, &reason)
				 : said && registry_same_drift(drift, said))
			continue;
		said = drift;
		reason.text = drift_text(judging->pool, drift);
		add(judging, &reason);
	}
}

// ---- what processes say of themselves

static bool fails(const struct judging *judging, const struct attestation *attestation)
{
	const struct registry_rules *rules = registry_rules(judging->registry);

	if (attestation->same || !is_meant(judging, attestation->app))
		return false;
	for (size_t i = 0; i < rules->fail_count; i++)
		if (rules->fails[i].finding == FINDING_ATTESTED &&
			(!rules->fails[i].key || text_equal(rules->fails[i].key, attestation->key)))
			return true;
	return false;
}

// One reason for all processes that say the same.
static void judge_attestations(struct judging *judging, const struct attestations *list)
{
	for (size_t i = 0; list && i < attestations_size(list); i++) {
		const struct attestation *attestation = attestations_at(list, i);
		size_t earlier = 0;

		if (!fails(judging, attestation))
			continue;
		while (earlier < i &&
			!attestations_alike(attestations_at(list, earlier), attestation))
			earlier++;
		if (earlier < i)
			continue;
		add(judging, &(struct readiness_reason){
				     .code = finding_kind(FINDING_ATTESTED)->code,
				     .app = pool_copy(judging->pool, attestation->app),
				     .key = pool_copy(judging->pool, attestation->key),
				     .text = pool_format(judging->pool, "pid %lld of %s uses %s",
					     (long long)attestation->pid, attestation->app,
					     attestation->text),
				     .hint = pool_copy(judging->pool, attestation->fix),
			     });
	}
}

// ---- profiles

static void judge_profile(struct judging *judging, const struct profile *profile)
{
	const struct profile_source *faulty = profile->faulty;
	const struct readiness_reason reason = {
		.code = finding_kind(
			profile->usable ? FINDING_PROFILE_KEY : FINDING_PROFILE_UNUSABLE)
				->code,
		.app = faulty && faulty->app ? faulty->app : "",
		.key = faulty ? faulty->options.label : "",
		.text = pool_format(judging->pool, "profile %s%s: %s", profile->rules->name,
			profile->usable ? " goes on without a key" : "", profile->fault),
		.hint = profile->is_waiting && faulty ? offer_hint(judging, faulty->app)
						      : profile->hint,
	};

	if (profile->usable)
		reasons_warn(&judging->reasons, &reason);
	else
		add(judging, &reason);
}

static void judge_exposed(struct judging *judging, const struct profile *profile)
{
	reasons_warn(&judging->reasons,
		&(struct readiness_reason){
			.code = finding_kind(FINDING_WORLD_READABLE)->code,
			.app = "",
			.key = "",
			.text = pool_format(judging->pool, "profile %s: everybody may read %s",
				profile->rules->name, profile->exposed),
			.hint = pool_format(judging->pool, "chmod o-r %s, and take another key",
				profile->exposed),
		});
}

static void judge_profiles(struct judging *judging, const struct readiness_question *question)
{
	for (size_t i = 0; i < keyring_size(question->keyring); i++) {
		const struct profile *profile = keyring_at(question->keyring, i);

		if (judging->app && !profile_is_of(profile->rules, judging->app))
			continue;
		if (*profile->fault)
			judge_profile(judging, profile);
		if (profile->exposed)
			judge_exposed(judging, profile);
		outlived_judge(question, i, &judging->reasons);
	}
}

int readiness_judge(const struct readiness_question *question, struct pool *pool,
	struct readiness *ret_readiness)
{
	struct judging judging = {.life = question->life,
		.registry = question->registry,
		.app = question->app,
		.now_ms = question->now_ms,
		.pool = pool,
		.reasons = {.pool = pool}};

	judge_expected(&judging);
	judge_bundles(&judging);
	disowned_judge(question, &judging.reasons);
	judge_profiles(&judging, question);
	judge_drift(&judging);
	judge_attestations(&judging, question->attestations);
	selfreadiness_judge(question, &judging.reasons);
	if (judging.reasons.no_memory)
		return -ENOMEM;
	*ret_readiness = (struct readiness){.ready = !judging.reasons.red.count,
		.reasons = judging.reasons.red.items,
		.reason_count = judging.reasons.red.count,
		.warnings = judging.reasons.warnings.items,
		.warning_count = judging.reasons.warnings.count};
	return 0;
}
