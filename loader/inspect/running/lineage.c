// The parents were not all read at one moment: what contradicts itself proves nothing, and a walk
// upwards has an end.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/lineage.h"

#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/inspect/running/process.h"

#include <limits.h>

#define UP_MAX 256 // generations that are looked at

const struct process *lineage_adopted(
	const struct process_list *list, const struct process *process)
{
	for (unsigned i = 0; i < UP_MAX && process->session != process->pid; i++) {
		const struct process *parent = process_find(list, process->parent);

		// of one that is not shown (hidepid) nothing is known, but that 1 is init
		if (!parent || (!*parent->name && parent->pid != 1))
			return NULL;
		if (parent->session != process->session)
			return process;
		process = parent;
	}
	return NULL;
}

// A title is told apart from the name itself, cut to 15 bytes, and from a command line, which is
// cut there too. node calls its first thread MainThread since version 23.
static bool is_title(const char *name, const char *program)
{
	size_t length = strlen(program);

	return *name && !strstr(name, "MainThread") && strncmp(name, program, strlen(name)) != 0 &&
	       !(strncmp(name, program, length) == 0 && name[length] == ' ');
}

const char *lineage_name(const struct process *process, struct pool *pool)
{
	size_t title = strcspn(process->name, "(");
	char program[NAME_MAX];

	(void)text_printable(
		program, sizeof(program), *process->program ? path_basename(process->program) : "");
	while (title && process->name[title - 1] == ' ') // next-server (v16.0.1)
		title--;
	if (!*program)
		return pool_copy(pool, *process->name ? process->name : "?");
	if (!title || !is_title(process->name, program))
		return pool_copy(pool, program);
	return pool_format(pool, "%s: %.*s", program, (int)title, process->name);
}

const char *lineage_text(
	const struct process_list *list, const struct process *process, struct pool *pool)
{
	const char *text = "";

	for (unsigned i = 0; text && process && i < LINEAGE_MAX; i++) {
		const char *name = lineage_name(process, pool);

		text = name ? pool_format(
				      pool, "%s%s%s [%d]", text, i ? " < " : "", name, process->pid)
			    : NULL;
		process = process_find(list, process->parent);
	}
	return text;
}
