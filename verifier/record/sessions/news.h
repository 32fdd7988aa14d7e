// Revocations that a store told, on their way from one thread to another. Knows no lock: whoever
// shares a list has one.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_NEWS_H
#define VERIFIER_RECORD_SESSIONS_NEWS_H

#include "lib/base/base.h"
#include "verifier/record/sessions/store.h"

struct news_item;

// The oldest first; the items are its own, until news_tell frees them. Not to be moved while it is
// empty: `end` points into it.
struct news {
	struct news_item *first, **end;
};

// Makes it an empty one; what it held is not freed.
void news_clear(struct news *news);

// Adds a revocation, copied, to the news that `owner` is: a store_revoked. Waits while there is no
// memory.
void news_hear(void *owner, const struct store_revocation *revocation);

// Moves all of `from` behind all of `to`.
// Returns: whether there was any.
bool news_pass_on(struct news *from, struct news *to) must_check;

// Tells and frees them, and leaves none; `revoked` is NULL when nobody listens any more.
void news_tell(struct news *news, store_revoked *revoked, void *owner);

#endif
