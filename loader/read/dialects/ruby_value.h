// What a value of Ruby's dotenv stands for: quotes, backslashes, references, and commands, at which
// it stops.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_RUBY_VALUE_H
#define LOADER_READ_DIALECTS_RUBY_VALUE_H

#include "loader/read/dialects/span.h"

struct emulation;

enum ruby_trait {
	RUBY_LINES = 1,        // a statement is a line, and a quoted value may hold its own quote
	RUBY_LINE_ENDS = 2,    // \n and \r in double quotes are line ends without being asked
	RUBY_UNQUOTED = 4,     // a backslash in an unquoted value is dropped, too
	RUBY_KEEPS = 8,        // what the environment has is not read at all
	RUBY_NAMES_FIRST = 16, // references are replaced before commands are looked for
};

// Reads a value as it stands in the file.
// Returns: what it becomes, which lasts as long as the emulation.
struct span ruby_value_read(struct emulation *emulation, struct span value);

#endif
