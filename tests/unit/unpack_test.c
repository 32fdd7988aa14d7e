// Containers: what is in them comes out as streams of its own, to any depth, cut off anywhere, and
// never more than the limits allow.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/walk.h"

#include "tests/unit/packed.h"
#include "tests/unit/unpacked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#define MIB (UINT64_C(1) << 20)

#ifdef __SANITIZE_ADDRESS__ // which keeps what was freed
#define RESIDENT_KIB_MAX (1024 * 1024)
#else
#define RESIDENT_KIB_MAX (64 * 1024)
#endif

// `let k="needle in brotli";`, three times, by another encoder
static const char brotli[] =
	"\x1b\x4d\x00\xf8\x45\x37\xd7\x2d\x69\x58\xaa\xd8\x8a\x7c\x41\x3e\x3c\x1c"
	"\xc3\xab\x48\x21\x2d\x2e\x6e\xfa\x90\x47\x44\x0f\xea\xbf\x55\x7b\x98\x00";
// 64 MiB of zeros
static const char brotli_bomb[] =
	"\xcb\xff\xff\x3f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x8f\xff\xff\x7f\xf0\x4f\x00\xc4\x61"
	"\x11\x80\xee\xfd\x1f\xff\xff\xff\xe0\x9f\x00\x88\xc3\x02\x00\xdd\xfb\x3f\xfe\xff\xff\xc1"
	"\x3f\x01\x10\x87\x05\x00\xba\xf7\x7f\xfc\xff\xff\x83\x7f\x02\x20\x0e\x0b\x00\x74\xef\xff"
	"\xf8\xff\xff\x07\xff\x04\x40\x1c\x16\x00\xe8\xde\xff\xf1\xff\xff\x0f\xfe\x09\x80\x38\x2c"
	"\x00\xd0\xbd\xff\xcb\xff\xff\x3f\xfc\x13\x00\x71\x58\x00\xa0\x7b\xff\x07";

static int setup(void **state)
{
	(void)state;
	unpacked_scratch();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unpacked_scratch_done();
	return 0;
}

static struct packed text(const char *bytes)
{
	return packed_copy(bytes, strlen(bytes));
}

static struct packed filtered(const char *filter, struct packed packed)
{
	struct packed result = packed_filter(filter, packed.bytes, packed.size);

	packed_done(&packed);
	return result;
}

// An archive of one member.
static struct packed boxed(const char *format, const char *name, struct packed packed)
{
	const struct packed_member member = {name, packed.bytes, packed.size};
	struct packed result = packed_archive(format, NULL, &member, 1);

	packed_done(&packed);
	return result;
}

static struct packed pair(const char *format, const char *options)
{
	static const struct packed_member members[] = {{"app/page.js", "the first needle", 16},
		{"empty", "", 0}, {".env", "A=second needle", 15}};

	return packed_archive(format, options, members, ARRAY_SIZE(members));
}

static struct packed make_ustar(void)
{
	return pair("ustar", NULL);
}
static struct packed make_pax(void)
{
	return pair("pax", NULL);
}
static struct packed make_gnutar(void)
{
	return pair("gnutar", NULL);
}
static struct packed make_v7tar(void)
{
	return pair("v7tar", NULL);
}
static struct packed make_zip(void)
{
	return pair("zip", NULL);
}
static struct packed make_stored_zip(void)
{
	return pair("zip", "zip:compression=store");
}
static struct packed make_encrypted_zip(void)
{
	struct packed packed = pair("zip", NULL);

