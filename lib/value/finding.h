// Every finding that samekey can make: code, severity and explanation stand in one table, from
// which `samekey help CODE` and the man page samekey-findings(7) are made.
// SPDX-License-Identifier: MIT
#ifndef LIB_VALUE_FINDING_H
#define LIB_VALUE_FINDING_H

#include "lib/base/base.h"
#include "lib/base/diag.h"

enum finding {
	FINDING_MALFORMED,
	FINDING_COLON_LINE,
	FINDING_BARE_KEY,
	FINDING_BAD_NAME,
	FINDING_TEXT_AFTER_QUOTE,
	FINDING_UNTERMINATED,
	FINDING_BACKTICK,
	FINDING_NUL,
	FINDING_LONE_CR,
	FINDING_BAD_UTF8,
	FINDING_BOM,
	FINDING_CRLF,
	FINDING_DUPLICATE,
	FINDING_EXPORT_PREFIX,
	FINDING_ODD_NAME,
	FINDING_SPACED_EQUALS,
	FINDING_BARE_HASH,
	FINDING_COMMENT_ONLY,
	FINDING_BACKSLASH,
	FINDING_DOLLAR,
	FINDING_NEXT_DOLLAR,
	FINDING_DEV_DOLLAR,
	FINDING_REFUSED,
	FINDING_EXECUTES_CODE,
	FINDING_IGNORED_LINE,
	FINDING_NOT_RUN,
	FINDING_QUOTES_KEPT,
	FINDING_HASH_TRUNCATES,
	FINDING_DOLLAR_EXPANDS,
	FINDING_SINGLE_QUOTE_EXPANDS,
	FINDING_CMD_EXECUTES,
	FINDING_COMMENT_KEPT,
	FINDING_BACKSLASH_EATEN,
	FINDING_NEWLINE_ESCAPE,
	FINDING_JSON_ESCAPE,
	FINDING_NEXT_REWRITES,
	FINDING_EMPTY_SWALLOWS_NEXT,
	FINDING_COMMENT_SWALLOWS_NEXT,
	FINDING_EXPORT_REJECTED,
	FINDING_COLON_DROPPED,
	FINDING_BOM_KEY,
	FINDING_CR_KEPT,
	FINDING_DUPLICATE_FIRST_WINS,
	FINDING_FILE_VS_ENV,
	FINDING_CASCADE_ORDER,
	FINDING_CROSS_FILE_REF,
	FINDING_MULTI_LINE_UNSUPPORTED,
	FINDING_LINE_OVER_64K,
	FINDING_OUTER_BLANKS,
	FINDING_EMPTY_DROPPED,
	FINDING_UNQUOTED_SPACE,
	FINDING_INNER_QUOTE,
	FINDING_SHELL_BYTES,
	FINDING_READS_DIFFERENTLY,
	FINDING_NO_SPELLING,
	FINDING_PM2_STALE,
	FINDING_NEXT_PUBLIC,
	FINDING_CANNOT_HOLD,
	FINDING_TOO_LARGE,
	FINDING_UNREADABLE,
	FINDING_UNSAFE_FILE,
	FINDING_TORN_READ,
	FINDING_WORLD_READABLE,
	FINDING_SETTINGS,
	FINDING_MISSING,
	FINDING_EMPTY,
	FINDING_ALL_EMPTY,
	FINDING_PLACEHOLDER,
	FINDING_MAYBE_PLACEHOLDER,
	FINDING_UNDEFINED_TEXT,
	FINDING_UNRESOLVED,
	FINDING_WRONG_TYPE,
	FINDING_TOO_SHORT,
	FINDING_WEAK,
	FINDING_DENIED,
	FINDING_ALIAS_DIFFERS,
	FINDING_NOT_DISTINCT,
	FINDING_CONFLICT,
	FINDING_BOTH_GIVEN,
	FINDING_LEFT_OUT,
	FINDING_NOT_FROM,
	FINDING_CAPTURED,
	FINDING_NOT_CLEANED,
	FINDING_QUOTES_STRIPPED,
	FINDING_CR_STRIPPED,
	FINDING_NEWLINE_STRIPPED,
	FINDING_OTHER_FILE,
	FINDING_UNREAD_FILE,
	FINDING_SKIPPED_FILE,
	FINDING_EXAMPLE_MISSING,
	FINDING_GUESSED_SECRET,
	FINDING_FALLBACK,
	FINDING_FORBIDDEN_NAME,
	FINDING_INTERPOLATION,
	FINDING_MODE_DIFFERS,
	FINDING_LEAKED_FLAG,
	FINDING_FROZEN,
	FINDING_UNKNOWN_BUILD,
	FINDING_UNTESTED_FRAMEWORK,
	FINDING_UNKNOWN_FOLDER,
	FINDING_BUILD_COPY,
	FINDING_PM2,
	FINDING_MISSPELT_KEY,
	FINDING_OPEN_FOLDER,
	FINDING_NOT_LOCKED,
	FINDING_NO_VERIFIER,
	FINDING_VERIFIER_FAILED,
	FINDING_VERIFIER_DENIED,
	FINDING_VERIFIER_REQUIRED,
	FINDING_DRIFT_APP,
	FINDING_DRIFT_SHARED,
	FINDING_ROTATION,
	FINDING_ROTATION_LATE,
	FINDING_BUILD_DRIFT,
	FINDING_BUILD_DRIFT_FAIL,
	FINDING_APP_OWNER,
	FINDING_FINGERPRINT_KEY,
	FINDING_PROFILE_UNUSABLE,
	FINDINGS, // how many there are
};

struct finding_kind {
	const char *code; // stable: scripts and --allow name it
	enum diag_severity severity;
	const char *title;
	const char *why;
	const char *fix;
	int exit; // lib/base/exit.h; 0: a rule of `run`; EXIT_FINDINGS: only lint makes it
};

// The row of a finding.
const struct finding_kind *finding_kind(enum finding finding);

// Finds a row by its code.
// Returns: the row, or NULL.
const struct finding_kind *finding_by_code(const char *code);

// Whether --allow may let it pass. Whose an app's name is, samekeyd alone decides.
bool finding_may_pass(const struct finding_kind *kind);

// What a finding is about; every text may be NULL.
struct finding_about {
	const char *key;
	const char *origin; // see origin_text
	const char *hint;   // NULL: the row's fix
	bool fails;         // a setting makes it an error, whatever the row says
};

// Adds a finding with its row's severity, or as an error when `about` says that it fails.
void finding_add(struct diag *diag, enum finding finding, const struct finding_about *about,
	const char *format, ...) printf_like(4, 5);

// What the errors among the findings ask for as an exit code (lib/base/exit.h): EXIT_OK without
// any, EXIT_FINDINGS when only rules were broken, else what is wrong with the input.
int finding_exit_code(const struct diag *diag);

#endif
