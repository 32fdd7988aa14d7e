// HTTP through libmicrohttpd: on the API's Unix socket, on loopback TCP where it is opened, and on
// the session listener's two: their connections. See httprequest.h for what is asked over them.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_HTTP_H
#define VERIFIER_DOOR_HTTP_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct admit;
struct answers;
struct err;
struct http;
struct log;
struct loop;
struct route_reply;
struct route_request;
struct sessions;
struct throttle;

// What libmicrohttpd cannot parse (a request line or headers over its memory, a Cookie line over
// some 16 KiB, a Content-Length that is no number, a broken chunk) it refuses by itself: with its
// own short page of HTML in place of problem+json, and it closes the connection. It calls nothing
// of ours before it has sent that, and 0.9.75 has no option for the page. The page names no library
// and repeats nothing of the request; tests/daemon/11-http.bats holds it to that.

#define HTTP_CONNECTIONS_MAX 128      // of each door
#define HTTP_STRANGERS_MAX 32         // of them, on the Unix socket, of all users without any verb
#define HTTP_SESSIONS_MAX 512         // connections of each session door
#define HTTP_SESSIONS_OF_USER_MAX 384 // of them, on the Unix socket, of one user

// What may change while it runs; texts and bytes are borrowed.
struct http_rules {
	uint64_t deadline_ms; // from the first byte of a request to the end of its answer
	uint64_t body_max;    // bytes
	struct secret token;  // SECRET_NONE: nobody has one
	unsigned open_verbs;  // enum admit_verb: what a bearer may do over TCP
	// How long a request of the session doors may wait for its answer; 0: deadline_ms, as on
	// the others. Longer than what its handler waits for, which knows better what is wrong.
	uint64_t session_wait_ms;
};

// Answers a request of the session doors: sessions_answer.
typedef void http_answer_session(
	struct sessions *sessions, const struct route_request *request, struct route_reply *reply);

struct http_parts {
	// Listening sockets, which it takes over; -1: none. The last two are the session doors'.
	int api, tcp, session, session_tcp;
	struct loop *loop;
	struct admit *admit;
	struct answers *answers;
	struct sessions *sessions; // of the session doors, with who answers there; else NULL
	http_answer_session *answer_session;
	const struct log *log;
	struct throttle *throttle;
	struct http_rules rules;
};

// Starts to serve; the caller owns it.
// Returns: 0 or a negative errno.
int http_open(const struct http_parts *parts, struct http **ret_http, struct err *err) must_check;

// Takes other rules, for the connections to come.
void http_change(struct http *http, const struct http_rules *rules);

// To be called on every turn of the loop.
void http_turn(struct http *http);

// How long the loop may sleep for all that http knows.
// Returns: milliseconds, or -1: no limit.
int http_patience(struct http *http);

// Accepts no more and ends connections that wait for a request. Those that wait for an answer get
// it, as long as http_turn is called.
void http_stop(struct http *http);

// How busy it is.
size_t http_count(const struct http *http); // connections

// Ends everything; what is to be answered later is dropped. NULL is fine.
// Returns: NULL.
struct http *http_close(struct http *http);

#endif
