// What a stream is, by its first bytes, or by its name where there is no magic number.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_SNIFF_H
#define LOADER_SCAN_UNPACK_SNIFF_H

#include "lib/base/base.h"

struct decoder_kind;
struct members_kind;

// At most one of them is set; none: it is in no container that is known.
struct sniffed {
	const struct decoder_kind *decoder;
	const struct members_kind *members;
	const char *foreign; // what it is, and that it is not looked into
};

// Judges. `head`: the first bytes, at least 512 of them if there are so many.
struct sniffed sniff(const char *name, const uint8_t *head, size_t size) must_check;

#endif
