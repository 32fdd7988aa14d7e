// Start: harden, settings, memory, keys, sockets, then READY=1. SIGHUP: settings anew. SIGTERM:
// finish what has begun. Decides nothing about bundles.
// SPDX-License-Identifier: MIT
#include "verifier/daemon.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/exit.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/fingerprint.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/attest.h"
#include "verifier/door/api/diagnosis.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/readiness.h"
#include "verifier/door/custody.h"
#include "verifier/door/http.h"
#include "verifier/door/intake.h"
#include "verifier/door/listen.h"
#include "verifier/door/loop.h"
#include "verifier/door/retrial.h"
#include "verifier/door/throttle.h"
#include "verifier/notify.h"
#include "verifier/profilelog.h"
#include "verifier/record/attestations.h"
#include "verifier/record/registry.h"
#include "verifier/record/sightings.h"
#include "verifier/ruling.h"
#include "verifier/setup.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>

#define DAEMON_DESCRIPTORS 32 // sockets, event queues, what it was started with
#define DAEMON_STATUS_MS 1000 // between looks at readiness for STATUS=: a rotation runs out by time

struct daemon {
	const struct daemon_options *options;
	struct log log;
	uint64_t lines_lost;
	struct ruling ruling;
	struct vault *vault;
	struct keyring *keyring;
	struct profilelog *profilelog;
	struct fingerprint_key *key;
	struct registry *registry;
	struct admit *admit;
	struct answers answers;
	struct loop *loop;
	struct throttle *throttle;
	struct custody *custody;
	struct intake *intake;
	struct retrial *retrial;
	struct http *http;
	struct listen_socket handoff, api;
	int tcp;
	int signals;
	struct loop_watch *signal_watch;
	struct loop_timer *status_timer, *drain_timer;
	bool stopping, over;
	char status[96];      // the last STATUS= that was sent
	uint64_t status_from; // when it may be sent again
};

static int exit_code_of(int code)
{
	switch (code) {
	case -ENOENT:
	case -EACCES:
	case -EISDIR:
		return EXIT_NO_INPUT;
	case -ENOMEM:
	case -EADDRINUSE:
		return EXIT_TRY_AGAIN;
	default:
		return EXIT_SETTINGS;
	}
}

// ---- settings

static struct registry_rules registry_rules_of(const struct setup *setup)
{
	return (struct registry_rules){.apps = setup->owners,
		.app_count = setup->app_count,
		.fails = setup->fails,
		.fail_count = setup->drift_fail.count,
		.live_max = setup->bundles,
		.dead_max = setup->dead};
}

static struct http_rules http_rules_of(const struct ruling *ruling)
{
	return (struct http_rules){.deadline_ms = ruling->setup->deadline_ms,
		.body_max = ruling->setup->body,
		.token = ruling->token,
		.open_verbs = ruling->setup->open_verbs};
}

static void update_status(struct daemon *daemon);

// Without a descriptor for newcomers libmicrohttpd waits for one as fast as it can.
static void judge_descriptors(const struct daemon *daemon)
{
	uint64_t needed = daemon->ruling.setup->bundles + 2 * INTAKE_CONNECTIONS_MAX +
			  2 * HTTP_CONNECTIONS_MAX + DAEMON_DESCRIPTORS;
	struct rlimit limit;
	char text[160];

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= needed)
		return;
	(void)snprintf(text, sizeof(text),
		"all caps together need %llu descriptors, the limit is %llu: raise LimitNOFILE, or "
		"lower bundles under [limits]",
		(unsigned long long)needed, (unsigned long long)limit.rlim_cur);
	log_event(&daemon->log, LOG_WARNING, "descriptors", "hint", text);
}

static int configure_keyring(struct daemon *daemon, const struct setup *setup)
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
	code = configure_keyring(daemon, fresh);
	if (code < 0) // without memory for this either, the new rules stay until the next reload
		ignore_result(admit_change(
			daemon->admit, old->rules, old->admit_count, old->connections));
	return code;
}

// Rules tell callers apart where the file's mode did.
static mode_t mode_of(const struct setup *setup)
{
	return setup->admit_count ? LISTEN_OPEN_MODE : LISTEN_MODE;
}

