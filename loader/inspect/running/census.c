// census_pick.c says which processes may be members; here their holdings are compared with the
// bundle and the readings of all dialects, and census_tell.c makes findings of them.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/census.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "loader/inspect/running/belonging.h"
#include "loader/inspect/running/census_pick.h"
#include "loader/inspect/running/census_role.h"
#include "loader/inspect/running/census_tell.h"
#include "loader/inspect/running/lineage.h"
#include "loader/inspect/running/port.h"
#include "loader/resolve/readings.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/runner.h"

#include <errno.h>

static enum census_role role_of(const struct census_count *counting, const struct process *process)
{
	return census_role_of(
		process, counting->primary && counting->primary[process - counting->list.items]);
}

static bool holds_ours(const struct holding_list *holdings)
{
	for (size_t i = 0; i < holdings->count; i++)
		if (census_tell_is_ours(&holdings->items[i]))
			return true;
	return false;
}

// A service of the machine runs in /, which is above every project and belongs to none. Another
// network has a port of the same number for itself, unless somebody forwards ours to it.
static bool is_ours(const struct census_count *counting, const struct process *process)
{
	const struct place *place = &counting->request->resolution->place;

	return (counting->request->port && (!process->ports_apart || counting->forwarded)) ||
	       belonging_runs_in(process, counting->project) ||
	       belonging_runs_in(process, place->start) ||
	       belonging_is_program_of(process, counting->project);
}

// PM2's own variable alone makes no member.
static bool holds_any(const struct census_count *counting, const struct holding_list *holdings)
{
	for (size_t i = 0; i < holdings->count; i++)
		if (holdings->items[i].state != HOLDING_MISSING &&
			census_pick_is_wanted(counting, holdings->items[i].key))
			return true;
	return false;
}

// Whether what started the app has ended: it itself was taken over, or a part of its start was,
// such as npx, or samekey, which has wiped its environment. A job of CI or a shell that outlived
// its terminal is no part of the app.
static void judge_orphan(const struct census_count *counting, const struct process *process,
	struct census_member *member)
{
	const struct process *adopted = lineage_adopted(&counting->list, process);

	if (!adopted || member->role == CENSUS_VERIFIER)
		return;
	member->adopted = adopted->pid;
	member->adopter = adopted->parent;
	member->orphan = adopted == process || census_pick_is_samekey(counting, adopted) ||
			 census_pick_carries(counting, adopted->environment) ||
			 (runner_of(adopted->program) == RUNNER_RUNTIME &&
				 text_equal(adopted->folder, process->folder));
}

// Returns: 1 when it is one, 0, or -ENOMEM.
static int fill_member(
	struct census_count *counting, const struct process *process, struct census_member *member)
{
	const struct resolution *resolution = counting->request->resolution;

	if (counting->bundle != &counting->with_readings) {
		if (readings_add(resolution, counting->pool, &counting->with_readings) < 0)
			return -ENOMEM;
		counting->bundle = &counting->with_readings;
	}
	*member = (struct census_member){
		.process = *process, .holdings = {.pm2_name = "", .pm2_id = ""}};
	if (process->sight == PROCESS_SEEN &&
		holding_compare(counting->bundle, resolution->fingerprints, process,
			resolution->arena, counting->pool, &member->holdings) < 0)
		return -ENOMEM;
	member->role = role_of(counting, process);
	if (!counting->request->port &&
		(member->role == CENSUS_VERIFIER ||
			(!holds_any(counting, &member->holdings) &&
				!counting->serves[process - counting->list.items])))
		return 0;
	if (member->role == CENSUS_VERIFIER)
		member->holdings.count = 0;
	judge_orphan(counting, process, member);
	member->home = belonging_runs_in(process, resolution->place.root);
	member->ours = is_ours(counting, process);
	member->related = member->ours || holds_ours(&member->holdings);
	member->name = lineage_name(process, counting->pool);
	member->lineage = lineage_text(&counting->list, process, counting->pool);
	return member->name && member->lineage ? 1 : -ENOMEM;
}

// ---- all of them

static bool lacks_secret(const struct census_member *member)
{
	for (size_t i = 0; i < member->holdings.count; i++)
		if (member->holdings.items[i].state == HOLDING_MISSING &&
			member->holdings.items[i].key->flags & BUNDLE_KEY_SECRET)
			return true;
	return false;
}

static int find_ports(struct census_member *members, size_t count, struct pool *pool)
{
	struct process **processes = pool_array(pool, count + 1, sizeof(struct process *));

	if (!processes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		processes[i] = &members[i].process;
	return port_find(processes, count, pool);
}

static bool is_forwarded(const struct census_count *counting)
{
	for (size_t i = 0; i < counting->list.count; i++)
		if (counting->listens && counting->listens[i] &&
			role_of(counting, &counting->list.items[i]) == CENSUS_FORWARDER)
			return true;
	return false;
}

static int count_members(struct census_count *counting, struct census *census)
{
	struct pool_list members = {0};
	struct census_member *at;
	int code = 0;

	counting->forwarded = is_forwarded(counting);
	for (size_t i = 0; i < counting->list.count; i++) {
		struct census_member member;

		code = census_pick_is_member(counting, i)
			       ? fill_member(counting, &counting->list.items[i], &member)
			       : 0;
		if (code < 0)
			return code;
		if (code == 0)
			continue;
		at = pool_push(counting->pool, &members, sizeof(*at));
		if (!at)
			return -ENOMEM;
		*at = member;
	}
	at = members.items;
	for (size_t i = 0; i < members.count; i++)
		census->lacks = census->lacks || (at[i].ours && lacks_secret(&at[i]));
	code = counting->request->port ? 0 : find_ports(at, members.count, counting->pool);
	census->members = at;
	census->count = members.count;
	return code;
}

static void sum_up(const struct process_list *list, struct census *census)
{
	census->looked_at = list->count;
	census->denied = list->denied;
	census->hidden = list->hidden;
	census->cut = list->cut;
	for (size_t i = 0; i < list->count; i++)
		census->too_large += list->items[i].sight == PROCESS_TOO_LARGE;
}

static int tell_all(const struct census_request *request, const struct census *census,
	struct diag *diag, struct pool *pool)
{
	int code = 0;

	for (size_t i = 0; i < census->count && code == 0; i++)
		code = census_tell(request, &census->members[i], diag, pool);
	return code < 0 ? code : census_tell_elsewhere(request, census, diag, pool);
}

int census_take(const struct census_request *request, struct diag *diag, struct pool *pool,
	struct census *ret_census, struct err *err)
{
	const struct resolution *resolution = request->resolution;
	struct census_count counting = {
		.request = request, .bundle = &resolution->bundle, .pool = pool, .self = getpid()};
	const struct process_query query = {.environment = true,
		.ports = request->port != 0,
		.wanted = request->port ? NULL : census_pick_wants,
		.user = &counting};
	struct census census = {0};
	int code = process_look(&query, resolution->arena, pool, &counting.list, err);

	if (code < 0)
		return code;
	counting.project = belonging_project(resolution, pool);
	code = !counting.project ? -ENOMEM
	       : request->port   ? census_pick_listeners(&counting)
				 : census_pick_servers(&counting);
	if (code == 0)
		code = count_members(&counting, &census);
	if (code == 0) {
		sum_up(&counting.list, &census);
		code = tell_all(request, &census, diag, pool);
	}
	if (code == -ENOMEM)
		return err_no_memory(err);
	if (code < 0)
		return err_set(err, code, "/proc", "cannot look at processes: %s", strerror(-code));
	*ret_census = census;
	return 0;
}
