// The daemon: puts the rooms together, owns the loop, and says when it starts, reloads and ends.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DAEMON_H
#define VERIFIER_DAEMON_H

#include "lib/base/base.h"

struct daemon;
struct err;

struct daemon_options {
	const char *ini; // NULL: the default path, which may be absent
	int log_fd;
	bool verbose; // debug events too

	// Private: serves one connection, and ends with the processes whose bundles it got.
	bool private;
	int connection;            // that connection, taken over
	const char *api, *handoff; // where it listens beside; NULL: nowhere
};

// Reads the settings and says what is wrong with them on stderr.
// Returns: an enum exit_code.
int daemon_check(const struct daemon_options *options) must_check;

// Runs until SIGTERM or SIGINT, or until whom a private one serves has ended.
// Returns: an enum exit_code.
int daemon_run(const struct daemon_options *options) must_check;

#endif
