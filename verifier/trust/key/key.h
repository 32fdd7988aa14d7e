// A key that tokens are verified or minted with, loaded from the bytes of a secret by what the
// configuration says they are. One key, one algorithm, checked at every use. What the bytes look
// like decides nothing, but for refusing them.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEY_KEY_H
#define VERIFIER_TRUST_KEY_KEY_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct algorithm;
struct err;
struct key;

#define KEY_ID_MAX 255 // bytes of a kid
#define KEY_SET_MAX 16 // keys of one JWK Set
#define KEY_RSA_MIN 2048
#define KEY_RSA_MAX 8192

// How the bytes of a key are written; the order of `encoding` in samekeyd.ini.
enum key_encoding {
	KEY_TEXT, // the bytes themselves
	KEY_BASE64,
	KEY_BASE64URL,
	KEY_HEX,
	KEY_JWK, // a JWK or a JWK Set (RFC 7517)
	KEY_PEM, // a public key, a certificate's is refused; or a private key, which also signs
};
extern const char *const key_encodings[]; // as configuration writes them, ended by NULL

// Where a key is in its life; the order of `state` in samekeyd.ini.
enum key_state {
	KEY_ACTIVE,   // signs and verifies
	KEY_PENDING,  // published, verifies nothing yet
	KEY_RETIRING, // verifies
	KEY_RETIRED,  // named by diagnosis only
};
extern const char *const key_states[]; // as configuration writes them, ended by NULL

// Whether a key in this state verifies.
static inline bool key_state_verifies(enum key_state state)
{
	return state == KEY_ACTIVE || state == KEY_RETIRING;
}

// What configuration says about a key. All borrowed.
struct key_options {
	enum key_encoding encoding;
	enum key_state state;
	// NULL: HS256 for text, base64, base64url and hex; of a JWK its alg, or what its curve has
	// alone (ES256, ES384, ES512, EdDSA); for pem it must be given. Where both are given they
	// must agree.
	const struct algorithm *algorithm;
	const char *kid;   // NULL: the JWK's own, else none was given
	const char *label; // what people call the key: its secret's or file's name
	bool allow_short;  // an HMAC key shorter than its hash (RFC 7518 section 3.2 forbids it)
};

// Why bytes are no key; err says it in a sentence, never with a value.
enum key_result {
	KEY_OK,
	KEY_E_EMPTY,
	KEY_E_PLACEHOLDER, // a public example, "undefined" and the like, an unresolved reference
	KEY_E_SHORT,       // HMAC shorter than the hash, RSA under KEY_RSA_MIN
	KEY_E_ENCODING,    // not what `encoding` says
	KEY_E_TYPE, // another type than the algorithm needs; a PEM or JWK given as HMAC bytes
	KEY_E_WEAK, // RSA over KEY_RSA_MAX or a bad exponent, a point off its curve, small order
	KEY_E_USE,  // a JWK whose use, key_ops or alg forbids it; a kid twice in a set
};

// Loads the key, or each key of a JWK Set, where those with use = enc are passed over. HMAC states
// and Ed25519 seeds lie in `arena`; of RSA and EC private keys copies are in OpenSSL's heap. A
// private RSA JWK has d alone (it signs slower), or p, q, dp, dq and qi, too.
// Returns: an enum key_result (ret_* are set for KEY_OK only; err otherwise) or -ENOMEM.
int key_load(struct secret bytes, const struct key_options *options, struct secret_arena *arena,
	struct key *ret_keys[static KEY_SET_MAX], size_t *ret_count, struct err *err) must_check;

// Wipes and frees it, in the thread that the arena belongs to; NULL is fine.
// Returns: NULL.
struct key *key_free(struct key *key);

// What it is.
const struct algorithm *key_algorithm(const struct key *key);
const char *key_label(const struct key *key);

// Its kid: what configuration or the JWK says, else of an asymmetric key the RFC 7638 thumbprint,
// else NULL. `key_has_given_id`: whether configuration or the JWK says it.
const char *key_id(const struct key *key);
bool key_has_given_id(const struct key *key);

// What an answer calls it: its kid, else its label.
const char *key_name(const struct key *key);

// Whether `signature` is this key's over `input`, by this key's algorithm, in the one form that it
// has in a JWS: sizes are exact, no DER. Threads may share a key. Leaves OpenSSL's error queue
// empty.
bool key_verifies(const struct key *key, const void *input, size_t length, const uint8_t *signature,
	size_t signature_size) must_check;

// Whether it holds what signing needs (HMAC, or a private key).
bool key_can_sign(const struct key *key);

// Signs; at most ALGORITHM_SIGNATURE_MAX bytes.
// Returns: 0, -EPERM (it cannot sign) or -EIO (OpenSSL failed).
int key_sign(const struct key *key, const void *input, size_t length, uint8_t *ret_signature,
	size_t *ret_size) must_check;

// The public key as a JWK with kty, its members, alg, use and kid, as JSON text on the heap.
// Returns: the text, or NULL when it has none (HMAC) or memory is short.
char *key_public_jwk(const struct key *key) must_check;

// For diagnosis only: the public key as PEM, as `openssl pkey -pubout` writes it, on the heap; who
// has it can make an HMAC with it (RFC 8725 section 2.1).
// Returns: the text, or NULL when it has none (HMAC) or memory is short.
char *key_public_pem(const struct key *key) must_check;

// For diagnosis only: whether the key's pair verifies by another algorithm: RS512 of RS256.
bool key_verifies_as(const struct key *key, const struct algorithm *algorithm, const void *input,
	size_t length, const uint8_t *signature, size_t signature_size) must_check;

// For diagnosis only: whether the key verifies by the other padding or encoding of its type: PSS
// for PKCS1 and back, ECDSA as DER. `ret_what` says which in a few words.
bool key_verifies_oddly(const struct key *key, const void *input, size_t length,
	const uint8_t *signature, size_t signature_size, const char **ret_what) must_check;

#endif
