// Landlock (Linux 5.13; Documentation/userspace-api/landlock.rst): which files and folders this
// process may still open, and for what. What the kernel's version does not know is left out.
// SPDX-License-Identifier: MIT
#ifndef LIB_CONFINE_LANDLOCK_H
#define LIB_CONFINE_LANDLOCK_H

#include "lib/base/base.h"

struct err;

// What a place is for: a file, or a folder with all that is below it.
enum landlock_use {
	LANDLOCK_READ,          // read, and list folders
	LANDLOCK_CHANGE,        // also write, make, remove and cut off files
	LANDLOCK_REMOVE_FILE,   // remove files and sockets, and nothing else
	LANDLOCK_REMOVE_FOLDER, // remove empty folders, and nothing else
};

struct landlock_place {
	const char *path; // that does not exist is passed over: nothing opens it either
	enum landlock_use use;
};

struct landlock_rules {
	const struct landlock_place *places;
	size_t count;
	bool reads_all;       // what is read is not confined
	bool connects;        // connecting by TCP stays possible; binding never
	bool signals_others;  // signals to processes outside stay possible
	bool reaches_sockets; // abstract sockets of processes outside can be connected to
};

// Returns: the version that the kernel has, 0: none.
int landlock_version(void);

// Confines the calling thread and what it starts from now on; needs no_new_privs. Running programs
// is never possible afterwards.
// Returns: the version in force, 0 where the kernel has none, or a negative errno.
int landlock_enter(const struct landlock_rules *rules, struct err *err) must_check;

#endif
