// The log that a start writes where nobody sits at a terminal: in the form that [app] log names,
// and without a line that holds a value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_REPORTLOG_H
#define LOADER_DELIVER_REPORTLOG_H

#include "lib/base/log.h"

struct diag_item;
struct resolution;
struct sieve;

struct reportlog {
	struct log log;
	const struct resolution *resolution;
	struct sieve *sieve; // of its values; NULL: nothing has been written yet
};

// Begins a log on standard error, of a resolution or, where nothing is resolved, NULL; `reportlog`
// stays where it is. Nothing is made before a line is written.
void reportlog_begin(struct reportlog *reportlog, const struct resolution *resolution);

// Writes a finding, or what --allow let pass, at its own level.
void reportlog_finding(struct reportlog *reportlog, const struct diag_item *item);
void reportlog_end(struct reportlog *reportlog);

#endif
