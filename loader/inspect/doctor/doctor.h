// What lies around an app and could feed it another value, or leak one: a table of examinations, a
// file each (doctor_NAME.c). Each says what it looked at and adds findings; a room of helpers that
// all of them use stands at the end. Everything is only read, within limits, and nothing of the
// project is run.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_DOCTOR_H
#define LOADER_INSPECT_DOCTOR_DOCTOR_H

#include "lib/base/base.h"
#include "lib/base/diag.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/value/finding.h"
#include "loader/inspect/running/holding.h"

#include <sys/stat.h>

struct resolution;
struct tree_gaps;

#define DOCTOR_FILE_MAX (4u * 1024 * 1024) // bytes of one file
#define DOCTOR_LINES_MAX 200               // "looked at" lines of one examination
#define DOCTOR_ENV_FILES_MAX 64            // of a project, found by their names
#define DOCTOR_TEXT_SIZE 512               // of a text for people

// How the verifier answered; the command asks it, for it alone knows the way.
struct doctor_verifier {
	bool fine;
	enum finding finding; // when not
	const char *where;    // the socket, or ""
	const char *what;     // NULL: it was not asked
	const char *hint;     // or NULL

	unsigned guards_status; // of its answer on what guards it, as in HTTP; 0: it was not asked
	const char *guards;     // that answer, JSON
};

struct doctor {
	const struct resolution *resolution;
	struct doctor_verifier verifier;
	struct pool *pool;
	const char *host; // stands before the machine's own folders: "", or an absolute folder
	const char *home; // the user's own folder; NULL: unknown
	bool programs;    // samekey-scan and git may be asked
	struct diag *diag;
	struct pool_list looked_at; // const char *: what was looked at and found to be fine
	bool lost;                  // of these, for want of memory
};

// One row of the table.
struct doctor_examination {
	const char *name;  // for programs: "pm2"
	const char *title; // for people: "PM2"
	// Looks. Returns: 0 or -ENOMEM; what cannot be looked at becomes a finding.
	int (*look)(struct doctor *doctor);
};

// Every examination.
extern const struct doctor_examination doctor_examinations[9];

// ---- the examinations; each returns 0 or -ENOMEM

// PM2's saved processes and the ecosystem files.
int doctor_pm2(struct doctor *doctor) must_check;
// Units that run the app or give it secrets, below doctor->host.
int doctor_systemd(struct doctor *doctor) must_check;
// Compose and Kubernetes files, by samekey-scan.
int doctor_deployments(struct doctor *doctor) must_check;
// Code that lets env files beat the environment.
int doctor_code(struct doctor *doctor) must_check;
// Modes of env files, and copies of them in what was built.
int doctor_files(struct doctor *doctor) must_check;
// Dockerfiles: what they copy and bake.
int doctor_images(struct doctor *doctor) must_check;
// Env files that git knows, knew, or would take.
int doctor_git(struct doctor *doctor) must_check;
// What guards the running samekeyd, or what this kernel could.
int doctor_verifier(struct doctor *doctor) must_check;
// The environment of this start, the verifier, and this machine: guards of memory, core files, the
// clock, our own programs and keys.
int doctor_machine(struct doctor *doctor) must_check;

// ---- what examinations share

// Says what was looked at and is fine; printable, never a value. Lines past DOCTOR_LINES_MAX are
// dropped; one that there is no memory for is an error in the end.
void doctor_saw(struct doctor *doctor, const char *format, ...) printf_like(2, 3);

// Says how many links to folders a walk has passed over.
void doctor_walked(struct doctor *doctor, const struct tree_gaps *gaps);

// Adds the finding that something could not be looked at.
void doctor_could_not(struct doctor *doctor, const char *where, const char *format, ...)
	printf_like(3, 4);

// A variable that changes how a program reads its environment, whatever the bundle holds.
struct doctor_flag {
	const char *name, *value;
	bool anywhere; // in its value; else that is all of it
	const char *text;
};
extern const struct doctor_flag doctor_flags[];
extern const size_t doctor_flag_count;

// A place that gives a key a value.
struct doctor_given {
	const char *key;
	struct secret value;
	const char *origin;   // where it stands: "/etc/systemd/system/web.service:7"
	const char *who;      // gets it: "PM2's app web"
	const char *hint;     // how to mend it; NULL: the finding's
	bool through_samekey; // samekey stands between it and the app
};

// Compares with the bundle and adds the finding that this is worth: a secret that is not the
// bundle's is a warning, an error where nothing stands between it and the app; a setting that
// differs is a note. A key that the bundle has not is passed over, unless it changes how an
// environment is read (NODE_ENV=test, __NEXT_PROCESSED_ENV).
// Returns: whether the key is a secret of the bundle's.
bool doctor_judge(struct doctor *doctor, const struct doctor_given *given);

// A file that was read; give it back with doctor_done.
struct doctor_file {
	char *bytes; // `size` bytes and a NUL, in guarded memory
	size_t size;
	struct stat facts;
};

// Reads a regular file, following links.
// Returns: 0; -ENOENT; -EACCES and the like; -EINVAL (no regular file); -EFBIG (over
// DOCTOR_FILE_MAX); -ENOMEM.
int doctor_load(const struct doctor *doctor, int folder, const char *path,
	struct doctor_file *ret_file) must_check;

// The same of a file that is no link (-ELOOP); of one over DOCTOR_FILE_MAX only the end.
// Returns: as doctor_load, but never -EFBIG.
int doctor_load_end(const struct doctor *doctor, int folder, const char *path,
	struct doctor_file *ret_file) must_check;

// Gives back what was read.
void doctor_done(const struct doctor *doctor, struct doctor_file *file);

// An env file of the project, whether it is read or not.
struct doctor_env_file {
	const char *path; // from where all begins: ".env", "web/.env.local", "../.env"
	const char
		*real; // absolute, of a link's target or of one that is called otherwise; or NULL
	struct stat facts; // of a link's target
	bool link;
	bool secret; // it holds a value that is one, by the bundle or by its looks
	bool read;   // the bundle comes from it too
};

// The env files where all begins and below, and in the folders up to the root, and those that
// samekey.ini or an option names; samples are none.
// Returns: 0 with the list in the pool, or -ENOMEM.
int doctor_env_files(struct doctor *doctor, const struct doctor_env_file **ret_files,
	size_t *ret_count) must_check;

// Whether an env file is called so; samples (.env.example) and keys of vaults are not.
bool doctor_env_files_is_name(const char *name);

// The next line of a text, without its end; `*at` moves on and `*line` counts.
// Returns: whether there is one.
struct doctor_line {
	const char *text;
	size_t length;
	uint32_t number; // from 1
};
bool doctor_next_line(const struct doctor_file *file, size_t *at, struct doctor_line *line);

// Whether an absolute path is the root of the app or lies below it.
bool doctor_is_below_root(const struct doctor *doctor, const char *path);

// A path for people: from the root where it lies below it, with ~ for the user's own folder.
// Returns: a text in the pool; `path` itself when memory is short.
const char *doctor_show_path(const struct doctor *doctor, const char *path);

#endif
