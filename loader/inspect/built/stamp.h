// The stamp of a build: what the build was given, key by key, as names, fingerprints, origins and a
// time; never a value. It is JSON, authenticated with the fingerprint key, so that who has no such
// key can neither make one nor change one. Compares nothing: see build_drift.h.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_STAMP_H
#define LOADER_INSPECT_BUILT_STAMP_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/value/fingerprint.h"

struct fingerprint_key;
struct pool;
struct resolution;
struct secret_arena;

#define STAMP_VERSION 1
#define STAMP_SIZE_MAX (8u * 1024 * 1024) // bytes of a stamp
#define STAMP_FROZEN_MAX 10000            // frozen values that one names

#define STAMP_WEAK "weak" // in place of a fingerprint

// A key that the build was given. A weak value is only called so.
struct stamp_key {
	const char *name, *origin;
	char fingerprint[FINGERPRINT_TEXT_SIZE]; // 12 hex digits, or STAMP_WEAK
	uint64_t length;                         // in bytes; 0: not said, of a weak one
	bool sentinel;                           // the build was given a stand-in
	bool secret;
};

// A value that was found in what was built.
struct stamp_frozen {
	const char *key, *path, *form;
	uint64_t offset;
};

struct stamp {
	const char *app, *group, *mode, *root;
	uint64_t built_at_s; // since 1970
	char key_id[FINGERPRINT_TEXT_SIZE];
	const struct stamp_key *keys; // by name, no name twice
	size_t key_count;
	const struct stamp_frozen *frozen; // in the order in which they were found
	size_t frozen_count;
};

// Documented outcomes of reading; err says what.
enum stamp_outcome {
	STAMP_E_MALFORMED = 1, // no stamp, or a damaged one
	STAMP_E_VERSION,       // of a newer samekey
	STAMP_E_OTHER_KEY,     // made with another fingerprint key: nothing can be compared
	STAMP_E_CHANGED,       // not as it was made
};

// Makes the stamp of what a resolution gives to a build that ends now; frozen values are the
// caller's to add. Texts lie in the pool.
// Returns: 0 or -ENOMEM.
int stamp_make(const struct resolution *resolution, struct pool *pool, struct stamp *ret_stamp)
	must_check;

// The bytes of a stamp, ended by a line's end and a NUL; the caller frees them.
// Returns: 0, -E2BIG (over STAMP_SIZE_MAX) or -ENOMEM.
int stamp_codec_encode(const struct stamp *stamp, const struct fingerprint_key *key,
	char **ret_text, struct err *err) must_check;

// Reads those bytes; texts go to the pool. Every size, count and form is checked, also of what is
// authentic.
// Returns: 0, a STAMP_E_*, or -ENOMEM.
int stamp_codec_decode(const char *bytes, size_t length, const struct fingerprint_key *key,
	struct pool *pool, struct stamp *ret_stamp, struct err *err) must_check;

// Whether a stamp can be left at `path` once the build has ended: this fingerprint key lasts, the
// folder can be written, and what already has the name is a stamp, which is deleted: a build that
// fails leaves none.
// Returns: 0, -EINVAL (an ephemeral key, no name), -EEXIST (something else has the name), or
// another errno.
int stamp_prepare(const char *path, const struct fingerprint_key *key, struct err *err) must_check;

// Writes a stamp, whole or not at all. Everybody may read it as far as the umask lets them.
// Returns: 0, -E2BIG, -ENOMEM or another negative errno.
int stamp_write(const char *path, const struct stamp *stamp, const struct fingerprint_key *key,
	struct err *err) must_check;

// Reads a stamp's file.
// Returns: as stamp_codec_decode, also for a file that is too large; or a negative errno when it
// cannot be read: see fs_read.
int stamp_read(const char *path, const struct resolution *resolution, struct pool *pool,
	struct stamp *ret_stamp, struct err *err) must_check;

#endif
