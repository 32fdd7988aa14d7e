// The store in a file of this host. All operations of a batch are one transaction; when it fails
// for the sake of one, each is tried alone. What it says is believed only as far as it can be true:
// a record that cannot be is damage.
// SPDX-License-Identifier: MIT
#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "verifier/record/sessions/database.h"
#include "verifier/record/sessions/steady.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <sqlite3.h>

#define SCHEME "sqlite:"
#define KEPT_MS (INT64_C(24) * 60 * 60 * 1000) // after its end: the clock may be set back again
#define SWEPT_MAX 10000                        // rows of a sweep
#define USED_MAX (FAMILY_RECENT_MAX * 8)

enum statement {
	BEGIN_BATCH,
	COMMIT_BATCH,
	ROLL_BACK,
	READ_FAMILY,
	ADD_FAMILY,
	ROTATE_FAMILY,
	END_FAMILY,
	REVOKE_SUBJECT,
	END_SUBJECT,
	FIND_REVOCATION,
	REVOKE,
	LIST_REVOCATIONS,
	PRUNE_REVOCATIONS,
	BOUND_SWEEP,
	SWEEP_FAMILIES,
	READ_CLOCK,
	KEEP_CLOCK,
	STATEMENTS,
};

static const char *const texts[STATEMENTS] = {
	[BEGIN_BATCH] = "BEGIN IMMEDIATE",
	[COMMIT_BATCH] = "COMMIT",
	[ROLL_BACK] = "ROLLBACK",
	[READ_FAMILY] = "SELECT row, generation, issued, expires, absolute, used, ending, ended,"
			" subject, access_claims, refresh_claims FROM families WHERE id = ?1",
	[ADD_FAMILY] = "INSERT INTO families (id, generation, issued, expires, absolute, used,"
		       " ending, ended, subject, access_claims, refresh_claims)"
		       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
		       " ON CONFLICT (id) DO NOTHING",
	[ROTATE_FAMILY] = "UPDATE families SET generation = ?2, issued = ?3, expires = ?4,"
			  " used = ?5 WHERE row = ?1",
	[END_FAMILY] = "UPDATE families SET ending = ?2, ended = ?3 WHERE row = ?1",
	[REVOKE_SUBJECT] = "INSERT OR REPLACE INTO revocations (name, until)"
			   " SELECT id, max(issued, ?2) + ?3 FROM families"
			   " WHERE subject = ?1 AND ending = 0",
	[END_SUBJECT] = "UPDATE families SET ending = ?2, ended = ?3"
			" WHERE subject = ?1 AND ending = 0",
	[FIND_REVOCATION] = "SELECT until FROM revocations WHERE name = ?1",
	[REVOKE] = "INSERT OR REPLACE INTO revocations (name, until) VALUES (?1, ?2)",
	[LIST_REVOCATIONS] = "SELECT seq, name, until FROM revocations WHERE seq > ?1"
			     " ORDER BY seq",
	[PRUNE_REVOCATIONS] = "DELETE FROM revocations WHERE seq IN"
			      " (SELECT seq FROM revocations WHERE until <= ?1 LIMIT ?2)",
	[BOUND_SWEEP] = "SELECT max(row) FROM"
			" (SELECT row FROM families WHERE row > ?1 ORDER BY row LIMIT ?2)",
	[SWEEP_FAMILIES] = "DELETE FROM families WHERE row > ?1 AND row <= ?2 AND expires <= ?3",
	[READ_CLOCK] = "SELECT boot, offset_ms, steady_ms, wall_ms FROM clock WHERE one = 1",
	[KEEP_CLOCK] = "INSERT OR REPLACE INTO clock (one, boot, offset_ms, steady_ms, wall_ms)"
		       " VALUES (1, ?1, ?2, ?3, ?4)",
};

struct sqlitestore {
	struct store base;
	struct database database;
	sqlite3_stmt *statements[STATEMENTS];
	bool is_ours; // to be written
	struct steady steady;
	int64_t told;  // the last revocation that news told
	int64_t swept; // the last row that a sweep saw
};

static struct sqlitestore *sqlitestore_of(struct store *store)
{
	return (struct sqlitestore *)store;
}

// ---- statements

