// Secrets of the verifier's own that stand in a file each, as its one line: the token that callers
// over loopback TCP show, and the password of the session store.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SECRETLINE_H
#define VERIFIER_SECRETLINE_H

#include "lib/base/base.h"
#include "lib/base/secret.h"

struct err;

#define SECRETLINE_MAX 512      // bytes of any
#define SECRETLINE_TOKEN_MIN 16 // of a token

enum secretline_kind { SECRETLINE_TOKEN, SECRETLINE_PASSWORD };

// Reads one: a file that others cannot read, with one line; of a token only visible ASCII. The line
// end is not part of it.
// Returns: 0 (the bytes are the arena's), -EPERM, -EINVAL or another negative errno.
int secretline_read(enum secretline_kind kind, const char *path, struct secret_arena *arena,
	struct secret *ret_line, struct err *err) must_check;

#endif
