// Two bundles, one key: do they disagree, and is it a rotation or a conflict? It is a rotation
// where both values come from one place, which holds another by now, or where the KEY_PREVIOUS
// of one is what the other holds.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_COMPARE_H
#define VERIFIER_RECORD_COMPARE_H

#include "verifier/record/registry.h"

#define COMPARE_PREVIOUS "_PREVIOUS" // KEY_PREVIOUS holds what KEY held before

enum compare_stale { COMPARE_NOBODY, COMPARE_OLDER, COMPARE_NEWER };

struct compare_result {
	enum registry_kind kind;
	enum finding finding; // drift-app, drift-shared, rotation, build-drift or build-drift-fail
	bool shared;          // shared = yes on one side
	enum compare_stale stale; // who holds the value that is being replaced
};

// Compares one key of two bundles of which `newer` was offered last. Says nothing about bundles
// that have no business with each other: see compare_concerns.
// Returns: whether they disagree.
bool compare_key(const struct registry_entry *older, const struct registry_key *older_key,
	const struct registry_entry *newer, const struct registry_key *newer_key,
	struct compare_result *ret_result);

// Whether --allow let this bundle pass in spite of the finding.
bool compare_allows(const struct registry_entry *entry, enum finding finding, const char *key);

// Whether two bundles are compared at all: start with start in one group, build with the start of
// the same app that came after it.
bool compare_concerns(const struct registry_entry *older, const struct registry_entry *newer);

// Whether both values come from one place: the same file of the same kind of source, or the
// environment itself in both.
bool compare_same_origin(struct origin a, struct origin b);

// Whether two keys that have a value hold the same one.
bool compare_equal(const struct registry_key *a, const struct registry_key *b);

// How a sentence names a key's value: by its fingerprint, or "a weak value".
const char *compare_value_text(const struct registry_key *key);

// A key of an entry by name.
// Returns: the key, or NULL.
const struct registry_key *compare_find(const struct registry_entry *entry, const char *name);

// The same for names that come in order: goes on from `at`, which is 0 at first, to the one of that
// name. Returns: it, or NULL.
const struct registry_key *compare_advance(
	const struct registry_entry *entry, size_t *at, const char *name);

#endif
