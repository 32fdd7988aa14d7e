// The bytes of a fuzzer as a plan: picks, numbers and texts, taken one after the other. Behind the
// end every pick is 0 and every text empty, so that any bytes, and any prefix of them, are a plan.
// SPDX-License-Identifier: MIT
#ifndef TESTS_FUZZ_FEED_H
#define TESTS_FUZZ_FEED_H

#include "lib/base/base.h"
#include "lib/base/pool.h"

struct feed {
	const uint8_t *at;
	size_t left;
	struct pool *pool; // where texts lie
};

static inline uint8_t feed_byte(struct feed *feed)
{
	if (!feed->left)
		return 0;
	feed->left--;
	return *feed->at++;
}

// A number below `count`, which is at most 256.
static inline size_t feed_pick(struct feed *feed, size_t count)
{
	return feed_byte(feed) % count;
}

// A number of so many bytes, as it stands there.
static inline uint64_t feed_number(struct feed *feed, size_t bytes)
{
	uint64_t number = 0;

	while (bytes-- > 0)
		number = number << 8 | feed_byte(feed);
	return number;
}

// What stands before the next NUL; ended by one.
static inline const char *feed_text(struct feed *feed)
{
	const uint8_t *end = feed->left ? memchr(feed->at, '\0', feed->left) : NULL;
	size_t length = end ? (size_t)(end - feed->at) : feed->left;
	const char *text = pool_text(feed->pool, (const char *)feed->at, length);

	if (!text)
		abort();
	length += end != NULL;
	feed->at += length;
	feed->left -= length;
	return text;
}

// One of the words, or with 0 a text of the plan's own.
static inline const char *feed_word(struct feed *feed, const char *const *words, size_t count)
{
	size_t pick = feed_pick(feed, count + 1);

	return pick ? words[pick - 1] : feed_text(feed);
}

// All that is left.
static inline const uint8_t *feed_rest(struct feed *feed, size_t *ret_size)
{
	const uint8_t *at = feed->at;

	*ret_size = feed->left;
	feed->at += feed->left;
	feed->left = 0;
	return at;
}

#endif
