// Numbers, sizes, durations and yes/no, read strictly: the whole text or an error.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_NUM_H
#define LIB_BASE_NUM_H

#include "lib/base/base.h"

// Reads decimal digits only, no sign or space, at most `max`.
// Returns: 0, -EINVAL (not a number) or -ERANGE.
int num_parse(const char *text, uint64_t max, uint64_t *ret_value) must_check;

// Reads a size in bytes: digits with an optional K, M or G (powers of 1024).
// Returns: 0, -EINVAL or -ERANGE.
int num_parse_size(const char *text, uint64_t *ret_bytes) must_check;

// Reads a duration: digits with ms, s, m, h or d; a bare number is seconds.
// Returns: 0, -EINVAL or -ERANGE (over 10 years).
int num_parse_duration(const char *text, uint64_t *ret_milliseconds) must_check;

// Reads yes/no, true/false, on/off or 1/0 in any case.
// Returns: 0 or -EINVAL.
int num_parse_flag(const char *text, bool *ret_flag) must_check;

#endif
