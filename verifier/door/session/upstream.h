// The server that knows passwords, asked through samekeyd-upstream: a process of its own with the
// network, libcurl and none of our secrets. It is started before anything else is open.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_UPSTREAM_H
#define VERIFIER_DOOR_SESSION_UPSTREAM_H

#include "lib/base/base.h"
#include "lib/wire/relay.h"

struct err;
struct log;
struct loop;
struct upstream;

#define UPSTREAM_SPARE_MS 1000 // for the way there and back, beside the timeout of the settings
#define UPSTREAM_UNFILTERED (1u << 0) // its system calls are not filtered
#define UPSTREAM_UNCONFINED (1u << 1) // nor is it kept from writing files
#define UPSTREAM_LOG_EVERY_MS 1000    // failures of one kind

// Starts samekeyd-upstream: $SAMEKEY_UPSTREAM, else beside this program, else ../libexec/samekey
// beside it. It ends with this process: with the thread that calls this. The caller owns the
// upstream; the settings are copied, the log is borrowed. A time to connect over the timeout is cut
// to it. Settings without a url are to be changed before anybody asks.
// `without` says which of its guards it does without. Returns: 0; -ENOENT (the program is not
// there; err has a hint), -EPIPE (it ended at once), -EINVAL (settings that lib/wire/relay does not
// take) or another negative errno.
int upstream_start(const struct relay_settings *settings, unsigned without, const struct log *log,
	struct upstream **ret_upstream, struct err *err) must_check;

// Ends it, and waits for its end. Those that wait are called back with RELAY_DOWN. NULL is fine.
// Returns: NULL.
struct upstream *upstream_stop(struct upstream *upstream);

// Once the loop is there. Returns: 0 or a negative errno.
int upstream_attach(struct upstream *upstream, struct loop *loop) must_check;

// Sends other settings, for requests to come. Returns: 0 or a negative errno.
int upstream_change(struct upstream *upstream, const struct relay_settings *settings) must_check;

// The answer to a request; views live until it returns. In the loop's thread.
typedef void upstream_answered(void *owner, const struct relay_answer *answer);

// Passes a body on (it may be wiped when this returns), and calls back once, never from inside this
// call: after the timeout of the settings and UPSTREAM_SPARE_MS at the latest.
// Returns: 0; -EBUSY (RELAY_AT_ONCE_MAX wait, or it does not keep up); -EPIPE (it is gone, or not
// yet attached, or has no url yet); -EMSGSIZE.
int upstream_ask(struct upstream *upstream, const char *body, size_t length,
	upstream_answered *answered, void *owner) must_check;

// What has happened, by enum relay_outcome, and how many wait.
const uint64_t *upstream_outcomes(const struct upstream *upstream);
size_t upstream_waiting(const struct upstream *upstream);

// The helper's process that was started, which upstream_stop may end; -1: another is in its place.
pid_t upstream_process(const struct upstream *upstream);

// Whether it is there: whichever of its processes ends is followed by another, but if all were
// ended at once, then only another samekeyd starts it again.
bool upstream_is_there(const struct upstream *upstream);

#endif
