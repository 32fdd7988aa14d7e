// ANY /v1/auth/PROFILE: forward-auth for nginx (auth_request), Traefik, Caddy and HAProxy.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_FORWARD_H
#define VERIFIER_DOOR_API_FORWARD_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

struct answers;

// Judges the token of `Authorization: Bearer` or of the profile's cookie by the profile that the
// path names; of two cookies the one that the profile names first. Nothing else of the request
// decides anything: neither its method nor X-Original-URI or X-Forwarded-*, which whoever asks the
// proxy may have written.
//
// 204: it is good; X-Auth-Subject, X-Auth-Scope, X-Auth-Kid, X-Auth-Expires (seconds since 1970)
// and X-Auth-Claim-NAME for each claim under `forward` say whose it is, as far as the token does.
// In NAME every character but letters and digits is '-'. A value is the text; numbers, true and
// false are as they were signed; a list or an object makes a token claim_invalid. Percent-encoded
// are '%', bytes that are not visible ASCII, and blanks at either end: decoding gives the claim
// back, whatever it is.
//
// 401: no token, a bad one, or more than one; with WWW-Authenticate, and no error in it if there
// was no token. 403: the profile is unknown or has no keys, the headers would be too long, or two
// claims would have the same header. The body is a problem without details, since proxies may pass
// it on.
void forward_answer(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

#endif
