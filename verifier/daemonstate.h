// What the files of the daemon share: every part of it, and how far it has come.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DAEMONSTATE_H
#define VERIFIER_DAEMONSTATE_H

#include "verifier/activation.h"
#include "verifier/daemonlog.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/listen.h"
#include "verifier/ruling.h"

struct daemon {
	const struct daemon_options *options;
	struct daemonlog book;
	struct ruling ruling;
	char *start; // restart_settings of what runs, whatever was read since
	struct vault *vault;
	struct keyring *keyring;
	struct profilelog *profilelog;
	struct fingerprint_key *key;
	struct registry *registry;
	struct admit *admit;
	struct answers answers;
	struct processmetrics *process;
	struct loop *loop;
	struct throttle *throttle;
	struct custody *custody;
	struct intake *intake;
	struct retrial *retrial;
	struct sessionhost *sessionhost; // NULL: private
	struct http *http;
	struct fence *fence;
	struct activation activation; // none: private
	struct watchdog *watchdog;
	struct listen_socket handoff, api;
	int tcp;
	int signals;
	struct loop_watch *signal_watch;
	struct loop_timer *status_timer, *drain_timer;
	bool stopping, over;
	char status_told[512]; // the last STATUS= that was sent, and whose reason
	uint64_t status_from;  // when it may be sent again
};

#endif
