// A process is a member by its variables or by its port; then its holdings are compared with the
// bundle and the readings of all dialects. census_tell.c makes findings of them.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/census.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "loader/inspect/running/belonging.h"
#include "loader/inspect/running/census_role.h"
#include "loader/inspect/running/census_tell.h"
#include "loader/inspect/running/lineage.h"
#include "loader/inspect/running/port.h"
#include "loader/resolve/given.h"
#include "loader/resolve/readings.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/runner.h"

#include <errno.h>

struct counting {
	const struct census_request *request;
	const struct bundle *bundle; // with readings once there is a member
	struct bundle with_readings;
	struct process_list list;
	struct pool *pool;
	pid_t self;
	const char *project; // the folder of all that belongs together
	bool *listens;       // of each process of the list: on the port, or behind it
	bool *primary;       // it listens for workers
	bool *serves;        // it listens in the bundle's folder and carries nothing
	bool forwarded;      // who listens on the port hands on to another network
};

// ---- who is one

static bool is_samekey(const struct counting *counting, const struct process *process)
{
	return process->pid == counting->self ||
	       text_equal(text_basename(process->program), "samekey");
}

static int compare_name(const uint8_t *variable, size_t length, const char *name)
{
	int order = strncmp((const char *)variable, name, length);

	return order ? order : name[length] ? -1 : 0;
}

