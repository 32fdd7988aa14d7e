// Medians and rows for every bench program. Runs nothing itself.
// SPDX-License-Identifier: MIT
#include "tests/bench/measure.h"

#include "lib/base/num.h"

#include <errno.h>
#include <time.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

size_t measure_rounds(size_t usual)
{
	const char *text = getenv("ROUNDS");
	uint64_t most;

	if (!text || num_parse(text, usual, &most) < 0 || !most)
		return usual;
	return (size_t)most;
}

double *measure_samples(size_t count)
{
	double *samples = calloc(count, sizeof(*samples));

	if (!samples)
		measure_stop("memory", ENOMEM);
	return samples;
}

double measure_median(double *samples, size_t count)
{
	if (!count)
		return 0;
	qsort(samples, count, sizeof(*samples), compare);
	return samples[count / 2];
}

static const char *verdict(const struct measure_row *row, double figure)
{
	if (row->bound == MEASURE_AT_MOST)
		return figure <= row->limit ? "ok" : "MISSED";
	if (row->bound == MEASURE_AT_LEAST)
		return figure >= row->limit ? "ok" : "MISSED";
	return "";
}

void measure_read_bound(const char *text, struct measure_row *row)
{
	row->bound = !text[1] ? MEASURE_FREE : text[0] == '<' ? MEASURE_AT_MOST : MEASURE_AT_LEAST;
	row->limit = row->bound == MEASURE_FREE ? 0 : strtod(text + 2, NULL);
}

void measure_print(const struct measure_row *row)
{
	double median = measure_median(row->samples, row->count);
	int digits = median < 10 ? 2 : median < 100 ? 1 : 0;

	printf("%s\t%.*f %s\t", row->what, digits, median, row->unit);
	if (row->count > 1)
		printf("%.*f to %.*f", digits, row->samples[row->count / 4], digits,
			row->samples[row->count * 3 / 4]);
	printf("\t%s\t", row->against);
	if (row->bound != MEASURE_FREE)
		printf("%s %g %s", row->bound == MEASURE_AT_MOST ? "at most" : "at least",
			row->limit, row->unit);
	printf("\t%s\t%s\n", verdict(row, median), row->detail);
	(void)fflush(stdout);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now); // cannot fail for these clocks
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t measure_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t measure_cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

_Noreturn void measure_stop(const char *what, int code)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, strerror(code < 0 ? -code : code));
	exit(EXIT_FAILURE);
}
