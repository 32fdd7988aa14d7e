// Which values of a resolution are worth a search: those that somebody may have built in, as long
// as they can be told from the current one and from a public example.
// SPDX-License-Identifier: MIT
#include "lib/base/clock.h"
#include "lib/base/pool.h"
#include "lib/value/bundle.h"
#include "lib/value/fingerprint.h"
#include "lib/value/placeholder.h"
#include "loader/inspect/built/residue.h"
#include "loader/inspect/built/stamp.h"
#include "loader/resolve/readings.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <sodium.h>

// Whether a value that is not the current one can be told from it: one in quotes, or none at all,
// stands wherever that stands.
static bool is_distinct(const struct bundle_key *key, const struct candidate *candidate,
	const struct candidate *current)
{
	struct secret value = candidate->value;

	if (value.length < SCANJOB_SEARCHED_MIN)
		return false; // nothing is said of what nobody uses
	if (current && current->value.length && current->value.length <= value.length &&
		memmem(secret_bytes(value), value.length, secret_bytes(current->value),
			current->value.length))
		return false;
	for (const struct candidate *at = key->candidates; at < candidate; at++)
		if (secret_equal(at->value, value))
			return false;
	return true;
}

// What a candidate is to the scan. Under a stand-in the next one is what counts at start.
static enum scanjob_kind kind_of(const struct bundle_key *key, size_t index)
{
	bool has_sentinel = key->flags & BUNDLE_KEY_SENTINEL;

	if (key->candidates[index].kind == CANDIDATE_READING)
		return SCANJOB_READING;
	if (index == 0)
		return has_sentinel ? SCANJOB_SENTINEL : SCANJOB_CURRENT;
	return index == 1 && has_sentinel ? SCANJOB_CURRENT : SCANJOB_SHADOWED;
}

// Settings go along for deployment files only. A weak text that merely stands in the environment is
// a path or a word more often than a secret.
static bool is_wanted(const struct bundle_key *key)
{
	return key->count && (key->flags & (BUNDLE_KEY_INHERITED | BUNDLE_KEY_WEAK)) !=
				     (BUNDLE_KEY_INHERITED | BUNDLE_KEY_WEAK);
}

static const struct candidate *find_current(const struct bundle_key *key)
{
	for (size_t i = 0; i < key->count; i++)
		if (kind_of(key, i) == SCANJOB_CURRENT)
			return &key->candidates[i];
	return NULL;
}

static int add_key(const struct bundle_key *key, struct pool *pool, struct pool_list *values)
{
	const struct candidate *current = find_current(key);

	for (size_t i = 0; i < key->count; i++) {
		const struct candidate *candidate = &key->candidates[i];
		enum scanjob_kind kind = kind_of(key, i);
		struct scanjob_value *value;
		char origin[ORIGIN_TEXT_SIZE];

		if (!candidate->value.length ||
			(kind != SCANJOB_SENTINEL && placeholder_is_known(candidate->value)))
			continue; // placeholders are looked for by themselves
		if ((kind == SCANJOB_SHADOWED || kind == SCANJOB_READING) &&
			!is_distinct(key, candidate, current))
			continue;
		value = pool_push(pool, values, sizeof(*value));
		if (!value)
			return -ENOMEM;
		*value = (struct scanjob_value){.key = key->name,
			.origin = pool_copy(
				pool, origin_text(candidate->origin, origin, sizeof(origin))),
			.kind = kind,
			.secret = key->flags & BUNDLE_KEY_SECRET,
			.value = candidate->value};
		if (!value->origin)
			return -ENOMEM;
	}
	return 0;
}

int residue_job(const struct resolution *resolution, struct pool *pool, struct scanjob *ret_job)
{
	struct pool_list values = {0};
	struct bundle bundle;
	int code = readings_add(resolution, pool, &bundle);

	for (size_t i = 0; code == 0 && i < bundle.key_count; i++)
		if (is_wanted(&bundle.keys[i]))
			code = add_key(&bundle.keys[i], pool, &values);
	if (code < 0)
		return code;
	ret_job->values = values.items;
	ret_job->value_count = values.count;
	fingerprint_subkey(resolution->fingerprints, ret_job->fingerprint_key);
	return 0;
}

static bool is_current(
	const struct resolution *resolution, const char *name, const uint8_t *fingerprint)
{
	const struct bundle_key *key = bundle_find(&resolution->bundle, name);
	const struct candidate *winner = key ? bundle_winner(key) : NULL;
	uint8_t current[FINGERPRINT_BYTES];

	if (!winner)
		return false;
	fingerprint_of(resolution->fingerprints, winner->value, current);
	return memcmp(current, fingerprint, sizeof(current)) == 0;
}

int residue_job_older(const struct resolution *resolution, const struct stamp *stamp,
	struct pool *pool, struct scanjob *job)
{
	struct pool_list prints = {0};
	char when[CLOCK_TEXT_SIZE];
	const char *origin =
		pool_format(pool, "the build of %s", clock_text(when, stamp->built_at_s));

	for (size_t i = 0; i < stamp->key_count; i++) {
		const struct stamp_key *key = &stamp->keys[i];
		struct scanjob_print *slot, print = {.key = key->name,
						    .origin = origin,
						    .length = (uint32_t)key->length};

		if (!key->secret ||
			sodium_hex2bin(print.fingerprint, sizeof(print.fingerprint),
				key->fingerprint, strlen(key->fingerprint), NULL, NULL,
				NULL) != 0 ||
			is_current(resolution, key->name, print.fingerprint))
			continue;
		slot = pool_push(pool, &prints, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		*slot = print;
	}
	job->prints = prints.items;
	job->print_count = prints.count;
	return origin ? 0 : -ENOMEM;
}
