// A metric is a row and a function that writes its samples.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/sessionmetrics.h"

#include "lib/wire/relay.h"
#include "verifier/door/api/sample.h"
#include "verifier/record/revocations.h"
#include "verifier/record/sessions/ledger.h"

typedef void write_samples(FILE *out, const char *name, const struct sessionmetrics *view);

static void write_by_name(FILE *out, const char *name, const char *label, const char *const *names,
	const uint64_t *counts)
{
	for (size_t i = 0; names[i]; i++)
		sample_write(out, name, &(struct sample_label){label, names[i]}, 1, counts[i]);
}

// ---- the store

static void write_up(FILE *out, const char *name, const struct sessionmetrics *view)
{
	sample_write(out, name, NULL, 0, view->store->up);
}

static void write_store_waiting(FILE *out, const char *name, const struct sessionmetrics *view)
{
	sample_write(out, name, NULL, 0, view->store->waiting);
}

static void write_operations(FILE *out, const char *name, const struct sessionmetrics *view)
{
	const struct ledger_state *store = view->store;

	for (size_t i = 0; i < STORE_VERBS; i++) {
		struct sample_label labels[] = {
			{"operation", store_verb_names[i]}, {"result", "done"}};

		sample_write(out, name, labels, ARRAY_SIZE(labels), store->ops[i]);
		labels[1].value = "away";
		sample_write(out, name, labels, ARRAY_SIZE(labels), store->failed[i]);
	}
}

static void write_batches(FILE *out, const char *name, const struct sessionmetrics *view)
{
	sample_histogram(out, name,
		&(struct sample_times){.bounds = ledger_bounds,
			.times = view->store->times,
			.count = LEDGER_TIMES,
			.spent_ns = view->store->spent_ns});
}

static void write_refreshes(FILE *out, const char *name, const struct sessionmetrics *view)
{
	write_by_name(out, name, "outcome", family_outcome_names, view->store->outcomes);
}

// ---- what is revoked

static void write_revoked(FILE *out, const char *name, const struct sessionmetrics *view)
{
	sample_write(out, name, NULL, 0, revocations_size(view->revocations));
}

static void write_lost(FILE *out, const char *name, const struct sessionmetrics *view)
{
	sample_write(out, name, NULL, 0, revocations_lost(view->revocations));
}

// ---- requests

static void write_requests(FILE *out, const char *name, const struct sessionmetrics *view)
{
	const uint64_t *count = view->requests;

	for (size_t i = 0; view->routes[i]; i++)
		for (size_t k = 0; view->results[k]; k++) {
			const struct sample_label labels[] = {
				{"route", view->routes[i]}, {"result", view->results[k]}};

			sample_write(out, name, labels, ARRAY_SIZE(labels), *count++);
		}
}

static void write_logouts(FILE *out, const char *name, const struct sessionmetrics *view)
{
	sample_write(out, name, NULL, 0, view->logouts(view->sessions));
}

static void write_lost_logouts(FILE *out, const char *name, const struct sessionmetrics *view)
{
	sample_write(out, name, NULL, 0, *view->lost_logouts);
}

static void write_upstream_up(FILE *out, const char *name, const struct sessionmetrics *view)
{
	sample_write(out, name, NULL, 0, view->is_up(view->upstream));
}

static void write_passed_on(FILE *out, const char *name, const struct sessionmetrics *view)
{
	write_by_name(out, name, "outcome", relay_outcome_names, view->outcomes);
}

static void write_waiting(FILE *out, const char *name, const struct sessionmetrics *view)
{
	sample_write(out, name, NULL, 0, view->waiting(view->upstream));
}

// ---- the table

#define AT(field) offsetof(struct sessionmetrics, field)

static const struct {
	const char *name, *type, *help;
	size_t needs; // the pointer of the view without which there is nothing to say
	write_samples *write;
} rows[] = {
	{"samekey_store_up", "gauge", "The store of sessions takes what it is told.", AT(store),
		write_up},
	{"samekey_store_operations_total", "counter",
		"Operations of the store, and whether it was there.", AT(store), write_operations},
	{"samekey_store_batch_duration_seconds", "histogram",
		"How long the store took for what waited together.", AT(store), write_batches},
	{"samekey_store_waiting", "gauge", "Operations that wait for the store.", AT(store),
		write_store_waiting},
	{"samekey_refresh_total", "counter", "Refresh tokens that were used, by what came of them.",
		AT(store), write_refreshes},
	{"samekey_revoked_entries", "gauge", "Sessions and tokens that ended before their time.",
		AT(revocations), write_revoked},
	{"samekey_revoked_lost_total", "counter",
		"Revocations that were forgotten before their end, for want of room.",
		AT(revocations), write_lost},
	{"samekey_session_requests_total", "counter",
		"Logins, checks, refreshes and logouts, by what came of them.", AT(requests),
		write_requests},
	{"samekey_session_logouts_waiting", "gauge",
		"Logouts that were answered while the store was away, and wait for it.",
		AT(logouts), write_logouts},
	{"samekey_session_logouts_lost_total", "counter",
		"Logouts that were refused while the store was away, for want of room.",
		AT(lost_logouts), write_lost_logouts},
	{"samekey_upstream_up", "gauge", "The process that passes logins on runs.", AT(is_up),
		write_upstream_up},
	{"samekey_upstream_requests_total", "counter",
		"Logins that were passed on, by what came of them.", AT(outcomes), write_passed_on},
	{"samekey_upstream_waiting", "gauge", "Logins that wait for the upstream.", AT(waiting),
		write_waiting},
};

static bool is_there(const struct sessionmetrics *view, size_t at)
{
	static const uint8_t nothing[sizeof(void *)];

	return memcmp((const uint8_t *)view + at, nothing, sizeof(nothing)) != 0;
}

void sessionmetrics_write(FILE *out, const struct sessionmetrics *view)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!is_there(view, rows[i].needs))
			continue;
		sample_head(out, rows[i].name, rows[i].type, rows[i].help);
		rows[i].write(out, rows[i].name, view);
	}
}
