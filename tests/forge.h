// Makes tokens, good and bad, without what is tested: bytes go in, and the MAC is libsodium's.
// SPDX-License-Identifier: MIT
#ifndef TESTS_FORGE_H
#define TESTS_FORGE_H

#include "lib/base/base.h"

struct key;
struct profile;
struct profile_rules;
struct secret_arena;

#define FORGE_NOW_S 1800000000 // 2027-01-15T08:00:00Z, when all is judged

// Bytes as base64url, on the heap.
char *forge_part(const void *bytes, size_t length);

// HEADER.PAYLOAD.MAC of HS256 with a secret, on the heap.
char *forge_signed(const char *header, const char *payload, const char *secret);
char *forge_signed_bytes(const char *header, size_t header_length, const char *payload,
	size_t length, const char *secret);

// The same, with the first two parts as they are to stand.
char *forge_raw(const char *header_part, const char *payload_part, const char *secret);

// An active HMAC key from text. `algorithm` and `kid` may be NULL.
struct key *forge_key(
	struct secret_arena *arena, const char *secret, const char *algorithm, const char *kid);

// Puts a key behind those of a profile, and makes it usable; the profile owns it.
void forge_add(struct profile *profile, struct key *key, unsigned state);

// Gives the keys back.
void forge_clear(struct profile *profile);

#endif
