// Records of drift as the witnesses make them: how one is begun, its other side, the order of all.
// SPDX-License-Identifier: MIT
#include "loader/witness/witnesses.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/value/finding.h"
#include "lib/wire/drift.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <jansson.h>

int witnesses_leave_unasked(struct witnesses *witnesses, const char *who, const struct err *err)
{
	struct witnesses_unasked *unasked =
		pool_push(witnesses->pool, &witnesses->unasked, sizeof(*unasked));

	if (!unasked)
		return -ENOMEM;
	unasked->who = who;
	unasked->why = pool_format(
		witnesses->pool, "%s%s%s", err->where, *err->where ? ": " : "", err->what);
	unasked->hint = pool_copy(witnesses->pool, err->hint);
	return unasked->why && unasked->hint ? 0 : -ENOMEM;
}

int witnesses_leave_unread(struct witnesses *witnesses)
{
	const struct diag *diag = witnesses->resolution->diag;
	struct err err = ERR_NONE;
	size_t count = 0;

	for (size_t i = 0; i < diag_size(diag); i++)
		count += finding_hides_values(diag_at(diag, i));
	if (!count)
		return 0;
	(void)err_set(&err, -EBADMSG, NULL,
		"what stands in %zu place%s of the sources cannot be read, so nobody was asked "
		"about it",
		count, text_plural(count));
	(void)err_hint(&err, "samekey check says where");
	return witnesses_leave_unasked(witnesses, "every witness", &err);
}

struct drift *witnesses_add(struct witnesses *witnesses)
{
	return pool_push(witnesses->pool, &witnesses->drifts, sizeof(struct drift));
}

int witnesses_set_current(struct witnesses *witnesses, const char *name, struct drift_side *side)
{
	const struct resolution *resolution = witnesses->resolution;
	const struct bundle_key *key = bundle_find(&resolution->bundle, name);
	const struct candidate *winner = key ? bundle_winner(key) : NULL;
	uint64_t now = (uint64_t)clock_wall_ms() / 1000, changed;
	char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE];

	*side = (struct drift_side){
		.app = resolution->bundle.app, .life = DRIFT_RESOLVED, .origin = "no source"};
	if (!winner)
		return 0;
	changed = resolution_changed_at(resolution, winner->origin.place);
	side->age_s = changed && changed < now ? now - changed : 0;
	side->origin = pool_copy(
		witnesses->pool, text_printable(shown, sizeof(shown),
					 origin_text(winner->origin, origin, sizeof(origin))));
	if (!side->origin)
		return -ENOMEM;
	if (key->flags & BUNDLE_KEY_WEAK)
		(void)snprintf(side->fingerprint, sizeof(side->fingerprint), "weak");
	else
		fingerprint_text(resolution->fingerprints, winner->value, side->fingerprint);
	return 0;
}

static int worse(const void *left, const void *right)
{
	const struct drift *a = left, *b = right;
	int order;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	order = strcmp(a->key, b->key);
	if (order == 0)
		order = (int)a->kind - (int)b->kind;
	return order ? order : strcmp(a->witness ? a->witness : "", b->witness ? b->witness : "");
}

void witnesses_sort(struct witnesses *witnesses)
{
	if (witnesses->drifts.count)
		qsort(witnesses->drifts.items, witnesses->drifts.count, sizeof(struct drift),
			worse);
}

json_t *witnesses_to_json(const struct witnesses *witnesses)
{
	const struct witnesses_unasked *unasked = witnesses->unasked.items;
	const struct drift *drifts = witnesses->drifts.items;
	json_t *list = json_array(), *others = json_array();

	for (size_t i = 0; list && i < witnesses->drifts.count; i++)
		dump_append(&list, drift_to_json(&drifts[i]));
	for (size_t i = 0; others && i < witnesses->unasked.count; i++)
		dump_append(&others, json_pack("{s:s, s:s, s:s}", "witness", unasked[i].who, "text",
					     unasked[i].why, "hint", unasked[i].hint));
	return json_pack("{s:i, s:o, s:o}", "v", 1, "drift", list, "unasked", others);
}
