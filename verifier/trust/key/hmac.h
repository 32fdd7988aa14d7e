// HMAC with SHA-2 (RFC 2104, RFC 7518 section 3.2) from kept inner and outer hash states: the
// fastest way measured, without a copy of the key outside of the memory that the caller guards.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_HMAC_H
#define VERIFIER_TRUST_KEY_HMAC_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

#define HMAC_SIZE_MAX 64    // bytes of a MAC
#define HMAC_STATE_SIZE 512 // bytes that hold the states of any hash

// A key ready for use. As secret as the key: keep it in the arena, or wipe it.
struct hmac {
	unsigned hash_bits; // 256, 384 or 512
	_Alignas(16) uint8_t states[HMAC_STATE_SIZE];
};

// Makes the states of a key of any length; `hash_bits` is 256, 384 or 512.
void hmac_init(struct hmac *hmac, unsigned hash_bits, struct secret key);

// Computes the MAC of `length` bytes: hash_bits / 8 bytes into `ret_mac`. Threads may share a key.
// Leaves nothing of the key on the stack.
void hmac_compute(const struct hmac *hmac, const void *input, size_t length,
	uint8_t ret_mac[static HMAC_SIZE_MAX]);

// Whether `mac` is the MAC, in constant time; its size is judged first (RFC 7518 section 3.2).
bool hmac_is(const struct hmac *hmac, const void *input, size_t length, const uint8_t *mac,
	size_t mac_size) must_check;

#endif
