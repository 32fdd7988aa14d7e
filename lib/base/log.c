// Takes a line's fields, judges whether it may be written, and writes it once. Does not buffer.
// SPDX-License-Identifier: MIT
#include "lib/base/log.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/logflood.h"
#include "lib/base/logform.h"
#include "lib/base/text.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

_Static_assert(LOG_LINE_SIZE <= PIPE_BUF, "a line is written whole or not at all");

const char *const log_level_words[] = {"debug", "info", "warning", "error", NULL};
const char *const log_format_words[] = {"auto", "logfmt", "json", "journal", NULL};

int log_open_journal(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	own_fd int fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return take_fd(&fd);
}

bool log_is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM"); // DEVICE:INODE, in decimal
	struct stat facts;
	char text[64];

	if (!stream || fstat(fd, &facts) < 0)
		return false;
	(void)snprintf(
		text, sizeof(text), "%ju:%ju", (uintmax_t)facts.st_dev, (uintmax_t)facts.st_ino);
	return strcmp(stream, text) == 0;
}

void log_begin(
	struct log_line *line, const struct log *log, enum log_level level, const char *event)
{
	line->log = log;
	line->level = level;
	line->event = event;
	line->wanted = (log->fd >= 0 || log->format == LOG_JOURNAL) && level >= log->lowest;
	line->withheld[0] = '\0';
	line->is_cut = false;
	line->used = 0;
}

// Whether a value stands in this field; the first one is remembered.
static bool is_secret(struct log_line *line, const char *key, const char *value, size_t length)
{
	const struct log *log = line->log;

	if (*line->withheld || !log->holds_secret || !log->holds_secret(log->owner, value, length))
		return *line->withheld;
	(void)snprintf(line->withheld, sizeof(line->withheld), "%s", key);
	return true;
}

void log_text(struct log_line *line, const char *key, const char *value)
{
	char cut[LOG_VALUE_SIZE];
	size_t length;

	if (!line->wanted || !value || !*value)
		return;
	length = strlen(value);
	if (is_secret(line, key, value, length))
		return;
	if (length < sizeof(cut)) {
		logform_add(line, key, value, false);
		return;
	}
	length = text_cut(value, sizeof(cut) - sizeof(TEXT_MORE));
	memcpy(cut, value, length);
	memcpy(cut + length, TEXT_MORE, sizeof(TEXT_MORE));
	logform_add(line, key, cut, false);
}

void log_number(struct log_line *line, const char *key, uint64_t value)
{
	char text[sizeof("18446744073709551615")];
	size_t at = sizeof(text) - 1;

	if (!line->wanted)
		return;
	text[at] = '\0';
	do
		text[--at] = (char)('0' + value % 10);
	while (value /= 10);
	if (!is_secret(line, key, text + at, sizeof(text) - 1 - at))
		logform_add(line, key, text + at, true);
}

// ---- writing

// Whether the line may be written now; counts it if not.
static bool has_room(struct log_line *line)
{
	struct pollfd ready = {.fd = line->log->fd, .events = POLLOUT};
	uint64_t *lost = line->log->lost;

	if (!lost)
		return true;
	if (line->log->format != LOG_JOURNAL && poll(&ready, 1, 0) == 0) {
		++*lost;
		return false;
	}
	if (*lost)
		log_number(line, "lines_lost", *lost);
	return true;
}

// Waits for nobody: journald may stand still, or be away.
static no_inline bool send_fields(const struct log_line *line)
{
	char out[LOGFORM_SIZE];
	size_t length = logform_journal(line, out);

	return send(line->log->journal, out, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static no_inline void write_text(const struct log_line *line)
{
	char out[LOG_LINE_SIZE];
	size_t length =
		line->log->format == LOG_JSON ? logform_json(line, out) : logform_logfmt(line, out);

	ignore_result(fs_write_all(line->log->fd, out, length));
}

static void write_line(struct log_line *line)
{
	const struct log *log = line->log;
	bool sent = true;

	if (!has_room(line))
		return;
	if (log->format == LOG_JOURNAL)
		sent = send_fields(line);
	else
		write_text(line);
	if (log->lost)
		*log->lost = sent ? 0 : *log->lost + 1;
}

// Who asks for each request gets each.
static bool is_flood(const struct log_line *line)
{
	return line->log->flood && line->level > LOG_DEBUG &&
	       !logflood_admits(line->log->flood, line->event, clock_steady_ms());
}

void log_end(struct log_line *line)
{
	struct log_line instead;

	if (!line->wanted || is_flood(line))
		return;
	if (!*line->withheld) {
		write_line(line);
		return;
	}
	log_begin(&instead, line->log, LOG_ERROR, "withheld");
	logform_add(&instead, "of", line->event, false);
	logform_add(&instead, "field", line->withheld, false);
	write_line(&instead);
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

void log_tell(const struct log *log)
{
	const char *event;
	uint64_t suppressed;

	while (log->flood && (event = logflood_take(log->flood, &suppressed))) {
		struct log_line line;

		log_begin(&line, log, LOG_WARNING, "flood");
		log_text(&line, "of", event);
		log_number(&line, "suppressed", suppressed);
		if (line.wanted)
			write_line(&line);
	}
}
