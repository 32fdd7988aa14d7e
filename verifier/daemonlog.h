// The daemon's log: in which form it is written, from which level, and what is kept out of it.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DAEMONLOG_H
#define VERIFIER_DAEMONLOG_H

#include "lib/base/log.h"
#include "lib/base/logflood.h"

struct daemon_options;
struct setup;
struct vault;

struct daemonlog {
	struct log log;
	struct logflood flood;
	uint64_t lost;
};

// Begins a log on the options' descriptor, as it is until the settings are known.
void daemonlog_begin(struct daemonlog *daemonlog, const struct daemon_options *options);

// Takes what [log] says, and keeps out what the vault holds or hides; it is borrowed. Before the
// fence: it connects to journald.
void daemonlog_configure(struct daemonlog *daemonlog, const struct setup *setup,
	const struct daemon_options *options, struct vault *vault);

// Takes another level.
void daemonlog_change(struct daemonlog *daemonlog, const struct setup *setup,
	const struct daemon_options *options);

// From here on floods are limited: what is wrong at the start is told whole.
void daemonlog_limit(struct daemonlog *daemonlog);

// Before the vault closes.
void daemonlog_close(struct daemonlog *daemonlog);

#endif
