// What all reports as SARIF 2.1.0 (OASIS) have in common: a rule for each kind of finding that was
// made, results with places as URIs, and the log around them.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_SARIF_H
#define LOADER_INSPECT_SARIF_H

#include "lib/base/base.h"
#include "lib/value/finding.h"

struct err;
struct json_t;

#define SARIF_TEXT_SIZE 4096 // of a message, with its NUL

// A run that is being told: begins as {.rules = json_array(), .results = json_array()}. A list is
// NULL once memory was short.
struct sarif {
	struct json_t *rules, *results;
	int index[FINDINGS]; // of a finding's rule, from 1; 0: not there yet
};

struct sarif_result {
	enum finding finding;
	enum diag_severity severity;
	const char *text;      // of the message; it is made printable
	const char *path;      // from the current folder or the root
	struct json_t *region; // in that file; the reference is taken
	const char *identity;  // what a service knows the result again by; NULL: nothing
	bool accepted;         // somebody lets it pass
};

// Adds a result, and the rule of its finding where it is the first of them.
void sarif_add(struct sarif *sarif, const struct sarif_result *result);

// Makes the log; takes the lists.
// Returns: the caller's reference, or NULL when memory is short.
struct json_t *sarif_log(const struct sarif *sarif) must_check;

// Makes a log with one run that did not come to results.
// Returns: the caller's reference, or NULL when memory is short.
struct json_t *sarif_failure(const struct err *err, int exit) must_check;

#endif
