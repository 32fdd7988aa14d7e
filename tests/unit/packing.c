// Packs by libarchive.
// SPDX-License-Identifier: MIT
#include "tests/unit/packing.h"

#include "loader/scan/unpack/walk.h"
#include "tests/unit/packed.h"
#include "tests/unit/unpacked.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

int packing_set_up(void **state)
{
	(void)state;
	unpacked_scratch();
	return 0;
}

int packing_tear_down(void **state)
{
	(void)state;
	unpacked_scratch_done();
	return 0;
}

struct packed packing_text(const char *bytes)
{
	return packed_copy(bytes, strlen(bytes));
}

struct packed packing_filtered(const char *filter, struct packed packed)
{
	struct packed result = packed_filter(filter, packed.bytes, packed.size);

	packed_done(&packed);
	return result;
}

struct packed packing_pair(const char *format, const char *options)
{
	static const struct packed_member members[] = {{"app/page.js", "the first needle", 16},
		{"empty", "", 0}, {".env", "A=second needle", 15}};

	return packed_archive(format, options, members, ARRAY_SIZE(members));
}

struct packed packing_make_ustar(void)
{
	return packing_pair("ustar", NULL);
}

struct packed packing_make_zip(void)
{
	return packing_pair("zip", NULL);
}

struct packed packing_make_stored_zip(void)
{
	return packing_pair("zip", "zip:compression=store");
}

struct packed packing_make_gzip(void)
{
	return packing_filtered("gzip", packing_text("a needle in gzip"));
}

struct packed packing_make_zstd(void)
{
	return packing_filtered("zstd", packing_text("a needle in zstd"));
}

struct packed packing_make_map(void)
{
	return packing_text(
		"f();\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,"
		"eyJzb3VyY2VzQ29udGVudCI6WyJuZWVkbGUiXX0=\n//# sourceMappingURL=data:no\n");
}
