// Numbers, texts without a NUL, and times as eight bytes each, the highest first.
// SPDX-License-Identifier: MIT
#include "verifier/record/sessions/sqliterecord.h"

#include "verifier/record/sessions/store.h"

#include <sqlite3.h>

size_t sqliterecord_write_used(
	const struct family *family, uint8_t out[static SQLITERECORD_USED_MAX])
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

	if (size % 8 != 0 || size > SQLITERECORD_USED_MAX || (size && !bytes))
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

bool sqliterecord_read_text(sqlite3_stmt *row, int at, char *out, size_t out_size)
{
	const char *text = (const char *)sqlite3_column_text(row, at);
	size_t size = (size_t)sqlite3_column_bytes(row, at);

	if (!text || size >= out_size || memchr(text, '\0', size))
		return false;
	memcpy(out, text, size);
	out[size] = '\0';
	return true;
}

bool sqliterecord_read_family(sqlite3_stmt *row, struct family *ret_family)
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
	       sqliterecord_read_text(row, 8, ret_family->subject, sizeof(ret_family->subject)) &&
	       sqliterecord_read_text(
		       row, 9, ret_family->access_claims, sizeof(ret_family->access_claims)) &&
	       sqliterecord_read_text(
		       row, 10, ret_family->refresh_claims, sizeof(ret_family->refresh_claims));
}

bool sqliterecord_read_revocation(sqlite3_stmt *row, struct store_revocation *ret_revocation)
{
	const void *bytes = sqlite3_column_blob(row, 1);
	size_t size = (size_t)sqlite3_column_bytes(row, 1);

	*ret_revocation = (struct store_revocation){
		.is_family = sqlite3_column_type(row, 1) == SQLITE_BLOB,
		.until_wall_ms = sqlite3_column_int64(row, 2),
	};
	if (!ret_revocation->is_family)
		return sqliterecord_read_text(
			row, 1, ret_revocation->token, sizeof(ret_revocation->token));
	if (!bytes || size != FAMILY_ID_BYTES)
		return false;
	memcpy(ret_revocation->family, bytes, size);
	return true;
}
