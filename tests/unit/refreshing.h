// Refresh tokens of one family, by a key of each algorithm.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_REFRESHING_H
#define TESTS_UNIT_REFRESHING_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "tests/forge.h"
#include "verifier/trust/session/refreshtoken.h"

struct secret_arena;

#define REFRESHING_SECRET "a secret of the test, 32 bytes up"
#define REFRESHING_OTHER "another secret of the test, which is no key"
#define REFRESHING_NOW_MS (FORGE_NOW_S * INT64_C(1000) + 250)
#define REFRESHING_WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)
#define REFRESHING_FAMILY "00112233445566778899aabbccddeeff"

// Where keys lie; what reading needs; and what the last call gave.
extern struct secret_arena *refreshing_arena;

extern struct token_scratch refreshing_scratch;

extern struct refreshtoken refreshing_got;

extern struct minted refreshing_minted;

extern struct err refreshing_err;

// A profile of each form, and both.
extern const struct profile_rules refreshing_jwt;

extern const struct profile_rules refreshing_opaque;

extern const struct profile_rules *const refreshing_forms[2];

enum refreshing_algorithm {
	REFRESHING_HS256,
	REFRESHING_HS384,
	REFRESHING_HS512,
	REFRESHING_RS256,
	REFRESHING_EDDSA,
	REFRESHING_PS256,
	REFRESHING_ES256,
	REFRESHING_ALGORITHMS
};

struct refreshing_algorithm_of {
	const char *name, *secret;
	bool is_steady;
};

extern const struct refreshing_algorithm_of refreshing_algorithms[REFRESHING_ALGORITHMS];

// For cmocka: the arena and the pairs.
int refreshing_set_up(void **state);

int refreshing_tear_down(void **state);

// The key of that algorithm, loaded anew; the caller owns it.
struct key *refreshing_key(int algorithm);

// A profile with the key of that algorithm; forge_clear gives it up.
struct profile refreshing_profile(const struct profile_rules *rules, int algorithm);

// A family at that generation, made at REFRESHING_NOW_MS.
struct family refreshing_family(uint64_t generation);

// Mints into refreshing_minted. Returns: what refreshtoken_mint does.
int refreshing_mint(const struct profile *profile, const struct family *family);

// Reads a token into refreshing_got.
enum token_code refreshing_judge_at(
	const struct profile *profile, const char *token, int64_t now_ms);

enum token_code refreshing_judge(const struct profile *profile, const char *token);

#endif
