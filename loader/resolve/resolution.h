// A resolution: everything from the current folder to the bundle, in one go. What commands show,
// deliver and judge is a view of it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_RESOLUTION_H
#define LOADER_RESOLVE_RESOLUTION_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/value/bundle.h"
#include "loader/read/found.h"
#include "loader/resolve/framework.h"
#include "loader/resolve/place.h"

struct contest;
struct diag;
struct fingerprint_key;
struct pool;
struct secret_arena;
struct setting;
struct settings;
struct stat;

// A setting given outside samekey.ini.
struct resolution_override {
	const struct setting *row;
	const char *text;
};

// What a command asks for.
struct resolution_request {
	const char *root, *ini;    // or NULL
	const char *const *dotenv; // files that replace the cascade
	size_t dotenv_count;
	const char *const *allow; // CODE or CODE:KEY
	size_t allow_count;
	const struct resolution_override *overrides;
	size_t override_count;
	bool phase_given;
	enum bundle_phase phase;
	bool sentinels;           // a build gets stand-ins for all secrets
	bool settings_only;       // no source is read, and no app looked for
	char *const *program;     // what is started, ended by NULL; or NULL
	char *const *environment; // ended by NULL
};

struct resolution {
	struct pool *pool;
	struct secret_arena *arena;
	struct diag *diag;
	struct fingerprint_key *fingerprints;
	struct place place;
	struct settings *settings;
	struct framework framework; // name NULL: none recognised
	const char *mode, *mode_reason;
	enum bundle_phase phase;
	bool sentinels; // of a build, for all secrets
	struct found_set *found;
	char *const *environment;
	const char *const *dotenv;
	size_t dotenv_count;
	const char *dotenv_base; // goes before relative ones: "" or an absolute folder with its /
	struct found_file *const *files; // env files that were read, highest first
	size_t file_count;
	const char *const *unread; // env files that hold keys but are not read
	size_t unread_count;
	struct contest *contests; // one a key, sorted by name
	size_t contest_count;
	size_t filled; // bytes that references have grown to so far
	struct bundle bundle;
	const char *const *removed; // names that the child must not inherit
	size_t removed_count;
	const char *guard_flag; // set to "true" for the child; NULL: none
};

// Resolves. Findings are in ->diag; nothing was delivered yet. The caller owns the resolution.
// Returns: 0 (also with findings of severity error), or a negative errno when it could not even
// begin: a bad option (-EINVAL), a folder or file that was named and is not there, -ENOMEM.
int resolution_open(const struct resolution_request *request, struct resolution **ret_resolution,
	struct err *err) must_check;

// Wipes and frees it; NULL is fine.
// Returns: NULL.
struct resolution *resolution_free(struct resolution *resolution);
void resolution_release(struct resolution **resolution); // for own(...)

// The variable of the environment the resolution was made with.
// Returns: its value, or NULL.
const char *resolution_variable(const struct resolution *resolution, const char *name);

// The env file that was read and is this file, whatever it is called.
// Returns: the file, or NULL.
const struct found_file *resolution_file(
	const struct resolution *resolution, const struct stat *facts);

// Lets pass in another collection of findings what was allowed for this resolution.
// Returns: 0 or -ENOMEM.
int resolution_allow(const struct resolution *resolution, struct diag *diag) must_check;

// When the env file with that name was last changed.
// Returns: seconds since the epoch, or 0 when it is no file that was read.
uint64_t resolution_changed_at(const struct resolution *resolution, const char *place);

#endif
