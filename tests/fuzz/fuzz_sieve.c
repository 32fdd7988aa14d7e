// Any values and any text to be shown: where a plain search finds one of them, the sieve does,
// too, and it finds each as it is printed; only what everybody knows is let through.
// SPDX-License-Identifier: MIT
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/placeholder.h"
#include "lib/value/sieve.h"
#include "tests/fuzz/feed.h"

#define VALUES_MAX 6

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct sieve *open_sieve(void)
{
	static struct secret_arena *arena;
	struct sieve *sieve = NULL;

	if ((!arena && secret_arena_open(NULL, &arena, NULL) < 0) || !(sieve = sieve_new(arena)))
		abort();
	return sieve;
}

static void add(struct sieve *sieve, const char *value)
{
	if (sieve_add(sieve, secret_view(value, strlen(value))))
		abort();
}

// Whether everybody may see the value: it is short, or known.
static bool is_public(const char *value)
{
	static struct sieve *alone;

	if (!alone)
		alone = open_sieve();
	sieve_clear(alone);
	add(alone, value);
	return !sieve_holds(alone, value, strlen(value));
}

static void check_public(const char *value)
{
	const struct secret secret = secret_view(value, strlen(value));
	char shown[1024];

	if (is_public(value)) {
		if (secret.length >= 16 && !placeholder_is_known(secret) &&
			!placeholder_is_undefined_text(secret))
			abort();
		return;
	}
	(void)text_printable(shown, sizeof(shown), value);
	// what is shown of it may be a placeholder where the value is none
	if (strlen(value) < sizeof(shown) / 4 &&
		!placeholder_is_known(secret_view(shown, strlen(shown)))) {
		static struct sieve *alone;

		if (!alone)
			alone = open_sieve();
		sieve_clear(alone);
		add(alone, value);
		if (!sieve_holds(alone, shown, strlen(shown)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct sieve *sieve;
	own(pool_release) struct pool *pool = pool_new();
	struct feed feed = {bytes, size, pool};
	const char *values[VALUES_MAX], *text;
	size_t length, count = feed_pick(&feed, VALUES_MAX + 1);
	bool expected = false;

	if (!sieve)
		sieve = open_sieve();
	sieve_clear(sieve);
	for (size_t i = 0; i < count; i++) {
		values[i] = feed_text(&feed);
		add(sieve, values[i]);
		check_public(values[i]);
	}
	text = (const char *)feed_rest(&feed, &length);
	for (size_t i = 0; i < count; i++)
		expected |=
			!is_public(values[i]) && memmem(text, length, values[i], strlen(values[i]));
	if (expected && !sieve_holds(sieve, text, length))
		abort();
	return 0;
}
