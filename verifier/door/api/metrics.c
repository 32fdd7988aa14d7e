// The table of metrics of the daemon and its bundles: a row and a function that writes its samples
// each. Those of tokens, keys, processes and sessions have tables of their own.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/metrics.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/fingerprint.h"
#include "verifier/door/api/attestmetrics.h"
#include "verifier/door/api/guards.h"
#include "verifier/door/api/keymetrics.h"
#include "verifier/door/api/processmetrics.h"
#include "verifier/door/api/readiness.h"
#include "verifier/door/api/sample.h"
#include "verifier/door/api/tokenmetrics.h"
#include "verifier/record/attestations.h"
#include "verifier/record/refusals.h"
#include "verifier/record/registry.h"
#include "verifier/trust/keyring.h"

#include <errno.h>

struct writing {
	const struct metrics_view *view;
	const struct registry_drift *drift;
	size_t drift_count;
	const struct readiness *readiness;
	const char *name; // of the metric that is being written
	FILE *out;
};

// ---- samples

static void sample(
	struct writing *writing, const struct sample_label *labels, size_t count, uint64_t value)
{
	sample_write(writing->out, writing->name, labels, count, value);
}

static void plain(struct writing *writing, uint64_t value)
{
	sample(writing, NULL, 0, value);
}

static void one(struct writing *writing, const char *label, const char *text, uint64_t value)
{
	const struct sample_label labels[] = {{label, text}};

	sample(writing, labels, 1, value);
}

// ---- of the daemon

static void write_up(struct writing *writing)
{
	plain(writing, 1);
}

static void write_build(struct writing *writing)
{
	const struct sample_label labels[] = {{"version", SAMEKEY_VERSION},
		{"fingerprint_key", fingerprint_key_id(writing->view->key)}};

	sample(writing, labels, ARRAY_SIZE(labels), 1);
}

static void write_locked(struct writing *writing)
{
	plain(writing, writing->view->counts->locked);
}

static void write_guards(struct writing *writing)
{
	const struct guards *guards = writing->view->guards;

	for (unsigned i = 0; guards && i < GUARDS; i++)
		one(writing, "guard", guards_name((enum guard)i),
			guards->causes[i] == GUARD_IN_FORCE);
}

static void write_ready(struct writing *writing)
{
	plain(writing, writing->readiness->ready);
}

// How many there are of each code.
static void write_codes(
	struct writing *writing, const struct readiness_reason *reasons, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t same = 0;
		bool first = true;

		for (size_t j = 0; j < count; j++) {
			bool alike = text_equal(reasons[j].code, reasons[i].code);

			same += alike;
			first = first && !(alike && j < i);
		}
		if (first)
			one(writing, "code", reasons[i].code, same);
	}
}

static void write_reasons(struct writing *writing)
{
	write_codes(writing, writing->readiness->reasons, writing->readiness->reason_count);
}

static void write_warnings(struct writing *writing)
{
	write_codes(writing, writing->readiness->warnings, writing->readiness->warning_count);
}

static void write_reload(struct writing *writing)
{
	plain(writing, writing->view->life->reload_failed_ms != 0);
}

static void write_reloaded(struct writing *writing)
{
	plain(writing, writing->view->counts->reloaded_s);
}

static void write_profiles(struct writing *writing)
{
	const struct keyring *keyring = writing->view->keyring;

	for (size_t i = 0; i < keyring_size(keyring); i++)
		one(writing, "profile", keyring_at(keyring, i)->rules->name,
			keyring_at(keyring, i)->usable);
}

// ---- of what happened

static void write_verdicts(struct writing *writing)
{
	one(writing, "result", "accepted", writing->view->counts->accepted);
	one(writing, "result", "refused", writing->view->counts->refused);
	one(writing, "result", "failed", writing->view->counts->failed);
}

static void write_problems(struct writing *writing)
{
	for (unsigned i = FAULT_NONE + 1; i < FAULT_E_CLOSED; i++)
		one(writing, "code", fault_text((enum fault)i), writing->view->counts->problems[i]);
}

