// Keeps bundles in two lists, living and dead, and computes what disagrees when somebody asks and
// something has changed. All judgements of two keys are compare.c's.
// SPDX-License-Identifier: MIT
#include "verifier/record/registry.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/record/compare.h"
#include "verifier/record/judgement.h"
#include "verifier/record/owners.h"
#include "verifier/record/refusals.h"

#include <errno.h>

// Pairs that are listed; a group that disagrees more than that has one problem, not many.
#define REGISTRY_DRIFT_MAX 10000

struct kept {
	struct registry_entry entry; // first: an entry is given out as a pointer to it
	struct pool *pool;
	bool stale; // as of the last refresh
};

struct kept_list {
	struct kept **items;
	size_t count, room;
};

struct registry {
	struct registry_rules rules;
	struct kept_list live, dead;
	struct refusals *refusals;
	struct owners *owners;
	uint64_t generation, next_id;
	struct registry_drift *drift; // of generation `drift_of`
	size_t drift_count, drift_room;
	uint64_t drift_of;
	bool drift_known;
};

// ---- lists of bundles

static struct kept *kept_free(struct kept *kept)
{
	if (kept)
		pool_free(kept->pool);
	free(kept);
	return NULL;
}

static void kept_release(struct kept **kept)
{
	*kept = kept_free(*kept);
}

static int reserve(struct kept_list *list)
{
	struct kept **items;
	size_t room = list->room ? list->room * 2 : 16;

	if (list->count < list->room)
		return 0;
	items = reallocarray(list->items, room, sizeof(struct kept *));
	if (!items)
		return -ENOMEM;
	list->items = items;
	list->room = room;
	return 0;
}

static struct kept *cut(struct kept_list *list, size_t index)
{
	struct kept *kept = list->items[index];

	list->count--;
	memmove(list->items + index, list->items + index + 1,
		(list->count - index) * sizeof(struct kept *));
	return kept;
}

static void clear(struct kept_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		kept_free(list->items[i]);
	free(list->items);
}

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
	clear(&registry->live);
	clear(&registry->dead);
	refusals_free(registry->refusals);
	owners_free(registry->owners);
	free(registry->drift);
	free(registry);
	return NULL;
}

static void note_change(struct registry *registry)
{
	registry->generation++;
	registry->drift_known = false;
}

