// The value is changed until there is a spelling, and the dialects are taken one by one and two by
// two.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/spelling_reason.h"

#include "lib/base/ascii.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "loader/read/dialects/spelling_search.h"

#include <errno.h>

#define LONG_VALUE 1024
#define QUOTES "'\"`"

static bool is_control(struct span value, size_t i)
{
	return (value.at[i] < 32 && !ascii_is_blank(value.at[i]) && value.at[i] != '\n' &&
		       value.at[i] != '\r') ||
	       value.at[i] == 127;
}

static bool is_foreign(struct span value, size_t i)
{
	return value.at[i] > 127;
}

static bool is_outer_space(struct span value, size_t i)
{
	return ascii_is_blank(value.at[i]) &&
	       (i == 0 || i + 1 == value.length || ascii_is_blank(value.at[0]) ||
		       ascii_is_blank(span_end(value)[-1]));
}

// What a loader may be unable to hold; a value without it is tried.
static const struct obstacle {
	const char *bytes; // any of these, or what the function says
	bool (*is)(struct span value, size_t i);
	const char *reason;
} obstacles[] = {
	{.bytes = "\n", .reason = "a line break has no spelling"},
	{.bytes = "\r", .reason = "a carriage return has no spelling"},
	{.is = is_control, .reason = "a control character has no spelling"},
	{.is = is_foreign, .reason = "these bytes outside ASCII are not kept"},
	{.bytes = "$", .reason = "a '$' begins a reference however it is written"},
	{.bytes = "\\", .reason = "these backslashes have no spelling"},
	{.bytes = QUOTES, .reason = "these quotes have no spelling"},
	{.bytes = "#", .reason = "a '#' begins a comment however it is written"},
	{.is = is_outer_space, .reason = "white space at the ends is cut off"},
	{.bytes = " \t", .reason = "white space has no spelling"},
};

static bool stands_at(const struct obstacle *obstacle, struct span value, size_t i)
{
	return obstacle->is ? obstacle->is(value, i)
			    : ascii_is_one_of(value.at[i], obstacle->bytes);
}

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
	struct spelling_search search = spelling_search_for(spelling, &other);

	return spelling_search_find(&search);
}

// A value with what is an obstacle replaced, or with all else replaced.
// Returns: whether anything was there.
static bool leave_out(
	struct span value, const struct obstacle *obstacle, bool all_else, uint8_t *ret_copy)
{
	bool there = false;

	for (size_t i = 0; i < value.length; i++) {
		bool is = stands_at(obstacle, value, i);

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
	struct spelling_search search = spelling_search_for(spelling, &alone);
	struct spelling_pair kept = {.name = request->pair.name};
	int code = spelling_search_find(&search);

	if (code != 0)
		return code;
	kept.value = search.text;
	if (!search.text.length || !ascii_is_one_of(search.text.at[0], QUOTES))
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
		struct spelling_search search = spelling_search_for(spelling, &two);
		int code = spelling_search_find(&search);

		if (code < 0)
			return code;
		if (code == SPELLING_E_NONE)
			return explain_pair(spelling, request, both[0], last, answer);
	}
	answer->dialect = last;
	answer->reason = "takes none of the spellings that all loaders before it share";
	return 0;
}

int spelling_reason_find(struct spelling *spelling, const struct spelling_request *request,
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
		struct spelling_search search;

		fewer.count = count;
		search = spelling_search_for(spelling, &fewer);
		code = spelling_search_find(&search);
		if (code == SPELLING_E_NONE)
			return find_pair(spelling, &fewer, answer);
		if (code < 0)
			break;
	}
	return code < 0 ? code : 0;
}
