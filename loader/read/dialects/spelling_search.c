// Tables of quotes and of what may stand for a byte inside them, and the line that comes of a
// choice among them, which stands between other lines when it is tried.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/spelling_search.h"

#include "lib/base/secret.h"

#include <errno.h>

// ---- ways to write a value

#define WAYS_MAX 4

// What stands around a value, and the ways to write that same quote inside it.
static const struct style {
	char quote; // NUL: nothing around it
	const char *own[WAYS_MAX];
} styles[] = {
	{'\'', {"\\'", "'\\''", "'\"'\"'"}},
	{'"', {"\\\"", "\"'\"'\""}},
	{'`', {"\\`"}},
	{'\0', {NULL}},
};

// The ways to write a byte, beside as it is. The first row is for the quote of the style.
#define AXIS_DOLLAR 2
static const struct axis {
	char byte;
	const char *ways[WAYS_MAX];
} axes[] = {
	{'\0', {NULL}},
	{'\\', {"\\\\"}},
	// the last is the default of a reference without a name
	[AXIS_DOLLAR] = {'$', {"\\$", "$$", "${:-$}"}},
	{'\n', {"\\n"}},
	{'\r', {"\\r"}},
	{'`', {"\\`"}},
};

// How easily a spelling is read by people; the lowest that works is taken.
enum rank {
	RANK_PLAIN,     // nothing around it, and nothing in it that anybody minds
	RANK_QUOTED,    // in quotes as it is
	RANK_CHANGED,   // in quotes with something changed
	RANK_ESCAPED,   // the same, and its own quotes too
	RANK_UNGUARDED, // nothing around it
	RANK_BROKEN,    // its own quotes inside its quotes
	RANKS,
};

// One way to write a value.
struct attempt {
	const struct style *style;
	size_t chosen[ARRAY_SIZE(axes)]; // 0: as it is, else the way before it
};

static const char *way_of(const struct attempt *attempt, size_t axis)
{
	const char *const *ways = axis ? axes[axis].ways : attempt->style->own;

	return attempt->chosen[axis] ? ways[attempt->chosen[axis] - 1] : NULL;
}

// Whether an axis is about something in the value.
static bool is_open(const struct spelling_search *search, const struct style *style, size_t axis)
{
	if (!axis)
		return style->quote && search->holds[(uint8_t)style->quote];
	return axes[axis].byte != style->quote && search->holds[(uint8_t)axes[axis].byte];
}

// Goes on to the next combination within a style.
// Returns: whether there is one.
static bool advance(const struct spelling_search *search, struct attempt *attempt)
{
	for (size_t axis = 0; axis < ARRAY_SIZE(axes); axis++) {
		if (!is_open(search, attempt->style, axis))
			continue;
		attempt->chosen[axis]++;
		if (attempt->chosen[axis] <= WAYS_MAX && way_of(attempt, axis))
			return true;
		attempt->chosen[axis] = 0;
	}
	return false;
}

static enum rank rank_of(const struct spelling_search *search, const struct attempt *attempt)
{
	bool changed = false;

	for (size_t axis = 0; axis < ARRAY_SIZE(axes); axis++)
		changed |= attempt->chosen[axis] != 0;
	if (!attempt->style->quote)
		return search->safe ? RANK_PLAIN : RANK_UNGUARDED;
	if (is_open(search, attempt->style, 0) && !attempt->chosen[0])
		return RANK_BROKEN;
	if (attempt->chosen[0])
		return RANK_ESCAPED;
	return changed ? RANK_CHANGED : RANK_QUOTED;
}

// ---- building a line

static uint8_t *append(uint8_t *out, struct span bytes)
{
	if (bytes.length)
		memcpy(out, bytes.at, bytes.length);
	return out + bytes.length;
}

static uint8_t *append_quote(uint8_t *out, const struct style *style)
{
	if (style->quote)
		*out++ = (uint8_t)style->quote;
	return out;
}

static uint8_t *append_value(
	uint8_t *out, const struct spelling_search *search, const struct attempt *attempt)
{
	struct span value = search->pairs[1].value;
	const char *instead[256] = {NULL};

	for (size_t axis = 0; axis < ARRAY_SIZE(axes); axis++)
		if (attempt->chosen[axis])
			instead[(uint8_t)(axis ? axes[axis].byte : attempt->style->quote)] =
				way_of(attempt, axis);
	for (size_t i = 0; i < value.length; i++) {
		const char *way = instead[value.at[i]];

		if (way)
			out = append(out, span_of(way));
		else
			*out++ = value.at[i];
	}
	return out;
}

// Most bytes that one byte becomes: `${:-$}`.
#define GROWTH 6

