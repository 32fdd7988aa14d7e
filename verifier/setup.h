// samekeyd.ini: what its sections and settings are, read into plain structs. Every setting has one
// row in the table of setup.c, from which the sample in conf/ and the man page are checked.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_H
#define VERIFIER_SETUP_H

#include "lib/base/base.h"
#include "lib/base/setting.h"
#include "verifier/door/admit.h"
#include "verifier/record/registry.h"

struct diag;
struct err;
struct pool;
struct secret_arena;

#define SETUP_FILE_MAX (1024u * 1024)
#define SETUP_PATH_MAX 107 // bytes of a Unix socket's path
#define SETUP_DEFAULT_INI "/etc/samekey/samekeyd.ini"

// [admit NAME]
struct setup_admit {
	const char *name, *uid, *gid;
	struct setting_list verbs;
	int line;
};

// [app NAME]
struct setup_app {
	const char *name, *uid, *gid;
	enum setting_flag expected;
	int line;
};

struct setup {
	const char *handoff, *api;     // sockets
	const char *http;              // "host:port", or NULL: no TCP
	struct setting_list tcp_verbs; // "none", or verbs
	const char *token_file;

	struct setting_list drift_fail;

	uint64_t connections, bundles, dead; // counts
	uint64_t deadline_ms;
	uint64_t body, memory; // bytes

	const char *fingerprint_key;

	struct setup_admit **admits;
	size_t admit_count;
	struct setup_app **apps;
	size_t app_count;

	// What setup_judge makes of the texts.
	struct admit_rule *rules;    // admit_count
	struct registry_app *owners; // app_count
	struct registry_fail *fails; // drift_fail.count
	unsigned open_verbs;         // of tcp_verbs
};

// Every row, by section.
extern const struct setting setup_rows[];
extern const size_t setup_row_count;

// Makes settings that hold every default; they live in `pool`.
// Returns: the settings, or NULL when memory is short.
struct setup *setup_new(struct pool *pool) must_check;

// Reads samekeyd.ini from memory, then judges the whole. What is wrong becomes findings
// ("settings") with `shown`:line.
// Returns: 0, -EINVAL (findings were added) or -ENOMEM.
int setup_read(struct setup *setup, const char *bytes, size_t length, const char *shown,
	struct pool *pool, struct diag *diag) must_check;

// Reads the file `path`, or SETUP_DEFAULT_INI, which may be absent, when it is NULL.
// Returns: 0; -EINVAL (findings were added); another negative errno (err is set).
int setup_load(const char *path, struct pool *pool, struct secret_arena *arena, struct diag *diag,
	struct setup **ret_setup, struct err *err) must_check;

#endif
