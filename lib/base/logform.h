// How a line of the log is written down: as logfmt, as JSON, or as fields of the journal. Knows no
// descriptor.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_LOGFORM_H
#define LIB_BASE_LOGFORM_H

#include "lib/base/log.h"

// Room for a line in any form: logfmt and JSON are cut at LOG_LINE_SIZE, the journal's fields hold
// everything twice.
#define LOGFORM_SIZE (4 * LOG_LINE_SIZE)

// Adds a field to line->fields; what does not fit is left out.
void logform_add(struct log_line *line, const char *key, const char *value, bool is_number);

// Write the whole line, with its end, cut where it is too long.
// Return: its length.
size_t logform_logfmt(const struct log_line *line, char out[static LOG_LINE_SIZE]);
size_t logform_json(const struct log_line *line, char out[static LOG_LINE_SIZE]);
size_t logform_journal(const struct log_line *line, char out[static LOGFORM_SIZE]);

#endif
