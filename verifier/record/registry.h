// The drift registry: which bundles there are, who owns which app, and where two of them disagree.
// Holds outcomes (origins, fingerprints, 256-bit equality hashes), never a value; sees no socket
// and no clock: the caller brings both.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_REGISTRY_H
#define VERIFIER_RECORD_REGISTRY_H

#include "lib/base/base.h"
#include "lib/base/diag.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/fingerprint.h"
#include "lib/value/origin.h"

#include <sys/types.h>

struct refusals;
struct registry;

#define REGISTRY_APPS_MAX 1000 // names that are remembered with their owner (owners.h)

// Keys of all living bundles: each is compared with those of the others, so that more of them would
// hold up everybody.
#define REGISTRY_KEYS_MAX 100000

// ---- what is known of a bundle

struct registry_candidate {
	enum candidate_kind kind;
	struct origin origin; // place: absolute, or "" for the environment itself
	bool differs;         // from the winner
	bool empty;           // it has no byte, so it disagrees with nobody
};

struct registry_key {
	const char *name;
	uint32_t flags; // enum bundle_key_flag
	bool has_value; // there is a winner; what follows is its
	uint32_t length;
	uint8_t equality[FINGERPRINT_EQUALITY_BYTES];
	char fingerprint[FINGERPRINT_TEXT_SIZE]; // or "weak"
	struct origin origin;
	const struct registry_candidate *others; // the candidates that the winner beat
	size_t other_count;
	uint64_t held_since_ms; // since when this app holds this value; the registry fills it in
};

enum registry_hold {
	REGISTRY_PROCESS,  // live until its process ends
	REGISTRY_STANDING, // live until it is replaced or withdrawn
};

// A bundle as it is offered: all but the value. Texts and lists are copied.
struct registry_offer {
	const struct bundle *bundle; // its texts, allowances and times; values are not looked at
	const struct registry_key *keys; // bundle->key_count, in the same order
	enum registry_hold hold;
	uid_t uid;
	gid_t gid;
	pid_t pid; // 0: unknown
	// Of one that was accepted before a restart: it is not judged again, but for whose name it
	// is. 0: a new one.
	uint64_t past_generation;
};

enum registry_life { REGISTRY_LIVE, REGISTRY_STALE, REGISTRY_DEAD };

// A bundle that is held; views live until the next change of the registry.
struct registry_entry {
	uint64_t id; // never used again
	const char *app, *group, *mode, *program;
	enum bundle_phase phase;
	enum registry_hold hold;
	bool dead;
	uid_t uid;
	gid_t gid;
	pid_t pid;
	uint64_t offered_ms; // on the caller's monotonic clock
	uint64_t rotation_ms;
	uint64_t generation;             // of the registry when it came
	const struct registry_key *keys; // sorted by name
	size_t key_count;
	const struct bundle_allowed *allowed;
	size_t allowed_count;
};

// ---- what disagrees

enum registry_kind {
	REGISTRY_APP,      // apps of a group hold different values
	REGISTRY_ROTATION, // one still holds the older value of the same origin
	REGISTRY_BUILD,    // the build used another value than the start
};

struct registry_drift {
	enum registry_kind kind;
	enum finding finding; // as of now: drift-app, drift-shared, rotation, rotation-late, ...
	enum diag_severity severity; // the finding's, or a warning once it is allowed
	bool allowed;                // by --allow of one side
	bool shared;                 // shared = yes on one side
	bool fails;                  // [drift] fail names it: not ready while it lasts
	const struct registry_entry *older, *newer; // of a build drift: build and start
	const struct registry_entry *stale; // which of the two to restart; NULL: nobody knows
	const struct registry_key *older_key, *newer_key;
};

// ---- how it is set up

// [app NAME]
struct registry_app {
	const char *name;
	bool has_uid, has_gid; // without both: whoever offers first
	uid_t uid;
	gid_t gid;
	const char *where; // the line that says so: "samekeyd.ini:20", or NULL
	bool expected;     // not ready without it
};

