// What people and programs are told about a lint, as text here, as JSON and SARIF in files of their
// own. Shows keys, places, lengths and fingerprints, never a value; of a weak secret only that it
// is weak.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_REPORT_H
#define LOADER_INSPECT_LINT_LINT_REPORT_H

#include "lib/base/base.h"
#include "lib/base/diag.h"

struct bundle_allowed;
struct fingerprint_key;
struct lint;
struct lint_finding;
struct lint_outcome;
struct settings;

struct lint_report {
	const struct lint *lint;
	const char *const *why; // of each loader: what spoke for it
	const struct settings *settings;
	const struct fingerprint_key *fingerprints;
	const struct bundle_allowed *allowed;
	size_t allowed_count;
	bool quiet, strict;
	size_t fixed; // assignments that were rewritten
	// Each as a finding with the readings before; without any: the line went. NULL: none.
	const struct lint *rewrites;
};

// What may be shown of an outcome.
struct lint_report_facts {
	bool has_length;
	size_t length;
	char fingerprint[16]; // 12 hex digits, "weak" or ""
	char text[300];       // for people: "44 bytes  5b1f09c2a7d4", "refuses the file: ..."
};
void lint_report_facts(const struct lint_report *report, const struct lint_finding *finding,
	const struct lint_outcome *outcome, struct lint_report_facts *ret_facts);

// What marks a weak value behind another one in a list; `weak` counts them.
const char *lint_report_again(const struct lint_report_facts *facts, size_t *weak);

// The reading that a line has for all loaders since it was rewritten.
// Returns: the outcome, or NULL: the line is gone.
const struct lint_outcome *lint_report_now(
	const struct lint_report *report, const struct lint_finding *rewrite);

// Whether --allow lets a finding pass.
bool lint_report_allows(const struct lint_report *report, const struct lint_finding *finding);

// The findings in the order of files and lines.
// Returns: an array that the caller frees, or NULL when memory is short.
const struct lint_finding **lint_report_sort(const struct lint *lint) must_check;

// How many findings stand against the files: errors and, when strict, warnings.
size_t lint_report_objections(const struct lint_report *report);

// How many findings are only counted.
size_t lint_report_omitted(const struct lint_report *report);

// Prints for people.
// Returns: 0 or -ENOMEM.
int lint_report_text(const struct lint_report *report) must_check;

#endif
