// Any bytes as a refresh token: one that is read says what it would be written as. Bytes are one as
// they are; what stands before the MAC of an opaque one; and, when they begin with a brace, the
// claims of a JWT.
// SPDX-License-Identifier: MIT
#include "verifier/trust/session/refreshtoken.h"

#include "tests/forge.h"
#include "verifier/trust/form/base64url.h"
#include "verifier/trust/token/mint.h"

#define SECRET "a secret of the fuzzer, 32 bytes up"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct profile_rules rules[] = {
	{.name = "jwt"}, {.name = "opaque", .format = PROFILE_OPAQUE}};
static struct profile profiles[ARRAY_SIZE(rules)];

static void open_profiles(void)
{
	struct secret_arena *arena;

	if (secret_arena_open(NULL, &arena, NULL) < 0)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		profiles[i].rules = &rules[i];
		forge_add(&profiles[i], forge_key(arena, SECRET, NULL, NULL), KEY_ACTIVE);
	}
}

static void check(const struct profile *profile, const char *token, size_t length)
{
	static struct token_scratch scratch;
	struct refreshtoken read;
	struct family family = {0};
	char jti[REFRESHTOKEN_JTI_MAX], written[REFRESHTOKEN_JTI_MAX + 8];

	if (refreshtoken_read(profile, token, length, FORGE_NOW_S * INT64_C(1000), &scratch,
		    &read) != TOKEN_OK)
		return;
	memcpy(family.id, read.family, sizeof(family.id));
	family.generation = read.generation;
	if (!refreshtoken_jti_write(&family, false, jti))
		abort();
	(void)snprintf(written, sizeof(written), read.claims ? "\"%s\"" : "skr1.%s.", jti);
	if (read.claims ? !memmem(read.claims, read.claims_length, written, strlen(written))
			: memcmp(token, written, strlen(written)) != 0)
		abort();
}

static void check_signed(const char *input, size_t length)
{
	uint8_t mac[ALGORITHM_SIGNATURE_MAX];
	own_free char *token = NULL;
	size_t size;

	if (key_sign(profiles[1].keys[0].key, input, length, mac, &size) < 0)
		abort();
	token = malloc(length + 1 + base64url_encoded_size(size));
	if (!token)
		abort();
	memcpy(token, input, length);
	token[length] = '.';
	base64url_encode(mac, size, token + length + 1);
	check(&profiles[1], token, length + 1 + base64url_encoded_size(size));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes;
	own_free char *token = NULL;

	if (!profiles[0].usable)
		open_profiles();
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		check(&profiles[i], text, length);
	if (!length)
		return 0;
	check_signed(text, length);
	if (*text != '{')
		return 0;
	token = forge_signed_bytes("{\"alg\":\"HS256\"}", 15, text, length, SECRET);
	check(&profiles[0], token, strlen(token));
	return 0;
}
