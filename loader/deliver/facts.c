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
	struct facts facts = {.size = "none"};
	const char *known = NULL;
	bool guessable;

	if (candidate && !candidate->value.length)
		facts = (struct facts){.size = "empty", .length = "0"};
	*ret_facts = facts;
	if (!candidate || !candidate->value.length)
		return;
	guessable = candidate->kind == CANDIDATE_WINNER ? (key->flags & BUNDLE_KEY_WEAK) != 0
							: strength_is_weak(candidate->value);
	facts.weak = guessable && (key->flags & BUNDLE_KEY_SECRET);
	if (facts.weak) {
		facts.size[0] = '\0';
		(void)snprintf(facts.fingerprint, sizeof(facts.fingerprint), "weak");
		*ret_facts = facts;
		return;
	}
	(void)snprintf(facts.length, sizeof(facts.length), "%zu", candidate->value.length);
	(void)snprintf(facts.size, sizeof(facts.size), "%zu byte%s", candidate->value.length,
		text_plural(candidate->value.length));
	if (report->verdict && candidate->kind == CANDIDATE_WINNER)
		known = handoff_fingerprint(report->verdict, key->name);
	if (known)
		(void)snprintf(facts.fingerprint, sizeof(facts.fingerprint), "%s", known);
	else if (!guessable)
		fingerprint_text(
			report->resolution->fingerprints, candidate->value, facts.fingerprint);
	*ret_facts = facts;
}

const char *facts_relation(const struct candidate *winner, const struct candidate *other)
{
	if (!other->value.length)
		return "empty";
	return winner && secret_equal(winner->value, other->value) ? "same" : "differs";
}
