// Which loaders a lint compares: the ones that were named, else those that samekey.ini names, else
// those in use around the files, else all.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_CHOICE_H
#define LOADER_INSPECT_LINT_LINT_CHOICE_H

#include "lib/base/base.h"
#include "loader/inspect/in_use.h"
#include "loader/inspect/lint/lint.h"

struct pool;
struct setting_list;
struct settings;

struct lint_choice {
	const struct dialect *loaders[LINT_LOADERS_MAX];
	const char *why[LINT_LOADERS_MAX]; // what spoke for each
	size_t count;
	bool guessed;  // nothing did: these are all
	bool mixed;    // they were looked for in several folders: each file meets those of all
	bool searched; // what is in use counts: nobody named them
	struct in_use_list in_use;
};

struct lint_choice_request {
	const struct setting_list *named; // by an option; valid dialects
	const struct settings *settings;
	const char *ini;                 // as it is shown; NULL: there is none
	const struct dialect *reference; // samekey's own reading
	bool reference_named;            // by --dialect
	char *const *files;
	size_t file_count;
	struct pool *pool;
};

// Chooses. The folders of the files and those above are looked through in any case. A loader that
// is alone is compared with the portable reading.
// Returns: 0 or -ENOMEM.
int lint_choice_make(const struct lint_choice_request *request, struct lint_choice *ret_choice)
	must_check;

// Says on stderr which loaders are compared, and why these.
void lint_choice_tell(const struct lint_choice *choice);

#endif
