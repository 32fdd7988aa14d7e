// Tables of quotes and of what may stand for a byte inside them; every combination that fits a
// value is tried, the plainest first. Why there is none is found by changing the value until there
// is one.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/spelling.h"

#include "lib/base/map.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/value/finding.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"

#include <errno.h>

struct spelling {
	struct secret_arena *arena;
	struct emulation *emulation;
	struct map *names; // of the pairs that are read back
	bool crowded;      // the environment holds every other name
	bool lost;         // the emulation said that something does not count
	uint8_t *bytes;    // the line under construction, between its guards
	size_t room;
};

// ---- reading back

// What a name outside the file stands for, so that a reference to it would show.
static const char elsewhere[] = "set elsewhere";

static bool look_up(void *user, struct span name, struct span *ret_value)
{
	const struct spelling *spelling = user;

	// no environment holds a variable without a name
	if (!spelling->crowded || !name.length ||
		map_find(spelling->names, (const char *)name.at, name.length) != MAP_ABSENT)
		return false;
	*ret_value = span_of(elsewhere);
	return true;
}

static void note_trouble(void *user, const struct emulation_trouble *trouble)
{
	struct spelling *spelling = user;

	spelling->lost |=
		trouble->finding == FINDING_IGNORED_LINE || trouble->finding == FINDING_NOT_RUN;
}

struct spelling *spelling_new(struct secret_arena *arena)
{
	struct spelling *spelling = calloc(1, sizeof(*spelling));

	if (!spelling)
		return NULL;
	spelling->arena = arena;
	spelling->names = map_new();
	spelling->emulation = emulation_new(&(struct emulation_options){
		.dialect = dialect_at(0),
		.arena = arena,
		.environment = look_up,
		.trouble = note_trouble,
		.user = spelling,
		.files_only = true,
	});
	if (!spelling->names || !spelling->emulation)
		return spelling_free(spelling);
	return spelling;
}

struct spelling *spelling_free(struct spelling *spelling)
{
	if (!spelling)
		return NULL;
	emulation_free(spelling->emulation);
	map_free(spelling->names);
	secret_arena_give(spelling->arena, spelling->bytes, spelling->room);
	free(spelling);
	return NULL;
}

void spelling_release(struct spelling **spelling)
{
	*spelling = spelling_free(*spelling);
}

static bool has_results(
	const struct emulation *emulation, const struct spelling_pair *pairs, size_t count)
{
	if (emulation_count(emulation) != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t index = emulation_index(emulation, pairs[i].name);

		if (index == SIZE_MAX ||
			!span_equal(emulation_at(emulation, index).value, pairs[i].value))
			return false;
	}
	return true;
}

static int read_once(struct spelling *spelling, const struct dialect *dialect, struct span file)
{
	int code;

	spelling->lost = false;
	emulation_restart(spelling->emulation, dialect);
	code = emulation_read(spelling->emulation, file);
	if (code == 0)
		code = emulation_finish(spelling->emulation);
	if (code < 0)
		return code;
	return code == 0 && !spelling->lost ? 0 : SPELLING_E_NONE;
}

