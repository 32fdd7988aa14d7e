// The statements of the store in a file, of SQLite alone.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/sqlitecall.h"

#include <sqlite3.h>

static const char *const texts[SQLITECALLS] = {
	[SQLITECALL_BEGIN_BATCH] = "BEGIN IMMEDIATE",
	[SQLITECALL_COMMIT_BATCH] = "COMMIT",
	[SQLITECALL_ROLL_BACK] = "ROLLBACK",
	[SQLITECALL_READ_FAMILY] =
		"SELECT row, generation, issued, expires, absolute, used, ending, ended,"
		" subject, access_claims, refresh_claims FROM families WHERE id = ?1",
	[SQLITECALL_ADD_FAMILY] =
		"INSERT INTO families (id, generation, issued, expires, absolute, used,"
		" ending, ended, subject, access_claims, refresh_claims)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
		" ON CONFLICT (id) DO NOTHING",
	[SQLITECALL_ROTATE_FAMILY] =
		"UPDATE families SET generation = ?2, issued = ?3, expires = ?4,"
		" used = ?5 WHERE row = ?1",
	[SQLITECALL_END_FAMILY] = "UPDATE families SET ending = ?2, ended = ?3 WHERE row = ?1",
	[SQLITECALL_REVOKE_SUBJECT] = "INSERT OR REPLACE INTO revocations (name, until)"
				      " SELECT id, max(issued, ?2) + ?3 FROM families"
				      " WHERE subject = ?1 AND ending = 0",
	[SQLITECALL_END_SUBJECT] = "UPDATE families SET ending = ?2, ended = ?3"
				   " WHERE subject = ?1 AND ending = 0",
	[SQLITECALL_FIND_REVOCATION] = "SELECT until FROM revocations WHERE name = ?1",
	[SQLITECALL_REVOKE] = "INSERT OR REPLACE INTO revocations (name, until) VALUES (?1, ?2)",
	[SQLITECALL_LIST_REVOCATIONS] = "SELECT seq, name, until FROM revocations WHERE seq > ?1"
					" ORDER BY seq",
	[SQLITECALL_PRUNE_REVOCATIONS] =
		"DELETE FROM revocations WHERE seq IN"
		" (SELECT seq FROM revocations WHERE until <= ?1 LIMIT ?2)",
	[SQLITECALL_BOUND_SWEEP] =
		"SELECT max(row) FROM"
		" (SELECT row FROM families WHERE row > ?1 ORDER BY row LIMIT ?2)",
	[SQLITECALL_SWEEP_FAMILIES] =
		"DELETE FROM families WHERE row > ?1 AND row <= ?2 AND expires <= ?3",
	[SQLITECALL_READ_CLOCK] =
		"SELECT boot, offset_ms, steady_ms, wall_ms FROM clock WHERE one = 1",
	[SQLITECALL_KEEP_CLOCK] =
		"INSERT OR REPLACE INTO clock (one, boot, offset_ms, steady_ms, wall_ms)"
		" VALUES (1, ?1, ?2, ?3, ?4)",
};

int sqlitecall_prepare(struct sqlitecalls *calls, struct sqlite3 *sqlite)
{
	int result = SQLITE_OK;

	for (size_t i = 0; i < SQLITECALLS && result == SQLITE_OK; i++)
		result = sqlite3_prepare_v3(
			sqlite, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &calls->list[i], NULL);
	// a statement that does not fit the tables: somebody has changed them
	return result == SQLITE_ERROR ? SQLITE_CORRUPT : result;
}

void sqlitecall_finalize(struct sqlitecalls *calls)
{
	for (size_t i = 0; i < SQLITECALLS; i++)
		(void)sqlite3_finalize(calls->list[i]); // says again what the last run said
	*calls = (struct sqlitecalls){0};
}

sqlite3_stmt *sqlitecall_with(const struct sqlitecalls *calls, enum sqlitecall which, int first,
	int count, const int64_t *numbers)
{
	sqlite3_stmt *statement = calls->list[which];

	for (int i = 0; i < count; i++) // fails only for a place that there is not
		(void)sqlite3_bind_int64(statement, first + i, numbers[i]);
	return statement;
}
// What stays is not copied, so these cannot fail either.
void sqlitecall_text(sqlite3_stmt *statement, int at, const char *text)
{
	(void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

void sqlitecall_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t size)
{
	(void)sqlite3_bind_blob(statement, at, bytes, (int)size, SQLITE_STATIC);
}

int sqlitecall_run(sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	(void)sqlite3_reset(statement); // says the same once more
	return result == SQLITE_DONE || result == SQLITE_ROW ? SQLITE_OK : result;
}
