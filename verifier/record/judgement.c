// One offer against everything that is held: who may say this name, where it disagrees with the
// living, and with the build. Writes findings for the one who offers; changes nothing.
// SPDX-License-Identifier: MIT
#include "verifier/record/judgement.h"

#include "lib/base/text.h"
#include "verifier/record/compare.h"

#include <errno.h>

#define JUDGEMENT_SIDE_SIZE 5000 // of a text that names one side of a drift

struct judging {
	const struct registry *registry;
	const struct registry_entry *offer;
	uint64_t now_ms;
	struct diag *diag;
};

static const char *age_text(char *out, size_t size, uint64_t ms)
{
	uint64_t seconds = ms / 1000;

	if (seconds < 120)
		(void)snprintf(out, size, "%llu s", (unsigned long long)seconds);
	else if (seconds < 7200)
		(void)snprintf(out, size, "%llu min", (unsigned long long)(seconds / 60));
	else
		(void)snprintf(out, size, "%llu h", (unsigned long long)(seconds / 3600));
	return out;
}

// "web (pid 41, 9 min) has 91ac33e0d1f2 from /srv/web/.env:3:1"
static void side_text(char *out, size_t size, const struct registry_entry *entry,
	const struct registry_key *key, uint64_t now_ms)
{
	char origin[ORIGIN_TEXT_SIZE], age[32], pid[32] = "standing";

	if (entry->hold == REGISTRY_PROCESS)
		(void)snprintf(pid, sizeof(pid), "pid %ld", (long)entry->pid);
	(void)snprintf(out, size, "%s%s (%s, %s) has %s from %s", entry->app,
		entry->phase == BUNDLE_PHASE_BUILD ? "'s build" : "", pid,
		age_text(age, sizeof(age), now_ms - entry->offered_ms), key->fingerprint,
		origin_text(key->origin, origin, sizeof(origin)));
}

// A key of `other`, which came first, and of the offer.
static void judge_key(const struct judging *judging, const struct registry_entry *other,
	const struct registry_key *theirs, const struct registry_key *ours)
{
	const struct registry_entry *offer = judging->offer;
	char our_side[JUDGEMENT_SIDE_SIZE], their_side[JUDGEMENT_SIDE_SIZE];
	char origin[ORIGIN_TEXT_SIZE], hint[320];
	struct finding_about about = {
		.key = ours->name, .origin = origin_text(ours->origin, origin, sizeof(origin))};
	struct compare_result result;

	if (!compare_key(other, theirs, offer, ours, &result))
		return;
	side_text(our_side, sizeof(our_side), offer, ours, judging->now_ms);
	side_text(their_side, sizeof(their_side), other, theirs, judging->now_ms);
	if (result.kind == REGISTRY_ROTATION) {
		(void)snprintf(hint, sizeof(hint), "restart %s",
			result.stale == COMPARE_NEWER ? offer->app : other->app);
		about.hint = hint;
	}
	finding_add(judging->diag, result.finding, &about, "%s; %s%s%s", our_side, their_side,
		about.hint ? "; " : "", about.hint ? hint : "");
}

// Whether an earlier bundle said the same: instances of one app are one finding.
static bool is_said(const struct registry *registry, size_t index, const struct registry_key *key)
{
	const struct registry_entry *entry = registry_at(registry, index);

	for (size_t i = 0; i < index; i++) {
		const struct registry_entry *earlier = registry_at(registry, i);
		const struct registry_key *other;

		if (earlier->phase != entry->phase || !text_equal(earlier->app, entry->app))
			continue;
		other = compare_find(earlier, key->name);
		if (other && other->has_value &&
			memcmp(other->equality, key->equality, sizeof(key->equality)) == 0)
			return true;
	}
	return false;
}

static void judge_against_live(const struct judging *judging)
{
	const struct registry_entry *offer = judging->offer;

	for (size_t i = 0; i < registry_size(judging->registry); i++) {
		const struct registry_entry *other = registry_at(judging->registry, i);

		if (other->dead || other->phase != BUNDLE_PHASE_START ||
			registry_replaces(offer, other) || !compare_concerns(other, offer))
			continue;
		for (size_t k = 0; k < offer->key_count; k++) {
			const struct registry_key *theirs =
				compare_find(other, offer->keys[k].name);

			if (theirs && !is_said(judging->registry, i, theirs))
				judge_key(judging, other, theirs, &offer->keys[k]);
		}
	}
}

static void judge_against_build(const struct judging *judging)
{
	const struct registry_entry *offer = judging->offer;
	const struct registry_entry *build =
		registry_newest(judging->registry, offer->app, BUNDLE_PHASE_BUILD, NULL);

	if (!build || !compare_concerns(build, offer))
		return;
	for (size_t k = 0; k < offer->key_count; k++) {
		const struct registry_key *built = compare_find(build, offer->keys[k].name);

		if (built)
			judge_key(judging, build, built, &offer->keys[k]);
	}
}

static bool judge_owner(
	const struct registry *registry, const struct registry_offer *offer, struct diag *diag)
{
	const char *app = offer->bundle->app;

	if (registry_may_offer(registry, app, offer->uid, offer->gid))
		return true;
	finding_add(diag, FINDING_APP_OWNER, NULL, "app '%s' belongs to another user than uid %lu",
		app, (unsigned long)offer->uid);
	return false;
}

static int apply_allowances(const struct registry_offer *offer, struct diag *diag)
{
	const char *owner_code = finding_kind(FINDING_APP_OWNER)->code;

	for (size_t i = 0; i < offer->bundle->allowed_count; i++) {
		const struct bundle_allowed *allowed = &offer->bundle->allowed[i];

		// An offer cannot allow itself another user's name.
		if (!text_equal(allowed->code, owner_code) &&
			diag_allow(diag, allowed->code, *allowed->key ? allowed->key : NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

int judgement_of(const struct registry *registry, const struct registry_offer *offer,
	const struct registry_entry *entry, uint64_t now_ms, struct diag *diag)
{
	const struct judging judging = {registry, entry, now_ms, diag};

	if (judge_owner(registry, offer, diag)) {
		judge_against_live(&judging);
		judge_against_build(&judging);
	}
	if (apply_allowances(offer, diag) < 0 || !diag_is_complete(diag))
		return -ENOMEM;
	return diag_count(diag, DIAG_ERROR) ? REGISTRY_E_REFUSED : REGISTRY_ACCEPTED;
}
