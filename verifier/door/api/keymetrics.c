// Collected once, then written metric by metric. A sample stands once, whatever number of instances
// an app has: the newest bundle speaks.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/keymetrics.h"

#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/fingerprint.h"
#include "verifier/door/api/sample.h"
#include "verifier/record/registry.h"

#include <errno.h>

// Longer than any labels of one sample: four names, and what is short.
#define IDENTITY_SIZE (4 * (BUNDLE_NAME_MAX + 1) + 128)

struct identity {
	char text[IDENTITY_SIZE];
	size_t length;
};

// A sample to come.
struct held {
	const struct registry_entry *entry;
	const struct registry_key *key;
	bool newest;               // no newer bundle gives this key another value
	enum source_kind shadowed; // of a conflict: the source that lost
};

struct collecting {
	const struct keymetrics *view;
	struct pool *pool;
	struct map *seen; // labels that have their sample
	struct pool_list bundles, secrets, conflicts, drift;
	size_t looks;
	bool truncated, no_memory;
};

// ---- collecting

// Notes labels, which hold no control character but those between them.
// Returns: whether they are new.
static bool is_new(struct collecting *collecting, const struct identity *identity)
{
	size_t length = identity->length;
	char *kept;

	if (map_find(collecting->seen, identity->text, length) != MAP_ABSENT)
		return false;
	kept = pool_text(collecting->pool, identity->text, length);
	if (!kept || map_put(collecting->seen, kept, length, 1) < 0)
		collecting->no_memory = true;
	return true;
}

static void keep(
	struct collecting *collecting, struct pool_list *list, size_t max, const struct held *held)
{
	struct held *kept;

	if (list->count >= max) {
		collecting->truncated = true;
		return;
	}
	kept = pool_push(collecting->pool, list, sizeof(*kept));
	if (kept)
		*kept = *held;
	else
		collecting->no_memory = true;
}

static char *add_part(char *at, const char *part)
{
	size_t length = strlen(part);

	memcpy(at, part, length);
	at[length] = '\n';
	return at + length + 1;
}

// The labels of a sample of one kind; each of them is a name or short, so there is room.
static void identify(struct identity *identity, const char *kind,
	const struct registry_entry *entry, const char *key, const char *more)
{
	char *at = add_part(identity->text, kind);

	at = add_part(at, entry->group);
	at = add_part(at, entry->app);
	at = add_part(at, bundle_phase_text(entry->phase));
	at = add_part(at, key);
	at = add_part(at, more);
	identity->length = (size_t)(at - identity->text);
}

// Returns: whether the key has a sample of its own now, that no newer bundle gave it.
static bool collect_secret(struct collecting *collecting, const struct held *held)
{
	char value[FINGERPRINT_TEXT_SIZE + 32];
	struct held kept = *held;
	struct identity identity;

	*add_part(add_part(value, held->key->fingerprint), source_text(held->key->origin.source)) =
		'\0';
	identify(&identity, "value", held->entry, held->key->name, value);
	if (!is_new(collecting, &identity))
		return false;
	identify(&identity, "secret", held->entry, held->key->name, "");
	kept.newest = is_new(collecting, &identity);
	keep(collecting, &collecting->secrets, KEYMETRICS_SECRETS_MAX, &kept);
	return true;
}

// The secrets of a bundle, `share` of them that have no sample yet.
static void collect_secrets(
	struct collecting *collecting, const struct registry_entry *entry, size_t share)
{
	size_t taken = 0;

	for (size_t i = 0; i < entry->key_count; i++) {
		const struct held held = {.entry = entry, .key = &entry->keys[i]};

		if (!(held.key->flags & BUNDLE_KEY_SECRET) || !held.key->has_value)
			continue;
		if (taken >= share)
			return;
		if (collecting->secrets.count >= KEYMETRICS_SECRETS_MAX ||
			collecting->looks >= KEYMETRICS_LOOKS_MAX) {
			collecting->truncated = true;
			return;
		}
		collecting->looks++;
		taken += collect_secret(collecting, &held);
	}
}

// What the loader calls a conflict: another kind of source holds something else.
static void collect_conflict(struct collecting *collecting, struct held held)
{
	struct identity identity;

	for (size_t i = 0; held.key->has_value && i < held.key->other_count; i++) {
		const struct registry_candidate *other = &held.key->others[i];

		if (other->kind != CANDIDATE_SHADOWED || !other->differs ||
			other->origin.source == SOURCE_DEFAULT ||
			other->origin.source == held.key->origin.source)
			continue;
		held.shadowed = other->origin.source;
		identify(&identity, "conflict", held.entry, held.key->name, "");
		if (is_new(collecting, &identity))
			keep(collecting, &collecting->conflicts, KEYMETRICS_FINDINGS_MAX, &held);
		return;
	}
}

