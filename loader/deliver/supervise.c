// One loop over a signalfd: whatever happens is a signal or a moment to look.
// SPDX-License-Identifier: MIT
#include "loader/deliver/supervise.h"

#include "lib/base/clock.h"
#include "loader/deliver/descendants.h"
#include "loader/deliver/hearing.h"
#include "loader/deliver/inheritance.h"
#include "loader/deliver/launch.h"
#include "loader/deliver/looks.h"
#include "loader/deliver/pacing.h"
#include "loader/deliver/signals.h"
#include "loader/deliver/spawn.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#define DEAF_LOOK_MS 50    // between two looks whether a child is ready for a signal
#define FIRST_WAIT_MS 1000 // until a start that failed is tried again
#define LONGEST_WAIT_MS 8000
#define EXIT_BY_SIGNAL 128 // and the signal's number, as shells write it

struct supervision {
	const struct supervise_options *options;
	struct sigaction inherited; // disposition of SIGCHLD
	sigset_t mask;              // as it was
	sigset_t taken;             // that are blocked, and taken here
	sigset_t ignored;           // by whoever started us, as nohup does
	int signals;                // signalfd
	pid_t child;
	char **environment; // the child's
	uint64_t begun_ms;
	struct looks looks;
	bool settled, ended, stopped;
	bool told_to_end;  // somebody outside wants it over
	bool told_to_stop; // or stopped, as ^Z does
	bool owes_signal;  // the child is to get the keeper's, and is not ready for it
	int status;
	// of a restart
	bool restarting;
	uint64_t stop_by_ms;  // when SIGKILL follows
	uint64_t start_at_ms; // when the next try is due
	unsigned starts;      // that failed
	struct pacing_tries waits;
};

// ---- signals

static void relay(struct supervision *supervision, const siginfo_t *signal)
{
	int number = signal->si_signo;
	pid_t sender = signal->si_pid;
	bool sent = signal->si_code <= 0; // by a process, not by the kernel

	if (sent && (sender == getpid() || descendants_has(getpid(), sender)))
		return;
	supervision->told_to_end |= signals_asks_for_end(
		signal, &supervision->ignored, supervision->options->keeper != NULL);
	if (!signals_is_of_terminal(signal) && !supervision->ended)
		(void)kill(supervision->child, number); // ours, and not yet waited for
	supervision->told_to_stop |= number == SIGTSTP;
}

// Takes the ends of the child and of what was left to us.
static void take_ends(struct supervision *supervision)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0 ||
		(pid < 0 && errno == EINTR)) {
		if (pid != supervision->child)
			continue;
		if (WIFSTOPPED(status)) {
			if (supervision->told_to_stop || signals_is_in_front())
				signals_stop_too();
			supervision->told_to_stop = false;
			continue;
		}
		supervision->status = status;
		supervision->ended = true;
	}
}

// They wait in the kernel; the descriptor only says so. It is not read: that could fail for good.
static void take_signals(struct supervision *supervision)
{
	const struct timespec at_once = {0};
	siginfo_t signal;

	while (sigtimedwait(&supervision->taken, &signal, &at_once) > 0) {
		if (signal.si_signo == SIGCHLD)
			take_ends(supervision);
		else
			relay(supervision, &signal);
	}
}

// ---- looking

static void settle(struct supervision *supervision)
{
	const struct supervise_options *options = supervision->options;

	supervision->settled = true;
	if (options->keeper && !options->keeper->restarts)
		inheritance_close_given();
	if (options->keeper || !options->settled)
		return;
	inheritance_wipe_environment();
	options->settled(options->user);
	inheritance_close(supervision->signals);
	(void)malloc_trim(0);
}

// Looks when it is time, and settles when there will be no more look.
// Returns: in how many milliseconds it is time again, -1: never.
static int look(struct supervision *supervision)
{
	struct looks *looks = &supervision->looks;
	int wait_ms;

	if (supervision->settled)
		return -1;
	wait_ms = looks_turn(looks, supervision->child, clock_steady_ms() - supervision->begun_ms,
		supervision->ended);
	supervision->stopped = looks->view == SUPERVISE_VIEW_BAD;
	if (wait_ms < 0 && !supervision->stopped)
		settle(supervision);
	return wait_ms;
}

