// The walk over the tree: what each file is, and what is kept of it.
// Every byte read lies in one guarded block, because env files are among the files.
// SPDX-License-Identifier: MIT
#include "loader/inspect/survey.h"

#include "lib/base/fs.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/jsonload.h"
#include "lib/value/shape.h"
#include "loader/inspect/filevalue.h"
#include "loader/inspect/mention.h"
#include "loader/inspect/sources.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/dotenv.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>

static const char *const example_files[] = {
	".env.example", ".env.sample", ".env.template", ".env.dist", NULL};

// Env files by name that hold no settings of the app.
static const char *const foreign_env_files[] = {".env.vault", ".env.keys", ".env.me", NULL};

static const struct {
	enum survey_mark mark;
	const char *start, *end; // of the file's name
	const char *text;
} marks[] = {
	{SURVEY_PM2, "ecosystem.config.", "js", "ecosystem.config.js"},
	{SURVEY_PM2, "ecosystem.config.", "json", "ecosystem.config.js"},
	{SURVEY_DOCKERFILE, "Dockerfile", "", "Dockerfile"},
	{SURVEY_DOCKERFILE, "Containerfile", "", "Dockerfile"},
	{SURVEY_COMPOSE, "docker-compose", "yml", "a compose file"},
	{SURVEY_COMPOSE, "docker-compose", "yaml", "a compose file"},
	{SURVEY_COMPOSE, "compose.", "ml", "a compose file"},
	{SURVEY_SYSTEMD, "", ".service", "a systemd unit"},
	{SURVEY_PROCFILE, "Procfile", "", "Procfile"},
};

#define WALK_ENDS 1 // by a cap; 0 goes on

struct walk {
	struct pool *pool;
	struct secret_arena *arena;
	struct filevalue_room values;
	uint8_t *block; // SURVEY_FILE_MAX bytes for the file that is being read
	struct map *names;
	struct pool_list keys, fallbacks, env_files, apps;
	struct survey *survey;
	uint64_t bytes;
	const struct tree_file *file; // the one that is being read
	const char *shown;            // its path in the pool once something points there
};

static const char *shown_path(struct walk *walk)
{
	if (!walk->shown)
		walk->shown = pool_copy(walk->pool, walk->file->path);
	return walk->shown;
}

// ---- keys

// Finds or adds a key.
// Returns: the key; NULL when memory is short, or when there are too many (then `cut` is set).
static struct survey_key *key_of(struct walk *walk, const char *name, size_t length)
{
	size_t index = map_find(walk->names, name, length);
	struct survey_key *key;
	char *copy;

	if (index != MAP_ABSENT)
		return (struct survey_key *)walk->keys.items + index;
	if (walk->keys.count == SURVEY_KEYS_MAX) {
		walk->survey->cut = true;
		return NULL;
	}
	copy = pool_text(walk->pool, name, length);
	key = copy ? pool_push(walk->pool, &walk->keys, sizeof(*key)) : NULL;
	if (!key || map_put(walk->names, copy, length, walk->keys.count - 1) < 0)
		return NULL;
	*key = (struct survey_key){.name = copy};
	return key;
}

static int without_key(const struct walk *walk)
{
	return walk->survey->cut ? 0 : -ENOMEM;
}

static int add_fallback(struct walk *walk, struct survey_key *key, uint32_t line)
{
	struct survey_fallback *fallback;

	key->fallback = true;
	if (walk->fallbacks.count == SURVEY_FALLBACKS_MAX)
		return 0;
	fallback = pool_push(walk->pool, &walk->fallbacks, sizeof(*fallback));
	if (!fallback)
		return -ENOMEM;
	*fallback = (struct survey_fallback){key->name, {walk->shown, line}};
	return 0;
}

static int add_mention(void *user, const struct mention *mention)
{
	struct walk *walk = user;
	struct survey_key *key = key_of(walk, mention->name, mention->name_length);

	if (!key)
		return without_key(walk);
	if (!shown_path(walk))
		return -ENOMEM;
	key->in_browser_only = mention->browser && (key->in_browser_only || key->read_count == 0);
	if (key->read_count < SURVEY_PLACES_MAX)
		key->read[key->read_count] = (struct survey_place){walk->shown, mention->line};
	key->read_count++;
	return mention->fallback ? add_fallback(walk, key, mention->line) : 0;
}

