// samekey offer: hand the bundle to the verifier without starting anything. It stays until it is
// replaced or withdrawn.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/exit.h"
#include "lib/base/notify.h"
#include "lib/value/finding.h"
#include "loader/cli/commands.h"
#include "loader/cli/resolving.h"
#include "loader/cli/verifiercall.h"
#include "loader/deliver/handoff.h"
#include "loader/deliver/report.h"
#include "loader/deliver/signals.h"
#include "loader/resolve/resolution.h"
#include "loader/stay/guarded.h"
#include "loader/stay/keeping.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

// There is no verdict: the finding says why, as far as it is an error or not.
static int exit_without_verdict(const struct resolution *resolution)
{
	int code = finding_exit_code(resolution->diag);

	return code == EXIT_OK || code == EXIT_FINDINGS ? EXIT_UNAVAILABLE : code;
}

static int withdraw(
	const struct options *options, const struct resolution *resolution, struct pool *pool)
{
	struct handoff_options handoff;
	struct handoff_answer answer;
	struct err err = ERR_NONE;
	int code;

	verifiercall_options(resolution, &handoff);
	code = handoff_withdraw(
		&handoff, resolution->bundle.app, resolution->arena, pool, &answer, &err);
	if (code != 0)
		return command_fail(options, &err, command_exit_code(code));
	code = answer.status == 200 ? EXIT_OK : EXIT_FINDINGS;
	if (options->json == SETTING_YES)
		return command_print_json(
			json_pack("{s:i, s:s, s:b}", "v", 1, "app", resolution->bundle.app,
				"withdrawn", code == EXIT_OK),
			code);
	(void)printf("%s: %s\n", resolution->bundle.app,
		code == EXIT_OK ? "withdrawn" : "nothing to withdraw");
	return code;
}

static int offer(const struct options *options, struct resolution *resolution, struct pool *pool)
{
	struct handoff_options handoff;
	struct handoff_verdict verdict;
	struct report report = {
		.resolution = resolution,
		.quiet = options->quiet == SETTING_YES,
	};

	bool fit = !diag_count(resolution->diag, DIAG_ERROR);

	verifiercall_options(resolution, &handoff);
	handoff.kind = MESSAGE_OFFER_STANDING;
	if (fit && verifiercall_offer(resolution, &handoff, pool, &verdict))
		report.verdict = &verdict;
	if (options->json == SETTING_YES) {
		if (report_json(&report, NULL, true) < 0)
			return command_no_memory();
	} else {
		report_resolved(&report);
	}
	if (!report.verdict)
		return fit ? exit_without_verdict(resolution) : finding_exit_code(resolution->diag);
	if (options->json != SETTING_YES)
		(void)printf("%s: %s, generation %llu\n", resolution->bundle.app,
			verdict.accepted ? "accepted" : "refused",
			(unsigned long long)verdict.generation);
	return verdict.accepted ? EXIT_OK : EXIT_FINDINGS;
}

// ---- staying

// Keeps the offer current until somebody says that it is enough.
static void stay(struct keeping *keeping, int signals)
{
	struct pollfd wanted[3] = {{.fd = signals, .events = POLLIN}};
	int fds[2], wait_ms;

	for (;;) {
		wait_ms = keeping_wait(keeping, fds);
		wanted[1] = (struct pollfd){.fd = fds[0], .events = POLLIN};
		wanted[2] = (struct pollfd){.fd = fds[1], .events = POLLIN};
		if (poll(wanted, ARRAY_SIZE(wanted), wait_ms) > 0 && wanted[0].revents)
			return;
		ignore_result(keeping_turn(keeping)); // a standing offer is taken by itself
	}
}

// What ends it; nohup and a shell's `&` have some of it ignored.
static void choose_ends(sigset_t *ret_set)
{
	static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
	sigset_t ignored;

	signals_ignored(&ignored);
	(void)sigemptyset(ret_set);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!sigismember(&ignored, ends[i]))
			(void)sigaddset(ret_set, ends[i]);
}

// The set is the keeping's from here on, if that comes to be.
static int watch(const struct options *options, struct resolution **resolution, uint64_t offered_ms)
{
	const struct keeping_options wanted = {
		.options = options,
		.change = KEEPING_STANDS,
		.held_ms = offered_ms,
		.quiet = options->quiet == SETTING_YES,
	};
	struct keeping *keeping;
	own_fd int signals = -1;
	sigset_t set;

	choose_ends(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	keeping = signals < 0 ? NULL : keeping_open(&wanted, *resolution);
	if (!keeping)
		return command_no_memory();
	*resolution = NULL;
	(void)fflush(stdout); // the first verdict is there, and the end may be far away
	(void)signal(
		SIGPIPE, SIG_IGN); // who read the log may be gone: the offer is kept all the same
	notify_send_surely("READY=1");
	stay(keeping, signals);
	notify_send("STOPPING=1");
	keeping_close(keeping);
	return EXIT_OK;
}

static int run(const struct options *options, struct pool *pool)
{
	own(resolution_release) struct resolution *resolution = NULL;
	bool stays = options->watch == SETTING_YES;
	uint64_t offered_ms;
	int code;

	if (stays && (options->withdraw == SETTING_YES || options->json == SETTING_YES))
		return command_misuse(options, NULL,
			"--watch goes with neither --withdraw nor --json",
			"samekey offer --withdraw takes the offer back; --watch logs what it does");
	if (stays && guarded_environment() < 0)
		return command_no_memory();
	code = resolving_begin(options, pool, &resolution);
	if (code != EXIT_OK)
		return code;
	if (options->withdraw == SETTING_YES)
		return withdraw(options, resolution, pool);
	offered_ms = clock_steady_ms();
	code = offer(options, resolution, pool);
	return stays && code == EXIT_OK ? watch(options, &resolution, offered_ms) : code;
}

const struct command cmd_offer = {
	.name = "offer",
	.moment = COMMAND_BEFORE_START,
	.synopsis = "[OPTION]... [-- COMMAND [ARGUMENT]...]",
	.summary = "hand the bundle to the verifier without starting anything",
	.details =
		"The offer stands until it is replaced by another one of the same app, withdrawn\n"
		"(--withdraw) or the verifier ends. COMMAND only says what would be started.\n"
		"Exit 0: accepted; 1: refused, by a rule here or by the verdict; 69: no verdict,\n"
		"77 where samekeyd does not admit this user.\n"
		"\n"
		"--watch stays once the first offer was accepted, as a service of its own for an\n"
		"app that is started without samekey. When a file of the sources changes, it\n"
		"resolves, checks and offers anew; a set that is refused is logged\n"
		"(event=change_refused), and the old offer stands. When samekeyd comes back, it\n"
		"gets the set again. SIGTERM and ^C end it with 0 and leave the offer standing.\n"
		"Under systemd: Type=notify.\n"
		"\n"
		"  samekey offer --watch -- node server.js\n",
	.groups = (const char *const[]){"resolve", "root", "output", "quiet", "offer", NULL},
	.settings = true,
	.takes_program = true,
	.run = run,
};
