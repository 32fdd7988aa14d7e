// How a line of the log is written down: as logfmt, as JSON, or as fields of the journal. Knows no
// descriptor.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_LOGFORM_H
#define LIB_BASE_LOGFORM_H

#include "lib/base/log.h"

// Room for a line in any form: logfmt and JSON end at LOG_LINE_SIZE, the journal's fields hold
// everything twice.
#define LOGFORM_SIZE (4 * LOG_LINE_SIZE)

// Adds a field to line->fields; one that does not fit is left out and sets line->is_cut.
void logform_add(struct log_line *line, const char *key, const char *value, bool is_number);

// Write the whole line, with its end. Fields that it has no room for are left out, each whole, and
// cut=true tells of them.
// Return: its length.
size_t logform_logfmt(const struct log_line *line, char out[static LOG_LINE_SIZE]);
size_t logform_json(const struct log_line *line, char out[static LOG_LINE_SIZE]);
size_t logform_journal(const struct log_line *line, char out[static LOGFORM_SIZE]);

#endif
