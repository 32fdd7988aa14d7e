// Bare samekey: root, settings, mode, files found and not read, and the next step, on one screen.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/resolve/resolution.h"

#include <jansson.h>

static void print_files(const struct resolution *resolution)
{
	char shown[4096];

	for (size_t i = 0; i < resolution->file_count; i++)
		(void)printf("%s%s\n", i ? "           " : "  reads    ",
			text_printable(shown, sizeof(shown), resolution->files[i]->shown));
	if (!resolution->file_count)
		(void)puts("  reads    no env file");
	for (size_t i = 0; i < resolution->unread_count; i++)
		(void)printf("%s%s\n", i ? "           " : "  not read ",
			text_printable(shown, sizeof(shown), resolution->unread[i]));
}

static const char *next_step(const struct resolution *resolution)
{
	if (diag_count(resolution->diag, DIAG_ERROR))
		return "samekey check        says what is wrong";
	if (!resolution->place.ini)
		return "samekey init         writes a samekey.ini from what is here";
	return "samekey run -- CMD   starts the app";
}

static int print_json(const struct resolution *resolution)
{
	const struct diag *diag = resolution->diag;
	json_t *reads = json_array(), *unread = json_array();

	for (size_t i = 0; i < resolution->file_count; i++)
		dump_append(&reads, dump_shown(resolution->files[i]->shown));
	for (size_t i = 0; i < resolution->unread_count; i++)
		dump_append(&unread, dump_shown(resolution->unread[i]));
	return command_print_json(
		json_pack("{s:i, s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:i, s:i, s:i}",
			"v", 1, "version", SAMEKEY_VERSION, "app", resolution->bundle.app, "group",
			resolution->bundle.group, "root", dump_shown(resolution->place.root), "ini",
			dump_shown(resolution->place.ini), "mode", resolution->mode, "mode_reason",
			dump_shown(resolution->mode_reason), "framework",
			dump_shown(resolution->framework.name), "reads", reads, "unread", unread,
			"keys", (int)resolution->bundle.key_count, "errors",
			(int)diag_count(diag, DIAG_ERROR), "warnings",
			(int)diag_count(diag, DIAG_WARNING)),
		EXIT_OK);
}

static void print(const struct resolution *resolution)
{
	const struct diag *diag = resolution->diag;
	size_t errors = diag_count(diag, DIAG_ERROR), warnings = diag_count(diag, DIAG_WARNING);
	char shown[4096];

	(void)printf("samekey %s\n", SAMEKEY_VERSION);
	(void)printf("  app      %s in group %s\n",
		text_printable(shown, sizeof(shown), resolution->bundle.app),
		resolution->bundle.group);
	(void)printf(
		"  root     %s\n", text_printable(shown, sizeof(shown), resolution->place.root));
	(void)printf(
		"  ini      %s\n", text_printable(shown, sizeof(shown),
					   resolution->place.ini ? resolution->place.ini : "none"));
	(void)printf("  mode     %s (%s)\n", resolution->mode,
		text_printable(shown, sizeof(shown), resolution->mode_reason));
	if (resolution->framework.name)
		(void)printf("  known    %s by %s\n", resolution->framework.name,
			text_printable(shown, sizeof(shown), resolution->framework.recognised));
	print_files(resolution);
	(void)printf("  keys     %zu; %zu error%s, %zu warning%s\n", resolution->bundle.key_count,
		errors, text_plural(errors), warnings, text_plural(warnings));
	(void)printf("\nnext\n  %s\n%s  samekey explain      says who wins for each key\n"
		     "  samekey help         lists the commands\n",
		next_step(resolution),
		warnings && !errors ? "  samekey check        says what the warnings are\n" : "");
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	int code = resolving_begin(options, pool, &resolution);

	if (code != EXIT_OK)
		return code;
	if (options->json == SETTING_YES)
		return print_json(resolution);
	print(resolution);
	return EXIT_OK;
}

const struct command cmd_overview = {
	.name = "",
	.moment = COMMAND_HELP,
	.synopsis = "",
	.summary = "say where you stand",
	.groups = (const char *const[]){"resolve", "root", "output", NULL},
	.settings = true,
	.run = run,
};
