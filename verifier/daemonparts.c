// Opens the parts in the order in which they need each other (settings, memory, keys, sockets, the
// fence, the doors), and closes them in the other.
// SPDX-License-Identifier: MIT
#include "verifier/daemonparts.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/folder.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/notify.h"
#include "lib/value/fingerprint.h"
#include "verifier/activation.h"
#include "verifier/daemon.h"
#include "verifier/daemonlog.h"
#include "verifier/daemonrules.h"
#include "verifier/daemonstate.h"
#include "verifier/daemonstatus.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/attest.h"
#include "verifier/door/api/diagnosis.h"
#include "verifier/door/api/judge.h"
#include "verifier/door/api/processmetrics.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/custody.h"
#include "verifier/door/http.h"
#include "verifier/door/intake.h"
#include "verifier/door/keepsake.h"
#include "verifier/door/listen.h"
#include "verifier/door/retrial.h"
#include "verifier/door/session/sessions.h"
#include "verifier/fence.h"
#include "verifier/precheck.h"
#include "verifier/profilelog.h"
#include "verifier/record/attestations.h"
#include "verifier/record/registry.h"
#include "verifier/record/sightings.h"
#include "verifier/restart.h"
#include "verifier/ruling.h"
#include "verifier/sessionhost.h"
#include "verifier/setup/setup.h"
#include "verifier/startlog.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"
#include "verifier/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); // a wish: the caps fit into the default
	}
}

static int open_trust(struct daemon *daemon, uint64_t memory, struct err *err)
{
	int code = vault_open(memory, &daemon->vault, err);

	if (code == 0)
		code = ruling_read(daemon->options, vault_arena(daemon->vault), &daemon->book.log,
			&daemon->ruling);
	if (code == 0) {
		daemonlog_configure(
			&daemon->book, daemon->ruling.setup, daemon->options, daemon->vault);
		daemon->start = restart_settings(daemon->ruling.setup);
		if (!daemon->start || ruling_hide(&daemon->ruling, daemon->vault) < 0)
			code = err_no_memory(err);
	}
	if (code == 0)
		code = fingerprint_key_open(daemon->ruling.setup->fingerprint_key,
			vault_arena(daemon->vault), &daemon->key, err);
	if (code < 0)
		return code;
	daemon->keyring = keyring_new(vault_arena(daemon->vault), daemon->vault);
	if (!daemon->keyring || daemonrules_keyring(daemon, daemon->ruling.setup) < 0)
		return err_no_memory(err);
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

	answers->judge = judge_new(&daemon->book.log);
	answers->sightings = sightings_new();
	answers->attestor = attest_new(&daemon->book.log);
	answers->attestations = attestations_new();
	if (!answers->judge || !answers->sightings || !answers->attestor || !answers->attestations)
		return -ENOMEM;
	daemon->retrial = retrial_new(&(struct retrial_parts){.loop = daemon->loop,
		.keyring = daemon->keyring,
		.vault = daemon->vault,
		.sightings = answers->sightings,
		.log = &daemon->book.log});
	if (!daemon->retrial)
		return -ENOMEM;
	judge_tell(answers->judge, on_bad_token, daemon);
	return 0;
}

// A private one ends with what it holds.
static bool keeps_bundles(const struct daemon *daemon)
{
	return !daemon->options->private && notify_is_there() &&
	       daemon->ruling.setup->descriptor_store == SETTING_YES;
}

static int watch_signals(struct daemon *daemon, loop_ready *ready)
{
	sigset_t set;

	(void)sigemptyset(&set); // none of these can fail for signals that exist
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	// a reader that left, and a file at its limit (ulimit -f), are errors of a write
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
		signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return -errno;
	daemon->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (daemon->signals < 0)
		return -errno;
	return loop_watch(
		daemon->loop, daemon->signals, EPOLLIN, ready, daemon, &daemon->signal_watch);
}

static int open_loop(struct daemon *daemon, loop_ready *on_signal, struct err *err)
{
	int code = loop_open(&daemon->loop);

	if (code == 0)
		code = watch_signals(daemon, on_signal);
	if (code == 0)
		return 0;
	(void)err_set(err, code, NULL, "cannot make the event loop: %s", strerror(-code));
	return code == -EMFILE || code == -ENFILE ? err_hint(err, FOLDER_HINT_DESCRIPTORS) : code;
}

