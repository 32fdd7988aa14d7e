// All judgements of two keys are compare.c's; here is which two are asked about, and what became
// of their difference since.
// SPDX-License-Identifier: MIT
#include "verifier/record/drifts.h"

#include "lib/base/growth.h"
#include "lib/base/text.h"
#include "verifier/record/compare.h"
#include "verifier/record/kept.h"

#include <errno.h>

// Pairs that are listed; a group that disagrees more than that has one problem, not many.
#define DRIFTS_MAX 10000

// ---- finding them

static int add(struct drifts *drifts, const struct registry_drift *drift)
{
	if (growth_room(&drifts->items, &drifts->room, drifts->count, sizeof(*drifts->items)) < 0)
		return -ENOMEM;
	drifts->items[drifts->count++] = *drift;
	return 0;
}

// What a place gave last is meant. After a roll-back that is the value before, and who holds the
// one between the two is stale, not who has held that of before all along.
static bool is_rolled_back(const struct kept_list *live, const struct registry_entry *newer,
	const struct registry_key *newer_key, const struct registry_key *older_key)
{
	for (size_t i = live->count; i-- > 0 && &live->items[i]->entry != newer;) {
		const struct registry_entry *last = &live->items[i]->entry;
		const struct registry_key *key =
			compare_concerns(newer, last) ? compare_find(last, newer_key->name) : NULL;

		if (key && key->has_value && compare_same_origin(key->origin, newer_key->origin))
			return compare_equal(key, older_key);
	}
	return false;
}

static int compare_entries(struct drifts *drifts, const struct kept_list *live,
	const struct registry_entry *older, struct kept *newer, struct kept *older_kept)
{
	size_t at = 0;

	for (size_t k = 0; k < newer->entry.key_count; k++) {
		const struct registry_key *key = &newer->entry.keys[k];
		const struct registry_key *their = compare_advance(older, &at, key->name);
		struct compare_result result;
		struct registry_drift drift;

		if (!their || !compare_key(older, their, &newer->entry, key, &result))
			continue;
		if (drifts->count == DRIFTS_MAX)
			return 0;
		if (result.stale == COMPARE_OLDER &&
			is_rolled_back(live, &newer->entry, key, their))
			result.stale = COMPARE_NEWER;
		drift = (struct registry_drift){
			.kind = result.kind,
			.finding = result.finding,
			.shared = result.shared,
			.older = older,
			.newer = &newer->entry,
			.older_key = their,
			.newer_key = key,
		};
		if (result.stale == COMPARE_OLDER)
			drift.stale = older;
		else if (result.stale == COMPARE_NEWER)
			drift.stale = &newer->entry;
		if (result.stale == COMPARE_OLDER && older_kept)
			older_kept->stale = true;
		else if (result.stale == COMPARE_NEWER)
			newer->stale = true;
		if (add(drifts, &drift) < 0)
			return -ENOMEM;
	}
	return 0;
}

int drifts_find(
	struct drifts *drifts, const struct registry *registry, const struct kept_list *live)
{
	drifts->count = 0;
	drifts->due_ms = 0;
	for (size_t i = 0; i < live->count; i++)
		live->items[i]->stale = false;
	for (size_t i = 0; i < live->count; i++) {
		struct kept *newer = live->items[i];
		const struct registry_entry *build = registry_newest(
			registry, newer->entry.app, BUNDLE_PHASE_BUILD, &newer->entry);

		for (size_t j = 0; j < i; j++) {
			struct kept *older = live->items[j];

			if (older->entry.phase == BUNDLE_PHASE_START &&
				compare_concerns(&older->entry, &newer->entry) &&
				compare_entries(drifts, live, &older->entry, newer, older) < 0)
				return -ENOMEM;
		}
		if (build && compare_concerns(build, &newer->entry) &&
			compare_entries(drifts, live, build, newer, NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

// ---- judging them

// A rotation is late when the two have differed for longer than the newer side allows; until then
// `due_ms` is no later than when it will be.
static enum finding as_of_now(const struct registry_drift *drift, uint64_t now_ms, uint64_t *due_ms)
{
	const struct registry_entry *fresh =
		drift->stale == drift->older ? drift->newer : drift->older;
	uint64_t since = drift->older_key->held_since_ms, late;

	if (drift->kind != REGISTRY_ROTATION)
		return drift->finding;
	if (since < drift->newer_key->held_since_ms)
		since = drift->newer_key->held_since_ms;
	if (now_ms - since > fresh->rotation_ms)
		return FINDING_ROTATION_LATE;
	late = since + fresh->rotation_ms + 1;
	if (*due_ms > late)
		*due_ms = late;
	return FINDING_ROTATION;
}

static bool is_named_to_fail(const struct registry_rules *rules, const struct registry_drift *drift)
{
	if (drift->finding == FINDING_ROTATION_LATE && !drift->shared)
		return false;
	for (size_t i = 0; i < rules->fail_count; i++) {
		const struct registry_fail *fail = &rules->fails[i];

		if (fail->finding == drift->finding &&
			(!fail->key || text_equal(fail->key, drift->newer_key->name)))
			return true;
	}
	return false;
}

static int worst_first(const void *left, const void *right)
{
	const struct registry_drift *a = left, *b = right;
	int order;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->finding != b->finding)
		return a->finding < b->finding ? -1 : 1;
	order = strcmp(a->newer->group, b->newer->group);
	if (!order)
		order = strcmp(a->newer_key->name, b->newer_key->name);
	if (!order)
		order = a->newer->id < b->newer->id ? -1 : a->newer->id > b->newer->id;
	if (!order)
		order = a->older->id < b->older->id ? -1 : a->older->id > b->older->id;
	return order;
}

void drifts_judge(struct drifts *drifts, const struct registry_rules *rules, uint64_t now_ms)
{
	if (now_ms < drifts->due_ms)
		return;
	drifts->due_ms = UINT64_MAX;
	for (size_t i = 0; i < drifts->count; i++) {
		struct registry_drift *drift = &drifts->items[i];
		const char *key = drift->newer_key->name;

		drift->finding = as_of_now(drift, now_ms, &drifts->due_ms);
		drift->severity = finding_kind(drift->finding)->severity;
		drift->allowed = compare_allows(drift->newer, drift->finding, key) ||
				 compare_allows(drift->older, drift->finding, key);
		drift->fails = !drift->allowed && is_named_to_fail(rules, drift);
		if (drift->allowed && drift->severity == DIAG_ERROR)
			drift->severity = DIAG_WARNING;
	}
	if (drifts->count)
		qsort(drifts->items, drifts->count, sizeof(*drifts->items), worst_first);
}

void drifts_done(struct drifts *drifts)
{
	free(drifts->items);
	*drifts = (struct drifts){0};
}