// A mode that somebody gave the files by hand stays while the rules want the same as before.
static void change_modes(const struct daemon *daemon, const struct setup *fresh)
{
	const struct listen_socket *const sockets[] = {&daemon->handoff, &daemon->api};
	mode_t mode = mode_of(fresh);

	if (daemon->options->private || mode == mode_of(daemon->ruling.setup))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		int code = listen_change_mode(sockets[i], mode);
		char what[192];

		if (code == 0)
			continue;
		(void)snprintf(what, sizeof(what), "%s keeps its mode: %s", sockets[i]->path,
			strerror(-code));
		log_event(&daemon->log, LOG_WARNING, "socket_mode", "what", what);
	}
}

static void reload(struct daemon *daemon)
{
	struct ruling fresh = {0};
	struct registry_rules rules;
	struct http_rules http_rules;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail for this clock
	notify_send("RELOADING=1\nMONOTONIC_USEC=%llu",
		(unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
	if (ruling_read(daemon->options, vault_arena(daemon->vault), &daemon->log, &fresh) == 0 &&
		take_settings(daemon, fresh.setup) == 0) {
		if (ruling_needs_restart(daemon->ruling.setup, fresh.setup))
			log_event(&daemon->log, LOG_WARNING, "needs_restart", "settings",
				"handoff, api, http, memory and fingerprint key change at a "
				"restart");
		change_modes(daemon, fresh.setup);
		rules = registry_rules_of(fresh.setup);
		http_rules = http_rules_of(&fresh);
		registry_change(daemon->registry, &rules);
		http_change(daemon->http, &http_rules);
		intake_change(daemon->intake, fresh.setup->deadline_ms);
		ruling_done(&daemon->ruling, daemon->vault);
		daemon->ruling = fresh;
		judge_descriptors(daemon);
		daemon->answers.life.reload_failed_ms = 0;
		log_event(&daemon->log, LOG_INFO, "reloaded", "ini", daemon->options->ini);
		profilelog_tell(daemon->profilelog, daemon->keyring);
	} else {
		ruling_done(&fresh, daemon->vault);
		daemon->answers.life.reload_failed_ms = clock_steady_ms();
		log_event(&daemon->log, LOG_ERROR, "reload_failed", "kept", "the old settings");
	}
	notify_send("READY=1");
	daemon->status[0] = '\0';
	update_status(daemon);
}

// ---- status for the service manager

static size_t count_live(const struct daemon *daemon)
{
	size_t live = 0;

	for (size_t i = 0; i < registry_size(daemon->registry); i++)
		live += !registry_at(daemon->registry, i)->dead;
	return live;
}

static void update_status(struct daemon *daemon)
{
	own(pool_release) struct pool *pool = pool_new();
	char status[sizeof(daemon->status)];
	uint64_t now = clock_steady_ms();
	struct readiness readiness;
	size_t live;

	daemon->status_from = now + DAEMON_STATUS_MS;
	attest_settle(&daemon->answers);
	if (!pool || readiness_judge(&(struct readiness_question){.registry = daemon->registry,
					     .keyring = daemon->keyring,
					     .attestations = daemon->answers.attestations,
					     .life = &daemon->answers.life,
					     .now_ms = now,
					     .wall_ms = clock_wall_ms()},
			     pool, &readiness) < 0)
		return;
	live = count_live(daemon);
	(void)snprintf(status, sizeof(status), "%zu live bundle%s, %s, %zu reason%s", live,
		text_plural(live), readiness.ready ? "ready" : "not ready", readiness.reason_count,
		text_plural(readiness.reason_count));
	if (text_equal(status, daemon->status))
		return;
	(void)snprintf(daemon->status, sizeof(daemon->status), "%s", status);
	log_event(&daemon->log, LOG_INFO, "status", "text", status);
	notify_send("STATUS=%s", status);
}

static void on_withdrawn(void *owner, const char *app)
{
	struct daemon *daemon = owner;

	keyring_forget(daemon->keyring, app);
}

static void refresh_keyring(struct daemon *daemon)
{
	struct vault_snapshot *snapshot = vault_now(daemon->vault);

	ignore_result(keyring_refresh(daemon->keyring, snapshot)); // profiles that miss it say so
	vault_snapshot_unref(snapshot);
	profilelog_tell_changes(daemon->profilelog, daemon->keyring, clock_steady_ms());
}

static void on_changed(void *owner)
{
	struct daemon *daemon = owner;

	refresh_keyring(daemon);
	daemon->answers.counts.locked = vault_guard(daemon->vault).locked;
	if (clock_steady_ms() >= daemon->status_from)
		update_status(daemon); // else the timer does: a line for each offer is too many
}

static void on_status_due(void *owner)
{
	struct daemon *daemon = owner;

	daemon->status_timer = NULL;
	update_status(daemon);
	throttle_tell(daemon->throttle, clock_steady_ms(), false);
	ignore_result(loop_after(daemon->loop, DAEMON_STATUS_MS, on_status_due, daemon,
		&daemon->status_timer)); // short of memory: changes still update it
}

// ---- end

static void on_drained(void *owner)
{
	struct daemon *daemon = owner;

	daemon->drain_timer = NULL;
	daemon->over = true;
}

static void stop(struct daemon *daemon)
{
	if (daemon->stopping) {
		daemon->over = true; // told twice
		return;
	}
	daemon->stopping = true;
	notify_send("STOPPING=1\nSTATUS=finishing what has begun");
	log_event(&daemon->log, LOG_INFO, "stopping", "", "");
	intake_stop(daemon->intake);
	http_stop(daemon->http);
	listen_close(&daemon->handoff); // newcomers are told at once, and the next daemon may start
	listen_close(&daemon->api);
	if (loop_after(daemon->loop, daemon->ruling.setup->deadline_ms, on_drained, daemon,
		    &daemon->drain_timer) < 0)
		daemon->over = true;
}

static void on_signal(void *owner, uint32_t events)
{
	struct daemon *daemon = owner;
	struct signalfd_siginfo info;

	(void)events;
	while (read(daemon->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP && !daemon->stopping)
			reload(daemon);
		else if (info.ssi_signo != SIGHUP)
			stop(daemon);
	}
}

static int watch_signals(struct daemon *daemon)
{
	sigset_t set;

	(void)sigemptyset(&set); // none of these can fail for signals that exist
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	daemon->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (daemon->signals < 0)
		return -errno;
	return loop_watch(
		daemon->loop, daemon->signals, EPOLLIN, on_signal, daemon, &daemon->signal_watch);
}

// ---- start

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); // a wish: the caps fit into the default
	}
}

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
	struct keyring *keyring = keyring_new(arena);
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

