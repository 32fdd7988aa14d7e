// One loader's reading of one env file, sorted into outcomes of the items as they are written. What
// a loader refuses is put down at its line, and the rest of the file is read without that line.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_READING_H
#define LOADER_INSPECT_LINT_LINT_READING_H

#include "lib/base/base.h"

struct dialect;
struct emulation;
struct lint_file;
struct lint_options;
struct lint_outcome;
struct lint_reading;

// Makes what readings need, kept from one to the next; the caller owns it and keeps `options`.
// Returns: the reading, or NULL when memory is short.
struct lint_reading *lint_reading_new(const struct lint_options *options) must_check;
struct lint_reading *lint_reading_free(struct lint_reading *reading); // NULL is fine

// Reads a file as one loader, whose bit is set in the outcomes.
// Returns: 0 or -ENOMEM.
int lint_reading_read(struct lint_reading *reading, const struct dialect *dialect, uint64_t loader,
	struct lint_file *file) must_check;

// Reads files together, in the order given, as one loader that is started in the environment;
// with `files_only` the environment decides nothing. The emulation is valid until the next call.
// Returns: the emulation with its results; NULL when the loader refuses a file or memory is short
// (then *ret_code is -ENOMEM, else 0).
const struct emulation *lint_reading_together(struct lint_reading *reading,
	const struct dialect *dialect, const struct lint_file *const *files, size_t count,
	bool files_only, int *ret_code) must_check;

// Adds an outcome to a list of them, as lint_outcomes_add does. `file`: whose bytes a value may
// stay a view of; NULL: none. Returns: 0 or -ENOMEM.
int lint_reading_add(struct lint_reading *reading, const struct lint_file *file,
	struct lint_outcome *list, const struct lint_outcome *outcome) must_check;

#endif
