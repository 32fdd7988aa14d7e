// One list out of what the resolution knows: its place, its settings, and the files behind values.
// SPDX-License-Identifier: MIT
#include "loader/resolve/whereabouts.h"

#include "lib/base/pool.h"
#include "loader/read/found.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <errno.h>
#include <limits.h>

struct listing {
	const struct resolution *resolution;
	struct pool *pool;
	const char *here; // the current folder
	struct pool_list list;
};

static int add(
	struct listing *listing, enum whereabouts_kind kind, const char *base, const char *path)
{
	struct whereabouts *slot;

	slot = pool_push(listing->pool, &listing->list, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	slot->kind = kind;
	slot->path = path[0] == '/' ? pool_copy(listing->pool, path)
				    : pool_format(listing->pool, "%s/%s", base, path);
	return slot->path ? 0 : -ENOMEM;
}

// The folders of the cascade and those above, where a samekey.ini may come to be.
static int add_cascade(struct listing *listing)
{
	const struct place *place = &listing->resolution->place;
	int code = 0;

	for (size_t i = 0; i < place->folder_count && code == 0; i++)
		code = add(listing, WHEREABOUTS_ENV, place->start, place->folders[i]);
	for (size_t i = 0; i < place->above_count && code == 0; i++)
		code = add(listing, WHEREABOUTS_ENV, place->start, place->above[i]);
	if (code == 0 && place->ini)
		code = add(listing, WHEREABOUTS_FILE, place->start, place->ini);
	return code;
}

static int add_named(
	struct listing *listing, const char *const *paths, size_t count, const char *base)
{
	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];

		if (snprintf(path, sizeof(path), "%s%s", paths[i][0] == '/' ? "" : base,
			    paths[i]) >= PATH_MAX)
			continue; // nor was it read
		if (add(listing, WHEREABOUTS_FILE, listing->resolution->place.start, path) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_env_files(struct listing *listing)
{
	const struct resolution *resolution = listing->resolution;
	const struct settings *settings = resolution->settings;
	int code = add_named(
		listing, settings->files.items, settings->files.count, resolution->place.base);

	if (code == 0)
		code = add_named(listing, resolution->dotenv, resolution->dotenv_count,
			resolution->dotenv_base);
	for (size_t i = 0; i < resolution->file_count && code == 0; i++)
		code = add(listing, WHEREABOUTS_FILE, resolution->place.start,
			resolution->files[i]->shown);
	return code;
}

static int add_secret_folders(struct listing *listing)
{
	const struct resolution *resolution = listing->resolution;
	const struct settings *settings = resolution->settings;
	const char *credentials = resolution_variable(resolution, "CREDENTIALS_DIRECTORY");
	int code = 0;

	if (credentials && *credentials)
		code = add(listing, WHEREABOUTS_FOLDER, listing->here, credentials);
	for (size_t i = 0; i < settings->secrets.count && code == 0; i++) {
		char path[PATH_MAX];
		const char *item = settings->secrets.items[i];
		bool typed = settings->secrets_typed;

		if (snprintf(path, sizeof(path), "%s%s",
			    typed || item[0] == '/' ? "" : resolution->place.base, item) < PATH_MAX)
			code = add(listing, WHEREABOUTS_FOLDER,
				typed ? listing->here : resolution->place.start, path);
	}
	return code;
}

// Files behind single values: those of secrets folders, and what KEY_FILE names.
static int add_value_files(struct listing *listing)
{
	const struct resolution *resolution = listing->resolution;
	int code = 0;

	for (size_t i = 0; i < resolution->contest_count && code == 0; i++) {
		const struct contest *contest = &resolution->contests[i];
		const struct found *found = contest->found ? contest->found->first : NULL;
		const char *named = contest->file_variable ? resolution_variable(resolution,
								     contest->file_variable)
							   : NULL;

		if (named && *named)
			code = add(listing, WHEREABOUTS_FILE, listing->here, named);
		for (; found && code == 0; found = found->next)
			if (found->origin.source == SOURCE_SECRETS ||
				found->origin.source == SOURCE_CREDENTIALS)
				code = add(listing, WHEREABOUTS_FILE,
					resolution->settings->secrets_typed
						? listing->here
						: resolution->place.start,
					found->origin.place);
	}
	return code;
}

int whereabouts_list(const struct resolution *resolution, struct pool *pool,
	const struct whereabouts **ret_list, size_t *ret_count)
{
	char here[PATH_MAX];
	struct listing listing = {.resolution = resolution, .pool = pool, .here = here};

	if (!getcwd(here, sizeof(here)))
		(void)snprintf(here, sizeof(here), "%s", resolution->place.start);
	if (add_cascade(&listing) < 0 || add_env_files(&listing) < 0 ||
		add_secret_folders(&listing) < 0 || add_value_files(&listing) < 0)
		return -ENOMEM;
	*ret_list = listing.list.items;
	*ret_count = listing.list.count;
	return 0;
}
