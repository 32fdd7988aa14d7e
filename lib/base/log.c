// logfmt: quoting, escaping, one write a line. Does not filter by content and does not buffer.
// SPDX-License-Identifier: MIT
#include "lib/base/log.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

_Static_assert(LOG_LINE_SIZE <= PIPE_BUF, "a line is written whole or not at all");

#define LOG_VALUE_SIZE 1024

static void add_byte(struct log_line *line, char byte)
{
	if (line->used < sizeof(line->text) - 1)
		line->text[line->used++] = byte;
}

static void add(struct log_line *line, const char *text)
{
	while (*text)
		add_byte(line, *text++);
}

static void add_time(struct log_line *line)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	char text[sizeof("2026-01-31T23:59:59Z") + 8]; // years grow
	struct tm parts;

	if (gmtime_r(&now, &parts) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts))
		log_text(line, "time", text);
}

void log_begin(
	struct log_line *line, const struct log *log, enum log_level level, const char *event)
{
	static const char *const names[] = {"debug", "info", "warning", "error"};

	line->log = log;
	line->wanted = log->fd >= 0 && level >= log->lowest;
	line->used = 0;
	if (log->timed && line->wanted)
		add_time(line);
	log_text(line, "level", names[level]);
	log_text(line, "event", event);
}

void log_text(struct log_line *line, const char *key, const char *value)
{
	char shown[LOG_VALUE_SIZE];
	bool quote;

	if (!line->wanted || !value || !*value)
		return;
	(void)text_printable(shown, sizeof(shown), value);
	quote = strpbrk(shown, " \"=\\") != NULL;
	if (line->used)
		add(line, " ");
	add(line, key);
	add(line, quote ? "=\"" : "=");
	for (char *at = shown; *at; at++) {
		if (quote && (*at == '"' || (*at == '\\' && at[1] != 'x')))
			add_byte(line, '\\');
		add_byte(line, *at);
	}
	if (quote)
		add(line, "\"");
}

void log_number(struct log_line *line, const char *key, uint64_t value)
{
	char text[24];

	if (!line->wanted)
		return;
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	log_text(line, key, text);
}

// Whether the line may be written now; counts it if not.
static bool has_room(struct log_line *line)
{
	struct pollfd ready = {.fd = line->log->fd, .events = POLLOUT};
	uint64_t *lost = line->log->lost;

	if (!lost)
		return true;
	if (poll(&ready, 1, 0) == 0) {
		++*lost;
		return false;
	}
	if (*lost)
		log_number(line, "lines_lost", *lost);
	*lost = 0;
	return true;
}

void log_end(struct log_line *line)
{
	if (!line->wanted || !has_room(line))
		return;
	line->text[line->used++] = '\n';
	ignore_result(fs_write_all(line->log->fd, line->text, line->used)); // nobody to tell
}

void log_event(const struct log *log, enum log_level level, const char *event, const char *key,
	const char *text)
{
	struct log_line line;

	log_begin(&line, log, level, event);
	log_text(&line, key, text);
	log_end(&line);
}

void log_failure(const struct log *log, const char *event, const struct err *err)
{
	struct log_line line;

	log_begin(&line, log, LOG_ERROR, event);
	log_text(&line, "what", err->what);
	log_text(&line, "where", err->where);
	log_text(&line, "hint", err->hint);
	log_end(&line);
}
