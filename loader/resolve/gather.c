// The order of env files, and the folders of secrets.
// SPDX-License-Identifier: MIT
#include "loader/resolve/gather.h"

#include "lib/base/diag.h"
#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/emulated.h"
#include "loader/read/environment.h"
#include "loader/read/secretfile.h"
#include "loader/read/source.h"
#include "loader/resolve/cascade.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

struct gathering {
	struct resolution *resolution;
	struct source_reader reader;
	struct pool_list files; // struct found_file *
	uint32_t layer;
};

static bool may_set(void *user, const char *name)
{
	const struct settings *settings = user;

	for (size_t i = 0; i < settings->key_count; i++)
		if (settings->keys[i]->applies && text_equal(settings->keys[i]->name, name))
			return true;
	return false;
}

struct source_reader gather_reader(struct resolution *resolution)
{
	return (struct source_reader){
		.found = resolution->found,
		.pool = resolution->pool,
		.arena = resolution->arena,
		.diag = resolution->diag,
		.dialect = dialect_find(resolution->settings->dialect),
		.max_file = resolution->settings->max_file,
		.may_set = may_set,
		.user = resolution->settings,
	};
}

static int read_one(struct gathering *gathering, const struct source_file *wanted)
{
	struct source_file file = *wanted;
	struct found_file *read, **slot;

	file.layer = gathering->layer++;
	file.shown = pool_copy(gathering->resolution->pool, wanted->shown);
	if (!file.shown || source_read_dotenv(&gathering->reader, &file, &read) < 0)
		return -ENOMEM;
	if (!read)
		return 0;
	slot = pool_push(gathering->resolution->pool, &gathering->files, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = read;
	return 0;
}

static bool was_read(const struct gathering *gathering, const char *shown)
{
	struct found_file *const *files = gathering->files.items;

	for (size_t i = 0; i < gathering->files.count; i++)
		if (text_equal(files[i]->shown, shown))
			return true;
	return false;
}

// The cascade in one folder: `folder` is a handle, `below` a prefix, `shown` the one for people.
struct cascade_place {
	int cascade; // enum settings_cascade
	int folder;
	const char *below, *shown, *mode;
	bool build_copy;
};

static int read_cascade(struct gathering *gathering, const struct cascade_place *place)
{
	char names[CASCADE_MAX][CASCADE_NAME_SIZE];
	size_t count = cascade_names(place->cascade, place->mode, names);

	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX], shown[PATH_MAX];

		if (!text_join(path, sizeof(path), place->below, names[i]) ||
			!text_join(shown, sizeof(shown), place->shown, names[i]))
			continue;
		if (was_read(gathering, shown))
			continue;
		if (read_one(gathering, &(struct source_file){
						.folder = place->folder,
						.path = path,
						.shown = shown,
						.build_copy = place->build_copy,
					}) < 0)
			return -ENOMEM;
	}
	return 0;
}