// Room for the line whatever stands for a byte.
static int reserve(struct spelling_search *search)
{
	struct spelling *spelling = search->spelling;
	const struct spelling_request *request = search->request;
	size_t size = request->pair.value.length * GROWTH + request->pair.name.length + 64;

	size += request->prefix ? strlen(request->prefix) : 0;
	if (spelling->room >= size)
		return 0;
	secret_arena_give(spelling->arena, spelling->bytes, spelling->room);
	spelling->room = 0;
	spelling->bytes = secret_arena_take(spelling->arena, size);
	if (!spelling->bytes)
		return -ENOMEM;
	spelling->room = size;
	return 0;
}

static uint8_t *append_guard(uint8_t *out, const struct spelling_pair *guard)
{
	out = append(out, guard->name);
	out = append(out, span_of("="));
	out = append(out, guard->value);
	return append(out, span_of("\n"));
}

// Quotes that stand behind: a loader that goes on over the line's end would find them.
static const char later_quotes[] = "# '\n# \"\n# `\n";

// Writes the line between others.
// Returns: all of them.
static struct span write_lines(struct spelling_search *search, const struct attempt *attempt)
{
	const uint8_t *start = search->spelling->bytes, *line, *text;
	uint8_t *out = append_guard(search->spelling->bytes, &search->pairs[0]);

	line = out;
	if (search->request->prefix)
		out = append(out, span_of(search->request->prefix));
	out = append(out, search->pairs[1].name);
	out = append(out, span_of("="));
	text = out;
	out = append_quote(out, attempt->style);
	out = append_value(out, search, attempt);
	out = append_quote(out, attempt->style);
	search->line = span_between(line, out);
	search->text = span_between(text, out);
	out = append(out, span_of("\n"));
	out = append_guard(out, &search->pairs[2]);
	if (search->comments)
		out = append(out, span_of(later_quotes));
	return span_between(start, out);
}

// ---- trying

static int try(struct spelling_search *search, const struct attempt *attempt)
{
	const struct spelling_request *request = search->request;
	struct span lines = write_lines(search, attempt);
	int code = 0;

	for (size_t i = 0; i < request->count && code == 0; i++)
		code = spelling_reads_back(search->spelling, request->dialects[i], lines,
			search->pairs, ARRAY_SIZE(search->pairs));
	return code;
}

// "$~" is a reference for zsh, and POSIX leaves open what it is.
static bool is_ambiguous(const struct spelling_search *search, const struct attempt *attempt)
{
	return search->request->any_shell && attempt->style->quote == '"' && search->holds['$'] &&
	       !attempt->chosen[AXIS_DOLLAR];
}

static int try_style(struct spelling_search *search, const struct style *style, enum rank rank)
{
	struct attempt attempt = {.style = style};
	int code = SPELLING_E_NONE;

	do {
		if (rank_of(search, &attempt) == rank && !is_ambiguous(search, &attempt))
			code = try(search, &attempt);
	} while (code == SPELLING_E_NONE && advance(search, &attempt));
	return code;
}

static void look_at_value(struct spelling_search *search)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789_./:@%+,^=-";
	struct span value = search->pairs[1].value;

	// zsh takes what begins with '=' for a command's path
	search->safe = !value.length || value.at[0] != '=';
	for (size_t i = 0; i < value.length; i++) {
		search->holds[value.at[i]] = true;
		if (!value.at[i] || !strchr(safe, value.at[i]))
			search->safe = false;
	}
}

static int look_at_comments(struct spelling_search *search)
{
	const struct spelling_request *request = search->request;
	int code = 0;

	for (size_t i = 0; i < request->count && code == 0; i++)
		code = spelling_reads_back(
			search->spelling, request->dialects[i], span_of(later_quotes), NULL, 0);
	search->comments = code == 0;
	return code < 0 ? code : 0;
}

int spelling_search_find(struct spelling_search *search)
{
	int code = reserve(search);

	if (code < 0)
		return code;
	look_at_value(search);
	code = look_at_comments(search);
	if (code < 0)
		return code;
	code = SPELLING_E_NONE;
	for (enum rank rank = 0; rank < RANKS; rank++)
		for (size_t i = 0; i < ARRAY_SIZE(styles) && code == SPELLING_E_NONE; i++)
			code = try_style(search, &styles[i], rank);
	return code;
}

struct spelling_search spelling_search_for(
	struct spelling *spelling, const struct spelling_request *request)
{
	struct span name = request->pair.name;

	return (struct spelling_search){
		.spelling = spelling,
		.request = request,
		.pairs = {{span_of(span_is(name, "BEFORE") ? "ABOVE" : "BEFORE"), span_of("1")},
			request->pair,
			{span_of(span_is(name, "BEHIND") ? "BELOW" : "BEHIND"), span_of("2")}},
	};
}