// Finds a key by a name that is not ended.
static const struct bundle_key *find_key(
	const struct bundle *bundle, const uint8_t *name, size_t length)
{
	size_t low = 0, high = bundle->key_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_name(name, length, bundle->keys[middle].name);

		if (!order)
			return &bundle->keys[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool is_wanted(const struct counting *counting, const struct bundle_key *key)
{
	return key && key->flags & BUNDLE_KEY_INJECT && !(key->flags & BUNDLE_KEY_INHERITED) &&
	       (counting->request->settings || key->flags & BUNDLE_KEY_SECRET);
}

// Whether a variable is a key of the bundle. A worker of PM2's cluster has its own in pm2_env.
static bool carries(const struct counting *counting, struct secret environment)
{
	const uint8_t *at = secret_bytes(environment);
	const uint8_t *end = at ? at + environment.length : NULL;

	while (at < end) {
		const uint8_t *stop = memchr(at, '\0', (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at);
		const uint8_t *equals = memchr(at, '=', length);
		size_t name = equals ? (size_t)(equals - at) : 0;

		if (name && is_wanted(counting, find_key(counting->bundle, at, name)))
			return true;
		if (name == strlen("pm2_env") && memcmp(at, "pm2_env", name) == 0)
			return true;
		at += length + 1;
	}
	return false;
}

// Whether a samekey gave a process what is no secret of this bundle: it is another app's.
static bool is_of_another_app(const struct counting *counting, struct secret environment)
{
	const struct fingerprint_key *fingerprints = counting->request->resolution->fingerprints;
	const struct given *given = NULL;

	if (holding_given(environment, fingerprints, counting->pool, &given) < 0 || !given)
		return false;
	for (size_t i = 0; i < counting->bundle->key_count; i++) {
		const struct bundle_key *key = &counting->bundle->keys[i];
		const struct candidate *winner = bundle_winner(key);

		if (winner && key->flags & BUNDLE_KEY_SECRET &&
			given_has(given, fingerprints, key->name, winner->value))
			return false;
	}
	return true;
}

// What carries nothing and may be a server all the same is left to find_servers; nothing can be
// said of one that has written over its environment.
static bool wants(void *user, struct secret environment)
{
	return carries(user, environment) || process_is_overwritten(environment) ||
	       is_of_another_app(user, environment);
}

static bool has_port(const struct process *process, uint16_t port)
{
	for (size_t i = 0; i < process->port_count; i++)
		if (process->ports[i] == port)
			return true;
	return false;
}

// Marks who listens on the port. A worker of node's cluster does so through its parent.
static int find_listeners(struct counting *counting)
{
	const struct process_list *list = &counting->list;
	struct secret id;

	counting->listens = pool_array(counting->pool, list->count + 1, sizeof(bool));
	counting->primary = pool_array(counting->pool, list->count + 1, sizeof(bool));
	if (!counting->listens || !counting->primary)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		counting->listens[i] = has_port(&list->items[i], counting->request->port);
	for (size_t i = 0; i < list->count; i++) {
		const struct process *parent = process_find(list, list->items[i].parent);

		if (!parent || !has_port(parent, counting->request->port) ||
			!process_variable(list->items[i].environment, "NODE_UNIQUE_ID", &id))
			continue;
		counting->listens[i] = true;
		counting->primary[parent - list->items] = true;
	}
	return 0;
}

// A server that fell back to a default carries no secret at all: a runtime that runs in the
// bundle's folder, carries nothing and listens, in this network.
static int find_servers(struct counting *counting)
{
	struct process_list *list = &counting->list;
	const struct place *place = &counting->request->resolution->place;
	struct process *all = pool_array(counting->pool, list->count + 1, sizeof(*all));
	struct process **found = pool_array(counting->pool, list->count + 1, sizeof(*found));
	size_t count = 0;
	int code;

	counting->serves = pool_array(counting->pool, list->count + 1, sizeof(bool));
	if (!all || !found || !counting->serves)
		return -ENOMEM;
	if (list->count)
		memcpy(all, list->items, list->count * sizeof(*all));
	list->items = all;
	for (size_t i = 0; i < list->count; i++)
		if (all[i].sight == PROCESS_UNASKED &&
			runner_of(all[i].program) == RUNNER_RUNTIME &&
			belonging_runs_in(&all[i], place->root))
			found[count++] = &all[i];
	code = port_find(found, count, counting->pool);
	for (size_t i = 0; i < count && code == 0; i++)
		counting->serves[found[i] - all] = found[i]->port_count && !found[i]->ports_apart;
	for (size_t i = 0; i < list->count; i++)
		if (counting->serves[i])
			all[i].sight = PROCESS_SEEN; // and has nothing that counts
	return code;
}

static bool is_member(const struct counting *counting, size_t index)
{
	const struct process *process = &counting->list.items[index];

	if (is_samekey(counting, process))
		return false;
	if (counting->request->port)
		return counting->listens[index];
	return process->sight == PROCESS_SEEN;
}

// ---- what it is

static enum census_role role_of(const struct counting *counting, const struct process *process)
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
static bool is_ours(const struct counting *counting, const struct process *process)
{
	const struct place *place = &counting->request->resolution->place;

	return (counting->request->port && (!process->ports_apart || counting->forwarded)) ||
	       belonging_runs_in(process, counting->project) ||
	       belonging_runs_in(process, place->start) ||
	       belonging_is_program_of(process, counting->project);
}

// PM2's own variable alone makes no member.
static bool holds_any(const struct counting *counting, const struct holding_list *holdings)
{
	for (size_t i = 0; i < holdings->count; i++)
		if (holdings->items[i].state != HOLDING_MISSING &&
			is_wanted(counting, holdings->items[i].key))
			return true;
	return false;
}

// Whether what started the app has ended: it itself was taken over, or a part of its start was,
// such as npx, or samekey, which has wiped its environment. A job of CI or a shell that outlived
// its terminal is no part of the app.
static bool is_orphan(const struct counting *counting, const struct process *process)
{
	const struct process *adopted = lineage_adopted(&counting->list, process);

	if (!adopted || adopted == process)
		return adopted != NULL;
	return is_samekey(counting, adopted) || carries(counting, adopted->environment) ||
	       (runner_of(adopted->program) == RUNNER_RUNTIME &&
		       text_equal(adopted->folder, process->folder));
}

// Returns: 1 when it is one, 0, or -ENOMEM.
static int fill_member(
	struct counting *counting, const struct process *process, struct census_member *member)
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
	member->orphan = member->role != CENSUS_VERIFIER && is_orphan(counting, process);
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

static bool is_forwarded(const struct counting *counting)
{
	for (size_t i = 0; i < counting->list.count; i++)
		if (counting->listens && counting->listens[i] &&
			role_of(counting, &counting->list.items[i]) == CENSUS_FORWARDER)
			return true;
	return false;
}

static int count_members(struct counting *counting, struct census *census)
{
	struct pool_list members = {0};
	struct census_member *at;
	int code = 0;

	counting->forwarded = is_forwarded(counting);
	for (size_t i = 0; i < counting->list.count; i++) {
		struct census_member member;

		code = is_member(counting, i)
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
	struct counting counting = {
		.request = request, .bundle = &resolution->bundle, .pool = pool, .self = getpid()};
	const struct process_query query = {.environment = true,
		.ports = request->port != 0,
		.wanted = request->port ? NULL : wants,
		.user = &counting};
	struct census census = {0};
	int code = process_look(&query, resolution->arena, pool, &counting.list, err);

	if (code < 0)
		return code;
	counting.project = belonging_project(resolution, pool);
	code = !counting.project ? -ENOMEM
	       : request->port   ? find_listeners(&counting)
				 : find_servers(&counting);
	if (code == 0)
		code = count_members(&counting, &census);
	if (code == 0) {
		sum_up(&counting.list, &census);
		code = tell_all(request, &census, diag, pool);
	}
	if (code == -ENOMEM)
		return err_set(err, code, NULL, "out of memory");
	if (code < 0)
		return err_set(err, code, "/proc", "cannot look at processes: %s", strerror(-code));
	*ret_census = census;
	return 0;
}
