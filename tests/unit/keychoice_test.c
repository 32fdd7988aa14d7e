// Which of several key pairs are tried for a token whose kid is a thumbprint: all, that one first.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/keychoice.h"

#include "tests/forge.h"
#include "tests/unit/pairs.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"
#include "verifier/trust/token/token.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define PAIRS 2

// A token of RS256 whose kid is the thumbprint of `named`, on the heap.
static char *signed_by(const struct key *key, const struct key *named)
{
	own_free char *header = NULL, *first = NULL, *second = NULL, *input = NULL, *third = NULL;
	uint8_t signature[ALGORITHM_SIGNATURE_MAX];
	size_t size;
	char *token;

	if (asprintf(&header, "{\"alg\":\"RS256\",\"kid\":\"%s\"}", key_id(named)) < 0)
		abort();
	first = forge_part(header, strlen(header));
	second = forge_part("{}", 2);
	if (asprintf(&input, "%s.%s", first, second) < 0)
		abort();
	assert_int_equal(key_sign(key, input, strlen(input), signature, &size), 0);
	third = forge_part(signature, size);
	if (asprintf(&token, "%s.%s", input, third) < 0)
		abort();
	return token;
}

static void a_thumbprint_says_what_to_try_first(void **state)
{
	static const enum pairs_kind kinds[PAIRS] = {PAIRS_RSA_2048, PAIRS_RSA_2056};
	static const struct profile_rules rules = {.name = "pairs"};
	const struct token_options options = {.now_ms = FORGE_NOW_S * INT64_C(1000)};
	static struct token_scratch scratch;
	struct profile profile = {.rules = &rules};

	(void)state;
	for (size_t i = 0; i < PAIRS; i++)
		forge_add(&profile, pairs_load(kinds[i], PAIRS_PRIVATE, "RS256"), KEY_ACTIVE);
	for (size_t i = 0; i < PAIRS * PAIRS; i++) {
		const struct profile_key *signer = &profile.keys[i / PAIRS];
		const struct profile_key *named = &profile.keys[i % PAIRS];
		own_free char *token = signed_by(signer->key, named->key);
		struct token_verdict verdict;

		token_verify(&profile, token, strlen(token), &options, &scratch, &verdict);
		if (verdict.code != TOKEN_OK || verdict.key != signer)
			fail_msg("signed by %zu, named %zu: %s", i / PAIRS, i % PAIRS,
				verdict.detail);
	}
	forge_clear(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thumbprint_says_what_to_try_first),
		cmocka_unit_test(pairs_leave_nothing),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, pairs_set_up, pairs_tear_down);
}
