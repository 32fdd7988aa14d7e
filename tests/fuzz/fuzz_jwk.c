// Any bytes as a key in every encoding: loading comes back, and what it takes verifies what it
// signed and nothing shorter.
// SPDX-License-Identifier: MIT
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/key/key.h"

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void use(struct key *key)
{
	uint8_t signature[ALGORITHM_SIGNATURE_MAX];
	own_free char *public = key_public_jwk(key);
	size_t size = 0;

	if (key_can_sign(key) && (key_sign(key, "a.b", 3, signature, &size) ||
					 !key_verifies(key, "a.b", 3, signature, size) ||
					 key_verifies(key, "a.b", 3, signature, size - 1)))
		abort();
	if (!public != (key_algorithm(key)->family == ALGORITHM_HMAC))
		abort();
	key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char *const algorithms[] = {"HS256", "RS256", "PS384", "ES256", "EdDSA"};
	own(secret_arena_release) struct secret_arena *arena = NULL;
	size_t count, which = length ? bytes[length - 1] % (ARRAY_SIZE(algorithms) + 1) : 0;

	if (sodium_init() < 0 || secret_arena_open(&(struct secret_options){0}, &arena, NULL))
		return 0;
	for (int encoding = KEY_TEXT; encoding <= KEY_PEM; encoding++) {
		struct key_options options = {.encoding = (enum key_encoding)encoding};
		struct key *keys[KEY_SET_MAX];

		if (which < ARRAY_SIZE(algorithms))
			options.algorithm =
				algorithm_find(algorithms[which], strlen(algorithms[which]));
		if (key_load(secret_view(bytes, length), &options, arena, keys, &count, NULL))
			continue;
		for (size_t i = 0; i < count; i++)
			use(keys[i]);
	}
	return 0;
}
