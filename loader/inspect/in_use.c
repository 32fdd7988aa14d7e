// A table: which words in which files speak for a loader.
// SPDX-License-Identifier: MIT
#include "loader/inspect/in_use.h"

#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

struct row {
	const char *start, *end;   // of the file's name
	const char *word, *second; // both on one line; NULL: the file by being there
	const char *dialect;
};

// What people start programs from.
#define SCRIPTS(word, second, dialect) \
	{"package.json", "", word, second, dialect}, {"Makefile", "", word, second, dialect}, \
		{"justfile", "", word, second, dialect}, \
		{"Taskfile", "ml", word, second, dialect}, {"", ".sh", word, second, dialect}, \
		{"Procfile", "", word, second, dialect}, \
		{"Dockerfile", "", word, second, dialect}, \
	{ \
		"Containerfile", "", word, second, dialect \
	}

static const struct row rows[] = {
	{"package.json", "", "\"next\":", NULL, "next"},
	{"next.config.", "", NULL, NULL, "next"},
	{"package.json", "", "\"vite\":", NULL, "vite"},
	{"vite.config.", "", NULL, NULL, "vite"},
	{"package.json", "", "\"dotenv\":", NULL, "dotenv"},
	{"package.json", "", "\"dotenv-expand\":", NULL, "dotenv-expand"},
	{"package.json", "", "\"dotenv-cli\":", NULL, "dotenv-expand"},
	{"package.json", "", "\"@dotenvx/dotenvx\":", NULL, "dotenvx"},
	{"bunfig.toml", "", NULL, NULL, "bun"},
	{"bun.lock", "", NULL, NULL, "bun"},
	{"deno.json", "", "--env", NULL, "deno"},
	SCRIPTS("node ", "--env-file", "node"),
	SCRIPTS("\"node\"", "--env-file", "node"),
	SCRIPTS("bun ", "--env-file", "bun"),
	SCRIPTS("deno ", "--env", "deno"),
	SCRIPTS("dotenvx ", "run", "dotenvx"),
	SCRIPTS("docker ", "--env-file", "docker"),
	SCRIPTS("podman ", "--env-file", "podman"),
	SCRIPTS("kubectl ", "--from-env-file", "kubectl"),
	SCRIPTS(". ", "./.env", "sh"),
	SCRIPTS("source ", ".env", "sh"),
	SCRIPTS("foreman ", "start", "foreman"),
	{"docker-compose", "ml", NULL, NULL, "compose"},
	{"compose.", "ml", NULL, NULL, "compose"},
	{"", ".service", "EnvironmentFile=", NULL, "systemd"},
	{"", ".container", "EnvironmentFile=", NULL, "podman"},
	{"ecosystem.config.", "", NULL, NULL, "pm2"},
	{"ecosystem.config.", "", "dotenv", NULL, "dotenv"},
	{"ecosystem.config.", "", "--env-file", NULL, "node"},
	{"package.json", "", "pm2 ", NULL, "pm2"},
	{"requirements", ".txt", "python-dotenv", NULL, "python"},
	{"pyproject.toml", "", "python-dotenv", NULL, "python"},
	{"Pipfile", "", "python-dotenv", NULL, "python"},
	{"Gemfile", "", "dotenv", NULL, "ruby"},
	{"Gemfile", "", "foreman", NULL, "foreman"},
	{"Procfile", "", NULL, NULL, "foreman"},
	{"go.mod", "", "joho/godotenv", NULL, "godotenv"},
	{"composer.json", "", "vlucas/phpdotenv", NULL, "phpdotenv"},
	{"composer.json", "", "laravel/framework", NULL, "phpdotenv"},
	{"composer.json", "", "symfony/dotenv", NULL, "symfony"},
	{"Cargo.toml", "", "dotenvy", NULL, "dotenvy"},
	{"Cargo.toml", "", "dotenv =", NULL, "dotenvy"},
	{".envrc", "", "dotenv", NULL, "direnv"},
};

static bool fits(const struct row *row, const char *name)
{
	return text_starts(name, row->start) && text_ends(name, row->end) &&
	       (*row->start || strlen(name) > strlen(row->end));
}

const struct in_use *in_use_find(const struct in_use_list *list, const char *dialect)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i].dialect, dialect))
			return &list->items[i];
	return NULL;
}

struct look {
	int folder;
	const char *prefix, *name;
	char *bytes; // of the file; NULL until a row asks for them
	size_t length;
	bool unreadable, missed; // missed: something may stand there
	bool below;              // only what names an env file counts
	struct pool *pool;
	struct in_use_list *list;
};

// Reads a regular file into memory of its own.
static void load(struct look *look)
{
	own_fd int fd = openat(look->folder, look->name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat facts;
	ssize_t got;

	look->unreadable = true;
	look->missed = fd < 0 || fstat(fd, &facts) < 0 ||
		       (S_ISREG(facts.st_mode) && facts.st_size > (off_t)IN_USE_FILE_MAX);
	if (look->missed || !S_ISREG(facts.st_mode) || facts.st_size <= 0)
		return;
	look->bytes = malloc((size_t)facts.st_size);
	got = look->bytes ? fs_read_all(fd, look->bytes, (size_t)facts.st_size) : -ENOMEM;
	look->unreadable = look->missed = got < 0;
	look->length = got > 0 ? (size_t)got : 0;
}

// The line that holds both words.
// Returns: its number, or 0.
static uint32_t find_line(const struct look *look, const struct row *row)
{
	const char *at = look->bytes, *end = at + look->length;
	uint32_t line = 1;

	for (; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);

		if (memmem(at, length, row->word, strlen(row->word)) &&
			(!row->second || memmem(at, length, row->second, strlen(row->second))))
			return line;
		at += length + 1;
	}
	return 0;
}

