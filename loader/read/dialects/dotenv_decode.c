// What an entry's bytes become where an escape or a CRLF is in them.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/dotenv.h"

size_t dotenv_decode_escape(const uint8_t *at, size_t left, uint8_t *ret_byte)
{
	static const uint8_t decoded[256] = {
		['n'] = '\n', ['r'] = '\r', ['t'] = '\t', ['\\'] = '\\', ['"'] = '"', ['$'] = '$'};

	*ret_byte = '\\';
	if (left < 2 || !decoded[at[1]])
		return 1;
	*ret_byte = decoded[at[1]];
	return 2;
}

size_t dotenv_decode(const struct dotenv_entry *entry, uint8_t *out)
{
	const uint8_t *at = entry->raw, *end = at + entry->raw_length;
	uint8_t *start = out;

	if (!entry->escaped) {
		if (entry->raw_length)
			memcpy(out, entry->raw, entry->raw_length);
		return entry->raw_length;
	}
	while (at < end) {
		if (*at == '\\' && entry->quote == DOTENV_DOUBLE) {
			at += dotenv_decode_escape(at, (size_t)(end - at), out++);
			continue;
		}
		if (*at == '\r' && at + 1 < end && at[1] == '\n')
			at++;
		*out++ = *at++;
	}
	return (size_t)(out - start);
}
