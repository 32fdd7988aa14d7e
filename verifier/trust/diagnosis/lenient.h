// A token read leniently, as people paste it: what stands around it or in it is taken off, and what
// can be read of it is, where a judgement would stop.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_LENIENT_H
#define VERIFIER_TRUST_DIAGNOSIS_LENIENT_H

#include "verifier/trust/diagnosis/trial.h"
#include "verifier/trust/token/token.h"

#define LENIENT_PARTS_SIGNED 3
#define LENIENT_PARTS_SESSION 5

// Where it is read to; in the arena.
struct lenient_room {
	struct token_scratch read;
	char joined[TOKEN_MAX]; // the token without white space in it
};

struct lenient_part {
	const char *text;
	size_t length;
};

// What was read. Views into the text and the room.
struct lenient {
	struct lenient_part token; // without what stands around it, and without white space
	size_t blank_at;           // where white space stood in it, from 1; 0: nowhere
	struct lenient_part parts[LENIENT_PARTS_SESSION];
	size_t part_count;
	struct strictjson_value alg, enc, kid; // of the header
	struct trial_subject subject;
	bool can_try;  // there is a signature or an encryption to match
	size_t digits; // of the signature, when it has fewer; else 0
};

// Reads a text of any bytes.
void lenient_read(
	const char *text, size_t length, struct lenient_room *room, struct lenient *ret_read);

// Decodes a part into `size` bytes.
// Returns: whether it fits and is base64url.
bool lenient_decode(struct lenient_part part, void *out, size_t size, size_t *ret_size) must_check;

#endif
