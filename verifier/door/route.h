// The API as one table: method, path, the verb it needs, what TCP may have of it, and who answers.
// HTTP and ASK messages share it; it knows neither.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_ROUTE_H
#define VERIFIER_DOOR_ROUTE_H

#include "lib/base/base.h"

struct answers;

#define ROUTE_TARGET_MAX 2047 // bytes of a path with its query
#define ROUTE_METHOD_MAX 15

enum route_door {
	ROUTE_HANDOFF, // ASK on the handoff socket
	ROUTE_API,     // HTTP on the Unix socket
	ROUTE_TCP,     // HTTP on loopback
	ROUTE_DOORS,   // how many there are
};

// Who asks.
struct route_caller {
	enum route_door door;
	unsigned
		verbs; // enum admit_verb: of the peer, or what a bearer of the token may do by name
	bool has_token; // TCP: the token was shown and right
};

// Names of keys, reasons: what a stranger does not see.
bool route_sees_names(const struct route_caller *caller);

struct route_request {
	struct route_caller caller;
	const char *app; // of ?app=NAME, or NULL
};

struct route_reply {
	unsigned status; // as in HTTP
	const char *content_type;
	char *body; // heap; for route_reply_done
	size_t length;
	const char *allow; // of 405
	bool ask_token;    // 401: which kind of token is missing
};

typedef void route_handler(
	struct answers *answers, const struct route_request *request, struct route_reply *reply);

enum route_tcp {
	ROUTE_TCP_OPEN,    // answered without a token, without names
	ROUTE_TCP_BY_NAME, // needs the token, and the verb under tcp_verbs
	ROUTE_TCP_NEVER,
};

struct route {
	const char *method, *path;
	unsigned verb; // enum admit_verb; 0: any peer that may connect
	enum route_tcp tcp;
	route_handler *handler;
};

// Every route, in the order of the documentation.
extern const struct route route_table[];
extern const size_t route_count;

// Answers a request; `target` is a path with its query, as it came. Always fills in the reply: what
// cannot be answered is a problem (RFC 9457).
void route_answer(struct answers *answers, const char *method, const char *target,
	const struct route_caller *caller, struct route_reply *ret_reply);

// Makes a problem reply: {"type":"urn:samekey:error:CODE","title","status","detail"}.
void route_problem(
	struct route_reply *reply, unsigned status, const char *code, const char *detail);

// Frees the body.
void route_reply_done(struct route_reply *reply);

#endif
