// A metric is a row and a function that writes its samples.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/tokenmetrics.h"

#include "verifier/door/api/sample.h"
#include "verifier/door/api/tally.h"
#include "verifier/record/sightings.h"
#include "verifier/trust/key/key.h"

static const char *result_of(enum token_code code)
{
	if (code == TOKEN_OK)
		return "accepted";
	return token_code_is_ours(code) ? "failed" : "refused";
}

static void write_tokens(FILE *out, const char *name, const struct tokenmetrics *view)
{
	const struct tally *tally = view->tally;

	for (size_t i = 0; tally && i < tally->count; i++)
		for (unsigned code = 0; code < TOKEN_CODES; code++) {
			const struct tally_profile *profile = tally->profiles[i];
			const struct sample_label labels[] = {
				{"result", result_of((enum token_code)code)},
				{"code", token_code_text((enum token_code)code)},
				{"profile", profile->name}};

			if (profile->codes[code])
				sample_write(out, name, labels, ARRAY_SIZE(labels),
					profile->codes[code]);
		}
}

static void write_issued(FILE *out, const char *name, const struct tokenmetrics *view)
{
	const struct tally *tally = view->tally;

	for (size_t i = 0; tally && i < tally->count; i++)
		if (tally->profiles[i]->issued)
			sample_write(out, name,
				&(struct sample_label){"profile", tally->profiles[i]->name}, 1,
				tally->profiles[i]->issued);
}

static void write_by_key(FILE *out, const char *name, const struct tokenmetrics *view)
{
	const struct tally *tally = view->tally;

	for (size_t i = 0; tally && i < tally->count; i++)
		for (size_t k = 0; k < tally->profiles[i]->key_count; k++) {
			const struct tally_profile *profile = tally->profiles[i];
			const struct sample_label labels[] = {{"kid", profile->keys[k].name},
				{"state", key_states[profile->keys[k].state]},
				{"profile", profile->name}};

			sample_write(
				out, name, labels, ARRAY_SIZE(labels), profile->keys[k].tokens);
		}
}

static void write_signers(FILE *out, const char *name, const struct tokenmetrics *view)
{
	const struct sightings *sightings = view->sightings;

	for (size_t i = 0; sightings && i < sightings_counts(sightings); i++) {
		struct sightings_count count = sightings_count_at(sightings, i);
		const struct sample_label labels[] = {{"key", count.key}, {"what", count.what}};

		sample_write(out, name, labels, ARRAY_SIZE(labels), count.tokens);
	}
}

static void write_times(FILE *out, const char *name, const struct tokenmetrics *view)
{
	const struct tally *tally = view->tally;

	if (tally)
		sample_histogram(out, name,
			&(struct sample_times){.bounds = tally_bounds,
				.times = tally->times,
				.count = TALLY_TIMES,
				.spent_ns = tally->spent_ns});
}

// ---- the table

static const struct {
	const char *name, *type, *help;
	bool names; // its labels name keys
	void (*write)(FILE *out, const char *name, const struct tokenmetrics *view);
} rows[] = {
	{"samekey_verify_requests_total", "counter",
		"Tokens that were judged, by what came of them.", false, write_tokens},
	{"samekey_verify_duration_seconds", "histogram", "How long judging a token took.", false,
		write_times},
	{"samekey_tokens_issued_total", "counter", "Tokens that were minted.", false, write_issued},
	{"samekey_tokens_by_key_total", "counter", "Good tokens, by the key that signed them.",
		true, write_by_key},
	{"samekey_tokens_signed_by_total", "counter",
		"Tokens that no key of their profile verifies, by what signed them, of those that "
		"were tried.",
		true, write_signers},
};

void tokenmetrics_write(FILE *out, const struct tokenmetrics *view)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].names && !view->names)
			continue;
		sample_head(out, rows[i].name, rows[i].type, rows[i].help);
		rows[i].write(out, rows[i].name, view);
	}
}