int spelling_reads_back(struct spelling *spelling, const struct dialect *dialect, struct span file,
	const struct spelling_pair *pairs, size_t count)
{
	map_clear(spelling->names);
	for (size_t i = 0; i < count; i++)
		if (map_put(spelling->names, (const char *)pairs[i].name.at, pairs[i].name.length,
			    i) < 0)
			return -ENOMEM;
	for (int crowded = 0; crowded < 2; crowded++) {
		int code;

		spelling->crowded = crowded;
		code = read_once(spelling, dialect, file);
		if (code != 0)
			return code;
		if (!has_results(spelling->emulation, pairs, count))
			return SPELLING_E_NONE;
	}
	return 0;
}

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
static const struct axis {
	char byte;
	const char *ways[WAYS_MAX];
} axes[] = {
	{'\0', {NULL}},
	{'\\', {"\\\\"}},
	// the last is the default of a reference without a name
	{'$', {"\\$", "$$", "${:-$}"}},
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

// Finding a line.
struct search {
	struct spelling *spelling;
	const struct spelling_request *request;
	struct spelling_pair pairs[3]; // what stands before, the pair, and behind it
	bool holds[256];               // bytes of the value
	bool safe;                     // bytes that mean nothing to anybody
	bool comments;                 // all of the dialects know comments
	struct span line, text;
};

static const char *way_of(const struct attempt *attempt, size_t axis)
{
	const char *const *ways = axis ? axes[axis].ways : attempt->style->own;

	return attempt->chosen[axis] ? ways[attempt->chosen[axis] - 1] : NULL;
}

// Whether an axis is about something in the value.
static bool is_open(const struct search *search, const struct style *style, size_t axis)
{
	if (!axis)
		return style->quote && search->holds[(uint8_t)style->quote];
	return axes[axis].byte != style->quote && search->holds[(uint8_t)axes[axis].byte];
}

// Goes on to the next combination within a style.
// Returns: whether there is one.
static bool advance(const struct search *search, struct attempt *attempt)
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

static enum rank rank_of(const struct search *search, const struct attempt *attempt)
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
	uint8_t *out, const struct search *search, const struct attempt *attempt)
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
static int reserve(struct search *search)
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
static struct span write_lines(struct search *search, const struct attempt *attempt)
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

static int try(struct search *search, const struct attempt *attempt)
{
	const struct spelling_request *request = search->request;
	struct span lines = write_lines(search, attempt);
	int code = 0;

	for (size_t i = 0; i < request->count && code == 0; i++)
		code = spelling_reads_back(search->spelling, request->dialects[i], lines,
			search->pairs, ARRAY_SIZE(search->pairs));
	return code;
}

static int try_style(struct search *search, const struct style *style, enum rank rank)
{
	struct attempt attempt = {.style = style};
	int code = SPELLING_E_NONE;

	do {
		if (rank_of(search, &attempt) == rank)
			code = try(search, &attempt);
	} while (code == SPELLING_E_NONE && advance(search, &attempt));
	return code;
}

static void look_at_value(struct search *search)
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

static int look_at_comments(struct search *search)
{
	const struct spelling_request *request = search->request;
	int code = 0;

	for (size_t i = 0; i < request->count && code == 0; i++)
		code = spelling_reads_back(
			search->spelling, request->dialects[i], span_of(later_quotes), NULL, 0);
	search->comments = code == 0;
	return code < 0 ? code : 0;
}

// Finds a line for a pair in a list of dialects, without a reason when there is none.
static int find(struct search *search)
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

static struct search search_for(struct spelling *spelling, const struct spelling_request *request)
{
	struct span name = request->pair.name;

	return (struct search){
		.spelling = spelling,
		.request = request,
		.pairs = {{span_of(span_is(name, "BEFORE") ? "ABOVE" : "BEFORE"), span_of("1")},
			request->pair,
			{span_of(span_is(name, "BEHIND") ? "BELOW" : "BEHIND"), span_of("2")}},
	};
}

// ---- why there is none

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static bool is_control(struct span value, size_t i)
{
	return (value.at[i] < 32 && !is_space(value.at[i]) && value.at[i] != '\n' &&
		       value.at[i] != '\r') ||
	       value.at[i] == 127;
}

static bool is_newline(struct span value, size_t i)
{
	return value.at[i] == '\n';
}

static bool is_return(struct span value, size_t i)
{
	return value.at[i] == '\r';
}

static bool is_foreign(struct span value, size_t i)
{
	return value.at[i] > 127;
}

static bool is_dollar(struct span value, size_t i)
{
	return value.at[i] == '$';
}

static bool is_backslash(struct span value, size_t i)
{
	return value.at[i] == '\\';
}

static bool is_quote(struct span value, size_t i)
{
	return value.at[i] == '\'' || value.at[i] == '"' || value.at[i] == '`';
}

static bool is_hash(struct span value, size_t i)
{
	return value.at[i] == '#';
}

static bool is_outer_space(struct span value, size_t i)
{
	return is_space(value.at[i]) && (i == 0 || i + 1 == value.length || is_space(value.at[0]) ||
						is_space(span_end(value)[-1]));
}

