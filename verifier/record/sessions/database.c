// SQLite in WAL mode with a sync at each commit. A new database is made under another name and
// moved into place, so that there never is half of one; a connection that only looks is kept from
// tidying up after others.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/database.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#define TEXT_OF(number) TEXT_OF_(number)
#define TEXT_OF_(number) #number
#define FILE_MODE 0600

// Claims are text of ours and not indexed; revocations are named by a family's id (a blob) or a
// token's (a text). What is live only is in families_subject: a use writes to no index.
static const char schema[] =
	"BEGIN EXCLUSIVE;"
	"CREATE TABLE families ("
	" row INTEGER PRIMARY KEY,"
	" id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
	" generation INTEGER NOT NULL CHECK (generation > 0),"
	" issued INTEGER NOT NULL,"
	" expires INTEGER NOT NULL,"
	" absolute INTEGER NOT NULL,"
	" used BLOB NOT NULL CHECK (length(used) % 8 = 0 AND length(used) <= 128),"
	" ending INTEGER NOT NULL CHECK (ending BETWEEN 0 AND 3),"
	" ended INTEGER NOT NULL,"
	" subject TEXT NOT NULL,"
	" access_claims TEXT NOT NULL,"
	" refresh_claims TEXT NOT NULL"
	") STRICT;"
	"CREATE INDEX families_subject ON families (subject) WHERE ending = 0;"
	"CREATE TABLE revocations ("
	" seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	" name ANY NOT NULL UNIQUE,"
	" until INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX revocations_until ON revocations (until);"
	"CREATE TABLE clock ("
	" one INTEGER PRIMARY KEY CHECK (one = 1),"
	" boot TEXT NOT NULL,"
	" offset_ms INTEGER NOT NULL,"
	" steady_ms INTEGER NOT NULL,"
	" wall_ms INTEGER NOT NULL"
	") STRICT;"
	"PRAGMA application_id = " TEXT_OF(
		DATABASEFILE_APPLICATION) ";"
					  "PRAGMA user_version = " TEXT_OF(
						  DATABASEFILE_VERSION) ";"
									"COMMIT;";

// ---- results

static const struct {
	int result, code;
	const char *text;
} meanings[] = {
	{SQLITE_CORRUPT, -EUCLEAN, "the database is damaged"},
	{SQLITE_NOTADB, -EUCLEAN, "the database is damaged"},
	{SQLITE_BUSY, -EBUSY, "another program keeps the database locked"},
	{SQLITE_LOCKED, -EBUSY, "another program keeps the database locked"},
	{SQLITE_PROTOCOL, -EBUSY, "another program keeps the database locked"},
	{SQLITE_FULL, -ENOSPC, "the disk is full"},
	{SQLITE_READONLY, -EROFS, "the database cannot be written"},
	{SQLITE_PERM, -EACCES, "the database cannot be written"},
	{SQLITE_NOMEM, -ENOMEM, "memory is short"},
	{SQLITE_IOERR, -EIO, "the disk failed"},
	{SQLITE_CANTOPEN, -EIO, "the database cannot be opened"},
};

#define PRIMARY(result) ((result)&0xff)

static int errno_of(int result)
{
	if (result == SQLITE_OK)
		return 0;
	if (result == SQLITE_IOERR_NOMEM)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].result == PRIMARY(result))
			return meanings[i].code;
	return -EIO;
}

void database_explain(const struct database *database, int result, char *out, size_t size)
{
	const char *text = "the database refused";
	int reason = sqlite3_system_errno(database->sqlite);

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].result == PRIMARY(result))
			text = meanings[i].text;
	if (result == SQLITE_IOERR_NOMEM)
		text = "memory is short";
	else if (reason &&
		 (PRIMARY(result) == SQLITE_IOERR || PRIMARY(result) == SQLITE_CANTOPEN)) {
		(void)snprintf(out, size, "%s: %s", text, strerror(reason));
		return;
	}
	(void)snprintf(out, size, "%s", text);
}

// Runs statements that give no rows. Returns: a result of SQLite.
static int run(struct database *database, const char *statements)
{
	return sqlite3_exec(database->sqlite, statements, NULL, NULL, NULL);
}

