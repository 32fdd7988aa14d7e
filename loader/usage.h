// What `help` and --help print, made from the tables of commands, options and settings.
// SPDX-License-Identifier: MIT
#ifndef LOADER_USAGE_H
#define LOADER_USAGE_H

#include "lib/base/base.h"

struct command;
struct finding_kind;

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

#endif