static bool is_inner_space(struct span value, size_t i)
{
	return is_space(value.at[i]);
}

// What a loader may be unable to hold; a value without it is tried.
static const struct obstacle {
	bool (*is)(struct span value, size_t i);
	const char *reason;
} obstacles[] = {
	{is_newline, "a line break has no spelling"},
	{is_return, "a carriage return has no spelling"},
	{is_control, "a control character has no spelling"},
	{is_foreign, "these bytes outside ASCII are not kept"},
	{is_dollar, "a '$' begins a reference however it is written"},
	{is_backslash, "these backslashes have no spelling"},
	{is_quote, "these quotes have no spelling"},
	{is_hash, "a '#' begins a comment however it is written"},
	{is_outer_space, "white space at the ends is cut off"},
	{is_inner_space, "white space has no spelling"},
};

#define LONG_VALUE 1024

// Tries a value instead of the one that was asked for.
static int find_instead(struct spelling *spelling, const struct spelling_request *request,
	const struct dialect *dialect, struct span value)
{
	const struct spelling_request other = {
		.dialects = &dialect,
		.count = 1,
		.prefix = request->prefix,
		.pair = {request->pair.name, value},
	};
	struct search search = search_for(spelling, &other);

	return find(&search);
}

// A value with what is an obstacle replaced, or with all else replaced.
// Returns: whether anything was there.
static bool leave_out(
	struct span value, const struct obstacle *obstacle, bool all_else, uint8_t *ret_copy)
{
	bool there = false;

	for (size_t i = 0; i < value.length; i++) {
		bool is = obstacle->is(value, i);

		there |= is;
		ret_copy[i] = is == all_else ? value.at[i] : 'x';
	}
	return there;
}

static const char *reason_of(const struct obstacle *obstacle, struct span value)
{
	if (obstacle->is == is_foreign && text_utf8_error(value.at, value.length) != value.length)
		return "bytes that are no UTF-8 are not kept";
	return obstacle->reason;
}

// Looks for what has no spelling even alone, then for what there would be one without. `copy` has
// room for the value.
static int find_obstacle(struct spelling *spelling, const struct spelling_request *request,
	const struct dialect *dialect, uint8_t *copy, const char **ret_reason)
{
	struct span value = request->pair.value;

	for (size_t i = 0; i < 2 * ARRAY_SIZE(obstacles); i++) {
		const struct obstacle *obstacle = &obstacles[i % ARRAY_SIZE(obstacles)];
		bool alone = i < ARRAY_SIZE(obstacles);
		int code;

		if (!leave_out(value, obstacle, alone, copy))
			continue;
		code = find_instead(spelling, request, dialect, (struct span){copy, value.length});
		if (code < 0)
			return code;
		if ((code == SPELLING_E_NONE) == alone) {
			*ret_reason = reason_of(obstacle, value);
			return 0;
		}
	}
	return 0;
}

// Why one dialect alone has no spelling of the pair.
static int explain(struct spelling *spelling, const struct spelling_request *request,
	const struct dialect *dialect, const char **ret_reason)
{
	struct span value = request->pair.value;
	uint8_t *copy;
	int code = find_instead(spelling, request, dialect, span_of("x"));

	*ret_reason = "no way of writing it is read back as it is";
	if (code == SPELLING_E_NONE)
		*ret_reason = "such a name is not taken";
	else if (code == 0 && !value.length)
		*ret_reason = "an empty value has no spelling";
	if (code != 0 || !value.length)
		return code < 0 ? code : 0;
	copy = secret_arena_take(spelling->arena, value.length);
	if (!copy)
		return -ENOMEM;
	memset(copy, 'x', value.length);
	code = find_instead(spelling, request, dialect, (struct span){copy, value.length});
	if (code == SPELLING_E_NONE && value.length > LONG_VALUE)
		*ret_reason = "a value this long is not taken";
	else if (code == 0)
		code = find_obstacle(spelling, request, dialect, copy, ret_reason);
	secret_arena_give(spelling->arena, copy, value.length);
	return code < 0 ? code : 0;
}