static sqlite3_stmt *with_numbers(struct sqlitestore *store, enum statement which, int first,
	int count, const int64_t *numbers)
{
	sqlite3_stmt *statement = store->statements[which];

	for (int i = 0; i < count; i++) // fails only for a place that there is not
		(void)sqlite3_bind_int64(statement, first + i, numbers[i]);
	return statement;
}
#define WITH_NUMBERS(store, which, first, ...) \
	with_numbers(store, which, first, (int)ARRAY_SIZE(((const int64_t[]){__VA_ARGS__})), \
		(const int64_t[]){__VA_ARGS__})

// The text must stay until the statement is done, so these cannot fail either.
static void with_text(sqlite3_stmt *statement, int at, const char *text)
{
	(void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static void with_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t size)
{
	(void)sqlite3_bind_blob(statement, at, bytes, (int)size, SQLITE_STATIC);
}

// Returns: SQLITE_OK or what went wrong.
static int run(sqlite3_stmt *statement)
{
	int result = sqlite3_step(statement);

	(void)sqlite3_reset(statement); // says the same once more
	return result == SQLITE_DONE || result == SQLITE_ROW ? SQLITE_OK : result;
}

// Ends a transaction that failed, of now or, when there was no memory to end it, of before: what
// is read then is what was committed.
static int roll_back(struct sqlitestore *store)
{
	if (sqlite3_get_autocommit(store->database.sqlite)) // some failures do it themselves
		return SQLITE_OK;
	return run(store->statements[ROLL_BACK]);
}

static int begin(struct sqlitestore *store)
{
	int result = roll_back(store);

	return result == SQLITE_OK ? run(store->statements[BEGIN_BATCH]) : result;
}

// A file that was taken away is written to as before, and lost.
static bool is_there(const struct sqlitestore *store)
{
	return databasefile_is_there(&store->database.file, store->database.path);
}

static int fail(struct sqlitestore *store, int result)
{
	if (is_there(store))
		database_explain(
			&store->database, result, store->base.why, sizeof(store->base.why));
	else
		(void)snprintf(store->base.why, sizeof(store->base.why),
			"the database was moved or removed: put it back, or restart samekeyd");
	return -EAGAIN;
}

// ---- records

static size_t pack_used(const struct family *family, uint8_t out[static USED_MAX])
{
	for (size_t i = 0; i < family->used_count; i++)
		for (size_t byte = 0; byte < 8; byte++)
			out[i * 8 + byte] =
				(uint8_t)((uint64_t)family->used_steady_ms[i] >> (56 - 8 * byte));
	return family->used_count * 8;
}

static bool read_used(sqlite3_stmt *row, int at, struct family *ret_family)
{
	const uint8_t *bytes = sqlite3_column_blob(row, at);
	size_t size = (size_t)sqlite3_column_bytes(row, at);

	if (size % 8 != 0 || size > USED_MAX || (size && !bytes))
		return false;
	ret_family->used_count = size / 8;
	for (size_t i = 0; i < ret_family->used_count; i++) {
		uint64_t time = 0;

		for (size_t byte = 0; byte < 8; byte++)
			time = time << 8 | bytes[i * 8 + byte];
		ret_family->used_steady_ms[i] = (int64_t)time;
	}
	return true;
}

static bool read_text(sqlite3_stmt *row, int at, char *out, size_t out_size)
{
	const char *text = (const char *)sqlite3_column_text(row, at);
	size_t size = (size_t)sqlite3_column_bytes(row, at);

	if (!text || size >= out_size || memchr(text, '\0', size))
		return false;
	memcpy(out, text, size);
	out[size] = '\0';
	return true;
}

static bool read_row(sqlite3_stmt *row, struct family *ret_family)
{
	int64_t generation = sqlite3_column_int64(row, 1), ending = sqlite3_column_int64(row, 6);

	ret_family->generation = (uint64_t)generation;
	ret_family->issued_wall_ms = sqlite3_column_int64(row, 2);
	ret_family->expires_wall_ms = sqlite3_column_int64(row, 3);
	ret_family->absolute_wall_ms = sqlite3_column_int64(row, 4);
	ret_family->ended_wall_ms = sqlite3_column_int64(row, 7);
	if (generation < 1 || ending < 0 || ending >= FAMILY_ENDS)
		return false;
	ret_family->end = (enum family_end)ending;
	return read_used(row, 5, ret_family) &&
	       read_text(row, 8, ret_family->subject, sizeof(ret_family->subject)) &&
	       read_text(row, 9, ret_family->access_claims, sizeof(ret_family->access_claims)) &&
	       read_text(row, 10, ret_family->refresh_claims, sizeof(ret_family->refresh_claims));
}

// Reads the family of an id. Its row is 0 when there is none.
static int read_family(struct sqlitestore *store, struct family *family, int64_t *ret_row)
{
	sqlite3_stmt *statement = store->statements[READ_FAMILY];
	int result;

	*ret_row = 0;
	with_blob(statement, 1, family->id, sizeof(family->id));
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW) {
		*ret_row = sqlite3_column_int64(statement, 0);
		result = read_row(statement, family) ? SQLITE_OK : SQLITE_CORRUPT;
	} else if (result == SQLITE_DONE) {
		result = SQLITE_OK;
	}
	(void)sqlite3_reset(statement); // has been told
	return result;
}

