// HMAC from hash states that have taken the padded key already. OpenSSL's plain hash structs are
// deprecated, yet the only ones that live where the caller says: a copy on the stack costs 112 or
// 216 bytes, no allocation and no lock, and is wiped.
// SPDX-License-Identifier: MIT
#define OPENSSL_SUPPRESS_DEPRECATED
#include "verifier/trust/key/hmac.h"

#include <openssl/sha.h>
#include <sodium.h>

#define PAD_INNER 0x36
#define PAD_OUTER 0x5C

// What `states` holds, by the hash.
struct states_256 {
	SHA256_CTX inner, outer;
};
struct states_512 { // SHA-384 is SHA-512 cut, from another start
	SHA512_CTX inner, outer;
};

_Static_assert(sizeof(struct states_256) <= HMAC_STATE_SIZE, "room for two SHA-256");
_Static_assert(sizeof(struct states_512) <= HMAC_STATE_SIZE, "room for two SHA-512");
_Static_assert(_Alignof(struct states_512) <= 16, "states are aligned to 16");
_Static_assert(SHA512_DIGEST_LENGTH == HMAC_SIZE_MAX, "the longest MAC");

static void start_512(SHA512_CTX *state, unsigned hash_bits)
{
	if (hash_bits == 384)
		(void)SHA384_Init(state);
	else
		(void)SHA512_Init(state);
}

// The block that the key fills, or its hash where it is longer (RFC 2104 section 2).
static void fill_block(unsigned hash_bits, struct secret key, uint8_t block[SHA512_CBLOCK])
{
	size_t room = hash_bits == 256 ? SHA256_CBLOCK : SHA512_CBLOCK;

	memset(block, 0, SHA512_CBLOCK);
	if (key.length <= room) {
		if (key.length)
			memcpy(block, secret_bytes(key), key.length);
	} else if (hash_bits == 256) {
		SHA256_CTX state;

		(void)SHA256_Init(&state);
		(void)SHA256_Update(&state, secret_bytes(key), key.length);
		(void)SHA256_Final(block, &state);
		sodium_memzero(&state, sizeof(state));
	} else {
		SHA512_CTX state;

		start_512(&state, hash_bits);
		(void)SHA512_Update(&state, secret_bytes(key), key.length);
		(void)SHA512_Final(block, &state);
		sodium_memzero(&state, sizeof(state));
	}
}

static void flip(uint8_t block[SHA512_CBLOCK], uint8_t with)
{
	for (size_t i = 0; i < SHA512_CBLOCK; i++)
		block[i] ^= with;
}

void hmac_init(struct hmac *hmac, unsigned hash_bits, struct secret key)
{
	uint8_t block[SHA512_CBLOCK];

	memset(hmac, 0, sizeof(*hmac));
	hmac->hash_bits = hash_bits;
	fill_block(hash_bits, key, block);
	flip(block, PAD_INNER);
	if (hash_bits == 256) {
		struct states_256 *states = (struct states_256 *)(void *)hmac->states;

		(void)SHA256_Init(&states->inner);
		(void)SHA256_Update(&states->inner, block, SHA256_CBLOCK);
		flip(block, PAD_INNER ^ PAD_OUTER);
		(void)SHA256_Init(&states->outer);
		(void)SHA256_Update(&states->outer, block, SHA256_CBLOCK);
	} else {
		struct states_512 *states = (struct states_512 *)(void *)hmac->states;

		start_512(&states->inner, hash_bits);
		(void)SHA512_Update(&states->inner, block, SHA512_CBLOCK);
		flip(block, PAD_INNER ^ PAD_OUTER);
		start_512(&states->outer, hash_bits);
		(void)SHA512_Update(&states->outer, block, SHA512_CBLOCK);
	}
	sodium_memzero(block, sizeof(block));
}

static void compute_256(
	const struct states_256 *states, const void *input, size_t length, uint8_t *ret_mac)
{
	uint8_t inner[SHA256_DIGEST_LENGTH];
	SHA256_CTX state = states->inner;

	(void)SHA256_Update(&state, input, length);
	(void)SHA256_Final(inner, &state);
	state = states->outer;
	(void)SHA256_Update(&state, inner, sizeof(inner));
	(void)SHA256_Final(ret_mac, &state);
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(inner, sizeof(inner));
}

static void compute_512(
	const struct states_512 *states, const void *input, size_t length, uint8_t *ret_mac)
{
	uint8_t inner[SHA512_DIGEST_LENGTH];
	SHA512_CTX state = states->inner;
	size_t size = state.md_len;

	(void)SHA512_Update(&state, input, length);
	(void)SHA512_Final(inner, &state);
	state = states->outer;
	(void)SHA512_Update(&state, inner, size);
	(void)SHA512_Final(ret_mac, &state);
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(inner, sizeof(inner));
}

void hmac_compute(const struct hmac *hmac, const void *input, size_t length,
	uint8_t ret_mac[static HMAC_SIZE_MAX])
{
	const void *states = hmac->states;

	if (hmac->hash_bits == 256)
		compute_256(states, input, length, ret_mac);
	else
		compute_512(states, input, length, ret_mac);
}

// In constant time; 48 bytes are compared as 32 and 16.
static bool is_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	if (size == 64)
		return crypto_verify_64(a, b) == 0;
	return (crypto_verify_32(a, b) | (size == 48 ? crypto_verify_16(a + 32, b + 32) : 0)) == 0;
}

bool hmac_is(const struct hmac *hmac, const void *input, size_t length, const uint8_t *mac,
	size_t mac_size)
{
	uint8_t right[HMAC_SIZE_MAX];
	bool is;

	if (mac_size != hmac->hash_bits / 8)
		return false;
	hmac_compute(hmac, input, length, right);
	is = is_equal(right, mac, mac_size);
	sodium_memzero(right, sizeof(right)); // the right MAC of a forgery is a token
	return is;
}
