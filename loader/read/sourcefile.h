// One file of a source, whatever is in it: read within its rules, remembered as where values come
// from, or told why it cannot be used.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_SOURCEFILE_H
#define LOADER_READ_SOURCEFILE_H

#include "lib/base/base.h"

#include <sys/stat.h>

struct err;
struct found_file;
struct fs_file;
struct source_file;
struct source_reader;

// Reads a file into the reader's arena. Links lead out of its root only where it was named.
// Returns: as fs_read.
int sourcefile_load(const struct source_reader *reader, const struct source_file *source,
	struct fs_file *ret_file, struct err *err) must_check;

// Makes the record of a file, of the reader's pool.
// Returns: it, or NULL when memory is short.
struct found_file *sourcefile_remember(
	const struct source_reader *reader, const char *shown, const struct stat *facts) must_check;

// Says, once for each, that a folder is one in which everybody may replace what is read from it.
void sourcefile_judge_folder(const struct source_reader *reader, int at, const char *path);
// The same of the folder of a file.
void sourcefile_judge_folder_of(
	const struct source_reader *reader, const struct source_file *source);

// Turns a file that cannot be used into a finding, about `key` unless it is NULL.
void sourcefile_report(const struct source_reader *reader, const char *key, const struct err *err);

// What to do about an errno. What is not there has neither owner nor mode.
// Returns: a hint, or NULL: the finding's own one fits.
const char *sourcefile_hint(int error);

#endif