	for (size_t i = 0; i + 4 < packed.size; i++) {
		if (memcmp(packed.bytes + i, "PK\x03\x04", 4) == 0)
			packed.bytes[i + 6] |= 1; // the flag of encryption
	}
	return packed;
}
static struct packed make_gzip(void)
{
	return filtered("gzip", text("a needle in gzip"));
}
static struct packed make_two_gzips(void)
{
	return packed_join(make_gzip(), filtered("gzip", text(" and more")));
}
static struct packed make_gzip_and_more(void)
{
	return packed_join(make_two_gzips(), text("a needle behind"));
}
static struct packed make_zstd(void)
{
	return filtered("zstd", text("a needle in zstd"));
}
static struct packed make_zstd_frames(void)
{
	struct packed skippable = packed_copy("\x53\x2a\x4d\x18\x05\0\0\0abcde", 13);

	return packed_join(packed_join(skippable, make_zstd()),
		packed_join(filtered("zstd", text(" and more")), text("a needle behind")));
}
static struct packed make_frames_anywhere(void)
{
	struct packed packed = packed_join(text("0123456789"), make_zstd());

	packed = packed_join(packed, packed_copy("\x28\xb5\x2f\xfd\x28\xb5\x2f\xfdno", 10));
	return packed_join(packed_join(packed, filtered("zstd", text("second"))), text("tail"));
}
static struct packed make_brotli(void)
{
	return packed_copy(brotli, sizeof(brotli) - 1);
}
static struct packed make_map(void)
{
	return text("f();\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,"
		    "eyJzb3VyY2VzQ29udGVudCI6WyJuZWVkbGUiXX0=\n//# sourceMappingURL=data:no\n");
}
static struct packed make_nested(void)
{
	struct packed inner = filtered("gzip", boxed("ustar", "deep.js", text("a deep needle")));

	return boxed("ustar", "outer.zip", boxed("zip", "inner.tgz", inner));
}
static struct packed make_image(void)
{
	static const struct packed_member layer[] = {
		{"app/.wh.old", "", 0}, {"./app/.env", "A=a needle in a layer", 21}};
	struct packed first = filtered("gzip", packed_archive("pax", NULL, layer, 2));
	struct packed second = filtered("zstd", packed_archive("pax", NULL, layer, 2));
	const struct packed_member members[] = {{"blobs/sha256/aa", first.bytes, first.size},
		{"blobs/sha256/bb", second.bytes, second.size}, {"index.json", "{}", 2}};
	struct packed image = packed_archive("gnutar", NULL, members, 3);

	packed_done(&first);
	packed_done(&second);
	return image;
}

static struct packed make_ar(void)
{
	return pair("arbsd", NULL);
}
static struct packed make_ar_without_types(void)
{
	return text("!<arch>\npage.o/         0           0     0     644     16        `\n"
		    "the first needle");
}
static struct packed make_newc(void)
{
	return pair("newc", NULL);
}
static struct packed make_odc(void)
{
	return pair("odc", NULL);
}
static struct packed make_xz(void)
{
	struct packed packed = filtered("xz", text("a needle in xz"));

	packed = packed_join(packed, packed_copy("\0\0\0\0", 4)); // padding of a stream
	return packed_join(packed, filtered("xz", text(" and more")));
}
static struct packed make_lzma(void)
{
	return filtered("lzma", text("a needle in lzma"));
}
static struct packed make_lzip(void)
{
	return filtered("lzip", text("a needle in lzip"));
}
static struct packed make_bzip2(void)
{
	return packed_join(
		filtered("bzip2", text("a needle in bzip2")), filtered("bzip2", text(" and more")));
}
static struct packed make_lz4(void)
{
	return filtered("lz4", text("a needle in lz4"));
}
static struct packed make_compress(void)
{
	return filtered("compress", text("a needle in compress"));
}
static struct packed make_deb(void)
{
	struct packed data = filtered("xz", boxed("gnutar", "./opt/.env", text("A=a needle")));
	const struct packed_member members[] = {
		{"debian-binary", "2.0\n", 4}, {"data.tar.xz", data.bytes, data.size}};
	struct packed deb = packed_archive("arbsd", NULL, members, 2);

