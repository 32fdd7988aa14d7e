// Files that no output should hold: env files and private keys, by their name and first bytes.
// SPDX-License-Identifier: MIT
#ifndef LOADER_SCAN_SHIPPED_H
#define LOADER_SCAN_SHIPPED_H

#include "lib/base/base.h"

struct scanreport;
struct scanreport_place;

// Judges a file or a member by its name and first bytes.
// Returns: whether it is one of them; then *ret_report says which (its place is the caller's).
bool shipped_judge(const struct scanreport_place *place, const uint8_t *head, size_t head_size,
	struct scanreport *ret_report);

#endif
