// What the records of a scan mean: findings, each with a severity that depends on what was found
// and where. One stands for all that is alike in a place. Shows no value.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_BUILT_SCANNED_H
#define LOADER_INSPECT_BUILT_SCANNED_H

#include "lib/base/base.h"
#include "lib/value/finding.h"

struct pool;
struct residue;
struct resolution;
struct scanjob;
struct scanreport;

#define SCANNED_SIGNERS_MAX 64 // distinct tokens that are judged

// Who signed a token, as a verifier says it.
struct scanned_signer {
	const char *token;
	bool judged;                 // false: `text` says why not
	const char *what;            // "winner", "shadowed", "placeholder", ...; "unknown"
	const char *key;             // whose value
	const char *algorithm, *kid; // that its header claims; ""
	const char *text, *fix;      // a sentence each
};

struct scanned_item {
	enum finding finding;
	enum diag_severity severity;
	const struct scanreport *record; // the first one; all zeros for what is no file's
	const char *where;   // for people: "build.tgz!package/app.js:12", "... at byte 40"
	const char *place;   // without line and offset
	const char *lasting; // what stays of it from one build to the next
	size_t twin;         // how many before it are alike but for what does not stay
	const char *key, *kind, *form; // ""
	const char *text, *hint;
	size_t count;  // how many of them there are in the place
	bool accepted; // by a baseline, or by --allow
	bool met;      // by an entry of a baseline
};

struct scanned {
	struct scanned_item *items; // the worst first, then as they were found
	size_t count;
	size_t omitted; // records that were not kept; an error among the items says so
	size_t foreign; // notes of what is not opened that were not kept
	uint64_t files, bytes, members;
};

struct scanned_question {
	const struct resolution *resolution;
	const struct scanjob *job;
	const struct residue *residue;
	const struct scanned_signer *signers;
	size_t signer_count;
};

// Judges the records. The app's own env files, which the values come from, are passed over. Texts
// lie in the pool and in the residue.
// Returns: 0 or -ENOMEM.
int scanned_judge(const struct scanned_question *question, struct pool *pool,
	struct scanned *ret_scanned) must_check;

// How many findings stand against what was scanned: errors and, when strict, warnings.
size_t scanned_objections(const struct scanned *scanned, bool strict);

#endif
