// What a row of the database says, as the statements of sqlitecall.c order their columns. It is
// believed only as far as it can be true.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_RECORD_SESSIONS_SQLITERECORD_H
#define VERIFIER_RECORD_SESSIONS_SQLITERECORD_H

#include "lib/base/base.h"
#include "verifier/record/sessions/family.h"

struct sqlite3_stmt;
struct store_revocation;

#define SQLITERECORD_USED_MAX (FAMILY_RECENT_MAX * 8)

// Writes when a family was used.
// Returns: how many bytes.
size_t sqliterecord_write_used(
	const struct family *family, uint8_t out[static SQLITERECORD_USED_MAX]);

// Read a row, or a text of it. Returns: whether it can be.
bool sqliterecord_read_family(struct sqlite3_stmt *row, struct family *ret_family) must_check;
bool sqliterecord_read_revocation(struct sqlite3_stmt *row, struct store_revocation *ret_revocation)
	must_check;
bool sqliterecord_read_text(struct sqlite3_stmt *row, int at, char *out, size_t out_size)
	must_check;

#endif
