// Keeps bundles in two lists, living and dead, and has what disagrees computed when somebody asks
// and something has changed. A bundle that is offered is judged by judgement.c.
// SPDX-License-Identifier: MIT
#include "verifier/record/registry.h"

#include "lib/base/text.h"
#include "verifier/record/compare.h"
#include "verifier/record/drifts.h"
#include "verifier/record/judgement.h"
#include "verifier/record/kept.h"
#include "verifier/record/owners.h"
#include "verifier/record/refusals.h"

#include <errno.h>

struct registry {
	struct registry_rules rules;
	struct kept_list live, dead;
	struct refusals *refusals;
	struct owners *owners;
	uint64_t generation, next_id;
	struct drifts drifts; // as of now while they are known
	bool drifts_known;
};

struct registry *registry_new(const struct registry_rules *rules)
{
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry)
		return NULL;
	registry->rules = *rules;
	registry->next_id = 1;
	registry->refusals = refusals_new();
	registry->owners = owners_new(REGISTRY_APPS_MAX);
	return registry->refusals && registry->owners ? registry : registry_free(registry);
}

struct registry *registry_free(struct registry *registry)
{
	if (!registry)
		return NULL;
	kept_list_done(&registry->live);
	kept_list_done(&registry->dead);
	refusals_free(registry->refusals);
	owners_free(registry->owners);
	drifts_done(&registry->drifts);
	free(registry);
	return NULL;
}

static void note_change(struct registry *registry)
{
	registry->generation++;
	registry->drifts_known = false;
}

void registry_change(struct registry *registry, const struct registry_rules *rules)
{
	registry->rules = *rules;
	registry->drifts_known = false;
}

const struct registry_rules *registry_rules(const struct registry *registry)
{
	return &registry->rules;
}

// ---- who owns an app

static const struct registry_app *rule_of(const struct registry *registry, const char *app)
{
	for (size_t i = 0; i < registry->rules.app_count; i++)
		if (text_equal(registry->rules.apps[i].name, app))
			return &registry->rules.apps[i];
	return NULL;
}

bool registry_may_offer(const struct registry *registry, const char *app, uid_t uid, gid_t gid)
{
	const struct registry_app *rule = rule_of(registry, app);
	uid_t owner;

	if (rule && (rule->has_uid || rule->has_gid))
		return (!rule->has_uid || rule->uid == uid) && (!rule->has_gid || rule->gid == gid);
	return !owners_find(registry->owners, app, &owner) || owner == uid;
}

bool registry_owner(
	const struct registry *registry, const char *app, char out[static REGISTRY_OWNER_SIZE])
{
	const struct registry_app *rule = rule_of(registry, app);
	char uid[32] = "", gid[32] = "";
	uid_t owner;

	if (!rule || (!rule->has_uid && !rule->has_gid)) {
		if (owners_find(registry->owners, app, &owner))
			(void)snprintf(out, REGISTRY_OWNER_SIZE, "uid %lu, who offered it first",
				(unsigned long)owner);
		else
			(void)snprintf(out, REGISTRY_OWNER_SIZE, "nobody");
		return false;
	}
	if (rule->has_uid)
		(void)snprintf(uid, sizeof(uid), "uid %lu", (unsigned long)rule->uid);
	if (rule->has_gid)
		(void)snprintf(gid, sizeof(gid), "gid %lu", (unsigned long)rule->gid);
	(void)snprintf(out, REGISTRY_OWNER_SIZE, "%s%s%s (%s)", uid, *uid && *gid ? " and " : "",
		gid, rule->where ? rule->where : "samekeyd.ini");
	return true;
}

static bool is_live(const void *user, const char *app)
{
	const struct kept_list *live = user;

	for (size_t i = 0; i < live->count; i++)
		if (text_equal(live->items[i]->entry.app, app))
			return true;
	return false;
}

// Whose name it is, from now on.
static int remember_owner(struct registry *registry, const char *app, uid_t uid)
{
	const struct owners_use use = {is_live, &registry->live};
	int code = owners_note(registry->owners, app, uid, &use);

	return code == -ENOSPC ? REGISTRY_E_FULL : code;
}

// ---- who follows whom

const struct registry_entry *registry_newest(const struct registry *registry, const char *app,
	enum bundle_phase phase, const struct registry_entry *before)
{
	const struct registry_entry *found = NULL;

