// Programs are told by their names, and PM2 by its title.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/census_role.h"

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "loader/inspect/running/process.h"

const char *census_role_text(enum census_role role)
{
	static const char *const texts[] = {[CENSUS_PROGRAM] = "",
		[CENSUS_SHELL] = "a shell",
		[CENSUS_PM2] = "PM2's daemon",
		[CENSUS_PRIMARY] = "the primary of a cluster",
		[CENSUS_FORWARDER] = "it forwards to a container",
		[CENSUS_VERIFIER] = "samekey's verifier"};

	return texts[role];
}

// Programs that are told by their name.
static const struct {
	const char *name;
	enum census_role role;
} programs[] = {
	{"sh", CENSUS_SHELL},
	{"bash", CENSUS_SHELL},
	{"dash", CENSUS_SHELL},
	{"zsh", CENSUS_SHELL},
	{"fish", CENSUS_SHELL},
	{"ksh", CENSUS_SHELL},
	{"ash", CENSUS_SHELL},
	{"mksh", CENSUS_SHELL},
	{"tcsh", CENSUS_SHELL},
	{"csh", CENSUS_SHELL},
	{"docker-proxy", CENSUS_FORWARDER},
	{"rootlessport", CENSUS_FORWARDER},
	{"slirp4netns", CENSUS_FORWARDER},
	{"pasta", CENSUS_FORWARDER},
	{"pasta.avx2", CENSUS_FORWARDER},
	{"samekeyd", CENSUS_VERIFIER},
};

enum census_role census_role_of(const struct process *process, bool primary)
{
	const char *program = path_basename(process->program);

	if (text_starts(process->name, "PM2 v"))
		return CENSUS_PM2;
	if (primary)
		return CENSUS_PRIMARY;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (text_equal(program, programs[i].name))
			return programs[i].role;
	return CENSUS_PROGRAM;
}