static int add_entry(void *user, const struct dotenv_entry *entry)
{
	struct walk *walk = user;
	struct survey_key *key = key_of(walk, entry->name, entry->name_length);

	if (!key)
		return without_key(walk);
	if (!shown_path(walk))
		return -ENOMEM;
	key->value_looks_secret |=
		shape_value_looks_secret(secret_view(entry->raw, entry->raw_length));
	if (!key->values || key->values->file != walk->shown) {
		if (key->offered_count < SURVEY_PLACES_MAX)
			key->offered[key->offered_count] = walk->shown;
		key->offered_count++;
	}
	return filevalue_add(&walk->values, &key->values, walk->shown, entry);
}

// ---- files

// Reads a regular file into the block.
// Returns: its size, or a negative errno.
static ssize_t read_whole(struct walk *walk)
{
	own_fd int fd = openat(walk->file->folder, walk->file->name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat facts;
	ssize_t size;

	if (fd < 0 || fstat(fd, &facts) < 0)
		return -errno;
	if (!S_ISREG(facts.st_mode))
		return -EINVAL;
	size = fs_read_all(fd, walk->block, SURVEY_FILE_MAX);
	if (size == SURVEY_FILE_MAX)
		return -EFBIG;
	if (size > 0)
		walk->bytes += (uint64_t)size;
	return size;
}

static void ignore_trouble(void *user, const struct dotenv_trouble *trouble)
{
	(void)user;
	(void)trouble;
}

static int read_env_file(struct walk *walk, size_t size)
{
	const struct dotenv_sink sink = {walk, add_entry, ignore_trouble};

	if (!shown_path(walk))
		return -ENOMEM;
	if (walk->env_files.count < SURVEY_FILES_LISTED_MAX &&
		pool_push_text(walk->pool, &walk->env_files, walk->shown) < 0)
		return -ENOMEM;
	return dotenv_read(walk->block, size, dialect_find("portable"), &sink);
}

static bool depends_on(const json_t *package, const char *name)
{
	return json_object_get(json_object_get(package, "dependencies"), name) ||
	       json_object_get(json_object_get(package, "devDependencies"), name);
}

static int read_package(struct walk *walk, size_t size)
{
	struct survey_app *app = NULL;
	bool full = walk->apps.count == SURVEY_FILES_LISTED_MAX;
	json_t *package = NULL;
	const char *name;

	if (jsonload_text((const char *)walk->block, size, 0, &package, NULL) == -ENOMEM)
		return -ENOMEM;
	name = json_string_value(json_object_get(package, "name"));
	if (json_is_object(package) && !full)
		app = pool_push(walk->pool, &walk->apps, sizeof(*app));
	if (app) {
		size_t folder = strlen(walk->file->path) - strlen("package.json");

		*app = (struct survey_app){
			.folder =
				folder ? pool_text(walk->pool, walk->file->path, folder - 1) : ".",
			.name = pool_copy(walk->pool, name ? name : ""),
			.next = depends_on(package, "next"),
			.dotenv = depends_on(package, "dotenv"),
		};
	}
	full |= !json_is_object(package);
	json_decref(package);
	return full || (app && app->folder && app->name) ? 0 : -ENOMEM;
}

static int read_source(struct walk *walk, size_t size, enum mention_language language)
{
	walk->survey->files++;
	return mention_scan((const char *)walk->block, size, language, add_mention, walk);
}

enum file_kind { FILE_OTHER, FILE_ENV, FILE_EXAMPLE, FILE_PACKAGE, FILE_SOURCE };

static enum file_kind kind_of(const char *name)
{
	if (text_is_among(name, example_files))
		return FILE_EXAMPLE;
	if (text_is_among(name, foreign_env_files))
		return FILE_OTHER;
	if (text_equal(name, ".env") || text_starts(name, ".env."))
		return FILE_ENV;
	if (text_equal(name, "package.json"))
		return FILE_PACKAGE;
	return mention_language_of(name) ? FILE_SOURCE : FILE_OTHER;
}

static void note_mark(struct walk *walk, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (text_starts(name, marks[i].start) && text_ends(name, marks[i].end))
			walk->survey->marks |= marks[i].mark;
}

static int read_file(struct walk *walk, const char *name)
{
	enum file_kind kind = kind_of(name);
	ssize_t size;

	note_mark(walk, name);
	if (kind == FILE_EXAMPLE && text_equal(walk->file->path, name) && !walk->survey->example) {
		walk->survey->example = shown_path(walk);
		return walk->survey->example ? 0 : -ENOMEM;
	}
	if (kind == FILE_OTHER || kind == FILE_EXAMPLE)
		return 0;
	size = read_whole(walk);
	walk->survey->skipped += size < 0;
	if (size < 0)
		return 0;
	if (kind == FILE_ENV)
		return read_env_file(walk, (size_t)size);
	if (kind == FILE_PACKAGE)
		return read_package(walk, (size_t)size);
	return read_source(walk, (size_t)size, mention_language_of(name));
}

static int visit_file(void *user, const struct tree_file *file)
{
	struct walk *walk = user;
	int code;

	walk->survey->cut |= walk->bytes > SURVEY_BYTES_MAX;
	if (walk->survey->cut)
		return WALK_ENDS;
	walk->file = file;
	walk->shown = NULL;
	code = read_file(walk, file->name);
	walk->file = NULL;
	return code;
}

static void compare_values(struct walk *walk)
{
	struct survey_key *keys = walk->keys.items;

	for (size_t i = 0; i < walk->keys.count; i++)
		(void)filevalue_differing(keys[i].values, keys[i].differing);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct survey_key *)a)->name, ((const struct survey_key *)b)->name);
}