static int open_record(struct daemon *daemon, struct err *err)
{
	const struct setup *setup = daemon->ruling.setup;
	const struct registry_rules rules = daemonrules_registry(setup);

	daemon->registry = registry_new(&rules);
	daemon->admit = admit_new(setup->rules, setup->admit_count, setup->connections);
	daemon->throttle = throttle_new(&daemon->book.log);
	if (!daemon->registry || !daemon->admit || !daemon->throttle)
		return err_no_memory(err);
	daemon->profilelog = profilelog_new(&daemon->book.log, daemon->throttle);
	daemon->process = processmetrics_open();
	if (!daemon->profilelog || !daemon->process)
		return err_no_memory(err);
	daemon->answers = (struct answers){.registry = daemon->registry,
		.key = daemon->key,
		.keyring = daemon->keyring,
		.vault = daemon->vault,
		.process = daemon->process,
		.diagnoses = {.at_once = DIAGNOSIS_AT_ONCE, .each_ms = DIAGNOSIS_EACH_MS}};
	daemon->answers.counts.started_s = (uint64_t)time(NULL);
	daemon->answers.counts.reloaded_s = daemon->answers.counts.started_s;
	daemon->answers.life.started_ms = clock_steady_ms();
	if (open_judge(daemon) < 0)
		return err_no_memory(err);
	daemon->custody = custody_new(&(struct custody_parts){.loop = daemon->loop,
		.vault = daemon->vault,
		.registry = daemon->registry,
		.key = daemon->key,
		.log = &daemon->book.log,
		.throttle = daemon->throttle,
		.withdrawn = daemonstatus_withdrawn,
		.changed = daemonstatus_changed,
		.keep = keeps_bundles(daemon) ? notify_send_descriptor : NULL,
		.owner = daemon});
	return daemon->custody ? 0 : err_no_memory(err);
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

// Those that systemd did not give.
static int open_sockets(struct daemon *daemon, struct err *err)
{
	const struct setup *setup = daemon->ruling.setup;
	struct activation *given = &daemon->activation;
	mode_t mode = daemonrules_mode(setup);
	int code = 0;

	if (daemon->options->private)
		return open_private_sockets(daemon, err);
	daemon->handoff.fd = activation_take(given, ACTIVATION_HANDOFF);
	daemon->api.fd = activation_take(given, ACTIVATION_API);
	daemon->tcp = activation_take(given, ACTIVATION_HTTP);
	if (daemon->handoff.fd < 0)
		code = listen_unix(setup->handoff, SOCK_SEQPACKET, mode, &daemon->handoff, err);
	if (code == 0 && daemon->api.fd < 0)
		code = listen_unix(setup->api, SOCK_STREAM, mode, &daemon->api, err);
	if (code == 0 && setup->http && daemon->tcp < 0)
		code = listen_tcp(setup->http, &daemon->tcp, err);
	if (code == 0)
		code = sessionhost_lend(daemon->sessionhost,
			activation_take(given, ACTIVATION_SESSION),
			activation_take(given, ACTIVATION_SESSION_HTTP), err);
	if (code == 0)
		code = sessionhost_listen(daemon->sessionhost, err);
	return code;
}

static int enter_fence(struct daemon *daemon, struct err *err)
{
	const struct fence_parts parts = {.options = daemon->options,
		.setup = daemon->ruling.setup,
		.log = &daemon->book.log,
		.helper = daemon->sessionhost ? sessionhost_helper(daemon->sessionhost) : 0};

	return fence_enter(&parts, &daemon->answers.guards, &daemon->fence, err);
}

// Before anybody is served: whoever asks first finds what was there before a restart.
static void restore(struct daemon *daemon)
{
	struct activation *given = &daemon->activation;

	keepsake_restore(&(struct keepsake_parts){.custody = daemon->custody,
				 .vault = daemon->vault,
				 .log = &daemon->book.log,
				 .tell = notify_send_descriptor,
				 .is_off = daemon->ruling.setup->descriptor_store != SETTING_YES},
		given->kept, given->kept_count);
	activation_close_kept(given);
}

static int open_doors(struct daemon *daemon, struct err *err)
{
	struct sessionhost *host = daemon->sessionhost;
	int code = intake_open(&(struct intake_parts){.socket = daemon->handoff.fd,
				       .loop = daemon->loop,
				       .admit = daemon->admit,
				       .custody = daemon->custody,
				       .vault = daemon->vault,
				       .answers = &daemon->answers,
				       .log = &daemon->book.log,
				       .throttle = daemon->throttle,
				       .deadline_ms = daemon->ruling.setup->deadline_ms},
		&daemon->intake);

	if (code == 0 && daemon->options->private)
		code = intake_adopt(daemon->intake, daemon->options->connection);
	if (code < 0)
		return err_set(err, code, NULL, "cannot serve: %s", strerror(-code));
	return http_open(&(struct http_parts){.api = take_fd(&daemon->api.fd),
				 .tcp = take_fd(&daemon->tcp),
				 .session = host ? sessionhost_take_socket(host) : -1,
				 .session_tcp = host ? sessionhost_take_tcp(host) : -1,
				 .sessions = host ? sessionhost_sessions(host) : NULL,
				 .answer_session = sessions_answer,
				 .loop = daemon->loop,
				 .admit = daemon->admit,
				 .answers = &daemon->answers,
				 .log = &daemon->book.log,
				 .throttle = daemon->throttle,
				 .rules = daemonrules_http(&daemon->ruling)},
		&daemon->http, err);
}

// Nobody reads the status of a private one.
static void tell_start(struct daemon *daemon)
{
	startlog_tell(daemon);
	notify_send_surely("READY=1");
	if (!daemon->options->private)
		daemon->watchdog = watchdog_new(daemon->loop);
}

int daemonparts_open(struct daemon *daemon, loop_ready *on_signal)
{
	struct err err = ERR_NONE;
	uint64_t memory;
	int code;

	raise_descriptors();
	code = daemon->options->private ? 0 : activation_read(&daemon->activation, &err);
	if (code == 0)
		code = precheck_settings(daemon->options, &daemon->book.log, false, &memory);
	if (code == 0)
		code = open_trust(daemon, memory, &err);
	if (code == 0 && !daemon->options->private)
		code = sessionhost_open(
			&daemon->ruling, &daemon->book.log, &daemon->sessionhost, &err);
	if (code == 0)
		code = open_loop(daemon, on_signal, &err);
	if (code == 0)
		code = open_record(daemon, &err);
	if (code == 0)
		code = open_sockets(daemon, &err);
	if (code == 0)
		code = enter_fence(daemon, &err);
	if (code == 0 && daemon->sessionhost)
		code = sessionhost_attach(daemon->sessionhost, daemon->loop, &daemon->answers,
			daemon->throttle, &err);
	if (code == 0)
		restore(daemon);
	if (code == 0)
		code = open_doors(daemon, &err);
	if (err.code)
		log_failure(&daemon->book.log, "start_failed", &err);
	if (code == 0)
		tell_start(daemon);
	return code;
}

// The folder was made for the sockets.
static void remove_folder(const char *socket)
{
	const char *slash = socket ? strrchr(socket, '/') : NULL;
	char folder[sizeof(((struct listen_socket *)NULL)->path)];

	(void)snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - socket) : 0, socket);
	(void)rmdir(folder); // unless somebody keeps something there
}

