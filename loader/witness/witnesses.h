// Everybody who can show which value was really used, asked one after the other: what each says
// against the bundle is collected as records of drift, and who could not be asked is kept too.
// SPDX-License-Identifier: MIT
#ifndef LOADER_WITNESS_WITNESSES_H
#define LOADER_WITNESS_WITNESSES_H

#include "lib/base/base.h"
#include "lib/base/pool.h"

struct drift;
struct drift_side;
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

// Keeps that `who` (static) could not be asked, and of `err` why and what helps.
// Returns: 0 or -ENOMEM.
int witnesses_leave_unasked(struct witnesses *witnesses, const char *who, const struct err *err)
	must_check;

// Keeps that what a source holds is not known, where it is not: no witness is asked about that.
// Returns: 0 or -ENOMEM.
int witnesses_leave_unread(struct witnesses *witnesses) must_check;

// One more record, empty; the pool owns it, and it stays where it is until the next one.
// Returns: the record, or NULL when memory is short.
struct drift *witnesses_add(struct witnesses *witnesses) must_check;

// Makes a side of what is given now: who wins the key, its fingerprint, and since when its place
// says so. A key that nothing gives has the origin "no source".
// Returns: 0 or -ENOMEM.
int witnesses_set_current(struct witnesses *witnesses, const char *name, struct drift_side *side)
	must_check;

// Puts the worst first; alike ones by key.
void witnesses_sort(struct witnesses *witnesses);

// The whole as JSON: {"v":1,"drift":[...],"unasked":[{"witness","text","hint"}]}. The caller owns
// the reference.
// Returns: the object, or NULL when memory is short.
struct json_t *witnesses_to_json(const struct witnesses *witnesses) must_check;

#endif
