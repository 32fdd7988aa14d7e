// One function a verb; each returns a result of SQLite and leaves the transaction to the caller.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/sqliteops.h"

#include "verifier/record/sessions/sqlitecall.h"
#include "verifier/record/sessions/sqlitelink.h"
#include "verifier/record/sessions/sqliterecord.h"
#include "verifier/record/sessions/store.h"

#include <errno.h>
#include <sqlite3.h>

int sqliteops_read_family(struct sqlitelink *link, struct family *family, int64_t *ret_row)
{
	sqlite3_stmt *statement = link->calls.list[SQLITECALL_READ_FAMILY];
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

typedef int operation(struct sqlitelink *link, struct store_op *op, const struct family_now *now);

static int create(struct sqlitelink *link, struct store_op *op, const struct family_now *now)
{
	const struct family *family = &op->family;
	uint8_t used[SQLITERECORD_USED_MAX];
	sqlite3_stmt *statement =
		SQLITECALL_WITH(&link->calls, SQLITECALL_ADD_FAMILY, 2, (int64_t)family->generation,
			family->issued_wall_ms, family->expires_wall_ms, family->absolute_wall_ms);
	int result;

	(void)now;
	sqlitecall_blob(statement, 1, family->id, sizeof(family->id));
	// an empty blob at a place is one, at NULL it would be a NULL
	sqlitecall_blob(statement, 6, used, sqliterecord_write_used(family, used));
	(void)SQLITECALL_WITH(
		&link->calls, SQLITECALL_ADD_FAMILY, 7, family->end, family->ended_wall_ms);
	sqlitecall_text(statement, 9, family->subject);
	sqlitecall_text(statement, 10, family->access_claims);
	sqlitecall_text(statement, 11, family->refresh_claims);
	result = sqlitecall_run(statement);
	if (result == SQLITE_OK && sqlite3_changes(link->database.sqlite) == 0)
		op->code = -EEXIST;
	return result;
}

// Notes that the access tokens of a family count no more.
static int revoke_family(struct sqlitelink *link, const struct store_op *op, int64_t until_ms)
{
	sqlite3_stmt *revoke = SQLITECALL_WITH(&link->calls, SQLITECALL_REVOKE, 2, until_ms);

	sqlitecall_blob(revoke, 1, op->family.id, sizeof(op->family.id));
	return sqlitecall_run(revoke);
}

static int write_end(struct sqlitelink *link, const struct store_op *op, int64_t row)
{
	const struct family *family = &op->family;
	int result = sqlitecall_run(SQLITECALL_WITH(
		&link->calls, SQLITECALL_END_FAMILY, 1, row, family->end, family->ended_wall_ms));

	if (result != SQLITE_OK)
		return result;
	return revoke_family(link, op, family_remembered_until(family, op->rules.access_ms));
}

static int use(struct sqlitelink *link, struct store_op *op, const struct family_now *now)
{
	struct family *family = &op->family;
	uint8_t used[SQLITERECORD_USED_MAX];
	sqlite3_stmt *rotate;
	int64_t row;
	int result = sqliteops_read_family(link, family, &row);

	op->outcome = FAMILY_UNKNOWN;
	if (result != SQLITE_OK || row == 0)
		return result;
	op->outcome = family_use(family, op->generation, &op->rules, now);
	if (op->outcome == FAMILY_REUSED)
		return write_end(link, op, row);
	if (op->outcome != FAMILY_ROTATED && op->outcome != FAMILY_ADOPTED)
		return SQLITE_OK;
	rotate = SQLITECALL_WITH(&link->calls, SQLITECALL_ROTATE_FAMILY, 1, row,
		(int64_t)family->generation, family->issued_wall_ms, family->expires_wall_ms);
	sqlitecall_blob(rotate, 5, used, sqliterecord_write_used(family, used));
	return sqlitecall_run(rotate);
}

static int look(struct sqlitelink *link, struct store_op *op, const struct family_now *now)
{
	int64_t row;
	int result = sqliteops_read_family(link, &op->family, &row);

	op->outcome = result == SQLITE_OK && row != 0 ? family_look(&op->family, now->wall_ms)
						      : FAMILY_UNKNOWN;
	return result;
}

// One that is not there may have been lost with a database; what was issued of it is still good.
static int end_family(struct sqlitelink *link, struct store_op *op, const struct family_now *now)
{
	int64_t row;
	int result = sqliteops_read_family(link, &op->family, &row);

	if (result != SQLITE_OK)
		return result;
	if (row == 0) {
		const struct family lost = {.ended_wall_ms = now->wall_ms};

		return revoke_family(link, op, family_remembered_until(&lost, op->rules.access_ms));
	}
	if (!family_finish(&op->family, op->end, now))
		return SQLITE_OK;
	op->ended = 1;
	return write_end(link, op, row);
}

static int end_subject(struct sqlitelink *link, struct store_op *op, const struct family_now *now)
{
	uint64_t most_ms = INT64_MAX / 4;
	int64_t access_ms =
		(int64_t)(op->rules.access_ms < most_ms ? op->rules.access_ms : most_ms);
	sqlite3_stmt *revoke = SQLITECALL_WITH(
		&link->calls, SQLITECALL_REVOKE_SUBJECT, 2, now->wall_ms, access_ms);
	sqlite3_stmt *end =
		SQLITECALL_WITH(&link->calls, SQLITECALL_END_SUBJECT, 2, op->end, now->wall_ms);
	int result;

	if (!op->family.subject[0]) // those without a subject are not one person's
		return SQLITE_OK;
	sqlitecall_text(revoke, 1, op->family.subject);
	sqlitecall_text(end, 1, op->family.subject);
	result = sqlitecall_run(revoke);
	if (result == SQLITE_OK)
		result = sqlitecall_run(end);
	if (result == SQLITE_OK)
		op->ended = (uint64_t)sqlite3_changes64(link->database.sqlite);
	return result;
}

static int end_token(struct sqlitelink *link, struct store_op *op, const struct family_now *now)
{
	sqlite3_stmt *find = link->calls.list[SQLITECALL_FIND_REVOCATION];
	sqlite3_stmt *revoke =
		SQLITECALL_WITH(&link->calls, SQLITECALL_REVOKE, 2, op->until_wall_ms);
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

int sqliteops_do(struct sqlitelink *link, struct store_op *op, const struct family_now *now)
{
	op->code = 0;
	op->ended = 0;
	op->remembered = false;
	return operations[op->verb](link, op, now);
}
