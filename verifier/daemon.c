// From the start to the end: serves, SIGHUP: settings anew, SIGTERM: finish what has begun. Decides
// nothing about bundles.
// SPDX-License-Identifier: MIT
#include "verifier/daemon.h"

#include "lib/base/clock.h"
#include "lib/base/exit.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/notify.h"
#include "verifier/activation.h"
#include "verifier/daemonlog.h"
#include "verifier/daemonparts.h"
#include "verifier/daemonrules.h"
#include "verifier/daemonstate.h"
#include "verifier/daemonstatus.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/http.h"
#include "verifier/door/intake.h"
#include "verifier/door/listen.h"
#include "verifier/precheck.h"
#include "verifier/record/registry.h"
#include "verifier/sessionhost.h"
#include "verifier/setup/setup.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

#define CLOSING_MS 10000 // what may still be written once all is drained

// What is not here is a setting that cannot work.
static const struct {
	int code, exit; // a negative errno, enum exit_code
} ends[] = {
	{-ENOENT, EXIT_NO_INPUT},
	{-EACCES, EXIT_NO_INPUT},
	{-EISDIR, EXIT_NO_INPUT},
	// the system is short of something, or somebody else has it
	{-ENOMEM, EXIT_TRY_AGAIN},
	{-EMFILE, EXIT_TRY_AGAIN},
	{-ENFILE, EXIT_TRY_AGAIN},
	{-ENOBUFS, EXIT_TRY_AGAIN},
	{-ENOSPC, EXIT_TRY_AGAIN},
	{-EAGAIN, EXIT_TRY_AGAIN},
	{-EINTR, EXIT_TRY_AGAIN},
	{-EADDRINUSE, EXIT_TRY_AGAIN},
	{-EBUSY, EXIT_TRY_AGAIN},
	{-EUCLEAN, EXIT_DATA},
	{-EPROTO, EXIT_DATA},
	{LISTEN_E_DENIED, EXIT_DENIED},
};

static int exit_code_of(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends[i].code == code)
			return ends[i].exit;
	return EXIT_SETTINGS;
}

static void on_drained(void *owner)
{
	struct daemon *daemon = owner;

	daemon->drain_timer = NULL;
	daemon->over = true;
}

// How long what has begun may take: a login has the time of its server.
static uint64_t longest_ms(const struct daemon *daemon)
{
	const struct http_rules rules = daemonrules_http(&daemon->ruling);
	bool has_sessions = daemon->sessionhost && sessionhost_sessions(daemon->sessionhost);

	return has_sessions && rules.session_wait_ms > rules.deadline_ms ? rules.session_wait_ms
									 : rules.deadline_ms;
}

static void stop(struct daemon *daemon)
{
	if (daemon->stopping) {
		daemon->over = true; // told twice
		return;
	}
	daemon->stopping = true;
	// the unit's TimeoutStopSec knows nothing of our settings
	notify_send("STOPPING=1\nSTATUS=finishing what has begun\nEXTEND_TIMEOUT_USEC=%llu",
		(unsigned long long)(longest_ms(daemon) + CLOSING_MS) * 1000);
	log_event(&daemon->book.log, LOG_INFO, "stopping", "", "");
	intake_stop(daemon->intake);
	http_stop(daemon->http);
	listen_close(&daemon->handoff); // newcomers are told at once, and the next daemon may start
	listen_close(&daemon->api);
	if (daemon->sessionhost)
		sessionhost_stop(daemon->sessionhost);
	if (loop_after(daemon->loop, longest_ms(daemon), on_drained, daemon, &daemon->drain_timer) <
		0)
		daemon->over = true;
}

static void on_signal(void *owner, uint32_t events)
{
	struct daemon *daemon = owner;
	struct signalfd_siginfo info;

	(void)events;
	while (read(daemon->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP && !daemon->stopping)
			daemonrules_reload(daemon);
		else if (info.ssi_signo != SIGHUP)
			stop(daemon);
	}
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
	daemonstatus_due(daemon);
	while (!is_over(daemon)) {
		int code = loop_turn(daemon->loop, http_patience(daemon->http));

		if (code < 0) {
			log_event(&daemon->book.log, LOG_ERROR, "loop_failed", "what",
				strerror(-code));
			return EXIT_TRY_AGAIN;
		}
		http_turn(daemon->http);
		if (daemon->stopping && !intake_count(daemon->intake) && !http_count(daemon->http))
			daemon->over = true;
	}
	throttle_tell(daemon->throttle, clock_steady_ms(), true);
	log_tell(&daemon->book.log);
	log_event(&daemon->book.log, LOG_INFO, "stopped", "", "");
	return EXIT_OK;
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon daemon = {.options = options,
		.activation = ACTIVATION_NONE,
		.handoff = LISTEN_NONE,
		.api = LISTEN_NONE,
		.tcp = -1,
		.signals = -1};
	int code;

	daemonlog_begin(&daemon.book, options);
	secret_harden_process();
	code = daemonparts_open(&daemon, on_signal);
	code = code == 0 ? serve(&daemon) : exit_code_of(code);
	daemonparts_close(&daemon);
	return code;
}

int daemon_check(const struct daemon_options *options)
{
	const struct log log = {.fd = options->log_fd, .lowest = LOG_INFO};
	uint64_t memory;
	int code = precheck_settings(options, &log, true, &memory);

	return code < 0 ? exit_code_of(code) : EXIT_OK;
}
