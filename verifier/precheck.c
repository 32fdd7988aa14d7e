// Reads what a start reads, in an arena of its own, and gives it back.
// SPDX-License-Identifier: MIT
#include "verifier/precheck.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/value/fingerprint.h"
#include "verifier/daemon.h"
#include "verifier/ruling.h"
#include "verifier/setup/setup.h"
#include "verifier/trust/keyring.h"

#include <errno.h>

// A file that the settings name and only a start needs.
static int look_at_key(const struct setup *setup, struct secret_arena *arena, const struct log *log)
{
	own(fingerprint_key_release) struct fingerprint_key *key = NULL;
	struct err err = ERR_NONE;
	int code;

	if (!setup->fingerprint_key)
		return 0; // looking for another one could make it
	code = fingerprint_key_open(setup->fingerprint_key, arena, &key, &err);
	if (code < 0)
		log_failure(log, "settings", &err);
	return code;
}

// Key files that a start would do without.
static int look_at_profiles(
	const struct setup *setup, struct secret_arena *arena, const struct log *log)
{
	struct keyring *keyring = keyring_new(arena, NULL);
	int code = keyring ? keyring_configure(keyring, setup->profiles, setup->profile_count, NULL)
			   : -ENOMEM;

	for (size_t i = 0; code != -ENOMEM && i < keyring_size(keyring); i++) {
		const struct profile *profile = keyring_at(keyring, i);
		struct err err = ERR_NONE;

		if (!profile->faulty || !profile->faulty->file)
			continue;
		code = err_set(&err, -EINVAL, NULL, "profile %s: %s", profile->rules->name,
			profile->fault);
		(void)err_hint(&err, "%s", profile->hint);
		log_failure(log, "settings", &err);
	}
	keyring_free(keyring);
	return code;
}

int precheck_settings(const struct daemon_options *options, const struct log *log,
	bool only_checked, uint64_t *ret_memory)
{
	own(secret_arena_release) struct secret_arena *arena = NULL;
	struct ruling ruling = {0};
	struct err err = ERR_NONE;
	int code = secret_arena_open(NULL, &arena, &err);

	if (code < 0) {
		log_failure(log, "start_failed", &err);
		return code;
	}
	code = ruling_read(options, arena, log, &ruling);
	if (code == 0)
		code = look_at_key(ruling.setup, arena, log);
	if (code == 0 && only_checked)
		code = look_at_profiles(ruling.setup, arena, log);
	if (code == 0)
		*ret_memory = ruling.setup->memory;
	pool_free(ruling.pool); // the token goes with the arena
	return code;
}
