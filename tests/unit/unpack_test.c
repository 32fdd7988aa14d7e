// Containers: what is in them comes out as streams of its own, to any depth, cut off or changed
// anywhere.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/walk.h"

#include "tests/unit/packed.h"
#include "tests/unit/packing.h"
#include "tests/unit/unpacked.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// `let k="needle in brotli";`, three times, by another encoder
static const char brotli[] =
	"\x1b\x4d\x00\xf8\x45\x37\xd7\x2d\x69\x58\xaa\xd8\x8a\x7c\x41\x3e\x3c\x1c"
	"\xc3\xab\x48\x21\x2d\x2e\x6e\xfa\x90\x47\x44\x0f\xea\xbf\x55\x7b\x98\x00";

// An archive of one member.
static struct packed boxed(const char *format, const char *name, struct packed packed)
{
	const struct packed_member member = {name, packed.bytes, packed.size};
	struct packed result = packed_archive(format, NULL, &member, 1);

	packed_done(&packed);
	return result;
}

static struct packed make_pax(void)
{
	return packing_pair("pax", NULL);
}

static struct packed make_gnutar(void)
{
	return packing_pair("gnutar", NULL);
}

static struct packed make_v7tar(void)
{
	return packing_pair("v7tar", NULL);
}

static struct packed make_encrypted_zip(void)
{
	struct packed packed = packing_pair("zip", NULL);

	for (size_t i = 0; i + 4 < packed.size; i++) {
		if (memcmp(packed.bytes + i, "PK\x03\x04", 4) == 0)
			packed.bytes[i + 6] |= 1; // the flag of encryption
	}
	return packed;
}

static struct packed make_two_gzips(void)
{
	return packed_join(
		packing_make_gzip(), packing_filtered("gzip", packing_text(" and more")));
}

static struct packed make_gzip_and_more(void)
{
	return packed_join(make_two_gzips(), packing_text("a needle behind"));
}

static struct packed make_zstd_frames(void)
{
	struct packed skippable = packed_copy("\x53\x2a\x4d\x18\x05\0\0\0abcde", 13);

	return packed_join(packed_join(skippable, packing_make_zstd()),
		packed_join(packing_filtered("zstd", packing_text(" and more")),
			packing_text("a needle behind")));
}

static struct packed make_frames_anywhere(void)
{
	struct packed packed = packed_join(packing_text("0123456789"), packing_make_zstd());

	packed = packed_join(packed, packed_copy("\x28\xb5\x2f\xfd\x28\xb5\x2f\xfdno", 10));
	return packed_join(packed_join(packed, packing_filtered("zstd", packing_text("second"))),
		packing_text("tail"));
}

static struct packed make_brotli(void)
{
	return packed_copy(brotli, sizeof(brotli) - 1);
}

static struct packed make_nested(void)
{
	struct packed inner =
		packing_filtered("gzip", boxed("ustar", "deep.js", packing_text("a deep needle")));

	return boxed("ustar", "outer.zip", boxed("zip", "inner.tgz", inner));
}

static struct packed make_image(void)
{
	static const struct packed_member layer[] = {
		{"app/.wh.old", "", 0}, {"./app/.env", "A=a needle in a layer", 21}};
	struct packed first = packing_filtered("gzip", packed_archive("pax", NULL, layer, 2));
	struct packed second = packing_filtered("zstd", packed_archive("pax", NULL, layer, 2));
	const struct packed_member members[] = {{"blobs/sha256/aa", first.bytes, first.size},
		{"blobs/sha256/bb", second.bytes, second.size}, {"index.json", "{}", 2}};
	struct packed image = packed_archive("gnutar", NULL, members, 3);

	packed_done(&first);
	packed_done(&second);
	return image;
}

static struct packed make_ar(void)
{
	return packing_pair("arbsd", NULL);
}

static struct packed make_ar_without_types(void)
{
	return packing_text("!<arch>\npage.o/         0           0     0     644     16        `\n"
			    "the first needle");
}

static struct packed make_newc(void)
{
	return packing_pair("newc", NULL);
}

static struct packed make_odc(void)
{
	return packing_pair("odc", NULL);
}

static struct packed make_xz(void)
{
	struct packed packed = packing_filtered("xz", packing_text("a needle in xz"));

	packed = packed_join(packed, packed_copy("\0\0\0\0", 4)); // padding of a stream
	return packed_join(packed, packing_filtered("xz", packing_text(" and more")));
}

static struct packed make_lzma(void)
{
	return packing_filtered("lzma", packing_text("a needle in lzma"));
}

static struct packed make_lzip(void)
{
	return packing_filtered("lzip", packing_text("a needle in lzip"));
}

static struct packed make_bzip2(void)
{
	return packed_join(packing_filtered("bzip2", packing_text("a needle in bzip2")),
		packing_filtered("bzip2", packing_text(" and more")));
}

static struct packed make_lz4(void)
{
	return packing_filtered("lz4", packing_text("a needle in lz4"));
}

static struct packed make_compress(void)
{
	return packing_filtered("compress", packing_text("a needle in compress"));
}

