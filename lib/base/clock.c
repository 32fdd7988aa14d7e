// Neither clock can fail to be read.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"

#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static int64_t read_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

uint64_t clock_steady_ms(void)
{
	return (uint64_t)(read_ns(CLOCK_MONOTONIC) / NS_PER_MS);
}

int64_t clock_wall_ms(void)
{
	return read_ns(CLOCK_REALTIME) / NS_PER_MS;
}

uint64_t clock_steady_ns(void)
{
	return (uint64_t)read_ns(CLOCK_MONOTONIC);
}
