// Frameworks that read env files or freeze settings themselves: a row each. A row says how it is
// recognised, which mode and phase a command implies, how it is kept from reading the files again,
// and where it freezes settings.
// SPDX-License-Identifier: MIT
#ifndef LOADER_RESOLVE_FRAMEWORK_H
#define LOADER_RESOLVE_FRAMEWORK_H

#include "lib/base/base.h"
#include "lib/value/bundle.h"

struct diag;
struct pool;
struct place;

#define FRAMEWORK_FROZEN_MAX 1024 // frozen settings that are looked at

enum framework_kind {
	FRAMEWORK_NONE,
	FRAMEWORK_SERVER,  // has a server of its own: what else starts in its folder is a start
			   // script
	FRAMEWORK_BUILDER, // what it builds is served by others
	FRAMEWORK_RUNTIME, // runs whatever it is given; nothing follows from it but a name
};

// Where an app lies, and what is started there.
struct framework_scene {
	const struct place *place;
	char *const *program; // ended by NULL; or NULL
	struct pool *pool;
	struct secret_arena *arena;
	struct framework_package *package; // framework_recognise's own
};

// A setting that the build froze.
struct framework_frozen {
	const char *name;
	struct secret value;
};

// What a framework says about a scene.
struct framework {
	const char *name; // "next"
	enum framework_kind kind;
	const char *recognised; // why: "next start", "package.json"
	const char *mode;       // implied; NULL: it says nothing
	bool phase_implied;
	enum bundle_phase phase;
	bool direct;            // the command is its program or server, nothing else starts it
	bool develops;          // its development server: reads files again on change
	const char *files_mode; // the mode whose files it would read by itself
	const char *folder; // absolute: where its env files lie, when the command says so; or NULL
	const char *copy_folder;    // absolute: a build output with copied env files; or NULL
	bool elsewhere;             // the command picks a folder that nobody knows here
	const char *version;        // of the installed package; NULL: unknown
	bool tested;                // that version was
	const char *flag;           // environment variable that keeps it from reading files
	const char *dialect;        // as which it reads its env files by itself
	const char *const *secrets; // keys that it signs with, ended by NULL
	const char *server_code;    // below the app's folder: what a start runs; or NULL
	const char *const *outputs; // folders that its build leaves in the app's, ended by NULL
	const char *thaw;           // how code is kept from freezing values at build
	const char *frozen_file;    // where it freezes settings, as people see it; NULL: none
	bool frozen_unknown;        // it cannot be read
	uint64_t frozen_at_s;       // when that was built
	const struct framework_frozen *frozen;
	size_t frozen_count;
};

// Asks every row what a command says: which app it is about, and how it is started. `program` may
// be NULL.
// Returns: 0 with *ret_framework filled as far as the command says (name NULL: nothing), -ENOMEM,
// or another negative errno when package.json or a server's file cannot be read now.
int framework_read_command(char *const *program, struct pool *pool, struct framework *ret_framework)
	must_check;

// Completes it with what lies in the app's folder; when the command said nothing, every row looks
// whether the app is one of its own. What is in the files is only read.
// Returns: 0 (name NULL: none), -ENOMEM, or another negative errno of reading.
int framework_recognise(const struct framework_scene *scene, struct framework *framework)
	must_check;

// Flags of all rows: one that leaked into the environment is removed.
// Returns: the flag at `index`, or NULL past the last.
const char *framework_flag(size_t index);

// Whether the framework's own loader would make something else of an env file's value. `known`
// tells whether a name is a key; `lookup` gives its text (NULL: none); `decoded` that samekey's
// dialect decodes the escapes in this value as well.
// Returns: whether it differs; then *ret_length is the length it would read.
struct framework_reading {
	bool (*known)(void *user, const char *name, size_t length);
	struct secret (*lookup)(void *user, const char *name, size_t length);
	void *user;
	bool decoded;
};
bool framework_rewrites(const struct framework *framework, struct secret raw,
	const struct framework_reading *reading, size_t *ret_length);

#endif
