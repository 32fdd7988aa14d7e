// What a unit of systemd gives its service: variables, env files, credentials, and what it takes
// away again. Only names that matter to the bundle are kept.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_UNITGIFT_H
#define LOADER_INSPECT_DOCTOR_UNITGIFT_H

#include "lib/base/base.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "loader/read/dialects/span.h"

struct doctor;

enum unitgift_way {
	UNITGIFT_ENVIRONMENT,
	UNITGIFT_FILE,
	UNITGIFT_PASSED, // from systemd's own environment
	UNITGIFT_CREDENTIAL
};

// A key that the unit gives, or a name that it takes away.
struct unitgift {
	enum unitgift_way way;
	const char *name;
	struct secret value;
	const char *origin;
	bool dropped;   // by an empty setting, or by UnsetEnvironment=
	bool specifier; // holds %X, which only systemd resolves
};

// A file that is named, or a setting that is kept as it is.
struct unitgift_named {
	const char *text, *origin;
	bool may_be_missing, dropped;
};

// A unit while its files are read.
struct unitgift_unit {
	struct doctor *doctor;
	const char *name;
	const char *path;   // of the file that is read, for people
	uint8_t *room;      // for words, as large as the file
	const char *folder; // WorkingDirectory=, where that is a path; else NULL
	bool of_root, through_samekey, gives_secret;
	struct pool_list given;        // struct unitgift
	struct pool_list files, unset; // struct unitgift_named
};

// Reads one more file of the unit. One that may not be read is said and passed over.
// Returns: 0 or -ENOMEM.
int unitgift_read(struct unitgift_unit *unit, const char *path) must_check;

// Adds what the unit gives under a name, unless nobody here wants it. The value is copied into the
// arena; `origin` has to last as long as the unit.
// Returns: 0 or -ENOMEM.
int unitgift_add(struct unitgift_unit *unit, enum unitgift_way way, struct span name,
	struct span value, const char *origin) must_check;

// Whether a name is that of a secret of the bundle.
bool unitgift_is_secret(const struct doctor *doctor, const char *name);

// What the service gets of a name, as a variable or as a credential, by systemd's order.
// Returns: it, or NULL: nothing, or it is taken away again.
const struct unitgift *unitgift_winner(
	const struct unitgift_unit *unit, const char *name, bool credential);

#endif
