// One pass over the lines. A quote is closed wherever most loaders would close it, also lines
// below; one that is never closed ends with its line.
// SPDX-License-Identifier: MIT
#include "loader/inspect/written.h"

#include "lib/base/ascii.h"
#include "lib/base/map.h"
#include "lib/base/pool.h"

#include <errno.h>

struct look {
	const uint8_t *at, *end;
	uint32_t line;
	const uint8_t *line_start;
	struct written_lines singles; // that are still ahead
	bool unclosed[256];           // this quote is closed nowhere from here on
};

static bool is_name_byte(uint8_t c)
{
	return ascii_is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
}

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
	while (at < end && written_is_blank(*at))
		at++;
	return at;
}

// The text from `from` to `end` without blanks at its end.
static struct span trimmed(const uint8_t *from, const uint8_t *end)
{
	while (end > from && written_is_blank(end[-1]))
		end--;
	return span_between(from, end);
}

// Whether quotes that are opened in this line end with it.
static bool is_single(struct look *look)
{
	while (look->singles.count && *look->singles.lines < look->line) {
		look->singles.lines++;
		look->singles.count--;
	}
	return look->singles.count && *look->singles.lines == look->line;
}

// Where the quote at `open` is closed; a backslash in double quotes takes the next byte with it.
static const uint8_t *closing(struct look *look, const uint8_t *open, const uint8_t *line_end)
{
	bool single = is_single(look);
	const uint8_t *at = open + 1, *end = single ? line_end : look->end;

	if (look->unclosed[*open])
		return NULL;
	for (; at < end && *at != *open; at++)
		at += *open == '"' && *at == '\\' && at + 1 < end;
	if (at < end)
		return at;
	look->unclosed[*open] |= !single;
	return NULL;
}

// What stands behind a closing quote, up to the line's end.
static void read_tail(struct written *item, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *rest = skip_blanks(at, end);

	if (rest < end && *rest == '#')
		item->comment = trimmed(rest, end);
	else
		item->trailed = rest < end;
}

static void read_plain(struct written *item, const uint8_t *from, const uint8_t *end)
{
	const uint8_t *hash = from;

	while ((hash = span_find(span_between(hash, end), '#'))) {
		if (hash == from || written_is_blank(hash[-1])) {
			item->comment = trimmed(hash, end);
			end = hash;
			break;
		}
		hash++;
	}
	item->value = trimmed(from, end);
}

// The value behind the separator; `end` is the line's end without a CR.
// Returns: the end of the line that the value ends in.
static const uint8_t *read_value(
	struct look *look, struct written *item, const uint8_t *from, const uint8_t *end)
{
	const uint8_t *start = skip_blanks(from, end), *close;

	item->right = span_between(from, end);
	item->spaced |= start > from && start < end && *start != '#';
	item->value = span_between(start, start);
	if (start == end || !strchr("'\"`", *start)) {
		read_plain(item, start, end);
		return span_line_end(end, look->end);
	}
	item->quote = *start;
	close = closing(look, start, end);
	if (!close) {
		item->unterminated = true;
		item->value = trimmed(start, end);
		return span_line_end(end, look->end);
	}
	item->value = span_between(start + 1, close);
	end = span_line_end(close, look->end);
	item->right = span_between(from, end > close + 1 && end[-1] == '\r' ? end - 1 : end);
	read_tail(item, close + 1, span_end(item->right));
	return end;
}

// `export ` before a name.
static const uint8_t *skip_export(struct written *item, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *after;

	if (!span_starts(span_between(at, end), "export"))
		return at;
	after = skip_blanks(at + 6, end);
	if (after == at + 6 || after == end || *after == '=')
		return at;
	item->exported = true;
	return after;
}

// A name in quotes, as some loaders take it.
static const uint8_t *read_quoted_name(struct written *item, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *close;

	if (at == end || (*at != '"' && *at != '\''))
		return NULL;
	close = memchr(at + 1, *at, (size_t)(end - at - 1));
	if (close)
		item->name = span_between(at + 1, close);
	return close ? close + 1 : NULL;
}

// The name and its separator.
// Returns: the first byte behind the separator, or NULL when it is no assignment.
static const uint8_t *read_name(
	struct look *look, struct written *item, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *name = skip_export(item, at, end), *after;

	item->column = (uint32_t)(name - look->line_start) + 1;
	after = read_quoted_name(item, name, end);
	if (!after) {
		for (after = name; after < end && is_name_byte(*after);)
			after++;
		item->name = span_between(name, after);
	}
	at = skip_blanks(after, end);
	if (at == end)
		item->kind = item->name.length ? WRITTEN_BARE : WRITTEN_JUNK;
	else if (*at != '=' && (*at != ':' || !item->name.length)) {
		at = memchr(at, '=', (size_t)(end - at)); // a name that most loaders refuse
		item->name.length = 0;
	}
	if (!at || at == end)
		return NULL;
	if (!item->name.length)
		item->name = trimmed(name, at);
	item->spaced = at > span_end(item->name) && written_is_blank(at[-1]);
	item->separator = *at;
	return at + 1;
}

