// Remembers what was told last of each profile.
// SPDX-License-Identifier: MIT
#include "verifier/profilelog.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "verifier/door/api/throttle.h"
#include "verifier/trust/keyring.h"

struct told {
	bool usable;
	char fault[ERR_WHAT_SIZE];
};

struct profilelog {
	const struct log *log;
	struct throttle *throttle;
	struct told told[KEYRING_PROFILES_MAX]; // in the order of the keyring
};

struct profilelog *profilelog_new(const struct log *log, struct throttle *throttle)
{
	struct profilelog *profilelog = calloc(1, sizeof(*profilelog));

	if (profilelog) {
		profilelog->log = log;
		profilelog->throttle = throttle;
	}
	return profilelog;
}

struct profilelog *profilelog_free(struct profilelog *profilelog)
{
	free(profilelog);
	return NULL;
}

static void tell(const struct profilelog *profilelog, const struct profile *profile)
{
	struct log_line line;

	log_begin(&line, profilelog->log,
		*profile->fault || profile->exposed || profile->quoted ? LOG_WARNING : LOG_INFO,
		"profile");
	log_text(&line, "name", profile->rules->name);
	log_text(&line, "kind", profile_kinds[profile->rules->kind]);
	log_text(&line, "usable", profile->usable ? "yes" : "no");
	log_number(&line, "keys", profile->key_count);
	log_text(&line, profile->usable ? "without" : "reason", profile->fault);
	log_text(&line, "hint", profile->hint);
	log_text(&line, "world_readable", profile->exposed);
	log_text(&line, "quotes_stripped", profile->quoted);
	log_end(&line);
}

static void remember(struct told *told, const struct profile *profile)
{
	told->usable = profile->usable;
	(void)snprintf(told->fault, sizeof(told->fault), "%s", profile->fault);
}

void profilelog_tell(struct profilelog *profilelog, const struct keyring *keyring)
{
	for (size_t i = 0; i < keyring_size(keyring); i++) {
		tell(profilelog, keyring_at(keyring, i));
		remember(&profilelog->told[i], keyring_at(keyring, i));
	}
}

void profilelog_tell_changes(
	struct profilelog *profilelog, const struct keyring *keyring, uint64_t now_ms)
{
	for (size_t i = 0; i < keyring_size(keyring); i++) {
		const struct profile *profile = keyring_at(keyring, i);
		struct told *told = &profilelog->told[i];

		if ((told->usable == profile->usable && text_equal(told->fault, profile->fault)) ||
			!throttle_admits(
				profilelog->throttle, THROTTLE_OFFER, THROTTLE_UNKNOWN, now_ms))
			continue; // what is held back is told with the next change
		tell(profilelog, profile);
		remember(told, profile);
	}
}
