// By its variables, by its port, or as a server that carries nothing.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/census_pick.h"

#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "loader/inspect/running/belonging.h"
#include "loader/inspect/running/census.h"
#include "loader/inspect/running/port.h"
#include "loader/resolve/given.h"
#include "loader/resolve/resolution.h"
#include "loader/resolve/runner.h"

#include <errno.h>

bool census_pick_is_samekey(const struct census_count *counting, const struct process *process)
{
	return process->pid == counting->self ||
	       text_equal(path_basename(process->program), "samekey");
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

bool census_pick_is_wanted(const struct census_count *counting, const struct bundle_key *key)
{
	return key && key->flags & BUNDLE_KEY_INJECT && !(key->flags & BUNDLE_KEY_INHERITED) &&
	       (counting->request->settings || key->flags & BUNDLE_KEY_SECRET);
}

bool census_pick_carries(const struct census_count *counting, struct secret environment)
{
	const uint8_t *at = secret_bytes(environment);
	const uint8_t *end = at ? at + environment.length : NULL;

	while (at < end) {
		const uint8_t *stop = memchr(at, '\0', (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at);
		const uint8_t *equals = memchr(at, '=', length);
		size_t name = equals ? (size_t)(equals - at) : 0;

		if (name && census_pick_is_wanted(counting, find_key(counting->bundle, at, name)))
			return true;
		if (name == strlen("pm2_env") && memcmp(at, "pm2_env", name) == 0)
			return true;
		at += length + 1;
	}
	return false;
}

// Whether a samekey gave a process what is no secret of this bundle: it is another app's.
static bool is_of_another_app(const struct census_count *counting, struct secret environment)
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

// What carries nothing and may be a server all the same is left to census_pick_servers; nothing can
// be said of one that has written over its environment.
bool census_pick_wants(void *user, struct secret environment)
{
	return census_pick_carries(user, environment) || process_is_overwritten(environment) ||
	       is_of_another_app(user, environment);
}

static bool has_port(const struct process *process, uint16_t port)
{
	for (size_t i = 0; i < process->port_count; i++)
		if (process->ports[i] == port)
			return true;
	return false;
}

// A worker of node's cluster does so through its parent.
int census_pick_listeners(struct census_count *counting)
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

int census_pick_servers(struct census_count *counting)
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

bool census_pick_is_member(const struct census_count *counting, size_t index)
{
	const struct process *process = &counting->list.items[index];

	if (census_pick_is_samekey(counting, process))
		return false;
	if (counting->request->port)
		return counting->listens[index];
	return process->sight == PROCESS_SEEN;
}
