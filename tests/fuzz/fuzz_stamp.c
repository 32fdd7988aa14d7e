// Any bytes as a stamp, as they are and made authentic: reading comes back, and what it takes is
// written and read again as the same.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "loader/inspect/built/stamp.h"

#include <jansson.h>
#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

// What is read, written again; the caller frees it. NULL: it was not taken.
static char *rewrite(const char *bytes, size_t length, const struct fingerprint_key *key)
{
	own(pool_release) struct pool *pool = pool_new();
	struct stamp stamp;
	char *text = NULL;

	if (!pool || stamp_codec_decode(bytes, length, key, pool, &stamp, NULL) != 0 ||
		stamp_codec_encode(&stamp, key, &text, NULL) < 0)
		return NULL;
	return text;
}

static void read_bytes(const char *bytes, size_t length, const struct fingerprint_key *key)
{
	char *text = rewrite(bytes, length, key);
	char *again = text ? rewrite(text, strlen(text), key) : NULL;

	if (text && (!again || strcmp(text, again) != 0))
		abort();
	free(text);
	free(again);
}

// The same object with the key's id and a code that fits.
static void read_authentic(const uint8_t *bytes, size_t length, const struct fingerprint_key *key)
{
	json_t *json = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
	own_free char *canonical = NULL, *text = NULL;
	uint8_t code[FINGERPRINT_STAMP_BYTES];
	char hex[2 * sizeof(code) + 1];

	(void)json_object_del(json, "mac");
	if (json_object_set_new(json, "key_id", json_string(fingerprint_key_id(key))) == 0)
		canonical = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	if (canonical) {
		fingerprint_stamp(key, canonical, strlen(canonical), code);
		(void)sodium_bin2hex(hex, sizeof(hex), code, sizeof(code));
		if (json_object_set_new(json, "mac", json_string(hex)) == 0)
			text = json_dumps(json, JSON_COMPACT);
	}
	json_decref(json);
	if (text)
		read_bytes(text, strlen(text), key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct fingerprint_key *key;
	static struct secret_arena *arena;

	if (!key && (sodium_init() < 0 || secret_arena_open(NULL, &arena, NULL) < 0 ||
			    fingerprint_key_open(NULL, arena, &key, NULL) < 0))
		return 0;
	read_bytes((const char *)bytes, length, key);
	read_authentic(bytes, length, key);
	return 0;
}