// Whether one loader takes the quotes that the other cannot do without for a part of the value.
static int keeps_quotes(struct spelling *spelling, const struct spelling_request *request,
	const struct dialect *keeper, const struct dialect *other)
{
	const struct spelling_request alone = {
		.dialects = &other, .count = 1, .prefix = request->prefix, .pair = request->pair};
	struct search search = search_for(spelling, &alone);
	struct spelling_pair kept = {.name = request->pair.name};
	int code = find(&search);

	if (code != 0)
		return code;
	kept.value = search.text;
	if (!search.text.length || !is_quote(search.text, 0))
		return SPELLING_E_NONE;
	return spelling_reads_back(spelling, keeper, search.line, &kept, 1);
}

// Why two loaders that have a spelling each share none.
static int explain_pair(struct spelling *spelling, const struct spelling_request *request,
	const struct dialect *first, const struct dialect *second, struct spelling_answer *answer)
{
	int code = keeps_quotes(spelling, request, first, second);
	bool swapped = code == SPELLING_E_NONE;

	if (swapped)
		code = keeps_quotes(spelling, request, second, first);
	answer->dialect = swapped && code == 0 ? second : first;
	answer->other = swapped && code == 0 ? first : second;
	answer->reason = code == 0 ? "keeps the quotes needed by" : "shares no spelling with";
	return code < 0 ? code : 0;
}

// The last loader of the request and one before it that share no spelling, if it is for two alone.
static int find_pair(struct spelling *spelling, const struct spelling_request *request,
	struct spelling_answer *answer)
{
	const struct dialect *last = request->dialects[request->count - 1];

	for (size_t i = 0; i + 1 < request->count; i++) {
		const struct dialect *const both[] = {request->dialects[i], last};
		const struct spelling_request two = {.dialects = both,
			.count = ARRAY_SIZE(both),
			.prefix = request->prefix,
			.pair = request->pair};
		struct search search = search_for(spelling, &two);
		int code = find(&search);

		if (code < 0)
			return code;
		if (code == SPELLING_E_NONE)
			return explain_pair(spelling, request, both[0], last, answer);
	}
	answer->dialect = last;
	answer->reason = "takes none of the spellings that all loaders before it share";
	return 0;
}

// Who is at fault: a dialect that cannot hold the pair at all, else the first that reads nothing
// that those before it read.
static int find_culprit(struct spelling *spelling, const struct spelling_request *request,
	struct spelling_answer *answer)
{
	int code = 0;

	for (size_t i = 0; i < request->count; i++) {
		code = find_instead(spelling, request, request->dialects[i], request->pair.value);
		answer->dialect = request->dialects[i];
		if (code < 0)
			return code;
		if (code == SPELLING_E_NONE)
			return explain(spelling, request, answer->dialect, &answer->reason);
	}
	for (size_t count = 2; count <= request->count; count++) {
		struct spelling_request fewer = *request;
		struct search search;

		fewer.count = count;
		search = search_for(spelling, &fewer);
		code = find(&search);
		if (code == SPELLING_E_NONE)
			return find_pair(spelling, &fewer, answer);
		if (code < 0)
			break;
	}
	return code < 0 ? code : 0;
}

int spelling_find(struct spelling *spelling, const struct spelling_request *request,
	struct spelling_answer *ret_answer)
{
	struct search search = search_for(spelling, request);
	struct spelling_answer answer = {0};
	int code = find(&search);

	if (code == 0) {
		answer.line = search.line;
		answer.text = search.text;
	} else if (code == SPELLING_E_NONE && find_culprit(spelling, request, &answer) < 0) {
		code = -ENOMEM;
	}
	if (code >= 0)
		*ret_answer = answer;
	return code;
}

const char *spelling_excuse(const struct spelling_answer *answer, struct pool *pool)
{
	if (!answer->dialect)
		return answer->reason ? answer->reason : "";
	return pool_format(pool, "%s%s %s%s%s", answer->dialect->name, answer->other ? "" : ":",
		answer->reason ? answer->reason : "", answer->other ? " " : "",
		answer->other ? answer->other->name : "");
}
