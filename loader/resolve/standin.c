// Random values of the same alphabet and length as what they stand in for.
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
#define STANDIN_URL "https://stand-in.invalid/"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Only letters and digits: valid in base64, base64url and every quoting.
static void draw(uint8_t *out, size_t length, enum shape_type type)
{
	size_t alphabet = type == SHAPE_HEX ? 16 : sizeof(letters) - 1;
	const char *digits = type == SHAPE_HEX ? "0123456789abcdef" : letters;

	for (size_t i = 0; i < length; i++)
		out[i] = (uint8_t)digits[randombytes_uniform((uint32_t)alphabet)];
}

static size_t length_for(const struct contestant *winner, enum shape_type type)
{
	size_t length = winner && winner->value.length ? winner->value.length : STANDIN_LENGTH;

	if (type == SHAPE_BASE64)
		return (length + 3) / 4 * 4;
	if (type == SHAPE_BASE64URL && length % 4 == 1)
		return length + 1;
	return type == SHAPE_HEX ? (length + 1) / 2 * 2 : length;
}

static int give_one(struct resolution *resolution, struct contest *contest)
{
	enum shape_type type = (enum shape_type)contest->rule->type;
	struct contestant *ranked =
		pool_array(resolution->pool, contest->count + 1, sizeof(*ranked));
	struct found *found = pool_take(resolution->pool, sizeof(*found));
	size_t prefix = type == SHAPE_URL ? sizeof(STANDIN_URL) - 1 : 0;
	size_t length = length_for(contest_winner(contest), type);
	uint8_t *bytes = secret_arena_take(resolution->arena, prefix + length);

	if (!ranked || !found || !bytes)
		return -ENOMEM;
	memcpy(bytes, STANDIN_URL, prefix);
	draw(bytes + prefix, length, type);
	found->origin.source = SOURCE_SENTINEL;
	found->value = secret_view(bytes, prefix + length);
	ranked[0] = (struct contestant){.found = found, .value = found->value};
	if (contest->count)
		memcpy(ranked + 1, contest->ranked, contest->count * sizeof(*ranked));
	contest->ranked = ranked;
	contest->count++;
	contest->sentinel = true;
	contest->weak = strength_is_weak(found->value);
	return 0;
}

// Types whose values a random text would break are left as they are.
static bool can_stand_in(const struct settings_key *rule)
{
	switch ((enum shape_type)rule->type) {
	case SHAPE_STRING:
	case SHAPE_URL:
	case SHAPE_BASE64:
	case SHAPE_BASE64URL:
	case SHAPE_HEX:
		return true;
	default:
		return false;
	}
}

int standin_give(struct resolution *resolution)
{
	if (resolution->phase != BUNDLE_PHASE_BUILD)
		return 0;
	for (size_t i = 0; i < resolution->contest_count; i++) {
		struct contest *contest = &resolution->contests[i];

		if (contest->rule && contest->rule->phases == SETTINGS_PHASES_START &&
			can_stand_in(contest->rule) && give_one(resolution, contest) < 0)
			return -ENOMEM;
	}
	return 0;
}
