// A view of bytes that somebody else owns, and the questions that every reader asks of one.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SPAN_H
#define LOADER_READ_DIALECTS_SPAN_H

#include "lib/base/base.h"

struct span {
	const uint8_t *at;
	size_t length;
};

// The bytes from `from` up to `end`, which is not part of it.
static inline struct span span_between(const uint8_t *from, const uint8_t *end)
{
	return (struct span){from, (size_t)(end - from)};
}

// The bytes of a C string.
static inline struct span span_of(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

// The first byte that is no part of it.
static inline const uint8_t *span_end(struct span span)
{
	return span.at + span.length;
}

// Byte for byte comparisons.
static inline bool span_equal(struct span a, struct span b)
{
	return a.length == b.length && (!a.length || memcmp(a.at, b.at, a.length) == 0);
}
static inline bool span_is(struct span span, const char *text)
{
	return span_equal(span, span_of(text));
}
static inline bool span_starts(struct span span, const char *prefix)
{
	size_t length = strlen(prefix);

	return span.length >= length && memcmp(span.at, prefix, length) == 0;
}

// Where a byte first stands.
// Returns: its place, or NULL.
static inline const uint8_t *span_find(struct span span, uint8_t byte)
{
	return span.length ? memchr(span.at, byte, span.length) : NULL;
}

// What is left after the first `count` bytes, which must be there.
static inline struct span span_after(struct span span, size_t count)
{
	return (struct span){span.at + count, span.length - count};
}

// The end of the line that `at` stands in: its '\n', or `end`.
static inline const uint8_t *span_line_end(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

	return newline ? newline : end;
}

#endif
