// A timer that sets itself again.
// SPDX-License-Identifier: MIT
#include "verifier/watchdog.h"

#include "lib/base/loop.h"
#include "lib/base/notify.h"
#include "lib/base/num.h"

#define USEC_PER_MS 1000

struct watchdog {
	struct loop *loop;
	struct loop_timer *timer;
	uint64_t each_ms;
};

static void on_due(void *owner)
{
	struct watchdog *watchdog = owner;

	watchdog->timer = NULL;
	notify_send("WATCHDOG=1");
	ignore_result(loop_after(watchdog->loop, watchdog->each_ms, on_due, watchdog,
		&watchdog->timer)); // fails at the start alone: a new one is the best cure
}

// Half the period in milliseconds; 0: this process is not asked.
static uint64_t period_asked(void)
{
	const char *text = getenv("WATCHDOG_USEC"), *who = getenv("WATCHDOG_PID");
	uint64_t period, pid;

	if (!text || num_parse(text, INT64_MAX, &period) < 0 || !period)
		return 0;
	if (who && (num_parse(who, INT32_MAX, &pid) < 0 || pid != (uint64_t)getpid()))
		return 0;
	period /= (uint64_t)2 * USEC_PER_MS;
	return period ? period : 1;
}

struct watchdog *watchdog_new(struct loop *loop)
{
	uint64_t each_ms = period_asked();
	struct watchdog *watchdog = each_ms ? calloc(1, sizeof(*watchdog)) : NULL;

	if (!watchdog)
		return NULL;
	watchdog->loop = loop;
	watchdog->each_ms = each_ms;
	on_due(watchdog);
	return watchdog;
}

struct watchdog *watchdog_free(struct watchdog *watchdog)
{
	if (watchdog)
		loop_forget(watchdog->timer);
	free(watchdog);
	return NULL;
}
