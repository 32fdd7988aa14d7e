// Makes tokens, good and bad.
// SPDX-License-Identifier: MIT
#include "tests/forge.h"

#include "lib/base/secret.h"
#include "verifier/trust/key/algorithm.h"
#include "verifier/trust/token/jwe.h"
#include "verifier/trust/token/profile.h"

#include <sodium.h>

static void *checked(void *at)
{
	if (!at)
		abort();
	return at;
}

char *forge_part(const void *bytes, size_t length)
{
	const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	size_t size = sodium_base64_encoded_len(length, variant);
	char *part = checked(malloc(size));

	return sodium_bin2base64(part, size, bytes, length, variant);
}

char *forge_raw(const char *header_part, const char *payload_part, const char *secret)
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	own_free char *input = NULL, *mac_part = NULL;
	char *token;

	if (asprintf(&input, "%s.%s", header_part, payload_part) < 0)
		abort();
	crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret, strlen(secret));
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)input, strlen(input));
	crypto_auth_hmacsha256_final(&state, mac);
	mac_part = forge_part(mac, sizeof(mac));
	if (asprintf(&token, "%s.%s", input, mac_part) < 0)
		abort();
	return token;
}

char *forge_signed_bytes(const char *header, size_t header_length, const char *payload,
	size_t length, const char *secret)
{
	own_free char *first = forge_part(header, header_length);
	own_free char *second = forge_part(payload, length);

	return forge_raw(first, second, secret);
}

char *forge_signed(const char *header, const char *payload, const char *secret)
{
	return forge_signed_bytes(header, strlen(header), payload, strlen(payload), secret);
}

struct key *forge_key(
	struct secret_arena *arena, const char *secret, const char *algorithm, const char *kid)
{
	const struct key_options options = {
		.encoding = KEY_TEXT,
		.algorithm = algorithm ? algorithm_find(algorithm, strlen(algorithm)) : NULL,
		.kid = kid,
		.label = "JWT_SECRET",
	};
	struct key *keys[KEY_SET_MAX];
	size_t count;

	if (key_load(secret_view(secret, strlen(secret)), &options, arena, keys, &count, NULL) !=
			KEY_OK ||
		count != 1)
		abort();
	return keys[0];
}

void forge_add(struct profile *profile, struct key *key, unsigned state)
{
	profile->keys[profile->key_count++] = (struct profile_key){
		.key = key, .state = (enum key_state)state, .label = key_label(key)};
	profile->usable = true;
}

void forge_clear(struct profile *profile)
{
	for (size_t i = 0; i < profile->key_count; i++) {
		profile->keys[i].key = key_free(profile->keys[i].key);
		for (size_t j = 0; j < PROFILE_COOKIES_MAX; j++)
			profile->keys[i].sessions[j] = jwe_key_free(profile->keys[i].sessions[j]);
	}
	profile->key_count = 0;
}