	for (size_t i = 0; i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (entry->phase == phase && (!found || entry->id > found->id) &&
			(!before || entry->id < before->id) && text_equal(entry->app, app) &&
			registry_may_offer(registry, app, entry->uid, entry->gid))
			found = entry;
	}
	return found;
}

bool registry_replaces(const struct registry_entry *bundle, const struct registry_entry *other)
{
	if (other->phase != bundle->phase || !text_equal(other->app, bundle->app))
		return false;
	return other->hold == REGISTRY_STANDING ||
	       (other->pid && other->pid == bundle->pid && bundle->hold == REGISTRY_PROCESS);
}

// ---- taking an offer in

// An app that restarts with the value it had has held it all along.
static void inherit_times(const struct registry *registry, struct registry_entry *entry)
{
	const struct registry_entry *before =
		registry_newest(registry, entry->app, entry->phase, NULL);
	struct registry_key *keys = (struct registry_key *)(uintptr_t)entry->keys; // our own copy
	size_t at = 0;

	for (size_t i = 0; before && i < entry->key_count; i++) {
		const struct registry_key *key = compare_advance(before, &at, keys[i].name);

		if (key && key->has_value && keys[i].has_value && compare_equal(key, &keys[i]))
			keys[i].held_since_ms = key->held_since_ms;
	}
}

static void drop_replaced(struct registry *registry, const struct registry_entry *by)
{
	for (size_t i = registry->live.count; i-- > 0;)
		if (registry_replaces(by, &registry->live.items[i]->entry))
			kept_free(kept_list_cut(&registry->live, i));
}

static bool has_room(const struct registry *registry, const struct registry_entry *by)
{
	size_t bundles = 0, keys = by->key_count;

	for (size_t i = 0; i < registry->live.count; i++) {
		const struct registry_entry *entry = &registry->live.items[i]->entry;

		if (registry_replaces(by, entry))
			continue;
		bundles++;
		keys += entry->key_count;
	}
	return bundles < registry->rules.live_max && keys <= REGISTRY_KEYS_MAX;
}

int registry_offer(struct registry *registry, const struct registry_offer *offer, uint64_t now_ms,
	struct diag *diag, uint64_t *ret_id)
{
	own(kept_release) struct kept *kept = NULL;
	int code = kept_new(offer, now_ms, &kept);

	if (code == 0 && !offer->past_generation)
		code = judgement_of(registry, offer, &kept->entry, now_ms, diag);
	else if (code == 0 &&
		 !registry_may_offer(registry, kept->entry.app, offer->uid, offer->gid))
		return REGISTRY_E_REFUSED;
	if (code == REGISTRY_E_REFUSED)
		refusals_note(registry->refusals, offer, now_ms, diag);
	if (code != REGISTRY_ACCEPTED)
		return code;
	if (!has_room(registry, &kept->entry))
		return REGISTRY_E_FULL;
	code = kept_list_reserve(&registry->live);
	if (code == 0)
		code = remember_owner(registry, kept->entry.app, offer->uid);
	if (code != 0)
		return code;
	inherit_times(registry, &kept->entry);
	drop_replaced(registry, &kept->entry);
	refusals_forget(registry->refusals, kept->entry.app, offer->uid);
	note_change(registry);
	if (offer->past_generation > registry->generation)
		registry->generation = offer->past_generation;
	kept->entry.id = registry->next_id++;
	kept->entry.generation = registry->generation;
	*ret_id = kept->entry.id;
	registry->live.items[registry->live.count++] = take(&kept);
	return REGISTRY_ACCEPTED;
}

// ---- ends

static bool is_last_build(const struct registry *registry, const struct registry_entry *entry)
{
	return entry->phase == BUNDLE_PHASE_BUILD &&
	       registry_newest(registry, entry->app, BUNDLE_PHASE_BUILD, NULL) == entry;
}

// How many ended bundles of that phase a user has.
static size_t count_ended(const struct registry *registry, uid_t uid, enum bundle_phase phase)
{
	size_t count = 0;

	for (size_t i = 0; i < registry->dead.count; i++) {
		const struct registry_entry *entry = &registry->dead.items[i]->entry;

		count += entry->uid == uid && entry->phase == phase;
	}
	return count;
}

