// What a stream is, by its first bytes, or by its name where there is no magic number.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_UNPACK_SNIFF_H
#define LOADER_SCAN_UNPACK_SNIFF_H

#include "lib/base/base.h"

struct decoder_kind;

enum sniff_format { SNIFF_PLAIN, SNIFF_DECODED, SNIFF_TAR, SNIFF_ZIP };

// Judges. `head`: the first bytes, at least 512 of them if there are so many.
// `ret_decoder`: written with SNIFF_DECODED.
enum sniff_format sniff(const char *name, const uint8_t *head, size_t size,
	const struct decoder_kind **ret_decoder) must_check;

#endif
