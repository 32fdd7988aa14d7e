// Any bytes as a baseline: it is refused with a word, or read; then every place in it is a lasting
// one, and none of its entries was met.
// SPDX-License-Identifier: MIT
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "loader/inspect/built/baseline.h"
#include "loader/inspect/built/lasting.h"
#include "loader/inspect/built/scanned.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(struct baseline *baseline, struct pool *pool)
{
	struct scanned scanned = {0};

	baseline_apply(baseline, &scanned);
	for (size_t i = 0; i < baseline->count; i++) {
		const struct baseline_entry *entry = &baseline->entries[i];
		const char *again = lasting_place(entry->place, pool);

		if (!again || strcmp(again, entry->place) != 0 || !*entry->code || entry->met)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	own(pool_release) struct pool *pool = pool_new();
	struct baseline baseline;
	struct err err = ERR_NONE;
	int code = pool ? baseline_decode("b.json", bytes, size, pool, &baseline, &err) : -ENOMEM;

	if (code == 0)
		check(&baseline, pool);
	else if (!*err.what)
		abort();
	return 0;
}
