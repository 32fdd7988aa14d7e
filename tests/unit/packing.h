// Files, packed, by a word or two; and a scratch folder for them.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_PACKING_H
#define TESTS_UNIT_PACKING_H

#include "lib/base/base.h"
#include "tests/unit/packed.h"

// For cmocka: the scratch folder.
int packing_set_up(void **state);

int packing_tear_down(void **state);

// These bytes, as they are.
struct packed packing_text(const char *bytes);

// What is given up for it, compressed.
struct packed packing_filtered(const char *filter, struct packed packed);

// An archive of two files that hold a needle each, and an empty one.
struct packed packing_pair(const char *format, const char *options);

// What they say, with the needles of packing_pair, or one of their own.
struct packed packing_make_ustar(void);
struct packed packing_make_zip(void);
struct packed packing_make_stored_zip(void);
struct packed packing_make_gzip(void);
struct packed packing_make_zstd(void);
struct packed packing_make_map(void);

#endif
