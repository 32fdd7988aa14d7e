// Custody of bundles: takes one from a peer, has it judged, and keeps it as long as its process
// lives. Joins vault (values), registry (records) and the loop (process ends). Knows no protocol.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_CUSTODY_H
#define VERIFIER_DOOR_CUSTODY_H

#include "lib/base/base.h"
#include "verifier/door/keepsake.h"
#include "verifier/record/registry.h"

struct custody;
struct diag;
struct fingerprint_key;
struct log;
struct loop;
struct peer;
struct pool;
struct throttle;
struct vault;
struct vault_bundle;

// All borrowed; they outlive the custody.
struct custody_parts {
	struct loop *loop;
	struct vault *vault;
	struct registry *registry;
	const struct fingerprint_key *key;
	const struct log *log;
	struct throttle *throttle;
	// Before `changed`: has forgotten what is left of an app, whose offer `stood` or that has
	// none. Returns: whether anything was. Or NULL.
	bool (*withdrawn)(void *owner, const char *app, bool stood);
	void (*changed)(void *owner); // the set of bundles is another now; or NULL
	keepsake_tell *keep;          // has bundles kept over a restart; or NULL
	void *owner;
};

// Makes a custody that holds nothing; the caller owns it.
// Returns: the custody, or NULL when memory is short.
struct custody *custody_new(const struct custody_parts *parts) must_check;
struct custody *custody_free(struct custody *custody); // NULL is fine; returns NULL

// What a verdict says.
struct custody_verdict {
	enum registry_result result;
	const struct registry_key *keys; // of the bundle, in its order; in the pool given
};

// Of a bundle that was held before a restart of ours.
struct custody_past {
	const char *kept_as; // see keepsake.h
	uint64_t offered_ms, generation;
};

// What is offered, and by whom; all stays the caller's.
struct custody_offer {
	struct vault_bundle *bundle;
	enum registry_hold hold;
	const struct peer *peer;
	int memfd;                       // the sealed one that it came in, or -1
	const struct custody_past *past; // NULL: it is new
};

// Judges a bundle and, unless it is refused, keeps a reference to it. Findings go to `diag`,
// records to `pool`.
// Returns: 0 (see ret_verdict), or -ENOMEM (nothing was changed).
int custody_offer(struct custody *custody, const struct custody_offer *offered, struct diag *diag,
	struct pool *pool, struct custody_verdict *ret_verdict) must_check;

enum custody_withdrawal { CUSTODY_WITHDRAWN, CUSTODY_E_ABSENT, CUSTODY_E_NOT_OWNER };

// Forgets the standing offers of an app, that of a build too, for its owner, and what is left of
// ended ones.
// Returns: an enum custody_withdrawal.
int custody_withdraw(struct custody *custody, const char *app, const struct peer *peer) must_check;

#endif
