// A metric is a row and a function that writes its samples.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/attestmetrics.h"

#include "lib/base/text.h"
#include "verifier/door/api/sample.h"
#include "verifier/record/attestations.h"

static void write_attestations(FILE *out, const char *name, const struct attestations *list)
{
	for (size_t i = 0; i < attestations_counts(list); i++) {
		struct attestations_count count = attestations_count_at(list, i);
		const struct sample_label labels[] = {
			{"app", count.app}, {"key", count.key}, {"state", count.state}};

		sample_write(out, name, labels, ARRAY_SIZE(labels), count.times);
	}
}

static bool is_one_sample(const struct attestation *a, const struct attestation *b)
{
	return text_equal(a->app, b->app) && text_equal(a->key, b->key) &&
	       text_equal(a->state, b->state);
}

static void write_attested(FILE *out, const char *name, const struct attestations *list)
{
	for (size_t i = 0; i < attestations_size(list); i++) {
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
			sample_write(out, name, labels, ARRAY_SIZE(labels), processes);
	}
}

static const struct {
	const char *name, *type, *help;
	void (*write)(FILE *out, const char *name, const struct attestations *list);
} rows[] = {
	{"samekey_attestations_total", "counter",
		"Values that processes proved to use, by what they are.", write_attestations},
	{"samekey_attested", "gauge", "Processes by what they proved last.", write_attested},
};

void attestmetrics_write(FILE *out, const struct attestations *list)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		sample_head(out, rows[i].name, rows[i].type, rows[i].help);
		if (list)
			rows[i].write(out, rows[i].name, list);
	}
}

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

uint64_t attestmetrics_disagreeing(const struct attestations *list)
{
	uint64_t keys = 0;

	for (size_t i = 0; i < attestations_size(list); i++)
		keys += !attestations_at(list, i)->same && is_first_of_key(list, i);
	return keys;
}
