// A search, and what it found, as text.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_SEARCHING_H
#define TESTS_UNIT_SEARCHING_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "lib/wire/scanjob.h"

struct scanreport_place;
struct search;

#define SEARCHING_SEEN_SIZE 8192

// What was told: a line a report, "type key kind form offset line".
struct searching_seen {
	char text[SEARCHING_SEEN_SIZE];
	size_t length, count;
};

// A text as a value, in the arena.
struct secret searching_secret(const char *text);

// Feeds a whole stream, `piece` bytes at a time.
void searching_feed(struct search *search, const struct scanreport_place *place, const void *bytes,
	size_t size, size_t piece);

// Opens a search that tells what it finds to `seen`. Fails the test where it cannot.
struct search *searching_open(const struct scanjob *job, struct searching_seen *seen);

// What a job finds in bytes that come in such pieces.
const char *searching_found_in(
	const struct scanjob *job, const char *path, const void *bytes, size_t size, size_t piece);

// The same of a text in one piece.
const char *searching_found_in_text(const struct scanjob *job, const char *path, const char *text);

// For cmocka: the arena in which values lie.
int searching_set_up(void **state);

int searching_tear_down(void **state);

#endif
