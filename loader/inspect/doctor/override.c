// A table of words: the first one calls a loader, the second one, soon behind it, makes the file
// win.
// SPDX-License-Identifier: MIT
#include "loader/inspect/doctor/override.h"

#include "lib/base/text.h"
#include "loader/inspect/mention.h"

#define REACH 400 // bytes behind the first word in which the second one counts

enum place { PLACE_CODE, PLACE_SCRIPT };

static const struct row {
	enum place place;
	enum mention_language language; // of PLACE_CODE
	const char *first, *second;     // blanks in the second count for any or none; NULL: none
	const char *text;
} rows[] = {
	{PLACE_CODE, MENTION_SCRIPT, "config(", "override : true",
		"dotenv.config with override: true"},
	{PLACE_CODE, MENTION_SCRIPT, "populate(", "override : true",
		"dotenv.populate with override: true"},
	{PLACE_CODE, MENTION_SCRIPT, "config(", "overload : true",
		"dotenvx's config with overload: true"},
	{PLACE_CODE, MENTION_PYTHON, "load_dotenv(", "override = True",
		"load_dotenv with override=True"},
	{PLACE_CODE, MENTION_RUBY, "Dotenv.overload", NULL, "Dotenv.overload"},
	{PLACE_CODE, MENTION_RUBY, "Dotenv.load", "overwrite : true",
		"Dotenv.load with overwrite: true"},
	{PLACE_CODE, MENTION_GO, "godotenv.Overload(", NULL, "godotenv.Overload"},
	{PLACE_CODE, MENTION_RUST, "dotenv_override(", NULL, "dotenv_override"},
	{PLACE_CODE, MENTION_RUST, "from_path_override(", NULL, "from_path_override"},
	{PLACE_CODE, MENTION_RUST, "from_filename_override(", NULL, "from_filename_override"},
	{PLACE_CODE, MENTION_PHP, "Dotenv::createMutable(", NULL, "Dotenv::createMutable"},
	{PLACE_CODE, MENTION_PHP, "->overload(", NULL, "Dotenv's overload"},
	{PLACE_SCRIPT, MENTION_NONE, "dotenv ", " -o ", "dotenv -o"},
	{PLACE_SCRIPT, MENTION_NONE, "dotenv ", " --override", "dotenv --override"},
	{PLACE_SCRIPT, MENTION_NONE, "dotenvx ", " --overload", "dotenvx --overload"},
	{PLACE_SCRIPT, MENTION_NONE, "DOTENV_CONFIG_OVERRIDE=true", NULL,
		"DOTENV_CONFIG_OVERRIDE=true"},
	{PLACE_SCRIPT, MENTION_NONE, "dotenv_config_override=true", NULL,
		"dotenv_config_override=true"},
};

static bool is_script(const char *name)
{
	static const char *const names[] = {"package.json", "Procfile", "Makefile", "justfile",
		"Dockerfile", "Containerfile", "Taskfile.yml", "Taskfile.yaml", NULL};

	return text_is_among(name, names) || text_ends(name, ".sh") ||
	       text_starts(name, "ecosystem.config.");
}

bool override_looks_at(const char *file_name)
{
	return is_script(file_name) || mention_language_of(file_name);
}

// The second word at a place; its blanks stand for blanks, quotes or nothing, where it has others
// than at its ends.
static bool stands_at(const char *at, const char *end, const char *word)
{
	const char *last = word + strlen(word) - 1;

	for (; *word; word++) {
		if (*word == ' ' && word[1] && word[1] != '-') {
			while (at < end && strchr(" \t\n\r\"'", *at) && *at)
				at++;
			continue;
		}
		if (at == end || *at != *word)
			return false;
		at++;
	}
	return at == end || *last == ' ' || !text_is_name((const char[]){*at, '\0'});
}

static const char *line_start(const char *bytes, const char *at)
{
	while (at > bytes && at[-1] != '\n')
		at--;
	return at;
}

static bool is_comment(const char *bytes, const char *at)
{
	const char *start = line_start(bytes, at);

	start += strspn(start, " \t");
	return start <= at &&
	       (*start == '#' || *start == '*' || (start[0] == '/' && start[1] == '/'));
}

// The end of what belongs to a first word: in a script the line, or what is handed on behind `--`;
// in code the brace that closes the call.
static const char *scope_end(const struct row *row, const char *from, const char *end)
{
	const char *line = memchr(from, '\n', (size_t)(end - from)), *rest;
	size_t open = 0;

	if (end - from > REACH)
		end = from + REACH;
	if (row->place == PLACE_SCRIPT) {
		end = line && line < end ? line : end;
		rest = memmem(from, (size_t)(end - from), " -- ", 4);
		return rest ? rest + 1 : end; // with the blank
	}
	for (; from < end; from++) {
		open += *from == '(';
		open -= *from == ')' && open;
		if (*from == ')' && !open)
			return from;
	}
	return end;
}

static const char *find_second(const struct row *row, const char *from, const char *end)
{
	end = scope_end(row, from, end);
	for (const char *at = from; at < end; at++)
		if (stands_at(at, end, row->second))
			return at;
	return NULL;
}

static uint32_t line_of(const char *bytes, const char *at)
{
	uint32_t line = 1;

	for (; bytes < at; bytes++)
		line += *bytes == '\n';
	return line;
}

// `config(` is a word of many; only beside dotenv it is meant.
static bool is_meant(const struct row *row, const char *bytes, size_t length)
{
	return row->language != MENTION_SCRIPT || memmem(bytes, length, "dotenv", 6);
}

static int scan_row(const struct row *row, const char *bytes, size_t length,
	int (*found)(void *user, const struct override *override), void *user)
{
	const char *at = bytes, *end = bytes + length;
	int code = 0;

	if (!is_meant(row, bytes, length))
		return 0;
	while (code == 0 && (at = memmem(at, (size_t)(end - at), row->first, strlen(row->first)))) {
		const char *behind = at + strlen(row->first),
			   *second = row->second ? find_second(row, behind - 1, end) : at;

		if (second && !is_comment(bytes, second) && !is_comment(bytes, at))
			code = found(user, &(struct override){line_of(bytes, second), row->text});
		at = behind;
	}
	return code;
}

int override_scan(const char *file_name, const char *bytes, size_t length,
	int (*found)(void *user, const struct override *override), void *user)
{
	enum mention_language language = mention_language_of(file_name);
	bool script = is_script(file_name);
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && code == 0 && length; i++)
		if (rows[i].place == PLACE_SCRIPT ? script : rows[i].language == language)
			code = scan_row(&rows[i], bytes, length, found, user);
	return code;
}
