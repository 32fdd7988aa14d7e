// What became of tokens since the start: by profile and code, by the key that verified them, and
// how long it took. What a stranger sends names nothing here: labels come from samekeyd.ini and
// from the keys, and are bounded.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_TALLY_H
#define VERIFIER_DOOR_API_TALLY_H

#include "lib/base/base.h"
#include "verifier/trust/token/profile.h"
#include "verifier/trust/token/token.h"

#define TALLY_PROFILES_MAX \
	128               // names, those of earlier settings included; further ones are not told
#define TALLY_KEYS_MAX 32 // of one profile, since the start; likewise
#define TALLY_TIMES 10    // bounds of durations; what is longer than the last one has a place too

// Upper bounds in nanoseconds, ascending.
extern const uint64_t tally_bounds[TALLY_TIMES];

// A key with the state that it had when it verified.
struct tally_key {
	char name[KEY_ID_MAX + 1];
	enum key_state state;
	uint64_t tokens;
};

struct tally_profile {
	char name[PROFILE_NAME_MAX + 1];
	uint64_t codes[TOKEN_CODES]; // tokens, by enum token_code
	uint64_t issued;
	struct tally_key keys[TALLY_KEYS_MAX];
	size_t key_count;
};

// Zero is nothing yet.
struct tally {
	struct tally_profile *profiles[TALLY_PROFILES_MAX];
	size_t count;
	uint64_t times[TALLY_TIMES + 1]; // tokens by how long they took, each in one place
	uint64_t spent_ns;
};

// Frees what it holds.
void tally_done(struct tally *tally);

// Counts a token that was judged. `key`: what verified it, by its name, or NULL.
void tally_token(struct tally *tally, const char *profile, enum token_code code, const char *key,
	enum key_state state, uint64_t spent_ns);

// Counts a token that was minted.
void tally_issued(struct tally *tally, const char *profile);

#endif
