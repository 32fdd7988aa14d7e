// The store's operations as steps of a transaction that is open: what each reads and writes.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_SQLITEOPS_H
#define VERIFIER_RECORD_SESSIONS_SQLITEOPS_H

#include "lib/base/base.h"

struct family;
struct family_now;
struct sqlitelink;
struct store_op;

// Does one operation, and fills its answer in.
// Returns: SQLITE_OK, or a result of SQLite; then the transaction is to be rolled back.
int sqliteops_do(struct sqlitelink *link, struct store_op *op, const struct family_now *now)
	must_check;

// Reads the family whose id `family` holds, also without a transaction. Its row is 0 when there is
// none.
// Returns: SQLITE_OK, or a result of SQLite: SQLITE_CORRUPT where the row cannot be true.
int sqliteops_read_family(struct sqlitelink *link, struct family *family, int64_t *ret_row)
	must_check;

#endif
