// auto is the journal where systemd connected standard error with it, and logfmt elsewhere. Without
// journald's socket its priorities stand in front of the lines (sd-daemon(3)).
// SPDX-License-Identifier: MIT
#include "verifier/daemonlog.h"

#include "verifier/daemon.h"
#include "verifier/setup/setup.h"
#include "verifier/trust/vault.h"

static enum log_level level_of(enum log_level wanted, const struct daemon_options *options)
{
	if (options->verbose)
		return LOG_DEBUG;
	return options->private && wanted < LOG_WARNING ? LOG_WARNING : wanted;
}

void daemonlog_begin(struct daemonlog *daemonlog, const struct daemon_options *options)
{
	bool journal = !options->private && log_is_journal(options->log_fd);

	*daemonlog = (struct daemonlog){.log = {.fd = options->log_fd,
						.lowest = level_of(LOG_INFO, options),
						.timed = !options->private && !journal,
						.ranked = journal,
						.lost = &daemonlog->lost,
						.journal = -1,
						.program = "samekeyd"}};
}

static bool holds_secret(void *owner, const char *text, size_t length)
{
	struct vault *vault = owner;

	return vault_holds(vault, text, length);
}

void daemonlog_configure(struct daemonlog *daemonlog, const struct setup *setup,
	const struct daemon_options *options, struct vault *vault)
{
	struct log *log = &daemonlog->log;
	enum log_format format = (enum log_format)setup->log_format;

	if (format == LOG_AUTO && log->ranked)
		format = LOG_JOURNAL;
	if (format == LOG_JOURNAL) {
		log->journal = log_open_journal(LOG_JOURNAL_PATH);
		log->ranked = true;
		log->timed = false;
	}
	log->format = format == LOG_JOURNAL && log->journal < 0 ? LOG_LOGFMT : format;
	log->holds_secret = holds_secret;
	log->owner = vault;
	daemonlog_change(daemonlog, setup, options);
}

void daemonlog_change(struct daemonlog *daemonlog, const struct setup *setup,
	const struct daemon_options *options)
{
	daemonlog->log.lowest = level_of((enum log_level)setup->log_level, options);
}

void daemonlog_limit(struct daemonlog *daemonlog)
{
	daemonlog->log.flood = &daemonlog->flood;
}

void daemonlog_close(struct daemonlog *daemonlog)
{
	daemonlog->log.holds_secret = NULL;
	daemonlog->log.format = LOG_LOGFMT;
	own_fd_release(&daemonlog->log.journal);
}
