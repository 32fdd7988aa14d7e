// Nonces that wait to be used: each is for one user and one purpose, once, for a minute. Used and
// old ones are remembered until their place is needed, so that it can be said what is wrong.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_NONCES_H
#define VERIFIER_DOOR_API_NONCES_H

#include "lib/base/base.h"

struct nonces;

#define NONCES_SIZE 32     // bytes of one
#define NONCES_MAX 2048    // that are remembered
#define NONCES_UID_MAX 256 // of one user, that wait
#define NONCES_SHARE 4     // nor more than this part of what is free: many cannot take all of it
#define NONCES_LIFE_MS 60000

enum nonces_state {
	NONCES_GOOD,
	NONCES_E_UNKNOWN, // none that was given to this user for this
	NONCES_E_EXPIRED,
	NONCES_E_USED,
};

// Makes an empty table; the caller owns it.
// Returns: the table, or NULL when memory is short.
struct nonces *nonces_new(void) must_check;
struct nonces *nonces_free(struct nonces *nonces); // NULL is fine; returns NULL

// How long a user has to wait for `count` more: until one of those that wait is too old. Whoever
// holds little finds room, however many users take as much as they can.
// Returns: 0, or milliseconds.
uint64_t nonces_wait(const struct nonces *nonces, uint64_t uid, size_t count, uint64_t now_ms);

// Gives one, for which there is room by nonces_wait. `what` and `key` are what it is for.
void nonces_give(struct nonces *nonces, uint64_t uid, const char *what, const char *key,
	uint64_t now_ms, uint8_t ret_nonce[static NONCES_SIZE]);

// Whether one may be used. Returns: an enum nonces_state.
enum nonces_state nonces_judge(const struct nonces *nonces, uint64_t uid, const char *what,
	const char *key, uint64_t now_ms, const uint8_t nonce[static NONCES_SIZE]);

// Uses one that is good.
void nonces_use(struct nonces *nonces, const uint8_t nonce[static NONCES_SIZE]);

#endif
