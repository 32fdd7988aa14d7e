// What a bundle may be that goes over the wire: the same for who writes and who reads it.
// SPDX-License-Identifier: MIT
#ifndef LIB_WIRE_PACK_RULES_H
#define LIB_WIRE_PACK_RULES_H

#include "lib/base/base.h"

struct bundle;
struct err;

// Judges the whole; `ret_count` is how many keys go over the wire: all but the inherited ones.
// Returns: 0, FAULT_E_MALFORMED or FAULT_E_TOO_LARGE.
int pack_rules_judge(const struct bundle *bundle, size_t *ret_count, struct err *err) must_check;

// Says that something of a bundle, or of its `key` (or NULL), is over its cap.
// Returns: FAULT_E_TOO_LARGE.
int pack_rules_too_large(
	struct err *err, const char *key, const char *what, size_t has, size_t cap);

// Says what of a bundle, or of its `key` (or NULL), is wrong.
// Returns: FAULT_E_MALFORMED.
int pack_rules_malformed(struct err *err, const char *key, const char *what);

#endif
