// A number of JSON (RFC 8259 section 6): read strictly where it lies, and as a double.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_TRUST_FORM_JSONNUMBER_H
#define VERIFIER_TRUST_FORM_JSONNUMBER_H

#include "lib/base/base.h"
#include "verifier/trust/form/strictjson.h"

// Reads the number at `*at`, before `end`, and moves `*at` behind it, or to what is wrong.
// Returns: STRICTJSON_OK, STRICTJSON_E_SYNTAX, or STRICTJSON_E_LIMIT: it is longer than
// STRICTJSON_NUMBER_MAX.
enum strictjson_result jsonnumber_read(const char **at, const char *end) must_check;

// A number that was read and found good as a double, correctly rounded whatever the locale of the
// process; what is out of range is infinite.
// Returns: whether it was had; with good input only a libc without its "C" locale has none.
bool jsonnumber_double(const char *text, size_t length, double *ret_number) must_check;

#endif