	packed_done(&data);
	return deb;
}
// A lead, two headers of one tag each, the first of them filled up to 8 bytes, and a cpio.
static struct packed make_rpm(void)
{
	static const char lead[96] = "\xed\xab\xee\xdb\x03\x00\x00\x00\x00\x01x-1";
	static const char header[] = "\x8e\xad\xe8\x01\0\0\0\0\0\0\0\x01\0\0\0\x04"
				     "\0\0\x03\xe8\0\0\0\x06\0\0\0\0\0\0\0\x01xyz\0\0\0\0";
	struct packed packed = packed_copy(lead, sizeof(lead));

	packed = packed_join(packed, packed_copy(header, 40));
	packed = packed_join(packed, packed_copy(header, 36));
	return packed_join(packed, filtered("gzip", make_newc()));
}
static struct packed make_program(void)
{
	return packed_join(text("#!/bin/sh\nexec unpack $0\n"), make_zip());
}
static struct packed make_makeself(void)
{
	return packed_join(text("#!/bin/sh\ntail -n +3 $0 | tar xz\n"),
		filtered("gzip", boxed("ustar", "app/.env", text("A=a needle"))));
}
static struct packed make_two_zips(void)
{
	return packed_join(boxed("zip", "a.js", text("one")), boxed("zip", "b.js", text("two")));
}
static struct packed make_zlib(void)
{
	return packed_copy("\x78\x9c\x4b\x54\xc8\x4b\x4d\x4d\xc9\x49\x55\xc8\xcc\x53\xa8\xca"
			   "\xc9\x4c\x02\x00\x2f\x65\x05\xb7",
		24);
}
static struct packed make_zstd_with_dictionary(void)
{
	return packed_copy("\x28\xb5\x2f\xfd\x21\x07\x05\x29\0\0hello", 15);
}
static struct packed make_frame_with_dictionary(void)
{
	return packed_join(text("head"), make_zstd_with_dictionary());
}
static struct packed make_talk(void)
{
	return text(" at the begin, \x1f\x8b\x08 or PK\x03\x04");
}
static struct packed make_7zip(void)
{
	return text("7z\xbc\xaf\x27\x1c needle");
}
static struct packed make_squashfs_in_tar(void)
{
	return boxed("ustar", "root.squashfs", text("hsqs needle"));
}

