// One loop over a signalfd: whatever happens is a signal or a moment to look.
// SPDX-License-Identifier: MIT
#include "loader/deliver/supervise.h"

#include "lib/base/clock.h"
#include "loader/deliver/family.h"
#include "loader/deliver/launch.h"
#include "loader/deliver/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#define HELD_MAX 64        // processes whose end is waited for at once
#define ROUND_MS 500       // until the tree is read anew while it is stopped
#define KILL_MS 2000       // how long SIGKILL may take to be felt
#define EXIT_BY_SIGNAL 128 // and the signal's number, as shells write it

struct supervision {
	const struct supervise_options *options;
	struct sigaction inherited; // disposition of SIGCHLD
	sigset_t mask;              // as it was
	int signals;                // signalfd
	pid_t child;
	uint64_t begun_ms;
	size_t moment;            // of the next look
	enum supervise_view view; // of the last look
	bool settled, ended, stopped;
	bool told_to_end;  // somebody outside wants it over
	bool told_to_stop; // or stopped, as ^Z does
	int status;
};

uint64_t supervise_moment(size_t index, bool late)
{
	static const uint64_t first[] = {50, 100, 200};
	const size_t dense = SUPERVISE_LOOKS_MS / 500;
	uint64_t moment;

	if (index < ARRAY_SIZE(first))
		return first[index];
	index -= ARRAY_SIZE(first);
	if (index < dense)
		return (index + 1) * 500;
	moment = SUPERVISE_LOOKS_MS + (index - dense + 1) * 2000;
	return late && moment <= SUPERVISE_LATE_MS ? moment : UINT64_MAX;
}

// ---- stopping the tree

static bool has_member(const struct family *family, const struct family_member *member)
{
	for (size_t i = 0; i < family->count; i++)
		if (family->members[i].pid == member->pid &&
			family->members[i].start == member->start)
			return true;
	return false;
}

static void reap_all(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

// Tells each member, SIGTERM only once.
// Returns: how many handles it kept, to wait for.
static size_t tell_family(
	const struct family *family, const struct family *told, int signal, struct pollfd *held)
{
	size_t count = 0;

	for (size_t i = 0; i < family->count; i++) {
		int handle = family_hold(&family->members[i]);

		if (handle < 0)
			continue; // gone
		if (signal == SIGKILL || !has_member(told, &family->members[i])) {
			ignore_result(family_signal(handle, signal));  // gone meanwhile: as well
			ignore_result(family_signal(handle, SIGCONT)); // so a stopped one feels it
		}
		if (count < HELD_MAX)
			held[count++] = (struct pollfd){.fd = handle, .events = POLLIN};
		else
			(void)close(handle); // the next round waits for it
	}
	return count;
}

// Returns: whether somebody was there.
static bool stop_round(struct family *told, int signal, uint64_t left_ms)
{
	struct pollfd held[HELD_MAX];
	struct family family;
	size_t count;

	reap_all();
	if (family_read(getpid(), &family) < 0)
		return false;
	count = tell_family(&family, told, signal, held);
	family_done(told);
	*told = family;
	if (count)
		(void)poll(held, count, (int)(left_ms < ROUND_MS ? left_ms : ROUND_MS));
	for (size_t i = 0; i < count; i++)
		(void)close(held[i].fd); // only handles
	return family.count > 0;
}

void supervise_stop(uint64_t grace_ms)
{
	const struct {
		int signal;
		uint64_t for_ms;
	} phases[] = {{SIGTERM, grace_ms}, {SIGKILL, KILL_MS}};
	struct family told = {0};

	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		uint64_t until = clock_steady_ms() + phases[i].for_ms, now;

		while ((now = clock_steady_ms()) < until &&
			stop_round(&told, phases[i].signal, until - now))
			;
	}
	family_done(&told);
	reap_all();
}

// ---- signals

// What a terminal does to whoever is not in front. A fault of our own ends us also where its
// signal is blocked; one that somebody sends, as systemd's watchdog does, is meant for the child.
static const int left_alone[] = {SIGTTIN, SIGTTOU};

static void choose_signals(sigset_t *ret_set)
{
	(void)sigfillset(ret_set);
	for (size_t i = 0; i < ARRAY_SIZE(left_alone); i++)
		(void)sigdelset(ret_set, left_alone[i]);
}

// Whether the terminal sent it, which has sent it to the child's group, ours, as well.
static bool is_of_terminal(const struct signalfd_siginfo *signal)
{
	static const int sent[] = {SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGCONT, SIGWINCH};

	for (size_t i = 0; i < ARRAY_SIZE(sent); i++)
		if ((int)signal->ssi_signo == sent[i])
			return signal->ssi_code == SI_KERNEL;
	return false;
}

// Stops as ^Z stops a program: whoever started us has to continue us. Where nobody could (an
// orphaned group, the first process of a container) the kernel does not stop us either.
static void stop_too(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTSTP);
	(void)raise(SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool asks_for_end(int signal)
{
	return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

static void relay(struct supervision *supervision, const struct signalfd_siginfo *signal)
{
	int number = (int)signal->ssi_signo;
	pid_t sender = (pid_t)signal->ssi_pid;
	bool sent = signal->ssi_code <= 0; // by a process, not by the kernel

	if (sent && (sender == getpid() || family_has(getpid(), sender)))
		return;
	supervision->told_to_end |= asks_for_end(number);
	if (!is_of_terminal(signal) && !supervision->ended)
		(void)kill(supervision->child, number); // ours, and not yet waited for
	supervision->told_to_stop |= number == SIGTSTP;
}

// Whether we are what somebody at a terminal has in front of him.
static bool is_in_front(void)
{
	own_fd int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	return terminal >= 0 && tcgetpgrp(terminal) == getpgrp();
}

// Takes the ends of the child and of what was left to us.
static void take_ends(struct supervision *supervision)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != supervision->child)
			continue;
		if (WIFSTOPPED(status)) {
			if (supervision->told_to_stop || is_in_front())
				stop_too();
			supervision->told_to_stop = false;
			continue;
		}
		supervision->status = status;
		supervision->ended = true;
	}
}

