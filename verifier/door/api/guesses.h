// How often a user may be wrong about a key: so many times in a minute. Whoever may attest could
// else try one value after the other.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_GUESSES_H
#define VERIFIER_DOOR_API_GUESSES_H

#include "lib/base/base.h"

struct guesses;

#define GUESSES_WRONG_MAX 10      // in
#define GUESSES_SPAN_MS 60000     // this time
#define GUESSES_SUBJECTS_MAX 1024 // users with a key that are told apart
#define GUESSES_UID_MAX 128       // keys that one user is wrong about in that time
#define GUESSES_SHARE 4 // nor more than this part of what is free: many cannot take all of it

// Makes a count of nothing; the caller owns it.
// Returns: the guesses, or NULL when memory is short.
struct guesses *guesses_new(void) must_check;
struct guesses *guesses_free(struct guesses *guesses); // NULL is fine; returns NULL

// How long a user must wait before the next guess at a key of an app. `before` counts the keys of
// the same question that may come out wrong as well.
// Returns: 0, or milliseconds.
uint64_t guesses_wait(const struct guesses *guesses, uint64_t uid, const char *app, const char *key,
	size_t before, uint64_t now_ms);

// Notes a wrong one, for which there is room by guesses_wait.
void guesses_note(
	struct guesses *guesses, uint64_t uid, const char *app, const char *key, uint64_t now_ms);

#endif
