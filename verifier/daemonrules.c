// What the settings say to the daemon's parts, at the start and anew at a SIGHUP: all settings are
// read again, taken over where they hold, and the old ones kept where not. What they say is read
// elsewhere: verifier/ruling.c.
// SPDX-License-Identifier: MIT
#include "verifier/daemonrules.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/notify.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "verifier/daemon.h"
#include "verifier/daemonlog.h"
#include "verifier/daemonstate.h"
#include "verifier/daemonstatus.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/http.h"
#include "verifier/door/intake.h"
#include "verifier/door/listen.h"
#include "verifier/fence.h"
#include "verifier/profilelog.h"
#include "verifier/record/registry.h"
#include "verifier/restart.h"
#include "verifier/ruling.h"
#include "verifier/sessionhost.h"
#include "verifier/setup/setup.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>

#define DAEMONRULES_DESCRIPTORS 32    // sockets, event queues, what it was started with
#define DAEMONRULES_WAIT_MORE_MS 3000 // beyond the upstream's own timeout, and its helper's answer

struct registry_rules daemonrules_registry(const struct setup *setup)
{
	return (struct registry_rules){.apps = setup->owners,
		.app_count = setup->app_count,
		.fails = setup->fails,
		.fail_count = setup->drift_fail.count,
		.live_max = setup->bundles,
		.dead_max = setup->dead};
}

struct http_rules daemonrules_http(const struct ruling *ruling)
{
	return (struct http_rules){.deadline_ms = ruling->setup->deadline_ms,
		.body_max = ruling->setup->body,
		.token = ruling->token,
		.open_verbs = ruling->setup->open_verbs,
		.session_wait_ms =
			ruling->setup->upstream.settings.timeout_ms + DAEMONRULES_WAIT_MORE_MS};
}

// Without a descriptor for newcomers libmicrohttpd waits for one as fast as it can.
void daemonrules_judge_descriptors(const struct daemon *daemon)
{
	const struct setup *setup = daemon->ruling.setup;
	uint64_t needed = setup->bundles + 2 * INTAKE_CONNECTIONS_MAX + 2 * HTTP_CONNECTIONS_MAX +
			  (setup->session.is_on ? 2 * HTTP_SESSIONS_MAX : 0) +
			  DAEMONRULES_DESCRIPTORS;
	struct rlimit limit;
	char text[160];

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= needed)
		return;
	(void)snprintf(text, sizeof(text),
		"all caps together need %llu descriptors, the limit is %llu: raise LimitNOFILE, or "
		"lower bundles under [limits]",
		(unsigned long long)needed, (unsigned long long)limit.rlim_cur);
	log_event(&daemon->book.log, LOG_WARNING, "descriptors", "hint", text);
}

int daemonrules_keyring(struct daemon *daemon, const struct setup *setup)
{
	struct vault_snapshot *snapshot = vault_now(daemon->vault);
	int code =
		keyring_configure(daemon->keyring, setup->profiles, setup->profile_count, snapshot);

	vault_snapshot_unref(snapshot);
	return code;
}

// What can fail of taking new settings. Returns: 0 or -ENOMEM, then the old ones hold.
static int take_settings(struct daemon *daemon, const struct setup *fresh)
{
	const struct setup *old = daemon->ruling.setup;
	int code =
		admit_change(daemon->admit, fresh->rules, fresh->admit_count, fresh->connections);

	if (code < 0)
		return code;
	code = daemonrules_keyring(daemon, fresh);
	if (code < 0) // without memory for this either, the new rules stay until the next reload
		ignore_result(admit_change(
			daemon->admit, old->rules, old->admit_count, old->connections));
	return code;
}

// Rules tell callers apart where the file's mode did.
mode_t daemonrules_mode(const struct setup *setup)
{
	return setup->admit_count ? LISTEN_OPEN_MODE : LISTEN_MODE;
}