// ---- operations, inside a transaction; each returns a result of SQLite

typedef int operation(struct sqlitestore *store, struct store_op *op, const struct family_now *now);

static int create(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	const struct family *family = &op->family;
	uint8_t used[USED_MAX];
	sqlite3_stmt *statement = WITH_NUMBERS(store, ADD_FAMILY, 2, (int64_t)family->generation,
		family->issued_wall_ms, family->expires_wall_ms, family->absolute_wall_ms);
	int result;

	(void)now;
	with_blob(statement, 1, family->id, sizeof(family->id));
	// an empty blob at a place is one, at NULL it would be a NULL
	with_blob(statement, 6, used, pack_used(family, used));
	(void)WITH_NUMBERS(store, ADD_FAMILY, 7, family->end, family->ended_wall_ms);
	with_text(statement, 9, family->subject);
	with_text(statement, 10, family->access_claims);
	with_text(statement, 11, family->refresh_claims);
	result = run(statement);
	if (result == SQLITE_OK && sqlite3_changes(store->database.sqlite) == 0)
		op->code = -EEXIST;
	return result;
}

// Notes that the access tokens of a family count no more.
static int revoke_family(struct sqlitestore *store, const struct store_op *op, int64_t until_ms)
{
	sqlite3_stmt *revoke = WITH_NUMBERS(store, REVOKE, 2, until_ms);

	with_blob(revoke, 1, op->family.id, sizeof(op->family.id));
	return run(revoke);
}

static int write_end(struct sqlitestore *store, const struct store_op *op, int64_t row)
{
	const struct family *family = &op->family;
	int result =
		run(WITH_NUMBERS(store, END_FAMILY, 1, row, family->end, family->ended_wall_ms));

	if (result != SQLITE_OK)
		return result;
	return revoke_family(store, op, family_remembered_until(family, op->rules.access_ms));
}

static int use(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	struct family *family = &op->family;
	uint8_t used[USED_MAX];
	sqlite3_stmt *rotate;
	int64_t row;
	int result = read_family(store, family, &row);

	op->outcome = FAMILY_UNKNOWN;
	if (result != SQLITE_OK || row == 0)
		return result;
	op->outcome = family_use(family, op->generation, &op->rules, now);
	if (op->outcome == FAMILY_REUSED)
		return write_end(store, op, row);
	if (op->outcome != FAMILY_ROTATED && op->outcome != FAMILY_ADOPTED)
		return SQLITE_OK;
	rotate = WITH_NUMBERS(store, ROTATE_FAMILY, 1, row, (int64_t)family->generation,
		family->issued_wall_ms, family->expires_wall_ms);
	with_blob(rotate, 5, used, pack_used(family, used));
	return run(rotate);
}

static int look(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	int64_t row;
	int result = read_family(store, &op->family, &row);

	op->outcome = result == SQLITE_OK && row != 0 ? family_look(&op->family, now->wall_ms)
						      : FAMILY_UNKNOWN;
	return result;
}

