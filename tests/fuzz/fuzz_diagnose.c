// Any token and any secret as a question for a diagnosis: it ends within its bounds, says only
// lines that can be shown, calls nothing verified that no key verifies, and its claims are JSON for
// jansson too. Up to the first newline the bytes are a token, or claims that are signed here;
// behind it a secret that is held.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "tests/forge.h"
#include "verifier/trust/diagnosis/diagnose.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <jansson.h>
#include <sodium.h>

#define SECRET "a secret of the fuzzer, 32 bytes up"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct profile_source source = {
	.app = "web", .key = "KEY", .options = {.label = "KEY"}};
static const struct profile_rules rules = {.name = "p", .sources = &source, .source_count = 1};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void judge(const struct diagnosis *diagnosis)
{
	json_error_t error;
	json_t *claims;

	for (size_t i = 0; i < diagnosis->findings.count; i++)
		require(text_is_line(diagnosis->findings.items[i].text,
			strlen(diagnosis->findings.items[i].text)));
	require(text_is_line(diagnosis->signer.text, strlen(diagnosis->signer.text)));
	require(!diagnosis->verified || diagnosis->signer.what == DIAGNOSE_WINNER);
	require(diagnosis->tried <= DIAGNOSE_TRIES_MAX);
	if (!diagnosis->claims)
		return;
	claims = json_loadb(diagnosis->claims, diagnosis->claims_length,
		JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES, &error);
	// JSON that is shown as it was written, but jansson holds no number of any size, and no NUL
	// in a name
	require(claims ? json_is_object(claims)
		       : json_error_code(&error) == json_error_numeric_overflow ||
				 json_error_code(&error) == json_error_null_byte_in_key);
	json_decref(claims);
}

static void diagnose(struct vault *vault, const char *token, size_t length, struct secret secret)
{
	const struct candidate candidate = {.value = secret, .origin.place = ".env"};
	const struct bundle_key key = {"KEY", BUNDLE_KEY_SECRET, &candidate, 1};
	const struct bundle bundle = {.app = "web", .root = "/", .keys = &key, .key_count = 1};
	struct vault_bundle *held = vault_bundle_new(vault, &bundle, NULL, 0, pool_new());
	struct vault_snapshot *snapshot = held ? vault_prepare(vault, held) : NULL;
	struct keyring *keyring = keyring_new(vault_arena(vault), vault);
	struct pool *pool = pool_new();
	struct diagnose_question question = {.keyring = keyring,
		.vault = snapshot,
		.token = token,
		.length = length,
		.now_ms = FORGE_NOW_S * INT64_C(1000)};
	struct diagnosis diagnosis;

	require(snapshot && keyring && pool &&
		keyring_configure(keyring, &rules, 1, snapshot) == 0 &&
		diagnose_token(&question, vault_arena(vault), pool, &diagnosis) == 0);
	judge(&diagnosis);
	diagnose_done(&diagnosis);
	keyring_free(keyring);
	vault_snapshot_unref(snapshot);
	vault_bundle_unref(held);
	pool_free(pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct vault *vault;
	const char *text = (const char *)bytes, *line = length ? memchr(text, '\n', length) : NULL;
	size_t first = line ? (size_t)(line - text) : length;
	struct secret secret = secret_view(text + first, length - first);
	own_free char *token = NULL;

	require(vault || (sodium_init() >= 0 && vault_open(16u << 20, &vault, NULL) == 0));
	if (secret.length)
		secret = secret_view(line + 1, secret.length - 1);
	if (secret.length > BUNDLE_VALUE_MAX)
		return 0;
	if (first && *text == '{')
		token = forge_signed_bytes("{\"alg\":\"HS256\"}", 15, text, first, SECRET);
	diagnose(vault, token ? token : text, token ? strlen(token) : first, secret);
	return 0;
}