// A mode that somebody gave the files by hand stays while the rules want the same as before.
static void change_modes(const struct daemon *daemon, const struct setup *fresh)
{
	const struct listen_socket *const sockets[] = {&daemon->handoff, &daemon->api};
	mode_t mode = daemonrules_mode(fresh);

	if (daemon->options->private || mode == daemonrules_mode(daemon->ruling.setup))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		int code = listen_change_mode(sockets[i], mode);
		char what[192];

		if (code == 0)
			continue;
		(void)snprintf(what, sizeof(what), "%s keeps its mode: %s", sockets[i]->path,
			strerror(-code));
		log_event(&daemon->book.log, LOG_WARNING, "socket_mode", "what", what);
	}
}

// Returns: 0 or a negative errno, then the old settings hold; what to release is in `fresh`.
static int read_again(struct daemon *daemon, struct ruling *fresh)
{
	int code =
		ruling_read(daemon->options, vault_arena(daemon->vault), &daemon->book.log, fresh);

	if (code < 0) {
		fence_explain(daemon->fence, code, &daemon->book.log);
		return code;
	}
	code = ruling_hide(fresh, daemon->vault);
	if (code == 0)
		code = fence_judge(daemon->fence, fresh->setup, &daemon->book.log);
	if (code == 0)
		code = ruling_judge_change(daemon->ruling.setup, fresh->setup, &daemon->book.log);
	return code == 0 ? take_settings(daemon, fresh->setup) : code;
}

// As long as what runs is not what the file says, however often that is read.
static void tell_restart(struct daemon *daemon, const struct ruling *fresh)
{
	own_free char *now = restart_settings(fresh->setup);
	char *names = daemon->answers.life.restart_for;

	if (!now)
		return;
	restart_list(daemon->start, now, names, sizeof(daemon->answers.life.restart_for));
	if (!secret_equal(daemon->ruling.store_password, fresh->store_password))
		restart_add(
			"[store] password_file", names, sizeof(daemon->answers.life.restart_for));
	if (*names)
		log_event(&daemon->book.log, LOG_WARNING, "needs_restart", "settings", names);
}

void daemonrules_reload(struct daemon *daemon)
{
	struct ruling fresh = {0};
	struct registry_rules rules;
	struct http_rules http_rules;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail for this clock
	notify_send("RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
	if (read_again(daemon, &fresh) == 0) {
		tell_restart(daemon, &fresh);
		change_modes(daemon, fresh.setup);
		daemonlog_change(&daemon->book, fresh.setup, daemon->options);
		rules = daemonrules_registry(fresh.setup);
		http_rules = daemonrules_http(&fresh);
		registry_change(daemon->registry, &rules);
		http_change(daemon->http, &http_rules);
		intake_change(daemon->intake, fresh.setup->deadline_ms);
		ruling_keep_store(&daemon->ruling, &fresh);
		if (daemon->sessionhost)
			sessionhost_change(daemon->sessionhost, &fresh);
		ruling_done(&daemon->ruling, daemon->vault);
		daemon->ruling = fresh;
		daemonrules_judge_descriptors(daemon);
		daemon->answers.life.reload_failed_ms = 0;
		daemon->answers.counts.reloaded_s = (uint64_t)time(NULL);
		log_event(&daemon->book.log, LOG_INFO, "reloaded", "ini", fresh.setup->ini);
		profilelog_tell(daemon->profilelog, daemon->keyring);
		daemonstatus_refresh(daemon); // which then has nothing of them to tell
	} else {
		ruling_done(&fresh, daemon->vault);
		daemon->answers.life.reload_failed_ms = clock_steady_ms();
		log_event(
			&daemon->book.log, LOG_ERROR, "reload_failed", "kept", "the old settings");
	}
	daemonlog_limit(&daemon->book);
	notify_send_surely("READY=1");
	daemon->status_told[0] = '\0';
	daemonstatus_update(daemon);
}
