// Where the values cannot be looked for, for want of memory, nothing is written.
// SPDX-License-Identifier: MIT
#include "loader/deliver/reportlog.h"

#include "lib/base/diag.h"
#include "lib/value/sieve.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

static bool holds_secret(void *owner, const char *text, size_t length)
{
	struct reportlog *reportlog = owner;

	if (length < SIEVE_VALUE_MIN)
		return false;
	if (!reportlog->sieve) {
		reportlog->sieve = sieve_new(reportlog->resolution->arena);
		if (!reportlog->sieve)
			return true;
		if (sieve_add_bundle(reportlog->sieve, &reportlog->resolution->bundle) < 0) {
			reportlog->sieve = sieve_free(reportlog->sieve);
			return true;
		}
	}
	return sieve_holds(reportlog->sieve, text, length);
}

void reportlog_begin(struct reportlog *reportlog, const struct resolution *resolution)
{
	enum log_format format = resolution ? (enum log_format)resolution->settings->log : LOG_AUTO;

	if (format == LOG_AUTO && log_is_journal(STDERR_FILENO))
		format = LOG_JOURNAL;
	*reportlog = (struct reportlog){.resolution = resolution,
		.log = {.fd = STDERR_FILENO,
			.lowest = LOG_INFO,
			.format = format == LOG_JSON ? LOG_JSON : LOG_LOGFMT,
			.ranked = format == LOG_JOURNAL, // the socket is not ours to hold open
			.holds_secret = resolution ? holds_secret : NULL,
			.owner = reportlog}};
}

void reportlog_finding(struct reportlog *reportlog, const struct diag_item *item)
{
	static const enum log_level levels[] = {LOG_INFO, LOG_WARNING, LOG_ERROR};
	struct log_line line;

	log_begin(&line, &reportlog->log, levels[item->severity],
		item->allowed ? "allowed" : "finding");
	log_text(&line, "code", item->code);
	log_text(&line, "key", item->key);
	log_text(&line, "origin", item->origin);
	log_text(&line, "text", item->text);
	log_text(&line, "hint", item->severity == DIAG_NOTE ? NULL : item->hint);
	log_end(&line);
}

void reportlog_end(struct reportlog *reportlog)
{
	reportlog->sieve = sieve_free(reportlog->sieve);
}
