// How often a user may be wrong about a key: so many times in a minute. Whoever may attest could
// else try one value after the other.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_GUESSES_H
#define VERIFIER_DOOR_API_GUESSES_H

#include "lib/base/base.h"

struct guesses;

#define GUESSES_WRONG_MAX 10     // in
#define GUESSES_SPAN_MS 60000    // this time
#define GUESSES_SUBJECTS_MAX 512 // users with a key that are told apart; further ones share one

// Makes a count of nothing; the caller owns it.
// Returns: the guesses, or NULL when memory is short.
struct guesses *guesses_new(void) must_check;
struct guesses *guesses_free(struct guesses *guesses); // NULL is fine; returns NULL

// How long a user must wait before the next guess at a key of an app.
// Returns: 0, or milliseconds.
uint64_t guesses_wait(const struct guesses *guesses, uint64_t uid, const char *app, const char *key,
	uint64_t now_ms);

// Notes a wrong one.
void guesses_note(
	struct guesses *guesses, uint64_t uid, const char *app, const char *key, uint64_t now_ms);

#endif
