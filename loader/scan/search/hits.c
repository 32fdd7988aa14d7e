// Keeps places in a growing list; settling sorts it and compares each place with its neighbours.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/hits.h"

#include "lib/base/growth.h"
#include "lib/wire/scanjob.h"
#include "loader/scan/search/pattern.h"

#include <errno.h>

int hits_add(struct hits *hits, const struct hit *hit)
{
	if (growth_room(&hits->items, &hits->room, hits->count, sizeof(*hits->items)) < 0)
		return -ENOMEM;
	hits->items[hits->count++] = *hit;
	return 0;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

// Negative: `a` is rather meant than `b`.
static int compare_worth(const struct hit *a, const struct hit *b, const struct scanjob *job)
{
	const struct scanjob_value *values = job->values;
	int order = compare(b->pattern->core, a->pattern->core);

	if (order == 0)
		order = compare(values[a->pattern->value].kind, values[b->pattern->value].kind);
	if (order == 0)
		order = compare(a->pattern->loose, b->pattern->loose);
	if (order == 0)
		order = compare(a->pattern->wraps, b->pattern->wraps);
	if (order == 0)
		order = compare(b->end - b->start, a->end - a->start);
	if (order == 0)
		order = compare(a->start, b->start);
	return order ? order : compare(a->pattern->value, b->pattern->value);
}

static int compare_places(const void *left, const void *right, void *user)
{
	const struct hit *a = left, *b = right;
	const struct scanjob *job = user;
	int order = compare(a->start, b->start);

	if (order == 0)
		order = strcmp(
			job->values[a->pattern->value].key, job->values[b->pattern->value].key);
	return order ? order : compare_worth(a, b, job);
}

static bool beats(const struct hit *other, const struct hit *hit, const struct scanjob *job)
{
	return other->start < hit->end && other->end > hit->start &&
	       strcmp(job->values[other->pattern->value].key,
		       job->values[hit->pattern->value].key) == 0 &&
	       compare_worth(other, hit, job) < 0;
}

// Whether two anchors of a value led to one place.
static bool is_same(const struct hit *a, const struct hit *b)
{
	return a->start == b->start && a->end == b->end && a->pattern->value == b->pattern->value;
}

// Whether another place of the same key that overlaps this one is rather meant.
static bool is_beaten(const struct hits *hits, size_t index, const struct scanjob *job)
{
	const struct hit *hit = &hits->items[index];

	for (size_t i = index; i-- > 0 && hits->items[i].start + hits->longest > hit->start;)
		if (beats(&hits->items[i], hit, job) || is_same(&hits->items[i], hit))
			return true;
	for (size_t i = index + 1; i < hits->count && hits->items[i].start < hit->end; i++)
		if (beats(&hits->items[i], hit, job))
			return true;
	return false;
}

void hits_settle(
	struct hits *hits, const struct scanjob *job, uint64_t until, hits_taker *taker, void *user)
{
	size_t kept = 0;

	if (!hits->count)
		return;
	qsort_r(hits->items, hits->count, sizeof(*hits->items), compare_places,
		(void *)(uintptr_t)job);
	for (size_t i = 0; i < hits->count; i++) {
		struct hit *hit = &hits->items[i];

		if (hit->settled || hit->end > until)
			continue;
		if (!is_beaten(hits, i, job))
			taker(user, hit);
		hit->settled = true;
	}
	for (size_t i = 0; i < hits->count; i++) // one that comes later may overlap these
		if (hits->items[i].end + hits->longest > until)
			hits->items[kept++] = hits->items[i];
	hits->count = kept;
}

void hits_clear(struct hits *hits)
{
	free(hits->items);
	*hits = (struct hits){0};
}