// ---- a new one

static int connect_to(const char *path, struct database *database)
{
	int result = sqlite3_open_v2(path, &database->sqlite,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
			SQLITE_OPEN_EXRESCODE,
		NULL);

	if (result == SQLITE_OK)
		result = sqlite3_busy_timeout(database->sqlite, DATABASE_BUSY_MS);
	return result;
}

static void disconnect(struct database *database)
{
	(void)sqlite3_close(database->sqlite); // fails for statements that are left alone
	database->sqlite = NULL;
}

static void remove_beside(const char *path, const char *const *endings)
{
	for (; *endings; endings++) {
		char beside[DATABASEFILE_PLACE_SIZE];

		(void)snprintf(beside, sizeof(beside), "%s%s", path, *endings);
		(void)unlink(beside); // usually there is none
	}
}

static int make_at(const char *place, struct err *err)
{
	struct database made = {.file = DATABASEFILE_NONE};
	own_fd int fd = open(place, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	char why[ERR_WHAT_SIZE];
	int result;

	if (fd < 0) {
		(void)err_set(err, -errno, place, "cannot make it: %s", strerror(errno));
		return err_hint(err,
			"let the user of samekeyd write the folder, or name another place as url "
			"under [store]");
	}
	result = connect_to(place, &made);
	if (result == SQLITE_OK)
		result = run(&made, schema);
	if (result == SQLITE_OK) // is kept in the header
		result = run(&made, "PRAGMA journal_mode = WAL");
	if (result != SQLITE_OK) {
		database_explain(&made, result, why, sizeof(why));
		(void)err_set(err, errno_of(result), place, "cannot make it: %s", why);
	}
	disconnect(&made);
	if (result == SQLITE_OK && fsync(fd) < 0)
		return err_set(err, -errno, place, "cannot sync it: %s", strerror(errno));
	return errno_of(result);
}

// Makes a database at another name and moves it into place, where there is nothing or an empty
// file.
static int make_new(const char *path, int folder, struct err *err)
{
	static const char *const endings[] = {"", "-journal", "-wal", "-shm", NULL};
	static const char *const strays[] = {"-wal", "-shm", NULL};
	char place[DATABASEFILE_PLACE_SIZE];
	struct stat log;
	int code;

	(void)snprintf(place, sizeof(place), "%s-wal", path);
	if (lstat(place, &log) == 0 && log.st_size > 0)
		return databasefile_damaged(
			place, "the log of a database is there without the database", err);
	(void)snprintf(place, sizeof(place), "%s.new", path);
	remove_beside(place, endings); // of a start that was killed
	code = make_at(place, err);
	if (code < 0) {
		remove_beside(place, endings);
		return code;
	}
	remove_beside(path, strays); // of a database that is gone
	if (rename(place, path) < 0 || fsync(folder) < 0) {
		code = -errno;
		remove_beside(place, endings);
		return err_set(err, code, path, "cannot put it there: %s", strerror(-code));
	}
	return 0;
}

// ---- one that is there

int database_refuse(const struct database *database, int result, struct err *err)
{
	char why[ERR_WHAT_SIZE];

	database_explain(database, result, why, sizeof(why));
	if (errno_of(result) == -EUCLEAN)
		return databasefile_damaged(database->path, why, err);
	(void)err_set(err, errno_of(result), database->path, "%s", why);
	if (errno_of(result) == -EBUSY)
		return err_hint(err, "close what has it open (fuser tells), and start again");
	return errno_of(result);
}

// Nothing in a schema that somebody else wrote is run, and nothing is tidied up yet.
static int be_careful(struct database *database)
{
	static const struct {
		int setting, value;
	} settings[] = {
		{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
	};
	int result = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_SIZE(settings) && result == SQLITE_OK; i++)
		result = sqlite3_db_config(
			database->sqlite, settings[i].setting, settings[i].value, NULL);
	if (result == SQLITE_OK)
		result = run(database, "PRAGMA cell_size_check = ON;"
				       "PRAGMA temp_store = MEMORY;"
				       "PRAGMA mmap_size = 0;");
	return result;
}

// The number that a statement gives, or of a text whether it is "ok".
static int ask(struct database *database, const char *statement, uint64_t *ret_number)
{
	sqlite3_stmt *asked = NULL;
	int result = sqlite3_prepare_v2(database->sqlite, statement, -1, &asked, NULL);

	if (result == SQLITE_OK)
		result = sqlite3_step(asked);
	if (result == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(asked, 0);

		*ret_number = text && strcmp(text, "ok") == 0
				      ? 1
				      : (uint64_t)sqlite3_column_int64(asked, 0);
		result = SQLITE_OK;
	} else if (result == SQLITE_DONE) {
		result = SQLITE_CORRUPT; // each of them gives a row
	}
	(void)sqlite3_finalize(asked); // has been told
	return result;
}

// The header may be older than what the write-ahead log says, so the database is asked as well.
static int check_schema(struct database *database, struct err *err)
{
	uint64_t application = 0, version = 0;
	int result = ask(database, "PRAGMA application_id", &application);

	if (result == SQLITE_OK)
		result = ask(database, "PRAGMA user_version", &version);
	if (result != SQLITE_OK)
		return database_refuse(database, result, err);
	return databasefile_judge(database->path, application, version, err);
}

static int check_pages(struct database *database, struct err *err)
{
	uint64_t sound = 1;
	struct stat facts;
	int result;

	if (fstat(database->file.fd, &facts) < 0)
		return err_set(
			err, -errno, database->path, "cannot look at it: %s", strerror(errno));
	if ((uint64_t)facts.st_size > DATABASE_CHECKED_MAX)
		return 0;
	result = ask(database, "PRAGMA quick_check(1)", &sound);
	if (result != SQLITE_OK)
		return database_refuse(database, result, err);
	return sound ? 0 : databasefile_damaged(database->path, "the database is damaged", err);
}

int database_take_over(struct database *database, struct err *err)
{
	char settings[256];
	int result;

	if (fchmod(database->file.fd, FILE_MODE) < 0)
		return err_set(err, -errno, database->path, "cannot keep it from others: %s",
			strerror(errno));
	(void)snprintf(settings, sizeof(settings),
		"PRAGMA journal_mode = WAL;"
		"PRAGMA synchronous = FULL;"
		"PRAGMA cache_size = -%d;"
		"PRAGMA journal_size_limit = %d;",
		DATABASE_CACHE_KIB, DATABASE_LOG_KEPT);
	result = run(database, settings);
	if (result == SQLITE_OK)
		result = sqlite3_db_config(
			database->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return result == SQLITE_OK ? 0 : database_refuse(database, result, err);
}

static int open_taken(struct database *database, struct err *err)
{
	int result = connect_to(database->path, database);

	if (result == SQLITE_OK)
		result = be_careful(database);
	if (result != SQLITE_OK)
		return database_refuse(database, result, err);
	if (!databasefile_is_there(&database->file, database->path))
		return err_set(err, -EBUSY, database->path, "somebody replaced it just now");
	return check_schema(database, err);
}

int database_open(const char *path, struct database *ret_database, struct err *err)
{
	struct database database = {.file = DATABASEFILE_NONE};
	own_fd int folder = databasefile_lock_folder(path, err);
	int code;

	if (folder < 0)
		return folder;
	(void)snprintf(database.path, sizeof(database.path), "%s", path);
	code = databasefile_take(path, &database.file, err);
	if (code == -ENOENT) {
		code = make_new(path, folder, err);
		if (code == 0)
			code = databasefile_take(path, &database.file, err);
	}
	if (code < 0)
		return code;
	code = open_taken(&database, err);
	if (code == 0)
		code = check_pages(&database, err);
	if (code < 0) {
		database_close(&database);
		return code;
	}
	*ret_database = database;
	return 0;
}

int database_reconnect(struct database *database, struct err *err)
{
	int code;

	disconnect(database);
	code = open_taken(database, err);
	if (code == 0)
		code = database_take_over(database, err);
	if (code < 0)
		disconnect(database);
	return code;
}

void database_close(struct database *database)
{
	disconnect(database);
	databasefile_release(&database->file);
}
