// Neither clock can fail to be read; a moment that no calendar has is called unknown.
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

const char *clock_text(char out[static CLOCK_TEXT_SIZE], uint64_t seconds)
{
	time_t moment = (time_t)seconds;
	struct tm parts;

	if (!gmtime_r(&moment, &parts) ||
		!strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%d %H:%M UTC", &parts))
		(void)snprintf(out, CLOCK_TEXT_SIZE, "an unknown time");
	return out;
}
