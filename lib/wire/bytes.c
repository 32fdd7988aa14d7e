// Big-endian fields. Knows no messages.
// SPDX-License-Identifier: MIT
#include "lib/wire/bytes.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <endian.h>

void bytes_put(struct bytes_out *out, const void *bytes, size_t length)
{
	if (out->at && length && out->used <= out->room && length <= out->room - out->used)
		memcpy(out->at + out->used, bytes, length);
	out->used += length;
}

void bytes_put8(struct bytes_out *out, uint8_t value)
{
	bytes_put(out, &value, sizeof(value));
}

void bytes_put16(struct bytes_out *out, uint16_t value)
{
	value = htobe16(value);
	bytes_put(out, &value, sizeof(value));
}

void bytes_put32(struct bytes_out *out, uint32_t value)
{
	value = htobe32(value);
	bytes_put(out, &value, sizeof(value));
}

void bytes_put64(struct bytes_out *out, uint64_t value)
{
	value = htobe64(value);
	bytes_put(out, &value, sizeof(value));
}

void bytes_put_shown(struct bytes_out *out, const char *text, size_t most)
{
	char printable[BYTES_TEXT_MAX + 1];
	size_t length = text ? strlen(text) : 0;

	if (length > most || !text_is_line(text, length)) {
		text = text_printable(printable, most + 1, text);
		length = strlen(text);
	}
	bytes_put16(out, (uint16_t)length);
	bytes_put(out, text, length);
}

void bytes_put_text(struct bytes_out *out, const char *text, size_t most)
{
	size_t length = text ? strlen(text) : 0;

	if (length > most || !text_is_line(text, length)) {
		out->bad = true;
		return;
	}
	bytes_put16(out, (uint16_t)length);
	bytes_put(out, text, length);
}

const uint8_t *bytes_get(struct bytes_in *in, size_t length)
{
	const uint8_t *at = in->at;

	if (in->bad || length > in->left) {
		in->bad = true;
		return NULL;
	}
	in->at += length;
	in->left -= length;
	return at;
}

uint8_t bytes_get8(struct bytes_in *in)
{
	const uint8_t *at = bytes_get(in, 1);

	return at ? *at : 0;
}

uint16_t bytes_get16(struct bytes_in *in)
{
	uint16_t value = 0;
	const uint8_t *at = bytes_get(in, sizeof(value));

	if (at)
		memcpy(&value, at, sizeof(value));
	return be16toh(value);
}

uint32_t bytes_get32(struct bytes_in *in)
{
	uint32_t value = 0;
	const uint8_t *at = bytes_get(in, sizeof(value));

	if (at)
		memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

uint64_t bytes_get64(struct bytes_in *in)
{
	uint64_t value = 0;
	const uint8_t *at = bytes_get(in, sizeof(value));

	if (at)
		memcpy(&value, at, sizeof(value));
	return be64toh(value);
}

const char *bytes_get_text(struct bytes_in *in, size_t most, struct pool *pool)
{
	size_t length = bytes_get16(in);
	const uint8_t *at = bytes_get(in, length);
	const char *text;

	if (!at || length > most || !text_is_line(at, length)) {
		in->bad = true;
		return "";
	}
	if (!length)
		return ""; // no copy: most texts of a hostile bundle would be empty ones
	text = pool_text(pool, (const char *)at, length);
	if (!text)
		in->bad = in->no_memory = true;
	return text ? text : "";
}
