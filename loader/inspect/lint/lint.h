// What several loaders make of the same env files, compared key by key: each loader's emulation
// reads every file, equal results fall into one outcome, and lint_cause.h says why there are
// several. Runs nothing, writes nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_LINT_LINT_H
#define LOADER_INSPECT_LINT_LINT_H

#include "lib/base/base.h"
#include "lib/base/pool.h"
#include "lib/value/finding.h"
#include "loader/inspect/written.h"

struct dialect;
struct environment;
struct lint_reading;
struct map;
struct secret_arena;

#define LINT_LOADERS_MAX 63    // and the reference; a bit each
#define LINT_FINDINGS_MAX 1000 // kept word by word; more are only counted
#define LINT_REFUSALS_MAX 64   // lines of one file that one loader refuses, until it is left alone
#define LINT_LINE_MAX 65536u   // bytes of a line that every loader takes

enum lint_effect {
	LINT_VALUE,   // sets the key
	LINT_ABSENT,  // does not set it
	LINT_RENAMED, // sets another name from this line
	LINT_RUNS,    // would run a command instead of setting it
	LINT_CODE,    // the value depends on running something
	LINT_REFUSED, // stops with an error at this line
};

// What some loaders make of one item.
struct lint_outcome {
	enum lint_effect effect;
	bool earlier;      // it comes from an earlier line for the same key
	struct span value; // guarded bytes
	const char *text;  // of a refusal: what is wrong; never a value
	uint64_t loaders;  // bits
	struct lint_outcome *next;
};

struct lint_file {
	const char *shown;
	struct written_file written;
	struct lint_outcome *outcomes; // of each item, chained
	bool *told;                    // of each item: it has a finding
	bool open_told;                // one has where a loader may still be in a quote at its end
	bool lost_told;                // one has that may take all the rest of the file
	struct pool_list strays;       // struct lint_stray *
	struct map *stray_names;       // to their indexes; NULL: there are none
};

struct lint_finding {
	enum finding finding;
	enum diag_severity severity;
	const struct lint_file *file;        // NULL: about the files of the whole call
	const char *origin;                  // file:line:column
	const char *place;                   // the file's name alone
	uint32_t line, column;               // 0: none
	const struct written *item;          // NULL: none
	const struct lint_outcome *outcomes; // NULL: no reading is compared
	const char *key;                     // "" when it must not be shown
	const char *text, *hint;             // never a value
};

struct lint_options {
	const struct dialect *const *loaders; // that are compared
	size_t loader_count;
	const struct dialect *reference; // whose reading is the one that is meant
	struct environment *environment; // that the loaders are started in; NULL: an empty one
	bool guessed; // nobody said who reads the files, so errors are only warnings
	struct secret_arena *arena;
	struct pool *pool;
};

struct lint {
	struct lint_options options;
	uint64_t mask;      // of the loaders that are compared
	uint64_t reference; // bit
	struct lint_reading *reading;
	struct spelling *spelling;
	struct pool_list findings;      // struct lint_finding, in the order of the files
	size_t counts[DIAG_SEVERITIES]; // all of them
	struct pool_list files;         // struct lint_file *
};

// Makes a lint; the caller owns it. pool and arena must outlive it.
// Returns: the lint, or NULL when memory is short.
struct lint *lint_new(const struct lint_options *options) must_check;
struct lint *lint_free(struct lint *lint); // NULL is fine; returns NULL
void lint_release(struct lint **lint);     // for own(...)

// Compares what the loaders make of one more file. Both texts are borrowed.
// Returns: 0 or -ENOMEM.
int lint_read(struct lint *lint, const char *shown, struct span bytes) must_check;

// Compares what they make of all files together: cascades and references between files.
// Returns: 0 or -ENOMEM.
int lint_finish(struct lint *lint) must_check;

// Whether two outcomes are the same effect and, where that is a value, the same bytes.
bool lint_alike(const struct lint_outcome *a, const struct lint_outcome *b);

// Whether the compared loaders read an item in more than one way.
bool lint_differs(const struct lint *lint, const struct lint_outcome *outcomes);

// The outcome of one loader (its bit) among those of an item.
// Returns: the outcome or NULL when nothing is known.
const struct lint_outcome *lint_outcome_of(const struct lint_outcome *outcomes, uint64_t loader);

// Adds a finding; what it points at must last as long as the lint. Severity, key, origin, and the
// text and hint that are NULL come from the row and the item.
// Returns: 0 or -ENOMEM.
int lint_add(struct lint *lint, const struct lint_finding *finding) must_check;

// The name of an assignment as far as it may be shown: "" where it may be a piece of a value.
// Returns: the name, or NULL when memory is short.
const char *lint_shown_key(struct lint *lint, const struct written *item);

// The findings that are kept.
// Returns: the finding at `index`, or NULL past the last.
const struct lint_finding *lint_at(const struct lint *lint, size_t index);

#endif
