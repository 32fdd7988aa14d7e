// What a framework's file gives to the table in framework.c.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_FRAMEWORK_ROW_H
#define LOADER_RESOLVE_FRAMEWORK_ROW_H

#include "loader/resolve/framework.h"

struct framework_row {
	const char *name;
	const char *flag;
	const char *const *secrets;

	// Fills the rest of *framework when this framework is meant.
	// Returns: 1 recognised, 0 not, -ENOMEM.
	int (*recognise)(const struct framework_scene *scene, struct framework *framework);
	bool (*rewrites)(
		struct secret raw, const struct framework_reading *reading, size_t *ret_length);
};

extern const struct framework_row framework_next;

#endif
