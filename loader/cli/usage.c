// Help texts on stdout. Knows no command by name.
// SPDX-License-Identifier: MIT
#include "loader/cli/usage.h"

#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/value/finding.h"
#include "lib/value/problem.h"
#include "loader/cli/command.h"
#include "loader/cli/options_rows.h"
#include "loader/resolve/settings.h"
#include "loader/resolve/settings_rows.h"

#include <jansson.h>

static const char *const moments[COMMAND_MOMENTS] = {
	[COMMAND_BEFORE_START] = "before start",
	[COMMAND_START] = "start",
	[COMMAND_RUNNING] = "running",
	[COMMAND_TOKENS] = "tokens",
	[COMMAND_FILES] = "files",
	[COMMAND_HELP] = "help",
};

void usage_commands(void)
{
	(void)puts("samekey makes every process, build and host of an app use the same key.\n");
	for (unsigned moment = 0; moment < COMMAND_MOMENTS; moment++) {
		bool first = true;

		for (const struct command *const *at = command_table; *at; at++) {
			if ((*at)->moment != (enum command_moment)moment)
				continue;
			if (first)
				(void)printf("%s\n", moments[moment]);
			first = false;
			(void)printf("  %-8s  %s\n", (*at)->name, (*at)->summary);
		}
	}
	(void)puts("\nsamekey help COMMAND explains a command, samekey help CODE a finding.\n"
		   "samekey alone says where you stand; samekey --version which samekey this is.");
}

static void print_option(const struct setting *row)
{
	char left[96];

	if (row->type == SETTING_FLAG)
		(void)snprintf(left, sizeof(left), "--%s%s", options_rows_name(row),
			options_rows_is_setting(row) ? "[=no]" : "");
	else
		(void)snprintf(left, sizeof(left), "--%s %s", options_rows_name(row),
			setting_argument(row));
	for (char *at = left; *at && *at != ' '; at++)
		*at = *at == '_' ? '-' : *at; // as people type it; both are taken
	setting_print_row(stdout, left, row);
}

void usage_settings(void)
{
	static const char *const named[] = {"key", NULL};

	(void)puts("samekey.ini lies in the app's folder or above it. `samekey init` writes one.");
	setting_print(stdout, settings_rows, settings_rows_count, named);
	setting_print(stdout, settings_rows_of_key, settings_rows_of_key_count, named);
}

// Whether who only asks a verifier has no use for it, unless it starts one.
static bool is_for_resolving(const struct setting *row)
{
	if (!options_rows_is_setting(row))
		return text_equal(row->section, "resolve") && !text_equal(row->key, "ini");
	return !text_equal(row->section, "verifier") || text_equal(row->key, "required");
}

void usage_command(const struct command *command)
{
	const struct setting *row;
	bool settings = false, brief = command->beside;

	(void)printf("samekey %s%s%s\n\n%s.\n", command->name, *command->synopsis ? " " : "",
		command->synopsis, command->summary);
	if (command->details)
		(void)printf("\n%s", command->details);
	(void)puts("\noptions");
	for (size_t i = 0; (row = options_rows_at(command, i)); i++) {
		if (brief && is_for_resolving(row))
			continue;
		if (options_rows_is_setting(row) && !settings)
			(void)puts("\nsettings of samekey.ini, for this start only");
		settings |= options_rows_is_setting(row);
		print_option(row);
	}
	if (brief)
		(void)printf("\n%s\n", command->beside);
}

void usage_finding(const struct finding_kind *kind)
{
	(void)printf("%s  (%s)\n  %s\n\n  why  %s\n  fix  %s\n", kind->code,
		diag_severity_text(kind->severity), kind->title, kind->why, kind->fix);
	if (kind->severity == DIAG_ERROR && !kind->exit && finding_may_pass(kind))
		(void)printf(
			"  now  samekey run --allow %s[:KEY] -- COMMAND starts once all the same\n",
			kind->code);
}

void usage_findings(void)
{
	for (unsigned i = 0; i < FINDINGS; i++) {
		const struct finding_kind *kind = finding_kind((enum finding)i);

		(void)printf("%-20s  %-7s  %s\n", kind->code, diag_severity_text(kind->severity),
			kind->title);
	}
}

json_t *usage_commands_json(void)
{
	json_t *list = json_array();

	for (const struct command *const *at = command_table; *at; at++)
		dump_append(&list, json_pack("{s:s, s:s, s:s, s:s}", "name", (*at)->name, "moment",
					   moments[(*at)->moment], "synopsis", (*at)->synopsis,
					   "summary", (*at)->summary));
	return json_pack("{s:i, s:o}", "v", 1, "commands", list);
}

json_t *usage_command_json(const struct command *command)
{
	json_t *options = json_array();
	const struct setting *row;

	for (size_t i = 0; (row = options_rows_at(command, i)); i++)
		dump_append(&options,
			json_pack("{s:s, s:s, s:s, s:s?, s:b}", "name", options_rows_name(row),
				"argument", setting_argument(row), "help", row->doc, "default",
				row->fallback, "setting", options_rows_is_setting(row)));
	return json_pack("{s:i, s:s, s:s, s:s, s:o}", "v", 1, "name", command->name, "synopsis",
		command->synopsis, "summary", command->summary, "options", options);
}

static json_t *finding_json(const struct finding_kind *kind)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "code", kind->code, "severity",
		diag_severity_text(kind->severity), "title", kind->title, "why", kind->why, "fix",
		kind->fix);
}

json_t *usage_findings_json(void)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < FINDINGS; i++)
		dump_append(&list, finding_json(finding_kind((enum finding)i)));
	return json_pack("{s:i, s:o}", "v", 1, "findings", list);
}

void usage_problem(const struct problem *problem)
{
	(void)printf("%s  (status %s)\n  %s\n\n  fix  %s\n", problem->code, problem->answers,
		problem->title, problem->fix);
}

void usage_problems(void)
{
	for (size_t i = 0; i < problem_count; i++)
		(void)printf("%-20s  %s\n", problem_table[i].code, problem_table[i].title);
}

static json_t *problem_json(const struct problem *problem)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "code", problem->code, "status", problem->answers,
		"title", problem->title, "fix", problem->fix);
}

json_t *usage_code_json(const struct finding_kind *finding, const struct problem *problem)
{
	json_t *json = json_pack("{s:i}", "v", 1);

	if (finding)
		dump_set(&json, "finding", finding_json(finding));
	if (problem)
		dump_set(&json, "problem", problem_json(problem));
	return json;
}

json_t *usage_problems_json(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < problem_count; i++)
		dump_append(&list, problem_json(&problem_table[i]));
	return json_pack("{s:i, s:o}", "v", 1, "problems", list);
}
