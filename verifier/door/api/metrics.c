// The table of metrics. A metric is a row and a function that writes its samples.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/metrics.h"

#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/fingerprint.h"
#include "verifier/door/api/guards.h"
#include "verifier/door/api/keymetrics.h"
#include "verifier/door/api/processmetrics.h"
#include "verifier/door/api/readiness.h"
#include "verifier/door/api/sample.h"
#include "verifier/door/api/tally.h"
#include "verifier/record/attestations.h"
#include "verifier/record/refusals.h"
#include "verifier/record/registry.h"
#include "verifier/record/sightings.h"
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

// Keys are counted, whatever number of processes disagrees.
static bool is_first_of_key(const struct attestations *list, size_t index)
{
	const struct attestation *attestation = attestations_at(list, index);

	for (size_t i = 0; i < index; i++) {
		const struct attestation *other = attestations_at(list, i);

		if (!other->same && text_equal(other->app, attestation->app) &&
			text_equal(other->key, attestation->key))
			return false;
	}
	return true;
}

static void write_drift(struct writing *writing)
{
	static const enum finding findings[] = {FINDING_DRIFT_SHARED, FINDING_DRIFT_APP,
		FINDING_ROTATION, FINDING_ROTATION_LATE, FINDING_BUILD_DRIFT,
		FINDING_BUILD_DRIFT_FAIL};
	const struct attestations *attestations = writing->view->attestations;
	uint64_t attested = 0;

	for (size_t i = 0; i < ARRAY_SIZE(findings); i++) {
		uint64_t count = 0;

		for (size_t j = 0; j < writing->drift_count; j++)
			count += writing->drift[j].finding == findings[i] &&
				 (!j || !registry_same_drift(
						&writing->drift[j], &writing->drift[j - 1]));
		one(writing, "code", finding_kind(findings[i])->code, count);
	}
	for (size_t i = 0; attestations && i < attestations_size(attestations); i++)
		attested +=
			!attestations_at(attestations, i)->same && is_first_of_key(attestations, i);
	one(writing, "code", finding_kind(FINDING_ATTESTED)->code, attested);
}

// ---- of the tokens

static const char *result_of(enum token_code code)
{
	if (code == TOKEN_OK)
		return "accepted";
	return token_code_is_ours(code) ? "failed" : "refused";
}

static void write_tokens(struct writing *writing)
{
	const struct tally *tally = writing->view->tally;

	for (size_t i = 0; tally && i < tally->count; i++)
		for (unsigned code = 0; code < TOKEN_CODES; code++) {
			const struct tally_profile *profile = tally->profiles[i];
			const struct sample_label labels[] = {
				{"result", result_of((enum token_code)code)},
				{"code", token_code_text((enum token_code)code)},
				{"profile", profile->name}};

			if (profile->codes[code])
				sample(writing, labels, ARRAY_SIZE(labels), profile->codes[code]);
		}
}

static void write_issued(struct writing *writing)
{
	const struct tally *tally = writing->view->tally;

	for (size_t i = 0; tally && i < tally->count; i++)
		if (tally->profiles[i]->issued)
			one(writing, "profile", tally->profiles[i]->name,
				tally->profiles[i]->issued);
}

static void write_by_key(struct writing *writing)
{
	const struct tally *tally = writing->view->tally;

	for (size_t i = 0; tally && i < tally->count; i++)
		for (size_t k = 0; k < tally->profiles[i]->key_count; k++) {
			const struct tally_profile *profile = tally->profiles[i];
			const struct sample_label labels[] = {{"kid", profile->keys[k].name},
				{"state", key_states[profile->keys[k].state]},
				{"profile", profile->name}};

			sample(writing, labels, ARRAY_SIZE(labels), profile->keys[k].tokens);
		}
}

static void write_signers(struct writing *writing)
{
	const struct sightings *sightings = writing->view->sightings;

	for (size_t i = 0; sightings && i < sightings_counts(sightings); i++) {
		struct sightings_count count = sightings_count_at(sightings, i);
		const struct sample_label labels[] = {{"key", count.key}, {"what", count.what}};

		sample(writing, labels, ARRAY_SIZE(labels), count.tokens);
	}
}

// ---- of what processes say of themselves

static void write_attestations(struct writing *writing)
{
	const struct attestations *list = writing->view->attestations;

	for (size_t i = 0; list && i < attestations_counts(list); i++) {
		struct attestations_count count = attestations_count_at(list, i);
		const struct sample_label labels[] = {
			{"app", count.app}, {"key", count.key}, {"state", count.state}};

		sample(writing, labels, ARRAY_SIZE(labels), count.times);
	}
}

