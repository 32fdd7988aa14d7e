// Plain Node.js, where no framework is. It reads a file only if --env-file names it, the
// environment wins over that file, and nothing is frozen: it implies no mode and no phase.
// SPDX-License-Identifier: MIT
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "loader/resolve/framework_row.h"

static bool names_env_file(const char *word)
{
	return text_starts(word, "--env-file=") || text_starts(word, "--env-file-if-exists=") ||
	       text_equal(word, "--env-file") || text_equal(word, "--env-file-if-exists");
}

static int recognise(const struct framework_scene *scene, struct framework *framework)
{
	char *const *word = scene->program;

	if (!word || !word[0] ||
		(!text_equal(path_basename(word[0]), "node") &&
			!text_equal(path_basename(word[0]), "nodejs")))
		return 0;
	framework->recognised = "node";
	for (word++; *word && (*word)[0] == '-'; word++)
		if (names_env_file(*word))
			framework->recognised = "node --env-file";
	return 1;
}

const struct framework_row framework_node = {
	.name = "node",
	.kind = FRAMEWORK_RUNTIME,
	.dialect = "node",
	.recognise = recognise,
};
