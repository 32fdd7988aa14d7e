// The dialects of node --env-file, and of vite, which expands what node's reader gives it.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/families.h"

#include "loader/read/dialects/emulation.h"
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

const struct dialect node_rows[] = {
	{
		.name = "node",
		.loader = "node 26.10.0 --env-file",
		.doc = "a quote ends at the next one, and an empty value with a space behind it "
		       "takes the next line",
		.files = DIALECT_LAST_FILE_WINS,
		.read = read_node,
	},
	{0},
};
