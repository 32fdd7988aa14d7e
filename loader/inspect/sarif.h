// What all reports as SARIF 2.1.0 (OASIS) have in common: a rule for each kind of finding that was
// made, places as URIs, and the log around the results.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_SARIF_H
#define LOADER_INSPECT_SARIF_H

#include "lib/base/base.h"
#include "lib/value/finding.h"

struct err;
struct json_t;

#define SARIF_TEXT_SIZE 4096 // of a message, with its NUL

// The rules in use, and where each stands among them. Begins as {.list = json_array()}.
struct sarif_rules {
	struct json_t *list; // NULL once memory was short
	int index[FINDINGS]; // from 1; 0: not there yet
};

// Makes sure that a finding's rule is there.
// Returns: its index.
int sarif_rule(struct sarif_rules *rules, enum finding finding);

// How a severity is called: "note", "warning", "error".
const char *sarif_level(enum diag_severity severity);

// A path, from the current folder or the root, as a URI reference (RFC 3986).
// Returns: the caller's reference, or NULL when memory is short.
struct json_t *sarif_uri(const char *path) must_check;

// Makes the log; takes the rules and the results.
// Returns: the caller's reference, or NULL when memory is short.
struct json_t *sarif_log(struct json_t *rules, struct json_t *results) must_check;

// Makes a log with one run that did not come to results.
// Returns: the caller's reference, or NULL when memory is short.
struct json_t *sarif_failure(const struct err *err, int exit) must_check;

#endif
