// What a signal means that comes to a small parent instead of its child: which ones it takes, who
// sent one, whether it asks for the end, and how to stop as the child was stopped.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_SIGNALS_H
#define LOADER_DELIVER_SIGNALS_H

#include "lib/base/base.h"

#include <signal.h>

// The signals that a parent takes in its child's place: all but what a terminal does to whoever is
// not in front.
void signals_choose(sigset_t *ret_set);

// The signals that whoever started us has us ignore, as nohup does with SIGHUP. A signalfd takes
// them all the same.
void signals_ignored(sigset_t *ret_set);

// Whether the terminal sent it, which has sent it to the child's group, ours, as well.
bool signals_is_of_terminal(const siginfo_t *signal) must_check;

// Whether it is the end that is asked for. Of a child that is kept, SIGHUP and SIGQUIT ask for a
// reload or a dump unless a terminal sent them. One of `ignored` asks for nothing.
bool signals_asks_for_end(const siginfo_t *signal, const sigset_t *ignored, bool has_keeper)
	must_check;

// Stops as ^Z stops a program: whoever started us has to continue us. Where nobody could (an
// orphaned group, the first process of a container) the kernel does not stop us either. Needs
// SIGTSTP blocked, which it is again afterwards.
void signals_stop_too(void);

// Whether we are what somebody at a terminal has in front of him.
bool signals_is_in_front(void) must_check;

#endif