static const struct {
	const char *name; // of the file
	struct packed (*make)(void);
	const char *places; // in the order in which they begin
	const char *place, *needle;
	const char *skipped;
} cases[] = {
	{"a.tar", make_ustar, " a.tar: app/page.js a.tar: .env", "a.tar: .env", "A=second needle",
		""},
	{"no-name", make_pax, " no-name: app/page.js no-name: .env", "no-name: app/page.js",
		"the first needle", ""},
	{"a.tar", make_gnutar, " a.tar: app/page.js a.tar: .env", "a.tar: .env", "A=second needle",
		""},
	{"a.tar", make_v7tar, " a.tar: app/page.js a.tar: .env", "a.tar: .env", "A=second needle",
		""},
	{"a.jar", make_zip, " a.jar: app/page.js a.jar: .env a.jar", "a.jar: .env",
		"A=second needle", ""},
	{"a.zip", make_stored_zip, " a.zip: app/page.js a.zip: .env a.zip", "a.zip: app/page.js",
		"the first needle", ""},
	{"a.zip", make_encrypted_zip, " a.zip", NULL, NULL,
		"a.zip: app/page.js: foreign: it is encrypted and not looked into\n"
		"a.zip: empty: foreign: it is encrypted and not looked into\n"
		"a.zip: .env: foreign: it is encrypted and not looked into\n"},
	{"lib.a", make_ar, " lib.a: page.js lib.a: .env", "lib.a: .env", "A=second needle", ""},
	{"lib.a", make_ar_without_types, " lib.a: page.o", "lib.a: page.o", "the first needle", ""},
	{"a.cpio", make_newc, " a.cpio: app/page.js a.cpio: .env", "a.cpio: .env",
		"A=second needle", ""},
	{"a.cpio", make_odc, " a.cpio: app/page.js a.cpio: .env", "a.cpio: .env", "A=second needle",
		""},
	{"a.js.xz", make_xz, " a.js.xz a.js.xz: xz", "a.js.xz: xz", "a needle in xz and more", ""},
	{"a", make_lzma, " a a: lzma", "a: lzma", "a needle in lzma", ""},
	{"a", make_lzip, " a a: lzip", "a: lzip", "a needle in lzip", ""},
	{"a", make_bzip2, " a a: bzip2", "a: bzip2", "a needle in bzip2 and more", ""},
	{"a", make_lz4, " a a: lz4", "a: lz4", "a needle in lz4", ""},
	{"a.Z", make_compress, " a.Z a.Z: compress", "a.Z: compress", "a needle in compress", ""},
	{"a.deb", make_deb,
		" a.deb: debian-binary a.deb: data.tar.xz a.deb: data.tar.xz: xz: opt/.env",
		"a.deb: data.tar.xz: xz: opt/.env", "A=a needle", ""},
	{"a.rpm", make_rpm,
		" a.rpm a.rpm: rpm a.rpm: rpm: gzip: app/page.js a.rpm: rpm: gzip: .env",
		"a.rpm: rpm: gzip: .env", "A=second needle", ""},
	{"a.run", make_program, " a.run a.run: zip@25: app/page.js a.run: zip@25: .env",
		"a.run: zip@25: .env", "A=second needle", ""},
	{"a.run", make_makeself, " a.run a.run: gzip@33: app/.env", "a.run: gzip@33: app/.env",
		"A=a needle", ""},
	{"a.zip", make_two_zips, " a.zip: a.js a.zip a.zip: zip@167: b.js", "a.zip: zip@167: b.js",
		"two", ""},
	{"0a1b2c", make_zlib, " 0a1b2c 0a1b2c: zlib", "0a1b2c: zlib", "a needle in zlib", ""},
	{"page.cache", make_brotli, " page.cache page.cache: br", "page.cache: br",
		"needle in brotli", ""},
	{"a", make_zstd_with_dictionary, " a", "a", "hello",
		"a: foreign: zstd that needs a dictionary is not looked into\n"},
	{"a", make_frame_with_dictionary, " a", "a", "hello", ""},
	{"a", make_talk, " a", "a", " at the begin", ""},
	{"a", make_7zip, " a", "a", " needle", "a: foreign: a 7-Zip archive is not looked into\n"},
	{"a", make_squashfs_in_tar, " a: root.squashfs", "a: root.squashfs", " needle",
		"a: root.squashfs: foreign: a file system of SquashFS is not looked into\n"},
	{"a.gz", make_gzip, " a.gz a.gz: gzip", "a.gz: gzip", "a needle in gzip", ""},
	{"0.pack.gz", make_two_gzips, " 0.pack.gz 0.pack.gz: gzip", "0.pack.gz: gzip",
		"a needle in gzip and more", ""},
	{"a.gz", make_gzip_and_more, " a.gz a.gz: gzip", "a.gz", "a needle behind", ""},
	{"a.zst", make_zstd, " a.zst a.zst: zstd", "a.zst: zstd", "a needle in zstd", ""},
	{"a.zst", make_zstd_frames, " a.zst a.zst: zstd", "a.zst: zstd",
		"a needle in zstd and more", ""},
	{"0.sst", make_frames_anywhere, " 0.sst 0.sst: zstd@10 0.sst: zstd@45", "0.sst: zstd@45",
		"second", ""},
	{"a.js.br", make_brotli, " a.js.br a.js.br: br", "a.js.br: br", "needle in brotli", ""},
	{"a.br", make_zip, " a.br: app/page.js a.br: .env a.br", "a.br: .env", "A=second needle",
		""},
	{"a.br", make_map, " a.br a.br: sourcemap@9", NULL, NULL,
		"a.br: it is named like a brotli file and is none, or broken\n"},
	{"a.js", make_map, " a.js a.js: sourcemap@9", "a.js: sourcemap@9",
		"{\"sourcesContent\":[\"needle\"]}", ""},
	{"n", make_nested,
		" n: outer.zip: inner.tgz n: outer.zip: inner.tgz: gzip: deep.js n: outer.zip",
		"n: outer.zip: inner.tgz: gzip: deep.js", "a deep needle", ""},
	{"image.tar", make_image,
		" image.tar: blobs/sha256/aa image.tar: blobs/sha256/aa: gzip: app/.env"
		" image.tar: blobs/sha256/bb image.tar: blobs/sha256/bb: zstd: app/.env"
		" image.tar: index.json",
		"image.tar: blobs/sha256/bb: zstd: app/.env", "A=a needle in a layer", ""},
};

