// JSON Web Keys: reading them and sets of them (RFC 7517, RFC 7518 section 6, RFC 8037). Members
// that are not known are ignored.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_JWK_H
#define VERIFIER_TRUST_KEY_JWK_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "verifier/trust/key/key.h"

enum jwk_type { JWK_OCT, JWK_RSA, JWK_EC, JWK_OKP };

// The members that are bytes.
enum jwk_number {
	JWK_K,
	JWK_N,
	JWK_E,
	JWK_D,
	JWK_P,
	JWK_Q,
	JWK_DP,
	JWK_DQ,
	JWK_QI,
	JWK_X,
	JWK_Y,
	JWK_NUMBERS
};

// A key as it stands in JSON; whether the numbers make one is for others to judge.
struct jwk {
	enum jwk_type type;
	const struct algorithm *algorithm; // its alg, or all that its curve has; NULL: not said
	const char *curve;                 // of EC and OKP, as the algorithm writes it
	bool for_encryption;               // use is "enc": nothing else was read
	bool may_sign;                     // key_ops forbids no signing
	bool has_id;
	char id[KEY_ID_MAX + 1];
	struct secret numbers[JWK_NUMBERS]; // what is absent has no bytes
};

// How much room a text's numbers take at most.
static inline size_t jwk_room(size_t text_length)
{
	return text_length * 2;
}

// Whether bytes are a JWK or a JWK Set, as far as to refuse them as anything else.
bool jwk_is_likely(struct secret bytes);

// Finds the keys of a text: of a JWK Set each, else the text itself. Views point into it.
// Returns: an enum key_result; err says why.
int jwk_find(struct secret text, struct secret ret_keys[static KEY_SET_MAX], size_t *ret_count,
	bool *ret_is_set, struct err *err) must_check;

// Reads one key; its numbers are decoded into `room`, which has jwk_room(text.length) bytes.
// Returns: an enum key_result; err says why.
int jwk_read(struct secret text, uint8_t *room, struct jwk *ret_jwk, struct err *err) must_check;

#endif
