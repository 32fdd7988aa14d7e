// Two short arrays, looked through from end to end. Each attestation has a pool of its own.
// SPDX-License-Identifier: MIT
#include "verifier/record/attestations.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/record/registry.h"

struct kept {
	struct attestation attestation; // first: it is given out as a pointer to it
	struct pool *pool;
};

struct counted {
	char *app, *key; // heap
	char state[24];
	uint64_t times;
};

struct attestations {
	struct kept *kept[ATTESTATIONS_MAX];
	size_t size;
	struct counted counts[ATTESTATIONS_COUNTS_MAX];
	size_t count;
	uint64_t rest; // for which there was no room
};

struct attestations *attestations_new(void)
{
	return calloc(1, sizeof(struct attestations));
}

static struct kept *kept_free(struct kept *kept)
{
	if (kept)
		pool_free(kept->pool);
	free(kept);
	return NULL;
}

struct attestations *attestations_free(struct attestations *list)
{
	if (!list)
		return NULL;
	for (size_t i = 0; i < list->size; i++)
		kept_free(list->kept[i]);
	for (size_t i = 0; i < list->count; i++) {
		free(list->counts[i].app);
		free(list->counts[i].key);
	}
	free(list);
	return NULL;
}

// ---- counts

static bool count_anew(struct attestations *list, const struct attestation *attestation)
{
	struct counted *counted = &list->counts[list->count];

	if (list->count == ATTESTATIONS_COUNTS_MAX)
		return false;
	*counted = (struct counted){
		.app = strdup(attestation->app), .key = strdup(attestation->key), .times = 1};
	if (!counted->app || !counted->key) {
		free(counted->app);
		free(counted->key);
		return false;
	}
	(void)snprintf(counted->state, sizeof(counted->state), "%s", attestation->state);
	list->count++;
	return true;
}

static void count(struct attestations *list, const struct attestation *attestation)
{
	for (size_t i = 0; i < list->count; i++) {
		struct counted *counted = &list->counts[i];

		if (!text_equal(counted->app, attestation->app) ||
			!text_equal(counted->key, attestation->key) ||
			!text_equal(counted->state, attestation->state))
			continue;
		counted->times++;
		return;
	}
	if (!count_anew(list, attestation))
		list->rest++;
}

size_t attestations_counts(const struct attestations *list)
{
	return list->count + (list->rest > 0);
}

struct attestations_count attestations_count_at(const struct attestations *list, size_t index)
{
	const struct counted *counted = &list->counts[index];

	if (index == list->count)
		return (struct attestations_count){"", "", ATTESTATIONS_REST, list->rest};
	return (struct attestations_count){
		counted->app, counted->key, counted->state, counted->times};
}

// ---- what is kept

static struct kept *kept_new(const struct attestation *attestation)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	struct attestation *copy;

	if (!kept || !(kept->pool = pool_new()))
		return kept_free(kept);
	copy = &kept->attestation;
	*copy = *attestation;
	copy->app = pool_copy(kept->pool, attestation->app);
	copy->key = pool_copy(kept->pool, attestation->key);
	copy->state = pool_copy(kept->pool, attestation->state);
	copy->origin = pool_copy(kept->pool, attestation->origin);
	copy->text = pool_copy(kept->pool, attestation->text);
	copy->fix = pool_copy(kept->pool, attestation->fix);
	copy->same = text_equal(attestation->state, ATTESTATIONS_SAME);
	return copy->app && copy->key && copy->state && copy->origin && copy->text && copy->fix
		       ? kept
		       : kept_free(kept);
}

static struct kept *cut(struct attestations *list, size_t index)
{
	struct kept *kept = list->kept[index];

	list->size--;
	memmove(list->kept + index, list->kept + index + 1,
		(list->size - index) * sizeof(struct kept *));
	return kept;
}

static size_t find(const struct attestations *list, const struct attestation *attestation)
{
	for (size_t i = 0; i < list->size; i++) {
		const struct attestation *other = &list->kept[i]->attestation;

		if (other->uid == attestation->uid && other->pid == attestation->pid &&
			text_equal(other->app, attestation->app) &&
			text_equal(other->key, attestation->key))
			return i;
	}
	return list->size;
}

// Makes room for one more of a user: the oldest that says `same` goes, else the oldest; the user's
// own when it is the user who has too many. Users who take all they can leave room for the others,
// so that nobody makes another's word forgotten.
static void make_room(struct attestations *list, uint64_t uid)
{
	size_t own = 0, first = list->size, first_same = list->size;
	bool too_many;

	for (size_t i = 0; i < list->size; i++)
		own += list->kept[i]->attestation.uid == uid;
	too_many = own >= ATTESTATIONS_UID_MAX ||
		   (own && own >= (ATTESTATIONS_MAX - list->size) / ATTESTATIONS_SHARE);
	if (!too_many && list->size < ATTESTATIONS_MAX)
		return;
	for (size_t i = list->size; i-- > 0;) {
		const struct attestation *attestation = &list->kept[i]->attestation;

		if (too_many && attestation->uid != uid)
			continue;
		first = i;
		if (attestation->same)
			first_same = i;
	}
	kept_free(cut(list, first_same < list->size ? first_same : first));
}

static bool says_alike(const struct attestation *a, const struct attestation *b)
{
	return text_equal(a->state, b->state) && text_equal(a->text, b->text);
}

bool attestations_note(
	struct attestations *list, const struct attestation *attestation, uint64_t now_ms)
{
	struct kept *kept = kept_new(attestation), *before = NULL;
	size_t index = find(list, attestation);
	bool is_news;

	count(list, attestation);
	if (!kept)
		return false;
	kept->attestation.since_ms = kept->attestation.seen_ms = now_ms;
	is_news = !kept->attestation.same;
	if (index < list->size) {
		before = cut(list, index);
		if (before->attestation.started == attestation->started &&
			says_alike(&before->attestation, attestation))
			kept->attestation.since_ms = before->attestation.since_ms;
		is_news = !says_alike(&before->attestation, attestation) &&
			  !(before->attestation.same && kept->attestation.same);
		kept_free(before);
	} else {
		make_room(list, attestation->uid);
	}
	list->kept[list->size++] = kept;
	return is_news;
}

// ---- what is over

static bool is_over(const struct attestation *attestation, const struct registry *registry,
	attestations_lives *lives, uint64_t now_ms)
{
	const struct registry_entry *entry = registry_by_id(registry, attestation->bundle);

	return now_ms - attestation->seen_ms > ATTESTATIONS_KEEP_MS || !entry || entry->dead ||
	       (attestation->pid && !lives(attestation));
}

void attestations_settle(struct attestations *list, const struct registry *registry,
	attestations_lives *lives, uint64_t now_ms)
{
	for (size_t i = list->size; i-- > 0;)
		if (is_over(&list->kept[i]->attestation, registry, lives, now_ms))
			kept_free(cut(list, i));
}

size_t attestations_size(const struct attestations *list)
{
	return list->size;
}

const struct attestation *attestations_at(const struct attestations *list, size_t index)
{
	return &list->kept[index]->attestation;
}

bool attestations_alike(const struct attestation *a, const struct attestation *b)
{
	return says_alike(a, b) && text_equal(a->app, b->app) && text_equal(a->key, b->key);
}
