// A bundle that the registry holds, in memory of its own, and lists of such bundles.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_KEPT_H
#define VERIFIER_RECORD_KEPT_H

#include "verifier/record/registry.h"

struct pool;

struct kept {
	struct registry_entry entry; // first: an entry is given out as a pointer to it
	struct pool *pool;           // where all that the entry points at lives
	bool stale;                  // as of the last drifts_find
};

// Copies an offer, as of `now_ms` on the caller's monotonic clock; the caller owns the copy. Its id
// and generation are 0: the registry gives them.
// Returns: 0 or -ENOMEM.
int kept_new(const struct registry_offer *offer, uint64_t now_ms, struct kept **ret_kept)
	must_check;
struct kept *kept_free(struct kept *kept); // NULL is fine; returns NULL
void kept_release(struct kept **kept);     // for own()

// Bundles in the order they came; the list owns them. Zero is an empty one.
struct kept_list {
	struct kept **items;
	size_t count, room;
};

// Makes room for one more, which the caller then puts at items[count++].
// Returns: 0 or -ENOMEM.
int kept_list_reserve(struct kept_list *list) must_check;

// Takes the bundle at `index` off the list.
// Returns: the bundle; the caller owns it.
struct kept *kept_list_cut(struct kept_list *list, size_t index);

// Frees the bundles and the list's memory.
void kept_list_done(struct kept_list *list);

#endif
