// What was built, looked through for the values that the build was given: each that stands there is
// frozen, whatever a start gives. The looking is residue.h's, what a record means scanned.h's; here
// stands what a build's rules make of it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_BUILD_OUTPUT_H
#define LOADER_INSPECT_BUILT_BUILD_OUTPUT_H

#include "lib/base/base.h"

struct diag;
struct pool;
struct residue;
struct resolution;
struct scanjob;
struct scanned;
struct stamp;

struct build_output {
	const struct resolution *resolution;
	struct pool *pool;
	const char *const *folders; // named ones; without any, those of the framework
	size_t folder_count;
	bool demanded; // that nobody looks through it is an error
};

// Looks. That nobody could becomes a finding.
// Returns: 1 with the job and what was found; 0 nobody looked; or -ENOMEM.
int build_output_ask(const struct build_output *output, struct diag *diag, struct scanjob *ret_job,
	struct residue *ret_residue) must_check;

// Adds what was found to the findings, one for all that is alike, and names every frozen value in
// the stamp. A stand-in, the value behind it, a value that lost, and any value of a key with
// build_drift = fail are errors; the value that the build was given, and whatever stands in a build
// cache, are warnings; so are env files that were copied, unless a stand-in was to keep their
// values out. A stand-in in a cache harms nobody. Returns: 0 or -ENOMEM.
int build_output_tell(const struct build_output *output, const struct scanned *scanned,
	const struct residue *residue, struct diag *diag, struct stamp *stamp) must_check;

#endif
