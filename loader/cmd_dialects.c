// samekey dialects: the loaders that samekey can read as, each with what it was measured against.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/value/dump.h"
#include "loader/cli/commands.h"
#include "loader/read/dialects/dialect.h"

#include <jansson.h>

// Whose value counts, in a word of JSON and as people would say it.
struct winning {
	const char *word, *text;
};

static const struct winning keepers[] = {
	[DIALECT_ENVIRONMENT_WINS] = {"environment", "the environment wins"},
	[DIALECT_FILE_WINS] = {"file", "the file wins over the environment"},
	[DIALECT_NONEMPTY_WINS] = {"environment-not-empty",
		"the environment wins, but for an empty value"},
};

static const struct winning several[] = {
	[DIALECT_FIRST_FILE_WINS] = {"first", "of several files the first"},
	[DIALECT_LAST_FILE_WINS] = {"last", "of several files the last"},
	[DIALECT_LAST_FILE_FIRST] = {"last-read-first",
		"of several files the last, which is read first"},
	[DIALECT_ONE_FILE_ONLY] = {"one", "a name in two files is refused"},
};

static int print_json(void)
{
	json_t *list = json_array();
	const struct dialect *dialect;

	for (size_t i = 0; (dialect = dialect_at(i)); i++)
		dump_append(&list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", dialect->name,
					   "loader", dialect->loader, "doc", dialect->doc, "keeper",
					   keepers[dialect->keeper].word, "files",
					   several[dialect->files].word));
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
		(void)printf("%-13s  %s\n%15s%s\n%15s%s; %s\n", dialect->name, dialect->loader, "",
			dialect->doc, "", keepers[dialect->keeper].text,
			several[dialect->files].text);
	return EXIT_OK;
}

const struct command cmd_dialects = {
	.name = "dialects",
	.moment = COMMAND_FILES,
	.synopsis = "[OPTION]...",
	.summary = "list the loaders that samekey can read as",
	.details =
		"Names each dialect, the loader and version that it was measured against, what\n"
		"is peculiar to it, and whose value counts for a name that is in the environment\n"
		"too or in several files; --json: `keeper` and `files`. samekey itself reads as\n"
		"`portable` unless [sources] dialect says otherwise.\n",
	.groups = (const char *const[]){"output", NULL},
	.run = run,
};
