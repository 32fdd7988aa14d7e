// What a framework's file gives to the table in framework.c.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_FRAMEWORK_ROW_H
#define LOADER_RESOLVE_FRAMEWORK_ROW_H

#include "loader/resolve/framework.h"

struct appcommand_grammar;
struct pool;

struct framework_row {
	const char *name;
	enum framework_kind kind;
	const char *flag;           // NULL: nothing keeps it from reading files
	const char *dialect;        // NULL: none of ours is like it
	const char *const *secrets; // NULL: none
	const char *server_code;    // below the app's folder; or NULL
	const char *const *outputs; // folders that a build leaves, ended by NULL; NULL: none
	const char *thaw;           // how code is kept from freezing values at build; or NULL

	// Fills *framework with what the command says; NULL: nothing.
	// Returns: 1 this framework is meant, 0 not, or a negative errno.
	int (*read_command)(char *const *program, struct pool *pool, struct framework *framework);
	// Whether the app in a folder is of this framework, though no command says so.
	// Returns: 1, 0, or a negative errno.
	int (*recognise)(const struct framework_scene *scene, struct framework *framework);
	// Adds what the app's folder says; NULL: nothing. Returns: 0 or a negative errno.
	int (*complete)(const struct framework_scene *scene, struct framework *framework);
	// As framework_rewrites; NULL: it keeps a value that is there.
	bool (*rewrites)(
		struct secret raw, const struct framework_reading *reading, size_t *ret_length);
};

extern const struct framework_row framework_next, framework_nuxt, framework_vite, framework_node;

// Reads a command by a framework's grammar and fills in what it says; `reasons` by enum
// appcommand_verb.
// Returns: 1 it says something, 0 not, or a negative errno.
int framework_read(char *const *program, const struct appcommand_grammar *grammar,
	const char *const *reasons, struct pool *pool, struct framework *framework) must_check;

// In a framework's `recognise`: whether package.json of the app's folder has a package among its
// dependencies.
// Returns: 1, 0, or a negative errno.
int framework_depends(const struct framework_scene *scene, const char *package);

#endif
