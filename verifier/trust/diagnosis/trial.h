// The tries behind a diagnosis: every key, candidate, known text and misspelling is held against
// one token's signature, in a fixed order and within fixed bounds, until one made it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_TRIAL_H
#define VERIFIER_TRUST_DIAGNOSIS_TRIAL_H

#include "lib/value/placeholder.h"
#include "verifier/trust/diagnosis/diagnose.h"
#include "verifier/trust/diagnosis/nearmiss.h"
#include "verifier/trust/key/hmac.h"
#include "verifier/trust/token/jwe.h"

struct bundle;
struct bundle_key;
struct candidate;
struct key;
struct profile_source;

#define TRIAL_SEEN 16384 // values that are remembered, so that none is tried twice; a power of 2
#define TRIAL_PLAIN_MAX TOKEN_MAX // bytes that a session opens to

// What is matched: either a signature or a session's encryption.
struct trial_subject {
	// signed
	const char *input; // what the signature is over
	size_t input_length;
	const uint8_t *signature;
	size_t signature_size;
	unsigned hash_bits;                // of an HMAC of that size; 0: no HMAC
	const struct algorithm *algorithm; // that the header names, or NULL

	// encrypted
	bool is_session;
	enum jwe_enc enc;
	struct jwe_parts parts;
};

// What signed it. Views into the keyring and the vault, and what they borrow.
struct trial_match {
	enum diagnose_what what;
	const struct profile *profile;         // of the key or of the source, or NULL
	const struct profile_key *profile_key; // a loaded key of a profile, else NULL
	bool by_text;        // not the key as it is loaded: the text of its file made an HMAC,
	bool by_public_text; // or the text of its public half
	const struct bundle *bundle; // whose candidate
	const struct bundle_key *key;
	const struct candidate *candidate;
	const struct profile_source *source; // that uses this key of this app, or NULL
	const struct nearmiss *mistake;      // of a near miss; of a reading, what differs; or NULL
	const struct algorithm *other;       // of a key pair's, that is not the key's, or NULL
	const char *odd;                     // what is odd about the signature's form, or NULL
	bool not_decoded;                    // the profile decodes it, the signer did not
	enum jwe_kind kind;                  // of a session
	const char *salt;
	size_t plain_size;                     // of a session: bytes in room->plain
	char placeholder[PLACEHOLDER_MAX + 1]; // of one, the text
	bool is_reference;                     // which names a variable that nobody resolved
};

// Room for a trial, in the arena.
struct trial_room {
	struct nearmiss_room nearmiss;
	struct hmac hmac;
	uint8_t decoded[NEARMISS_FORM_MAX];
	uint8_t plain[TRIAL_PLAIN_MAX];
	uint64_t seen[TRIAL_SEEN];
	uint8_t seen_key[16];
};

struct trial_question {
	const struct keyring *keyring;
	const struct vault_snapshot *vault;
	const struct profile *profile; // tried first, or NULL
	const struct trial_subject *subject;
	struct secret_arena *arena;
	struct trial_room *room; // zeroed
	uint64_t cost_us;        // at most; 0: DIAGNOSE_COST_MAX_US
};

// Tries. `ret_match->what` is DIAGNOSE_NOBODY when none of those that were tried did.
void trial_run(const struct trial_question *question, struct trial_match *ret_match,
	size_t *ret_tried, size_t *ret_left);

// The newest bundle of an app's start.
// Returns: the bundle, or NULL.
const struct bundle *trial_newest(const struct vault_snapshot *vault, const char *app);

#endif