static const char *const door_names[ROUTE_DOORS] = {[ROUTE_HANDOFF] = "handoff",
	[ROUTE_API] = "api",
	[ROUTE_TCP] = "tcp",
	[ROUTE_SESSION] = "session"};

static void write_requests(struct writing *writing)
{
	for (unsigned i = 0; i < ROUTE_DOORS; i++)
		one(writing, "door", door_names[i], writing->view->counts->requests[i]);
}

static void write_denied(struct writing *writing)
{
	for (unsigned i = 0; i < ROUTE_DOORS; i++)
		one(writing, "door", door_names[i], writing->view->counts->denied[i]);
}

static void write_connections(struct writing *writing)
{
	for (unsigned i = ROUTE_API; i < ROUTE_DOORS; i++)
		one(writing, "door", door_names[i], writing->view->counts->connections[i]);
}

// ---- of the bundles

static const char *const life_names[] = {
	[REGISTRY_LIVE] = "live", [REGISTRY_STALE] = "stale", [REGISTRY_DEAD] = "dead"};

// Bundles that a sample counts together.
static bool is_alike(
	struct registry *registry, const struct registry_entry *a, const struct registry_entry *b)
{
	return a->phase == b->phase && text_equal(a->app, b->app) &&
	       text_equal(a->group, b->group) &&
	       registry_life(registry, a) == registry_life(registry, b);
}

static void write_bundles(struct writing *writing)
{
	struct registry *registry = writing->view->registry;
	size_t count = registry_size(registry);

	for (size_t i = 0; i < count; i++) {
		const struct registry_entry *entry = registry_at(registry, i);
		const struct sample_label labels[] = {{"group", entry->group}, {"app", entry->app},
			{"phase", bundle_phase_text(entry->phase)},
			{"state", life_names[registry_life(registry, entry)]}};
		uint64_t same = 0;
		bool first = true;

		for (size_t j = 0; j < count; j++) {
			bool alike = is_alike(registry, registry_at(registry, j), entry);

			same += alike;
			first = first && !(alike && j < i);
		}
		if (first)
			sample(writing, labels, ARRAY_SIZE(labels), same);
	}
}

static void write_keys(struct writing *writing)
{
	uint64_t keys = 0;

	for (size_t i = 0; i < registry_size(writing->view->registry); i++) {
		const struct registry_entry *entry = registry_at(writing->view->registry, i);

		keys += entry->dead ? 0 : entry->key_count;
	}
	plain(writing, keys);
}

static void write_allowed(struct writing *writing)
{
	uint64_t allowed = 0;

	for (size_t i = 0; i < registry_size(writing->view->registry); i++) {
		const struct registry_entry *entry = registry_at(writing->view->registry, i);

		allowed += entry->dead ? 0 : entry->allowed_count;
	}
	plain(writing, allowed);
}

static void write_refused(struct writing *writing)
{
	plain(writing,
		refusals_size(registry_refusals(writing->view->registry, writing->view->now_ms)));
}

static void write_drift(struct writing *writing)
{
	static const enum finding findings[] = {FINDING_DRIFT_SHARED, FINDING_DRIFT_APP,
		FINDING_ROTATION, FINDING_ROTATION_LATE, FINDING_BUILD_DRIFT,
		FINDING_BUILD_DRIFT_FAIL};
	const struct attestations *attestations = writing->view->attestations;

	for (size_t i = 0; i < ARRAY_SIZE(findings); i++) {
		uint64_t count = 0;

		for (size_t j = 0; j < writing->drift_count; j++)
			count += writing->drift[j].finding == findings[i] &&
				 (!j || !registry_same_drift(
						&writing->drift[j], &writing->drift[j - 1]));
		one(writing, "code", finding_kind(findings[i])->code, count);
	}
	one(writing, "code", finding_kind(FINDING_ATTESTED)->code,
		attestations ? attestmetrics_disagreeing(attestations) : 0);
}

// ---- the table