// One that is not there may have been lost with a database; what was issued of it is still good.
static int end_family(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	int64_t row;
	int result = read_family(store, &op->family, &row);

	if (result != SQLITE_OK)
		return result;
	if (row == 0) {
		const struct family lost = {.ended_wall_ms = now->wall_ms};

		return revoke_family(
			store, op, family_remembered_until(&lost, op->rules.access_ms));
	}
	if (!family_finish(&op->family, op->end, now))
		return SQLITE_OK;
	op->ended = 1;
	return write_end(store, op, row);
}

static int end_subject(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	uint64_t most_ms = INT64_MAX / 4;
	int64_t access_ms =
		(int64_t)(op->rules.access_ms < most_ms ? op->rules.access_ms : most_ms);
	sqlite3_stmt *revoke = WITH_NUMBERS(store, REVOKE_SUBJECT, 2, now->wall_ms, access_ms);
	sqlite3_stmt *end = WITH_NUMBERS(store, END_SUBJECT, 2, op->end, now->wall_ms);
	int result;

	if (!op->family.subject[0]) // those without a subject are not one person's
		return SQLITE_OK;
	with_text(revoke, 1, op->family.subject);
	with_text(end, 1, op->family.subject);
	result = run(revoke);
	if (result == SQLITE_OK)
		result = run(end);
	if (result == SQLITE_OK)
		op->ended = (uint64_t)sqlite3_changes64(store->database.sqlite);
	return result;
}

static int end_token(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	sqlite3_stmt *find = store->statements[FIND_REVOCATION];
	sqlite3_stmt *revoke = WITH_NUMBERS(store, REVOKE, 2, op->until_wall_ms);
	int64_t until_ms = INT64_MIN;
	int result;

	if (op->until_wall_ms <= now->wall_ms)
		return SQLITE_OK; // has expired
	with_text(find, 1, op->token);
	result = sqlite3_step(find);
	if (result == SQLITE_ROW)
		until_ms = sqlite3_column_int64(find, 0);
	(void)sqlite3_reset(find); // has been told
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		return result;
	op->ended = until_ms <= now->wall_ms;
	if (until_ms >= op->until_wall_ms)
		return SQLITE_OK;
	with_text(revoke, 1, op->token);
	return run(revoke);
}

static operation *const operations[STORE_VERBS] = {
	[STORE_CREATE] = create,
	[STORE_USE] = use,
	[STORE_LOOK] = look,
	[STORE_END_FAMILY] = end_family,
	[STORE_END_SUBJECT] = end_subject,
	[STORE_END_TOKEN] = end_token,
};

// ---- batches

// All of them or none.
static int try_all(struct sqlitestore *store, struct store_op *const *ops, size_t count,
	const struct family_now *now)
{
	int result = begin(store);

	for (size_t i = 0; i < count && result == SQLITE_OK; i++) {
		ops[i]->code = 0;
		ops[i]->ended = 0;
		ops[i]->remembered = false;
		result = operations[ops[i]->verb](store, ops[i], now);
	}
	if (result == SQLITE_OK)
		result = run(store->statements[COMMIT_BATCH]);
	return result;
}

// Whether it may be one operation's fault: its record is damaged or is not taken.
static bool is_of_one(int result)
{
	int primary = result & 0xff;

	return primary == SQLITE_CORRUPT || primary == SQLITE_CONSTRAINT ||
	       primary == SQLITE_TOOBIG;
}

// What can be said without writing.
static void recall(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	int64_t row;
	int result;

	op->code = -EAGAIN;
	op->ended = 0;
	op->remembered = false;
	op->outcome = FAMILY_UNKNOWN;
	if (op->verb != STORE_USE && op->verb != STORE_LOOK)
		return;
	result = roll_back(store);
	if (result == SQLITE_OK)
		result = read_family(store, &op->family, &row);
	if (result != SQLITE_OK)
		return;
	if (op->verb == STORE_LOOK)
		op->code = 0;
	else
		op->remembered = row != 0;
	if (row != 0)
		op->outcome = family_look(&op->family, now->wall_ms);
}

static int sqlitestore_apply(
	struct store *base, struct store_op *const *ops, size_t count, const struct family_now *now)
{
	struct sqlitestore *store = sqlitestore_of(base);
	int result = is_there(store) ? try_all(store, ops, count, now) : SQLITE_CANTOPEN;
	int code = 0;

