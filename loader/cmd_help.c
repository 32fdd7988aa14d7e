// samekey help: commands by moment, one command, or one finding.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/commands.h"
#include "loader/usage.h"

#include <errno.h>
#include <jansson.h>

static int complain_unknown(const char *word)
{
	const char *codes[FINDINGS + 1], *near;
	struct err err = ERR_NONE;
	char shown[80];

	for (unsigned i = 0; i < FINDINGS; i++)
		codes[i] = finding_kind((enum finding)i)->code;
	codes[FINDINGS] = NULL;
	near = text_nearest(word, codes);
	(void)err_set(&err, -EINVAL, NULL, "'%s' is neither a command nor a finding",
		text_printable(shown, sizeof(shown), word));
	if (near)
		(void)err_hint(&err, "did you mean '%s'?", near);
	else
		(void)err_hint(
			&err, "samekey help lists the commands, samekey help findings the codes");
	command_complain(&err);
	return EXIT_USAGE;
}

static int run_json(const char *word)
{
	json_t *json;

	if (!word)
		json = usage_commands_json();
	else if (text_equal(word, "findings"))
		json = usage_findings_json();
	else if (command_find(word))
		json = usage_command_json(command_find(word));
	else if (finding_by_code(word))
		json = usage_finding_json(finding_by_code(word));
	else
		return complain_unknown(word);
	return command_print_json(json, EXIT_OK);
}

static int run(const struct options *options, struct pool *pool)
{
	const char *word = options->argument_count ? options->arguments[0] : NULL;

	(void)pool;
	if (options->json == SETTING_YES)
		return run_json(word);
	if (!word)
		usage_commands();
	else if (text_equal(word, "findings"))
		usage_findings();
	else if (text_equal(word, "samekey.ini"))
		usage_settings();
	else if (command_find(word))
		usage_command(command_find(word));
	else if (finding_by_code(word))
		usage_finding(finding_by_code(word));
	else
		return complain_unknown(word);
	return EXIT_OK;
}

const struct command cmd_help = {
	.name = "help",
	.moment = COMMAND_HELP,
	.synopsis = "[COMMAND|CODE|findings|samekey.ini]",
	.summary = "explain a command, a finding or the settings",
	.details = "--json gives the commands, one command, the findings or one finding.\n",
	.groups = (const char *const[]){"output", NULL},
	.max_arguments = 1,
	.run = run,
};
