// Two short arrays. Each finding has a pool of its own.
// SPDX-License-Identifier: MIT
#include "verifier/record/sightings.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"

struct seen {
	struct sighting sighting; // first: it is given out as a pointer to it
	struct pool *pool;
};

struct counted {
	char *key; // heap
	char what[24];
	uint64_t tokens;
};

struct sightings {
	struct seen *findings[SIGHTINGS_FINDINGS_MAX];
	size_t finding_count;
	struct counted counts[SIGHTINGS_COUNTS_MAX];
	size_t count;
	uint64_t rest; // tokens for which there was no room
};

struct sightings *sightings_new(void)
{
	return calloc(1, sizeof(struct sightings));
}

static struct seen *seen_free(struct seen *seen)
{
	if (seen)
		pool_free(seen->pool);
	free(seen);
	return NULL;
}

struct sightings *sightings_free(struct sightings *sightings)
{
	if (!sightings)
		return NULL;
	for (size_t i = 0; i < sightings->finding_count; i++)
		seen_free(sightings->findings[i]);
	for (size_t i = 0; i < sightings->count; i++)
		free(sightings->counts[i].key);
	free(sightings);
	return NULL;
}

// ---- counts

static void count(struct sightings *sightings, const struct sighting *sighting)
{
	struct counted *counted;

	for (size_t i = 0; i < sightings->count; i++) {
		counted = &sightings->counts[i];
		if (!text_equal(counted->key, sighting->key) ||
			!text_equal(counted->what, sighting->what))
			continue;
		counted->tokens++;
		return;
	}
	counted = &sightings->counts[sightings->count];
	if (sightings->count < SIGHTINGS_COUNTS_MAX)
		counted->key = strdup(sighting->key);
	if (sightings->count == SIGHTINGS_COUNTS_MAX || !counted->key) {
		sightings->rest++;
		return;
	}
	(void)snprintf(counted->what, sizeof(counted->what), "%s", sighting->what);
	counted->tokens = 1;
	sightings->count++;
}

size_t sightings_counts(const struct sightings *sightings)
{
	return sightings->count + (sightings->rest > 0);
}

struct sightings_count sightings_count_at(const struct sightings *sightings, size_t index)
{
	const struct counted *counted = &sightings->counts[index];

	if (index == sightings->count)
		return (struct sightings_count){"", SIGHTINGS_REST, sightings->rest};
	return (struct sightings_count){counted->key, counted->what, counted->tokens};
}

// ---- findings

static struct seen *seen_new(const struct sighting *sighting)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	struct sighting *copy;

	if (!seen || !(seen->pool = pool_new()))
		return seen_free(seen);
	copy = &seen->sighting;
	*copy = *sighting;
	copy->app = pool_copy(seen->pool, sighting->app);
	copy->key = pool_copy(seen->pool, sighting->key);
	copy->what = pool_copy(seen->pool, sighting->what);
	copy->origin = pool_copy(seen->pool, sighting->origin);
	copy->text = pool_copy(seen->pool, sighting->text);
	copy->fix = pool_copy(seen->pool, sighting->fix);
	copy->count = 0;
	return copy->app && copy->key && copy->what && copy->origin && copy->text && copy->fix
		       ? seen
		       : seen_free(seen);
}

static struct seen *cut(struct sightings *sightings, size_t index)
{
	struct seen *seen = sightings->findings[index];

	sightings->finding_count--;
	memmove(sightings->findings + index, sightings->findings + index + 1,
		(sightings->finding_count - index) * sizeof(struct seen *));
	return seen;
}

// The sentence says it all: who, which key, from where and how.
static struct seen *find(struct sightings *sightings, const struct sighting *sighting)
{
	for (size_t i = 0; i < sightings->finding_count; i++) {
		const struct sighting *other = &sightings->findings[i]->sighting;

		if (other->finding == sighting->finding && text_equal(other->text, sighting->text))
			return cut(sightings, i);
	}
	return NULL;
}

bool sightings_add(struct sightings *sightings, const struct sighting *sighting, uint64_t now_ms)
{
	struct seen *seen;
	bool is_new;

	count(sightings, sighting);
	if (sighting->finding == FINDINGS)
		return false;
	seen = find(sightings, sighting);
	is_new = !seen;
	if (!seen)
		seen = seen_new(sighting);
	if (!seen)
		return false;
	if (sightings->finding_count == SIGHTINGS_FINDINGS_MAX)
		seen_free(cut(sightings, 0));
	seen->sighting.count++;
	seen->sighting.seen_ms = now_ms;
	sightings->findings[sightings->finding_count++] = seen;
	return is_new;
}

void sightings_expire(struct sightings *sightings, uint64_t now_ms)
{
	while (sightings->finding_count &&
		now_ms - sightings->findings[0]->sighting.seen_ms > SIGHTINGS_KEEP_MS)
		seen_free(cut(sightings, 0));
}

size_t sightings_size(const struct sightings *sightings)
{
	return sightings->finding_count;
}

const struct sighting *sightings_at(const struct sightings *sightings, size_t index)
{
	return &sightings->findings[index]->sighting;
}
