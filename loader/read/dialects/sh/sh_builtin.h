// A builtin command of a shell and what it is given, for the files that have some.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SH_SH_BUILTIN_H
#define LOADER_READ_DIALECTS_SH_SH_BUILTIN_H

#include "loader/read/dialects/sh/sh_shell.h"

// What a command may end with beside 0.
#define SH_FAILED 1
#define SH_MISUSED 2

// What a command is given.
struct sh_arguments {
	struct sh *sh;
	size_t at, end; // of the shell's fields
};

// The field at `index` of the shell's, a view that lasts until the fields change.
static inline struct span sh_arguments_field(const struct sh *sh, size_t index)
{
	return sh->fields[index].text;
}

// Assigns NAME=value that is expanded already; `equals` is where its = or += stands, and `elements`
// says that it may be one of an array. An error is the command's, not the line's.
// Returns: 0 or SH_FAILED.
int sh_assign_expanded(struct sh *sh, struct span text, size_t equals, bool elements);

// The commands of that name; declare is also typeset.
// Returns: a status.
int sh_declare_run(struct sh_arguments *arguments);
int sh_declare_readonly(struct sh_arguments *arguments);
int sh_declare_export(struct sh_arguments *arguments);
int sh_declare_unset(struct sh_arguments *arguments);

#endif
