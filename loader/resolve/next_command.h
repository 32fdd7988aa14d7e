// The words of Next.js on a command line, and the standalone server that its build leaves; read by
// appcommand.h.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_NEXT_COMMAND_H
#define LOADER_RESOLVE_NEXT_COMMAND_H

#include "loader/resolve/appcommand.h"

// For appcommand_read. Its server is the server.js of `output: standalone`.
extern const struct appcommand_grammar next_command_grammar;

#endif
