// Writes single samples of Prometheus text: a name, labels, a number; and histograms of durations.
// What goes wrong shows when the stream is closed.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_SAMPLE_H
#define VERIFIER_DOOR_API_SAMPLE_H

#include "lib/base/base.h"

struct sample_label {
	const char *name, *value;
};

// Begins a metric: its help and its type.
void sample_head(FILE *out, const char *name, const char *type, const char *help);

// One sample, with labels or, when `count` is 0, without.
void sample_write(FILE *out, const char *name, const struct sample_label *labels, size_t count,
	uint64_t value);

// One sample without labels, of nanoseconds as seconds.
void sample_seconds(FILE *out, const char *name, uint64_t ns);

// Durations: `times` has a count for each of the bounds (nanoseconds, ascending) and one more for
// what took longer, each counted once.
struct sample_times {
	const uint64_t *bounds, *times;
	size_t count; // bounds
	uint64_t spent_ns;
};
void sample_histogram(FILE *out, const char *name, const struct sample_times *times);

#endif
