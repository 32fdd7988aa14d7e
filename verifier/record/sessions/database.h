// A connection to the SQLite database of sessions: made, opened, checked, closed. What is said in
// it is sqlitestore.c's.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_DATABASE_H
#define VERIFIER_RECORD_SESSIONS_DATABASE_H

#include "lib/base/base.h"
#include "verifier/record/sessions/databasefile.h"

struct err;
struct sqlite3;

#define DATABASE_BUSY_MS 1000                    // a backup or a look from outside may lock it
#define DATABASE_CHECKED_MAX (64u * 1024 * 1024) // bytes that are checked whole at the start
#define DATABASE_LOG_KEPT (16 * 1024 * 1024)     // bytes of a write-ahead log that stay allocated
#define DATABASE_CACHE_KIB 8192

struct database {
	char path[DATABASEFILE_PATH_MAX + 1];
	struct databasefile file;
	struct sqlite3 *sqlite;
};

// Opens the database at a path, which is made if there is none, and checks it. It is not changed
// until database_take_over.
// Returns: 0 or what store_open does.
int database_open(const char *path, struct database *ret_database, struct err *err) must_check;

// From here on it is ours to write: call it when all that is read of it makes sense.
// Returns: 0 or a negative errno.
int database_take_over(struct database *database, struct err *err) must_check;

// Connects anew to a database that was taken over, whose lock against other processes is kept
// meanwhile: whatever locks of its own SQLite could not give back are gone with the connection. All
// statements must be gone.
// Returns: 0 or a negative errno; then there is no connection (sqlite is NULL), and this can be
// tried again.
int database_reconnect(struct database *database, struct err *err) must_check;

// Closes it; all statements must be gone.
void database_close(struct database *database);

// Says why a result of SQLite keeps it from being opened.
// Returns: it as a negative errno.
int database_refuse(const struct database *database, int result, struct err *err);

// Says in a sentence, without a value, why the last call gave this result.
void database_explain(const struct database *database, int result, char *out, size_t size);

#endif
