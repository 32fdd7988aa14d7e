// samekey.ini: what its sections and settings are, read into plain structs. Every setting has one
// row in the tables of settings_rows.c.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_SETTINGS_H
#define LOADER_RESOLVE_SETTINGS_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/base/setting.h"

struct diag;
struct pool;
struct secret_arena;

enum settings_reach {
	SETTINGS_REACH_UNSET,
	SETTINGS_REACH_OFF,
	SETTINGS_REACH_WARN,
	SETTINGS_REACH_FAIL
};
enum settings_captured { SETTINGS_CAPTURED_DEMOTE, SETTINGS_CAPTURED_KEEP };
enum settings_cascade { SETTINGS_CASCADE_NEXT, SETTINGS_CASCADE_VITE, SETTINGS_CASCADE_SINGLE };
enum settings_conflict { SETTINGS_CONFLICT_IGNORE, SETTINGS_CONFLICT_WARN, SETTINGS_CONFLICT_FAIL };
enum settings_empty {
	SETTINGS_EMPTY_UNSET,
	SETTINGS_EMPTY_SKIP,
	SETTINGS_EMPTY_KEEP,
	SETTINGS_EMPTY_FAIL
};
enum settings_quotes { SETTINGS_QUOTES_UNSET, SETTINGS_QUOTES_STRIP, SETTINGS_QUOTES_KEEP };
enum settings_drift { SETTINGS_DRIFT_IGNORE, SETTINGS_DRIFT_WARN, SETTINGS_DRIFT_FAIL };
enum settings_phases { SETTINGS_PHASES_BOTH, SETTINGS_PHASES_START, SETTINGS_PHASES_BUILD };
enum settings_from {
	SETTINGS_FROM_ANY,
	SETTINGS_FROM_ENV,
	SETTINGS_FROM_CREDENTIALS,
	SETTINGS_FROM_SECRETS,
	SETTINGS_FROM_DOTENV
};

// [key NAME]
struct settings_key {
	const char *name;
	int line;     // of the section
	bool applies; // its `apps` names this app, or there is none
	struct setting_list apps, deny, values;
	enum setting_flag required, secret, file, shared, inject;
	int from, type /* enum shape_type */, conflict, phases, build_drift, empty, quotes;
	uint64_t min_length;
	const char *same_as, *differs_from, *fallback;
};

#define SETTINGS_ROWS_MAX 32
#define SETTINGS_SIZE_MAX (1024u * 1024) // of a samekey.ini

struct settings {
	const char *name, *group, *mode;
	struct setting_list loaders;
	uint64_t rotation_ms;
	int log; // enum log_format
	int reach;

	struct setting_list order;
	int captured;
	struct setting_list secrets, files;
	int cascade;
	const char *dialect;
	enum setting_flag interpolate;
	const char *example;
	uint64_t max_file;

	const char *socket, *user;
	enum setting_flag verifier_required;
	uint64_t timeout_ms;

	const char *fingerprint_key;

	bool overridden[SETTINGS_ROWS_MAX]; // by an option
	bool secrets_typed;                 // so they are paths from the current folder
	bool dialect_given, interpolate_given, example_given; // so no longer the default
	struct settings_key **keys;
	size_t key_count;
};

// Makes settings that hold every default; they live in `pool`.
// Returns: the settings, or NULL when memory is short.
struct settings *settings_new(struct pool *pool) must_check;

// Reads samekey.ini from memory into the settings. What is wrong becomes findings ("settings")
// with `shown`:line.
// Returns: 0, -EINVAL (findings were added) or -ENOMEM.
int settings_read(struct settings *settings, const char *bytes, size_t length, const char *shown,
	struct pool *pool, struct diag *diag) must_check;

// Where settings_load puts what it reads.
struct settings_room {
	struct secret_arena *arena;
	struct pool *pool;
	struct diag *diag;
};

// Reads the samekey.ini that lies at `path` below `folder`. What is wrong in it becomes findings.
// Returns: 0, or a negative errno when it cannot be read or memory is short.
int settings_load(struct settings *settings, int folder, const char *path,
	const struct settings_room *room, struct err *err) must_check;

// Sets one field of `settings_rows` from the command line or the environment. A list replaces
// that of the file, repeated it grows.
// Returns: 0, -EINVAL or -ENOMEM.
int settings_override(struct settings *settings, const struct setting *row, const char *text,
	struct pool *pool, struct err *err) must_check;

// A mode becomes part of a file's name: letters, digits, `_`, `-` and `.`, not the first.
bool settings_is_mode(const char *mode);

// Judges what one setting alone cannot show (names, types against each other), once file and
// options are in.
// Returns: 0 or -EINVAL (findings were added).
int settings_judge(struct settings *settings, const char *shown, struct diag *diag) must_check;

#endif