static void what_is_in_a_container_comes_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct packed packed = cases[i].make();
		own_free char *places = NULL;
		struct unpacked got;

		unpacked_write(cases[i].name, packed.bytes, packed.size);
		unpacked_path(cases[i].name, &got);
		places = unpacked_places(&got);
		assert_string_equal(got.skipped, cases[i].skipped);
		assert_string_equal(places, cases[i].places);
		if (cases[i].needle)
			assert_true(unpacked_has(&got, cases[i].place, cases[i].needle));
		assert_int_equal(got.result, 0);
		unpacked_done(&got);
		packed_done(&packed);
	}
}

static void whatever_is_cut_off_anywhere_ends_and_gives_what_came(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct packed packed = cases[i].make();

		for (size_t size = 0; size < packed.size; size += size < 300 ? 1 : 61) {
			struct unpacked got;

			unpacked_write("cut", packed.bytes, size);
			unpacked_path("cut", &got);
			assert_int_equal(got.result, 0);
			assert_true(got.total.bytes <= 4 * packed.size + 200);
			unpacked_done(&got);
		}
		packed_done(&packed);
	}
}

static void a_checksum_that_is_wrong_is_said_and_the_bytes_are_looked_at(void **state)
{
	struct packed packed = make_zip();
	struct unpacked got;
	uint8_t *after = memmem(packed.bytes, packed.size, "PK\x07\x08", 4);

	(void)state;
	if (!after)
		abort();
	after[4] ^= 1;
	unpacked_write("x", packed.bytes, packed.size);
	unpacked_path("x", &got);
	assert_string_equal(got.skipped, "x: app/page.js: it is broken\n");
	assert_true(unpacked_has(&got, "x: app/page.js", "the first needle"));
	assert_true(unpacked_has(&got, "x: .env", "second needle"));
	unpacked_done(&got);
	packed_done(&packed);
}

static void what_is_cut_off_is_said(void **state)
{
	static const struct {
		struct packed (*make)(void);
		size_t size;
		const char *skipped, *place, *needle;
	} cuts[] = {
		{make_ustar, 520, "cut: app/page.js: it is truncated\n", "cut: app/page.js",
			"the firs"},
		{make_ustar, 1030, "cut: it is truncated\n", "cut: app/page.js",
			"the first needle"},
		{make_gzip, 20, "cut: gzip: it is truncated\n", "cut: gzip", "a need"},
		{make_gzip, 30, "cut: gzip: it is truncated\n", "cut: gzip", "a needle in gzip"},
		{make_zip, 75, "cut: app/page.js: it is truncated\n", "cut: app/page.js", "the"},
		{make_stored_zip, 76, "cut: app/page.js: it is truncated\n", "cut",
			"the first needl"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct packed packed = cuts[i].make();
		struct unpacked got;

		unpacked_write("cut", packed.bytes, cuts[i].size);
		unpacked_path("cut", &got);
		assert_string_equal(got.skipped, cuts[i].skipped);
		assert_true(unpacked_has(&got, cuts[i].place, cuts[i].needle));
		unpacked_done(&got);
		packed_done(&packed);
	}
}

static void a_byte_that_is_wrong_anywhere_does_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct packed packed = cases[i].make();

		for (size_t at = 0; at < packed.size; at += packed.size < 500 ? 1 : 97) {
			struct unpacked got;

			packed.bytes[at] ^= 0x41;
			unpacked_write("bad", packed.bytes, packed.size);
			unpacked_path("bad", &got);
			assert_int_equal(got.result, 0);
			unpacked_done(&got);
			packed.bytes[at] ^= 0x41;
		}
		packed_done(&packed);
	}
}

