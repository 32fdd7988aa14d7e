// A reader for one idiom: process.env.NAME, then || or ??, then a literal or a short name that the
// minifier gave to one. What it does not understand it passes over.
// SPDX-License-Identifier: MIT
#include "loader/resolve/built_code.h"

#include "lib/base/ascii.h"
#include "lib/base/fs.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/base/tree.h"
#include "lib/value/bundle.h"
#include "lib/value/placeholder.h"
#include "lib/value/shape.h"
#include "loader/resolve/minted.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define READ "process.env."
#define IDENTIFIER_MAX 64 // bytes of a variable that holds a fallback

// Text that is read from one end to the other.
struct cursor {
	const char *at, *end;
};

static bool is_word(char c)
{
	return ascii_is_name(c, false) || c == '$';
}

static void skip_space(struct cursor *cursor)
{
	while (cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at) && *cursor->at)
		cursor->at++;
}

static bool skip_text(struct cursor *cursor, const char *text)
{
	size_t length = strlen(text);

	if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

static struct secret take_word(struct cursor *cursor)
{
	const char *begin = cursor->at;

	while (cursor->at < cursor->end && is_word(*cursor->at))
		cursor->at++;
	return secret_view(begin, (size_t)(cursor->at - begin));
}

// A literal in one line without escapes or NULs; a placeholder has none.
static bool take_literal(struct cursor *cursor, struct secret *ret_text)
{
	const char *begin = cursor->at + 1;
	char quote = cursor->at < cursor->end ? *cursor->at : '\0';

	if (!quote || !strchr("\"'`", quote))
		return false;
	for (cursor->at = begin; cursor->at < cursor->end && *cursor->at != quote; cursor->at++)
		if (*cursor->at == '\\' || *cursor->at == '\n' || !*cursor->at ||
			cursor->at - begin > PLACEHOLDER_MAX)
			return false;
	*ret_text = secret_view(begin, (size_t)(cursor->at - begin));
	return cursor->at < cursor->end;
}

// What NAME="..." gave to a variable, the assignment that stands nearest before its use.
static bool find_assigned(
	const char *text, const char *use, struct secret name, struct secret *ret_text)
{
	char pattern[IDENTIFIER_MAX + 2];
	const char *at = text, *hit;
	bool found = false;

	if (!name.length || name.length > IDENTIFIER_MAX)
		return false;
	memcpy(pattern, name.bytes, name.length);
	pattern[name.length] = '=';
	while ((hit = memmem(at, (size_t)(use - at), pattern, name.length + 1))) {
		struct cursor cursor = {hit + name.length + 1, use};

		if ((hit == text || !is_word(hit[-1])) && take_literal(&cursor, ret_text))
			found = true;
		at = hit + 1;
	}
	return found;
}

// The text that stands in for a missing variable, when there is one.
static bool take_fallback(const char *text, struct cursor *cursor, struct secret *ret_text)
{
	const char *use = cursor->at;

	skip_space(cursor);
	if (!skip_text(cursor, "||") && !skip_text(cursor, "??"))
		return false;
	skip_space(cursor);
	return take_literal(cursor, ret_text) ||
	       find_assigned(text, use, take_word(cursor), ret_text);
}

// Whether a name or the placeholder itself speaks of a secret: others have harmless defaults.
static bool is_for_secret(struct secret name, struct secret fallback)
{
	char text[PLACEHOLDER_MAX + 1];

	if (!placeholder_is_known(fallback) || fallback.length > PLACEHOLDER_MAX)
		return false;
	(void)snprintf(
		text, sizeof(text), "%.*s", (int)fallback.length, (const char *)fallback.bytes);
	if (shape_name_looks_secret(text))
		return true;
	(void)snprintf(text, sizeof(text), "%.*s", (int)name.length, (const char *)name.bytes);
	return shape_name_looks_secret(text);
}

static int add(struct secret name, struct secret fallback, const char *file, struct pool *pool,
	struct pool_list *found)
{
	const struct built_fallback *known = found->items;
	struct built_fallback *added;
	char key[BUNDLE_NAME_MAX + 1];

	if (!name.length || name.length > BUNDLE_NAME_MAX || found->count == BUILT_CODE_KEYS_MAX)
		return 0;
	memcpy(key, name.bytes, name.length);
	key[name.length] = '\0';
	for (size_t i = 0; i < found->count; i++)
		if (text_equal(known[i].key, key))
			return 0;
	added = pool_push(pool, found, sizeof(*added));
	if (!added)
		return -ENOMEM;
	*added = (struct built_fallback){.key = pool_copy(pool, key),
		.file = pool_copy(pool, file),
		.placeholder = pool_format(
			pool, "%.*s", (int)fallback.length, (const char *)fallback.bytes)};
	return added->key && added->file && added->placeholder ? 0 : -ENOMEM;
}

int built_code_read(const char *text, size_t length, const char *file, struct pool *pool,
	struct pool_list *ret_found)
{
	struct cursor cursor = {text, text + length};
	int code = 0;

	while (code == 0) {
		struct secret name, fallback = SECRET_NONE;

		cursor.at = memmem(cursor.at, (size_t)(cursor.end - cursor.at), READ, strlen(READ));
		if (!cursor.at)
			break;
		cursor.at += strlen(READ);
		name = take_word(&cursor);
		if (take_fallback(text, &cursor, &fallback) && is_for_secret(name, fallback))
			code = add(name, fallback, file, pool, ret_found);
	}
	return code;
}

// ---- the files

struct reading {
	struct pool *pool;
	bool (*is_wanted)(const char *name);
	// Returns: 0 to go on; what else it returns ends the walk.
	int (*text)(struct reading *reading, const char *text, size_t length, const char *file);
	struct pool_list *found;          // of built_code_fallbacks
	struct built_fallback *fallbacks; // of built_code_minted
	size_t count;
	char *buffer; // BUILT_CODE_FILE_MAX bytes at most
	size_t room;
	size_t bytes;
};

static bool is_shown(const char *name)
{
	return name[0] != '.';
}

static bool is_of(const char *name, const char *const *ends)
{
	for (; *ends; ends++)
		if (is_shown(name) && text_ends(name, *ends))
			return true;
	return false;
}

static bool is_code(const char *name)
{
	static const char *const ends[] = {".js", ".cjs", ".mjs", NULL};

	return is_of(name, ends);
}

static bool is_rendered(const char *name)
{
	static const char *const ends[] = {".body", ".html", ".rsc", ".json", NULL};

	return is_of(name, ends);
}

static int make_room(struct reading *reading, size_t size)
{
	char *larger;

	if (size <= reading->room)
		return 0;
	larger = realloc(reading->buffer, size);
	if (!larger)
		return -ENOMEM;
	reading->buffer = larger;
	reading->room = size;
	return 0;
}

static int read_file(void *user, const struct tree_file *file)
{
	struct reading *reading = user;
	own_fd int handle = -1;
	struct stat facts;
	size_t size;
	ssize_t used;

	if (!reading->is_wanted(file->name))
		return 0;
	handle = openat(file->folder, file->name,
		O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	if (handle < 0 || fstat(handle, &facts) < 0 || !S_ISREG(facts.st_mode) ||
		facts.st_size > (off_t)BUILT_CODE_FILE_MAX ||
		reading->bytes + (size_t)facts.st_size > BUILT_CODE_BYTES_MAX)
		return 0;
	size = (size_t)facts.st_size;
	if (make_room(reading, size) < 0)
		return -ENOMEM;
	used = fs_read_all(handle, reading->buffer, size);
	if (used <= 0 || !reading->buffer)
		return 0;
	reading->bytes += (size_t)used;
	return reading->text(reading, reading->buffer, (size_t)used, file->path);
}

static int read_below(int at, const char *folder, struct reading *reading)
{
	own_fd int handle = openat(at, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct tree_walk walk = {
		.prefix = folder, .enters = is_shown, .file = read_file, .user = reading};
	int code = handle < 0 ? 0 : tree_walk(handle, &walk, NULL);

	free(reading->buffer);
	return code;
}

static int read_code(struct reading *reading, const char *text, size_t length, const char *file)
{
	return built_code_read(text, length, file, reading->pool, reading->found);
}

int built_code_fallbacks(int at, const char *folder, struct pool *pool, struct pool_list *ret_found)
{
	struct reading reading = {
		.pool = pool, .is_wanted = is_code, .text = read_code, .found = ret_found};

	return read_below(at, folder, &reading);
}

static int read_rendered(struct reading *reading, const char *text, size_t length, const char *file)
{
	for (size_t i = 0; i < reading->count; i++) {
		struct built_fallback *fallback = &reading->fallbacks[i];

		if (fallback->minted || !minted_holds(text, length, fallback->placeholder))
			continue;
		fallback->minted = pool_copy(reading->pool, file);
		if (!fallback->minted)
			return -ENOMEM;
	}
	return 0;
}

int built_code_minted(int at, const char *folder, struct built_fallback *fallbacks, size_t count,
	struct pool *pool)
{
	struct reading reading = {.pool = pool,
		.is_wanted = is_rendered,
		.text = read_rendered,
		.fallbacks = fallbacks,
		.count = count};

	return count ? read_below(at, folder, &reading) : 0;
}
