// GET /: the status page, for people on call. One page without script, made of what /readyz,
// /v1/secrets and /v1/drift answer, and of what is counted; never a value.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_PAGE_H
#define VERIFIER_DOOR_API_PAGE_H

#include "verifier/door/api/route.h"

#define PAGE_RELOAD_S 10 // the browser asks again

// How much of each is shown; the page says that there is more.
#define PAGE_ITEMS_MAX 100 // reasons, drifts, refusals, apps
#define PAGE_SIDES_MAX 20  // of one drift
#define PAGE_BUNDLES_MAX 100
#define PAGE_KEYS_MAX 200      // of one bundle
#define PAGE_ALL_KEYS_MAX 4000 // of all: others wait while a page is written

// Answers 200, whether ready or not. Whoever may not see names sees whether all is well and no
// more; over TCP he is asked for the token (401, Basic: a browser asks the person), if there is
// one.
void page_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
