// The rules that a recognised framework brings along.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_RULES_FRAMEWORK_H
#define LOADER_RESOLVE_RULES_FRAMEWORK_H

#include "lib/base/base.h"
#include "lib/value/finding.h"
#include "lib/value/origin.h"

struct contest;
struct contestant;
struct resolution;

// A contest under judgement.
struct judging {
	struct resolution *resolution;
	struct contest *contest;
	const struct contestant *winner; // NULL: nobody wins
	const char *const *unruled;      // names of keys without a section, ended by NULL
	char origin[ORIGIN_TEXT_SIZE];   // the winner's
	struct finding_about about;
};

// Judges the winner against what the framework would read in its place, and against what it froze
// into the build.
// Returns: 0 or -ENOMEM.
int rules_framework_judge(struct judging *judging) must_check;

// Frozen secrets that no source knows, such as the fallback of
// `env: { X: process.env.X || "..." }`, and a build that cannot be looked into.
void rules_framework_judge_build(struct resolution *resolution);

// Keys that no source gives and for which the compiled code has a public placeholder.
// Returns: 0 or -ENOMEM.
int rules_framework_judge_code(struct resolution *resolution) must_check;

#endif
