// What [session], [upstream] and [store] of samekeyd.ini say about sessions, as plain structs. Made
// and judged by verifier/setup/setup_session.c; all borrowed from the settings.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_SESSION_SESSIONRULES_H
#define VERIFIER_DOOR_SESSION_SESSIONRULES_H

#include "lib/base/base.h"

#define SESSIONRULES_CLAIMS_MAX 16 // of a token
#define SESSIONRULES_PASS_MAX 4    // cookies of the upstream's own
#define SESSIONRULES_ORIGINS_MAX 16
#define SESSIONRULES_REFUSED_MAX 8

// `name` is a claim or a cookie; `from` a path into the upstream's JSON: "userData.id", with '.'
// between the names of members.
struct sessionrules_map {
	const char *name, *from;
};

struct sessionrules_maps {
	const struct sessionrules_map *items;
	size_t count;
};

enum sessionrules_site { SESSIONRULES_STRICT, SESSIONRULES_LAX, SESSIONRULES_NONE };
extern const char
	*const sessionrules_sites[]; // "Strict", "Lax", "None" in lower case; ended by NULL

// Routes that have a say of their own in what happens while the store is away.
enum sessionrules_route {
	SESSIONRULES_LOGIN,
	SESSIONRULES_CHECK,
	SESSIONRULES_REFRESH,
	SESSIONRULES_LOGOUT,
	SESSIONRULES_ROUTES, // how many there are
};
extern const char *const sessionrules_routes[]; // "login", "check", ...; ended by NULL

struct sessionrules {
	const char *access, *refresh;               // names of profiles
	const char *access_cookie, *refresh_cookie; // names of what is set
	uint64_t absolute_ms;                       // life of a session, however it is used
	uint64_t grace_ms;
	struct sessionrules_maps access_claims, refresh_claims;
	const char *subject;           // path: whose session it is
	const char *user_data;         // path of what login answers as userData; NULL: none
	struct sessionrules_maps pass; // the upstream's own tokens, as cookies
	uint64_t pass_ms;              // their life
	// Attributes of every cookie.
	enum sessionrules_site same_site;
	bool secure;
	const char *path, *domain; // domain: NULL: none
	const char *login_page;    // where redirect = yes leads
	struct {
		const char *const *items;
		size_t count;
	} origins; // that may change state, beside the request's own host
	struct {
		unsigned items[SESSIONRULES_REFUSED_MAX];
		size_t count;
	} refused; // statuses of the upstream that mean: wrong email or password
	uint64_t away_ms[SESSIONRULES_ROUTES]; // 0: closed while the store is away
};

#endif
