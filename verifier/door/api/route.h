// The API as one table: method, path, the verb it needs, what TCP may have of it, and who answers.
// HTTP and ASK messages share it; it knows neither. What an answer is made with: api/reply.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_ROUTE_H
#define VERIFIER_DOOR_API_ROUTE_H

#include "lib/base/base.h"

struct answers;
struct later_lender;
struct route_headers;

#define ROUTE_TARGET_MAX 2047 // bytes of a path with its query
#define ROUTE_PROBLEM "application/problem+json"
#define ROUTE_NAME_MAX 255 // bytes of an app's or a profile's name in a target

enum route_door {
	ROUTE_HANDOFF, // ASK on the handoff socket
	ROUTE_API,     // HTTP on the Unix socket
	ROUTE_TCP,     // HTTP on loopback
	ROUTE_SESSION, // HTTP of the session listener, on either
	ROUTE_DOORS,   // how many there are
};

// Who asks.
struct route_caller {
	enum route_door door;
	unsigned
		verbs; // enum admit_verb: of the peer, or what a bearer of the token may do by name
	bool has_token;   // TCP: the token was shown and right
	bool lacks_token; // TCP: there is none that could be shown
	uint64_t uid;     // of the peer; over TCP THROTTLE_UNKNOWN
	int64_t pid;      // of the peer; 0: over TCP, or in a namespace that we cannot see
};

// Names of keys, reasons: what a stranger does not see.
bool route_sees_names(const struct route_caller *caller);

// A request. All borrowed, for as long as it is answered.
struct route_request {
	struct route_caller caller;
	const char *method, *target; // a path with its query, as it came

	// What HTTP brings; an ASK has only a body, which is JSON.
	const char *type; // Content-Type, or NULL
	const char *body;
	size_t length;
	const char *authorization;              // or NULL
	const char *if_none_match;              // or NULL
	const char *host, *origin, *fetch_site; // headers of these names, or NULL
	const char *const *cookies;             // the Cookie lines
	size_t cookie_count;
	bool numbered; // Sec-Samekey-Cookies is there: cookies that are set are told twice
	struct later_lender *lender; // of what later_begin takes, or NULL

	// What route_answer finds in the target.
	const char *app;     // of ?app=NAME, or NULL
	const char *profile; // of ?profile=NAME, or NULL
	const char *rest;    // of a path whose row ends in '/': what stands behind it
};

// How every challenge for a bearer begins: the scheme wants a parameter (RFC 6750 section 3).
#define ROUTE_BEARER "Bearer realm=\"samekeyd\""

// What a 401 asks for the token with (RFC 9110 section 11.6.1).
enum route_challenge {
	ROUTE_CHALLENGE_NONE,
	ROUTE_CHALLENGE_BEARER,
	ROUTE_CHALLENGE_BASIC, // a browser asks a person; see ROUTE_BROWSER
};

struct route_reply {
	unsigned status; // as in HTTP
	const char *content_type;
	char *body; // heap; for route_reply_done
	size_t length;
	size_t size;                    // of the body's heap, where api/reply writes; else 0
	const char *cache;              // Cache-Control; NULL: no-store
	enum route_challenge challenge; // 401: how the token of token_file is to come
	bool is_private;                // wipe the body: it holds a token or its claims
	bool is_of_token;               // a refusal: the token's fault, not the caller's
	bool failed;                    // memory was short while api/reply wrote
	struct route_headers *headers;  // heap; further ones, or NULL

	// For the log; texts that outlive the reply, or NULL.
	const char *code;    // of a problem
	const char *verb;    // that the caller lacks
	const char *profile; // that cannot judge
};

typedef void route_handler(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

enum route_tcp {
	ROUTE_TCP_OPEN,    // answered without a token, without names
	ROUTE_TCP_BY_NAME, // needs the token, and the verb under tcp_verbs
	ROUTE_TCP_NEVER,
};

enum route_flag {
	ROUTE_APP = 1u << 0,     // takes ?app=NAME
	ROUTE_PROFILE = 1u << 1, // takes ?profile=NAME
	// Authorization holds the token to be judged: the token of token_file, which TCP needs,
	// comes as X-Samekey-Token.
	ROUTE_JUDGES_BEARER = 1u << 2,
	// For proxies, which pass on what their own client sent: nothing but 2xx, 401 and 403 ever
	// leaves here.
	ROUTE_FORWARD = 1u << 3,
	// For people: the token may also come as the password of Basic, which browsers send with
	// every request to this host, so that no other row takes it.
	ROUTE_BROWSER = 1u << 4,
};

struct route {
	const char *method; // GET (answers HEAD as well), POST, or ANY
	const char *path;   // ends in '/', but for "/": one more segment follows, a profile's name
	unsigned verb;      // enum admit_verb; 0: any peer that may connect
	enum route_tcp tcp;
	route_handler *handler;
	unsigned flags; // enum route_flag
};

// The row that a request is for, whether it may have it or not.
// Returns: the row, or NULL.
const struct route *route_find(const char *method, const char *target);

// Whether the path is one for proxies, see ROUTE_FORWARD: also one below it that there is not.
bool route_is_forward(const char *target);

// Answers a request. Always fills in the reply: what cannot be answered is a problem (RFC 9457).
// Status 0 where a lender was given: it will be answered later, see api/later.h.
void route_answer(
	struct answers *answers, struct route_request *request, struct route_reply *ret_reply);

// Of a status that is answered here, as in RFC 9110. Returns: a text that lives forever.
const char *route_title(unsigned status);

// `code` lives forever. Makes a problem reply:
// {"type":"urn:samekey:error:CODE","title","status","code","detail"}. A code is words with
// underscores, where those of findings and of the handoff have hyphens.
void route_problem(
	struct route_reply *reply, unsigned status, const char *code, const char *detail);

// The same with a member "hint": what to do; "" adds none.
void route_problem_hint(struct route_reply *reply, unsigned status, const char *code,
	const char *detail, const char *hint);

// Frees the body and the headers; wipes them first if they are private.
void route_reply_done(struct route_reply *reply);

#endif