static void take_signals(struct supervision *supervision)
{
	struct signalfd_siginfo signal;

	while (read(supervision->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal)) {
		if (signal.ssi_signo == SIGCHLD)
			take_ends(supervision);
		else
			relay(supervision, &signal);
	}
}

// ---- looking

// What was inherited is in our own memory as well, and in /proc/PID/environ.
static void wipe_environment(void)
{
	for (char **at = environ; *at; at++)
		sodium_memzero(*at, strlen(*at));
	*environ = NULL;
}

// What the caller of all gave to the child, a pipe or a socket, ends with the child.
static void close_inherited(int kept)
{
	if (kept > STDERR_FILENO + 1)
		(void)close_range(STDERR_FILENO + 1, (unsigned)kept - 1, 0);
	(void)close_range((unsigned)kept + 1, ~0u, 0); // before Linux 5.9 they stay open
}

static void settle(struct supervision *supervision)
{
	const struct supervise_options *options = supervision->options;

	supervision->settled = true;
	if (!options->settled)
		return;
	wipe_environment();
	options->settled(options->user);
	close_inherited(supervision->signals);
	(void)malloc_trim(0);
}

// When the next look is due.
static uint64_t next_moment(const struct supervision *supervision)
{
	bool late = supervision->options->outlast && !supervision->ended &&
		    supervision->view == SUPERVISE_VIEW_OPEN;

	return supervise_moment(supervision->moment, late);
}

// Looks when it is time.
// Returns: in how many milliseconds it is time again, -1: never.
static int look(struct supervision *supervision)
{
	const struct supervise_options *options = supervision->options;
	uint64_t age = clock_steady_ms() - supervision->begun_ms, due;

	if (supervision->settled)
		return -1;
	if (options->look && age >= next_moment(supervision)) {
		supervision->view = options->look(options->user, supervision->child);
		supervision->stopped = supervision->view == SUPERVISE_VIEW_BAD;
		while (age >= next_moment(supervision))
			supervision->moment++; // one look is enough for all that were missed
	}
	due = options->look ? next_moment(supervision) : UINT64_MAX;
	if (due != UINT64_MAX)
		return (int)(due - age);
	if (!supervision->stopped)
		settle(supervision);
	return -1;
}

// Whether what a child left running was meant to stay: only where it says that all went well.
static bool leaves_daemon(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool leaves_somebody(void)
{
	struct family family;
	size_t count;

	if (family_read(getpid(), &family) < 0)
		return false;
	count = family.count;
	family_done(&family);
	return count > 0;
}

// Whether there is something to wait for. A start script that detaches its server and exits has not
// shown yet what the server holds.
static bool goes_on(const struct supervision *supervision)
{
	if (!supervision->ended)
		return true;
	return supervision->options->outlast && !supervision->settled &&
	       !supervision->told_to_end && supervision->view == SUPERVISE_VIEW_OPEN &&
	       leaves_daemon(supervision->status) && leaves_somebody();
}

static void attend(struct supervision *supervision)
{
	struct pollfd wanted = {.fd = supervision->signals, .events = POLLIN};

	take_signals(supervision); // the child may be over already
	while (goes_on(supervision)) {
		int wait_ms = look(supervision);

		if (supervision->stopped)
			break;
		if (poll(&wanted, 1, wait_ms) > 0)
			take_signals(supervision);
	}
	if (!supervision->stopped && !supervision->settled)
		settle(supervision);
}

// ---- the whole

static int prepare(struct supervision *supervision, struct err *err)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t set;

	choose_signals(&set);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ||
		sigaction(SIGCHLD, &usual, &supervision->inherited) < 0 ||
		sigprocmask(SIG_BLOCK, &set, &supervision->mask) < 0)
		return err_set(err, -errno, NULL, "cannot supervise: %s", strerror(errno));
	supervision->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (supervision->signals < 0)
		return err_set(err, -errno, NULL, "cannot supervise: %s", strerror(errno));
	return 0;
}

static int start(struct supervision *supervision, struct err *err)
{
	const struct supervise_options *options = supervision->options;
	const struct spawn_options spawn = {
		.program = options->program,
		.environment = options->environment,
		.mask = &supervision->mask,
		.on_child_end = &supervision->inherited,
		.parent_death = SIGTERM,
	};
	pid_t child = spawn_child(&spawn);

	if (child < 0)
		return launch_failed(options->program, options->environment, child, err);
	supervision->child = child;
	supervision->begun_ms = clock_steady_ms();
	return 0;
}

int supervise_run(const struct supervise_options *options, int *ret_status, struct err *err)
{
	struct supervision supervision = {.options = options, .signals = -1};
	int code = prepare(&supervision, err);

	if (code == 0)
		code = start(&supervision, err);
	if (code == 0)
		attend(&supervision);
	own_fd_release(&supervision.signals);
	if (code < 0)
		return code;
	if (supervision.stopped) {
		supervise_stop(SUPERVISE_GRACE_MS);
		return SUPERVISE_E_STOPPED;
	}
	if (supervision.told_to_end || !leaves_daemon(supervision.status))
		supervise_stop(SUPERVISE_GRACE_MS);
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
