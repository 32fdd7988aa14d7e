// The list of what disagrees among the bundles that are held: every pair of living ones that are
// compared, and each with the build of its app; then how bad each difference is by now.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_DRIFTS_H
#define VERIFIER_RECORD_DRIFTS_H

#include "verifier/record/registry.h"

struct kept_list;

// Zero is an empty list. Its items point into the bundles they are of, and live no longer.
struct drifts {
	struct registry_drift *items;
	size_t count, room;
	uint64_t due_ms; // until then the judgement holds
};

// Finds all pairs of living bundles anew, and marks those of `live` that hold an older value as
// stale. What is found is not judged yet: see drifts_judge.
// Returns: 0, or -ENOMEM: then the list is not whole.
int drifts_find(struct drifts *drifts, const struct registry *registry,
	const struct kept_list *live) must_check;

// Judges what was found: a rotation may be late by `now_ms` (the caller's monotonic clock), a
// finding allowed, or named by the rules to fail. Worst first after it. The judgement is kept until
// time changes it: other rules need drifts_find first.
void drifts_judge(struct drifts *drifts, const struct registry_rules *rules, uint64_t now_ms);

// Frees the list's memory; it is empty after it.
void drifts_done(struct drifts *drifts);

#endif
