// Findings about what one process holds, with both origins, its age, and what mends it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_CENSUS_TELL_H
#define LOADER_INSPECT_RUNNING_CENSUS_TELL_H

#include "lib/base/base.h"

struct census;
struct census_member;
struct census_request;
struct diag;
struct holding;
struct pool;

// Adds what is wrong with a member's secrets, and that it is an orphan.
// Returns: 0 or -ENOMEM.
int census_tell(const struct census_request *request, const struct census_member *member,
	struct diag *diag, struct pool *pool) must_check;

// Whether a process holds a value of the bundle that nobody else comes to hold by chance.
bool census_tell_is_ours(const struct holding *holding);

// Adds one note on all the processes that have to do with this bundle by the name of a key alone.
// Returns: 0 or -ENOMEM.
int census_tell_elsewhere(const struct census_request *request, const struct census *census,
	struct diag *diag, struct pool *pool) must_check;

#endif
