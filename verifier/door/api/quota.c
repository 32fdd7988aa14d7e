// One time for each user: when the allowance will be whole again. Whoever has a whole one is
// forgotten when room is needed.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/quota.h"

static struct quota_user *find(struct quota *quota, uint64_t uid, uint64_t now_ms)
{
	struct quota_user *unused = NULL;

	for (size_t i = 0; i < quota->count; i++) {
		if (quota->users[i].uid == uid)
			return &quota->users[i];
		if (quota->users[i].whole_ms <= now_ms)
			unused = &quota->users[i];
	}
	if (quota->count < QUOTA_USERS_MAX)
		unused = &quota->users[quota->count++];
	if (!unused)
		return &quota->users[QUOTA_USERS_MAX];
	*unused = (struct quota_user){.uid = uid};
	return unused;
}

uint64_t quota_take(struct quota *quota, uint64_t uid, uint64_t now_ms)
{
	struct quota_user *user = find(quota, uid, now_ms);
	uint64_t latest = now_ms + quota->at_once * quota->each_ms;

	if (user->whole_ms < now_ms)
		user->whole_ms = now_ms;
	if (user->whole_ms + quota->each_ms > latest)
		return user->whole_ms + quota->each_ms - latest;
	user->whole_ms += quota->each_ms;
	return 0;
}
