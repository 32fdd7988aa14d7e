// What the outcome of a line shows of the loaders that have it: that they kept the quotes, cut it
// at a #, took away backslashes. Looks at bytes and shows none.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_SHOWS_H
#define LOADER_INSPECT_LINT_LINT_SHOWS_H

#include "lib/base/base.h"

struct lint_outcome;
struct written;

#define LINT_SHOWS_BLANKS " \t"
#define LINT_SHOWS_QUOTES "'\""
#define LINT_SHOWS_SHELL_BYTES ";&|()<>~*?[]{}!"

typedef bool lint_shows(const struct written *item, const struct lint_outcome *outcome);

// Whether the value is missing, came from elsewhere or was made by running something.
lint_shows lint_shows_no_value;
lint_shows lint_shows_earlier;
lint_shows lint_shows_command;

// Whether the value has more than was meant: its quotes, the comment, the next assignment, a CR,
// blanks at its ends (or is missing), line ends and tabs that were escapes.
lint_shows lint_shows_quote;
lint_shows lint_shows_comment;
lint_shows lint_shows_next_line;
lint_shows lint_shows_cr;
lint_shows lint_shows_outer_blanks;
lint_shows lint_shows_outer_blanks_or_none;
lint_shows lint_shows_more_breaks;

// Whether it has less, or is missing: its # and what follows, dollars, backslashes, all lines but
// one, all behind an escaped quote, blanks, quotes, what a shell acts on.
lint_shows lint_shows_cut_hash;
lint_shows lint_shows_fewer_dollars;
lint_shows lint_shows_fewer_backslashes;
lint_shows lint_shows_one_line;
lint_shows lint_shows_end_at_escape;
lint_shows lint_shows_fewer_blanks;
lint_shows lint_shows_fewer_quotes;
lint_shows lint_shows_fewer_shell_bytes;

#endif
