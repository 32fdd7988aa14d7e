// How many lines a peer may cause in the log. What is over that is counted and summed up in a line
// of its own, so that nobody fills a disk, and no user's flood hides what others do.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_THROTTLE_H
#define VERIFIER_DOOR_API_THROTTLE_H

#include "lib/base/base.h"

struct log;
struct throttle;

#define THROTTLE_USERS_MAX 32 // of each kind that are told apart; further ones share one allowance
#define THROTTLE_TELL_MS 10000u // between two sums of one user's lines

// Kinds of lines; each user has an allowance of each.
enum throttle_kind {
	THROTTLE_STRANGER, // what goes wrong with a peer that no rule admits
	THROTTLE_PROBLEM,  // what goes wrong with one that is admitted
	THROTTLE_OFFER,    // offered, allowed, refused, withdrawn, ended
	THROTTLE_FINDING,  // why
	THROTTLE_KINDS,    // how many there are
};

// For a peer whose uid nobody knows.
#define THROTTLE_UNKNOWN UINT64_MAX

// Makes one that writes its sums to `log`, which is borrowed; the caller owns it.
// Returns: the throttle, or NULL when memory is short.
struct throttle *throttle_new(const struct log *log) must_check;
struct throttle *throttle_free(struct throttle *throttle); // NULL is fine; returns NULL

// Whether a line that `uid` causes may be written; if not, it is counted. `now_ms` never goes back.
bool throttle_admits(struct throttle *throttle, enum throttle_kind kind, uint64_t uid,
	uint64_t now_ms) must_check;

// Writes the sums that are due; at the `end`, all of them.
void throttle_tell(struct throttle *throttle, uint64_t now_ms, bool end);

#endif
