// The dialect of deno --env-file: node's walk over the lines, another idea of where a quote ends,
// and references to variables. Of a name's assignments the first counts, but references see the
// latest one, so what was first is put back at the end.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "loader/read/dialects/families.h"

#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/jstext.h"
#include "loader/read/dialects/nodefile.h"
#include "loader/read/dialects/scratch.h"

// What has to be put back under a name; a list of them lies below the text under construction.
struct deno_first {
	struct span name, value;
	bool never; // it must not be set at all
};

// ---- quotes

// The nearest quote, unless something other than a comment follows on its line. Then it is the last
// one of that line with a comment behind it, or else with nothing behind it.
static const uint8_t *deno_quote(struct span text)
{
	const uint8_t *first = span_find(span_after(text, 1), *text.at), *last = NULL;
	const uint8_t *line_end = first ? span_line_end(first, span_end(text)) : NULL;
	struct span behind;
	uint8_t next = ' '; // the next byte that is no blank; ' ': none in this line

	if (!first)
		return NULL;
	behind = nodefile_trim(span_between(first + 1, line_end));
	if (!behind.length || *behind.at == '#')
		return first;
	for (const uint8_t *at = line_end - 1; at > first; at--) {
		if (*at == *text.at && next == '#')
			return at;
		if (*at == *text.at && next == ' ' && !last)
			last = at;
		if (*at != ' ' && *at != '\t')
			next = *at;
	}
	return last ? last : first;
}

// ---- references

static void put_variable(struct emulation *emulation, struct span name)
{
	struct span value;

	emulation_work(emulation, 1);
	if (!name.length)
		return;
	if (emulation_environment(emulation, name, &value) ||
		emulation_find(emulation, name, &value))
		scratch_put(emulation, value);
}

// Puts what the reference at the start of `rest` stands for.
// Returns: what follows it.
static struct span take_reference(struct emulation *emulation, struct span rest)
{
	struct span name = span_after(rest, 1);
	size_t length = 0;

	if (name.length && *name.at == '{') {
		const uint8_t *close = span_find(name, '}');
		const uint8_t *end = close ? close : span_end(name);

		put_variable(emulation, span_between(name.at + 1, end));
		return span_between(close ? end + 1 : end, span_end(name));
	}
	while (length < name.length && ascii_is_name(name.at[length], false))
		length++;
	put_variable(emulation, (struct span){name.at, length});
	return span_after(name, length);
}

static struct span expand(struct emulation *emulation, struct span value)
{
	size_t begun = scratch_begin(emulation);

	if (!span_find(value, '$'))
		return value;
	while (scratch_put_to_dollar(emulation, &value))
		value = take_reference(emulation, value);
	return scratch_end(emulation, begun);
}

// ---- variables

// Those steer deno itself.
static bool is_denied(struct span name)
{
	static const char *const denied[] = {"DENO_CONNECTED", "DENO_DEPLOY_TUNNEL_ENDPOINT"};

	for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
		if (name.length == strlen(denied[i]) &&
			strncasecmp((const char *)name.at, denied[i], name.length) == 0)
			return true;
	return false;
}

static void remember(struct emulation *emulation, const struct deno_first *first)
{
	scratch_put(emulation, (struct span){(const uint8_t *)first, sizeof(*first)});
}

static void set_variable(
	struct emulation *emulation, const struct nodefile_assignment *assignment, void *user)
{
	bool *ended = user; // deno takes nothing more from the file
	struct deno_first first = {.name = assignment->name};
	struct span value = assignment->value;

	if (*ended)
		return;
	if (!first.name.length) {
		emulation_refuse(emulation, FINDING_REFUSED, assignment->value.at,
			"deno ends with a panic at an assignment without a name");
		return;
	}
	if (assignment->quote == '"')
		value = nodefile_unescape(emulation, value);
	if (!assignment->verbatim && (!assignment->quote || assignment->quote == '"'))
		value = expand(emulation, value);
	if (span_find(first.name, '\0') || span_find(value, '\0')) {
		emulation_tell(emulation, FINDING_IGNORED_LINE, first.name.at, (struct span){0},
			"nothing is read from a NUL byte on");
		*ended = true;
		return;
	}
	if (emulation_find(emulation, first.name, &first.value)) {
		remember(emulation, &first);
		emulation_change(emulation, first.name, value);
		return;
	}
	emulation_set(emulation, first.name, value, first.name.at);
	first.never = is_denied(first.name);
	if (first.never)
		remember(emulation, &first);
}

static void put_back(struct emulation *emulation, size_t firsts)
{
	struct span list = scratch_since(emulation, firsts);
	struct deno_first first;

	// the latest first, so that the first value comes last
	for (; list.length >= sizeof(first); list.length -= sizeof(first)) {
		memcpy(&first, span_end(list) - sizeof(first), sizeof(first));
		if (first.never)
			emulation_unset(emulation, first.name);
		else
			emulation_change(emulation, first.name, first.value);
	}
	scratch_drop(emulation, firsts);
}

static void read_deno(struct emulation *emulation)
{
	struct span text = emulation_text(emulation);
	size_t firsts = scratch_begin(emulation);
	bool ended = false;
	const struct nodefile_sink sink = {deno_quote, set_variable, &ended};
	size_t good = text_utf8_error(text.at, text.length);

	if (good < text.length) {
		emulation_tell(emulation, FINDING_IGNORED_LINE, text.at + good, (struct span){0},
			"a file that is not UTF-8 is ignored as a whole");
		return;
	}
	jstext_drop_returns(emulation);
	nodefile_walk(emulation, &sink);
	put_back(emulation, firsts);
}

const struct dialect deno_rows[] = {
	{
		.name = "deno",
		.loader = "deno 2.9.6 --env-file",
		.doc = "every $ begins a reference, without defaults; the first of two equal names "
		       "counts",
		.files = DIALECT_LAST_FILE_FIRST,
		.read = read_deno,
	},
	{0},
};
