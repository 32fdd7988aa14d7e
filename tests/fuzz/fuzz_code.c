// Any bytes as code of the app, searched for fallbacks that a build left and for what lets an env
// file win: each find names a key and a line that are there, and a second look finds the same.
// SPDX-License-Identifier: MIT
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/inspect/doctor/override.h"
#include "loader/resolve/built_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct look {
	uint32_t lines, last;
	uint64_t said;
};

static int check(void *user, const struct override *override)
{
	struct look *look = user;

	if (override->line < 1 || override->line > look->lines || !*override->text)
		abort();
	look->said = look->said * 31 + override->line;
	return 0;
}

static uint64_t look_for_overrides(const char *name, const char *text, size_t size)
{
	struct look look = {.lines = 1};

	for (size_t i = 0; i < size; i++)
		look.lines += text[i] == '\n';
	if (override_scan(name, text, size, check, &look))
		abort();
	return look.said;
}

static size_t look_for_fallbacks(const char *text, size_t size)
{
	own(pool_release) struct pool *pool = pool_new();
	struct pool_list found = {0};
	const struct built_fallback *items;

	if (built_code_read(text, size, "server.js", pool, &found))
		abort();
	items = found.items;
	for (size_t i = 0; i < found.count; i++) {
		if (!memmem(text, size, items[i].key, strlen(items[i].key)) || !*items[i].key ||
			!*items[i].placeholder) // `$` may stand in one
			abort();
		for (size_t j = 0; j < i; j++)
			if (text_equal(items[i].key, items[j].key))
				abort();
	}
	return found.count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char *const names[] = {"a.js", "a.ts", "a.py", "a.rb", "a.go", "a.php", "a.sh",
		"Dockerfile", "a.rs", "package.json"};
	const char *text = (const char *)bytes + 1, *name;
	uint64_t overrides;
	size_t fallbacks;

	if (!size)
		return 0;
	name = names[bytes[0] % ARRAY_SIZE(names)];
	overrides = look_for_overrides(name, text, size - 1);
	fallbacks = look_for_fallbacks(text, size - 1);
	if (look_for_overrides(name, text, size - 1) != overrides || // the same each time
		look_for_fallbacks(text, size - 1) != fallbacks)
		abort();
	return 0;
}
