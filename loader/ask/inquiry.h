// One question about tokens to the verifier: the running one, or a private one that gets the bundle
// first. Both are asked with the same message, and every failure has one exit code.
// SPDX-License-Identifier: MIT
#ifndef LOADER_ASK_INQUIRY_H
#define LOADER_ASK_INQUIRY_H

#include "lib/base/base.h"

struct draft;
struct err;
struct handoff_answer;
struct inquiry_answer;
struct json_t;
struct options;
struct pool;
struct inquiry {
	const char *path;  // "/v1/verify"; POST
	bool falls_back;   // to a private verifier, where none can be reached
	bool only_running; // a private one has no use here

	// Begins the question, an object of JSON that is not ended: the profile of the options is
	// added. Returns: 0, or a negative errno for entry_fail.
	int (*write)(const struct options *options, struct draft *body, struct err *err);

	// Prints an answer, whatever its status. Returns: the exit code.
	int (*print)(const struct options *options, const struct inquiry_answer *answer);
};

struct inquiry_answer {
	unsigned status;     // as in HTTP
	const char *body;    // in the pool
	struct json_t *json; // an object
	const char *only_of; // a private verifier's: the folder that it was told of, and no other
};

// Resolves what the options mean, asks, and prints the answer, or what goes wrong on the way.
// Returns: the exit code.
int inquiry_run(const struct inquiry *inquiry, const struct options *options, struct pool *pool);

// Reads what a verifier answered, whatever claims are in it; give it back with inquiry_done.
// Returns: 0, -EBADMSG (no JSON object) or -ENOMEM.
int inquiry_receive(const struct handoff_answer *said, struct pool *pool,
	struct inquiry_answer *ret_answer) must_check;
void inquiry_done(struct inquiry_answer *answer);

// Prints the answer as it came, for --json.
// Returns: `exit`.
int inquiry_print(const struct inquiry_answer *answer, int exit);

// Prints an answer that says why there is none (RFC 9457), on stderr, with what to do.
void inquiry_complain(const struct inquiry_answer *answer);

// Which exit code the status and code of an answer ask for (lib/base/exit.h).
// Returns: EXIT_OK for 200; else what the problem's code means, or its status where the code is not
// known.
int inquiry_exit_code(const struct inquiry_answer *answer);

// The code of a problem, as "signature_invalid", or "".
const char *inquiry_code(const struct inquiry_answer *answer);

#endif