static int add(struct look *look, const struct row *row, uint32_t line)
{
	struct in_use *item = &look->list->items[look->list->count];

	if (look->list->count == IN_USE_FOUND_MAX)
		return 0;
	item->dialect = row->dialect;
	item->line = line;
	item->word = row->word;
	item->file = pool_format(look->pool, "%s%s", look->prefix, look->name);
	look->list->count += item->file != NULL;
	return item->file ? 0 : -ENOMEM;
}

// Whether the words are those of a program that is given an env file.
static bool names_env_file(const struct row *row)
{
	if (row->second)
		return strstr(row->second, "env") != NULL;
	return text_equal(row->word, "EnvironmentFile=");
}

static int note_missed(struct look *look)
{
	struct in_use_list *list = look->list;

	if (!look->missed || list->unread_count++)
		return 0;
	list->unread = pool_format(look->pool, "%s%s", look->prefix, look->name);
	return list->unread ? 0 : -ENOMEM;
}

static int look_at(struct look *look)
{
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && code == 0; i++) {
		uint32_t line = 0;

		if (!fits(&rows[i], look->name) || in_use_find(look->list, rows[i].dialect) ||
			(look->below && !names_env_file(&rows[i])))
			continue;
		if (rows[i].word && !look->bytes && !look->unreadable)
			load(look);
		if (rows[i].word && !look->unreadable)
			line = find_line(look, &rows[i]);
		if (line || !rows[i].word)
			code = add(look, &rows[i], line);
	}
	if (look->bytes) // a script may hold a secret
		sodium_memzero(look->bytes, look->length);
	free(look->bytes);
	return code == 0 ? note_missed(look) : code;
}

static int is_known(const struct dirent *entry)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (fits(&rows[i], entry->d_name))
			return 1;
	return 0;
}

static int look_through(
	int folder, const char *prefix, bool below, struct pool *pool, struct in_use_list *list)
{
	struct dirent **entries = NULL;
	int count = scandirat(folder, ".", &entries, is_known, alphasort), code = 0;

	for (int i = 0; i < count; i++) {
		struct look look = {.folder = folder,
			.prefix = prefix,
			.name = entries[i]->d_name,
			.below = below,
			.pool = pool,
			.list = list};

		if (i < (int)IN_USE_FILES_MAX && code == 0)
			code = look_at(&look);
		free(entries[i]);
	}
	free(entries);
	return count < 0 && errno == ENOMEM ? -ENOMEM : code;
}

int in_use_look(int folder, const char *prefix, struct pool *pool, struct in_use_list *list)
{
	return look_through(folder, prefix, false, pool, list);
}

// ---- below

struct walk {
	struct pool *pool;
	struct in_use_list *list;
	size_t folders;
};

// Folders only, where the file system says so; what is none fails to open.
static int is_folder(const struct dirent *entry)
{
	static const char *const filled[] = {"node_modules", "vendor", "venv", "target", "dist",
		"build", "coverage", "__pycache__", NULL};

	if (*entry->d_name == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
		return 0;
	return !text_is_among(entry->d_name, filled);
}

static int walk_below(struct walk *walk, int folder, const char *prefix, unsigned depth);

static int walk_into(
	struct walk *walk, int above, const char *prefix, const char *name, unsigned depth)
{
	own_fd int folder = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const char *path = pool_format(walk->pool, "%s%s/", prefix, name);
	struct stat facts;
	int code;

	if (!path)
		return -ENOMEM;
	if (folder < 0 || walk->folders++ >= IN_USE_FOLDERS_MAX ||
		fstatat(folder, ".env", &facts, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	code = look_through(folder, path, true, walk->pool, walk->list);
	return code == 0 ? walk_below(walk, folder, path, depth + 1) : code;
}

// Calls itself IN_USE_DEPTH_MAX deep at most.
static int walk_below(struct walk *walk, int folder, const char *prefix, unsigned depth)
{
	struct dirent **entries = NULL;
	int count = 0, code = 0;

	if (depth < IN_USE_DEPTH_MAX && walk->folders < IN_USE_FOLDERS_MAX)
		count = scandirat(folder, ".", &entries, is_folder, alphasort);
	for (int i = 0; i < count; i++) {
		if (code == 0)
			code = walk_into(walk, folder, prefix, entries[i]->d_name, depth);
		free(entries[i]);
	}
	free(entries);
	return count < 0 && errno == ENOMEM ? -ENOMEM : code;
}

int in_use_look_below(int folder, const char *prefix, struct pool *pool, struct in_use_list *list)
{
	struct walk walk = {.pool = pool, .list = list};

	return walk_below(&walk, folder, prefix, 0);
}
