// Events as logfmt lines, one write a line. Values of secrets have no way in: callers pass names,
// origins, lengths and fingerprints.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_LOG_H
#define LIB_BASE_LOG_H

#include "lib/base/base.h"

struct err;

// A longer line is cut.
#define LOG_LINE_SIZE 4096 // at most PIPE_BUF, so that a pipe takes it whole or not at all

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log {
	int fd;                // where lines go; -1 drops them
	enum log_level lowest; // events below are dropped
	bool timed;            // lines begin with time=, for nobody else notes when they came
	// Whoever serves others waits for no reader: what a full pipe would not take at once is
	// counted here and told by lines_lost= of the next line. NULL: waits.
	uint64_t *lost;
};

// A line in the making.
struct log_line {
	const struct log *log;
	bool wanted;
	size_t used;
	char text[LOG_LINE_SIZE];
};

// Starts a line "level=... event=..."; a timed one "time=2026-01-31T23:59:59Z level=...".
void log_begin(
	struct log_line *line, const struct log *log, enum log_level level, const char *event);

// Adds key=value; the value is quoted where it needs it, control bytes are escaped. NULL or ""
// adds nothing.
void log_text(struct log_line *line, const char *key, const char *value);
void log_number(struct log_line *line, const char *key, uint64_t value);

// Writes the line in one write(2); a line that cannot be written is lost.
void log_end(struct log_line *line);

// A whole line with one value, and one for a failure: what, where, hint.
void log_event(const struct log *log, enum log_level level, const char *event, const char *key,
	const char *text);
void log_failure(const struct log *log, const char *event, const struct err *err);

#endif
