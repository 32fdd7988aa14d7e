// What tools leave around a value that is not part of it. Loader and verifier take off the same, so
// that one file is one key to both.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_TRIM_H
#define LIB_VALUE_TRIM_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct trim_rules {
	bool file;   // a byte order mark at its start goes, and one line end at its end
	bool quotes; // a literal pair of quotes goes
};

// What was taken off, for findings.
struct trim_taken {
	bool bom, newline, carriage_return, quotes;
};

// Takes off the byte order mark and the newline of a file, a trailing carriage return, and a
// literal pair of quotes around what is left. Returns: a view of `value` without them; it lives as
// long as `value`.
struct secret trim_value(
	struct secret value, struct trim_rules rules, struct trim_taken *ret_taken);

#endif
