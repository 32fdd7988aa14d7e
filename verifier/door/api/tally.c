// Plain arrays, searched from the front: there are few profiles, and the first is used most.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/tally.h"

#include "lib/base/text.h"

const uint64_t tally_bounds[TALLY_TIMES] = {
	1000, 2500, 5000, 10000, 25000, 50000, 100000, 500000, 1000000, 10000000};

void tally_done(struct tally *tally)
{
	for (size_t i = 0; i < tally->count; i++)
		free(tally->profiles[i]);
	*tally = (struct tally){0};
}

// Returns: the row of a profile, or NULL when there is no room.
static struct tally_profile *find(struct tally *tally, const char *name)
{
	struct tally_profile *profile;

	for (size_t i = 0; i < tally->count; i++)
		if (text_equal(tally->profiles[i]->name, name))
			return tally->profiles[i];
	profile = tally->count < TALLY_PROFILES_MAX ? calloc(1, sizeof(*profile)) : NULL;
	if (!profile)
		return NULL;
	(void)snprintf(profile->name, sizeof(profile->name), "%s", name);
	tally->profiles[tally->count++] = profile;
	return profile;
}

static void count_key(struct tally_profile *profile, const char *name, enum key_state state)
{
	struct tally_key *key = profile->keys;
	struct tally_key *end = key + profile->key_count;

	while (key < end && (key->state != state || !text_equal(key->name, name)))
		key++;
	if (key == end) {
		if (profile->key_count == TALLY_KEYS_MAX)
			return;
		profile->key_count++;
		(void)snprintf(key->name, sizeof(key->name), "%s", name);
		key->state = state;
	}
	key->tokens++;
}

void tally_token(struct tally *tally, const char *profile, enum token_code code, const char *key,
	enum key_state state, uint64_t spent_ns)
{
	struct tally_profile *row = find(tally, profile);
	size_t place = 0;

	while (place < TALLY_TIMES && spent_ns > tally_bounds[place])
		place++;
	tally->times[place]++;
	tally->spent_ns += spent_ns;
	if (!row)
		return;
	row->codes[code]++;
	if (key)
		count_key(row, key, state);
}

void tally_issued(struct tally *tally, const char *profile)
{
	struct tally_profile *row = find(tally, profile);

	if (row)
		row->issued++;
}
