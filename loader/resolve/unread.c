// A look at names only: no value of such a file is kept.
// SPDX-License-Identifier: MIT
#include "loader/resolve/unread.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "loader/read/source.h"
#include "loader/read/sourcefile.h"
#include "loader/resolve/cascade.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/gather.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdalign.h>

#define NAMES_SHOWN 5

// Names in an env file that nobody reads.
struct names {
	size_t count;
	char text[512];
};

struct unread {
	const struct resolution *resolution;
	struct names missing, unknown; // declared here without a value; of no interest here
};

static int note_name(void *user, const char *name, size_t length)
{
	struct unread *unread = user;
	const struct contest *contest = contest_find(unread->resolution, name, length);
	struct names *names = contest ? &unread->missing : &unread->unknown;
	size_t used = strlen(names->text);

	if (contest && (contest_winner(contest) || contest->count))
		return 0;
	if (names->count++ < NAMES_SHOWN && used < sizeof(names->text))
		(void)snprintf(names->text + used, sizeof(names->text) - used, "%s%.*s",
			used ? ", " : "", (int)length, name);
	return 0;
}

static int look_at(
	struct resolution *resolution, const char *path, bool beside, struct pool_list *list)
{
	const struct source_reader reader = gather_reader(resolution);
	const struct source_file file = {
		.folder = resolution->place.handle, .path = path, .shown = path, .named = true};
	struct unread unread = {.resolution = resolution};
	const struct names *names;

	for (size_t i = 0; i < resolution->file_count; i++)
		if (text_equal(resolution->files[i]->shown, path))
			return 0;
	if (source_list_names(&reader, &file, note_name, &unread) < 0)
		return -ENOMEM;
	names = unread.missing.count ? &unread.missing : &unread.unknown;
	if (!names->count)
		return 0;
	if (pool_push_text(resolution->pool, list, pool_copy(resolution->pool, path)) < 0)
		return -ENOMEM;
	finding_add(resolution->diag,
		beside && names == &unread.unknown ? FINDING_OTHER_FILE : FINDING_UNREAD_FILE,
		&(struct finding_about){.origin = path},
		"not read in mode %s, but offers %zu key%s that no source has: %s%s",
		resolution->mode, names->count, text_plural(names->count), names->text,
		names->count > NAMES_SHOWN ? ", ..." : "");
	return 0;
}

static bool is_env_file_name(const char *name)
{
	static const char *const endings[] = {"~", ".bak", ".old", ".orig", ".swp", ".tmp", ".md",
		".example", ".sample", ".template", ".dist", ".defaults", ".schema", ".vault",
		".keys", ".enc"};

	if (!text_starts(name, ".env") || (name[4] && name[4] != '.'))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (text_ends(name, endings[i]))
			return false;
	return true;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The names of env files in the folder where all begins, through the handle that is open anyway.
static int list_env_files(const struct resolution *resolution, struct pool_list *names)
{
	int handle = resolution->place.handle;
	alignas(struct dirent64) char batch[4096];
	ssize_t got;

	if (lseek(handle, 0, SEEK_SET) < 0)
		return 0; // a look around that cannot be had stops nothing
	while ((got = getdents64(handle, batch, sizeof(batch))) > 0) {
		for (ssize_t at = 0; at < got;) {
			const struct dirent64 *entry = (const void *)(batch + at);

			at += entry->d_reclen;
			if (is_env_file_name(entry->d_name) &&
				pool_push_text(resolution->pool, names,
					pool_copy(resolution->pool, entry->d_name)) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

// Env files beside the ones that are read: of another mode, or misspelt.
static int look_beside(struct resolution *resolution, struct pool_list *list)
{
	struct pool_list names = {0};
	const char **items;

	if (list_env_files(resolution, &names) < 0)
		return -ENOMEM;
	items = names.items;
	if (names.count > 1)
		qsort(items, names.count, sizeof(*items), compare_names);
	for (size_t i = 0; i < names.count; i++)
		if (look_at(resolution, items[i], true, list) < 0)
			return -ENOMEM;
	return 0;
}

// Env files in the folders above, which another app of the same repository may well read.
static int look_above(struct resolution *resolution, struct pool_list *list)
{
	const struct place *place = &resolution->place;

	for (size_t i = 0; i < place->above_count; i++) {
		char names[CASCADE_MAX][CASCADE_NAME_SIZE];
		size_t count =
			cascade_names(resolution->settings->cascade, resolution->mode, names);

		for (size_t j = 0; j < count; j++) {
			char path[PATH_MAX];

			if (!text_join(path, sizeof(path), place->above[i], names[j]) ||
				faccessat(place->handle, path, R_OK, 0) < 0)
				continue;
			if (look_at(resolution, path, false, list) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int note_example(void *user, const char *name, size_t length)
{
	const struct resolution *resolution = user;
	const struct contest *contest = contest_find(resolution, name, length);
	char key[BUNDLE_NAME_MAX + 1];

	if (length >= sizeof(key) || (contest && contest->count))
		return 0;
	memcpy(key, name, length);
	key[length] = '\0';
	if (resolution_variable(resolution, key))
		return 0;
	finding_add(resolution->diag, FINDING_EXAMPLE_MISSING,
		&(struct finding_about){.key = key, .origin = resolution->settings->example},
		"the example names it, no source gives it");
	return 0;
}

// One that somebody named must be there to be read.
static int judge_example(const struct source_reader *reader, const struct source_file *file)
{
	struct err err = ERR_NONE;
	struct fs_file bytes;
	int code = sourcefile_load(reader, file, &bytes, &err);

	if (code == 0)
		fs_file_done(&bytes, reader->arena);
	else if (code != -ENOMEM)
		sourcefile_report(reader, NULL, &err);
	return code == -ENOMEM ? code : 0;
}

int unread_look(struct resolution *resolution)
{
	const struct source_reader reader = gather_reader(resolution);
	const char *base = resolution->place.base;
	struct pool_list unread = {0};
	struct source_file file;
	char path[PATH_MAX];

	if (look_beside(resolution, &unread) < 0 ||
		(!resolution->dotenv_count && look_above(resolution, &unread) < 0))
		return -ENOMEM;
	resolution->unread = unread.items;
	resolution->unread_count = unread.count;
	if (!text_join(path, sizeof(path), resolution->settings->example[0] == '/' ? "" : base,
		    resolution->settings->example))
		return 0;
	file = (struct source_file){
		.folder = resolution->place.handle, .path = path, .shown = path, .named = true};
	if (resolution->settings->example_given && judge_example(&reader, &file) < 0)
		return -ENOMEM;
	return source_list_names(&reader, &file, note_example, resolution);
}
