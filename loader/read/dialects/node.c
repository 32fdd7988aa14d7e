// The dialects of node --env-file, and of vite, which expands what node's reader gives it.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "lib/base/growth.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/expand.h"
#include "loader/read/dialects/jsobject.h"
#include "loader/read/dialects/jstext.h"
#include "loader/read/dialects/nodefile.h"

// A quote ends at the next of its kind, whatever stands before that.
static const uint8_t *next_quote(struct span text)
{
	return span_find(span_after(text, 1), *text.at);
}

static struct span value_of(
	struct emulation *emulation, const struct nodefile_assignment *assignment)
{
	return assignment->quote == '"' ? nodefile_unescape(emulation, assignment->value)
					: assignment->value;
}

// setenv takes C strings, and no empty name.
static struct span until_nul(struct span bytes)
{
	const uint8_t *nul = span_find(bytes, '\0');

	return nul ? span_between(bytes.at, nul) : bytes;
}

static void set_variable(
	struct emulation *emulation, const struct nodefile_assignment *assignment, void *user)
{
	struct span name = until_nul(assignment->name);

	(void)user;
	if (name.length)
		emulation_set(emulation, name, until_nul(value_of(emulation, assignment)), name.at);
}

static void read_node(struct emulation *emulation)
{
	static const struct nodefile_sink sink = {next_quote, set_variable, NULL};

	jstext_drop_returns(emulation);
	jstext_decode(emulation);
	nodefile_walk(emulation, &sink);
}

// ---- vite

// The assignments of a file, to be put in order.
struct vite_list {
	struct vite_entry *entries;
	size_t count, room;
};

struct vite_entry {
	uint64_t start; // of the name, so that most comparisons end there
	struct span name, value;
	size_t number;
};

// An assignment to this changes no property.
static bool is_prototype(struct span name)
{
	return span_is(name, "__proto__");
}

static uint64_t start_of(struct span name)
{
	uint64_t start = 0;

	for (size_t i = 0; i < sizeof(start); i++)
		start = start << 8 | (i < name.length ? name.at[i] : 0);
	return start;
}

static void add_entry(
	struct emulation *emulation, const struct nodefile_assignment *assignment, void *user)
{
	struct vite_list *list = user;
	struct span name = assignment->name;

	if (is_prototype(name))
		return;
	if (growth_room(&list->entries, &list->room, list->count, sizeof(*list->entries)) < 0) {
		emulation_no_memory(emulation);
		return;
	}
	list->entries[list->count] = (struct vite_entry){
		start_of(name), name, value_of(emulation, assignment), list->count};
	list->count++;
}

static int by_name(const void *a, const void *b)
{
	const struct vite_entry *left = a, *right = b;
	size_t shorter =
		left->name.length < right->name.length ? left->name.length : right->name.length;
	int order;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	order = memcmp(left->name.at, right->name.at, shorter);
	if (order != 0)
		return order;
	if (left->name.length != right->name.length)
		return left->name.length < right->name.length ? -1 : 1;
	return left->number < right->number ? -1 : 1;
}

static void set_value(
	struct emulation *emulation, const struct nodefile_assignment *assignment, void *user)
{
	(void)user;
	if (!is_prototype(assignment->name))
		emulation_set(emulation, assignment->name, value_of(emulation, assignment),
			assignment->name.at);
}

// Node gives a file's names in the order of their bytes. The order only counts where something is
// expanded.
static void read_vite(struct emulation *emulation)
{
	static const struct nodefile_sink unsorted = {next_quote, set_value, NULL};
	struct vite_list list = {0};
	const struct nodefile_sink sorted = {next_quote, add_entry, &list};

	jstext_decode(emulation);
	jstext_drop_returns(emulation);
	if (!span_find(emulation_text(emulation), '$')) {
		nodefile_walk(emulation, &unsorted);
		return;
	}
	nodefile_walk(emulation, &sorted);
	if (list.count > 1)
		qsort(list.entries, list.count, sizeof(*list.entries), by_name);
	for (size_t i = 0; i < list.count; i++)
		emulation_set(emulation, list.entries[i].name, list.entries[i].value,
			list.entries[i].name.at);
	free(list.entries);
}

// A name that all objects have is a method where the environment should say what it holds.
static void refuse_methods(struct emulation *emulation)
{
	struct span name, value, inherited;

	for (size_t i = 0; i < emulation_set_count(emulation); i++) {
		if (!emulation_set_at(emulation, i, &name, &value) ||
			jsobject_inherited(name, &inherited) == JSOBJECT_NO_PROPERTY ||
			emulation_given(emulation, name, &value))
			continue;
		emulation_reach_at(emulation, i);
		emulation_refuse(emulation, FINDING_REFUSED, name.at,
			"a name that all objects of JavaScript have: the loader fails");
	}
}

static void finish_vite(struct emulation *emulation)
{
	size_t count = emulation_set_count(emulation);
	struct span name, value;

	refuse_methods(emulation);
	for (size_t i = 0; i < count; i++)
		if (emulation_set_at(emulation, i, &name, &value) && span_find(value, '$')) {
			expand_all(emulation);
			return;
		}
}

const struct dialect node_rows[] = {
	{
		.name = "node",
		.loader = "node 26.10.0 --env-file",
		.doc = "a quote ends at the next one, and an empty value with a space behind it "
		       "takes the next line; 22 and 24 read alike, 20 does not",
		.files = DIALECT_LAST_FILE_WINS,
		.read = read_node,
	},
	{
		.name = "vite",
		.loader = "npm vite 8.3.8 on node 24.21.0",
		.doc = "node's reader, then references in all quotes as dotenv-expand 13 has them",
		.files = DIALECT_LAST_FILE_WINS,
		.traits = EXPAND_AHEAD,
		.read = read_vite,
		.together = true,
		.finish = finish_vite,
	},
	{0},
};
