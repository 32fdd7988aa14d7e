// Metrics of single secrets: who holds which fingerprint since when, which sources disagree, which
// apps do. Their labels name keys, so they are for those who may see names.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_KEYMETRICS_H
#define VERIFIER_DOOR_API_KEYMETRICS_H

#include "lib/base/base.h"

struct fingerprint_key;
struct registry;
struct registry_drift;

// What is told; all borrowed.
struct keymetrics {
	struct registry *registry;
	const struct fingerprint_key *key;
	const struct registry_drift *drift;
	size_t drift_count;
	uint64_t started_s, started_ms; // one moment by both clocks
	bool names;                     // whether names of keys may be shown
};

// Writes all of them as Prometheus text; what goes wrong with the stream shows when it is closed.
// Returns: 0 or -ENOMEM.
int keymetrics_write(FILE *out, const struct keymetrics *view) must_check;

#endif
