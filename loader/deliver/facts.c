// The one place that turns a value into something showable.
// SPDX-License-Identifier: MIT
#include "loader/deliver/facts.h"

#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/strength.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/report.h"
#include "loader/resolve/resolution.h"

void facts_of(const struct report *report, const struct bundle_key *key,
	const struct candidate *candidate, struct facts *ret_facts)
{
	const char *known = NULL;
	bool guessable;

	*ret_facts = (struct facts){.measured = candidate != NULL};
	if (!candidate || !candidate->value.length)
		return;
	guessable = candidate->kind == CANDIDATE_WINNER ? (key->flags & BUNDLE_KEY_WEAK) != 0
							: strength_is_weak(candidate->value);
	if (guessable && (key->flags & BUNDLE_KEY_SECRET)) {
		*ret_facts = (struct facts){.weak = true, .fingerprint = "weak"};
		return;
	}
	ret_facts->length = candidate->value.length;
	if (report->verdict && candidate->kind == CANDIDATE_WINNER)
		known = handoff_fingerprint(report->verdict, key->name);
	if (known)
		(void)snprintf(ret_facts->fingerprint, sizeof(ret_facts->fingerprint), "%s", known);
	else if (!guessable)
		fingerprint_text(
			report->resolution->fingerprints, candidate->value, ret_facts->fingerprint);
}

const char *facts_size(const struct facts *facts, char out[static FACTS_SIZE_TEXT])
{
	if (facts->weak)
		return "";
	if (!facts->measured)
		return "none";
	if (!facts->length)
		return "empty";
	(void)snprintf(
		out, FACTS_SIZE_TEXT, "%zu byte%s", facts->length, text_plural(facts->length));
	return out;
}

const char *facts_relation(const struct candidate *winner, const struct candidate *other)
{
	if (!other->value.length)
		return "empty";
	return winner && secret_equal(winner->value, other->value) ? "same" : "differs";
}
