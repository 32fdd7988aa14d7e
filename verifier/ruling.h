// Settings and what lives with them: all that a SIGHUP reads again.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RULING_H
#define VERIFIER_RULING_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct daemon_options;
struct log;
struct pool;
struct setup;
struct vault;

struct ruling {
	struct pool *pool;
	struct setup *setup;
	struct secret token; // over TCP; of the arena that it was read into
};

// Reads the settings and the token that they name; what is wrong is logged. Release with
// ruling_done.
// Returns: 0 or a negative errno.
int ruling_read(const struct daemon_options *options, struct secret_arena *arena,
	const struct log *log, struct ruling *ret_ruling) must_check;

// Gives everything back; the token to the vault's arena, unless `vault` is NULL.
void ruling_done(struct ruling *ruling, struct vault *vault);

// Whether other settings say what only a restart changes.
bool ruling_needs_restart(const struct setup *old, const struct setup *new) must_check;

#endif
