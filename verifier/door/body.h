// The body of a request, collected as it comes, in memory that is used again for the next one and
// wiped in between: bodies hold tokens.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_BODY_H
#define VERIFIER_DOOR_BODY_H

#include "lib/base/base.h"

#define BODY_KEPT_MAX (16u * 1024) // bytes of memory that is kept for the next request

// Zero is none.
struct body {
	char *bytes; // no NUL follows
	size_t length, size;
};

// Makes room for the length that is announced, 0 if none is: then nothing is allocated meanwhile.
// Returns: whether there is memory.
bool body_begin(struct body *body, size_t announced) must_check;

// Adds what came. The caller has judged the length.
// Returns: whether there is memory.
bool body_add(struct body *body, const char *bytes, size_t length) must_check;

// Wipes it; memory stays for the next one, unless it is much.
void body_wipe(struct body *body);

// Wipes and frees it.
void body_done(struct body *body);

#endif
