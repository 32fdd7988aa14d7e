// Diagnosis: which key, candidate, reading or misspelling of a secret signed a token, where it came
// from, and what mends it. Looks at the bundles of every app: who may ask, learns what all of them
// signed. Never changes a verdict.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_DIAGNOSIS_DIAGNOSE_H
#define VERIFIER_TRUST_DIAGNOSIS_DIAGNOSE_H

#include "lib/base/base.h"
#include "verifier/trust/diagnosis/remark.h"
#include "verifier/trust/token/token.h"

struct keyring;
struct pool;
struct profile;
struct secret_arena;
struct vault_snapshot;

// The bounds of one call, whatever the vault holds and whatever the token is. A try's cost is
// reckoned beforehand, in what it takes at most on common hardware, not measured: the same question
// takes the same tries everywhere.
#define DIAGNOSE_TRIES_MAX 32768
#define DIAGNOSE_COST_MAX_US 40000 // of all tries together

// What signed it. Tried in this order, but for near misses, which come last.
enum diagnose_what {
	DIAGNOSE_NOBODY,      // none that was tried
	DIAGNOSE_WINNER,      // a key of a profile, or the value that an app has now
	DIAGNOSE_RETIRED,     // a key of a profile that verifies no longer
	DIAGNOSE_PENDING,     // one that does not verify yet
	DIAGNOSE_SHADOWED,    // a candidate that was beaten
	DIAGNOSE_READING,     // what another dialect makes of the bytes of a candidate
	DIAGNOSE_PLACEHOLDER, // a public example, "undefined", "${NAME}" and the like: anybody can
	DIAGNOSE_EMPTY,       // the empty key: anybody can
	DIAGNOSE_NEAR_MISS,   // a misspelling of a winner or a shadowed candidate
	DIAGNOSE_WHATS,       // how many there are
};

// The word of answers and metrics: "winner", "near-miss"; of DIAGNOSE_NOBODY "unknown".
const char *diagnose_what_text(enum diagnose_what what);

// Texts are "" where there is nothing to say.
struct diagnosis_signer {
	enum diagnose_what what;
	const char *app, *key;   // whose value; of a key file its path is the origin
	const char *origin;      // see origin_text, with the place absolute
	const char *dialects;    // of a reading: who reads it so, ", " between
	const char *mistake;     // the code of a near miss, see nearmiss.h
	const char *kid, *state; // of a profile's key
	const char *profile;     // that has the key
	const char *algorithm;   // by which the signature is good: "HS512", or a session's enc
	const char *text, *fix;  // a sentence each
};

struct diagnosis {
	const struct profile *profile; // that judged it, or NULL
	enum token_code code;          // of the judgement; TOKEN_E_KEY_UNUSABLE without a profile
	const char *detail;
	const char *kid, *algorithm; // that the header claims, printable, or NULL
	struct diagnosis_signer signer;
	struct remark_list findings;
	const char *claims; // one JSON object that was read and found good, or NULL
	size_t claims_length;
	bool verified;           // a key of the profile that verifies now signed it
	size_t tried, not_tried; // candidates and forms of them

	struct diagnose_room *room; // diagnose_done's
	struct secret_arena *arena;
};

// Has the last say about a token that is good by its profile: may turn the verdict.
typedef void diagnose_standing(
	const void *owner, const struct profile_rules *rules, struct token_verdict *verdict);

struct diagnose_question {
	const struct keyring *keyring;
	const struct vault_snapshot *vault;
	const char *token;
	size_t length;
	const struct profile *profile; // NULL: the only one that there is, else none judges it
	int64_t now_ms;                // CLOCK_REALTIME
	diagnose_standing *standing;   // or NULL
	const void *owner;             // of standing
	uint64_t cost_us;              // at most, of all tries; 0: DIAGNOSE_COST_MAX_US
	bool signer_only;              // nothing but the signer: for the tries in the background
};

// Diagnoses a token. Texts live in `pool`; claims and what passed through in `arena`, until
// diagnose_done. Nothing in it is a key, or tells more about one than that it signed this token.
// Returns: 0 or -ENOMEM (nothing is to be given back).
int diagnose_token(const struct diagnose_question *question, struct secret_arena *arena,
	struct pool *pool, struct diagnosis *ret_diagnosis) must_check;

// Wipes and gives back; fine on a diagnosis of zeros.
void diagnose_done(struct diagnosis *diagnosis);

#endif
