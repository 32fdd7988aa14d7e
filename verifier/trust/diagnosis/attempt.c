// The account, and what is charged to it. Costs are reckoned and not measured, so that the same
// question takes the same tries everywhere.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/attempt.h"

#include "verifier/trust/diagnosis/trying.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <sodium.h>

// What things cost, in nanoseconds.
#define COST_HMAC 900      // a key's states, and the end
#define COST_BLOCK_256 100 // 64 bytes of SHA-256
#define COST_BLOCK_512 450 // 128 bytes of SHA-512
#define COST_DERIVE 16000  // a session's key
#define COST_OPEN_BYTE 3   // a byte of a session, authenticated
#define COST_EDDSA 120000  // verified
#define COST_ECDSA 250000  // P-256; the larger curves by the square of their size

// ---- the account

bool attempt_may_spend(struct trial *trial, uint64_t cost)
{
	if (trial->closed || trial->spent + cost > trial->limit) {
		trial->closed = true;
		return false;
	}
	trial->spent += cost;
	return true;
}

static bool may_try(struct trial *trial, uint64_t cost)
{
	if (trial->tried >= DIAGNOSE_TRIES_MAX)
		trial->closed = true;
	if (!attempt_may_spend(trial, cost))
		return false;
	trial->tried++;
	return true;
}

static uint64_t hmac_cost(const struct trial_subject *subject, size_t secret_length)
{
	uint64_t bytes = subject->input_length + secret_length;

	if (subject->hash_bits == 256)
		return COST_HMAC + (bytes / 64 + 1) * COST_BLOCK_256;
	return COST_HMAC + (bytes / 128 + 1) * COST_BLOCK_512;
}

bool attempt_is_new(struct trial *trial, struct secret value, enum attempt_purpose purpose)
{
	struct trial_room *room = trial->question->room;
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t hash;
	size_t at;

	(void)crypto_shorthash(out, secret_bytes(value), value.length, room->seen_key);
	memcpy(&hash, out, sizeof(hash));
	hash = (hash ^ (uint64_t)purpose) | 256; // never 0, which is a free place
	for (at = hash >> 9 & (TRIAL_SEEN - 1); room->seen[at]; at = (at + 1) & (TRIAL_SEEN - 1))
		if (room->seen[at] == hash)
			return false;
	if (trial->seen < TRIAL_SEEN / 4 * 3) {
		room->seen[at] = hash;
		trial->seen++;
	}
	return true;
}

// ---- a secret

static bool opens(struct trial *trial, const struct jwe_key *key)
{
	const struct trial_subject *subject = trial->question->subject;

	return jwe_open(key, subject->enc, &subject->parts, trial->question->room->plain,
		&trial->match->plain_size);
}

static bool opens_derived(
	struct trial *trial, struct secret secret, enum jwe_kind kind, const char *salt)
{
	const struct trial_subject *subject = trial->question->subject;
	struct jwe_key *key;
	bool opened;

	if (!jwe_kind_has(kind, subject->enc) ||
		!may_try(trial,
			COST_DERIVE + COST_OPEN_BYTE * (uint64_t)subject->parts.ciphertext_size))
		return false;
	key = secret.length ? jwe_key_new(kind, secret, salt, trial->question->arena)
			    : jwe_key_of_nothing(kind, salt, trial->question->arena);
	opened = key && opens(trial, key);
	jwe_key_free(key);
	if (opened) {
		trial->match->kind = kind;
		trial->match->salt = salt;
	}
	return opened;
}

bool attempt_by_secret(struct trial *trial, struct secret secret)
{
	const struct trial_subject *subject = trial->question->subject;
	struct hmac *hmac = &trial->question->room->hmac;

	if (subject->is_session) {
		if (opens_derived(trial, secret, JWE_NEXTAUTH_V4, ""))
			return true;
		for (size_t i = 0; i < trial->salt_count; i++)
			if (opens_derived(trial, secret, JWE_AUTHJS_V5, trial->salts[i]))
				return true;
		return false;
	}
	if (!subject->hash_bits || !may_try(trial, hmac_cost(subject, secret.length)))
		return false;
	hmac_init(hmac, subject->hash_bits, secret);
	return hmac_is(hmac, subject->input, subject->input_length, subject->signature,
		subject->signature_size);
}

// ---- a loaded key

static bool is_of_type(const struct algorithm *key, const struct algorithm *header)
{
	bool rsa = key->family == ALGORITHM_RSA_PKCS1 || key->family == ALGORITHM_RSA_PSS;

	if (!header)
		return false;
	if (rsa)
		return header->family == ALGORITHM_RSA_PKCS1 || header->family == ALGORITHM_RSA_PSS;
	return key->family == header->family;
}

static uint64_t key_cost(const struct algorithm *algorithm, const struct trial_subject *subject)
{
	uint64_t size = subject->signature_size, hashing = hmac_cost(subject, 0);

	switch (algorithm->family) {
	case ALGORITHM_HMAC:
		return hashing;
	case ALGORITHM_EDDSA:
		return hashing + COST_EDDSA;
	case ALGORITHM_ECDSA:
		size = algorithm->signature_size;
		return hashing + COST_ECDSA * size * size / 4096;
	default: // RSA: a square of the modulus
		return hashing + size * size;
	}
}

bool attempt_by_key(struct trial *trial, const struct key *key)
{
	const struct trial_subject *subject = trial->question->subject;
	const struct algorithm *algorithm = key_algorithm(key);

	if (algorithm->family == ALGORITHM_HMAC ? algorithm->hash_bits != subject->hash_bits
						: !is_of_type(algorithm, subject->algorithm))
		return false;
	if (!may_try(trial, key_cost(algorithm, subject)))
		return false;
	if (key_verifies(key, subject->input, subject->input_length, subject->signature,
		    subject->signature_size))
		return true;
	if (algorithm->family == ALGORITHM_HMAC)
		return false;
	if (algorithm != subject->algorithm &&
		attempt_may_spend(trial, key_cost(algorithm, subject)) &&
		key_verifies_as(key, subject->algorithm, subject->input, subject->input_length,
			subject->signature, subject->signature_size)) {
		trial->match->other = subject->algorithm;
		return true;
	}
	return attempt_may_spend(trial, key_cost(algorithm, subject)) &&
	       key_verifies_oddly(key, subject->input, subject->input_length, subject->signature,
		       subject->signature_size, &trial->match->odd);
}

bool attempt_by_session(
	struct trial *trial, const struct profile *profile, const struct profile_key *key)
{
	const struct trial_subject *subject = trial->question->subject;
	enum jwe_kind kind =
		profile->rules->kind == PROFILE_AUTHJS_V5 ? JWE_AUTHJS_V5 : JWE_NEXTAUTH_V4;

	if (!jwe_kind_has(kind, subject->enc))
		return false;
	for (size_t i = 0; i < PROFILE_COOKIES_MAX; i++) {
		if (!key->sessions[i] ||
			!may_try(trial, COST_OPEN_BYTE * (uint64_t)subject->parts.ciphertext_size +
						COST_HMAC))
			continue;
		if (opens(trial, key->sessions[i])) {
			trial->match->kind = kind;
			return true;
		}
	}
	return false;
}
