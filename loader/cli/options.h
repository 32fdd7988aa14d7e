// The command line: what its words said, by the table of options (options_rows.h).
// SPDX-License-Identifier: MIT
#ifndef LOADER_CLI_OPTIONS_H
#define LOADER_CLI_OPTIONS_H

#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/base/setting.h"

struct command;
struct pool;

// A setting of samekey.ini given on the command line.
struct options_override {
	const struct setting *row;
	const char *text;
};

#define OPTIONS_NO_PORT UINT64_MAX
#define OPTIONS_NO_LIFETIME UINT64_MAX

// What the options said. Every field has a row in options_rows.c.
struct options {
	enum setting_flag help;
	enum setting_flag json, quiet, strict;
	const char *root, *ini;
	int phase; // enum options_phase
	struct setting_list dotenv, allow;
	uint64_t bytes;              // keygen
	const char *dialect;         // parse
	uint64_t max_file;           // parse
	enum setting_flag print;     // init
	const char *target;          // export
	enum setting_flag offer;     // export
	struct setting_list loaders; // lint
	int format;                  // lint; enum options_format
	enum setting_flag fix;       // lint
	enum setting_flag withdraw;  // offer
	enum setting_flag health;    // status
	enum setting_flag ready;     // status
	enum setting_flag watch;     // offer
	enum setting_flag supervise; // run
	const char *on_change;       // run: "offer", "restart", "signal NAME"
	uint64_t stop_ms;            // run
	uint64_t listen;             // ps; OPTIONS_NO_PORT: not asked for
	enum setting_flag all;       // ps
	const char *host;            // doctor
	enum setting_flag private_verifier;
	const char *verifier_ini;
	const char *stamp;           // run, drift
	enum setting_flag sentinels; // run
	struct setting_list scan;    // run, drift
	const char *profile;         // tokens
	const char *token_file;      // verify, diagnose, revoke
	const char *audience;        // verify
	const char *claims;          // issue
	struct setting_list claim;
	uint64_t lifetime_ms;                  // issue; OPTIONS_NO_LIFETIME: the profile's
	const char *family, *subject;          // revoke
	enum setting_flag whole_session;       // revoke
	const char *baseline, *write_baseline; // scan
	struct setting_list exclude;
	enum setting_flag no_tokens;
	uint64_t max_depth, max_size, time_limit_ms;
	struct options_override *overrides;
	size_t override_count;
	char **arguments; // words that are no options, ended by NULL
	size_t argument_count;
	char **program; // what stands behind "--", ended by NULL; NULL without "--"
	char **words;   // all of it, as it was typed
};

enum options_format { OPTIONS_FORMAT_TEXT, OPTIONS_FORMAT_JSON, OPTIONS_FORMAT_SARIF };
enum options_phase { OPTIONS_PHASE_UNSET, OPTIONS_PHASE_BUILD, OPTIONS_PHASE_START };

// Reads a command's words (without the command's own name). Texts are borrowed from `words`.
// Returns: 0, -EINVAL with what is wrong and a hint, or -ENOMEM.
int options_parse(const struct command *command, char **words, struct pool *pool,
	struct options *ret_options, struct err *err) must_check;

#endif
