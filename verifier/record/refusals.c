// A short array in the order of time; each refusal has a pool of its own.
// SPDX-License-Identifier: MIT
#include "verifier/record/refusals.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "verifier/record/registry.h"

struct noted {
	struct refusal refusal; // first: it is given out as a pointer to it
	struct pool *pool;
};

struct refusals {
	struct noted *items[REFUSALS_MAX];
	size_t count;
};

static struct noted *noted_free(struct noted *noted)
{
	if (noted)
		pool_free(noted->pool);
	free(noted);
	return NULL;
}

static void noted_release(struct noted **noted)
{
	*noted = noted_free(*noted);
}

struct refusals *refusals_new(void)
{
	return calloc(1, sizeof(struct refusals));
}

struct refusals *refusals_free(struct refusals *refusals)
{
	if (!refusals)
		return NULL;
	for (size_t i = 0; i < refusals->count; i++)
		noted_free(refusals->items[i]);
	free(refusals);
	return NULL;
}

static void cut(struct refusals *refusals, size_t index)
{
	noted_free(refusals->items[index]);
	refusals->count--;
	memmove(refusals->items + index, refusals->items + index + 1,
		(refusals->count - index) * sizeof(struct noted *));
}

// ---- copying

static bool copy_finding(struct pool *pool, const struct diag_item *from, struct diag_item *to)
{
	*to = *from;
	to->code = pool_copy(pool, from->code);
	to->key = pool_copy(pool, from->key);
	to->origin = pool_copy(pool, from->origin);
	to->text = pool_copy(pool, from->text);
	to->hint = pool_copy(pool, from->hint);
	return to->code && to->key && to->origin && to->text && to->hint;
}

// The errors, which are why, then the rest.
static bool copy_findings(struct pool *pool, const struct diag *diag,
	const struct diag_item **ret_list, size_t *ret_count)
{
	struct diag_item *list = pool_array(pool, REFUSALS_FINDINGS_MAX, sizeof(*list));
	size_t count = 0;

	for (int errors = 1; list && errors >= 0; errors--) {
		for (size_t i = 0; i < diag_size(diag) && count < REFUSALS_FINDINGS_MAX; i++) {
			const struct diag_item *item = diag_at(diag, i);

			if ((item->severity == DIAG_ERROR) == errors &&
				!copy_finding(pool, item, &list[count++]))
				return false;
		}
	}
	*ret_list = list;
	*ret_count = count;
	return list;
}

static struct noted *noted_new(
	const struct registry_offer *offer, uint64_t now_ms, const struct diag *diag)
{
	own(noted_release) struct noted *noted = calloc(1, sizeof(*noted));
	const struct bundle *bundle = offer->bundle;
	struct refusal *refusal;

	if (!noted || !(noted->pool = pool_new()))
		return NULL;
	refusal = &noted->refusal;
	*refusal = (struct refusal){
		.app = pool_copy(noted->pool, bundle->app),
		.group = pool_copy(noted->pool, bundle->group),
		.program = pool_copy(noted->pool, bundle->program),
		.phase = bundle_phase_text(bundle->phase),
		.uid = offer->uid,
		.standing = offer->hold == REGISTRY_STANDING,
		.pid = offer->hold == REGISTRY_STANDING ? 0 : offer->pid,
		.refused_ms = now_ms,
	};
	if (!refusal->app || !refusal->group || !refusal->program ||
		!copy_findings(noted->pool, diag, &refusal->findings, &refusal->finding_count))
		return NULL;
	refusal->omitted = diag_size(diag) + diag_omitted(diag) - refusal->finding_count;
	return take(&noted);
}

// ---- the list

void refusals_forget(struct refusals *refusals, const char *app, uid_t uid)
{
	for (size_t i = refusals->count; i-- > 0;) {
		const struct refusal *refusal = &refusals->items[i]->refusal;

		if (refusal->uid == uid && text_equal(refusal->app, app))
			cut(refusals, i);
	}
}

void refusals_expire(struct refusals *refusals, uint64_t now_ms)
{
	while (refusals->count &&
		now_ms - refusals->items[0]->refusal.refused_ms > REFUSALS_KEEP_MS)
		cut(refusals, 0);
}

// The oldest of a user who has enough, else the oldest of all.
static void make_room(struct refusals *refusals, uid_t uid)
{
	size_t own = 0, oldest = 0;

	for (size_t i = refusals->count; i-- > 0;) {
		if (refusals->items[i]->refusal.uid != uid)
			continue;
		own++;
		oldest = i;
	}
	if (own >= REFUSALS_USER_MAX)
		cut(refusals, oldest);
	else if (refusals->count == REFUSALS_MAX)
		cut(refusals, 0);
}

void refusals_note(struct refusals *refusals, const struct registry_offer *offer, uint64_t now_ms,
	const struct diag *diag)
{
	struct noted *noted = noted_new(offer, now_ms, diag);

	if (!noted)
		return;
	refusals_forget(refusals, noted->refusal.app, noted->refusal.uid);
	make_room(refusals, noted->refusal.uid);
	refusals->items[refusals->count++] = noted;
}

size_t refusals_size(const struct refusals *refusals)
{
	return refusals->count;
}

const struct refusal *refusals_at(const struct refusals *refusals, size_t index)
{
	return &refusals->items[index]->refusal;
}
