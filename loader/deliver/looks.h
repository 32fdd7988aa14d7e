// When a child and what is below it are looked at, and what the last look has shown.
// SPDX-License-Identifier: MIT
#ifndef LOADER_DELIVER_LOOKS_H
#define LOADER_DELIVER_LOOKS_H

#include "lib/base/base.h"
#include "loader/deliver/supervise.h"

#include <sys/types.h>

struct looks {
	const struct supervise_options *options; // borrowed: who looks, and for how long
	size_t moment;                           // of the next look
	enum supervise_view view;                // of the last look
};

// Begins anew, for a child that has just been started.
void looks_begin(struct looks *looks, const struct supervise_options *options);

// Looks when it is time. `age_ms`: of the child, from its start; `ended`: it has ended.
// Returns: in how many milliseconds it is time again, -1: never.
int looks_turn(struct looks *looks, pid_t child, uint64_t age_ms, bool ended) must_check;

// When the look at `index` is due, in milliseconds from the start; UINT64_MAX: there is none.
// `late`: it is not known yet what the looks are for.
uint64_t looks_moment(size_t index, bool late);

#endif