static bool is_one_sample(const struct attestation *a, const struct attestation *b)
{
	return text_equal(a->app, b->app) && text_equal(a->key, b->key) &&
	       text_equal(a->state, b->state);
}

static void write_attested(struct writing *writing)
{
	const struct attestations *list = writing->view->attestations;

	for (size_t i = 0; list && i < attestations_size(list); i++) {
		const struct attestation *attestation = attestations_at(list, i);
		const struct sample_label labels[] = {{"app", attestation->app},
			{"key", attestation->key}, {"state", attestation->state}};
		uint64_t processes = 0;
		bool first = true;

		for (size_t j = 0; j < attestations_size(list); j++) {
			bool alike = is_one_sample(attestations_at(list, j), attestation);

			processes += alike;
			first = first && !(alike && j < i);
		}
		if (first)
			sample(writing, labels, ARRAY_SIZE(labels), processes);
	}
}

static void write_times(struct writing *writing)
{
	const struct tally *tally = writing->view->tally;

	if (tally)
		sample_histogram(writing->out, writing->name,
			&(struct sample_times){.bounds = tally_bounds,
				.times = tally->times,
				.count = TALLY_TIMES,
				.spent_ns = tally->spent_ns});
}

// ---- the table

static const struct {
	const char *name, *type, *help;
	bool names; // its labels name keys
	void (*write)(struct writing *writing);
} rows[] = {
	{"samekey_up", "gauge", "The verifier answers.", false, write_up},
	{"samekey_build_info", "gauge", "Version and id of the fingerprint key.", false,
		write_build},
	{"samekey_memory_locked", "gauge", "Guarded memory is locked.", false, write_locked},
	{"samekey_guard", "gauge", "The guard of the process is in force.", false, write_guards},
	{"samekey_ready", "gauge", "What /readyz says.", false, write_ready},
	{"samekey_ready_reasons", "gauge", "Why it is not ready, by code.", false, write_reasons},
	{"samekey_warnings", "gauge", "What is wrong and stops nothing, by code.", false,
		write_warnings},
	{"samekey_reload_failed", "gauge",
		"The settings could not be read again, and the old ones hold.", false,
		write_reload},
	{"samekey_reload_success_timestamp_seconds", "gauge",
		"When the settings were read last without a fault.", false, write_reloaded},
	{"samekey_profile_usable", "gauge", "The profile has its keys, and verifies.", false,
		write_profiles},
	{"samekey_bundles", "gauge", "Bundles by app, phase and state.", false, write_bundles},
	{"samekey_keys", "gauge", "Keys of living bundles.", false, write_keys},
	{"samekey_allowed", "gauge", "Errors that living bundles were allowed.", false,
		write_allowed},
	{"samekey_verdicts_total", "counter", "Offers by verdict.", false, write_verdicts},
	{"samekey_problems_total", "counter", "Handoff requests that could not be taken.", false,
		write_problems},
	{"samekey_requests_total", "counter", "Requests of the API by door.", false,
		write_requests},
	{"samekey_denied_total", "counter", "Peers and requests that were not admitted.", false,
		write_denied},
	{"samekey_http_connections", "gauge", "Open connections of HTTP by door.", false,
		write_connections},
	{"samekey_refused", "gauge", "Apps that were refused and not accepted since, for a day.",
		false, write_refused},
	{"samekey_drift", "gauge", "Keys that disagree, by finding.", false, write_drift},
	{"samekey_verify_requests_total", "counter",
		"Tokens that were judged, by what came of them.", false, write_tokens},
	{"samekey_verify_duration_seconds", "histogram", "How long judging a token took.", false,
		write_times},
	{"samekey_tokens_issued_total", "counter", "Tokens that were minted.", false, write_issued},
	{"samekey_tokens_by_key_total", "counter", "Good tokens, by the key that signed them.",
		true, write_by_key},
	{"samekey_tokens_signed_by_total", "counter",
		"Tokens that no key of their profile verifies, by what signed them, of those that "
		"were "
		"tried.",
		true, write_signers},
	{"samekey_attestations_total", "counter",
		"Values that processes proved to use, by what they are.", true, write_attestations},
	{"samekey_attested", "gauge", "Processes by what they proved last.", true, write_attested},
};

static int write_all(struct writing *writing)
{
	const struct metrics_view *view = writing->view;

	processmetrics_write(writing->out, view->process, view->counts->started_s);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].names && !view->names)
			continue;
		writing->name = rows[i].name;
		sample_head(writing->out, rows[i].name, rows[i].type, rows[i].help);
		rows[i].write(writing);
	}
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