// A frame and a source map wherever the pieces of a file are put together.
static void what_lies_across_two_pieces_is_found(void **state)
{
	enum { PIECE = 256 * 1024 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t before = 0; before < 40; before++) {
			static const uint8_t zeros[PIECE];
			struct packed packed = packed_copy(zeros, PIECE - before);
			struct unpacked got;

			packed = packed_join(packed, i ? make_map() : make_zstd());
			unpacked_write("x", packed.bytes, packed.size);
			unpacked_path("x", &got);
			assert_int_equal(got.count, 2);
			assert_true(
				memmem(got.streams[1]->bytes, got.streams[1]->size, "needle", 6));
			unpacked_done(&got);
			packed_done(&packed);
		}
	}
}

static void what_is_not_built_up_like_it_begins_is_looked_at_raw(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = {{"\x1f\x8b\x08\xff needle", 11}, {"PK\x03\x04 needle", 11},
		{"\x28\xb5\x2f\xfd needle", 11}, {"\x5a\x2a\x4d\x18 needle", 11}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct unpacked got;

		unpacked_write("x", bad[i].bytes, bad[i].size);
		unpacked_path("x", &got);
		assert_true(unpacked_has(&got, "x", "needle"));
		assert_int_equal(got.count, 1);
		assert_string_not_equal(got.skipped, "");
		unpacked_done(&got);
	}
}

static size_t resident_kib(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return (size_t)usage.ru_maxrss;
}

static void walk_limited(struct packed packed, struct scanjob job, struct unpacked *ret_got)
{
	static const char *const paths[] = {"bomb"};

	job.paths = paths;
	job.path_count = 1;
	unpacked_write("bomb", packed.bytes, packed.size);
	packed_done(&packed);
	*ret_got = (struct unpacked){0};
	unpacked_walk(&job, ret_got);
	assert_int_equal(ret_got->result, 0);
}

static void what_unpacks_to_a_thousand_times_its_size_is_given_up(void **state)
{
	static const struct {
		const char *filter;
		uint64_t size;
	} bombs[] = {{"gzip", 64 * MIB}, {"zstd", 1024 * MIB}};
	size_t before = resident_kib();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bombs); i++) {
		struct unpacked got;

		walk_limited(
			packed_zeros(bombs[i].filter, bombs[i].size), (struct scanjob){0}, &got);
		assert_true(got.total.bytes < 40 * MIB);
		assert_non_null(strstr(got.skipped, "more than 1000 times its size"));
		unpacked_done(&got);
	}
	assert_true(resident_kib() - before < RESIDENT_KIB_MAX);
}

static void what_is_packed_well_is_no_bomb(void **state)
{
	static const char *const filters[] = {NULL, "xz", "bzip2"};
	struct packed plain = {.bytes = malloc(24 * MIB), .size = 24 * MIB};
	uint32_t random = 1;

	(void)state;
	if (!plain.bytes)
		abort();
	memset(plain.bytes, 'a', plain.size);
	for (size_t i = 0; i < plain.size; i += 150)
		plain.bytes[i] = (uint8_t)((random = random * 1103515245 + 12345) >> 16);
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		const struct packed_member member = {"x", plain.bytes, plain.size};
		struct unpacked got;

		walk_limited(filters[i] ? packed_filter(filters[i], plain.bytes, plain.size)
					: packed_archive("zip", NULL, &member, 1),
			(struct scanjob){0}, &got);
		assert_string_equal(got.skipped, "");
		assert_true(got.total.bytes >= plain.size);
		unpacked_done(&got);
	}
	packed_done(&plain);
}

