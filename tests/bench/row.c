// Prints a row of the bench's table from samples that a script took:
//     row WHAT UNIT AGAINST BOUND DETAIL SAMPLE...
// BOUND is "<=N", ">=N" or "-".
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"

#define WORDS 6 // before the samples

int main(int argc, char **argv)
{
	struct measure_row row = {0};
	own_free double *samples = NULL;

	if (argc <= WORDS) {
		(void)fputs("usage: row WHAT UNIT AGAINST BOUND DETAIL SAMPLE...\n", stderr);
		return 2;
	}
	row = (struct measure_row){.what = argv[1],
		.unit = argv[2],
		.against = argv[3],
		.detail = argv[5],
		.count = (size_t)(argc - WORDS)};
	row.samples = samples = measure_samples(row.count);
	for (size_t i = 0; i < row.count; i++)
		samples[i] = strtod(argv[WORDS + i], NULL);
	measure_read_bound(argv[4], &row);
	measure_print(&row);
	return 0;
}