void daemonparts_close(struct daemon *daemon)
{
	intake_close(daemon->intake);
	http_close(daemon->http);
	sessionhost_close(daemon->sessionhost);
	custody_free(daemon->custody);
	retrial_free(daemon->retrial);
	judge_free(daemon->answers.judge);
	sightings_free(daemon->answers.sightings);
	attest_free(daemon->answers.attestor);
	attestations_free(daemon->answers.attestations);
	loop_forget(daemon->status_timer);
	loop_forget(daemon->drain_timer);
	watchdog_free(daemon->watchdog);
	loop_unwatch(daemon->signal_watch);
	own_fd_release(&daemon->signals);
	loop_close(daemon->loop);
	listen_close(&daemon->handoff);
	listen_close(&daemon->api);
	remove_folder(daemon->options->api);
	remove_folder(daemon->options->handoff);
	own_fd_release(&daemon->tcp);
	activation_done(&daemon->activation);
	profilelog_free(daemon->profilelog);
	processmetrics_close(daemon->process);
	throttle_free(daemon->throttle);
	admit_free(daemon->admit);
	registry_free(daemon->registry);
	fingerprint_key_free(daemon->key);
	keyring_free(daemon->keyring);
	ruling_done(&daemon->ruling, daemon->vault);
	free(daemon->start);
	daemonlog_close(&daemon->book);
	vault_close(daemon->vault);
	fence_free(daemon->fence);
}
