// One row of the bench's table: many samples of one figure, their median and quartiles, and the
// budget that it is held against. A row is a line of TAB-separated columns on stdout;
// tests/bench/run lays them out.
// SPDX-License-Identifier: MIT
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include "lib/base/base.h"

enum measure_bound { MEASURE_FREE, MEASURE_AT_MOST, MEASURE_AT_LEAST };

struct measure_row {
	const char *what;    // what was measured
	const char *against; // the peer or limit of the same run; "" for an absolute figure
	const char *unit;    // "x", "us"
	const char *detail;  // the absolute figures behind a ratio; ""
	double *samples;     // sorted by measure_print
	size_t count;
	enum measure_bound bound;
	double limit;
};

// Reads a budget: "<=N", ">=N", or "-" or ">" for none.
void measure_read_bound(const char *text, struct measure_row *row);

// Prints the row: what, median, quartiles, against, budget, verdict, detail.
void measure_print(const struct measure_row *row);

// How many rounds to take where so many are usual: at most $ROUNDS, for a first look and for the
// test of the bench itself.
size_t measure_rounds(size_t usual);

// Room for so many samples, which the caller frees; never NULL.
double *measure_samples(size_t count);

// Sorts the samples.
// Returns: their median; 0 when there are none.
double measure_median(double *samples, size_t count);

// The monotonic clock in nanoseconds.
uint64_t measure_now(void);

// The processor time of this thread in nanoseconds: what else runs here does not count.
uint64_t measure_cpu(void);

// Ends the program with a message: a bench that cannot measure has no result.
_Noreturn void measure_stop(const char *what, int code);

#endif
