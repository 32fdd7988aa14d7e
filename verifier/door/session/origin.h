// Whether what changes state was asked by a page of the same site's making (CSRF). Beside SameSite,
// which a browser may not know and which neighbours on one domain pass.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_ORIGIN_H
#define VERIFIER_DOOR_SESSION_ORIGIN_H

#include "lib/base/base.h"

struct route_request;
struct sessionrules;

// Judges Sec-Fetch-Site and Origin, which no page can set. `same-origin` is good by itself: the
// proxy may have changed Host. Of any other site the Origin must be one of the rules; where the
// browser does not say from which site, also https with the request's Host, and http where cookies
// are not Secure or the Host is this one itself. A request with neither header is no browser's of
// today, and SameSite protects there. Origin "null" is nobody.
// Returns: whether it may.
bool origin_may(const struct sessionrules *rules, const struct route_request *request);

#endif
