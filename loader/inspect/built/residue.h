// What `samekey-scan` finds in a build output or any other path, asked with the values of a bundle.
// Starts the program that lies beside this one, hands it the job in a sealed memfd, and collects
// what it says. Judges no token and prints nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_RESIDUE_H
#define LOADER_INSPECT_BUILT_RESIDUE_H

#include "lib/base/base.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"

struct err;
struct pool;
struct resolution;
struct secret_arena;
struct stamp;

#define RESIDUE_RECORDS_MAX 10000 // kept; what comes then is counted
#define RESIDUE_FOREIGN_MAX 1000  // of these, notes of what is not opened: they crowd nobody out

// Documented outcomes; err says why.
enum residue_outcome {
	RESIDUE_E_ABSENT = 1, // no samekey-scan where it belongs
	RESIDUE_E_FAILED,     // it did not come to an end
};

struct residue {
	const struct scanreport *records; // in the order in which they were found
	size_t count;
	size_t omitted; // that were not kept
	size_t foreign; // notes of what is not opened that were not kept
	uint64_t files, bytes, members;
};

// Fills the values of a job from a resolution: winners, shadowed candidates, readings and stand-ins
// of secrets, and the key for fingerprints.
// Returns: 0 or -ENOMEM.
int residue_job(const struct resolution *resolution, struct pool *pool, struct scanjob *ret_job)
	must_check;

// Adds the fingerprints of what a build was given and a start is not given any more, so that such a
// value is found as well. Weak ones have none.
// Returns: 0 or -ENOMEM.
int residue_job_older(const struct resolution *resolution, const struct stamp *stamp,
	struct pool *pool, struct scanjob *job) must_check;

// Asks. Paths in the job are from the current folder.
// Returns: 0, a RESIDUE_E_*, or a negative errno.
int residue_ask(const struct scanjob *job, struct secret_arena *arena, struct pool *pool,
	struct residue *ret_residue, struct err *err) must_check;

#endif