static int walk_tree(struct walk *walk, int root, struct err *err)
{
	const struct tree_walk files = {
		.prefix = "", .enters = sources_enter, .file = visit_file, .user = walk};
	struct tree_gaps gaps = {0};
	int code = -ENOMEM;

	if (secret_arena_open(&(struct secret_options){0}, &walk->arena, err) < 0)
		return err_no_memory(err);
	walk->block = secret_arena_take(walk->arena, SURVEY_FILE_MAX);
	walk->names = map_new();
	filevalue_room_open(&walk->values, walk->pool, walk->arena);
	if (walk->block && walk->names)
		code = tree_walk(root, &files, &gaps);
	filevalue_room_close(&walk->values);
	walk->survey->skipped += gaps.skipped;
	walk->survey->cut |= gaps.cut;
	walk->names = map_free(walk->names);
	secret_arena_give(walk->arena, walk->block, SURVEY_FILE_MAX);
	walk->arena = secret_arena_free(walk->arena);
	return code < 0 ? err_no_memory(err) : 0;
}

int survey_tree(const char *root, struct pool *pool, struct survey *ret_survey, struct err *err)
{
	own_fd int folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct survey survey = {0};
	struct walk walk = {.pool = pool, .survey = &survey};
	int code;

	if (folder < 0)
		return err_set(err, -errno, root, "cannot read the folder: %s", strerror(errno));
	code = walk_tree(&walk, folder, err);
	if (code < 0)
		return code;
	compare_values(&walk);
	if (walk.keys.count)
		qsort(walk.keys.items, walk.keys.count, sizeof(struct survey_key), by_name);
	survey.keys = walk.keys.items;
	survey.key_count = walk.keys.count;
	survey.fallbacks = walk.fallbacks.items;
	survey.fallback_count = walk.fallbacks.count;
	survey.env_files = walk.env_files.items;
	survey.env_file_count = walk.env_files.count;
	survey.apps = walk.apps.items;
	survey.app_count = walk.apps.count;
	*ret_survey = survey;
	return 0;
}

const char *survey_mark_text(enum survey_mark mark)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (marks[i].mark == mark)
			return marks[i].text;
	return "";
}
