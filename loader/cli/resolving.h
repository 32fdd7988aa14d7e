// What the command line says, resolved; and what every command that resolves says when little came
// of it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_RESOLVING_H
#define LOADER_CLI_RESOLVING_H

#include "lib/base/base.h"

struct err;
struct options;
struct pool;
struct resolution;

// Resolves as the options say; a failure is printed.
// Returns: EXIT_OK with *ret_resolution, which the caller owns, or another exit code.
int resolving_begin(const struct options *options, struct pool *pool,
	struct resolution **ret_resolution) must_check;

// The same without a word.
// Returns: 0 with *ret_resolution, or as resolution_open.
int resolving_open(const struct options *options, struct pool *pool,
	struct resolution **ret_resolution, struct err *err) must_check;

// Says on stderr which sources, or lines of them, could not be read, for commands that go on
// without them and do not list the findings.
void resolving_tell_unread(const struct resolution *resolution);

// Says on stderr, unless the options are quiet, when there is nothing to compare with: mostly it is
// the wrong folder, and an answer such as "no drift" would be taken for one.
void resolving_tell_nothing(const struct options *options, const struct resolution *resolution);

#endif