static struct packed make_deb(void)
{
	struct packed data =
		packing_filtered("xz", boxed("gnutar", "./opt/.env", packing_text("A=a needle")));
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
	return packed_join(packed, packing_filtered("gzip", make_newc()));
}

static struct packed make_program(void)
{
	return packed_join(packing_text("#!/bin/sh\nexec unpack $0\n"), packing_make_zip());
}

static struct packed make_makeself(void)
{
	return packed_join(packing_text("#!/bin/sh\ntail -n +3 $0 | tar xz\n"),
		packing_filtered("gzip", boxed("ustar", "app/.env", packing_text("A=a needle"))));
}

// libarchive's versions write zips of other sizes.
#define SECOND_ZIP_AT 256

static struct packed make_two_zips(void)
{
	struct packed first = boxed("zip", "a.js", packing_text("one"));
	char between[SECOND_ZIP_AT + 1];

	(void)snprintf(between, sizeof(between), "%*s", (int)(SECOND_ZIP_AT - first.size), "");
	return packed_join(packed_join(first, packing_text(between)),
		boxed("zip", "b.js", packing_text("two")));
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
	return packed_join(packing_text("head"), make_zstd_with_dictionary());
}

static struct packed make_talk(void)
{
	return packing_text(" at the begin, \x1f\x8b\x08 or PK\x03\x04");
}

static struct packed make_7zip(void)
{
	return packing_text("7z\xbc\xaf\x27\x1c needle");
}

// Sizes stand behind the bytes of a zip that goes down a pipe.
static struct packed make_streamed_zip(void)
{
	static const char zip[] =
		"PK\x03\x04\x14\0\x08\0\x08\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0"
		".wh.x\xcbKMM\xc9I\x05\0PK\x07\x08\x05\xe2Xe\x08\0\0\0\x06\0\0\0"
		"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

	return packed_copy(zip, sizeof(zip) - 1);
}

static struct packed make_squashfs_in_tar(void)
{
	return boxed("ustar", "root.squashfs", packing_text("hsqs needle"));
}

static const struct {
	const char *name; // of the file
	struct packed (*make)(void);
	const char *places; // in the order in which they begin
	const char *place, *needle;
	const char *skipped;
} cases[] = {
	{"a.tar", packing_make_ustar, " a.tar: app/page.js a.tar: .env", "a.tar: .env",
		"A=second needle", ""},
	{"no-name", make_pax, " no-name: app/page.js no-name: .env", "no-name: app/page.js",
		"the first needle", ""},
	{"a.tar", make_gnutar, " a.tar: app/page.js a.tar: .env", "a.tar: .env", "A=second needle",
		""},
	{"a.tar", make_v7tar, " a.tar: app/page.js a.tar: .env", "a.tar: .env", "A=second needle",
		""},
	{"a.jar", packing_make_zip, " a.jar: app/page.js a.jar: .env a.jar", "a.jar: .env",
		"A=second needle", ""},
	{"a.zip", packing_make_stored_zip, " a.zip: app/page.js a.zip: .env a.zip",
		"a.zip: app/page.js", "the first needle", ""},
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
	{"a.zip", make_two_zips, " a.zip: a.js a.zip a.zip: zip@256: b.js", "a.zip: zip@256: b.js",
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
	{"a.zip", make_streamed_zip, " a.zip: .wh.x a.zip", "a.zip: .wh.x", "needle", ""},
	{"a.gz", packing_make_gzip, " a.gz a.gz: gzip", "a.gz: gzip", "a needle in gzip", ""},
	{"0.pack.gz", make_two_gzips, " 0.pack.gz 0.pack.gz: gzip", "0.pack.gz: gzip",
		"a needle in gzip and more", ""},
	{"a.gz", make_gzip_and_more, " a.gz a.gz: gzip", "a.gz", "a needle behind", ""},
	{"a.zst", packing_make_zstd, " a.zst a.zst: zstd", "a.zst: zstd", "a needle in zstd", ""},
	{"a.zst", make_zstd_frames, " a.zst a.zst: zstd", "a.zst: zstd",
		"a needle in zstd and more", ""},
	{"0.sst", make_frames_anywhere, " 0.sst 0.sst: zstd@10 0.sst: zstd@45", "0.sst: zstd@45",
		"second", ""},
	{"a.js.br", make_brotli, " a.js.br a.js.br: br", "a.js.br: br", "needle in brotli", ""},
	{"a.br", packing_make_zip, " a.br: app/page.js a.br: .env a.br", "a.br: .env",
		"A=second needle", ""},
	{"a.br", packing_make_map, " a.br a.br: sourcemap@9", NULL, NULL,
		"a.br: it is named like a brotli file and is none, or broken\n"},
	{"a.js", packing_make_map, " a.js a.js: sourcemap@9", "a.js: sourcemap@9",
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, packing_set_up, packing_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_in_a_container_comes_out),
		TEST(whatever_is_cut_off_anywhere_ends_and_gives_what_came),
		TEST(a_byte_that_is_wrong_anywhere_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
