// What stands between this process and whoever takes it over: a table of guards, each with whether
// it is in force, and why not.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_GUARDS_H
#define VERIFIER_DOOR_API_GUARDS_H

#include "lib/base/base.h"

struct json_t;
struct vault;

enum guard {
	GUARD_SECCOMP,       // system calls by a list
	GUARD_LANDLOCK,      // files by a list
	GUARD_CAPABILITIES,  // it has none
	GUARD_NO_NEW_PRIVS,  // and gets none
	GUARD_MEMORY_LOCKED, // secrets are not swapped
	GUARD_MEMORY_HIDDEN, // nor in the kernel's own map
	GUARD_NOT_DUMPABLE,  // no core file, no tracing by its own user
	GUARDS
};

// What keeps a guard from being in force.
enum guard_cause {
	GUARD_NOT_SET, // nobody has set it up
	GUARD_IN_FORCE,
	GUARD_KERNEL,   // gives none
	GUARD_SETTINGS, // say no
	GUARD_BUILD,    // has a sanitizer
	GUARD_LIMIT,    // of resources is too low
};

struct guards {
	enum guard_cause causes[GUARDS];
	int landlock; // its version
};

// "seccomp".
const char *guards_name(enum guard guard);

// A sentence for people: what is missing, and what gives it.
const char *guards_why(enum guard guard, enum guard_cause cause);

// Looks at those of memory, which can be lost at work.
void guards_look(struct guards *guards, const struct vault *vault);

// What GET /v1/guards answers, see answers.h; the reference is the caller's.
// Returns: the object, or NULL when memory is short.
struct json_t *guards_json(const struct guards *guards) must_check;

#endif
