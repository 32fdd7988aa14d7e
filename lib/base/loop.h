// The daemon's one event loop: descriptors and deadlines with an owner each. Knows nothing of what
// they are for. Cancelling is always legal, also from inside a callback.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_LOOP_H
#define LIB_BASE_LOOP_H

#include "lib/base/base.h"

struct loop;
struct loop_watch;
struct loop_timer;

// `events` are epoll's: EPOLLIN, EPOLLHUP, ...
typedef void loop_ready(void *owner, uint32_t events);
typedef void loop_due(void *owner);

// Opens a loop; the caller owns it.
// Returns: 0 or a negative errno.
int loop_open(struct loop **ret_loop) must_check;

// Closes it with all that is still registered; descriptors stay their owners'. NULL is fine.
// Returns: NULL.
struct loop *loop_close(struct loop *loop);

// Calls `ready` whenever `fd` has one of `events`; cancel before closing the descriptor.
// Returns: 0 or a negative errno.
int loop_watch(struct loop *loop, int fd, uint32_t events, loop_ready *ready, void *owner,
	struct loop_watch **ret_watch) must_check;

// Ends a watch; NULL is fine.
// Returns: NULL.
struct loop_watch *loop_unwatch(struct loop_watch *watch);

// Calls `due` once after `delay_ms`; the timer is gone then. The first one that is set from inside
// a timer's call needs no memory. Returns: 0 or -ENOMEM.
int loop_after(struct loop *loop, uint64_t delay_ms, loop_due *due, void *owner,
	struct loop_timer **ret_timer) must_check;

// Ends a timer that has not fired; NULL is fine.
// Returns: NULL.
struct loop_timer *loop_forget(struct loop_timer *timer);

// Waits for the next event, at most `most_ms` (-1: no limit), and makes the calls that are due.
// Returns: 0 or a negative errno.
int loop_turn(struct loop *loop, int most_ms) must_check;

#endif