// The oldest of whoever has most, so that nobody makes what others offered forgotten. The last
// build of an app is what its starts are compared with, so it goes last.
static size_t pick_forgotten(const struct registry *registry)
{
	const struct registry_entry *before = NULL;
	size_t found = 0, most = 0, count = 0;

	for (int builds = 0; builds <= 1 && !most; builds++) {
		for (size_t i = 0; i < registry->dead.count; i++) {
			const struct registry_entry *entry = &registry->dead.items[i]->entry;

			if (is_last_build(registry, entry) != (builds == 1))
				continue;
			if (!before || before->uid != entry->uid || before->phase != entry->phase)
				count = count_ended(registry, entry->uid, entry->phase);
			before = entry;
			if (count <= most)
				continue;
			most = count;
			found = i;
		}
	}
	return found;
}

void registry_mark_dead(struct registry *registry, uint64_t id)
{
	for (size_t i = 0; i < registry->live.count; i++) {
		struct kept *kept = registry->live.items[i];

		if (kept->entry.id != id)
			continue;
		(void)kept_list_cut(&registry->live, i);
		note_change(registry);
		kept->entry.dead = true;
		if (kept_list_reserve(&registry->dead) < 0 || !registry->rules.dead_max) {
			kept_free(kept); // without memory it is not shown; it is dead either way
			return;
		}
		registry->dead.items[registry->dead.count++] = kept;
		while (registry->dead.count > registry->rules.dead_max)
			kept_free(kept_list_cut(&registry->dead, pick_forgotten(registry)));
		return;
	}
}

bool registry_withdraw(struct registry *registry, const char *app, uint64_t *ret_id)
{
	for (size_t i = 0; i < registry->live.count; i++) {
		const struct registry_entry *entry = &registry->live.items[i]->entry;

		if (entry->hold != REGISTRY_STANDING || !text_equal(entry->app, app))
			continue;
		*ret_id = entry->id;
		kept_free(kept_list_cut(&registry->live, i));
		note_change(registry);
		return true;
	}
	return false;
}

// ---- views

uint64_t registry_generation(const struct registry *registry)
{
	return registry->generation;
}

size_t registry_size(const struct registry *registry)
{
	return registry->live.count + registry->dead.count;
}

const struct registry_entry *registry_at(const struct registry *registry, size_t index)
{
	if (index < registry->live.count)
		return &registry->live.items[index]->entry;
	return &registry->dead.items[index - registry->live.count]->entry;
}

const struct registry_entry *registry_by_id(const struct registry *registry, uint64_t id)
{
	for (size_t i = 0; i < registry_size(registry); i++)
		if (registry_at(registry, i)->id == id)
			return registry_at(registry, i);
	return NULL;
}

// ---- what disagrees

// Finds what disagrees anew when something has changed since the last time.
static int refresh(struct registry *registry)
{
	if (registry->drifts_known)
		return 0;
	if (drifts_find(&registry->drifts, registry, &registry->live) < 0)
		return -ENOMEM;
	registry->drifts_known = true;
	return 0;
}

enum registry_life registry_life(struct registry *registry, const struct registry_entry *entry)
{
	if (entry->dead)
		return REGISTRY_DEAD;
	if (refresh(registry) < 0)
		return REGISTRY_LIVE; // without memory for a comparison nothing is known against it
	for (size_t i = 0; i < registry->live.count; i++)
		if (&registry->live.items[i]->entry == entry && registry->live.items[i]->stale)
			return REGISTRY_STALE;
	return REGISTRY_LIVE;
}

int registry_drift(struct registry *registry, uint64_t now_ms,
	const struct registry_drift **ret_drift, size_t *ret_count)
{
	if (refresh(registry) < 0)
		return -ENOMEM;
	drifts_judge(&registry->drifts, &registry->rules, now_ms);
	*ret_drift = registry->drifts.items;
	*ret_count = registry->drifts.count;
	return 0;
}

const struct refusals *registry_refusals(struct registry *registry, uint64_t now_ms)
{
	refusals_expire(registry->refusals, now_ms);
	return registry->refusals;
}

bool registry_same_drift(const struct registry_drift *a, const struct registry_drift *b)
{
	return a->finding == b->finding && a->severity == b->severity &&
	       text_equal(a->newer->group, b->newer->group) &&
	       text_equal(a->newer_key->name, b->newer_key->name);
}
