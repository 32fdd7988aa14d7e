// Where a verifier listens, and a connection to it whose other end has been judged. What is said
// over it is handoff.c's.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_DIAL_H
#define LOADER_DELIVER_DIAL_H

#include "lib/base/base.h"

#include <limits.h>

struct err;
struct handoff_options;

// A verifier that was found.
struct dial {
	char path[PATH_MAX]; // of its socket
	uid_t user;          // who may own the other end, beside root and this user
};

// Where dial_find looks for the socket: the place at `index`, 0 being the first.
// Returns: the path, in `out` where it has to be made, or NULL past the last.
const char *dial_place(
	const struct handoff_options *options, size_t index, char out[static PATH_MAX]);

// Finds the socket and judges the folders on its path. `ret_dial->path` is written whatever is
// returned: it is where was looked last.
// Returns: 0
//   HANDOFF_E_ABSENT  nothing is at any of the places
//   -EPERM            somebody else may change the path
//   -EINVAL           no such user as the options name
//   or another negative errno
int dial_find(const struct handoff_options *options, struct dial *ret_dial, struct err *err)
	must_check;

// Connects to what dial_find found, and judges who listens there.
// Returns: 0, HANDOFF_E_REFUSED, HANDOFF_E_ABSENT (it has just gone), HANDOFF_E_TIMEOUT,
// HANDOFF_E_MALFORMED (another kind of socket), -EPERM or another negative errno.
int dial_connect(const struct dial *dial, uint64_t timeout_ms, int *ret_socket, struct err *err)
	must_check;

#endif
