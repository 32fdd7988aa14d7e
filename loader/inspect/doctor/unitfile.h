// systemd's unit files as text: sections, settings, lines that go on, and words with quotes and
// escapes, by systemd.syntax(7) and extract_first_word() of systemd 252. Opens no file.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_UNITFILE_H
#define LOADER_INSPECT_DOCTOR_UNITFILE_H

#include "lib/base/base.h"
#include "loader/read/dialects/span.h"

#define UNITFILE_LINE_MAX (1024u * 1024) // bytes of a setting; systemd's own limit

struct unitfile_setting {
	struct span section, name; // "Service", "Environment"
	struct span value;         // without blanks around it; lines that go on are joined
	uint32_t line;             // where it begins, from 1
};

// Calls `setting` for each `NAME=VALUE` of a file. Comments, and lines that are none of all this,
// are passed over. Values of several lines are joined in `scratch`, which has room for `size` bytes
// and must outlive the views.
// Returns: 0, or what `setting` returned when it is not 0.
int unitfile_read(const uint8_t *bytes, size_t size, uint8_t *scratch,
	int (*setting)(void *user, const struct unitfile_setting *setting), void *user) must_check;

// Takes the next word off `rest`: quotes may stand anywhere in it, escapes are as in C, with \s for
// a blank. `out` has room for as many bytes as `rest` has.
// Returns: 1 with the word, 0 at the end, -EINVAL at a quote that is not closed or an escape that
// is none: systemd then ignores the rest of the line.
int unitfile_word(struct span *rest, uint8_t *out, struct span *ret_word) must_check;

// Splits NAME=VALUE. Returns: whether it is one, by systemd's rule for names.
bool unitfile_assignment(struct span word, struct span *ret_name, struct span *ret_value);

// Undoes %% in place; any other %X stands for something that only systemd knows.
// Returns: whether there is none of those.
bool unitfile_specifiers(struct span text, uint8_t *out, struct span *ret_text);

#endif
