// What `samekey` tells `samekey-scan` to look for. It travels in a sealed memfd that the program
// inherits, never as an argument or in the environment: it holds values. Pure encoding, big-endian,
// version 1; the reader takes nothing that the writer would not have written.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_SCANJOB_H
#define LIB_WIRE_SCANJOB_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct err;
struct pool;

#define SCANJOB_MAGIC 0x534b534au // "SKSJ"
#define SCANJOB_VERSION 1
#define SCANJOB_SIZE_MAX (16u * 1024 * 1024) // bytes of a whole job, encoded
#define SCANJOB_VALUES_MAX 40000
#define SCANJOB_PRINTS_MAX 40000
#define SCANJOB_PATHS_MAX 1024
#define SCANJOB_PATH_MAX 4095
#define SCANJOB_SEARCHED_MIN 8 // bytes; shorter values are not searched, and that is said

// What a value is to the bundle. The numbers are part of the format.
enum scanjob_kind {
	SCANJOB_CURRENT,  // the winner
	SCANJOB_SHADOWED, // a candidate that lost
	SCANJOB_READING,  // what another dialect makes of the same bytes
	SCANJOB_SENTINEL, // a stand-in that a build was given
	SCANJOB_KINDS,    // how many there are
};

struct scanjob_value {
	const char *key, *origin; // for people: "NEXTAUTH_SECRET", ".env:3:1"
	enum scanjob_kind kind;
	bool secret; // false: a setting; searched only where `deployment` compares it
	struct secret value;
};

// An older value, of which only the fingerprint is known.
struct scanjob_print {
	const char *key, *origin; // "NEXTAUTH_SECRET", "the build of 2026-11-20 10:00"
	uint8_t fingerprint[6];   // lib/value/fingerprint.h
	uint32_t length;          // of the value, in bytes; 0: unknown
};

enum scanjob_task {
	SCANJOB_SEARCH,     // look through everything below the paths
	SCANJOB_DEPLOYMENT, // read the paths as compose and Kubernetes files (YAML) and compare
	SCANJOB_TASKS,      // how many there are
};

enum scanjob_flag {
	SCANJOB_PLACEHOLDERS = 1u << 0, // also placeholders in fallback position
	SCANJOB_TOKENS = 1u << 1,       // also report JWTs and JWEs
	SCANJOB_SHIPPED = 1u << 2,      // also report env files and key files
	SCANJOB_FLAGS = (1u << 3) - 1,
};

struct scanjob {
	enum scanjob_task task;
	uint32_t flags;           // enum scanjob_flag
	const char *const *paths; // from the current folder
	size_t path_count;
	const char *const *excluded; // names or paths below that are passed over: "cache"
	size_t excluded_count;
	uint64_t max_file;     // bytes of one file that is looked at; 0: no limit
	uint64_t max_unpacked; // bytes that one outermost container may unpack to
	uint32_t max_depth;    // containers in containers
	uint64_t max_members;  // members of all containers of one file
	uint32_t timeout_s;    // for all; 0: none
	const struct scanjob_value *values;
	size_t value_count;
	const struct scanjob_print *prints;
	size_t print_count;
	uint8_t fingerprint_key[32]; // the subkey that fingerprints are made with; zeros: none
};

// How many bytes a job takes.
// Returns: 0, -E2BIG (over a cap; err has number and cap), or -EINVAL.
int scanjob_size(const struct scanjob *job, size_t *ret_size, struct err *err) must_check;

// Writes a job that scanjob_size has judged; `size` as it gave it. `out` is guarded memory.
// Returns: 0, or -EINVAL when `size` is not what the job takes.
int scanjob_encode(const struct scanjob *job, uint8_t *out, size_t size) must_check;

// Reads a job. Texts and lists go to the pool; values are views into `bytes`. Every length, count
// and cap is checked, and no byte may be left over.
// Returns: 0, -EINVAL (err says where) or -ENOMEM.
int scanjob_decode(const uint8_t *bytes, size_t size, struct pool *pool, struct scanjob *ret_job,
	struct err *err) must_check;

#endif
