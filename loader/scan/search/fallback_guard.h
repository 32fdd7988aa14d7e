// A placeholder that a read of the environment leads to: process.env.KEY || "...", the other arm of
// a conditional, the default of a call or of a pattern, by name or as it is written.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SEARCH_FALLBACK_GUARD_H
#define LOADER_SCAN_SEARCH_FALLBACK_GUARD_H

#include "lib/base/base.h"
#include "loader/scan/search/lexer.h"

struct fallback;

#define FALLBACK_GUARD_ARM_MAX 256 // bytes up to the colon of a conditional

// A script that is looked at, and what was found in it.
struct fallback_reader {
	struct lexer lexer;
	unsigned *budget; // searches for a variable that are left
	struct fallback *found;
};

// Notes the literal as what was found; `text` is what people are told (static).
// Returns: true.
bool fallback_guard_accept(
	struct fallback_reader *reader, struct lexer_span literal, const char *text);

// Each reads from behind what announces it; that begins at `before`. Returns: whether a placeholder
// is used where the key is missing.
//   member: .env.NAME
//   element: .env["NAME"]
//   call: os.getenv("NAME", "..."), os.environ.get("NAME") or "..."
//   pattern: {NAME: a = "..."} = process.env, which lies before it
bool fallback_guard_member(struct fallback_reader *reader, size_t before);
bool fallback_guard_element(struct fallback_reader *reader, size_t before);
bool fallback_guard_call(struct fallback_reader *reader, size_t before);
bool fallback_guard_pattern(struct fallback_reader *reader, size_t before);

#endif