// Each folder from start up to root, through a handle of its own: links must stay inside it.
static int read_folders(struct gathering *gathering, const char *mode)
{
	const struct place *place = &gathering->resolution->place;
	bool together = text_equal(place->root, place->start);
	// a folder above may be closed to listing
	own_fd int opened = together ? -1 : open(place->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int root = together ? place->handle : opened;
	const char *rest = place->start + strlen(place->root);

	while (*rest == '/')
		rest++;
	for (size_t i = 0; i < place->folder_count; i++) {
		char below[PATH_MAX];
		size_t length = strlen(rest);

		for (size_t up = i; up && length; up--)
			while (length && rest[--length] != '/')
				;
		(void)snprintf(
			below, sizeof(below), "%.*s%s", (int)length, rest, length ? "/" : "");
		if (read_cascade(gathering,
			    &(struct cascade_place){gathering->resolution->settings->cascade, root,
				    below, place->folders[i], mode, false}) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_named(
	struct gathering *gathering, const char *const *paths, size_t count, const char *base)
{
	for (size_t i = 0; i < count; i++) {
		char shown[PATH_MAX];

		if (!text_join(shown, sizeof(shown), paths[i][0] == '/' ? "" : base, paths[i]))
			continue;
		if (read_one(gathering, &(struct source_file){
						.folder = gathering->resolution->place.handle,
						.path = shown,
						.shown = shown,
						.named = true,
					}) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_env_files(struct gathering *gathering)
{
	const struct resolution *resolution = gathering->resolution;
	const struct settings *settings = resolution->settings;
	int code = read_named(
		gathering, settings->files.items, settings->files.count, resolution->place.base);

	if (code == 0 && resolution->dotenv_count)
		return read_named(gathering, resolution->dotenv, resolution->dotenv_count,
			resolution->dotenv_base);
	return code == 0 ? read_folders(gathering, resolution->mode) : code;
}

// Env files that the build copied beside a standalone server rank below the app's own.
static int read_copies(struct gathering *gathering)
{
	const struct resolution *resolution = gathering->resolution;
	const struct framework *framework = &resolution->framework;
	const char *folder = framework->copy_folder, *start = resolution->place.start, *rest;
	char shown[PATH_MAX];
	own_fd int handle = -1;

	if (!folder || text_equal(folder, start))
		return 0;
	handle = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (handle < 0)
		return 0;
	rest = path_below(folder, start);
	(void)snprintf(shown, sizeof(shown), "%s/", rest ? rest : folder);
	return read_cascade(gathering, &(struct cascade_place){SETTINGS_CASCADE_NEXT, handle, "",
					       shown, framework->files_mode, true});
}

// With the framework's reader switched off, every key of the files that it would read is passed
// on, also when another mode, another cascade or --dotenv chose other files.
static int read_framework_files(struct gathering *gathering)
{
	const struct resolution *resolution = gathering->resolution;
	int code;

	if (!resolution->guard_flag)
		return 0;
	code = read_cascade(
		gathering, &(struct cascade_place){SETTINGS_CASCADE_NEXT, resolution->place.handle,
				   "", "", resolution->framework.files_mode, false});
	return code < 0 ? code : read_copies(gathering);
}

static int read_secret_folders(struct gathering *gathering)
{
	const struct resolution *resolution = gathering->resolution;
	const struct settings *settings = resolution->settings;
	const char *credentials = resolution_variable(resolution, "CREDENTIALS_DIRECTORY");
	struct secretfile_folder folder = {
		.source = SOURCE_CREDENTIALS, .at = AT_FDCWD, .path = credentials, .named = true};

	if (credentials && *credentials && secretfile_read_folder(&gathering->reader, &folder) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < settings->secrets.count; i++) {
		const char *path = settings->secrets.items[i];

		if (!settings->secrets_typed && path[0] != '/')
			path = pool_format(resolution->pool, "%s%s", resolution->place.base, path);
		if (!path)
			return -ENOMEM;
		folder = (struct secretfile_folder){
			.source = SOURCE_SECRETS,
			.at = settings->secrets_typed ? AT_FDCWD : resolution->place.handle,
			.path = path,
			.layer = (uint32_t)i,
			.lower_case_counts = true,
			.named = settings->secrets.given,
		};
		if (secretfile_read_folder(&gathering->reader, &folder) < 0)
			return -ENOMEM;
	}
	return 0;
}

// Files in another loader's dialect are read all at once: one may refer to another.
static int read_as_emulated(struct gathering *gathering)
{
	struct source_reader reader = gathering->reader;
	own(environment_release) struct environment *environment = NULL;

	if (reader.dialect->own)
		return 0;
	if (gathering->resolution->settings->interpolate == SETTING_YES)
		finding_add(gathering->resolution->diag, FINDING_SETTINGS,
			&(struct finding_about){.origin = "interpolate",
				.hint = "leave interpolate out, or read as dialect = portable"},
			"the dialect %s expands references by rules of its own",
			reader.dialect->name);
	if (!gathering->files.count)
		return 0;
	environment = environment_new(gathering->resolution->environment);
	if (!environment)
		return -ENOMEM;
	reader.environment = environment;
	return emulated_read(&reader, gathering->files.items, gathering->files.count);
}

int gather_sources(struct resolution *resolution)
{
	struct gathering gathering = {
		.resolution = resolution, .reader = gather_reader(resolution)};

	if (read_env_files(&gathering) < 0 || read_framework_files(&gathering) < 0 ||
		read_as_emulated(&gathering) < 0 || read_secret_folders(&gathering) < 0)
		return -ENOMEM;
	resolution->files = gathering.files.items;
	resolution->file_count = gathering.files.count;
	return 0;
}