void registry_change(struct registry *registry, const struct registry_rules *rules)
{
	registry->rules = *rules;
	registry->drift_known = false;
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

// ---- copying an offer

static int copy_candidates(struct pool *pool, struct registry_key *key)
{
	struct registry_candidate *others = pool_array(pool, key->other_count + 1, sizeof(*others));

	if (!others)
		return -ENOMEM;
	for (size_t i = 0; i < key->other_count; i++) {
		others[i] = key->others[i];
		others[i].origin.place = pool_copy(pool, key->others[i].origin.place);
		if (!others[i].origin.place)
			return -ENOMEM;
	}
	key->others = others;
	return 0;
}

static int copy_keys(struct pool *pool, const struct registry_offer *offer, uint64_t now_ms,
	const struct registry_key **ret_keys)
{
	size_t count = offer->bundle->key_count;
	struct registry_key *keys = pool_array(pool, count + 1, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		keys[i] = offer->keys[i];
		keys[i].held_since_ms = now_ms;
		keys[i].name = pool_copy(pool, offer->keys[i].name);
		keys[i].origin.place = pool_copy(pool, offer->keys[i].origin.place);
		if (!keys[i].name || (offer->keys[i].origin.place && !keys[i].origin.place) ||
			copy_candidates(pool, &keys[i]) < 0)
			return -ENOMEM;
	}
	*ret_keys = keys;
	return 0;
}

static int copy_allowed(
	struct pool *pool, const struct bundle *bundle, const struct bundle_allowed **ret_allowed)
{
	struct bundle_allowed *allowed =
		pool_array(pool, bundle->allowed_count + 1, sizeof(*allowed));

	if (!allowed)
		return -ENOMEM;
	for (size_t i = 0; i < bundle->allowed_count; i++) {
		allowed[i].code = pool_copy(pool, bundle->allowed[i].code);
		allowed[i].key = pool_copy(pool, bundle->allowed[i].key);
		if (!allowed[i].code || !allowed[i].key)
			return -ENOMEM;
	}
	*ret_allowed = allowed;
	return 0;
}

static int keep(const struct registry_offer *offer, uint64_t now_ms, struct kept **ret_kept)
{
	own(kept_release) struct kept *kept = calloc(1, sizeof(*kept));
	const struct bundle *bundle = offer->bundle;
	struct registry_entry *entry;

	if (!kept || !(kept->pool = pool_new()))
		return -ENOMEM;
	entry = &kept->entry;
	*entry = (struct registry_entry){
		.app = pool_copy(kept->pool, bundle->app),
		.group = pool_copy(kept->pool, bundle->group),
		.mode = pool_copy(kept->pool, bundle->mode),
		.program = pool_copy(kept->pool, bundle->program),
		.phase = bundle->phase,
		.hold = offer->hold,
		.uid = offer->uid,
		.pid = offer->hold == REGISTRY_STANDING ? 0 : offer->pid,
		.offered_ms = now_ms,
		.rotation_ms = bundle->rotation_ms,
		.key_count = bundle->key_count,
		.allowed_count = bundle->allowed_count,
	};
	if (!entry->app || !entry->group || !entry->mode || !entry->program ||
		copy_keys(kept->pool, offer, now_ms, &entry->keys) < 0 ||
		copy_allowed(kept->pool, bundle, &entry->allowed) < 0)
		return -ENOMEM;
	*ret_kept = take(&kept);
	return 0;
}

// ---- who follows whom

const struct registry_entry *registry_newest(const struct registry *registry, const char *app,
	enum bundle_phase phase, const struct registry_entry *before)
{
	const struct registry_entry *found = NULL;

	for (size_t i = 0; i < registry_size(registry); i++) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (entry->phase == phase && (!found || entry->id > found->id) &&
			(!before || entry->id < before->id) && text_equal(entry->app, app))
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

	for (size_t i = 0; before && i < entry->key_count; i++) {
		const struct registry_key *key = compare_find(before, keys[i].name);

		if (key && key->has_value && keys[i].has_value &&
			memcmp(key->equality, keys[i].equality, sizeof(key->equality)) == 0)
			keys[i].held_since_ms = key->held_since_ms;
	}
}

static void drop_replaced(struct registry *registry, const struct registry_entry *by)
{
	for (size_t i = registry->live.count; i-- > 0;)
		if (registry_replaces(by, &registry->live.items[i]->entry))
			kept_free(cut(&registry->live, i));
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
	int code = keep(offer, now_ms, &kept);

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
	code = reserve(&registry->live);
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

// The last build of an app is what its starts are compared with, so it goes last.
static size_t pick_forgotten(const struct registry *registry)
{
	const struct kept_list *dead = &registry->dead;

	for (size_t i = 0; i < dead->count; i++) {
		const struct registry_entry *entry = &dead->items[i]->entry;

		if (entry->phase != BUNDLE_PHASE_BUILD ||
			registry_newest(registry, entry->app, BUNDLE_PHASE_BUILD, NULL) != entry)
			return i;
	}
	return 0;
}

void registry_mark_dead(struct registry *registry, uint64_t id)
{
	for (size_t i = 0; i < registry->live.count; i++) {
		struct kept *kept = registry->live.items[i];

		if (kept->entry.id != id)
			continue;
		(void)cut(&registry->live, i);
		note_change(registry);
		kept->entry.dead = true;
		if (reserve(&registry->dead) < 0 || !registry->rules.dead_max) {
			kept_free(kept); // without memory it is not shown; it is dead either way
			return;
		}
		registry->dead.items[registry->dead.count++] = kept;
		while (registry->dead.count > registry->rules.dead_max)
			kept_free(cut(&registry->dead, pick_forgotten(registry)));
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
		kept_free(cut(&registry->live, i));
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

static int add_drift(struct registry *registry, const struct registry_drift *drift)
{
	if (registry->drift_count == registry->drift_room) {
		size_t room = registry->drift_room ? registry->drift_room * 2 : 64;
		struct registry_drift *list = reallocarray(registry->drift, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		registry->drift = list;
		registry->drift_room = room;
	}
	registry->drift[registry->drift_count++] = *drift;
	return 0;
}

// Goes on in a bundle's keys, which are in order, to the one of that name. Returns: it, or NULL.
static const struct registry_key *advance(
	const struct registry_entry *entry, size_t *at, const char *name)
{
	int order = -1;

	while (*at < entry->key_count && (order = strcmp(entry->keys[*at].name, name)) < 0)
		++*at;
	return order == 0 ? &entry->keys[*at] : NULL;
}

static int compare_entries(struct registry *registry, const struct registry_entry *older,
	struct kept *newer, struct kept *older_kept)
{
	size_t at = 0;

	for (size_t k = 0; k < newer->entry.key_count; k++) {
		const struct registry_key *key = &newer->entry.keys[k];
		const struct registry_key *their = advance(older, &at, key->name);
		struct compare_result result;
		struct registry_drift drift;

		if (!their || !compare_key(older, their, &newer->entry, key, &result))
			continue;
		if (registry->drift_count == REGISTRY_DRIFT_MAX)
			return 0;
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
		if (add_drift(registry, &drift) < 0)
			return -ENOMEM;
	}
	return 0;
}

// Finds all pairs anew when something has changed since the last time.
static int refresh(struct registry *registry)
{
	struct kept_list *live = &registry->live;

	if (registry->drift_known && registry->drift_of == registry->generation)
		return 0;
	registry->drift_count = 0;
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
				compare_entries(registry, &older->entry, newer, older) < 0)
				return -ENOMEM;
		}
		if (build && compare_concerns(build, &newer->entry) &&
			compare_entries(registry, build, newer, NULL) < 0)
			return -ENOMEM;
	}
	registry->drift_of = registry->generation;
	registry->drift_known = true;
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

// A rotation is late when the two have differed for longer than the newer side allows.
static enum finding as_of_now(const struct registry_drift *drift, uint64_t now_ms)
{
	const struct registry_entry *fresh =
		drift->stale == drift->older ? drift->newer : drift->older;
	uint64_t since = drift->older_key->held_since_ms;

	if (drift->kind != REGISTRY_ROTATION)
		return drift->finding;
	if (since < drift->newer_key->held_since_ms)
		since = drift->newer_key->held_since_ms;
	return now_ms - since > fresh->rotation_ms ? FINDING_ROTATION_LATE : FINDING_ROTATION;
}

static bool is_named_to_fail(const struct registry *registry, const struct registry_drift *drift)
{
	if (drift->finding == FINDING_ROTATION_LATE && !drift->shared)
		return false;
	for (size_t i = 0; i < registry->rules.fail_count; i++) {
		const struct registry_fail *fail = &registry->rules.fails[i];

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

int registry_drift(struct registry *registry, uint64_t now_ms,
	const struct registry_drift **ret_drift, size_t *ret_count)
{
	if (refresh(registry) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < registry->drift_count; i++) {
		struct registry_drift *drift = &registry->drift[i];
		const char *key = drift->newer_key->name;

		drift->finding = as_of_now(drift, now_ms);
		drift->severity = finding_kind(drift->finding)->severity;
		drift->allowed = compare_allows(drift->newer, drift->finding, key) ||
				 compare_allows(drift->older, drift->finding, key);
		drift->fails = !drift->allowed && is_named_to_fail(registry, drift);
		if (drift->allowed && drift->severity == DIAG_ERROR)
			drift->severity = DIAG_WARNING;
	}
	if (registry->drift_count)
		qsort(registry->drift, registry->drift_count, sizeof(*registry->drift),
			worst_first);
	*ret_drift = registry->drift;
	*ret_count = registry->drift_count;
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