static const struct {
	const char *name, *type, *help;
	void (*write)(struct writing *writing);
} rows[] = {
	{"samekey_up", "gauge", "The verifier answers.", write_up},
	{"samekey_build_info", "gauge", "Version and id of the fingerprint key.", write_build},
	{"samekey_memory_locked", "gauge", "Guarded memory is locked.", write_locked},
	{"samekey_guard", "gauge", "The guard of the process is in force.", write_guards},
	{"samekey_ready", "gauge", "What /readyz says.", write_ready},
	{"samekey_ready_reasons", "gauge", "Why it is not ready, by code.", write_reasons},
	{"samekey_warnings", "gauge", "What is wrong and stops nothing, by code.", write_warnings},
	{"samekey_reload_failed", "gauge",
		"The settings could not be read again, and the old ones hold.", write_reload},
	{"samekey_reload_success_timestamp_seconds", "gauge",
		"When the settings were read last without a fault.", write_reloaded},
	{"samekey_profile_usable", "gauge", "The profile has its keys, and verifies.",
		write_profiles},
	{"samekey_bundles", "gauge", "Bundles by app, phase and state.", write_bundles},
	{"samekey_keys", "gauge", "Keys of living bundles.", write_keys},
	{"samekey_allowed", "gauge", "What living bundles were allowed.", write_allowed},
	{"samekey_verdicts_total", "counter", "Offers by verdict.", write_verdicts},
	{"samekey_problems_total", "counter", "Handoff requests that could not be taken.",
		write_problems},
	{"samekey_requests_total", "counter", "Requests of the API by door.", write_requests},
	{"samekey_denied_total", "counter", "Peers and requests that were not admitted.",
		write_denied},
	{"samekey_http_connections", "gauge", "Open connections of HTTP by door.",
		write_connections},
	{"samekey_refused", "gauge", "Apps that were refused and not accepted since, for a day.",
		write_refused},
	{"samekey_drift", "gauge", "Keys that disagree, by finding.", write_drift},
};

static int write_all(struct writing *writing)
{
	const struct metrics_view *view = writing->view;

	processmetrics_write(writing->out, view->process, view->counts->started_s);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		writing->name = rows[i].name;
		sample_head(writing->out, rows[i].name, rows[i].type, rows[i].help);
		rows[i].write(writing);
	}
	tokenmetrics_write(writing->out,
		&(struct tokenmetrics){
			.tally = view->tally, .sightings = view->sightings, .names = view->names});
	if (view->names)
		attestmetrics_write(writing->out, view->attestations);
	sessionmetrics_write(writing->out, &view->sessions);
	return keymetrics_write(writing->out, &(struct keymetrics){.registry = view->registry,
						      .key = view->key,
						      .drift = writing->drift,
						      .drift_count = writing->drift_count,
						      .started_s = view->counts->started_s,
						      .started_ms = view->life->started_ms,
						      .names = view->names});
}

int metrics_text(const struct metrics_view *view, char **ret_text, size_t *ret_length)
{
	own(pool_release) struct pool *pool = pool_new();
	struct writing writing = {.view = view};
	struct readiness readiness;
	char *text = NULL;
	size_t length = 0;
	bool failed;

	if (!pool ||
		readiness_judge(&(struct readiness_question){.registry = view->registry,
					.keyring = view->keyring,
					.attestations = view->attestations,
					.store = view->sessions.store,
					.revocations = view->sessions.revocations,
					.life = view->life,
					.now_ms = view->now_ms,
					.wall_ms = clock_wall_ms()},
			pool, &readiness) < 0 ||
		registry_drift(view->registry, view->now_ms, &writing.drift, &writing.drift_count) <
			0)
		return -ENOMEM;
	writing.readiness = &readiness;
	writing.out = open_memstream(&text, &length);
	if (!writing.out)
		return -ENOMEM;
	failed = write_all(&writing) < 0 || ferror(writing.out) != 0;
	// where its last realloc fails, fclose leaves NULL and says nothing
	if (fclose(writing.out) != 0 || failed || !text) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_length = length;
	return 0;
}
