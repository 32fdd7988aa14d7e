// The profiles with their keys as they are now: taken from key files and from the bundles in the
// vault, and kept current with them. The keys of an app's newest bundle stay until another bundle
// of the app comes, or until the app is forgotten: a restarting app ends nobody's session.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_KEYRING_H
#define VERIFIER_TRUST_KEYRING_H

#include "verifier/trust/token/profile.h"

struct diag;
struct keyring;
struct secret_arena;
struct vault;
struct vault_snapshot;

#define KEYRING_PROFILES_MAX 64

// Makes an empty keyring; keys lie in `arena`. What is kept of key files is hidden in a vault;
// NULL: nowhere. The caller owns the keyring, and ends it before both.
// Returns: the keyring, or NULL when memory is short.
struct keyring *keyring_new(struct secret_arena *arena, struct vault *hides) must_check;
struct keyring *keyring_free(struct keyring *keyring); // wipes; NULL is fine; returns NULL

// Takes the rules (borrowed until the next call), reads the key files, and loads what the snapshot
// has; NULL: nothing. Keys of which the same is said as before, but for their state, stay, though
// their app has ended. A key that cannot be used makes its profile unusable and is no failure.
// Returns: 0, or -ENOMEM: the old rules and keys stay.
int keyring_configure(struct keyring *keyring, const struct profile_rules *rules, size_t count,
	const struct vault_snapshot *snapshot) must_check;

// Loads what changed with the set of bundles; costs next to nothing when nothing did.
// Returns: 0, or -ENOMEM: profiles that could not be loaded are unusable until the next call.
int keyring_refresh(struct keyring *keyring, const struct vault_snapshot *snapshot) must_check;

// Forgets the keys that came from an app's bundles, but for those that a snapshot has (NULL:
// none); the next refresh looks at what there is. Returns: whether there were any.
bool keyring_forget(struct keyring *keyring, const char *app, const struct vault_snapshot *but);

// The profiles, in the order of the file; views live until the next change.
size_t keyring_size(const struct keyring *keyring);
const struct profile *keyring_at(const struct keyring *keyring, size_t index);

// The id of the bundle that one of a profile's sources looked at last, which may have ended; 0:
// none.
uint64_t keyring_seen(const struct keyring *keyring, size_t index, size_t source);

// Adds a finding for each profile that is unusable, or goes on without a key, for what the app's
// newest bundle has or lacks.
void keyring_judge(const struct keyring *keyring, const char *app, struct diag *diag);

// Finds a profile by name.
// Returns: the profile, or NULL.
const struct profile *keyring_find(const struct keyring *keyring, const char *name, size_t length);

#endif
