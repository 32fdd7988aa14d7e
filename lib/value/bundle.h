// The bundle: the one resolved set of an app's configuration and secrets for one phase, each
// value with its origin and the candidates it beat. The loader makes it, the wire carries it, the
// verifier keeps it. A plain value: whoever fills it owns the pool and the arena behind it.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_BUNDLE_H
#define LIB_VALUE_BUNDLE_H

#include "lib/base/base.h"
#include "lib/base/secret.h"
#include "lib/value/origin.h"

#define BUNDLE_NAME_MAX 255           // bytes of a key's, app's or group's name
#define BUNDLE_VALUE_MAX (64u * 1024) // bytes of one value
#define BUNDLE_KEYS_MAX 10000
#define BUNDLE_SIZE_MAX (8u * 1024 * 1024) // bytes of a whole bundle, encoded
#define BUNDLE_CANDIDATES_MAX 64           // of one key, readings included
#define BUNDLE_READINGS_MAX 16             // of one key
#define BUNDLE_PLACE_MAX 4095              // bytes of an origin's place
#define BUNDLE_ALLOWED_MAX 64              // --allow entries

enum bundle_phase { BUNDLE_PHASE_START, BUNDLE_PHASE_BUILD };

// What a candidate is. The numbers are part of the wire format.
enum candidate_kind {
	CANDIDATE_WINNER,
	CANDIDATE_SHADOWED,
	CANDIDATE_READING, // what another dialect makes of the same bytes
};

struct candidate {
	enum candidate_kind kind;
	struct origin origin;
	const char *dialects; // of a reading: the dialects that read it so, ", " between; else ""
	struct secret value;
};

// What holds for a key. The bits are part of the wire format.
enum bundle_key_flag {
	BUNDLE_KEY_SECRET = 1u << 0,
	BUNDLE_KEY_DECLARED = 1u << 1,     // a [key] section names it
	BUNDLE_KEY_REQUIRED = 1u << 2,     // in this phase
	BUNDLE_KEY_SHARED = 1u << 3,       // shared = yes: a difference in the group is an error
	BUNDLE_KEY_PRIVATE = 1u << 4,      // shared = no: not compared
	BUNDLE_KEY_INJECT = 1u << 5,       // the child gets it; without: only the verifier
	BUNDLE_KEY_INHERITED = 1u << 6,    // seen in the environment only: checked, not handed over
	BUNDLE_KEY_WEAK = 1u << 7,         // neither length nor fingerprint is shown
	BUNDLE_KEY_BUILD_FAIL = 1u << 8,   // build_drift = fail
	BUNDLE_KEY_BUILD_IGNORE = 1u << 9, // build_drift = ignore
	BUNDLE_KEY_SENTINEL = 1u << 10,    // the child was given a stand-in, not the winner
	BUNDLE_KEY_BAD = 1u << 11,         // an error was found on it (and perhaps allowed)
	BUNDLE_KEY_CONFLICT = 1u << 12,    // it was told that another kind of source disagrees
};

struct bundle_key {
	const char *name;
	uint32_t flags;                     // enum bundle_key_flag
	const struct candidate *candidates; // the winner first, if there is one; then by rank
	size_t count;
};

// What --allow lets pass for this start: findings with a code, on one key or on any.
struct bundle_allowed {
	const char *code;
	const char *key; // "" for every key
};

struct bundle {
	const char *app, *group, *mode;
	enum bundle_phase phase;
	const char *program; // what is started, as one would call it: "node server.js"; may be ""
	const char *root;    // the folder where all begins
	uint64_t rotation_ms;
	uint64_t made_at_ms;           // CLOCK_REALTIME
	const struct bundle_key *keys; // sorted by name (bytewise), no name twice
	size_t key_count;
	const struct bundle_allowed *allowed;
	size_t allowed_count;
};

// The winner of a key.
// Returns: the candidate, or NULL when the key has no value.
const struct candidate *bundle_winner(const struct bundle_key *key);

// Finds a key by name.
// Returns: the key, or NULL.
const struct bundle_key *bundle_find(const struct bundle *bundle, const char *name);

// Whether an entry of the list lets findings with this code pass, or (NULL) with any code at all.
// `key`: what they are about, or NULL.
bool bundle_allows(const struct bundle_allowed *allowed, size_t count, const char *code,
	const char *key) must_check;

// How a phase is written: "start" or "build".
const char *bundle_phase_text(enum bundle_phase phase);

// Whether a key may be called so: 1 to 255 bytes of visible ASCII without `=`.
bool bundle_is_key_name(const char *name);

// Whether an app, group or mode may be called so: 1 to 255 bytes of UTF-8 without control
// characters.
bool bundle_is_app_name(const char *name);

#endif
