// Values in, records out. Compares in constant time and keeps nothing.
// SPDX-License-Identifier: MIT
#include "verifier/trust/outcome.h"

#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/value/fingerprint.h"
#include "verifier/record/registry.h"

#include <errno.h>

// Appends the parts of `path` to `out`, which holds `used` bytes of a plain absolute path.
static size_t append_parts(char *out, size_t used, const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.') {
			while (used && out[--used] != '/')
				;
		} else if (length && !(length == 1 && path[0] == '.')) {
			out[used++] = '/';
			memcpy(out + used, path, length);
			used += length;
		}
		path += length;
		path += *path == '/';
	}
	return used;
}

const char *outcome_path(const char *root, const char *path, struct pool *pool)
{
	char *out = pool_take(pool, strlen(root) + strlen(path) + 3);
	size_t used = 0;

	if (!out || !*path)
		return out; // zeroed: ""
	if (*path != '/')
		used = append_parts(out, used, root);
	used = append_parts(out, used, path);
	if (!used)
		out[used++] = '/';
	out[used] = '\0';
	return out;
}

// Where the places of a bundle lead. Most keys come from the file of the key before them.
struct places {
	const char *root;
	struct pool *pool;
	const char *last, *last_path;
};

static int set_origin(struct origin *origin, const struct origin *from, struct places *places)
{
	const char *place = from->place ? from->place : "";

	if (!places->last || strcmp(place, places->last) != 0) {
		places->last_path = outcome_path(places->root, place, places->pool);
		if (!places->last_path)
			return -ENOMEM;
		places->last = place;
	}
	*origin = *from;
	origin->place = places->last_path;
	return 0;
}

static int set_others(struct registry_key *record, const struct bundle_key *key,
	const struct candidate *winner, struct places *places)
{
	struct registry_candidate *others;
	size_t count = 0;

	if (key->count <= (winner != NULL))
		return 0;
	others = pool_array(places->pool, key->count, sizeof(*others));
	if (!others)
		return -ENOMEM;
	for (size_t i = 0; i < key->count; i++) {
		const struct candidate *candidate = &key->candidates[i];

		if (candidate == winner)
			continue;
		others[count].kind = candidate->kind;
		others[count].differs = !winner || !secret_equal(candidate->value, winner->value);
		others[count].empty = !candidate->value.length;
		if (set_origin(&others[count].origin, &candidate->origin, places) < 0)
			return -ENOMEM;
		count++;
	}
	record->others = others;
	record->other_count = count;
	return 0;
}

static int set_winner(struct registry_key *record, const struct candidate *winner,
	const struct fingerprint_key *key, struct places *places)
{
	record->has_value = true;
	fingerprint_equality(key, winner->value, record->fingerprint, record->equality);
	if (record->flags & BUNDLE_KEY_WEAK)
		(void)snprintf(record->fingerprint, sizeof(record->fingerprint), OUTCOME_WEAK);
	else
		record->length = (uint32_t)winner->value.length;
	return set_origin(&record->origin, &winner->origin, places);
}

int outcome_of(const struct bundle *bundle, const struct fingerprint_key *key, struct pool *pool,
	struct registry_key **ret_keys)
{
	struct registry_key *records = pool_array(pool, bundle->key_count + 1, sizeof(*records));
	struct places places = {.root = bundle->root, .pool = pool};

	if (!records)
		return -ENOMEM;
	for (size_t i = 0; i < bundle->key_count; i++) {
		const struct bundle_key *from = &bundle->keys[i];
		const struct candidate *winner = bundle_winner(from);
		struct registry_key *record = &records[i];

		record->name = from->name;
		record->flags = from->flags;
		record->origin.place = "";
		if (winner && set_winner(record, winner, key, &places) < 0)
			return -ENOMEM;
		if (set_others(record, from, winner, &places) < 0)
			return -ENOMEM;
	}
	*ret_keys = records;
	return 0;
}

const char *outcome_origin(
	const struct bundle *bundle, const struct candidate *candidate, struct pool *pool)
{
	struct origin origin = candidate->origin;
	char text[ORIGIN_TEXT_SIZE];

	origin.place = outcome_path(bundle->root, origin.place ? origin.place : "", pool);
	return origin.place ? pool_copy(pool, origin_text(origin, text, sizeof(text))) : NULL;
}
