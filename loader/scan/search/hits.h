// The places where values stand, until it is known which of those that overlap is meant.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_HITS_H
#define LOADER_SCAN_SEARCH_HITS_H

#include "lib/base/base.h"

struct pattern;
struct scanjob;

struct hit {
	uint64_t start, end; // in the stream
	const struct pattern *pattern;
	bool settled;
};

struct hits {
	struct hit *items;
	size_t count, room;
	uint64_t longest; // bytes of any hit
};

// Remembers a place.
// Returns: 0 or -ENOMEM.
int hits_add(struct hits *hits, const struct hit *hit) must_check;

// Gives the places that end at `until` at the latest, in the order of their starts; all that may
// overlap them must have been added. Of those of one key that overlap only one is given: the one
// with more of a value without the quotes around it, then that of the better kind, then the longer
// one, then the earlier one.
typedef void hits_taker(void *user, const struct hit *hit);
void hits_settle(struct hits *hits, const struct scanjob *job, uint64_t until, hits_taker *taker,
	void *user);

// Frees what it holds.
void hits_clear(struct hits *hits);

#endif
