// Writes HTML: texts that anybody may have chosen, tables that a screen reader and a phone can
// read. What goes wrong shows when the stream is closed.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_HTML_H
#define VERIFIER_DOOR_API_HTML_H

#include "lib/base/base.h"

// Writes a text so that it is text: & < > " ' as references; control characters, bytes that are not
// UTF-8, and what turns the direction of writing (a name could show as another) as U+FFFD.
void html_text(FILE *out, const char *text);

// Writes `format` as it is, but each %s as html_text does. Knows %s and %% alone.
void html_format(FILE *out, const char *format, ...) printf_like(2, 3);

// Writes a sentence in which `...` is a command.
void html_sentence(FILE *out, const char *text);

// Starts a table with a heading for each column; NULL ends them. `caption`: what it is.
void html_table(FILE *out, const char *caption, const char *const *heads);
void html_table_end(FILE *out);

// Starts a row, whose first cell is its heading: `name`, with `mark` as a word of warning behind it
// or NULL. `style`: a class of the row, or NULL.
void html_row(FILE *out, const char *style, const char *head, const char *name, const char *mark);
void html_row_end(FILE *out);

// Starts a cell below the heading `head`; the caller writes what is in it. html_cell is one with a
// text.
void html_cell_begin(FILE *out, const char *head);
void html_cell_end(FILE *out);
void html_cell(FILE *out, const char *head, const char *text);

#endif
