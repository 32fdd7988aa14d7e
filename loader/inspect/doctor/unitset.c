// Folders before files: a drop-in's name decides its order, the first folder that holds the name
// which one it is.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/unitset.h"

#include "lib/base/listing.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

// Adds a text that is not in the list yet.
static int add_new(struct pool *pool, struct pool_list *list, const char *text)
{
	const char *const *known = list->items;

	for (size_t i = 0; i < list->count; i++)
		if (text_equal(known[i], text))
			return 0;
	return pool_push_text(pool, list, pool_copy(pool, text));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Notes what keeps us from looking; that nothing is there does not.
static void note_gap(const struct unitset *set, const char *path, int code)
{
	if (code == 0 || code == -ENOENT || code == -ENOTDIR || !set->gap || set->gap->code)
		return;
	*set->gap = (struct unitset_gap){path, code};
}

// The names that end so, up to `most`.
struct wanted {
	const struct unitset *set;
	const char *end;
	size_t most;
	struct pool_list *names;
};

static int add_name(void *user, int folder, const char *name)
{
	const struct wanted *wanted = user;

	(void)folder;
	if (name[0] == '.' || !text_ends(name, wanted->end))
		return 0;
	if (wanted->names->count >= wanted->most)
		return -E2BIG;
	return add_new(wanted->set->pool, wanted->names, name);
}

static int add_names(const char *folder, struct wanted *wanted)
{
	int code = listing_read(AT_FDCWD, folder, add_name, wanted);

	if (code == -ENOMEM)
		return code;
	note_gap(wanted->set, folder, code);
	return 0;
}

int unitset_list(const struct unitset *set, const char *const **ret_names, size_t *ret_count)
{
	struct pool_list names = {0};
	struct wanted wanted = {set, ".service", UNITSET_UNITS_MAX, &names};
	int code = 0;

	for (size_t i = 0; i < set->folder_count && code == 0; i++)
		code = add_names(set->folders[i], &wanted);
	if (names.count)
		qsort(names.items, names.count, sizeof(char *), by_text);
	*ret_names = names.items;
	*ret_count = names.count;
	return code;
}

static bool is_null(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 && S_ISCHR(facts.st_mode);
}

// Finds a name below the folders of `parts`: the first one that has it.
static int find_file(const struct unitset *set, const struct pool_list *folders, const char *name,
	const char **ret_path)
{
	const char *const *items = folders->items;

	*ret_path = NULL;
	for (size_t i = 0; i < folders->count; i++) {
		const char *path = pool_format(set->pool, "%s/%s", items[i], name);
		struct stat facts;

		if (!path)
			return -ENOMEM;
		if (lstat(path, &facts) < 0) {
			note_gap(set, path, -errno);
			continue;
		}
		*ret_path = path;
		return 0;
	}
	return 0;
}

// Folders of drop-ins called `name`.d, below each folder of units.
static int add_folders(const struct unitset *set, const char *name, struct pool_list *folders)
{
	int code = 0;

	for (size_t i = 0; i < set->folder_count && code == 0; i++) {
		const char *path = pool_format(set->pool, "%s/%s.d", set->folders[i], name);

		code = path ? 0 : -ENOMEM;
		if (path && access(path, F_OK) == 0)
			code = add_new(set->pool, folders, path);
		else if (path)
			note_gap(set, path, -errno);
	}
	return code;
}

// NAME.d; of an instance the template's; foo-.service.d for foo-bar.service; service.d.
static int find_folders(const struct unitset *set, const char *name, struct pool_list *folders)
{
	int code = add_folders(set, name, folders);
	const char *at = strchr(name, '@');

	if (code == 0 && at && !text_starts(at, "@.")) {
		const char *model = pool_format(set->pool, "%.*s@.service", (int)(at - name), name);

		code = model ? add_folders(set, model, folders) : -ENOMEM;
	}
	for (size_t i = strlen(name); i > 1 && code == 0; i--) {
		const char *prefix;

		if (name[i - 1] != '-' || text_equal(name + i, ".service"))
			continue;
		prefix = pool_format(set->pool, "%.*s.service", (int)i, name);
		code = prefix ? add_folders(set, prefix, folders) : -ENOMEM;
	}
	return code == 0 ? add_folders(set, "service", folders) : code;
}

static int add_path(struct pool *pool, struct pool_list *paths, const char *path)
{
	return path && !is_null(path) ? pool_push_text(pool, paths, path) : 0;
}

int unitset_files(const struct unitset *set, const char *name, const char *const **ret_paths,
	size_t *ret_count, bool *ret_masked)
{
	struct pool_list roots = {0}, folders = {0}, names = {0}, paths = {0};
	struct wanted wanted = {set, ".conf", UNITSET_DROPINS_MAX, &names};
	const char *path = NULL;
	int code = 0;

	for (size_t i = 0; i < set->folder_count && code == 0; i++)
		code = add_new(set->pool, &roots, set->folders[i]);
	if (code == 0)
		code = find_file(set, &roots, name, &path);
	if (code == 0)
		code = add_path(set->pool, &paths, path);
	*ret_masked = path && is_null(path);
	if (code == 0)
		code = find_folders(set, name, &folders);
	for (size_t i = 0; i < folders.count && code == 0; i++)
		code = add_names(((const char *const *)folders.items)[i], &wanted);
	if (names.count)
		qsort(names.items, names.count, sizeof(char *), by_text);
	for (size_t i = 0; i < names.count && code == 0; i++) {
		code = find_file(set, &folders, ((const char *const *)names.items)[i], &path);
		if (code == 0)
			code = add_path(set->pool, &paths, path);
	}
	*ret_paths = paths.items;
	*ret_count = paths.count;
	return code;
}