// [drift] fail: a finding, perhaps of one key only.
struct registry_fail {
	enum finding finding;
	const char *key; // NULL: every key
};

// Borrowed by the registry until it is given others.
struct registry_rules {
	const struct registry_app *apps;
	size_t app_count;
	const struct registry_fail *fails;
	size_t fail_count;
	uint64_t live_max, dead_max; // bundles
};

// ---- what it does

// Makes an empty registry; the caller owns it.
// Returns: the registry, or NULL when memory is short.
struct registry *registry_new(const struct registry_rules *rules) must_check;
struct registry *registry_free(struct registry *registry); // NULL is fine; returns NULL

// Takes other rules; what is held stays.
void registry_change(struct registry *registry, const struct registry_rules *rules);

// The rules as they are.
const struct registry_rules *registry_rules(const struct registry *registry);

enum registry_result {
	REGISTRY_ACCEPTED,
	REGISTRY_E_REFUSED, // an error among the findings; noted, and nothing was changed
	REGISTRY_E_FULL,    // of bundles, keys or names that live; nothing was changed
};

// Judges an offer and, unless it is refused, keeps it. Findings about it go to `diag`; errors that
// the bundle allows become warnings.
// Returns: an enum registry_result, or -ENOMEM (nothing was changed).
int registry_offer(struct registry *registry, const struct registry_offer *offer, uint64_t now_ms,
	struct diag *diag, uint64_t *ret_id) must_check;

// Whether a peer may speak for an app: it owns the name, or nobody does.
bool registry_may_offer(const struct registry *registry, const char *app, uid_t uid, gid_t gid);

// Writes whose an app's name is: "uid 1001 (samekeyd.ini:20)", "uid 1001, who offered it first".
// Returns: whether samekeyd.ini says so.
#define REGISTRY_OWNER_SIZE 512
bool registry_owner(
	const struct registry *registry, const char *app, char out[static REGISTRY_OWNER_SIZE]);

// The process of a bundle ended: it is shown, but refuses nobody. An id that is gone is fine.
void registry_mark_dead(struct registry *registry, uint64_t id);

// Forgets a standing offer of an app, which has one a phase at most.
// Returns: whether there was one; its id in ret_id.
bool registry_withdraw(struct registry *registry, const char *app, uint64_t *ret_id) must_check;

// ---- what it says

// Grows by one with every change.
uint64_t registry_generation(const struct registry *registry);

// The bundles: living ones in the order they came, then dead ones.
size_t registry_size(const struct registry *registry);
const struct registry_entry *registry_at(const struct registry *registry, size_t index);
const struct registry_entry *registry_by_id(const struct registry *registry, uint64_t id);

// The newest bundle of an app and phase, dead or alive, that came before `before` (NULL: of all).
// What a former owner of the name left is none of it.
// Returns: the bundle, or NULL.
const struct registry_entry *registry_newest(const struct registry *registry, const char *app,
	enum bundle_phase phase, const struct registry_entry *before);

// Whether a bundle takes the place of another: of a standing offer of its app and phase, or of what
// the same process offered for it before.
bool registry_replaces(const struct registry_entry *bundle, const struct registry_entry *other);

// Whether a bundle lives, is stale (another holds the newer value of a key) or is dead.
enum registry_life registry_life(struct registry *registry, const struct registry_entry *entry);

// What disagrees now, worst first; the list lives until the next call.
// Returns: 0 or -ENOMEM.
int registry_drift(struct registry *registry, uint64_t now_ms,
	const struct registry_drift **ret_drift, size_t *ret_count) must_check;

// Who was refused of late; borrowed, what is too old is gone from it.
const struct refusals *registry_refusals(struct registry *registry, uint64_t now_ms);

// Whether two drifts are one to a person: the same finding on the same key of one group. Such
// drifts stand side by side in the list.
bool registry_same_drift(const struct registry_drift *a, const struct registry_drift *b);

#endif
