// Code and scripts that let an env file beat the environment: dotenv's `override: true` and what
// other languages call it. A search in text, as mention.h: it runs nothing.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_OVERRIDE_H
#define LOADER_INSPECT_DOCTOR_OVERRIDE_H

#include "lib/base/base.h"

struct override {
	uint32_t line;    // from 1
	const char *text; // how it is written, for people: "dotenv with override: true"
};

// Whether files of that name may hold such a thing.
bool override_looks_at(const char *file_name);

// Calls `found` for each place; comment lines do not count.
// Returns: 0, or what `found` returned when it is not 0.
int override_scan(const char *file_name, const char *bytes, size_t length,
	int (*found)(void *user, const struct override *override), void *user) must_check;

#endif
