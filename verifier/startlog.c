// One line of where it listens and what it goes by, and a warning for each thing that is less than
// it could be.
// SPDX-License-Identifier: MIT
#include "verifier/startlog.h"

#include "lib/base/log.h"
#include "lib/value/finding.h"
#include "lib/value/fingerprint.h"
#include "verifier/activation.h"
#include "verifier/daemon.h"
#include "verifier/daemonrules.h"
#include "verifier/daemonstate.h"
#include "verifier/profilelog.h"
#include "verifier/setup/setup.h"
#include "verifier/trust/vault.h"

void startlog_tell(struct daemon *daemon)
{
	const struct setup *setup = daemon->ruling.setup;
	const struct activation *given = &daemon->activation;
	struct secret_guard guard = vault_guard(daemon->vault);
	char names[ACTIVATION_NAMES_SIZE];
	struct log_line line;

	daemon->answers.counts.locked = guard.locked;
	log_begin(&line, &daemon->book.log, LOG_INFO, "started");
	log_text(&line, "version", SAMEKEY_VERSION);
	log_text(&line, "ini", setup->ini);
	log_text(&line, "handoff", activation_shown(given, ACTIVATION_HANDOFF, setup->handoff));
	log_text(&line, "api", activation_shown(given, ACTIVATION_API, setup->api));
	log_text(&line, "http", activation_shown(given, ACTIVATION_HTTP, setup->http));
	log_text(&line, "session",
		activation_shown(given, ACTIVATION_SESSION, setup->session.socket));
	log_text(&line, "session_http",
		activation_shown(given, ACTIVATION_SESSION_HTTP, setup->session.http));
	log_text(&line, "from_systemd", activation_names(given, names));
	log_text(&line, "store", setup->store.is_on ? setup->store.options.url : NULL);
	log_text(&line, "fingerprint_key", fingerprint_key_id(daemon->key));
	log_text(&line, "memory", guard.hidden ? "hidden" : guard.locked ? "locked" : "not locked");
	log_number(&line, "pid", (uint64_t)getpid());
	log_end(&line);
	daemonrules_judge_descriptors(daemon);
	if (!guard.locked)
		log_event(&daemon->book.log, LOG_WARNING, "not_locked", "hint",
			finding_kind(FINDING_NOT_LOCKED)->fix);
	if (fingerprint_key_source(daemon->key) == FINGERPRINT_KEY_EPHEMERAL &&
		!daemon->options->private)
		log_event(&daemon->book.log, LOG_WARNING, "fingerprint_key", "hint",
			"fingerprints last until the restart: see [fingerprint] key in "
			"samekeyd.ini");
	if (!daemon->options->private) // without the bundle that is to come none has a key
		profilelog_tell(daemon->profilelog, daemon->keyring);
}
