// Random values of the same type as what they stand in for, and as long where length matters.
// SPDX-License-Identifier: MIT
#include "loader/resolve/standin.h"

#include "lib/base/pool.h"
#include "lib/value/shape.h"
#include "lib/value/strength.h"
#include "loader/resolve/contest.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/settings.h"

#include <errno.h>
#include <sodium.h>

#define STANDIN_LENGTH 44 // when nothing says how long the real one is

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS

// How a stand-in of a type is written. Letters and digits are valid in base64, base64url and every
// quoting.
struct form {
	const char *before, *alphabet, *behind;
	size_t length; // of what is drawn; 0: as long as the real one
	size_t unit;   // a multiple of which it must be
};

// clang-format off
static const struct form forms[SHAPE_TYPES] = {
	[SHAPE_STRING] = {"", LETTERS, "", 0, 1},
	[SHAPE_INTEGER] = {"1", DIGITS, "", 8, 1},
	[SHAPE_PORT] = {"4", DIGITS, "", 4, 1},
	[SHAPE_URL] = {"https://stand-in.invalid/", LETTERS, "", STANDIN_LENGTH, 1},
	[SHAPE_BASE64] = {"", LETTERS, "", 0, 4},
	[SHAPE_BASE64URL] = {"", LETTERS, "", 0, 4},
	[SHAPE_HEX] = {"", "0123456789abcdef", "", 0, 2},
	[SHAPE_PEM] = {"-----BEGIN PRIVATE KEY-----\n", LETTERS, "\n-----END PRIVATE KEY-----\n", 64, 4},
	[SHAPE_JWK] = {"{\"kty\":\"oct\",\"k\":\"", LETTERS, "\"}", STANDIN_LENGTH, 4},
	[SHAPE_JSON] = {"{\"stand-in\":\"", LETTERS, "\"}", STANDIN_LENGTH, 1},
};
// clang-format on

static size_t length_for(const struct contest *contest, const struct form *form)
{
	const struct contestant *winner = contest_winner(contest);
	size_t length = winner && winner->value.length ? winner->value.length : STANDIN_LENGTH;

	if (length < contest->rule->min_length)
		length = (size_t)contest->rule->min_length;
	if (form->length)
		length = form->length;
	return (length + form->unit - 1) / form->unit * form->unit;
}

static int draw(struct resolution *resolution, const struct contest *contest,
	const struct form *form, struct secret *ret_value)
{
	size_t before = strlen(form->before), behind = strlen(form->behind);
	size_t length = length_for(contest, form);
	uint32_t letters = (uint32_t)strlen(form->alphabet);
	uint8_t *bytes = secret_arena_take(resolution->arena, before + length + behind);

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, form->before, before);
	for (size_t i = 0; i < length; i++)
		bytes[before + i] = (uint8_t)form->alphabet[randombytes_uniform(letters)];
	memcpy(bytes + before + length, form->behind, behind);
	*ret_value = secret_view(bytes, before + length + behind);
	return 0;
}

// One word out of those that the type has.
static struct secret choose(const struct settings_key *rule)
{
	static const char *const flags[] = {"true", "false"};
	const char *const *words = rule->type == SHAPE_ENUM ? rule->values.items : flags;
	size_t count = rule->type == SHAPE_ENUM ? rule->values.count : ARRAY_SIZE(flags);
	const char *word = count ? words[randombytes_uniform((uint32_t)count)] : "";

	return secret_view(word, strlen(word));
}

int standin_of(struct resolution *resolution, struct contest *contest, struct secret *ret_value)
{
	const struct settings_key *rule = contest->rule;
	const struct form *form;
	int code = 0;

	if (resolution->phase != BUNDLE_PHASE_BUILD || !rule ||
		rule->phases != SETTINGS_PHASES_START)
		return 0;
	form = &forms[rule->type];
	if (!contest->standin.length && form->alphabet)
		code = draw(resolution, contest, form, &contest->standin);
	else if (!contest->standin.length)
		contest->standin = choose(rule);
	*ret_value = contest->standin;
	return code < 0 ? code : 1;
}

static int give_one(struct resolution *resolution, struct contest *contest, struct secret value)
{
	struct contestant *ranked =
		pool_array(resolution->pool, contest->count + 1, sizeof(*ranked));
	struct found *found = pool_take(resolution->pool, sizeof(*found));

	if (!ranked || !found)
		return -ENOMEM;
	found->origin.source = SOURCE_SENTINEL;
	found->value = value;
	ranked[0] = (struct contestant){.found = found, .value = found->value};
	if (contest->count)
		memcpy(ranked + 1, contest->ranked, contest->count * sizeof(*ranked));
	contest->ranked = ranked;
	contest->count++;
	contest->sentinel = true;
	contest->weak = strength_is_weak(found->value);
	return 0;
}

int standin_give(struct resolution *resolution)
{
	for (size_t i = 0; i < resolution->contest_count; i++) {
		struct contest *contest = &resolution->contests[i];
		struct secret value = SECRET_NONE;
		int code = standin_of(resolution, contest, &value);

		if (code < 0 || (code > 0 && give_one(resolution, contest, value) < 0))
			return -ENOMEM;
	}
	return 0;
}