// Whether what a child left running was meant to stay: only where it says that all went well.
static bool leaves_daemon(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Or nobody could say: goes_on asks again.
static bool leaves_somebody(void)
{
	struct descendants descendants;
	size_t count;
	int code = descendants_read(getpid(), &descendants);

	if (code < 0)
		return code != -ENOENT;
	count = descendants.count;
	descendants_done(&descendants);
	return count > 0;
}

// Whether there is something to wait for. A start script that detaches its server and exits has not
// shown yet what the server holds.
static bool goes_on(const struct supervision *supervision)
{
	if (!supervision->ended)
		return true;
	if (supervision->restarting)
		return !supervision->told_to_end && supervision->starts < SUPERVISE_STARTS_MAX;
	return supervision->options->outlast && !supervision->settled &&
	       !supervision->told_to_end && supervision->looks.view == SUPERVISE_VIEW_OPEN &&
	       leaves_daemon(supervision->status) && leaves_somebody();
}

// ---- starting

// Returns: 0, or a negative errno as of spawn_child.
static int start(struct supervision *supervision)
{
	const struct spawn_options spawn = {
		.program = supervision->options->program,
		.environment = supervision->environment,
		.mask = &supervision->mask,
		.on_child_end = &supervision->inherited,
		.parent_death = SIGTERM,
	};
	pid_t child = spawn_child(&spawn);

	if (child < 0)
		return child;
	supervision->child = child;
	supervision->begun_ms = clock_steady_ms();
	looks_begin(&supervision->looks, supervision->options);
	supervision->settled = supervision->ended = supervision->owes_signal = false;
	return 0;
}

// ---- a keeper's wishes

static void stop_child(struct supervision *supervision)
{
	supervision->restarting = true;
	supervision->stop_by_ms = clock_steady_ms() + supervision->options->keeper->stop_ms;
	(void)kill(supervision->child, SIGTERM); // ours, and not yet waited for
	(void)kill(supervision->child, SIGCONT);
}

// The child is over, or had its time: what is left of it goes too, and the next one starts.
static void start_again(struct supervision *supervision)
{
	const struct supervise_keeper *keeper = supervision->options->keeper;
	uint64_t now = clock_steady_ms();
	char **environment;
	int code = -ENOMEM;

	if (!supervision->starts) {
		if (!supervision->ended)
			supervision->status = SIGKILL; // in wait's form
		descendants_stop(supervision->ended && now < supervision->stop_by_ms
					 ? supervision->stop_by_ms - now
					 : 0);
		supervision->ended = true;
		take_signals(supervision); // somebody may want it over meanwhile
		if (supervision->told_to_end)
			return;
	}
	environment = keeper->environment(keeper->user);
	if (environment) {
		supervision->environment = environment;
		code = start(supervision);
	}
	keeper->restarted(keeper->user, code);
	if (code == 0) {
		supervision->restarting = false;
		supervision->starts = 0;
		pacing_calm(&supervision->waits);
		return;
	}
	supervision->status = code == -ENOENT ? 127 << 8 : 126 << 8; // as run exits, in wait's form
	supervision->starts++;
	supervision->start_at_ms = clock_steady_ms() + pacing_wait(&supervision->waits);
}

static void go_on_restarting(struct supervision *supervision)
{
	uint64_t now = clock_steady_ms();

	if (supervision->starts ? now >= supervision->start_at_ms
				: supervision->ended || now >= supervision->stop_by_ms)
		start_again(supervision);
}

// A server that still starts has no handler yet, and would die of the news that it has new values.
static void pay_signal(struct supervision *supervision)
{
	int number = supervision->options->keeper->signal;
	uint64_t age = clock_steady_ms() - supervision->begun_ms;

	if (!supervision->owes_signal ||
		(age < SUPERVISE_DEAF_MS && !hearing_is_ready(supervision->child, number)))
		return;
	supervision->owes_signal = false;
	(void)kill(supervision->child, number); // ours, and not yet waited for
}

static void serve_keeper(struct supervision *supervision)
{
	const struct supervise_keeper *keeper = supervision->options->keeper;
	enum supervise_order order;

	if (!keeper || (supervision->ended && !supervision->restarting))
		return;
	if (supervision->told_to_end && (!supervision->restarting || supervision->starts))
		return; // it is over, or no other one is to start
	if (supervision->restarting) {
		go_on_restarting(supervision);
		return;
	}
	order = keeper->turn(keeper->user);
	supervision->owes_signal |= order == SUPERVISE_SIGNALS;
	pay_signal(supervision);
	if (order == SUPERVISE_RESTARTS)
		stop_child(supervision);
}

// Until when a restart waits.
static int restart_wait(const struct supervision *supervision)
{
	uint64_t now = clock_steady_ms();
	uint64_t until = supervision->starts ? supervision->start_at_ms : supervision->stop_by_ms;

	return until > now ? (int)(until - now) : 0;
}

// Waits for a signal, for `wait_ms`, or for the keeper's turn.
static void wait_for_news(struct supervision *supervision, int wait_ms)
{
	const struct supervise_keeper *keeper = supervision->options->keeper;
	struct pollfd wanted[1 + SUPERVISE_FDS] = {{.fd = supervision->signals, .events = POLLIN}};
	const struct timespec blind = {.tv_nsec = DEAF_LOOK_MS * 1000000L};
	int fds[SUPERVISE_FDS] = {-1, -1}, keeper_ms = -1;

	if (supervision->restarting)
		keeper_ms = restart_wait(supervision);
	else if (keeper && !supervision->told_to_end)
		keeper_ms = keeper->wait(keeper->user, fds);
	for (size_t i = 0; i < SUPERVISE_FDS; i++)
		wanted[1 + i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	if (keeper_ms >= 0 && (wait_ms < 0 || keeper_ms < wait_ms))
		wait_ms = keeper_ms;
	if (supervision->owes_signal && (wait_ms < 0 || wait_ms > DEAF_LOOK_MS))
		wait_ms = DEAF_LOOK_MS;
	// what came is asked for in any case; without poll, now and then
	if (poll(wanted, ARRAY_SIZE(wanted), wait_ms) < 0 && errno != EINTR)
		ignore_result(nanosleep(&blind, NULL));
}

static void attend(struct supervision *supervision)
{
	take_signals(supervision); // the child may be over already
	while (goes_on(supervision)) {
		int wait_ms = supervision->restarting ? -1 : look(supervision);

		if (supervision->stopped)
			break;
		wait_for_news(supervision, wait_ms);
		take_signals(supervision);
		serve_keeper(supervision);
	}
	if (!supervision->stopped && !supervision->settled)
		settle(supervision);
}

static int prepare(struct supervision *supervision, struct err *err)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};

	signals_choose(&supervision->taken);
	signals_ignored(&supervision->ignored);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ||
		sigaction(SIGCHLD, &usual, &supervision->inherited) < 0 ||
		sigprocmask(SIG_BLOCK, &supervision->taken, &supervision->mask) < 0)
		return err_set(err, -errno, NULL, "cannot supervise: %s", strerror(errno));
	supervision->signals = signalfd(-1, &supervision->taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (supervision->signals < 0)
		return err_set(err, -errno, NULL, "cannot supervise: %s", strerror(errno));
	return 0;
}

