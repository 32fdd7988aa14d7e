// Everybody who can show which value was really used, asked one after the other: what each says
// against the bundle is collected as records of drift, and who could not be asked is kept too.
// SPDX-License-Identifier: MIT
#ifndef LOADER_WITNESSES_H
#define LOADER_WITNESSES_H

#include "lib/base/base.h"
#include "lib/base/pool.h"

struct err;
struct json_t;
struct resolution;

// Somebody who could not be asked.
struct witnesses_unasked {
	const char *who, *why, *hint; // hint: ""
};

struct witnesses {
	const struct resolution *resolution;
	struct pool *pool;
	struct pool_list drifts;  // of struct drift
	struct pool_list unasked; // of struct witnesses_unasked
};

// The running verifier: its records, whom it refused, and what tokens were signed with.
// Returns: 0 (also without one: it is unasked) or -ENOMEM.
int witnesses_ask_verifier(struct witnesses *witnesses) must_check;

// A build's stamp.
// Returns: 0, a STAMP_E_*, or a negative errno with err when it cannot be read.
int witnesses_ask_stamp(struct witnesses *witnesses, const char *path, struct err *err) must_check;

// What a recognised framework froze into its build, as the resolution found it.
// Returns: 0 or -ENOMEM.
int witnesses_ask_framework(struct witnesses *witnesses) must_check;

// Every running process that carries a secret of the bundle, as `samekey ps` sees it. Who may not
// be looked at is unasked.
// Returns: 0 or -ENOMEM.
int witnesses_ask_processes(struct witnesses *witnesses) must_check;

// What was built, as `samekey scan` sees it; `stamp` (a path, or NULL) adds older values.
// Returns: 0, a RESIDUE_E_*, a STAMP_E_*, or a negative errno with err.
struct witnesses_output {
	const char *const *paths;
	size_t path_count;
	const char *stamp;
};
int witnesses_ask_output(struct witnesses *witnesses, const struct witnesses_output *output,
	struct err *err) must_check;

// Puts the worst first; alike ones by key.
void witnesses_sort(struct witnesses *witnesses);

// The whole as JSON: {"v":1,"drift":[...],"unasked":[{"witness","text","hint"}]}. The caller owns
// the reference.
// Returns: the object, or NULL when memory is short.
struct json_t *witnesses_to_json(const struct witnesses *witnesses) must_check;

#endif
