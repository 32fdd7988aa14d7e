// One question about tokens to the verifier: the running one, or a private one that gets the bundle
// first. Both are asked with the same message, and every failure has one exit code.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INQUIRY_H
#define LOADER_INQUIRY_H

#include "lib/base/base.h"

struct draft;
struct json_t;
struct options;
struct pool;
struct resolution;

struct inquiry {
	const char *path; // "/v1/verify"; POST
	bool falls_back;  // to a private verifier, where none can be reached
};

// An answer; release with inquiry_done.
struct inquiry_answer {
	unsigned status;     // as in HTTP
	const char *body;    // in the pool
	struct json_t *json; // an object
};

// Opens what every inquiry needs and asks; `body` is the question, an object of JSON that is not
// ended yet: the profile of the options is added. What goes wrong on the way is printed.
// Returns: EXIT_OK with *ret_answer, whatever its status; or another exit code.
int inquiry_ask(const struct inquiry *inquiry, const struct options *options,
	const struct resolution *resolution, struct draft *body, struct inquiry_answer *ret_answer)
	must_check;
void inquiry_done(struct inquiry_answer *answer);

// Prints the answer as it came, for --json.
// Returns: `exit`.
int inquiry_print(const struct inquiry_answer *answer, int exit);

// Prints an answer that says why there is none (RFC 9457), on stderr, with what to do.
void inquiry_complain(const struct inquiry_answer *answer);

// Which exit code the status and code of an answer ask for.
int inquiry_exit_code(const struct inquiry_answer *answer);

// The code of a problem, as "signature_invalid", or "".
const char *inquiry_code(const struct inquiry_answer *answer);

// Whether the options name a private verifier's settings where none is started, which is said.
bool inquiry_is_misused(const struct inquiry *inquiry, const struct options *options) must_check;

// A member as text for people, printable: numbers in digits, the items of a list with ", " between;
// "" where it is absent.
// Returns: out.
const char *inquiry_text(const struct json_t *object, const char *name, char *out, size_t size);

#endif
