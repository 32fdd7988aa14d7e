// The ini dialect of both settings files, read with inih behind a reader of our own: over-long
// lines, NULs, continuation lines and values cut by ` ;` are refused instead of misread, long
// section names survive, and every call knows its line.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_CONF_H
#define LIB_BASE_CONF_H

#include "lib/base/base.h"

// Debian's inih holds 200 bytes with the NUL; what is longer it would split.
#define CONF_LINE_MAX 198
// A section name with its argument, such as "key NEXTAUTH_SECRET".
#define CONF_SECTION_MAX 271

struct conf_reader {
	void *user;
	const char *example; // of a section, for hints: "[app]"
	// A section begins: `kind` is its first word, `argument` the rest or "".
	void (*section)(void *user, const char *kind, const char *argument, int line);
	// A setting of the section that began last.
	void (*setting)(void *user, const char *key, const char *value, int line);
	// Something is wrong with a line; the rest of the file is still read.
	void (*trouble)(void *user, int line, const char *text, const char *hint);
};

// Reads a whole ini file from memory; the texts given to the calls live only during the call.
// Returns: 0, -EINVAL when `trouble` was called, or -ENOMEM.
int conf_parse(const char *bytes, size_t length, const struct conf_reader *reader) must_check;

#endif
