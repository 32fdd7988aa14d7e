// An old tar has no magic number, but a checksum.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/sniff.h"

#include "lib/base/text.h"
#include "loader/scan/unpack/decoder.h"
#include "loader/scan/unpack/members.h"

#define TAR_BLOCK 512
#define TAR_SUM 148 // where the checksum stands, and how long it is
#define TAR_SUM_SIZE 8

// A row fits by its first bytes, by the end of the name, or by both where bytes alone say too
// little.
static const struct {
	const char *magic, *name;
	size_t size; // of the magic
	struct sniffed is;
} rows[] = {
	{"\x1f\x8b\x08", NULL, 3, {.decoder = &decode_gzip}},
	{"\x28\xb5\x2f\xfd", NULL, 4, {.decoder = &decode_zstd}},
	{"PK\x03\x04", NULL, 4, {.members = &members_zip}},
	{"\xfd\x37zXZ\x00", NULL, 6, {.members = &members_xz}},
	{"BZh", NULL, 3, {.members = &members_bzip2}},
	{"!<arch>\n", NULL, 8, {.members = &members_ar}},
	{"\x04\x22\x4d\x18", NULL, 4, {.members = &members_lz4}},
	{"\x02\x21\x4c\x18", NULL, 4, {.members = &members_lz4}}, // older than its frames
	{"LZIP\x01", NULL, 5, {.members = &members_lzip}},
	{"\x1f\x9d", ".Z", 2, {.members = &members_compress}},
	{"\xed\xab\xee\xdb", NULL, 4, {.members = &members_rpm}},
	{NULL, ".br", 0, {.decoder = &decode_brotli}},
	{"7z\xbc\xaf\x27\x1c", NULL, 6, {.foreign = "a 7-Zip archive is not looked into"}},
	{"Rar!\x1a\x07", NULL, 6, {.foreign = "a RAR archive is not looked into"}},
	{"MSCF\x00\x00\x00\x00", NULL, 8, {.foreign = "a cabinet of Windows is not looked into"}},
	{"xar!\x00\x1c", NULL, 6, {.foreign = "a xar archive is not looked into"}},
	{"MSWIM\x00\x00\x00", NULL, 8, {.foreign = "an image of Windows (WIM) is not looked into"}},
	{"hsqs", NULL, 4, {.foreign = "a file system of SquashFS is not looked into"}},
	{"sqsh", NULL, 4, {.foreign = "a file system of SquashFS is not looked into"}},
	{"QFI\xfb", NULL, 4, {.foreign = "a disk of QEMU is not looked into"}},
	{"KDMV", NULL, 4, {.foreign = "a disk of VMware is not looked into"}},
	{"\x89LZO\x00\x0d\x0a\x1a\x0a", NULL, 9, {.foreign = "an lzop file is not looked into"}},
	{"LRZI\x00", NULL, 5, {.foreign = "an lrzip file is not looked into"}},
	{"\xff\x06\x00\x00sNaPpY", NULL, 10, {.foreign = "a Snappy file is not looked into"}},
	{"PACK\x00\x00\x00", NULL, 7, {.foreign = "a pack of git objects is not looked into"}},
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

// Whether so many digits stand there.
static bool are_digits(const uint8_t *bytes, size_t count, const char *digits)
{
	for (size_t i = 0; i < count; i++) {
		if (!bytes[i] || !strchr(digits, bytes[i]))
			return false;
	}
	return true;
}

// cpio(5): "070701" or "070702" and 104 hex digits, or "070707" and 70 octal ones.
static bool is_cpio(const uint8_t *head, size_t size)
{
	if (size < 110 || memcmp(head, "07070", 5) != 0)
		return false;
	if (head[5] == '7')
		return are_digits(head + 6, 70, "01234567");
	return (head[5] == '1' || head[5] == '2') &&
	       are_digits(head + 6, 104, "0123456789abcdefABCDEF");
}

// The header of lzma alone has no magic number: the usual properties, a dictionary of 2^n or 3 *
// 2^n bytes, and a size that is unknown or below 2^40.
static bool is_lzma(const uint8_t *head, size_t size)
{
	static const uint8_t unknown[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	uint32_t dictionary;

	if (size < 18 || memcmp(head, "\x5d\x00\x00", 3) != 0)
		return false;
	dictionary = (uint32_t)head[3] << 16 | (uint32_t)head[4] << 24;
	while (dictionary && !(dictionary & 1))
		dictionary >>= 1;
	return (dictionary == 1 || dictionary == 3) &&
	       (memcmp(head + 5, unknown, sizeof(unknown)) == 0 ||
		       !(head[10] | head[11] | head[12]));
}

struct sniffed sniff(const char *name, const uint8_t *head, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (size >= rows[i].size && size &&
			(!rows[i].magic || memcmp(head, rows[i].magic, rows[i].size) == 0) &&
			(!rows[i].name || text_ends(name, rows[i].name)))
			return rows[i].is;
	}
	// skippable frames of zstd: sixteen numbers
	if (size >= 4 && (head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0)
		return (struct sniffed){.decoder = &decode_zstd};
	if (is_cpio(head, size))
		return (struct sniffed){.members = &members_cpio};
	if (is_lzma(head, size))
		return (struct sniffed){.members = &members_lzma};
	if (size >= TAR_BLOCK && is_tar(head))
		return (struct sniffed){.members = &members_tar};
	if (size > 2 && head[0] == 0x78 && (head[0] << 8 | head[1]) % 31 == 0 && !(head[1] & 0x20))
		return (struct sniffed){.decoder = &decode_gzip_zlib}; // RFC 1950 section 2.2
	if (decode_brotli_fits(head, size))
		return (struct sniffed){.decoder = &decode_brotli_unnamed};
	return (struct sniffed){0};
}
