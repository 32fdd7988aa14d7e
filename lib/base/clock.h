// The time, by the two clocks that count.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H

#include "lib/base/base.h"

// CLOCK_MONOTONIC in milliseconds: for durations, deadlines and ages; nobody sets it.
uint64_t clock_steady_ms(void);
uint64_t clock_steady_ns(void);

// CLOCK_REALTIME in milliseconds since 1970. Somebody may set it.
int64_t clock_wall_ms(void);

// A moment in seconds since 1970 for people: "2026-03-01 09:30 UTC", or "an unknown time".
// Returns: out.
#define CLOCK_TEXT_SIZE 32
const char *clock_text(char out[static CLOCK_TEXT_SIZE], uint64_t seconds);

#endif
