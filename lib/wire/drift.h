// A drift: a key of which two witnesses hold different values. The record that the verifier keeps
// and answers with and that the loader prints; never a value. JSON both ways.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_DRIFT_H
#define LIB_WIRE_DRIFT_H

#include "lib/base/base.h"
#include "lib/base/diag.h"
#include "lib/value/bundle.h"
#include "lib/value/fingerprint.h"

struct err;
struct json_t;
struct pool;

#define DRIFT_SIDES_MAX 1000

enum drift_kind {
	DRIFT_APP,      // apps of a group hold different values
	DRIFT_ROTATION, // an app still holds the older value of the same origin
	DRIFT_BUILD,    // the build used another value than the start
	DRIFT_FROZEN,   // what was built holds a value for good
	DRIFT_PROCESS,  // a running process holds another value
	DRIFT_ATTESTED, // by a process's own word it uses another value
	DRIFT_REFUSED,  // an app was turned away for its value
	DRIFT_TOKEN,    // tokens are signed with another value
	DRIFT_OTHER,    // of a newer verifier
	DRIFT_KINDS,    // how many there are
};

enum drift_life {
	DRIFT_LIVE,
	DRIFT_STALE,    // live, and it holds the older value of a rotation
	DRIFT_DEAD,     // its process ended; shown, refuses nobody
	DRIFT_RESOLVED, // what a start would be given now
	DRIFT_WRITTEN,  // it lies in a file: a stamp, a build output
	DRIFT_LIVES,    // how many there are
};

struct drift_side {
	const char *app;
	enum bundle_phase phase;
	const char *origin;                      // see origin_text
	char fingerprint[FINGERPRINT_TEXT_SIZE]; // 12 hex digits, "weak", or "": not known
	uint64_t age_s;                          // since the bundle was made
	enum drift_life life;
	bool standing; // an offer without a process
	int64_t pid;   // 0: of a standing offer, or unknown
};

struct drift {
	enum drift_kind kind;
	enum diag_severity severity;
	const char *code; // of the finding, for samekey help
	const char *key, *group;
	const struct drift_side *sides;
	size_t side_count;
	const char *fix;
	const char *witness; // who shows it: "samekeyd", "build.stamp", "pid 4711"; NULL: not said
	const char *text;    // what is wrong in a sentence; NULL: the sides say it
};

// How a life is written in the JSON record.
const char *drift_life_text(enum drift_life life); // "live", "stale", "dead", ...

// The record as a JSON object: {"kind","severity","code","key","group","sides":[{"app","phase",
// "origin","fingerprint","age_s","life","standing","pid"}],"fix"}, and "witness" and "text" where
// they are known; "pid" is null where there is none. The caller owns the reference. Returns: the
// object, or NULL when memory is short or a text is not UTF-8.
struct json_t *drift_to_json(const struct drift *drift) must_check;

// Reads such an object; texts go to the pool. Members that are not known are skipped and a kind
// that is not known is DRIFT_OTHER, so that an older loader reads a newer verifier.
// Returns: 0, -EINVAL (err says which member) or -ENOMEM.
int drift_from_json(const struct json_t *json, struct pool *pool, struct drift *ret_drift,
	struct err *err) must_check;

#endif
