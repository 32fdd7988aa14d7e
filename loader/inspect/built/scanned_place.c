// Known by the names in the path alone.
// SPDX-License-Identifier: MIT
#include "loader/inspect/built/scanned_place.h"

#include "lib/base/pool.h"
#include "lib/wire/scanreport.h"

static bool has_folder(const struct scanreport *record, const char *folder)
{
	size_t length = strlen(folder);

	for (size_t i = 0; i <= record->place.inside_count; i++) {
		const char *path = i ? record->place.inside[i - 1] : record->place.path;

		for (const char *at = path; (at = strstr(at, folder)); at++)
			if ((at == path || at[-1] == '/') && at[length] == '/')
				return true;
	}
	return false;
}

bool scanned_place_is_package(const struct scanreport *record)
{
	return has_folder(record, "node_modules");
}

bool scanned_place_is_cache(const struct scanreport *record)
{
	static const char *const folders[] = {
		".next/cache", ".cache", ".turbo", ".parcel-cache", ".vite", ".nuxt/cache"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (has_folder(record, folders[i]))
			return true;
	return false;
}

// The containers one in another, and with `stable` without what changes from build to build: a
// frame is called "zstd@1234" by its offset.
static const char *join_place(const struct scanreport *record, bool stable, struct pool *pool)
{
	const char *text = record->place.path;

	for (size_t i = 0; text && i < record->place.inside_count; i++) {
		const char *inside = record->place.inside[i], *at = strrchr(inside, '@');
		bool frame = at && at[1] && !at[1 + strspn(at + 1, "0123456789")];

		text = pool_format(pool, "%s!%.*s", text,
			stable && frame ? (int)(at - inside) : (int)strlen(inside), inside);
	}
	return text;
}

const char *scanned_place_stable(const struct scanreport *record, struct pool *pool)
{
	return join_place(record, true, pool);
}

const char *scanned_place_shown(const struct scanreport *record, struct pool *pool)
{
	const char *place = join_place(record, false, pool);
	bool counts = record->type == SCANREPORT_VALUE || record->type == SCANREPORT_OLD ||
		      record->type == SCANREPORT_PLACEHOLDER || record->type == SCANREPORT_TOKEN;

	if (!place || !counts)
		return place;
	if (record->place.line)
		return pool_format(pool, "%s:%llu", place, (unsigned long long)record->place.line);
	return pool_format(
		pool, "%s at byte %llu", place, (unsigned long long)record->place.offset);
}
