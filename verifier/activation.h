// Descriptors that the service manager gives at the start (sd_listen_fds(3)'s protocol, without its
// library): sockets by their names, and what it kept for us over a restart.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_ACTIVATION_H
#define VERIFIER_ACTIVATION_H

#include "lib/base/base.h"

struct err;
struct keepsake_item;

#define ACTIVATION_DESCRIPTORS_MAX 8192
#define ACTIVATION_SHOWN_SIZE 128
#define ACTIVATION_NAMES_SIZE 64 // of all sockets, commas between them

enum activation_socket {
	ACTIVATION_HANDOFF,
	ACTIVATION_API,
	ACTIVATION_HTTP,
	ACTIVATION_SESSION,
	ACTIVATION_SESSION_HTTP,
	ACTIVATION_SOCKETS, // how many there are
};

// All -1 and empty without a service manager. Owns its descriptors until they are taken.
struct activation {
	int fds[ACTIVATION_SOCKETS];                           // -1: not given
	char shown[ACTIVATION_SOCKETS][ACTIVATION_SHOWN_SIZE]; // its own name: a path, HOST:PORT
	struct keepsake_item *kept;
	size_t kept_count;
};

#define ACTIVATION_NONE ((struct activation){.fds = {-1, -1, -1, -1, -1}})

// Takes what was given to this process: makes it close-on-exec, judges each socket by what its name
// stands for, and takes the variables out of the environment. Release with activation_done.
// Returns: 0; -EINVAL (a descriptor that nobody knows, or of the wrong kind); -ENOMEM.
int activation_read(struct activation *ret_activation, struct err *err) must_check;

// Closes what was kept.
void activation_close_kept(struct activation *activation);

// Closes what was not taken; fine on ACTIVATION_NONE.
void activation_done(struct activation *activation);

// Hands a socket over, listening and non-blocking.
// Returns: the descriptor, or -1: it was not given.
int activation_take(struct activation *activation, enum activation_socket socket);

// Its own name, or `otherwise` when it was not given.
const char *activation_shown(
	const struct activation *activation, enum activation_socket socket, const char *otherwise);

// Writes the names of the sockets that were given: "handoff,api".
const char *activation_names(
	const struct activation *activation, char out[static ACTIVATION_NAMES_SIZE]);

#endif
