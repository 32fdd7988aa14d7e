// samekey help: commands by moment, one command, or one finding.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "lib/value/problem.h"
#include "lib/value/shape_show.h"
#include "loader/cli/commands.h"
#include "loader/cli/usage.h"
#include "loader/deliver/private.h"

#include <errno.h>
#include <jansson.h>

#define HELP_PROBLEMS_MAX 100
#define HELP_COMMANDS_MAX 32

static int complain_unknown(const struct options *options, const char *word)
{
	const char *words[FINDINGS + HELP_PROBLEMS_MAX + HELP_COMMANDS_MAX + 1], *near;
	size_t count = FINDINGS;
	struct err err = ERR_NONE;
	char shown[80];

	for (unsigned i = 0; i < FINDINGS; i++)
		words[i] = finding_kind((enum finding)i)->code;
	for (size_t i = 0; i < problem_count && i < HELP_PROBLEMS_MAX; i++)
		words[count++] = problem_table[i].code;
	for (size_t i = 0; i < HELP_COMMANDS_MAX && command_table[i]; i++)
		words[count++] = command_table[i]->name;
	words[count] = NULL;
	near = text_nearest(word, words);
	(void)err_set(&err, -EINVAL, NULL, "'%s' is neither a command nor a code",
		shape_show(shown, sizeof(shown), word));
	if (near)
		(void)err_hint(&err, "did you mean '%s'?", near);
	else
		(void)err_hint(&err,
			"samekey help lists the commands; samekey help findings and samekey "
			"help codes the codes");
	return command_fail(options, &err, EXIT_USAGE);
}

static int run_json(const struct options *options, const char *word)
{
	json_t *json;

	if (!word)
		json = usage_commands_json();
	else if (text_equal(word, "findings"))
		json = usage_findings_json();
	else if (text_equal(word, "codes"))
		json = usage_problems_json();
	else if (command_find(word))
		json = usage_command_json(command_find(word));
	else if (finding_by_code(word) || problem_find(word))
		json = usage_code_json(finding_by_code(word), problem_find(word));
	else
		return complain_unknown(options, word);
	return command_print_json(json, EXIT_OK);
}

// A word may be both.
static int explain_code(const struct options *options, const char *word)
{
	const struct finding_kind *finding = finding_by_code(word);
	const struct problem *problem = problem_find(word);

	if (!finding && !problem)
		return complain_unknown(options, word);
	if (finding)
		usage_finding(finding);
	if (finding && problem)
		(void)puts("\nand in an answer of samekeyd's API\n");
	if (problem)
		usage_problem(problem);
	return EXIT_OK;
}

// Its table is samekeyd's own.
static int explain_verifier(void)
{
	struct err err = ERR_NONE;
	int code = private_help(&err);

	(void)err_hint(&err, "samekeyd --help, on the host where it is, lists the settings of "
			     "samekeyd.ini");
	command_complain(&err);
	return command_exit_code(code);
}

static int run(const struct options *options, struct pool *pool)
{
	const char *word = options->argument_count ? options->arguments[0] : NULL;

	(void)pool;
	if (options->json == SETTING_YES)
		return run_json(options, word);
	if (!word)
		usage_commands();
	else if (text_equal(word, "findings"))
		usage_findings();
	else if (text_equal(word, "codes"))
		usage_problems();
	else if (text_equal(word, "samekey.ini"))
		usage_settings();
	else if (text_equal(word, "samekeyd.ini"))
		return explain_verifier();
	else if (command_find(word))
		usage_command(command_find(word));
	else
		return explain_code(options, word);
	return EXIT_OK;
}

const struct command cmd_help = {
	.name = "help",
	.moment = COMMAND_HELP,
	.synopsis = "[COMMAND|CODE|findings|codes|samekey.ini|samekeyd.ini]",
	.summary = "explain a command, a code or the settings",
	.details = "A code is that of a finding, or of an answer of samekeyd's API, such as\n"
		   "signature_invalid. --json gives the commands, one command, the findings, the\n"
		   "codes or one of them.\n",
	.groups = (const char *const[]){"output", NULL},
	.max_arguments = 1,
	.run = run,
};