static void collect_entry(struct collecting *collecting, const struct registry_entry *entry)
{
	struct identity identity;

	identify(&identity, "bundle", entry, "", "");
	if (is_new(collecting, &identity))
		keep(collecting, &collecting->bundles, SIZE_MAX, &(struct held){.entry = entry});
	for (size_t i = 0; i < entry->key_count; i++)
		if (entry->keys[i].other_count)
			collect_conflict(
				collecting, (struct held){.entry = entry, .key = &entry->keys[i]});
}

static void collect_drift(struct collecting *collecting)
{
	struct identity identity;

	for (size_t i = 0; i < collecting->view->drift_count; i++) {
		const struct registry_drift *drift = &collecting->view->drift[i];
		const struct registry_drift **kept;

		identity.length =
			(size_t)(add_part(add_part(add_part(add_part(identity.text, "drift"),
							   drift->newer->group),
						  drift->newer_key->name),
					 finding_kind(drift->finding)->code) -
				 identity.text);
		if (!is_new(collecting, &identity))
			continue;
		if (collecting->drift.count >= KEYMETRICS_FINDINGS_MAX) {
			collecting->truncated = true;
			return;
		}
		kept = pool_push(collecting->pool, &collecting->drift, sizeof(*kept));
		if (kept)
			*kept = drift;
		else
			collecting->no_memory = true;
	}
}

// Every bundle gets its share first, then the room that is left goes to the newest.
static void collect(struct collecting *collecting)
{
	struct registry *registry = collecting->view->registry;
	size_t live = 0;

	for (size_t i = registry_size(registry); i-- > 0;) {
		const struct registry_entry *entry = registry_at(registry, i);

		if (entry->dead)
			continue;
		live++;
		collect_entry(collecting, entry);
	}
	if (!collecting->view->names || !live)
		return;
	for (unsigned round = 0; round < 2; round++)
		for (size_t i = registry_size(registry); i-- > 0;)
			if (!registry_at(registry, i)->dead)
				collect_secrets(collecting, registry_at(registry, i),
					round ? SIZE_MAX : KEYMETRICS_SECRETS_MAX / live);
	collect_drift(collecting);
}

// ---- samples

struct writing {
	const struct collecting *collected;
	const char *name; // of the metric that is being written
	FILE *out;
};

// A moment of the steady clock in seconds since 1970, the same at each scrape.
static uint64_t moment(const struct keymetrics *view, uint64_t steady_ms)
{
	int64_t later_ms = (int64_t)steady_ms - (int64_t)view->started_ms;

	return (uint64_t)((int64_t)view->started_s + later_ms / 1000);
}

static void write_offered(struct writing *writing)
{
	const struct held *bundles = writing->collected->bundles.items;

	for (size_t i = 0; i < writing->collected->bundles.count; i++) {
		const struct registry_entry *entry = bundles[i].entry;
		const struct sample_label labels[] = {{"group", entry->group}, {"app", entry->app},
			{"phase", bundle_phase_text(entry->phase)}};

		sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels),
			moment(writing->collected->view, entry->offered_ms));
	}
}

static void write_conflicts(struct writing *writing)
{
	sample_write(writing->out, writing->name, NULL, 0, writing->collected->conflicts.count);
}

static void write_truncated(struct writing *writing)
{
	sample_write(writing->out, writing->name, NULL, 0, writing->collected->truncated);
}

// Whether apps are compared by a key, as samekey.ini has it; what an app was only seen to inherit
// never is.
static const char *shared_text(const struct registry_key *key)
{
	if (key->flags & (BUNDLE_KEY_PRIVATE | BUNDLE_KEY_INHERITED))
		return "no";
	return key->flags & BUNDLE_KEY_SHARED ? "yes" : "unset";
}

static void write_infos(struct writing *writing)
{
	const struct held *secrets = writing->collected->secrets.items;

	for (size_t i = 0; i < writing->collected->secrets.count; i++) {
		const struct registry_entry *entry = secrets[i].entry;
		const struct registry_key *key = secrets[i].key;
		const struct sample_label labels[] = {{"group", entry->group}, {"app", entry->app},
			{"phase", bundle_phase_text(entry->phase)}, {"key", key->name},
			{"source", source_text(key->origin.source)},
			{"fingerprint", key->fingerprint},
			{"fingerprint_key", fingerprint_key_id(writing->collected->view->key)},
			{"shared", shared_text(key)}};

		sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels), 1);
	}
}