// Settings name the vault's size, and reading them needs guarded memory: a first look. All that a
// file of settings can have wrong shows here; when they are only checked, so do the key files.
static int read_memory_size(const struct daemon_options *options, const struct log *log,
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

static int open_trust(struct daemon *daemon, uint64_t memory, struct err *err)
{
	int code = vault_open(memory, &daemon->vault, err);

	if (code == 0)
		code = ruling_read(
			daemon->options, vault_arena(daemon->vault), &daemon->log, &daemon->ruling);
	if (code == 0)
		code = fingerprint_key_open(daemon->ruling.setup->fingerprint_key,
			vault_arena(daemon->vault), &daemon->key, err);
	if (code < 0)
		return code;
	daemon->keyring = keyring_new(vault_arena(daemon->vault));
	if (!daemon->keyring || configure_keyring(daemon, daemon->ruling.setup) < 0)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	return 0;
}

static void on_bad_token(
	void *owner, const struct profile *profile, const char *token, size_t length)
{
	struct daemon *daemon = owner;

	retrial_note(daemon->retrial, profile, token, length);
}

static int open_judge(struct daemon *daemon)
{
	struct answers *answers = &daemon->answers;

	answers->judge = judge_new(&daemon->log);
	answers->sightings = sightings_new();
	answers->attestor = attest_new(&daemon->log);
	answers->attestations = attestations_new();
	if (!answers->judge || !answers->sightings || !answers->attestor || !answers->attestations)
		return -ENOMEM;
	daemon->retrial = retrial_new(&(struct retrial_parts){.loop = daemon->loop,
		.keyring = daemon->keyring,
		.vault = daemon->vault,
		.sightings = answers->sightings,
		.log = &daemon->log});
	if (!daemon->retrial)
		return -ENOMEM;
	judge_tell(answers->judge, on_bad_token, daemon);
	return 0;
}

static int open_record(struct daemon *daemon, struct err *err)
{
	const struct setup *setup = daemon->ruling.setup;
	const struct registry_rules rules = registry_rules_of(setup);

	daemon->registry = registry_new(&rules);
	daemon->admit = admit_new(setup->rules, setup->admit_count, setup->connections);
	daemon->throttle = throttle_new(&daemon->log);
	if (!daemon->registry || !daemon->admit || !daemon->throttle ||
		loop_open(&daemon->loop) < 0 || watch_signals(daemon) < 0)
		return err_set(err, -ENOMEM, NULL, "cannot make the event loop");
	daemon->profilelog = profilelog_new(&daemon->log, daemon->throttle);
	if (!daemon->profilelog)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	daemon->answers = (struct answers){.registry = daemon->registry,
		.key = daemon->key,
		.keyring = daemon->keyring,
		.vault = daemon->vault,
		.diagnoses = {.at_once = DIAGNOSIS_AT_ONCE, .each_ms = DIAGNOSIS_EACH_MS}};
	daemon->answers.counts.started_s = (uint64_t)time(NULL);
	daemon->answers.life.started_ms = clock_steady_ms();
	if (open_judge(daemon) < 0)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	daemon->custody = custody_new(&(struct custody_parts){.loop = daemon->loop,
		.vault = daemon->vault,
		.registry = daemon->registry,
		.key = daemon->key,
		.log = &daemon->log,
		.throttle = daemon->throttle,
		.withdrawn = on_withdrawn,
		.changed = on_changed,
		.owner = daemon});
	return daemon->custody ? 0 : err_set(err, -ENOMEM, NULL, "out of memory");
}

static int open_private_sockets(struct daemon *daemon, struct err *err)
{
	const struct daemon_options *options = daemon->options;
	int code = 0;

	if (options->api)
		code = listen_unix(options->api, SOCK_STREAM, LISTEN_OWN_MODE, &daemon->api, err);
	if (code == 0 && options->handoff)
		code = listen_unix(
			options->handoff, SOCK_SEQPACKET, LISTEN_OWN_MODE, &daemon->handoff, err);
	return code;
}

static int open_sockets(struct daemon *daemon, struct err *err)
{
	const struct setup *setup = daemon->ruling.setup;
	mode_t mode = mode_of(setup);
	int code;

	if (daemon->options->private)
		return open_private_sockets(daemon, err);
	code = listen_unix(setup->handoff, SOCK_SEQPACKET, mode, &daemon->handoff, err);
	if (code == 0)
		code = listen_unix(setup->api, SOCK_STREAM, mode, &daemon->api, err);
	if (code == 0 && setup->http)
		code = listen_tcp(setup->http, &daemon->tcp, err);
	return code;
}

static int open_doors(struct daemon *daemon, struct err *err)
{
	int code = intake_open(&(struct intake_parts){.socket = daemon->handoff.fd,
				       .loop = daemon->loop,
				       .admit = daemon->admit,
				       .custody = daemon->custody,
				       .vault = daemon->vault,
				       .answers = &daemon->answers,
				       .log = &daemon->log,
				       .throttle = daemon->throttle,
				       .deadline_ms = daemon->ruling.setup->deadline_ms},
		&daemon->intake);

	if (code == 0 && daemon->options->private)
		code = intake_adopt(daemon->intake, daemon->options->connection);
	if (code < 0)
		return err_set(err, code, NULL, "cannot serve: %s", strerror(-code));
	return http_open(&(struct http_parts){.api = take_fd(&daemon->api.fd),
				 .tcp = take_fd(&daemon->tcp),
				 .loop = daemon->loop,
				 .admit = daemon->admit,
				 .answers = &daemon->answers,
				 .log = &daemon->log,
				 .throttle = daemon->throttle,
				 .rules = http_rules_of(&daemon->ruling)},
		&daemon->http, err);
}

// Nobody reads the status of a private one, and what its log says lands in a terminal.
static void tell_start(struct daemon *daemon)
{
	const struct setup *setup = daemon->ruling.setup;
	struct secret_guard guard = vault_guard(daemon->vault);
	struct log_line line;

	daemon->answers.counts.locked = guard.locked;
	log_begin(&line, &daemon->log, LOG_INFO, "started");
	log_text(&line, "version", SAMEKEY_VERSION);
	log_text(&line, "ini", daemon->options->ini ? daemon->options->ini : "none");
	log_text(&line, "handoff", setup->handoff);
	log_text(&line, "api", setup->api);
	log_text(&line, "http", setup->http);
	log_text(&line, "fingerprint_key", fingerprint_key_id(daemon->key));
	log_text(&line, "memory", guard.hidden ? "hidden" : guard.locked ? "locked" : "not locked");
	log_number(&line, "pid", (uint64_t)getpid());
	log_end(&line);
	judge_descriptors(daemon);
	if (!guard.locked)
		log_event(&daemon->log, LOG_WARNING, "not_locked", "hint",
			finding_kind(FINDING_NOT_LOCKED)->fix);
	if (fingerprint_key_source(daemon->key) == FINGERPRINT_KEY_EPHEMERAL &&
		!daemon->options->private)
		log_event(&daemon->log, LOG_WARNING, "fingerprint_key", "hint",
			"fingerprints last until the restart: see [fingerprint] key in "
			"samekeyd.ini");
	if (!daemon->options->private) // without the bundle that is to come none has a key
		profilelog_tell(daemon->profilelog, daemon->keyring);
	notify_send("READY=1");
}

static int start(struct daemon *daemon)
{
	struct err err = ERR_NONE;
	uint64_t memory;
	int code = read_memory_size(daemon->options, &daemon->log, false, &memory);

	if (code == 0)
		code = open_trust(daemon, memory, &err);
	if (code == 0)
		code = open_record(daemon, &err);
	if (code == 0)
		code = open_sockets(daemon, &err);
	if (code == 0)
		code = open_doors(daemon, &err);
	if (err.code)
		log_failure(&daemon->log, "start_failed", &err);
	if (code != 0)
		return exit_code_of(code);
	tell_start(daemon);
	on_status_due(daemon);
	return EXIT_OK;
}

// The folder was made for the sockets.
static void remove_folder(const char *socket)
{
	const char *slash = socket ? strrchr(socket, '/') : NULL;
	char folder[sizeof(((struct listen_socket *)NULL)->path)];

	(void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - socket) : 0, socket);
	(void)rmdir(folder); // unless somebody keeps something there
}

