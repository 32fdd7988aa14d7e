// The census of running processes, told as records: what a process holds, and what it should.
// SPDX-License-Identifier: MIT
#include "loader/witness/witness_processes.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/wire/drift.h"
#include "loader/inspect/running/census.h"
#include "loader/inspect/running/census_tell.h"
#include "loader/resolve/resolution.h"
#include "loader/witness/witnesses.h"

#include <errno.h>

static const struct holding *find_holding(const struct census_member *member, const char *key)
{
	for (size_t i = 0; i < member->holdings.count; i++)
		if (text_equal(member->holdings.items[i].key->name, key))
			return &member->holdings.items[i];
	return NULL;
}

static int set_process(struct witnesses *witnesses, const struct census_member *member,
	const struct holding *holding, struct drift_side *side)
{
	char origin[ORIGIN_TEXT_SIZE], shown[ORIGIN_TEXT_SIZE];

	*side = (struct drift_side){.app = pool_copy(witnesses->pool, member->name),
		.origin = "its environment",
		.age_s = member->process.age_s,
		.life = DRIFT_LIVE,
		.pid = member->process.pid};
	if (holding)
		(void)snprintf(
			side->fingerprint, sizeof(side->fingerprint), "%s", holding->fingerprint);
	if (holding && holding->candidate)
		side->origin = pool_copy(witnesses->pool,
			text_printable(shown, sizeof(shown),
				origin_text(holding->candidate->origin, origin, sizeof(origin))));
	else if (holding && holding->from_pm2)
		side->origin = "pm2_env";
	return side->app && side->origin ? 0 : -ENOMEM;
}

// A finding about a process, with what it holds and what it should.
static int add_process(struct witnesses *witnesses, const struct census_member *member,
	const struct diag_item *item)
{
	struct drift *drift = witnesses_add(witnesses);
	struct drift_side *sides = pool_array(witnesses->pool, 2, sizeof(*sides));

	if (!drift || !sides ||
		set_process(witnesses, member, find_holding(member, item->key), &sides[0]) < 0)
		return -ENOMEM;
	if (*item->key && witnesses_set_current(witnesses, item->key, &sides[1]) < 0)
		return -ENOMEM;
	*drift = (struct drift){
		.kind = DRIFT_PROCESS,
		.severity = item->severity,
		.code = pool_copy(witnesses->pool, item->code),
		.key = pool_copy(witnesses->pool, item->key),
		.group = witnesses->resolution->bundle.group,
		.sides = sides,
		.side_count = *item->key ? 2 : 1,
		.fix = pool_copy(witnesses->pool, item->hint),
		.witness = pool_format(witnesses->pool, "pid %d", member->process.pid),
		.text = pool_copy(witnesses->pool, item->text),
	};
	return drift->code && drift->key && drift->fix && drift->witness && drift->text ? 0
											: -ENOMEM;
}

static int add_member(struct witnesses *witnesses, const struct census_request *request,
	const struct census_member *member)
{
	own(diag_release) struct diag *found = diag_new();
	int code = found ? census_tell(request, member, found, witnesses->pool) : -ENOMEM;

	for (size_t i = 0; code == 0 && i < diag_size(found); i++)
		code = add_process(witnesses, member, diag_at(found, i));
	return code;
}

// A finding about no process of this app's: a record without sides.
static int add_elsewhere(struct witnesses *witnesses, const struct diag_item *item)
{
	struct drift *drift = witnesses_add(witnesses);

	if (!drift)
		return -ENOMEM;
	*drift = (struct drift){
		.kind = DRIFT_PROCESS,
		.severity = item->severity,
		.code = pool_copy(witnesses->pool, item->code),
		.key = "",
		.group = witnesses->resolution->bundle.group,
		.fix = pool_copy(witnesses->pool, item->hint),
		.witness = "other projects",
		.text = pool_copy(witnesses->pool, item->text),
	};
	return drift->code && drift->fix && drift->text ? 0 : -ENOMEM;
}

static int add_others(struct witnesses *witnesses, const struct census_request *request,
	const struct census *census)
{
	own(diag_release) struct diag *found = diag_new();
	int code = found ? census_tell_elsewhere(request, census, found, witnesses->pool) : -ENOMEM;

	for (size_t i = 0; code == 0 && i < diag_size(found); i++)
		code = add_elsewhere(witnesses, diag_at(found, i));
	return code;
}

// Who holds what he holds unseen.
static int leave_unseen(struct witnesses *witnesses, const struct census *census)
{
	struct err err = ERR_NONE;

	if (!census->denied && !census->hidden && !census->too_large && !census->cut)
		return 0;
	(void)err_set(&err, -EACCES, NULL,
		"%zu of %zu processes may not be looked at, or not whole%s",
		census->denied + census->too_large, census->looked_at,
		census->hidden ? "; /proc hides those of other users"
		: census->cut  ? "; there are more"
			       : "");
	(void)err_hint(&err, "%s", geteuid() == 0 ? "" : "root sees them");
	return witnesses_leave_unasked(witnesses, "other processes", &err);
}

int witness_processes_ask(struct witnesses *witnesses)
{
	own(diag_release) struct diag *diag = diag_new();
	const struct census_request request = {.resolution = witnesses->resolution};
	struct err err = ERR_NONE;
	struct census census;
	int code = diag ? census_take(&request, diag, witnesses->pool, &census, &err) : -ENOMEM;

	if (code < 0)
		return code == -ENOMEM
			       ? code
			       : witnesses_leave_unasked(witnesses, "running processes", &err);
	for (size_t i = 0; i < census.count; i++)
		if (add_member(witnesses, &request, &census.members[i]) < 0)
			return -ENOMEM;
	if (add_others(witnesses, &request, &census) < 0)
		return -ENOMEM;
	return leave_unseen(witnesses, &census);
}
