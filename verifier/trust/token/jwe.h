// The session tokens of NextAuth v4 and Auth.js v5: compact JWE with alg "dir", the key derived
// from the app's secret by HKDF (RFC 7516, RFC 5869). Only these shapes are ever decrypted: any
// other alg, enc or zip is refused.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_TOKEN_JWE_H
#define VERIFIER_TRUST_TOKEN_JWE_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct jwe_key;

enum jwe_kind {
	JWE_NEXTAUTH_V4, // A256GCM
	JWE_AUTHJS_V5,   // A256CBC-HS512, or A256GCM
};

enum jwe_enc { JWE_A256GCM, JWE_A256CBC_HS512, JWE_ENCS };

#define JWE_KEY_ID_SIZE 87       // base64url of a SHA-512, and a NUL
#define JWE_PART_MAX (64 * 1024) // bytes of a header or a ciphertext

// Derives the keys of a secret, for every enc that the kind has. `salt`: of v5 the cookie's name,
// of v4 "" for sessions. They lie in `arena`; the caller owns the key.
// Returns: the key, or NULL when memory is short or the secret is empty: everybody can derive a key
// from that, and the libraries refuse it.
struct jwe_key *jwe_key_new(enum jwe_kind kind, struct secret secret, const char *salt,
	struct secret_arena *arena) must_check;
// For diagnosis only: the same of the empty secret, which everybody can do.
struct jwe_key *jwe_key_of_nothing(enum jwe_kind kind, const char *salt, struct secret_arena *arena)
	must_check;
struct jwe_key *jwe_key_free(struct jwe_key *key); // wipes; NULL is fine; returns NULL

// The kid that Auth.js gives its token: base64url of SHA-512 (A256CBC-HS512) or SHA-256 (A256GCM)
// over the key as a JWK (RFC 7638). Of v4: "".
const char *jwe_key_id(const struct jwe_key *key, enum jwe_enc enc);

// The name of an enc, as headers write it, and back.
const char *jwe_enc_name(enum jwe_enc enc);
bool jwe_enc_find(const char *name, size_t length, enum jwe_enc *ret_enc) must_check;
bool jwe_kind_has(enum jwe_kind kind, enum jwe_enc enc); // whether a kind opens it

// The five parts of a token, form already judged: `aad` is the protected header as written.
struct jwe_parts {
	const char *aad;
	size_t aad_length;
	const uint8_t *iv, *ciphertext, *tag; // decoded
	size_t iv_size, ciphertext_size, tag_size;
};

// Decrypts into `out`, which has room for ciphertext_size bytes and may be where the ciphertext
// lies; a failure then wipes that. Sizes of iv and tag are exact; the tag is judged in constant
// time, and before anything is decrypted where the enc allows it. Threads may share a key. Leaves
// OpenSSL's error queue empty.
// Returns: whether it is authentic; of `out` nothing is left if not.
bool jwe_open(const struct jwe_key *key, enum jwe_enc enc, const struct jwe_parts *parts,
	uint8_t *out, size_t *ret_size) must_check;

// Encrypts claims into a compact token on the heap, as the library does: v4 {"alg":"dir",
// "enc":"A256GCM"}, v5 A256CBC-HS512 with kid.
// Returns: the token, or NULL when memory is short or the claims are near JWE_PART_MAX.
char *jwe_seal(const struct jwe_key *key, const void *claims, size_t length) must_check;

#endif