// Their encoders take more memory than may be looked for here.
static void so_are_bombs_of_slower_methods(void **state)
{
	static const char *const filters[] = {"xz", "lzma", "lzip", "bzip2"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		struct unpacked got;

		walk_limited(packed_zeros(filters[i], 100 * MIB), (struct scanjob){0}, &got);
		assert_true(got.total.bytes < 40 * MIB);
		assert_non_null(strstr(got.skipped, "more than 1000 times its size"));
		unpacked_done(&got);
	}
}

static void a_bomb_of_brotli_is_given_up(void **state)
{
	struct unpacked got;

	(void)state;
	unpacked_write("bomb.br", brotli_bomb, sizeof(brotli_bomb) - 1);
	unpacked_path("bomb.br", &got);
	assert_true(got.total.bytes < 40 * MIB);
	assert_string_equal(got.skipped, "bomb.br: br: it unpacks to more than 1000 times its "
					 "size: not looked at further\n");
	unpacked_done(&got);
}

static void a_file_of_bombs_is_given_up(void **state)
{
	struct packed bomb = packed_zeros("zstd", 32 * MIB);
	struct packed_member members[20];
	struct unpacked got;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		members[i] = (struct packed_member){"x", bomb.bytes, bomb.size};
	walk_limited(packed_archive("ustar", NULL, members, 20), (struct scanjob){0}, &got);
	assert_true(got.total.bytes < 80 * MIB);
	assert_non_null(
		strstr(got.skipped, "it is one bomb of several: the rest was not unpacked"));
	unpacked_done(&got);
	packed_done(&bomb);
}

// Each level is within the ratio, all together are not within the limit.
static void a_bomb_of_many_levels_is_given_up(void **state)
{
	struct packed leaf = filtered("gzip", packed_zeros("gzip", 15 * MIB));
	struct packed_member members[64];
	struct packed packed;
	struct unpacked got;

	(void)state;
	for (size_t level = 0; level < 3; level++) {
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			members[i] = (struct packed_member){"x", leaf.bytes, leaf.size};
		packed = packed_archive("zip", NULL, members, ARRAY_SIZE(members));
		packed_done(&leaf);
		leaf = packed;
	}
	walk_limited(leaf, (struct scanjob){.max_unpacked = 200 * MIB}, &got);
	assert_true(got.total.bytes < 220 * MIB);
	assert_non_null(strstr(
		got.skipped, ": it unpacks to more than the limit: the rest was not unpacked\n"));
	assert_null(strchr(strchr(got.skipped, '\n') + 1, '\n')); // once
	unpacked_done(&got);
}

static void more_members_than_the_limit_are_not_looked_at(void **state)
{
	struct packed_member *members = calloc(5000, sizeof(*members));
	struct unpacked got;

	(void)state;
	if (!members)
		abort();
	for (size_t i = 0; i < 5000; i++)
		members[i] = (struct packed_member){"x", "", 0};
	walk_limited(packed_archive("ustar", NULL, members, 5000),
		(struct scanjob){.max_members = 1000}, &got);
	assert_int_equal(got.total.members, 1000);
	assert_string_equal(got.skipped,
		"bomb: it has more members than the limit: the rest was not unpacked\n");
	free(members);
	unpacked_done(&got);
}

