// The store in a file of this host. All operations of a batch are one transaction; when it fails
// for the sake of one, each is tried alone. What it says is believed only as far as it can be true:
// a record that cannot be is damage, see sqliterecord.h.
// SPDX-License-Identifier: MIT
#include "lib/base/base.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "verifier/record/sessions/database.h"
#include "verifier/record/sessions/sqlitecall.h"
#include "verifier/record/sessions/sqlitelink.h"
#include "verifier/record/sessions/sqliterecord.h"
#include "verifier/record/sessions/steady.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <sqlite3.h>

#define SCHEME "sqlite:"
#define KEPT_MS (INT64_C(24) * 60 * 60 * 1000) // after its end: the clock may be set back again
#define SWEPT_MAX 10000                        // rows of a sweep
#define CLOCK_STALE_MS 5000                    // since it was kept

struct sqlitestore {
	struct store base;
	struct sqlitelink link;
	bool is_ours; // to be written
	struct steady steady;
	int64_t told;           // the last revocation that news told
	int64_t swept;          // the last row that a sweep saw
	int64_t kept_steady_ms; // when the clock was kept
};

static struct sqlitestore *sqlitestore_of(struct store *store)
{
	return (struct sqlitestore *)store;
}

static int fail(struct sqlitestore *store, int result)
{
	sqlitelink_fail(&store->link, result, store->base.why, sizeof(store->base.why));
	return -EAGAIN;
}

// ---- operations, inside a transaction; each returns a result of SQLite

// Reads the family of an id. Its row is 0 when there is none.
static int read_family(struct sqlitestore *store, struct family *family, int64_t *ret_row)
{
	sqlite3_stmt *statement = store->link.calls.list[SQLITECALL_READ_FAMILY];
	int result;

	*ret_row = 0;
	sqlitecall_blob(statement, 1, family->id, sizeof(family->id));
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW) {
		*ret_row = sqlite3_column_int64(statement, 0);
		result = sqliterecord_read_family(statement, family) ? SQLITE_OK : SQLITE_CORRUPT;
	} else if (result == SQLITE_DONE) {
		result = SQLITE_OK;
	}
	(void)sqlite3_reset(statement); // has been told
	return result;
}

typedef int operation(struct sqlitestore *store, struct store_op *op, const struct family_now *now);

static int create(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	const struct family *family = &op->family;
	uint8_t used[SQLITERECORD_USED_MAX];
	sqlite3_stmt *statement = SQLITECALL_WITH(&store->link.calls, SQLITECALL_ADD_FAMILY, 2,
		(int64_t)family->generation, family->issued_wall_ms, family->expires_wall_ms,
		family->absolute_wall_ms);
	int result;

	(void)now;
	sqlitecall_blob(statement, 1, family->id, sizeof(family->id));
	// an empty blob at a place is one, at NULL it would be a NULL
	sqlitecall_blob(statement, 6, used, sqliterecord_write_used(family, used));
	(void)SQLITECALL_WITH(
		&store->link.calls, SQLITECALL_ADD_FAMILY, 7, family->end, family->ended_wall_ms);
	sqlitecall_text(statement, 9, family->subject);
	sqlitecall_text(statement, 10, family->access_claims);
	sqlitecall_text(statement, 11, family->refresh_claims);
	result = sqlitecall_run(statement);
	if (result == SQLITE_OK && sqlite3_changes(store->link.database.sqlite) == 0)
		op->code = -EEXIST;
	return result;
}

// Notes that the access tokens of a family count no more.
static int revoke_family(struct sqlitestore *store, const struct store_op *op, int64_t until_ms)
{
	sqlite3_stmt *revoke = SQLITECALL_WITH(&store->link.calls, SQLITECALL_REVOKE, 2, until_ms);

	sqlitecall_blob(revoke, 1, op->family.id, sizeof(op->family.id));
	return sqlitecall_run(revoke);
}

static int write_end(struct sqlitestore *store, const struct store_op *op, int64_t row)
{
	const struct family *family = &op->family;
	int result = sqlitecall_run(SQLITECALL_WITH(&store->link.calls, SQLITECALL_END_FAMILY, 1,
		row, family->end, family->ended_wall_ms));

	if (result != SQLITE_OK)
		return result;
	return revoke_family(store, op, family_remembered_until(family, op->rules.access_ms));
}

static int use(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	struct family *family = &op->family;
	uint8_t used[SQLITERECORD_USED_MAX];
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
	rotate = SQLITECALL_WITH(&store->link.calls, SQLITECALL_ROTATE_FAMILY, 1, row,
		(int64_t)family->generation, family->issued_wall_ms, family->expires_wall_ms);
	sqlitecall_blob(rotate, 5, used, sqliterecord_write_used(family, used));
	return sqlitecall_run(rotate);
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
	sqlite3_stmt *revoke = SQLITECALL_WITH(
		&store->link.calls, SQLITECALL_REVOKE_SUBJECT, 2, now->wall_ms, access_ms);
	sqlite3_stmt *end = SQLITECALL_WITH(
		&store->link.calls, SQLITECALL_END_SUBJECT, 2, op->end, now->wall_ms);
	int result;

	if (!op->family.subject[0]) // those without a subject are not one person's
		return SQLITE_OK;
	sqlitecall_text(revoke, 1, op->family.subject);
	sqlitecall_text(end, 1, op->family.subject);
	result = sqlitecall_run(revoke);
	if (result == SQLITE_OK)
		result = sqlitecall_run(end);
	if (result == SQLITE_OK)
		op->ended = (uint64_t)sqlite3_changes64(store->link.database.sqlite);
	return result;
}

