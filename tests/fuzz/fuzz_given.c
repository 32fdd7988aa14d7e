// Any text as SAMEKEY_RUN, as it is and behind the head of our own key: reading comes back, and
// holds nothing against a value that was not given; what is written is known again.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "lib/value/fingerprint.h"
#include "loader/resolve/given.h"
#include "tests/fuzz/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct fingerprint_key *key;

static const struct given *read_text(const char *text, struct pool *pool)
{
	const struct given *given;

	if (given_read(text, key, pool, &given))
		abort();
	return given;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct secret_arena *arena;
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, size, pool};
	const char *text = feed_text(&feed), *value = feed_text(&feed);
	const struct secret secret = secret_view(value, strlen(value));
	char *written;

	if (!key && (secret_arena_open(NULL, &arena, NULL) < 0 ||
			    fingerprint_key_open(NULL, arena, &key, NULL) < 0))
		abort();
	(void)given_has(read_text(text, pool), key, "K", secret);
	(void)given_has(
		read_text(pool_format(pool, "1:%s:%s", fingerprint_key_id(key), text), pool), key,
		"K", secret);
	written = given_begin(key, 1, pool);
	(void)given_append(written + strlen(written), key, "K", secret);
	written = strchr(written, '=') + 1;
	if (!given_has(read_text(written, pool), key, "K", secret))
		abort();
	// a hash of 32 bits is met by chance alone
	if (given_has(read_text(written, pool), key, "OTHER", secret))
		abort();
	return 0;
}
