// Cookies of the session listener: what is set and what is cleared, each a Set-Cookie header of its
// own, and as X-Samekey-Cookie-1, -2, ... for nginx's auth_request, which passes the first on only.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_COOKIEJAR_H
#define VERIFIER_DOOR_SESSION_COOKIEJAR_H

#include "lib/base/base.h"

struct pair;
struct route_reply;
struct route_request;
struct sessionrules;

#define COOKIEJAR_MAX 4096 // bytes of a cookie with its attributes: browsers drop longer ones

struct cookiejar_cookie {
	const char *name, *value;
	size_t length; // of the value
	int64_t life_s;
};

// How a reply tells cookies. A script reads every header of an answer but Set-Cookie, so tokens are
// numbered for those alone who ask with a header that no script can send: one that begins with
// Sec-.
enum cookiejar_form { COOKIEJAR_PLAIN, COOKIEJAR_NUMBERED };

// Adds NAME=VALUE; Max-Age=N; Path=/; [Domain=D;] HttpOnly; Secure; SameSite=Lax.
// Returns: 0; -E2BIG: it is over COOKIEJAR_MAX, or all together are too much; -EINVAL: the value is
// none that a cookie may have (RFC 6265 section 4.1.1); -ENOMEM.
int cookiejar_set(const struct sessionrules *rules, const struct cookiejar_cookie *cookie,
	enum cookiejar_form form, struct route_reply *reply) must_check;

// Adds the tokens of a pair that are there, each with the life that it has left.
// Returns: likewise.
int cookiejar_set_pair(const struct sessionrules *rules, const struct pair *pair,
	int64_t now_wall_ms, enum cookiejar_form form, struct route_reply *reply) must_check;

// Clears one cookie. Returns: 0 or a negative errno.
int cookiejar_clear_one(
	const struct sessionrules *rules, const char *name, struct route_reply *reply) must_check;

// Clears every cookie that login sets. Memory may be too short for one.
void cookiejar_clear(
	const struct sessionrules *rules, enum cookiejar_form form, struct route_reply *reply);

// Whether a request has any of them.
bool cookiejar_is_shown(const struct sessionrules *rules, const struct route_request *request);

#endif
