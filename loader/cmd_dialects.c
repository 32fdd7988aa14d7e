// samekey dialects: the loaders that samekey can read as, each with what it was measured against.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "loader/commands.h"
#include "loader/read/dialects/dialect.h"

#include <jansson.h>

static int print_json(void)
{
	json_t *list = json_array();
	const struct dialect *dialect;

	for (size_t i = 0; (dialect = dialect_at(i)); i++)
		command_append_json(&list, json_pack("{s:s, s:s, s:s}", "name", dialect->name,
						   "loader", dialect->loader, "doc", dialect->doc));
	return command_print_json(
		list ? json_pack("{s:i, s:o}", "v", 1, "dialects", list) : NULL, EXIT_OK);
}

static int run(const struct options *options, struct pool *pool)
{
	const struct dialect *dialect;

	(void)pool;
	if (options->json == SETTING_YES)
		return print_json();
	for (size_t i = 0; (dialect = dialect_at(i)); i++)
		(void)printf("%-13s  %s\n               %s\n", dialect->name, dialect->loader,
			dialect->doc);
	return EXIT_OK;
}

const struct command cmd_dialects = {
	.name = "dialects",
	.moment = COMMAND_FILES,
	.synopsis = "[OPTION]...",
	.summary = "list the loaders that samekey can read as",
	.details = "Names each dialect, the loader and version that it was measured against, and "
		   "what is\n"
		   "peculiar to it. samekey itself reads as `portable` unless [sources] dialect "
		   "says otherwise.\n",
	.groups = (const char *const[]){"output", NULL},
	.run = run,
};