	if (result == SQLITE_OK)
		return 0;
	(void)fail(store, result);
	(void)roll_back(store); // or the next one does
	for (size_t i = 0; i < count; i++) {
		if (count > 1 && is_of_one(result)) {
			int alone = sqlitestore_apply(base, &ops[i], 1, now);

			code = alone < 0 ? alone : code;
			continue;
		}
		recall(store, ops[i], now);
		code = -EAGAIN;
	}
	return code;
}

// ---- revocations

static bool read_revocation(sqlite3_stmt *row, struct store_revocation *ret_revocation)
{
	const void *bytes = sqlite3_column_blob(row, 1);
	size_t size = (size_t)sqlite3_column_bytes(row, 1);

	*ret_revocation = (struct store_revocation){
		.is_family = sqlite3_column_type(row, 1) == SQLITE_BLOB,
		.until_wall_ms = sqlite3_column_int64(row, 2),
	};
	if (!ret_revocation->is_family)
		return read_text(row, 1, ret_revocation->token, sizeof(ret_revocation->token));
	if (!bytes || size != FAMILY_ID_BYTES)
		return false;
	memcpy(ret_revocation->family, bytes, size);
	return true;
}

static int sqlitestore_news(
	struct store *base, int64_t now_wall_ms, store_revoked *revoked, void *owner)
{
	struct sqlitestore *store = sqlitestore_of(base);
	sqlite3_stmt *list = WITH_NUMBERS(store, LIST_REVOCATIONS, 1, store->told);
	int result = is_there(store) ? roll_back(store) : SQLITE_CANTOPEN;

	(void)now_wall_ms; // also what is over is told: the clock may be set back
	if (result != SQLITE_OK)
		return fail(store, result);
	while ((result = sqlite3_step(list)) == SQLITE_ROW) {
		struct store_revocation revocation;

		if (!read_revocation(list, &revocation)) {
			result = SQLITE_CORRUPT;
			break;
		}
		revoked(owner, &revocation);
		store->told = sqlite3_column_int64(list, 0);
	}
	(void)sqlite3_reset(list); // has been told
	return result == SQLITE_DONE ? 0 : fail(store, result);
}

// ---- the clock

static int keep_clock(struct sqlitestore *store)
{
	struct steady anchor = steady_anchor(&store->steady);
	sqlite3_stmt *keep = WITH_NUMBERS(
		store, KEEP_CLOCK, 2, anchor.offset_ms, anchor.steady_ms, anchor.wall_ms);

	with_text(keep, 1, anchor.boot);
	return run(keep);
}

static bool is_time(int64_t ms)
{
	return ms > STEADY_TIME_MIN && ms < STEADY_TIME_MAX;
}

static int resume_clock(struct sqlitestore *store)
{
	sqlite3_stmt *read = store->statements[READ_CLOCK];
	struct steady host = steady_of_host(), kept = {0};
	int result = sqlite3_step(read);
	bool is_kept = result == SQLITE_ROW;

	if (is_kept) {
		kept.offset_ms = sqlite3_column_int64(read, 1);
		kept.steady_ms = sqlite3_column_int64(read, 2);
		kept.wall_ms = sqlite3_column_int64(read, 3);
		result = read_text(read, 0, kept.boot, sizeof(kept.boot)) &&
					 is_time(kept.offset_ms) && is_time(kept.steady_ms) &&
					 is_time(kept.wall_ms)
				 ? SQLITE_DONE
				 : SQLITE_CORRUPT;
	}
	(void)sqlite3_reset(read); // has been told
	if (result != SQLITE_DONE)
		return result;
	store->steady = steady_resume(is_kept ? &kept : NULL, &host);
	return SQLITE_OK;
}

static int64_t sqlitestore_steady_ms(struct store *base)
{
	return steady_now_ms(&sqlitestore_of(base)->steady);
}

// ---- tidying up

