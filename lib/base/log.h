// Events as lines: logfmt, JSON, or the journal's own protocol; one write a line. Callers pass
// names, origins, lengths and fingerprints; a line in which a value stands all the same is not
// written.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_LOG_H
#define LIB_BASE_LOG_H

#include "lib/base/base.h"

struct err;
struct logflood;

// What a line has no room for is left out, and it says so: cut=true. A longer value is cut and ends
// with "...".
#define LOG_LINE_SIZE 4096 // at most PIPE_BUF, so that a pipe takes it whole or not at all
#define LOG_VALUE_SIZE 1024
#define LOG_KEY_SIZE 64

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format {
	LOG_AUTO, // nobody has said; logfmt
	LOG_LOGFMT,
	LOG_JSON,    // an object a line
	LOG_JOURNAL, // fields, as datagrams to journald
};

// Their words in settings, ended by NULL.
extern const char *const log_level_words[], *const log_format_words[];

struct log {
	int fd;                // where lines go; -1 drops them
	enum log_level lowest; // events below are dropped
	bool timed;            // lines begin with time=, for nobody else notes when they came
	// Whoever serves others waits for no reader: what a full pipe would not take at once is
	// counted here and told by lines_lost= of the next line. NULL: waits.
	uint64_t *lost;
	enum log_format format;
	bool ranked;         // lines of logfmt begin with <N>, which journald reads (sd-daemon(3))
	int journal;         // of LOG_JOURNAL: what log_open_journal gave
	const char *program; // of LOG_JOURNAL: who we are
	struct logflood *flood; // counts what one event has too much of; NULL: all are written
	// Whether a value that nobody may see stands in a text; NULL: nobody knows any.
	bool (*holds_secret)(void *owner, const char *text, size_t length);
	void *owner; // handed to it
};

// A line in the making.
struct log_line {
	const struct log *log;
	enum log_level level;
	const char *event;
	bool wanted;
	char withheld[LOG_KEY_SIZE]; // the field in which a value stands, or ""
	bool is_cut;                 // a field had no room
	size_t used;
	char fields[LOG_LINE_SIZE]; // see logform.h
};

// Connects to journald at `path` (LOG_JOURNAL_PATH), for a log that nobody can reconnect later.
// Returns: a descriptor that belongs to the caller, or a negative errno.
#define LOG_JOURNAL_PATH "/run/systemd/journal/socket"
int log_open_journal(const char *path) must_check;

// Whether what is written to `fd` lands in the journal, which notes the time of each line by itself
// (systemd.exec(5), $JOURNAL_STREAM).
bool log_is_journal(int fd);

// Starts a line "level=... event=..."; a timed one "time=2026-01-31T23:59:59Z level=...".
// `event` is a constant.
void log_begin(
	struct log_line *line, const struct log *log, enum log_level level, const char *event);

// Adds key=value; the value is quoted where it needs it, control bytes are escaped. NULL or ""
// adds nothing.
void log_text(struct log_line *line, const char *key, const char *value);
void log_number(struct log_line *line, const char *key, uint64_t value);

// Writes the line in one write(2); a line that cannot be written is lost. One that holds a value
// becomes "event=withheld of=EVENT field=KEY".
void log_end(struct log_line *line);

// A whole line with one value, and one for a failure: what, where, hint.
void log_event(const struct log *log, enum log_level level, const char *event, const char *key,
	const char *text);
void log_failure(const struct log *log, const char *event, const struct err *err);

// Writes what the flood limit has counted and not told yet; to be called now and then, and at the
// end.
void log_tell(const struct log *log);

#endif
