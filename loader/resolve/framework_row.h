// What a framework's file gives to the table in framework.c.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_FRAMEWORK_ROW_H
#define LOADER_RESOLVE_FRAMEWORK_ROW_H

#include "loader/resolve/framework.h"

struct framework_row {
	const char *name;
	const char *flag;
	const char *dialect;
	const char *const *secrets;
	const char *server_code; // below the app's folder; or NULL

	// Fills *framework with what the command says.
	// Returns: 1 this framework is meant, 0 not, -ENOMEM.
	int (*read_command)(char *const *program, struct pool *pool, struct framework *framework);
	// Whether the app in a folder is of this framework, though no command says so.
	bool (*recognise)(const struct framework_scene *scene, struct framework *framework);
	// Adds what the app's folder says. Returns: 0 or -ENOMEM.
	int (*complete)(const struct framework_scene *scene, struct framework *framework);
	bool (*rewrites)(
		struct secret raw, const struct framework_reading *reading, size_t *ret_length);
};

extern const struct framework_row framework_next;

#endif
