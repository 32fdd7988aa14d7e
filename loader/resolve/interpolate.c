// Filling in references, depth first over the winners; a circle or a missing name is a finding.
// SPDX-License-Identifier: MIT
#include "loader/resolve/interpolate.h"

#include "lib/base/ascii.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/finding.h"
#include "lib/value/shape_show.h"
#include "loader/read/dialects/dotenv.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/standin.h"

#include <errno.h>

// A value being filled in.
struct filling {
	struct resolution *resolution;
	struct contest *contest;
	const struct found *found;
	unsigned depth;
	uint8_t *out;
	size_t used;
	bool wins;   // what fails in a value that lost anyway stops nothing
	bool failed; // it keeps its text
};

static int expand(struct resolution *resolution, struct contest *contest, unsigned depth);

// "SUBJECT predicate"; the subject is a name, never a value.
static void fail(struct filling *filling, const char *subject, size_t length, const char *predicate)
{
	char origin[ORIGIN_TEXT_SIZE], name[BUNDLE_NAME_MAX + 1], shown[BUNDLE_NAME_MAX + 1];

	filling->failed = true;
	if (!filling->wins)
		return;
	(void)snprintf(name, sizeof(name), "%.*s",
		(int)(length > BUNDLE_NAME_MAX ? BUNDLE_NAME_MAX : length), subject);
	filling->contest->bad = true;
	finding_add(filling->resolution->diag, FINDING_INTERPOLATION,
		&(struct finding_about){.key = filling->contest->name,
			.origin = origin_text(filling->found->origin, origin, sizeof(origin))},
		"%s %s", shape_show(shown, sizeof(shown), name), predicate);
}

static void put(struct filling *filling, const uint8_t *bytes, size_t length)
{
	if (filling->failed || !length)
		return;
	if (length > BUNDLE_VALUE_MAX - filling->used) {
		fail(filling, "the value", strlen("the value"), "grows over 64 KiB");
		return;
	}
	memcpy(filling->out + filling->used, bytes, length);
	filling->used += length;
}

// One byte as dotenv_decode would have it.
// Returns: how many bytes it takes.
static size_t put_byte(struct filling *filling, const uint8_t *at, size_t left)
{
	size_t step = 1;
	uint8_t byte = *at;

	if (byte == '\\' && filling->found->quote == DOTENV_DOUBLE)
		step = dotenv_decode_escape(at, left, &byte);
	if (!(byte == '\r' && step == 1 && left > 1 && at[1] == '\n'))
		put(filling, &byte, 1);
	return step;
}

static void put_text(struct filling *filling, const uint8_t *at, size_t length)
{
	while (length) {
		size_t step = put_byte(filling, at, length);

		at += step;
		length -= step;
	}
}

// The value that a reference stands for: the winner of that key, or what the build gets instead,
// else the environment's.
// Returns: 1 found, 0 not there, or -ENOMEM.
static int look_up(
	struct filling *filling, const char *name, size_t length, struct secret *ret_value)
{
	struct contest *other = contest_find(filling->resolution, name, length);
	char key[BUNDLE_NAME_MAX + 1];
	const char *inherited;
	int code;

	if (other && (other->expanding || filling->depth >= INTERPOLATE_DEPTH_MAX)) {
		fail(filling, name, length, "refers to itself in a circle");
		return 0;
	}
	if (other && expand(filling->resolution, other, filling->depth + 1) < 0)
		return -ENOMEM;
	code = other ? standin_of(filling->resolution, other, ret_value) : 0;
	if (other && filling->wins)
		filling->contest->sentinel |= code > 0 || other->sentinel;
	if (code)
		return code;
	if (other && contest_winner(other)) {
		*ret_value = contest_winner(other)->value;
		return 1;
	}
	if (other || length >= sizeof(key))
		return 0;
	memcpy(key, name, length);
	key[length] = '\0';
	inherited = resolution_variable(filling->resolution, key);
	if (inherited)
		*ret_value = secret_view(inherited, strlen(inherited));
	return inherited != NULL;
}

