// The connection to the database with its statements: transactions begin and end here, and a
// connection that keeps itself locked out is made anew.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_SQLITELINK_H
#define VERIFIER_RECORD_SESSIONS_SQLITELINK_H

#include "lib/base/err.h"
#include "verifier/record/sessions/database.h"
#include "verifier/record/sessions/sqlitecall.h"

#define SQLITELINK_RENEW_MS 10000 // at least, between two connections
#define SQLITELINK_RETRY_MS 1000  // between attempts while there is none

struct sqlitelink {
	struct database database;
	struct sqlitecalls calls;
	bool is_locked_out; // perhaps by a lock of its own
	bool was_renewed;
	int64_t renewed_ms;      // then: when, by CLOCK_MONOTONIC
	char why[ERR_WHAT_SIZE]; // while there is no connection
};

#define SQLITELINK_NONE ((struct sqlitelink){.database = {.file = DATABASEFILE_NONE}})

// Opens the database at a path and prepares the statements. It is not changed until
// database_take_over. Whatever is returned, sqlitelink_close follows.
// Returns: 0 or what store_open does.
int sqlitelink_open(const char *path, struct sqlitelink *ret_link, struct err *err) must_check;
void sqlitelink_close(struct sqlitelink *link);

// Before anything is read: ends a transaction that failed, so that what is read is what was
// committed. Where a lock could not be had since this was called last, the connection is made anew,
// if the last one is old enough: SQLite goes on with a lock that it once could not give back as if
// another program had it.
// Returns: SQLITE_OK, or a result of SQLite: SQLITE_CANTOPEN where the file was taken away.
int sqlitelink_look(struct sqlitelink *link) must_check;

// Begins a transaction that writes; otherwise as sqlitelink_look. A lock that cannot be had is
// tried again by a new connection.
// Returns: SQLITE_OK, or a result of SQLite: nothing has begun.
int sqlitelink_begin(struct sqlitelink *link) must_check;

// Commits it.
// Returns: SQLITE_OK, or a result of SQLite: it is still to be rolled back.
int sqlitelink_commit(struct sqlitelink *link) must_check;

// Ends a transaction that failed, of now or, when there was no memory to end it, of before.
// Returns: a result of SQLite; whatever comes next tries again.
int sqlitelink_roll_back(struct sqlitelink *link);

// Says in a sentence, without a value, why a call had this result; what it shows of a lock is kept
// in mind.
void sqlitelink_fail(struct sqlitelink *link, int result, char *out, size_t size);

#endif