static void containers_nested_too_deep_are_said_once(void **state)
{
	static const struct {
		uint32_t depth;
		size_t streams;
	} depths[] = {{1, 2}, {3, 4}, {0, 9}, {1000, 9}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(depths); i++) {
		struct packed packed = text("needle");
		struct unpacked got;

		for (int level = 0; level < 12; level++)
			packed = filtered(level % 2 ? "gzip" : "zstd", packed);
		walk_limited(packed, (struct scanjob){.max_depth = depths[i].depth}, &got);
		assert_int_equal(got.count, depths[i].streams);
		assert_non_null(strstr(got.skipped, "nested deeper than the limit"));
		assert_null(strchr(strchr(got.skipped, '\n') + 1, '\n'));
		unpacked_done(&got);
	}
}

static void a_file_says_only_so_much(void **state)
{
	struct packed broken = filtered("gzip", text("a needle in gzip"));
	struct packed_member members[100];
	struct unpacked got;
	size_t lines = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		members[i] = (struct packed_member){"x", broken.bytes, broken.size - 4};
	walk_limited(packed_archive("ustar", NULL, members, 100), (struct scanjob){0}, &got);
	for (const char *at = got.skipped; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 17);
	assert_non_null(
		strstr(got.skipped, "\nbomb: more in it was not looked at, or not whole\n"));
	unpacked_done(&got);
	packed_done(&broken);
}

static void names_of_members_are_shown_escaped_and_excluded(void **state)
{
	static const char *const paths[] = {"x.tar"}, *const excluded[] = {"cache"};
	static const struct packed_member members[] = {{"a\nb", "1", 1}, {"\xc3\xa4", "2", 1},
		{"\xff", "3", 1}, {"/abs", "4", 1}, {"../up", "5", 1}, {"in/cache/x", "6", 1}};
	const struct scanjob job = {
		.paths = paths, .path_count = 1, .excluded = excluded, .excluded_count = 1};
	struct packed packed = packed_archive("ustar", NULL, members, ARRAY_SIZE(members));
	struct unpacked got = {.keep = true};
	own_free char *places = NULL;

	(void)state;
	unpacked_write("x.tar", packed.bytes, packed.size);
	unpacked_walk(&job, &got);
	places = unpacked_places(&got);
	assert_string_equal(places, " x.tar: a\\x0ab x.tar: \xc3\xa4 x.tar: \\xff x.tar: abs"
				    " x.tar: ../up");
	unpacked_done(&got);
	packed_done(&packed);
}

static void every_file_and_member_is_named_with_its_first_bytes(void **state)
{
	struct packed packed = make_ustar();
	struct unpacked got;

	(void)state;
	unpacked_write("x.tar", packed.bytes, packed.size);
	unpacked_path("x.tar", &got);
	assert_string_equal(
		got.named, "x.tar 3584\nx.tar: app/page.js 16\nx.tar: empty 0\nx.tar: .env 15\n");
	assert_int_equal(got.total.members, 3);
	unpacked_done(&got);
	packed_done(&packed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_in_a_container_comes_out),
		TEST(whatever_is_cut_off_anywhere_ends_and_gives_what_came),
		TEST(a_checksum_that_is_wrong_is_said_and_the_bytes_are_looked_at),
		TEST(what_is_cut_off_is_said),
		TEST(a_byte_that_is_wrong_anywhere_does_no_harm),
		TEST(what_lies_across_two_pieces_is_found),
		TEST(what_is_not_built_up_like_it_begins_is_looked_at_raw),
		TEST(what_unpacks_to_a_thousand_times_its_size_is_given_up),
		TEST(so_are_bombs_of_slower_methods),
		TEST(what_is_packed_well_is_no_bomb),
		TEST(a_bomb_of_brotli_is_given_up),
		TEST(a_file_of_bombs_is_given_up),
		TEST(a_bomb_of_many_levels_is_given_up),
		TEST(more_members_than_the_limit_are_not_looked_at),
		TEST(containers_nested_too_deep_are_said_once),
		TEST(a_file_says_only_so_much),
		TEST(names_of_members_are_shown_escaped_and_excluded),
		TEST(every_file_and_member_is_named_with_its_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
