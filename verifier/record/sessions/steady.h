// The steady clock of a store that lies on this host: CLOCK_BOOTTIME and an offset, so that it goes
// on over restarts. Over a boot it goes on by what CLOCK_REALTIME tells, and never back.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_STEADY_H
#define VERIFIER_RECORD_SESSIONS_STEADY_H

#include "lib/base/base.h"

#define STEADY_BOOT_MAX 63                    // bytes of a boot's name
#define STEADY_TIME_MAX (INT64_C(1) << 52)    // ms of any time that is kept; there are no others
#define STEADY_TIME_MIN (-(INT64_C(1) << 52)) // an offset may be below 0

// What is kept of it: a moment at which it was read.
struct steady {
	char boot[STEADY_BOOT_MAX + 1]; // the kernel's name of this boot, or ""
	int64_t offset_ms;              // to CLOCK_BOOTTIME
	int64_t steady_ms, wall_ms;
};

// Goes on from what was kept, or begins when that is NULL.
struct steady steady_resume(const struct steady *kept, const struct steady *host);

// This boot, CLOCK_BOOTTIME as steady_ms and CLOCK_REALTIME; no offset.
struct steady steady_of_host(void);

// Reads the clock, and what is to be kept of it by now.
int64_t steady_now_ms(const struct steady *steady);
struct steady steady_anchor(const struct steady *steady);

#endif
