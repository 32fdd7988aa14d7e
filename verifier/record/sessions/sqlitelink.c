// A lock that fcntl(2) does not give back stays in SQLite's books as held, and is refused to this
// very connection from then on. Nothing has happened in a transaction that could not begin, so it
// is begun once more with the locks of a new connection.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/sqlitelink.h"

#include "lib/base/clock.h"

#include <sqlite3.h>

static bool is_about_locks(int result)
{
	int primary = result & 0xff;

	return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_PROTOCOL ||
	       result == SQLITE_IOERR_LOCK || result == SQLITE_IOERR_RDLOCK ||
	       result == SQLITE_IOERR_UNLOCK || result == SQLITE_IOERR_SHMLOCK;
}

// A file that was taken away is written to as before, and lost.
static bool is_there(const struct sqlitelink *link)
{
	return databasefile_is_there(&link->database.file, link->database.path);
}

static bool may_renew(const struct sqlitelink *link)
{
	int64_t pause_ms = link->database.sqlite ? SQLITELINK_RENEW_MS : SQLITELINK_RETRY_MS;

	return !link->was_renewed || (int64_t)clock_steady_ms() - link->renewed_ms >= pause_ms;
}

static int renew(struct sqlitelink *link)
{
	struct err err = ERR_NONE;
	int result;

	link->was_renewed = true;
	link->renewed_ms = (int64_t)clock_steady_ms();
	sqlitecall_finalize(&link->calls);
	if (database_reconnect(&link->database, &err) < 0) {
		(void)snprintf(link->why, sizeof(link->why), "%s", err.what);
		return SQLITE_CANTOPEN;
	}
	result = sqlitecall_prepare(&link->calls, link->database.sqlite);
	link->is_locked_out = result != SQLITE_OK;
	return result;
}

int sqlitelink_roll_back(struct sqlitelink *link)
{
	if (!link->database.sqlite)
		return SQLITE_CANTOPEN;
	if (sqlite3_get_autocommit(link->database.sqlite)) // some failures do it themselves
		return SQLITE_OK;
	return sqlitecall_run(link->calls.list[SQLITECALL_ROLL_BACK]);
}

int sqlitelink_look(struct sqlitelink *link)
{
	int result;

	if (!is_there(link))
		return SQLITE_CANTOPEN;
	if (link->is_locked_out || !link->database.sqlite) {
		result = may_renew(link) ? renew(link) : SQLITE_OK;
		if (result != SQLITE_OK)
			return result;
	}
	return sqlitelink_roll_back(link);
}

static int begin_once(struct sqlitelink *link)
{
	int result = sqlitelink_look(link);

	return result == SQLITE_OK ? sqlitecall_run(link->calls.list[SQLITECALL_BEGIN_BATCH])
				   : result;
}

int sqlitelink_begin(struct sqlitelink *link)
{
	int result = begin_once(link);

	if (!is_about_locks(result) || !may_renew(link))
		return result;
	link->is_locked_out = true;
	return begin_once(link);
}

int sqlitelink_commit(struct sqlitelink *link)
{
	return sqlitecall_run(link->calls.list[SQLITECALL_COMMIT_BATCH]);
}

void sqlitelink_fail(struct sqlitelink *link, int result, char *out, size_t size)
{
	link->is_locked_out |= is_about_locks(result);
	if (!is_there(link))
		(void)snprintf(out, size, "%s", databasefile_gone(link->database.path));
	else if (!link->database.sqlite)
		(void)snprintf(out, size, "%s", link->why);
	else
		database_explain(&link->database, result, out, size);
}

int sqlitelink_open(const char *path, struct sqlitelink *ret_link, struct err *err)
{
	int code, result;

	*ret_link = SQLITELINK_NONE;
	code = database_open(path, &ret_link->database, err);
	if (code < 0)
		return code;
	result = sqlitecall_prepare(&ret_link->calls, ret_link->database.sqlite);
	return result == SQLITE_OK ? 0 : database_refuse(&ret_link->database, result, err);
}

void sqlitelink_close(struct sqlitelink *link)
{
	sqlitecall_finalize(&link->calls);
	database_close(&link->database);
}
