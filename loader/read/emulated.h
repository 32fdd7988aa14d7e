// Env files read as another loader reads them ([sources] dialect), with the same provenance as
// samekey's own reading has.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_EMULATED_H
#define LOADER_READ_EMULATED_H

#include "lib/base/base.h"

struct found_file;
struct source_reader;

// Reads files that were opened before, `files` from the highest rank to the lowest, as the reader's
// dialect does when it is given all of them; what it would refuse becomes findings. A value that
// another file's beats is what its file gives alone.
// Returns: 0 (also with findings), or -ENOMEM.
int emulated_read(const struct source_reader *reader, struct found_file *const *files, size_t count)
	must_check;

#endif
