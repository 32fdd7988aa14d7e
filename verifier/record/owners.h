// Whose an app's name is: the user's who offered it first. Names beyond number are no user's to
// take: where there is no more room, one that nobody uses is forgotten, of whoever has most.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_OWNERS_H
#define VERIFIER_RECORD_OWNERS_H

#include "lib/base/base.h"

#include <sys/types.h>

struct owners;

// Makes an empty list for `max` names; the caller owns it.
// Returns: the list, or NULL when memory is short.
struct owners *owners_new(size_t max) must_check;
struct owners *owners_free(struct owners *owners); // NULL is fine; returns NULL

// Returns: whether the app's name is somebody's; whose is in ret_uid.
bool owners_find(const struct owners *owners, const char *app, uid_t *ret_uid);

// Who says which names are in use now, and are not forgotten.
struct owners_use {
	bool (*is_used)(const void *user, const char *app);
	const void *user;
};

// Notes that an app was offered: the name stays its owner's, or becomes `uid`'s.
// Returns: 0, -ENOMEM, or -ENOSPC when `max` names are in use.
int owners_note(struct owners *owners, const char *app, uid_t uid, const struct owners_use *use)
	must_check;

#endif
