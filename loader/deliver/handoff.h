// The loader's end of the handoff: finds the verifier's socket, makes sure whose it is, hands a
// bundle over and brings the verdict back. Does not judge and does not print.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_HANDOFF_H
#define LOADER_DELIVER_HANDOFF_H

#include "lib/base/base.h"
#include "lib/wire/message.h"

struct bundle;
struct err;
struct pool;
struct secret_arena;

#define HANDOFF_TIMEOUT_MS 2000
#define HANDOFF_SYSTEM_SOCKET "/run/samekey/handoff.sock"
#define HANDOFF_DEFAULT_USER "samekey" // where there is one

// Documented outcomes: there is no verdict, and err says why. Whether that stops a start is the
// caller's choice (`required` under [verifier]).
enum handoff_outcome {
	HANDOFF_E_ABSENT = 1, // no socket at any of the places
	HANDOFF_E_REFUSED,    // a socket, but nobody listens
	HANDOFF_E_TIMEOUT,    // no answer in time
	HANDOFF_E_DIED,       // the verifier ended the connection before its answer
	HANDOFF_E_MALFORMED,  // an answer that is none, or of another version
	HANDOFF_E_PROBLEM,    // the verifier could not take the request: busy, out of memory, ...
};

struct handoff_options {
	const char *socket;  // NULL: $SAMEKEY_SOCKET, $XDG_RUNTIME_DIR/samekey/handoff.sock, /run
	const char *user;    // who may own the other end, beside root and this user; NULL: nobody
	uint64_t timeout_ms; // for the whole exchange; 0: HANDOFF_TIMEOUT_MS
	enum message_offer_kind kind; // of handoff_offer
	const int *connection;        // one that is open, used in place of all that is said above
				      // of sockets; it stays the caller's, and serves no more
				      // after a request without an answer
};

// The verifier's verdict; texts in the pool.
struct handoff_verdict {
	bool accepted; // false: do not start
	uint64_t generation;
	const char *key_id;                             // of the verifier's fingerprint key
	const struct message_fingerprint *fingerprints; // sorted by key
	size_t fingerprint_count;
	const struct diag_item *findings;
	size_t finding_count;
	const char *socket; // where the verdict came from
};

// Offers a bundle. The encoded bytes lie in the arena and in a sealed memfd, and are wiped.
// Returns: 0 (see ret_verdict->accepted)
//   HANDOFF_E_*  as above
//   -EPERM       the socket, its path or the process behind it belongs to somebody else, or this
//                user may not connect or is not admitted
//   -E2BIG       the bundle is over a cap
//   -ENOMEM or another negative errno
int handoff_offer(const struct handoff_options *options, const struct bundle *bundle,
	struct secret_arena *arena, struct pool *pool, struct handoff_verdict *ret_verdict,
	struct err *err) must_check;

// What a key's value is called by the verifier.
// Returns: 12 hex digits or "weak", or NULL when the verdict does not name the key.
const char *handoff_fingerprint(const struct handoff_verdict *verdict, const char *key);

// The answer to a question; the body in the pool, ended by a NUL.
struct handoff_answer {
	unsigned status;  // as in HTTP
	const char *body; // JSON
	size_t body_length;
	const char *socket; // where it came from
};

// A request of the verifier's JSON API.
struct handoff_question {
	const char *method; // "GET"
	const char *path;   // "/v1/drift"
	const char *body;   // JSON, or NULL
};

// Asks a question.
// Returns: 0 (whatever the status), HANDOFF_E_*, -EPERM, -EINVAL, -ENOMEM or another negative
// errno.
int handoff_ask(const struct handoff_options *options, const struct handoff_question *question,
	struct secret_arena *arena, struct pool *pool, struct handoff_answer *ret_answer,
	struct err *err) must_check;

// Withdraws the standing offer of an app.
// Returns: as handoff_ask; status 200, or 404 when there is none.
int handoff_withdraw(const struct handoff_options *options, const char *app,
	struct secret_arena *arena, struct pool *pool, struct handoff_answer *ret_answer,
	struct err *err) must_check;

#endif
