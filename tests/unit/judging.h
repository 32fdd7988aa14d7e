// Tokens judged by profiles: tables of attacks, an item of the checklist each.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_JUDGING_H
#define TESTS_UNIT_JUDGING_H

#include "verifier/trust/token/token.h"

struct CMUnitTest;

#define JUDGING_SECRET "a secret of the test, 32 bytes up"
#define JUDGING_OTHER "another secret, also 32 bytes long"
#define JUDGING_HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define JUDGING_PAYLOAD "{\"sub\":\"1\"}"
// The control: another header of the same meaning, signed with JUDGING_SECRET.
#define JUDGING_GOOD \
	"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.0f5CdMzef58sY9QtGLEITDbjpjCLan4EZTfkiOtv6EE"

// Where keys lie, what judging needs, and the last verdict.
extern struct secret_arena *judging_arena;
extern struct token_scratch judging_scratch;
extern struct token_verdict judging_verdict;

// Profiles of one rule each; the issuer is "samekey-test", the audiences "api" and
// "https://ws.example/", the required claims exp, sub and role.
extern const struct profile_rules judging_plain, judging_leeway, judging_age, judging_issuer,
	judging_audience, judging_require;

// A token of `header` and `payload` (NULL: the usual ones) signed with JUDGING_SECRET, or `raw` as
// it is.
struct judging_attack {
	const char *name;
	enum token_code code;
	const char *header, *payload, *raw;
	const struct profile_rules *rules; // NULL: judging_plain
};

struct judging_item {
	const char *name;
	const struct judging_attack *attacks;
	size_t count;
};

#define JUDGING_ITEM(name, attacks) \
	{ \
		name, attacks, ARRAY_SIZE(attacks) \
	}

// For cmocka: the arena.
int judging_set_up(void **state);
int judging_tear_down(void **state);

// A profile with the key JUDGING_SECRET; forge_clear gives it up.
struct profile judging_profile(const struct profile_rules *rules);

// Judges at FORGE_NOW_S.
enum token_code judging_judge_bytes(
	const struct profile *profile, const char *token, size_t length);
enum token_code judging_judge(const struct profile *profile, const char *token);

// Fails the test unless the token is judged as the attack says.
void judging_expect(const struct judging_attack *attack, const char *token, size_t length);

// Runs a test an item, and the others. Returns: what main does.
int judging_run(const struct judging_item *items, size_t item_count,
	const struct CMUnitTest *others, size_t other_count);

#endif
