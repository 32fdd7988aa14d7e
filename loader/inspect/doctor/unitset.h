// Which files make up a unit of systemd: the unit file that is not hidden by another of its name,
// and its drop-ins, in the order in which they count (systemd.unit(5)). Reads folders only.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_UNITSET_H
#define LOADER_INSPECT_DOCTOR_UNITSET_H

#include "lib/base/base.h"

struct pool;

#define UNITSET_UNITS_MAX 2000
#define UNITSET_DROPINS_MAX 256 // of one unit

// The first folder or file that could not be looked at, so that something may be missing.
struct unitset_gap {
	const char *path; // in the pool, or of `folders`
	int code;         // why; 0: there is none
};

// Where units lie, highest first.
struct unitset {
	const char *const *folders; // absolute
	size_t folder_count;
	struct pool *pool;
	struct unitset_gap *gap; // filled in by what follows; or NULL
};

// The names of all services, templates too, each once, sorted.
// Returns: 0 or -ENOMEM. A folder that is not there has none; one that cannot be read is a gap.
int unitset_list(const struct unitset *set, const char *const **ret_names, size_t *ret_count)
	must_check;

// The files of a unit: its own first, which a higher folder may hide, then the drop-ins. One that
// is /dev/null hides others of its name, and is none itself. `*ret_masked`: the unit itself is.
// Returns: 0 or -ENOMEM.
int unitset_files(const struct unitset *set, const char *name, const char *const **ret_paths,
	size_t *ret_count, bool *ret_masked) must_check;

#endif
