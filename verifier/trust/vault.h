// The vault: the values of the bundles that are held, in one guarded arena. Who holds a snapshot
// sees a set that never changes; a change makes the next one. Takes plain bytes and ids, decides
// nothing about them: see record/.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_VAULT_H
#define VERIFIER_TRUST_VAULT_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct bundle;
struct err;
struct pool;
struct vault;
struct vault_bundle;
struct vault_snapshot;

// Opens an empty vault for at most `memory` bytes; the caller owns it.
// Returns: 0 or -ENOMEM.
int vault_open(uint64_t memory, struct vault **ret_vault, struct err *err) must_check;

// Wipes and closes it; every snapshot and bundle was given back before. NULL is fine.
// Returns: NULL.
struct vault *vault_close(struct vault *vault);

// The arena, for bytes that will become a bundle or that pass through.
struct secret_arena *vault_arena(struct vault *vault);

// A secret of the verifier's own that nobody may see either, until it is forgotten; borrowed. One
// that is hidden twice is forgotten twice; SECRET_NONE is fine. Returns: 0, or -ENOMEM: it is not.
int vault_hide(struct vault *vault, struct secret secret) must_check;
void vault_forget(struct vault *vault, struct secret secret);

// Whether a text holds the value of a secret that lies here or is hidden, as it is or with its
// control bytes escaped; values under eight bytes are not looked for.
bool vault_holds(struct vault *vault, const char *text, size_t length) must_check;

// How well the memory is guarded so far.
struct secret_guard vault_guard(const struct vault *vault);

// Wraps a decoded bundle. On success the block (from vault_arena) that its values lie in and the
// pool behind its texts belong to the vault's bundle; the caller holds one reference.
// Returns: the bundle, or NULL when memory is short (nothing was taken over).
struct vault_bundle *vault_bundle_new(struct vault *vault, const struct bundle *bundle,
	uint8_t *block, size_t block_size, struct pool *pool) must_check;

// Gives a reference back; the last one wipes the values. NULL is fine.
// Returns: NULL.
struct vault_bundle *vault_bundle_unref(struct vault_bundle *bundle);
void vault_bundle_release(struct vault_bundle **bundle); // for own(...)

// The bundle itself; borrowed, it lives as long as the reference.
const struct bundle *vault_bundle_view(const struct vault_bundle *bundle);

// Makes the next snapshot, with a bundle more (a reference of its own), and publishes nothing yet:
// the caller hands it to vault_put before any other change, or gives it back.
// Returns: the snapshot, or NULL when memory is short.
struct vault_snapshot *vault_prepare(struct vault *vault, struct vault_bundle *bundle) must_check;

// Publishes what was prepared, the bundle under an id that no other has.
void vault_put(struct vault *vault, struct vault_snapshot *prepared, uint64_t id);

// Publishes the next snapshot without a bundle; an id that is not there is fine.
// Returns: 0, or -ENOMEM: the bundle stays until the next change.
int vault_drop(struct vault *vault, uint64_t id) must_check;

// The set as it is now; the caller holds a reference.
struct vault_snapshot *vault_now(struct vault *vault);
struct vault_snapshot *vault_snapshot_unref(struct vault_snapshot *snapshot); // returns NULL

// How many bundles a snapshot holds, and each with its id.
size_t vault_snapshot_size(const struct vault_snapshot *snapshot);
const struct bundle *vault_snapshot_at(
	const struct vault_snapshot *snapshot, size_t index, uint64_t *ret_id);

// Whether a snapshot holds the bundle with this id; NULL holds none.
bool vault_snapshot_has(const struct vault_snapshot *snapshot, uint64_t id) must_check;

#endif
