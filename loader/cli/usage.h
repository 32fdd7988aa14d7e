// What `help` and --help print, made from the tables of commands, options and settings.
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_USAGE_H
#define LOADER_CLI_USAGE_H

#include "lib/base/base.h"

struct command;
struct finding_kind;
struct problem;
struct json_t;

// Lists the commands by the moment they are for.
void usage_commands(void);

// Explains one command with its options.
void usage_command(const struct command *command);

// Explains one finding.
void usage_finding(const struct finding_kind *kind);

// Lists every finding with its severity.
void usage_findings(void);

// Lists the sections and settings of samekey.ini.
void usage_settings(void);

// The same for programs. Returns: the caller's reference, or NULL when memory is short.
struct json_t *usage_commands_json(void) must_check;
struct json_t *usage_command_json(const struct command *command) must_check;
struct json_t *usage_findings_json(void) must_check;
struct json_t *usage_code_json( // one of them may be NULL
	const struct finding_kind *finding, const struct problem *problem) must_check;

// Explains a code of the API's answers, or lists them all.
void usage_problem(const struct problem *problem);
void usage_problems(void);

// The same for programs. Returns: as above.
struct json_t *usage_problems_json(void) must_check;

#endif
