// The readers let a file that was just written settle for 20 ms. A target that writes one for each
// input is linked with this clock, by which it was written long ago.
// SPDX-License-Identifier: MIT
#include <time.h>

#define LATER_S 10

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names
int __real_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	int rc = __real_clock_gettime(clock, ret_now);

	if (rc == 0 && clock == CLOCK_REALTIME)
		ret_now->tv_sec += LATER_S;
	return rc;
}
// NOLINTEND(bugprone-reserved-identifier)