static int end_token(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	sqlite3_stmt *find = store->link.calls.list[SQLITECALL_FIND_REVOCATION];
	sqlite3_stmt *revoke =
		SQLITECALL_WITH(&store->link.calls, SQLITECALL_REVOKE, 2, op->until_wall_ms);
	int64_t until_ms = INT64_MIN;
	int result;

	if (op->until_wall_ms <= now->wall_ms)
		return SQLITE_OK; // has expired
	sqlitecall_text(find, 1, op->token);
	result = sqlite3_step(find);
	if (result == SQLITE_ROW)
		until_ms = sqlite3_column_int64(find, 0);
	(void)sqlite3_reset(find); // has been told
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		return result;
	op->ended = until_ms <= now->wall_ms;
	if (until_ms >= op->until_wall_ms)
		return SQLITE_OK;
	sqlitecall_text(revoke, 1, op->token);
	return sqlitecall_run(revoke);
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
	int result = sqlitelink_begin(&store->link);

	for (size_t i = 0; i < count && result == SQLITE_OK; i++) {
		ops[i]->code = 0;
		ops[i]->ended = 0;
		ops[i]->remembered = false;
		result = operations[ops[i]->verb](store, ops[i], now);
	}
	if (result == SQLITE_OK)
		result = sqlitelink_commit(&store->link);
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
	result = sqlitelink_roll_back(&store->link);
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
	int result = try_all(store, ops, count, now);
	int code = 0;

	if (result == SQLITE_OK)
		return 0;
	(void)fail(store, result);
	(void)sqlitelink_roll_back(&store->link); // or the next one does
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

static int sqlitestore_news(
	struct store *base, int64_t now_wall_ms, store_revoked *revoked, void *owner)
{
	struct sqlitestore *store = sqlitestore_of(base);
	int result = sqlitelink_look(&store->link);
	sqlite3_stmt *list;

	(void)now_wall_ms; // also what is over is told: the clock may be set back
	if (result != SQLITE_OK)
		return fail(store, result);
	list = SQLITECALL_WITH(&store->link.calls, SQLITECALL_LIST_REVOCATIONS, 1, store->told);
	while ((result = sqlite3_step(list)) == SQLITE_ROW) {
		struct store_revocation revocation;

		if (!sqliterecord_read_revocation(list, &revocation)) {
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
	sqlite3_stmt *keep = SQLITECALL_WITH(&store->link.calls, SQLITECALL_KEEP_CLOCK, 2,
		anchor.offset_ms, anchor.steady_ms, anchor.wall_ms);

	sqlitecall_text(keep, 1, anchor.boot);
	store->kept_steady_ms = steady_now_ms(&store->steady);
	return sqlitecall_run(keep);
}

static bool is_time(int64_t ms)
{
	return ms > STEADY_TIME_MIN && ms < STEADY_TIME_MAX;
}

static int resume_clock(struct sqlitestore *store)
{
	sqlite3_stmt *read = store->link.calls.list[SQLITECALL_READ_CLOCK];
	struct steady host = steady_of_host(), kept = {0};
	int result = sqlite3_step(read);
	bool is_kept = result == SQLITE_ROW;

	if (is_kept) {
		kept.offset_ms = sqlite3_column_int64(read, 1);
		kept.steady_ms = sqlite3_column_int64(read, 2);
		kept.wall_ms = sqlite3_column_int64(read, 3);
		result = sqliterecord_read_text(read, 0, kept.boot, sizeof(kept.boot)) &&
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
	sqlite3_stmt *bound = SQLITECALL_WITH(
		&store->link.calls, SQLITECALL_BOUND_SWEEP, 1, store->swept, SWEPT_MAX);
	int result = sqlite3_step(bound);

	if (result == SQLITE_ROW) {
		last = sqlite3_column_int64(bound, 0); // 0: there is none behind
		result = SQLITE_OK;
	}
	(void)sqlite3_reset(bound); // has been told
	if (result == SQLITE_OK)
		result = sqlitecall_run(SQLITECALL_WITH(&store->link.calls,
			SQLITECALL_SWEEP_FAMILIES, 1, store->swept, last, ended_ms));
	if (result == SQLITE_OK)
		result = sqlitecall_run(SQLITECALL_WITH(
			&store->link.calls, SQLITECALL_PRUNE_REVOCATIONS, 1, ended_ms, SWEPT_MAX));
	if (result == SQLITE_OK)
		store->swept = last;
	return result;
}

static int sqlitestore_sweep(struct store *base, int64_t now_wall_ms)
{
	struct sqlitestore *store = sqlitestore_of(base);
	int result = sqlitelink_begin(&store->link);

	if (result == SQLITE_OK)
		result = sweep_all(store, now_wall_ms);
	if (result == SQLITE_OK)
		result = keep_clock(store);
	if (result == SQLITE_OK)
		result = sqlitelink_commit(&store->link);
	if (result == SQLITE_OK)
		return 0;
	(void)fail(store, result);
	(void)sqlitelink_roll_back(&store->link); // or the next one does
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

	// the one kept at the last sweep does as well; a start that fails is not to wait for a disk
	if (store->is_ours &&
		steady_now_ms(&store->steady) - store->kept_steady_ms >= CLOCK_STALE_MS)
		(void)keep_clock(store);
	sqlitelink_close(&store->link);
	free(store);
}

static int open_at(struct sqlitestore *store, const char *path, struct err *err)
{
	int code = sqlitelink_open(path, &store->link, err);
	int result;

	if (code < 0)
		return code;
	result = resume_clock(store);
	if (result != SQLITE_OK)
		return database_refuse(&store->link.database, result, err);
	code = database_take_over(&store->link.database, err);
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
	store->link = SQLITELINK_NONE;
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
