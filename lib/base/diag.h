// Many findings, collected: what `check` and `lint` show together. One failure is err.h.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_DIAG_H
#define LIB_BASE_DIAG_H

#include "lib/base/base.h"

enum diag_severity {
	DIAG_NOTE,
	DIAG_WARNING,
	DIAG_ERROR,
	DIAG_SEVERITIES, // how many there are
};

// Findings kept word by word; more are only counted. An error takes the place of another.
#define DIAG_MAX 1000

struct diag_item {
	enum diag_severity severity;
	bool allowed;       // --allow lets it pass: an error became a warning, a warning stays one
	const char *code;   // stable, from the finding table
	const char *key;    // or ""
	const char *origin; // "file:line:column", a variable, or ""
	const char *text;   // never a value
	const char *hint;   // or ""
};

struct diag;

// Makes an empty collection; the caller owns it.
// Returns: the collection, or NULL when memory is short.
struct diag *diag_new(void) must_check;
struct diag *diag_free(struct diag *diag); // NULL is fine; returns NULL
void diag_release(struct diag **diag);     // for own(...)

// Adds a finding; texts are copied, NULL counts as "". When memory is short it is only counted, and
// the collection remembers that it is incomplete: see diag_is_complete.
void diag_add(struct diag *diag, const struct diag_item *item);

// How many findings had this severity, those past DIAG_MAX included.
size_t diag_count(const struct diag *diag, enum diag_severity severity);
// How many findings stand against a start: errors and, when strict, warnings that were not allowed.
size_t diag_objections(const struct diag *diag, bool strict);
// Whether a finding is one of these.
bool diag_objects(const struct diag_item *item, bool strict);

// The findings that are kept.
size_t diag_size(const struct diag *diag); // how many diag_at can give
const struct diag_item *diag_at(const struct diag *diag, size_t index);

// How many findings came after DIAG_MAX were kept.
size_t diag_omitted(const struct diag *diag);

// Whether no finding was lost to a lack of memory.
bool diag_is_complete(const struct diag *diag);

// Turns errors with this code (and this key, unless it is NULL) into warnings and marks warnings as
// allowed, also those that come later.
// Returns: 0 or -ENOMEM.
int diag_allow(struct diag *diag, const char *code, const char *key) must_check;

// How a severity is written: "error", "warning", "note".
const char *diag_severity_text(enum diag_severity severity);

#endif
