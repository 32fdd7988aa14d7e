// A bundle made of a fuzzer's plan: every field is one that a loader could have set, or nearly, so
// that what reads it gets beyond the first check.
// SPDX-License-Identifier: MIT
#ifndef TESTS_FUZZ_BUNDLES_H
#define TESTS_FUZZ_BUNDLES_H

#include "lib/value/bundle.h"
#include "tests/fuzz/feed.h"

#define BUNDLES_KEYS_MAX 6
#define BUNDLES_CANARY "kAn4rY-0123456789-of-a-bundle" // every value that is one begins so

static inline struct secret bundles_value(struct feed *feed)
{
	static const char *const words[] = {"", "undefined", "changeme", "8080", "\"quoted\"",
		"0123456789abcdef0123456789abcdef", "line\nbreak", "tail\r"};
	size_t pick = feed_pick(feed, ARRAY_SIZE(words) + 3);
	const char *text = NULL;

	if (pick < ARRAY_SIZE(words))
		text = words[pick];
	else if (pick == ARRAY_SIZE(words))
		text = feed_text(feed);
	else
		text = pool_format(feed->pool, BUNDLES_CANARY "%zu", feed_pick(feed, 3));
	return secret_view(text, strlen(text));
}

static inline void bundles_key(struct feed *feed, struct bundle_key *key)
{
	static const char *const names[] = {"AUTH_SECRET", "DATABASE_URL", "JWT_SECRET",
		"NEXTAUTH_SECRET", "NODE_ENV", "PORT", "TOKEN"};
	static const char *const places[] = {".env", "/srv/app/.env.production", ""};
	struct candidate *candidates;

	key->name = feed_word(feed, names, ARRAY_SIZE(names));
	key->flags = (uint32_t)feed_number(feed, 2);
	if (feed_pick(feed, 4)) // flags that no wire carries are for a few
		key->flags &= BUNDLE_KEY_SECRET | BUNDLE_KEY_DECLARED | BUNDLE_KEY_REQUIRED |
			      BUNDLE_KEY_SHARED | BUNDLE_KEY_INJECT | BUNDLE_KEY_BAD;
	key->count = feed_pick(feed, 4);
	candidates = pool_array(feed->pool, key->count + 1, sizeof(*candidates));
	if (!candidates)
		abort();
	for (size_t i = 0; i < key->count; i++) {
		struct candidate *at = &candidates[i];

		at->kind = (enum candidate_kind)(i ? 1 + feed_pick(feed, 2) : feed_pick(feed, 3));
		at->origin.source = (enum source_kind)(1 + feed_pick(feed, SOURCE_KINDS - 1));
		at->origin.place = feed_word(feed, places, ARRAY_SIZE(places));
		at->origin.line = feed_byte(feed);
		at->origin.column = feed_byte(feed);
		at->dialects = at->kind == CANDIDATE_READING ? "dotenv, next" : "";
		at->value = bundles_value(feed);
	}
	key->candidates = candidates;
}

static inline int bundles_compare(const void *a, const void *b)
{
	return strcmp(((const struct bundle_key *)a)->name, ((const struct bundle_key *)b)->name);
}

// Everything lies in the feed's pool.
static inline struct bundle bundles_make(struct feed *feed)
{
	static const char *const apps[] = {"web", "ws-server"};
	static const char *const groups[] = {"shop", "default"};
	static const char *const modes[] = {"production", "test"};
	static struct bundle_allowed allowed[2];
	struct bundle bundle = {.app = feed_word(feed, apps, ARRAY_SIZE(apps)),
		.group = feed_word(feed, groups, ARRAY_SIZE(groups)),
		.mode = feed_word(feed, modes, ARRAY_SIZE(modes)),
		.phase = feed_pick(feed, 8) ? BUNDLE_PHASE_START : BUNDLE_PHASE_BUILD,
		.program = "node server.js",
		.root = "/srv/app",
		.rotation_ms = feed_number(feed, 3),
		.made_at_ms = feed_number(feed, 6),
		.allowed = allowed,
		.allowed_count = feed_pick(feed, 3)};
	struct bundle_key *keys = pool_array(feed->pool, BUNDLES_KEYS_MAX, sizeof(*keys));

	if (!keys)
		abort();
	for (size_t i = 0; i < bundle.allowed_count; i++)
		allowed[i] = (struct bundle_allowed){
			feed_pick(feed, 2) ? "placeholder" : feed_text(feed), ""};
	bundle.key_count = feed_pick(feed, BUNDLES_KEYS_MAX + 1);
	for (size_t i = 0; i < bundle.key_count; i++)
		bundles_key(feed, &keys[i]);
	if (feed_pick(feed, 16))
		qsort(keys, bundle.key_count, sizeof(*keys), bundles_compare);
	bundle.keys = keys;
	return bundle;
}

#endif