static int sweep_all(struct sqlitestore *store, int64_t now_wall_ms)
{
	int64_t ended_ms = now_wall_ms - KEPT_MS, last = 0;
	sqlite3_stmt *bound = WITH_NUMBERS(store, BOUND_SWEEP, 1, store->swept, SWEPT_MAX);
	int result = sqlite3_step(bound);

	if (result == SQLITE_ROW) {
		last = sqlite3_column_int64(bound, 0); // 0: there is none behind
		result = SQLITE_OK;
	}
	(void)sqlite3_reset(bound); // has been told
	if (result == SQLITE_OK)
		result = run(WITH_NUMBERS(store, SWEEP_FAMILIES, 1, store->swept, last, ended_ms));
	if (result == SQLITE_OK)
		result = run(WITH_NUMBERS(store, PRUNE_REVOCATIONS, 1, ended_ms, SWEPT_MAX));
	if (result == SQLITE_OK)
		store->swept = last;
	return result;
}

static int sqlitestore_sweep(struct store *base, int64_t now_wall_ms)
{
	struct sqlitestore *store = sqlitestore_of(base);
	int result = is_there(store) ? begin(store) : SQLITE_CANTOPEN;

	if (result == SQLITE_OK)
		result = sweep_all(store, now_wall_ms);
	if (result == SQLITE_OK)
		result = keep_clock(store);
	if (result == SQLITE_OK)
		result = run(store->statements[COMMIT_BATCH]);
	if (result == SQLITE_OK)
		return 0;
	(void)fail(store, result);
	(void)roll_back(store); // or the next one does
	return -EAGAIN;
}

static bool sqlitestore_is_shared(const struct store *base)
{
	(void)base;
	return false;
}

// ---- opening

static void sqlitestore_close(struct store *base)
{
	struct sqlitestore *store = sqlitestore_of(base);

	if (store->is_ours)
		(void)keep_clock(store); // the one kept at the last sweep does as well
	for (size_t i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(store->statements[i]);
	database_close(&store->database);
	free(store);
}

static int prepare(struct sqlitestore *store)
{
	int result = SQLITE_OK;

	for (size_t i = 0; i < STATEMENTS && result == SQLITE_OK; i++)
		result = sqlite3_prepare_v3(store->database.sqlite, texts[i], -1,
			SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL);
	// a statement that does not fit the tables: somebody has changed them
	return result == SQLITE_ERROR ? SQLITE_CORRUPT : result;
}

static int open_at(struct sqlitestore *store, const char *path, struct err *err)
{
	int code = database_open(path, &store->database, err);
	int result;

	if (code < 0)
		return code;
	result = prepare(store);
	if (result == SQLITE_OK)
		result = resume_clock(store);
	if (result != SQLITE_OK)
		return database_refuse(&store->database, result, err);
	code = database_take_over(&store->database, err);
	if (code < 0)
		return code;
	store->is_ours = true;
	result = keep_clock(store);
	if (result != SQLITE_OK) // a full disk: the store is away until there is room
		(void)fail(store, result);
	return 0;
}

static const char *path_of(const char *url)
{
	return text_starts(url, SCHEME) ? url + strlen(SCHEME) : url;
}

static int sqlitestore_check_url(const char *url, struct err *err)
{
	const char *path = path_of(url);

	if (path[0] == '/' && !text_ends(path, "/"))
		return 0;
	(void)err_set(err, -EINVAL, NULL, "the store's url has no absolute path of a file");
	return err_hint(err, "sqlite:/var/lib/samekey/sessions.db");
}

static int sqlitestore_open(
	const struct store_options *options, struct store **ret_store, struct err *err)
{
	struct sqlitestore *store = calloc(1, sizeof(*store));
	int code;

	if (!store)
		return err_set(err, -ENOMEM, NULL, "memory is short");
	store->database.file = DATABASEFILE_NONE;
	code = open_at(store, path_of(options->url), err);
	if (code < 0) {
		sqlitestore_close(&store->base);
		return code;
	}
	*ret_store = &store->base;
	return 0;
}

const struct store_kind sqlitestore_kind = {
	.scheme = SCHEME,
	.check_url = sqlitestore_check_url,
	.open = sqlitestore_open,
	.apply = sqlitestore_apply,
	.news = sqlitestore_news,
	.sweep = sqlitestore_sweep,
	.is_shared = sqlitestore_is_shared,
	.steady_ms = sqlitestore_steady_ms,
	.close = sqlitestore_close,
};
