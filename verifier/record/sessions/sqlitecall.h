// What is asked of the database: each statement, prepared once, with its places filled and run.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_SQLITECALL_H
#define VERIFIER_RECORD_SESSIONS_SQLITECALL_H

#include "lib/base/base.h"

struct sqlite3;
struct sqlite3_stmt;

enum sqlitecall {
	SQLITECALL_BEGIN_BATCH,
	SQLITECALL_COMMIT_BATCH,
	SQLITECALL_ROLL_BACK,
	SQLITECALL_READ_FAMILY,
	SQLITECALL_ADD_FAMILY,
	SQLITECALL_ROTATE_FAMILY,
	SQLITECALL_END_FAMILY,
	SQLITECALL_REVOKE_SUBJECT,
	SQLITECALL_END_SUBJECT,
	SQLITECALL_FIND_REVOCATION,
	SQLITECALL_REVOKE,
	SQLITECALL_LIST_REVOCATIONS,
	SQLITECALL_PRUNE_REVOCATIONS,
	SQLITECALL_BOUND_SWEEP,
	SQLITECALL_SWEEP_FAMILIES,
	SQLITECALL_READ_CLOCK,
	SQLITECALL_KEEP_CLOCK,
	SQLITECALLS,
};

struct sqlitecalls {
	struct sqlite3_stmt *list[SQLITECALLS];
};

// Prepares all; what is prepared is given back by sqlitecall_finalize, whatever is returned.
// Returns: SQLITE_OK, or a result of SQLite: SQLITE_CORRUPT where the tables are others.
int sqlitecall_prepare(struct sqlitecalls *calls, struct sqlite3 *sqlite) must_check;
void sqlitecall_finalize(struct sqlitecalls *calls);

// Fills places with numbers, from `first` on.
// Returns: the statement.
struct sqlite3_stmt *sqlitecall_with(const struct sqlitecalls *calls, enum sqlitecall which,
	int first, int count, const int64_t *numbers);
#define SQLITECALL_WITH(calls, which, first, ...) \
	sqlitecall_with(calls, which, first, (int)ARRAY_SIZE(((const int64_t[]){__VA_ARGS__})), \
		(const int64_t[]){__VA_ARGS__})

// Fill a place with what stays until the statement is done.
void sqlitecall_text(struct sqlite3_stmt *statement, int at, const char *text);
void sqlitecall_blob(struct sqlite3_stmt *statement, int at, const void *bytes, size_t size);

// Runs a statement of which no row is wanted.
// Returns: SQLITE_OK, or what went wrong.
int sqlitecall_run(struct sqlite3_stmt *statement) must_check;

#endif