// "${NAME}", "${NAME:-default}" or "${NAME:?message}" at `at`.
// Returns: how many bytes it takes (1: a plain '$'), or -ENOMEM.
static ssize_t fill_reference(struct filling *filling, const uint8_t *at, size_t left)
{
	const uint8_t *close = memchr(at, '}', left);
	const char *name = (const char *)at + 2, *rest;
	size_t inside, length = 0;
	struct secret value;
	int code;

	if (left > 1 && at[1] == '$') {
		fail(filling, "$$", 2, "is one dollar to some loaders and two to others");
		return 2;
	}
	if (left < 2 || at[1] != '{') {
		put(filling, at, 1);
		return 1;
	}
	if (!close) {
		fail(filling, "${", 2, "is not closed by '}'");
		return (ssize_t)left;
	}
	inside = (size_t)(close - at) - 2;
	while (length < inside && ascii_is_name(name[length], false))
		length++;
	rest = name + length;
	if (!length || (length < inside &&
			       (inside - length < 2 || rest[0] != ':' || !strchr("-?", rest[1])))) {
		fail(filling, "${", 2, "is none of ${NAME}, ${NAME:-default} and ${NAME:?message}");
		return close - at + 1;
	}
	if (memmem(rest, inside - length, "${", 2)) {
		fail(filling, "${", 2, "holds another ${, which is not filled in");
		return close - at + 1;
	}
	code = look_up(filling, name, length, &value);
	if (code < 0)
		return code;
	if (code > 0 && (value.length || length == inside))
		put(filling, secret_bytes(value), value.length);
	else if (length < inside && rest[1] == '-')
		put_text(filling, (const uint8_t *)rest + 2, inside - length - 2);
	else if (!filling->failed)
		fail(filling, name, length,
			length < inside ? "has no value, and :? says that it must"
					: "names no key that has a value");
	return close - at + 1;
}

static int fill(struct filling *filling)
{
	const uint8_t *at = secret_bytes(filling->found->raw);
	size_t left = filling->found->raw.length;

	while (left && !filling->failed) {
		ssize_t step = *at == '$' ? fill_reference(filling, at, left)
					  : (ssize_t)put_byte(filling, at, left);

		if (step < 0)
			return (int)step;
		at += step;
		left -= (size_t)step;
	}
	return 0;
}

static int expand_contestant(struct resolution *resolution, struct contest *contest,
	struct contestant *contestant, unsigned depth)
{
	struct filling filling = {
		.resolution = resolution,
		.contest = contest,
		.found = contestant->found,
		.depth = depth,
		.wins = contestant == contest_winner(contest),
	};
	int code;

	if (!contestant->found->dollar || contestant->found->quote == DOTENV_SINGLE)
		return 0;
	filling.out = secret_arena_take(resolution->arena, BUNDLE_VALUE_MAX);
	if (!filling.out)
		return -ENOMEM;
	code = fill(&filling);
	// a small file could ask for all memory otherwise
	if (code == 0 && !filling.failed && filling.used > BUNDLE_SIZE_MAX - resolution->filled)
		fail(&filling, "all values", strlen("all values"), "together grow over 8 MiB");
	if (!filling.failed)
		resolution->filled += filling.used;
	if (code == 0 && !filling.failed)
		code = secret_copy(
			resolution->arena, filling.out, filling.used, &contestant->value);
	secret_arena_give(resolution->arena, filling.out, BUNDLE_VALUE_MAX);
	if (code == 0 && !filling.failed && !contestant->skipped)
		contest_judge_empty(resolution, contest, contestant);
	return code;
}

// The winner; when it turns out empty and is skipped, the next one too. A loser is no reason to
// wait for another key, which may well wait for this one.
static int expand(struct resolution *resolution, struct contest *contest, unsigned depth)
{
	int code = 0;

	if (contest->expanded || contest->expanding)
		return 0;
	contest->expanding = true;
	for (size_t i = 0; i < contest->count && code == 0; i++) {
		struct contestant *contestant = &contest->ranked[i];

		if (contestant != contest_winner(contest))
			continue;
		contestant->expanded = true;
		code = expand_contestant(resolution, contest, contestant, depth);
	}
	contest->expanding = false;
	contest->expanded = true;
	return code;
}

static int expand_losers(struct resolution *resolution, struct contest *contest)
{
	int code = 0;

	for (size_t i = 0; i < contest->count && code == 0; i++)
		if (!contest->ranked[i].expanded)
			code = expand_contestant(resolution, contest, &contest->ranked[i], 0);
	return code;
}

int interpolate_all(struct resolution *resolution)
{
	for (size_t i = 0; i < resolution->contest_count; i++)
		if (expand(resolution, &resolution->contests[i], 0) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < resolution->contest_count; i++)
		if (expand_losers(resolution, &resolution->contests[i]) < 0)
			return -ENOMEM;
	return 0;
}
