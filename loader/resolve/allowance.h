// What --allow and $SAMEKEY_ALLOW let pass: CODE for every key, CODE:KEY for one.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_ALLOWANCE_H
#define LOADER_RESOLVE_ALLOWANCE_H

#include "lib/base/base.h"

struct bundle_allowed;
struct diag;
struct err;
struct pool;
struct pool_list;

// Reads one word; `where` is what held it. The texts go to the pool.
// Returns: 0, -EINVAL (no such code, one that nothing lets pass, or no key's name) or -ENOMEM.
int allowance_read(const char *word, const char *where, struct pool *pool,
	struct bundle_allowed *ret_allowed, struct err *err) must_check;

// Reads the words of --allow, and then those of $SAMEKEY_ALLOW, between commas or blanks; NULL: it
// is not set. Makes a list of struct bundle_allowed.
// Returns: 0, -EINVAL (as allowance_read, or there are too many) or -ENOMEM.
int allowance_read_all(const char *const *words, size_t count, const char *inherited,
	struct pool *pool, struct pool_list *ret_list, struct err *err) must_check;

// Lets these pass in a collection of findings, also in what is added later.
// Returns: 0 or -ENOMEM.
int allowance_apply(const struct bundle_allowed *allowed, size_t count, struct diag *diag)
	must_check;

#endif