static void write_number(struct writing *writing, const struct held *held)
{
	const struct registry_key *key = held->key;
	const struct sample_label labels[] = {{"group", held->entry->group},
		{"app", held->entry->app}, {"phase", bundle_phase_text(held->entry->phase)},
		{"key", key->name},
		{"fingerprint_key", fingerprint_key_id(writing->collected->view->key)}};
	uint64_t number = 0;

	if (key->flags & BUNDLE_KEY_WEAK)
		return;
	for (const char *digit = key->fingerprint; *digit; digit++)
		number = number * 16 + (uint64_t)text_hex_digit(*digit);
	sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels), number);
}

static void write_since(struct writing *writing, const struct held *held)
{
	const struct sample_label labels[] = {{"group", held->entry->group},
		{"app", held->entry->app}, {"phase", bundle_phase_text(held->entry->phase)},
		{"key", held->key->name}};

	sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels),
		moment(writing->collected->view, held->key->held_since_ms));
}

static void each_newest(
	struct writing *writing, void (*write)(struct writing *writing, const struct held *held))
{
	const struct held *secrets = writing->collected->secrets.items;

	for (size_t i = 0; i < writing->collected->secrets.count; i++)
		if (secrets[i].newest)
			write(writing, &secrets[i]);
}

static void write_numbers(struct writing *writing)
{
	each_newest(writing, write_number);
}

static void write_moments(struct writing *writing)
{
	each_newest(writing, write_since);
}

static void write_key_conflicts(struct writing *writing)
{
	const struct held *conflicts = writing->collected->conflicts.items;

	for (size_t i = 0; i < writing->collected->conflicts.count; i++) {
		const struct registry_entry *entry = conflicts[i].entry;
		const struct sample_label labels[] = {{"group", entry->group}, {"app", entry->app},
			{"phase", bundle_phase_text(entry->phase)}, {"key", conflicts[i].key->name},
			{"source", source_text(conflicts[i].key->origin.source)},
			{"shadowed", source_text(conflicts[i].shadowed)}};

		sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels), 1);
	}
}

static void write_key_drift(struct writing *writing)
{
	const struct registry_drift *const *list = writing->collected->drift.items;

	for (size_t i = 0; i < writing->collected->drift.count; i++) {
		const struct sample_label labels[] = {{"group", list[i]->newer->group},
			{"key", list[i]->newer_key->name},
			{"code", finding_kind(list[i]->finding)->code}};

		sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels), 1);
	}
}

// ---- the table

static const struct {
	const char *name, *type, *help;
	bool names; // its labels name keys
	void (*write)(struct writing *writing);
} rows[] = {
	{"samekey_bundle_offered_timestamp_seconds", "gauge",
		"When the newest living bundle of an app was handed over.", false, write_offered},
	{"samekey_conflicts", "gauge",
		"Keys of living bundles of which another kind of source holds another value.",
		false, write_conflicts},
	{"samekey_metrics_truncated", "gauge",
		"Keys were left out of the metrics of single keys, for want of room.", false,
		write_truncated},
	{"samekey_key_conflict", "gauge", "A key of which sources disagree, and who won.", true,
		write_key_conflicts},
	{"samekey_key_drift", "gauge", "A key of which apps of a group disagree, by finding.", true,
		write_key_drift},
	{"samekey_secret_info", "gauge", "Secrets held, with their fingerprint.", true,
		write_infos},
	{"samekey_secret_fingerprint", "gauge", "Fingerprints as numbers of 48 bits.", true,
		write_numbers},
	{"samekey_secret_since_timestamp_seconds", "gauge",
		"Since when the app holds this value, as far as this verifier saw.", true,
		write_moments},
};

int keymetrics_write(FILE *out, const struct keymetrics *view)
{
	own(pool_release) struct pool *pool = pool_new();
	own(map_release) struct map *seen = map_new();
	struct collecting collected = {.view = view, .pool = pool, .seen = seen};
	struct writing writing = {.collected = &collected, .out = out};

	if (!pool || !seen)
		return -ENOMEM;
	collect(&collected);
	if (collected.no_memory)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].names && !view->names)
			continue;
		writing.name = rows[i].name;
		sample_head(out, rows[i].name, rows[i].type, rows[i].help);
		rows[i].write(&writing);
	}
	return 0;
}