// One line, or the several that a quoted value spans.
static void read_item(struct look *look, struct written *item)
{
	const uint8_t *end = span_line_end(look->at, look->end), *at, *value = NULL;
	const uint8_t *last = end;
	const struct span none = span_between(look->at, look->at);

	if (end > look->at && end[-1] == '\r')
		end--;
	*item = (struct written){.kind = WRITTEN_JUNK,
		.line = look->line,
		.lines = 1,
		.column = 1,
		.name = none,
		.right = none,
		.value = none,
		.comment = none,
		.earlier = WRITTEN_NONE,
		.later = WRITTEN_NONE,
		.bare = WRITTEN_NONE};
	at = skip_blanks(look->at, end);
	if (at < end && *at == '#')
		item->kind = WRITTEN_COMMENT;
	else
		value = read_name(look, item, at, end);
	if (value) {
		item->kind = WRITTEN_ASSIGNMENT;
		last = read_value(look, item, value, end);
	}
	item->whole = span_between(look->at, last);
	item->cr = span_find(item->whole, '\r') != NULL;
	for (at = item->whole.at; (at = span_find(span_between(at, last), '\n')); at++)
		item->lines++;
	look->line += item->lines;
	look->at = look->line_start = last < look->end ? last + 1 : look->end;
}

static bool skip_blank_line(struct look *look)
{
	const uint8_t *at = skip_blanks(look->at, look->end);

	if (at < look->end && *at == '\r')
		at++;
	if (at < look->end && *at != '\n')
		return false;
	look->at = look->line_start = at < look->end ? at + 1 : look->end;
	look->line++;
	return true;
}

// The first line with a name alone below the assignments of it.
static void link_bare(struct written_file *file, size_t assignment, size_t bare)
{
	if (assignment == MAP_ABSENT || file->items[assignment].bare != WRITTEN_NONE)
		return;
	file->items[assignment].bare = bare;
	file->items[bare].bare = assignment;
}

// Finds the assignments of one name by each other.
static int link_names(struct written_file *file)
{
	for (size_t i = 0; i < file->count; i++) {
		struct written *item = &file->items[i];
		const char *name = (const char *)item->name.at;
		size_t before;

		if (item->kind != WRITTEN_ASSIGNMENT && item->kind != WRITTEN_BARE)
			continue;
		before = map_find(file->names, name, item->name.length);
		if (item->kind == WRITTEN_BARE) {
			link_bare(file, before, i);
			continue;
		}
		if (before != MAP_ABSENT) {
			item->earlier = before;
			file->items[before].later = i;
		}
		if (map_put(file->names, name, item->name.length, i) < 0)
			return -ENOMEM;
	}
	return 0;
}

int written_read(struct span text, const struct written_lines *singles, struct pool *pool,
	struct written_file *ret_file)
{
	struct written_file file = {.text = text, .names = map_new()};
	struct look look = {.end = span_end(text), .line = 1};
	struct pool_list items = {0};

	if (!file.names)
		return -ENOMEM;
	if (singles)
		look.singles = *singles;
	file.bom = span_starts(text, "\xEF\xBB\xBF");
	look.at = look.line_start = text.at + (file.bom ? 3 : 0);
	while (look.at < look.end) {
		struct written *item;

		if (skip_blank_line(&look))
			continue;
		item = pool_push(pool, &items, sizeof(*item));
		if (!item) {
			written_done(&file);
			return -ENOMEM;
		}
		read_item(&look, item);
	}
	file.items = items.items;
	file.count = items.count;
	if (link_names(&file) < 0) {
		written_done(&file);
		return -ENOMEM;
	}
	*ret_file = file;
	return 0;
}

void written_done(struct written_file *file)
{
	file->names = map_free(file->names);
}

size_t written_at_line(const struct written_file *file, uint32_t line)
{
	size_t low = 0, high = file->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (file->items[middle].line <= line)
			low = middle;
		else
			high = middle;
	}
	return low;
}

const uint8_t *written_escape(const struct written *item, const char *bytes)
{
	const uint8_t *at = item->value.at, *end = span_end(item->value);

	for (; (at = span_find(span_between(at, end), '\\')) && at + 1 < end; at += 2)
		if (at[1] && strchr(bytes, at[1]))
			return at;
	return NULL;
}
