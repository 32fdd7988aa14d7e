// KEY_FILE: a variable that names a file with the key's value, as the official Docker images take
// it. Which of the two counts is for the contest.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_KEYFILE_H
#define LOADER_RESOLVE_KEYFILE_H

#include "lib/base/base.h"

struct contest;
struct environment;
struct resolution;

// What the variable KEY_FILE of a key says.
// Returns: a path, perhaps an empty one; NULL when the variable is not set.
const char *keyfile_path(const struct environment *environment, const char *key);

// Reads the file that KEY_FILE names and offers its value for the contest's key, where the key's
// section says so or it is a secret; notes the variable in the contest. A finding is added where
// the environment has the key too, which `inherited` is (NULL: it has not). Returns: 0, also when
// there is nothing to read; SOURCE_E_BAD when a finding of severity error says what is wrong with
// the file; or -ENOMEM.
int keyfile_read(struct resolution *resolution, const struct environment *environment,
	struct contest *contest, const char *inherited) must_check;

// Adds a finding for each KEY_FILE of a secret's name whose file is not read: that of the
// environment whose KEY nothing names, and that of an env file whose KEY nothing gives. When all
// contests are held.
void keyfile_report_unread(
	const struct resolution *resolution, const struct environment *environment);

#endif
