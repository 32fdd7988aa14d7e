// HMAC-SHA256 under a hash of the value. One attestation may try hundreds of values: OpenSSL's hash
// takes a quarter of the time of libsodium's where the processor has instructions for it, and its
// plain struct, deprecated as in hmac.c, lives on the stack and is wiped.
// SPDX-License-Identifier: MIT
#define OPENSSL_SUPPRESS_DEPRECATED
#include "verifier/trust/diagnosis/proof.h"

#include "verifier/trust/key/hmac.h"

#include <openssl/sha.h>
#include <sodium.h>

_Static_assert(SHA256_DIGEST_LENGTH == ATTEST_PROOF_SIZE, "one hash for both");

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
	SHA256_CTX state;
	uint8_t key[SHA256_DIGEST_LENGTH];
	struct hmac hmac;
	bool is;

	(void)SHA256_Init(&state); // none of these can fail
	(void)SHA256_Update(&state, ATTEST_LABEL, sizeof(ATTEST_LABEL));
	if (value.length)
		(void)SHA256_Update(&state, secret_bytes(value), value.length);
	(void)SHA256_Final(key, &state);
	hmac_init(&hmac, 256, secret_view(key, sizeof(key)));
	is = hmac_is(&hmac, proof->message, proof->length, proof->proof, ATTEST_PROOF_SIZE);
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(key, sizeof(key));
	sodium_memzero(&hmac, sizeof(hmac));
	return is;
}
