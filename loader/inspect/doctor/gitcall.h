// Asks git about a repository without running what is configured in it: no hook, no monitor, no
// pager, no helper, nothing fetched. Reads its answer within limits. git is looked for in the
// system's own folders only.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_GITCALL_H
#define LOADER_INSPECT_DOCTOR_GITCALL_H

#include "lib/base/base.h"

struct err;
struct pool;

#define GITCALL_OUTPUT_MAX (256u * 1024) // bytes; more is cut
#define GITCALL_TIMEOUT_MS 10000
#define GITCALL_WORDS_MAX 128 // of one call

// Documented outcomes; err says why, but for an absent git.
enum gitcall_outcome {
	GITCALL_E_ABSENT = 1, // no git here
	GITCALL_E_NONE,       // the folder belongs to no repository
	GITCALL_E_REFUSED,    // git will not look at it: another user's (safe.directory), broken
	GITCALL_E_TIMEOUT,
};

struct gitcall_answer {
	char *bytes; // in the pool, with a NUL behind
	size_t length;
	int exit; // of git: 0 or 1, as check-ignore and ls-files use it
	bool cut;
};

// Runs `git -C FOLDER WORD...`; the words end with NULL. `home` is where git finds the user's
// settings, of which safe.directory counts; or NULL.
// Returns: 0, a GITCALL_E_*, or a negative errno.
int gitcall(const char *folder, const char *home, const char *const *words, struct pool *pool,
	struct gitcall_answer *ret_answer, struct err *err) must_check;

#endif