static void finish(struct daemon *daemon)
{
	intake_close(daemon->intake);
	http_close(daemon->http);
	custody_free(daemon->custody);
	retrial_free(daemon->retrial);
	judge_free(daemon->answers.judge);
	sightings_free(daemon->answers.sightings);
	attest_free(daemon->answers.attestor);
	attestations_free(daemon->answers.attestations);
	loop_forget(daemon->status_timer);
	loop_forget(daemon->drain_timer);
	loop_unwatch(daemon->signal_watch);
	own_fd_release(&daemon->signals);
	loop_close(daemon->loop);
	listen_close(&daemon->handoff);
	listen_close(&daemon->api);
	remove_folder(daemon->options->api);
	remove_folder(daemon->options->handoff);
	own_fd_release(&daemon->tcp);
	profilelog_free(daemon->profilelog);
	throttle_free(daemon->throttle);
	admit_free(daemon->admit);
	registry_free(daemon->registry);
	fingerprint_key_free(daemon->key);
	keyring_free(daemon->keyring);
	ruling_done(&daemon->ruling, daemon->vault);
	vault_close(daemon->vault);
}

// What stands without a process keeps no private verifier.
static bool has_process(const struct daemon *daemon)
{
	for (size_t i = 0; i < registry_size(daemon->registry); i++) {
		const struct registry_entry *entry = registry_at(daemon->registry, i);

		if (!entry->dead && entry->hold != REGISTRY_STANDING)
			return true;
	}
	return false;
}

