// A census is taken once, then written metric by metric: a row of the table each.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/keymetrics.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/fingerprint.h"
#include "verifier/door/api/keycensus.h"
#include "verifier/door/api/sample.h"
#include "verifier/record/registry.h"

#include <errno.h>

struct writing {
	const struct keymetrics *view;
	const struct keycensus *census;
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
	const struct keycensus_row *bundles = writing->census->bundles.items;

	for (size_t i = 0; i < writing->census->bundles.count; i++) {
		const struct registry_entry *entry = bundles[i].entry;
		const struct sample_label labels[] = {{"group", entry->group}, {"app", entry->app},
			{"phase", bundle_phase_text(entry->phase)}};

		sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels),
			moment(writing->view, entry->offered_ms));
	}
}

static void write_conflicts(struct writing *writing)
{
	sample_write(writing->out, writing->name, NULL, 0, writing->census->conflicts.count);
}

static void write_truncated(struct writing *writing)
{
	sample_write(writing->out, writing->name, NULL, 0, writing->census->truncated);
}

// Whether apps are compared by a key, as samekey.ini has it.
static const char *shared_text(const struct registry_key *key)
{
	if (key->flags & BUNDLE_KEY_PRIVATE)
		return "no";
	return key->flags & BUNDLE_KEY_SHARED ? "yes" : "unset";
}

static void write_infos(struct writing *writing)
{
	const struct keycensus_row *secrets = writing->census->secrets.items;

	for (size_t i = 0; i < writing->census->secrets.count; i++) {
		const struct registry_entry *entry = secrets[i].entry;
		const struct registry_key *key = secrets[i].key;
		const struct sample_label labels[] = {{"group", entry->group}, {"app", entry->app},
			{"phase", bundle_phase_text(entry->phase)}, {"key", key->name},
			{"source", source_text(key->origin.source)},
			{"fingerprint", key->fingerprint},
			{"fingerprint_key", fingerprint_key_id(writing->view->key)},
			{"shared", shared_text(key)}};

		sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels), 1);
	}
}

static void write_number(struct writing *writing, const struct keycensus_row *held)
{
	const struct registry_key *key = held->key;
	const struct sample_label labels[] = {{"group", held->entry->group},
		{"app", held->entry->app}, {"phase", bundle_phase_text(held->entry->phase)},
		{"key", key->name}, {"fingerprint_key", fingerprint_key_id(writing->view->key)}};
	uint64_t number = 0;

	if (key->flags & BUNDLE_KEY_WEAK)
		return;
	for (const char *digit = key->fingerprint; *digit; digit++)
		number = number * 16 + (uint64_t)text_hex_digit(*digit);
	sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels), number);
}

static void write_since(struct writing *writing, const struct keycensus_row *held)
{
	const struct sample_label labels[] = {{"group", held->entry->group},
		{"app", held->entry->app}, {"phase", bundle_phase_text(held->entry->phase)},
		{"key", held->key->name}};

	sample_write(writing->out, writing->name, labels, ARRAY_SIZE(labels),
		moment(writing->view, held->key->held_since_ms));
}

static void each_newest(struct writing *writing,
	void (*write)(struct writing *writing, const struct keycensus_row *held))
{
	const struct keycensus_row *secrets = writing->census->secrets.items;

	for (size_t i = 0; i < writing->census->secrets.count; i++)
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
	const struct keycensus_row *conflicts = writing->census->conflicts.items;

	for (size_t i = 0; i < writing->census->conflicts.count; i++) {
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
	const struct registry_drift *const *list = writing->census->drift.items;

	for (size_t i = 0; i < writing->census->drift.count; i++) {
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
	const struct keycensus_request request = {.registry = view->registry,
		.drift = view->drift,
		.drift_count = view->drift_count,
		.names = view->names};
	own(pool_release) struct pool *pool = pool_new();
	struct keycensus census;
	struct writing writing = {.view = view, .census = &census, .out = out};

	if (!pool || keycensus_take(&request, pool, &census) < 0)
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
