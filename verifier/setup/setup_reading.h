// A reading of samekeyd.ini: its sections and settings put where the table says, line by line. What
// one setting alone cannot show is judged afterwards, see setup_judge.h and setup_profile.h.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_READING_H
#define VERIFIER_SETUP_SETUP_READING_H

#include "lib/base/base.h"
#include "lib/base/pool.h"

struct diag;
struct setup;

#define SETUP_READING_FURTHER_MAX 256 // [key] sections of a file

struct setup_reading {
	struct setup *setup;
	struct pool *pool;
	struct diag *diag;
	const char *shown; // the file, for messages
	int code;          // 0, -EINVAL (something was complained of) or -ENOMEM

	const int *lines; // of the settings of sections without a name, by setup_rows; 0: not given
	struct pool_list admits, apps, profiles, keys; // pointers to what is in setup.h

	// Where the reader is.
	const char *kind;   // of the section; NULL: unknown, skipped
	void *object;       // what its settings go into; NULL: skipped
	int *current_lines; // of its settings
	int *plain_lines;   // `lines`, to be written
};

// Reads all sections into `reading`, of which setup, pool, diag and shown are set. What is wrong
// becomes findings; `code` says so.
void setup_reading_all(struct setup_reading *reading, const char *bytes, size_t length);

// Adds a finding at a line; 0: about the whole file. `hint` may be NULL.
void setup_reading_complain(struct setup_reading *reading, int line, const char *hint,
	const char *format, ...) printf_like(4, 5);

// The line of a setting.
// Returns: the line, or 0 when it was not given.
int setup_reading_line(const int *lines, const char *section, const char *key);

#endif
