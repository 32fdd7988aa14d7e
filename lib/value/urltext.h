// The parts of a URL, scheme://user:password@host:port/..., as views of it. What they hold is not
// judged.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_URLTEXT_H
#define LIB_VALUE_URLTEXT_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

// How long the scheme is.
// Returns: its length in bytes, or 0 where the value does not begin with one and ://.
size_t urltext_scheme(struct secret value);

// What stands between :// and the next /, ? or #, behind a scheme of this length.
struct secret urltext_authority(struct secret value, size_t scheme);

// Finds the password in scheme://user:password@host.
// Returns: whether there is one that is not empty; then `ret_password` is a view of it.
bool urltext_password(struct secret value, struct secret *ret_password) must_check;

#endif
