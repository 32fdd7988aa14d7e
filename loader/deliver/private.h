// A verifier of one's own, for development and for one question: the samekeyd that lies beside this
// program, started on a socket pair. It is no child of the app (unless that is the first process of
// its PID namespace, who adopts all), inherits nothing but standard error, and is over when this
// process is, through exec. Prints nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_PRIVATE_H
#define LOADER_DELIVER_PRIVATE_H

#include "lib/base/base.h"
#include "lib/base/err.h"

struct pool;
struct secret_arena;

#define PRIVATE_START_MS 10000 // until it serves
#define PRIVATE_PATH_MAX 107   // bytes of a socket's path

// Documented outcomes; err says why.
enum private_outcome {
	PRIVATE_E_ABSENT = 1, // no samekeyd where it belongs
	PRIVATE_E_SETTINGS,   // its ini has a fault, which it has told on standard error
	PRIVATE_E_FAILED,     // it did not come to serve
};

struct private_options {
	const char *ini; // its settings, from the current folder; NULL: the defaults
	bool sockets;    // it listens: for HTTP, and for loaders and commands
};

struct private_verifier {
	int connection; // for handoff_options
	// its sockets, in a folder of their own; "": none
	char api[PRIVATE_PATH_MAX + 1], handoff[PRIVATE_PATH_MAX + 1];
};

#define PRIVATE_NONE ((struct private_verifier){.connection = -1})

// Starts one and waits until it serves; close it with private_close. Its sockets and the folder
// are its own: it removes them.
// Returns: 0, a PRIVATE_E_*, or a negative errno.
int private_start(const struct private_options *options, struct secret_arena *arena,
	struct pool *pool, struct private_verifier *ret_private, struct err *err) must_check;

// Becomes the samekeyd that private_start would start, to print its help.
// Returns: only on failure: PRIVATE_E_ABSENT, or a negative errno.
int private_help(struct err *err) must_check;

// Ends the connection; it ends too then, unless it holds the bundle of a process. Fine on
// PRIVATE_NONE.
void private_close(struct private_verifier *private);

// The same at this process's own end: the first process of a PID namespace takes the verifier with
// it, which comes to remove nothing any more, so it removes the sockets and the folder.
void private_leave(struct private_verifier *private);

#endif
