// A connection of HTTP, from its accept to its close: who it is, whether it has a place, how long
// it may take, and what its present request has said so far. Knows no HTTP library.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_VISITOR_H
#define VERIFIER_DOOR_VISITOR_H

#include "lib/base/base.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/later.h"
#include "verifier/door/api/route.h"
#include "verifier/door/body.h"
#include "verifier/door/framing.h"

struct MHD_Connection;
struct http_parts;
struct loop_timer;
struct loop_watch;
struct visitor;

// What a door allows.
struct visitor_limits {
	unsigned connections;
	unsigned of_one_user; // of them; 0: as many as [admit] and the verbs say
	size_t memory;        // of each, for what it says and hears
	uint64_t idle_ms;     // a kept connection may wait so long for its next request
};

// All connections of all doors, and what is called about those that wait for an answer.
struct visitors {
	const struct http_parts *parts;
	struct visitor *first;
	size_t count, strangers;
	void (*expired)(struct visitor *visitor); // it has waited too long
	void (*left)(struct visitor *visitor);    // it is gone, or sends nothing any more
};

struct visitor_door {
	struct visitors *visitors;
	const struct visitor_limits *limits;
	enum route_door kind;
	bool is_local; // a Unix socket: the kernel knows its peers
	unsigned port; // of TCP
	bool stopped;
	bool left;                  // somebody has, on this turn
	struct loop_timer *crowded; // while the door is full; see crowd.h
};

// A request, from its first line to the end of its answer. Zeroed for each but the texts.
struct visitor_asked {
	bool too_long, seen;
	struct framing_headers headers;
	struct body body;
	struct MHD_Connection *connection; // while it waits
	const char *method;                // likewise; the library's
	char target[ROUTE_TARGET_MAX + 1];
};

enum visitor_state {
	VISITOR_IDLE,     // no request has begun
	VISITOR_ASKING,   // one is coming in
	VISITOR_WAITING,  // its handler answers later
	VISITOR_ANSWERED, // its answer is on its way
	VISITOR_GONE,     // it has been given up, and will get no answer
};

struct visitor {
	struct visitor_door *door;
	struct visitor *before, *after;
	int fd;
	struct peer peer; // of a Unix socket
	bool counted;     // with admit
	bool stranger;    // without a verb, counted among the strangers
	enum visitor_state state;
	uint64_t since_ms; // when it came, began to ask, or had its answer
	uint64_t due_ms;   // when it is ended
	struct loop_timer *timer;
	struct loop_watch *watch; // while it waits
	struct later_lender lender;
	struct visitor_asked asked;
};

// Somebody has connected; the descriptor stays the caller's. Sets `visitor` up and finds out who it
// is; whoever has no place is told so and sees the connection end.
// Returns: a visitor of the caller's, or NULL: out of memory.
struct visitor *visitor_new(struct visitor_door *door, int fd) must_check;

// Ends it; what is to be answered later is dropped.
void visitor_free(struct visitor *visitor);

// The first line of a request is there.
void visitor_asks(struct visitor *visitor, const char *target);

// Its handler answers later: the body is wiped, the peer's end is watched for, the deadline of the
// door's rules begins.
void visitor_waits(struct visitor *visitor);

// It waits no longer, and is answered or gone.
void visitor_waited(struct visitor *visitor, enum visitor_state state);

// A request is over, answered or not.
void visitor_rests(struct visitor *visitor);

// Ends it before its deadline: the library sees the end and closes it.
void visitor_hang_up(const struct visitor *visitor);

// The same where it had no fault but that there was no place for it, which is counted. What it has
// sent is not answered any more.
void visitor_give_up(struct visitor *visitor);

// Makes a problem in the form of the door: problem+json, or of the session doors what a form shows
// and a program tests: {"error","code"}. `code` lives forever.
void visitor_problem(const struct visitor *visitor, struct route_reply *reply, unsigned status,
	const char *code, const char *detail);

// Sends a problem without the library, which answers nothing before it has a whole request. Whether
// it arrives or not, the connection is to be closed then.
void visitor_send_early(
	const struct visitor *visitor, unsigned status, const char *code, const char *detail);

#endif
