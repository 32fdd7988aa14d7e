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
	// Of the arena that they were read into:
	struct secret token;          // over TCP
	struct secret store_password; // or SECRET_NONE; setup->store.options has it too
};

// Reads the settings, and the token and the password that they name; what is wrong is logged.
// Release with ruling_done. Returns: 0 or a negative errno.
int ruling_read(const struct daemon_options *options, struct secret_arena *arena,
	const struct log *log, struct ruling *ret_ruling) must_check;

// Lets the vault look for both secrets in what is to be shown, until ruling_done: the ruling's
// arena is the vault's. Returns: 0 or -ENOMEM.
int ruling_hide(const struct ruling *ruling, struct vault *vault) must_check;

// Gives everything back; the secrets to the vault's arena, unless `vault` is NULL.
void ruling_done(struct ruling *ruling, struct vault *vault);

// Before fresh settings take the place of old ones: the store that is open works with the old
// password, which has to live on. The fresh one goes with the old settings.
void ruling_keep_store(struct ruling *old, struct ruling *fresh);

// Whether what is open can go on with other settings; what is in the way is logged.
// Returns: 0 or -EINVAL.
int ruling_judge_change(const struct setup *old, const struct setup *new, const struct log *log)
	must_check;

#endif
