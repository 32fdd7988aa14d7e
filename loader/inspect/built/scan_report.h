// What people and programs are told about a scan, on stdout: text, JSON or SARIF. Shows keys and
// places, never a value and never a token.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_SCAN_REPORT_H
#define LOADER_INSPECT_BUILT_SCAN_REPORT_H

#include "lib/base/base.h"

struct baseline;
struct json_t;
struct scanned;

struct scan_report {
	const struct scanned *scanned;
	const struct baseline *baseline; // NULL: none
	bool quiet, strict;
};

// Prints for people.
void scan_report_text(const struct scan_report *report);

// Makes the report for programs, or the log for code scanning services.
// Returns: the caller's reference, or NULL when memory is short.
struct json_t *scan_report_json(const struct scan_report *report) must_check;
struct json_t *scan_report_sarif(const struct scan_report *report) must_check;

#endif
