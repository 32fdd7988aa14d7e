// HMAC-SHA256 under a hash of the value.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/proof.h"

#include "verifier/trust/key/hmac.h"

#include <sodium.h>

_Static_assert(crypto_hash_sha256_BYTES == ATTEST_PROOF_SIZE, "one hash for both");

static size_t put(uint8_t *out, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < PROOF_LENGTH_BYTES; i++)
		out[i] = (uint8_t)(length >> (8 * (PROOF_LENGTH_BYTES - 1 - i)));
	memcpy(out + PROOF_LENGTH_BYTES, text, length);
	return PROOF_LENGTH_BYTES + length;
}

void proof_init(struct proof *proof, const struct attest_question *question)
{
	proof->proof = question->proof;
	memcpy(proof->message, question->nonce, ATTEST_NONCE_SIZE);
	proof->length = ATTEST_NONCE_SIZE;
	proof->length += put(proof->message + proof->length, question->scope.app);
	proof->length += put(proof->message + proof->length, question->key);
}

bool proof_is_of(const struct proof *proof, struct secret value)
{
	crypto_hash_sha256_state state;
	uint8_t key[crypto_hash_sha256_BYTES];
	struct hmac hmac;
	bool is;

	(void)crypto_hash_sha256_init(&state); // none of these can fail
	(void)crypto_hash_sha256_update(
		&state, (const uint8_t *)ATTEST_LABEL, sizeof(ATTEST_LABEL));
	(void)crypto_hash_sha256_update(&state, secret_bytes(value), value.length);
	(void)crypto_hash_sha256_final(&state, key);
	hmac_init(&hmac, 256, secret_view(key, sizeof(key)));
	is = hmac_is(&hmac, proof->message, proof->length, proof->proof, ATTEST_PROOF_SIZE);
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(key, sizeof(key));
	sodium_memzero(&hmac, sizeof(hmac));
	return is;
}