// ---- the whole

int supervise_run(const struct supervise_options *options, int *ret_status, struct err *err)
{
	struct supervision supervision = {
		.options = options,
		.signals = -1,
		.environment = options->environment,
		.waits = {.least_ms = FIRST_WAIT_MS, .most_ms = LONGEST_WAIT_MS},
	};
	int code = prepare(&supervision, err);

	if (code < 0) {
		own_fd_release(&supervision.signals);
		return code;
	}
	code = start(&supervision);
	if (code == 0)
		attend(&supervision);
	own_fd_release(&supervision.signals);
	if (code < 0)
		return launch_failed(options->program, options->environment, code, err);
	if (supervision.stopped) {
		descendants_stop(SUPERVISE_GRACE_MS);
		return SUPERVISE_E_STOPPED;
	}
	if (supervision.told_to_end || !leaves_daemon(supervision.status))
		descendants_stop(SUPERVISE_GRACE_MS);
	*ret_status = supervision.status;
	return 0;
}

int supervise_end(int status)
{
	const struct rlimit none = {0};
	int signal = WTERMSIG(status);
	sigset_t set;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	(void)setrlimit(RLIMIT_CORE, &none); // the core that matters is the child's
	(void)sigemptyset(&set);
	(void)sigaddset(&set, signal);
	(void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
	(void)raise(signal);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	return EXIT_BY_SIGNAL + signal; // the first process of a container does not end so
}