// A private one is over with the processes whose bundles it holds; before it has one, with its
// connection.
static bool is_over(const struct daemon *daemon)
{
	return daemon->over ||
	       (daemon->options->private && !intake_count(daemon->intake) && !has_process(daemon));
}

static int serve(struct daemon *daemon)
{
	while (!is_over(daemon)) {
		int code = loop_turn(daemon->loop, http_patience(daemon->http));

		if (code < 0) {
			log_event(&daemon->log, LOG_ERROR, "loop_failed", "what", strerror(-code));
			return EXIT_TRY_AGAIN;
		}
		http_turn(daemon->http);
		if (daemon->stopping && !intake_count(daemon->intake) && !http_count(daemon->http))
			daemon->over = true;
	}
	throttle_tell(daemon->throttle, clock_steady_ms(), true);
	log_event(&daemon->log, LOG_INFO, "stopped", "", "");
	return EXIT_OK;
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon daemon = {.options = options,
		.log = {.fd = options->log_fd,
			.lowest = options->verbose   ? LOG_DEBUG
				  : options->private ? LOG_WARNING
						     : LOG_INFO,
			.timed = !options->private && !notify_is_journal(options->log_fd),
			.lost = &daemon.lines_lost},
		.handoff = LISTEN_NONE,
		.api = LISTEN_NONE,
		.tcp = -1,
		.signals = -1};
	int code;

	secret_harden_process();
	raise_descriptors();
	code = start(&daemon);
	if (code == EXIT_OK)
		code = serve(&daemon);
	finish(&daemon);
	return code;
}

int daemon_check(const struct daemon_options *options)
{
	const struct log log = {.fd = options->log_fd, .lowest = LOG_INFO};
	uint64_t memory;
	int code = read_memory_size(options, &log, true, &memory);

	return code < 0 ? exit_code_of(code) : EXIT_OK;
}
