// How often each user may ask for something costly: a few at once, then one more in a fixed time.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_QUOTA_H
#define VERIFIER_DOOR_API_QUOTA_H

#include "lib/base/base.h"

#define QUOTA_USERS_MAX 32 // that are told apart; further ones share one allowance

// Zero but for the first two is nobody yet.
struct quota {
	uint64_t at_once, each_ms;
	struct quota_user {
		uint64_t uid;
		uint64_t whole_ms;    // when all of the allowance is there again
	} users[QUOTA_USERS_MAX + 1]; // the last one is shared
	size_t count;
};

// Takes one from a user's allowance. `now_ms` never goes back.
// Returns: 0, or how many milliseconds to wait; nothing was taken then.
uint64_t quota_take(struct quota *quota, uint64_t uid, uint64_t now_ms) must_check;

#endif
