// A boot has a name, by which a kept offset is known to hold still.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/steady.h"

#include "lib/base/clock.h"
#include "lib/base/fs.h"

#include <fcntl.h>
#include <time.h>

#define BOOT_PATH "/proc/sys/kernel/random/boot_id"

static int64_t boottime_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct steady steady_of_host(void)
{
	struct steady host = {.steady_ms = boottime_ms(), .wall_ms = clock_wall_ms()};
	own_fd int fd = open(BOOT_PATH, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : fs_read_all(fd, host.boot, sizeof(host.boot) - 1);

	host.boot[got > 0 ? got : 0] = '\0'; // nameless: every start counts as a boot
	host.boot[strcspn(host.boot, "\n")] = '\0';
	return host;
}

struct steady steady_resume(const struct steady *kept, const struct steady *host)
{
	struct steady steady = *host;
	int64_t away_ms;

	if (!kept)
		return steady;
	steady.offset_ms = kept->offset_ms;
	// In another container's time namespace the clock of the same boot may be behind.
	if (kept->boot[0] && strcmp(kept->boot, host->boot) == 0 &&
		host->steady_ms + kept->offset_ms >= kept->steady_ms)
		return steady;
	away_ms = host->wall_ms > kept->wall_ms ? host->wall_ms - kept->wall_ms : 0;
	steady.offset_ms = kept->steady_ms + away_ms - host->steady_ms;
	return steady;
}

int64_t steady_now_ms(const struct steady *steady)
{
	return boottime_ms() + steady->offset_ms;
}

struct steady steady_anchor(const struct steady *steady)
{
	struct steady anchor = *steady;

	anchor.steady_ms = steady_now_ms(steady);
	anchor.wall_ms = clock_wall_ms();
	return anchor;
}
