// What people and programs are told about a resolution: who won, what was found, why a start was
// refused. Shows names, origins, lengths and fingerprints, never a value; a weak secret is only
// called weak.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_REPORT_H
#define LOADER_DELIVER_REPORT_H

#include "lib/base/base.h"
#include "lib/base/diag.h"

struct bundle_key;
struct handoff_verdict;
struct json_t;
struct resolution;

struct report {
	const struct resolution *resolution;
	const struct diag *diag;               // what report_findings lists; NULL: the resolution's
	const struct handoff_verdict *verdict; // NULL: none; else its fingerprints are shown
	const char *key;                       // no finding of another key; NULL: all
	bool quiet;                            // only what stops a start
	bool strict;                           // warnings refuse too
	bool refused;                          // report_refusal follows and tells of the errors
	bool stopped;                          // it was started, and stopped again
	const char *command;                   // what a refusal refuses; NULL: run
	bool by_itself; // a process that configures itself: nobody typed `words`
	// For the refusal's "now" line: what stood behind `run`, and in it behind "--"; NULL: none.
	char *const *words, *const *program;
};

// Says on stderr where the settings came from and who won each key, unless `quiet`, and lists the
// findings: a table on a terminal, else one logfmt line a key.
void report_resolved(const struct report *report);

// The width of a column of keys that has one more of them; one that is too long for a column juts
// out. Begins with REPORT_KEY_WIDTH.
#define REPORT_KEY_WIDTH ((size_t)3)
size_t report_key_width(size_t width, const char *name);

// Lists the findings on stderr.
void report_findings(const struct report *report);

// Says on stderr why nothing is started: every error with its candidates, the fix, and how to
// start all the same.
void report_refusal(const struct report *report);

// Prints one key, or every key (NULL), on stdout for people.
void report_explain(const struct report *report, const struct bundle_key *key);

// The findings as JSON: [{"severity","code","key","origin","text","hint","allowed"}].
// Returns: a list that the caller owns, or NULL when memory is short.
struct json_t *report_json_findings(const struct diag *diag) must_check;

// Prints the resolution as JSON on stdout: with keys for `explain`, without for `check`.
// Returns: 0 or -ENOMEM. Whether stdout took it all is seen at its end.
int report_json(const struct report *report, const struct bundle_key *key, bool with_keys)
	must_check;

#endif
