// What becomes of the profiles, in the log: a line for each at the start and when the settings were
// read again, and one whenever a profile's keys become good or bad.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_PROFILELOG_H
#define VERIFIER_PROFILELOG_H

#include "lib/base/base.h"

struct keyring;
struct log;
struct profilelog;
struct throttle;

// Makes one that has told nothing; log and throttle are borrowed. The caller owns it.
// Returns: it, or NULL when memory is short.
struct profilelog *profilelog_new(const struct log *log, struct throttle *throttle) must_check;
struct profilelog *profilelog_free(struct profilelog *profilelog); // NULL is fine; returns NULL

// Tells of every profile; of the next change what differs from this.
void profilelog_tell(struct profilelog *profilelog, const struct keyring *keyring);

// Tells of the profiles that changed, as far as the throttle lets: it is peers who change them.
void profilelog_tell_changes(
	struct profilelog *profilelog, const struct keyring *keyring, uint64_t now_ms);

#endif
