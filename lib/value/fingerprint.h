// Fingerprints: short keyed hashes of values, safe to show to whoever may not test guesses.
// The first 48 bits of BLAKE2b keyed with a subkey of the fingerprint key.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_FINGERPRINT_H
#define LIB_VALUE_FINGERPRINT_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/base/secret.h"

#define FINGERPRINT_KEY_BYTES 32
#define FINGERPRINT_BYTES 6      // 48 bits
#define FINGERPRINT_TEXT_SIZE 13 // 12 hex digits and a NUL
#define FINGERPRINT_EQUALITY_BYTES 32
#define FINGERPRINT_STAMP_BYTES 32

// Where the key came from; `ephemeral` ones compare with nothing outside this process.
enum fingerprint_key_source {
	FINGERPRINT_KEY_NAMED,      // a setting named the file
	FINGERPRINT_KEY_CREDENTIAL, // $CREDENTIALS_DIRECTORY/samekey.fingerprint
	FINGERPRINT_KEY_SYSTEM,     // /etc/samekey/fingerprint.key
	FINGERPRINT_KEY_STATE,      // $XDG_STATE_HOME/samekey/fingerprint.key, made once
	FINGERPRINT_KEY_EPHEMERAL,
};

struct fingerprint_key;

// Finds the fingerprint key: `named` (a path, or NULL), the credential, the system's, this user's
// (made when absent), else an ephemeral one. The caller owns it; its bytes live in `arena`.
// Returns: 0; a negative errno when `named` cannot be used or memory is short.
int fingerprint_key_open(const char *named, struct secret_arena *arena,
	struct fingerprint_key **ret_key, struct err *err) must_check;
struct fingerprint_key *fingerprint_key_free(struct fingerprint_key *key);
void fingerprint_key_release(struct fingerprint_key **key); // for own(...)

// Where the key came from.
enum fingerprint_key_source fingerprint_key_source(const struct fingerprint_key *key);

// The key's id, 12 hex digits: two sides with different ids cannot compare fingerprints.
const char *fingerprint_key_id(const struct fingerprint_key *key);

// Writes the fingerprint of a value.
void fingerprint_of(const struct fingerprint_key *key, struct secret value,
	uint8_t ret_fingerprint[static FINGERPRINT_BYTES]);
void fingerprint_text(const struct fingerprint_key *key, struct secret value,
	char ret_text[static FINGERPRINT_TEXT_SIZE]);

// The subkey that values are fingerprinted with, for a program that may know no more of the key,
// and a fingerprint by it.
void fingerprint_subkey(
	const struct fingerprint_key *key, uint8_t ret_subkey[static FINGERPRINT_KEY_BYTES]);
void fingerprint_by_subkey(const uint8_t subkey[static FINGERPRINT_KEY_BYTES], struct secret value,
	uint8_t ret_fingerprint[static FINGERPRINT_BYTES]);

// The fingerprint, and 256 more bits of the same hash: for comparing, never for showing.
void fingerprint_equality(const struct fingerprint_key *key, struct secret value,
	char ret_text[static FINGERPRINT_TEXT_SIZE],
	uint8_t ret_equality[static FINGERPRINT_EQUALITY_BYTES]);

// A 32-bit hash of a name and its value under the subkey for SAMEKEY_RUN: an inner `run`
// recognises what an outer one gave it.
uint32_t fingerprint_given(
	const struct fingerprint_key *key, const char *name, struct secret value);

// The code that authenticates the stamp of a build: keyed BLAKE2b under the subkey for stamps. Who
// has no fingerprint key can neither make nor change a stamp.
void fingerprint_stamp(const struct fingerprint_key *key, const void *bytes, size_t length,
	uint8_t ret_code[static FINGERPRINT_STAMP_BYTES]);

#endif
