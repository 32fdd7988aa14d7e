// samekeyd.ini: what its sections and settings are, read into plain structs. Every setting has one
// row in the table of setup_rows.c, against which the sample in conf/ is checked.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_H
#define VERIFIER_SETUP_SETUP_H

#include "lib/base/base.h"
#include "lib/base/setting.h"
#include "lib/wire/relay.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/session/sessionrules.h"
#include "verifier/record/registry.h"
#include "verifier/record/sessions/store.h"
#include "verifier/trust/token/profile.h"

struct diag;
struct err;
struct pool;
struct secret_arena;

#define SETUP_FILE_MAX (1024u * 1024)
#define SETUP_PATH_MAX 107 // bytes of a Unix socket's path
#define SETUP_DEFAULT_INI "/etc/samekey/samekeyd.ini"

// What each section with a name begins with: where it and its settings stand.
struct setup_head {
	const char *name;
	int line;
	const int *lines; // of its settings, by setup_rows; 0: not given
};

// [admit NAME]
struct setup_admit {
	struct setup_head head;
	const char *uid, *gid;
	struct setting_list verbs;
};

// [app NAME]
struct setup_app {
	struct setup_head head;
	const char *uid, *gid;
	enum setting_flag expected;
};

// A key of a profile, as [profile NAME] and [key PROFILE] say it.
struct setup_key {
	const char *app, *key, *file;
	int encoding; // enum key_encoding
	const char *algorithm, *kid;
	int state; // enum key_state
};

// [key PROFILE]
struct setup_further_key {
	struct setup_head head;
	struct setup_key key;
};

// [profile NAME]
struct setup_profile {
	struct setup_head head;
	int kind; // enum profile_kind
	struct setup_key key;
	const char *previous;
	const char *issuer, *typ;
	struct setting_list audience, require, forward, cookies;
	uint64_t leeway_ms, max_age_ms, lifetime_ms;
	enum setting_flag allow_short_key, redirect;
	int format; // enum profile_format
};

// [session]
struct setup_session {
	const char *socket, *http; // NULL: none; without either there is no session listener
	struct setting_list claims, refresh_claims, pass, origins;
	int same_site; // enum sessionrules_site
	enum setting_flag secure;

	// What is made of it.
	bool is_on;       // there is a listener
	bool is_insecure; // cookies go over HTTP too: to be said at the start
	struct sessionrules rules;
};

// [upstream]. Without an url, and without a key, there is none.
struct setup_upstream {
	struct relay_settings settings; // url: NULL where it comes from the bundle
	const char *app, *key, *path;   // `path` goes behind the URL of the bundle
	struct setting_list refused;
	bool is_on;
};

// [store]
struct setup_store {
	struct store_options options; // without the password, see ruling.h
	const char *password_file;
	bool is_on; // there is a session listener, or a URL was given
};

struct setup {
	const char *ini;               // the file that was read; "none": the defaults
	const char *handoff, *api;     // sockets
	const char *http;              // "host:port", or NULL: no TCP
	struct setting_list tcp_verbs; // "none", or verbs
	const char *token_file;
	enum setting_flag descriptor_store;

	struct setting_list drift_fail;

	uint64_t connections, bundles, dead; // counts
	uint64_t deadline_ms;
	uint64_t body, memory; // bytes

	const char *fingerprint_key;

	enum setting_flag seccomp, landlock; // [sandbox]
	int log_format, log_level;           // [log]; enum log_format, enum log_level

	struct setup_session session;
	struct setup_upstream upstream;
	struct setup_store store;

	size_t admit_count, app_count, profile_count; // sections of each

	// What is made of the texts.
	struct admit_rule *rules;       // admit_count
	struct registry_app *owners;    // app_count
	struct registry_fail *fails;    // drift_fail.count
	unsigned open_verbs;            // of tcp_verbs
	struct profile_rules *profiles; // profile_count
};

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
