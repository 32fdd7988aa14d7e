// The kernel says who sent a signal: a terminal's come from the kernel itself.
// SPDX-License-Identifier: MIT
#include "loader/deliver/signals.h"

#include <fcntl.h>
#include <unistd.h>

// What a terminal does to whoever is not in front. A fault of our own ends us also where its
// signal is blocked; one that somebody sends, as systemd's watchdog does, is meant for the child.
static const int left_alone[] = {SIGTTIN, SIGTTOU};

void signals_choose(sigset_t *ret_set)
{
	(void)sigfillset(ret_set);
	for (size_t i = 0; i < ARRAY_SIZE(left_alone); i++)
		(void)sigdelset(ret_set, left_alone[i]);
}

void signals_ignored(sigset_t *ret_set)
{
	struct sigaction now;

	(void)sigemptyset(ret_set);
	for (int i = 1; i < NSIG; i++)
		if (sigaction(i, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			(void)sigaddset(ret_set, i);
}

bool signals_is_of_terminal(const siginfo_t *signal)
{
	static const int sent[] = {SIGINT, SIGQUIT, SIGTSTP, SIGHUP, SIGCONT, SIGWINCH};

	for (size_t i = 0; i < ARRAY_SIZE(sent); i++)
		if (signal->si_signo == sent[i])
			return signal->si_code == SI_KERNEL;
	return false;
}

bool signals_asks_for_end(const siginfo_t *signal, const sigset_t *ignored, bool has_keeper)
{
	bool kept = has_keeper && !signals_is_of_terminal(signal);

	if (sigismember(ignored, signal->si_signo) == 1)
		return false; // blocked, it comes all the same
	switch (signal->si_signo) {
	case SIGTERM:
	case SIGINT:
		return true;
	case SIGHUP:
	case SIGQUIT:
		return !kept;
	default:
		return false;
	}
}

void signals_stop_too(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTSTP);
	(void)raise(SIGTSTP);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

bool signals_is_in_front(void)
{
	own_fd int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	return terminal >= 0 && tcgetpgrp(terminal) == getpgrp();
}
