// Where records leave samekey-scan: a line each, in the order in which they were found. Of what one
// file says again and again only the first so many are told, and that.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_OUTLET_H
#define LOADER_SCAN_OUTLET_H

#include "lib/base/base.h"

struct outlet;
struct scanreport;

#define OUTLET_ALIKE_MAX 100 // records of one file that differ in their place only

// Makes an outlet that writes to `fd`, which stays the caller's.
// Returns: the outlet, or NULL when memory is short.
struct outlet *outlet_new(int fd) must_check;
struct outlet *outlet_free(struct outlet *outlet); // NULL is fine; returns NULL

// Writes a record, unless too many like it came from the same file.
// Returns: 0, -EPIPE when nobody reads, or another negative errno; once it failed, always that.
int outlet_put(struct outlet *outlet, const struct scanreport *report);

// How outlet_put fared so far.
// Returns: 0 or a negative errno.
int outlet_failure(const struct outlet *outlet) must_check;

#endif
