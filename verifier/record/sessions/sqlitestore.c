// The store in a file of this host. All operations of a batch are one transaction; when it fails
// for the sake of one, each is tried alone. What it says is believed only as far as it can be true:
// a record that cannot be is damage, see sqliterecord.h.
// SPDX-License-Identifier: MIT
#include "lib/base/base.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "verifier/record/sessions/database.h"
#include "verifier/record/sessions/sqlitecall.h"
#include "verifier/record/sessions/sqlitelink.h"
#include "verifier/record/sessions/sqliteops.h"
#include "verifier/record/sessions/sqliterecord.h"
#include "verifier/record/sessions/steady.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <sqlite3.h>

#define SCHEME "sqlite:"
#define SWEPT_MAX 10000     // rows of a sweep
#define CLOCK_STALE_MS 5000 // since it was kept
#define RECALL_SLOW_MS 100  // a record that took longer to read is the last

struct sqlitestore {
	struct store base;
	struct sqlitelink link;
	bool is_ours; // to be written
	bool is_slow; // to be read, since the last batch
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

// ---- batches

// All of them or none.
static int try_all(struct sqlitestore *store, struct store_op *const *ops, size_t count,
	const struct family_now *now)
{
	int result = sqlitelink_begin(&store->link);

	for (size_t i = 0; i < count && result == SQLITE_OK; i++)
		result = sqliteops_do(&store->link, ops[i], now);
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

// What can be said without writing. Nobody waits for one slow disk after the other.
static void recall(struct sqlitestore *store, struct store_op *op, const struct family_now *now)
{
	uint64_t began_ms = clock_steady_ms();
	int64_t row;
	int result;

	op->code = -EAGAIN;
	op->ended = 0;
	op->remembered = false;
	op->outcome = FAMILY_UNKNOWN;
	if ((op->verb != STORE_USE && op->verb != STORE_LOOK) || store->is_slow)
		return;
	result = sqlitelink_roll_back(&store->link);
	if (result == SQLITE_OK)
		result = sqliteops_read_family(&store->link, &op->family, &row);
	store->is_slow = clock_steady_ms() - began_ms > RECALL_SLOW_MS;
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

	store->is_slow = false;
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

static void sqlitestore_pass_over(
	struct store *base, struct store_op *op, const struct family_now *now)
{
	recall(sqlitestore_of(base), op, now);
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

		if (sqliterecord_read_revocation(list, &revocation))
			revoked(owner, &revocation);
		else
			base->unread++; // the others count all the same
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
	int64_t ended_ms = now_wall_ms - STORE_KEPT_MS, last = 0;
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
	.pass_over = sqlitestore_pass_over,
	.news = sqlitestore_news,
	.sweep = sqlitestore_sweep,
	.is_shared = sqlitestore_is_shared,
	.steady_ms = sqlitestore_steady_ms,
	.close = sqlitestore_close,
};
