// Reads them as a profile does.
// SPDX-License-Identifier: MIT
#include "tests/unit/jwkread.h"

#include "lib/base/err.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/jwk.h"
#include "verifier/trust/key/key.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct secret_arena *jwkread_arena;

int jwkread_load(const char *jwk, const char *algorithm, struct key *ret_keys[static KEY_SET_MAX],
	size_t *ret_count, struct err *err)
{
	const struct key_options options = {.encoding = KEY_JWK,
		.label = "SIGNING_JWK",
		.algorithm = algorithm ? algorithm_find(algorithm, strlen(algorithm)) : NULL};

	return key_load(
		secret_view(jwk, strlen(jwk)), &options, jwkread_arena, ret_keys, ret_count, err);
}

struct key *jwkread_load_good(const char *jwk, const char *algorithm)
{
	struct err err = ERR_NONE;
	struct key *keys[KEY_SET_MAX];
	size_t count = 0;
	int result = jwkread_load(jwk, algorithm, keys, &count, &err);

	if (result != KEY_OK)
		fail_msg("%s: %s", jwk, err.what);
	assert_int_equal(count, 1);
	return keys[0];
}
