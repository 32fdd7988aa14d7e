// A family as Redis keeps it: one string of packed numbers and texts, see redisscripts.c.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_REDISRECORD_H
#define VERIFIER_RECORD_SESSIONS_REDISRECORD_H

#include "lib/base/base.h"
#include "verifier/record/sessions/family.h"

#define REDISRECORD_NUMBER_BYTES 8
#define REDISRECORD_SIZE_MAX \
	(47 + FAMILY_RECENT_MAX * REDISRECORD_NUMBER_BYTES + FAMILY_SUBJECT_MAX + \
		2 * FAMILY_CLAIMS_MAX)
#define REDISRECORD_NUMBER_MAX (INT64_C(1) << 53) // what a script's numbers hold exactly

// Whether a script would keep each number of a family, and its uses are in order.
bool redisrecord_is_exact(const struct family *family) must_check;

// Writes a number that is exact as a script unpacks it.
// Returns: behind it.
char *redisrecord_put_number(char *out, int64_t number);

// Writes a family that is exact.
// Returns: how many bytes.
size_t redisrecord_write(const struct family *family, char out[static REDISRECORD_SIZE_MAX]);

// Reads bytes into a family; its id stays, and all of it when they are none. Returns: 0
//   -EUCLEAN  they are damaged, or something else
//   -EPROTO   they are of a later version of samekey
int redisrecord_read(const char *bytes, size_t length, struct family *ret_family) must_check;

#endif
