// Two structs that know each other, until one of them goes.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/later.h"

#include "verifier/door/api/route.h"

struct later {
	struct later_lender *lender; // NULL: nobody waits
};

struct later *later_begin(const struct route_request *request)
{
	struct later_lender *lender = request->lender;
	struct later *later = lender && !lender->later ? malloc(sizeof(*later)) : NULL;

	if (!later)
		return NULL;
	later->lender = lender;
	lender->later = later;
	return later;
}

void later_end(struct later *later, struct route_reply *reply)
{
	struct later_lender *lender = later->lender;

	if (lender) {
		lender->later = NULL;
		lender->answer(lender->owner, reply);
	}
	route_reply_done(reply);
	free(later);
}

struct later *later_cancel(struct later *later)
{
	if (later && later->lender)
		later->lender->later = NULL;
	free(later);
	return NULL;
}

bool later_is_wanted(const struct later *later)
{
	return later->lender;
}

bool later_waits(struct later_lender *lender, const struct route_reply *reply)
{
	if (!reply->status && lender->later)
		return true;
	later_forget(lender);
	return false;
}

void later_forget(struct later_lender *lender)
{
	if (lender->later)
		lender->later->lender = NULL;
	lender->later = NULL;
}
