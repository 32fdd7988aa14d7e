// Who started a process, by the parents of one look: for telling an orphan from a child.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_RUNNING_LINEAGE_H
#define LOADER_INSPECT_RUNNING_LINEAGE_H

#include "lib/base/base.h"

struct pool;
struct process;
struct process_list;

#define LINEAGE_MAX 16 // generations that are written out

// Who of a process and those that started it was taken over by init or a subreaper, since his
// parent ended: a process shares its parent's session unless it began one of its own. Returns: the
// process or an ancestor of it; NULL when all up to the session's leader are there.
const struct process *lineage_adopted(
	const struct process_list *list, const struct process *process);

// What a process is called, printable: its executable's name and the title that it gave itself, as
// in "node: next-server".
// Returns: the text, or NULL when memory is short.
const char *lineage_name(const struct process *process, struct pool *pool) must_check;

// "node [4711] < sh [4710] < systemd [1]", printable.
// Returns: the text, or NULL when memory is short.
const char *lineage_text(const struct process_list *list, const struct process *process,
	struct pool *pool) must_check;

#endif
