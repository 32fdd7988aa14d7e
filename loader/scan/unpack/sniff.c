// An old tar has no magic number, but a checksum.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/sniff.h"

#include "lib/base/text.h"
#include "loader/scan/unpack/decoder.h"

#define TAR_BLOCK 512
#define TAR_SUM 148 // where the checksum stands, and how long it is
#define TAR_SUM_SIZE 8

static const struct {
	const char *magic, *name; // of its first bytes, or the end of its name
	size_t size;
	enum sniff_format format;
	const struct decoder_kind *decoder;
} rows[] = {
	{"\x1f\x8b\x08", NULL, 3, SNIFF_DECODED, &decode_gzip},
	{"\x28\xb5\x2f\xfd", NULL, 4, SNIFF_DECODED, &decode_zstd},
	{"PK\x03\x04", NULL, 4, SNIFF_ZIP, NULL},
	{NULL, ".br", 0, SNIFF_DECODED, &decode_brotli},
};

// Whether the number in the header is the sum of its bytes, its own taken as spaces.
static bool is_tar(const uint8_t *block)
{
	unsigned sum = 0, written = 0;
	size_t at = TAR_SUM;

	while (at < TAR_SUM + TAR_SUM_SIZE && block[at] == ' ')
		at++;
	if (block[at] < '0' || block[at] > '7')
		return false;
	for (; at < TAR_SUM + TAR_SUM_SIZE && block[at] >= '0' && block[at] <= '7'; at++)
		written = written << 3 | (unsigned)(block[at] - '0');
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= TAR_SUM && i < TAR_SUM + TAR_SUM_SIZE ? ' ' : block[i];
	return sum == written;
}

enum sniff_format sniff(
	const char *name, const uint8_t *head, size_t size, const struct decoder_kind **ret_decoder)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool fits = rows[i].magic ? size >= rows[i].size &&
						    memcmp(head, rows[i].magic, rows[i].size) == 0
					  : size && text_ends(name, rows[i].name);

		if (fits) {
			*ret_decoder = rows[i].decoder;
			return rows[i].format;
		}
	}
	// skippable frames of zstd: sixteen numbers
	if (size >= 4 && (head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0) {
		*ret_decoder = &decode_zstd;
		return SNIFF_DECODED;
	}
	return size >= TAR_BLOCK && is_tar(head) ? SNIFF_TAR : SNIFF_PLAIN;
}
