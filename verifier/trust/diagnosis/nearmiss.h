// The ways in which an HMAC secret is misspelt between the place that holds it and the program that
// uses it: quotes kept, a line's end, base64 text against bytes, cut at a `#`, and so on. One table
// says what each is and what mends it; a walk makes every form of a secret, in guarded memory.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_NEARMISS_H
#define VERIFIER_TRUST_DIAGNOSIS_NEARMISS_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

#define NEARMISS_SECRET_MAX 1024 // bytes; a longer secret has no forms
#define NEARMISS_FORM_MAX 4096   // bytes; a longer form is left out
#define NEARMISS_FORMS_MAX 96    // of one secret

struct nearmiss {
	const char *code; // "quotes-double", stable
	const char *what; // a clause: "the double quotes around it are part of the key"
	const char *fix;  // a sentence in the imperative
};

// Where forms are made. As secret as the secret: it lies in the arena, and whoever took it wipes it
// by giving it back.
struct nearmiss_room {
	uint8_t form[NEARMISS_FORM_MAX];
	uint8_t made[64 * 1024]; // forms so far, to leave out what comes twice
	int32_t runes[NEARMISS_FORM_MAX];
	struct secret forms[NEARMISS_FORMS_MAX];
};

// Takes a form, which lives until the call returns. Returns: whether the walk goes on.
typedef bool nearmiss_visit(void *owner, const struct nearmiss *nearmiss, struct secret form);

// Makes each form of `secret`, which is the value of the key `name`, and hands it over, what is met
// most first: never the secret itself, never the empty form, none twice.
// Returns: how many were handed over.
size_t nearmiss_walk(struct secret secret, const char *name, struct nearmiss_room *room,
	nearmiss_visit *visit, void *owner);

// Which misspelling makes `form` of `secret`.
// Returns: the first row that does, or NULL.
const struct nearmiss *nearmiss_between(
	struct secret secret, const char *name, struct secret form, struct nearmiss_room *room);

#endif
