// The rows that the cmd_VERB.c files define.
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_COMMANDS_H
#define LOADER_CLI_COMMANDS_H

#include "loader/cli/command.h"

extern const struct command cmd_run, cmd_check, cmd_explain, cmd_offer, cmd_status, cmd_drift,
	cmd_init, cmd_install, cmd_keygen, cmd_dialects, cmd_parse, cmd_lint, cmd_export,
	cmd_verify, cmd_issue, cmd_diagnose, cmd_revoke, cmd_ps, cmd_doctor, cmd_scan, cmd_help;

// Bare `samekey`: one screen about where one stands. Not in the table.
extern const struct command cmd_overview;

#endif
