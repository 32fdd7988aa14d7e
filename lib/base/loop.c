// epoll and a sorted list of timers. A watch that is cancelled while its batch is being called
// stays allocated until the batch is over, so that a stale event finds it dead instead of gone.
// SPDX-License-Identifier: MIT
#include "lib/base/loop.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

#define LOOP_BATCH 64

struct loop_watch {
	struct loop *loop;
	struct loop_watch *before, *after;
	int fd;
	loop_ready *ready; // NULL: cancelled
	void *owner;
};

struct loop_timer {
	struct loop *loop;
	struct loop_timer *before, *after; // by time, soonest first
	uint64_t at;
	loop_due *due;
	void *owner;
};

struct loop {
	int epoll;
	struct loop_watch *watches, *cancelled;
	struct loop_timer *first, *last;
	struct loop_timer *fired; // whose call is being made: its memory is for the next one
};

int loop_open(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		int code = -errno;

		free(loop);
		return code;
	}
	*ret_loop = loop;
	return 0;
}

static void bury(struct loop *loop)
{
	while (loop->cancelled) {
		struct loop_watch *watch = loop->cancelled;

		loop->cancelled = watch->after;
		free(watch);
	}
}

struct loop *loop_close(struct loop *loop)
{
	if (!loop)
		return NULL;
	while (loop->watches)
		loop_unwatch(loop->watches);
	while (loop->first)
		loop_forget(loop->first);
	bury(loop);
	(void)close(loop->epoll); // nothing to lose
	free(loop);
	return NULL;
}

int loop_watch(struct loop *loop, int fd, uint32_t events, loop_ready *ready, void *owner,
	struct loop_watch **ret_watch)
{
	struct loop_watch *watch = calloc(1, sizeof(*watch));
	struct epoll_event event = {.events = events, .data.ptr = watch};

	if (!watch)
		return -ENOMEM;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		int code = -errno;

		free(watch);
		return code;
	}
	*watch = (struct loop_watch){
		.loop = loop, .after = loop->watches, .fd = fd, .ready = ready, .owner = owner};
	if (loop->watches)
		loop->watches->before = watch;
	loop->watches = watch;
	*ret_watch = watch;
	return 0;
}

struct loop_watch *loop_unwatch(struct loop_watch *watch)
{
	struct loop *loop;

	if (!watch)
		return NULL;
	loop = watch->loop;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL); // gone either way
	if (watch->before)
		watch->before->after = watch->after;
	else
		loop->watches = watch->after;
	if (watch->after)
		watch->after->before = watch->before;
	watch->ready = NULL;
	watch->after = loop->cancelled;
	loop->cancelled = watch;
	return NULL;
}

// Most delays are alike, so the place is nearly always at the end.
static void insert(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer *before = loop->last;

	while (before && before->at > timer->at)
		before = before->before;
	timer->before = before;
	timer->after = before ? before->after : loop->first;
	if (timer->after)
		timer->after->before = timer;
	else
		loop->last = timer;
	if (before)
		before->after = timer;
	else
		loop->first = timer;
}

int loop_after(struct loop *loop, uint64_t delay_ms, loop_due *due, void *owner,
	struct loop_timer **ret_timer)
{
	struct loop_timer *timer = take(&loop->fired);

	if (!timer)
		timer = malloc(sizeof(*timer));
	if (!timer)
		return -ENOMEM;
	*timer = (struct loop_timer){
		.loop = loop, .at = clock_steady_ms() + delay_ms, .due = due, .owner = owner};
	insert(loop, timer);
	*ret_timer = timer;
	return 0;
}

static void cut(struct loop_timer *timer)
{
	struct loop *loop = timer->loop;

	if (timer->before)
		timer->before->after = timer->after;
	else
		loop->first = timer->after;
	if (timer->after)
		timer->after->before = timer->before;
	else
		loop->last = timer->before;
}

struct loop_timer *loop_forget(struct loop_timer *timer)
{
	if (timer)
		cut(timer);
	free(timer);
	return NULL;
}

static int patience(const struct loop *loop, int most_ms)
{
	uint64_t now, wait;

	if (!loop->first)
		return most_ms;
	now = clock_steady_ms();
	wait = loop->first->at > now ? loop->first->at - now : 0;
	if (wait > INT_MAX)
		wait = INT_MAX;
	return most_ms >= 0 && (uint64_t)most_ms < wait ? most_ms : (int)wait;
}

static void fire(struct loop *loop)
{
	uint64_t now = clock_steady_ms();

	while (loop->first && loop->first->at <= now) {
		struct loop_timer *timer = loop->first;
		loop_due *due = timer->due;
		void *owner = timer->owner;

		cut(timer);
		loop->fired = timer;
		due(owner);
		free(take(&loop->fired));
	}
}

int loop_turn(struct loop *loop, int most_ms)
{
	struct epoll_event events[LOOP_BATCH];
	int count = epoll_wait(loop->epoll, events, LOOP_BATCH, patience(loop, most_ms));

	if (count < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < count; i++) {
		struct loop_watch *watch = events[i].data.ptr;

		if (watch->ready)
			watch->ready(watch->owner, events[i].events);
	}
	fire(loop);
	bury(loop);
	return 0;
}
