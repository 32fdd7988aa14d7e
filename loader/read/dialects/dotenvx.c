// The dialect of dotenvx: dotenv's reader, and each value expanded as it is met. It runs the
// commands in values, and programs that keep secrets; those files are refused here.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "lib/base/map.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/expand.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/js.h"
#include "loader/read/dialects/jsobject.h"
#include "loader/read/dialects/jstext.h"

// Reading one file.
struct dotenvx_reading {
	struct emulation *emulation;
	struct map
		*literals; // names that had single quotes, to whether there are references in them
	bool failed;       // the loader trips over a name and leaves the file out
	const uint8_t *failed_at; // that name
};

// ---- commands

// One character of a command, where `quote` is the quote it stands in; NUL: none.
// Returns: how many bytes to go on, with the change of depth.
static size_t step_command(const uint8_t *at, const uint8_t *end, uint8_t *quote, int *ret_change)
{
	bool substitution = *at == '$' && at + 1 < end && at[1] == '(';

	*ret_change = 0;
	if (*quote) {
		if (*at == '\\' && *quote != '\'')
			return 2;
		if (*at == *quote)
			*quote = '\0';
		else if (substitution && *quote != '\'')
			*ret_change = 1;
		return 1 + (size_t)*ret_change;
	}
	if (*at == '\\')
		return 2;
	if (*at == '\'' || *at == '"' || *at == '`')
		*quote = *at;
	else if (*at == '(' || *at == ')')
		*ret_change = *at == '(' ? 1 : -1;
	return 1;
}

// Whether the command that `at` stands behind the "$(" of has an end.
static bool has_end(struct emulation *emulation, const uint8_t *at, const uint8_t *end)
{
	uint8_t quotes[EMULATION_DEPTH_MAX] = {0};
	const uint8_t *from = at;
	int depth = 0, change;

	while (at < end && depth >= 0 && depth < EMULATION_DEPTH_MAX) {
		at += step_command(at, end, &quotes[depth], &change);
		depth += change;
		if (change > 0 && depth < EMULATION_DEPTH_MAX)
			quotes[depth] = '\0';
	}
	emulation_work(emulation, (size_t)(at < end ? at - from : end - from));
	if (depth == EMULATION_DEPTH_MAX)
		emulation_refuse(emulation, FINDING_TOO_LARGE, emulation_reached(emulation),
			"commands inside commands, too many");
	return depth < 0;
}

static bool has_command(struct emulation *emulation, struct span value)
{
	const uint8_t *at = value.at, *end = span_end(value);
	const uint8_t *last = value.length ? memrchr(value.at, ')', value.length) : NULL;

	while (last && at < last && !emulation_stopped(emulation) &&
		(at = memmem(at, (size_t)(last - at), "$(", 2))) {
		at += 2;
		if (has_end(emulation, at, end))
			return true;
	}
	return false;
}

// ---- references

static bool look_up(struct emulation *emulation, struct span key, struct span *ret_value)
{
	return emulation_environment(emulation, key, ret_value) ||
	       emulation_find(emulation, key, ret_value);
}

// `value`: what the key is; `set`: whether it is anything.
static struct span meaning(struct dotenvx_reading *reading,
	const struct expand_reference *reference, bool set, struct span value)
{
	const struct span nothing = {(const uint8_t *)"", 0};
	bool counts = set, throws = false;

	if (reference->colon || reference->without)
		counts = set ? value.length > 0 : expand_inherited(reference, &value, &throws);
	reading->failed |= throws && !reference->more;
	if (reference->more)
		return counts ? reference->rest : nothing;
	if (counts)
		return value;
	return reference->without ? nothing : reference->rest;
}

// Whether a name in single quotes holds what looks like a reference: the loader stops after it.
static bool is_literal(const struct dotenvx_reading *reading, struct span key)
{
	return map_find(reading->literals, (const char *)key.at, key.length) == 1;
}

static struct span expand(struct dotenvx_reading *reading, struct span text)
{
	struct emulation *emulation = reading->emulation;
	struct span value = {0}, earlier = text;
	struct expand_reference reference;

	for (size_t step = 1;
		!reading->failed && !emulation_stopped(emulation) && expand_find(text, &reference);
		step++) {
		bool set = look_up(emulation, reference.key, &value);

		text = expand_replace(
			emulation, text, reference.whole, meaning(reading, &reference, set, value));
		if ((set && span_equal(text, value)) || is_literal(reading, reference.key))
			break;
		if (span_equal(text, earlier))
			emulation_refuse(emulation, FINDING_REFUSED, emulation_reached(emulation),
				"references that lead to each other: the loader never ends");
		if ((step & (step - 1)) == 0)
			earlier = text;
	}
	return text;
}

// /\$\{[^}]+\}|\$[A-Za-z_]/
static bool looks_referring(struct span value)
{
	const uint8_t *at = value.at, *end = span_end(value);
	const uint8_t *brace = value.length ? memrchr(value.at, '}', value.length) : NULL;

	for (; (at = span_find(span_between(at, end), '$')) && at + 1 < end; at++) {
		uint8_t c = at[1];

		if (ascii_is_letter(c) || c == '_')
			return true;
		if (c == '{' && brace && brace > at + 2 && at[2] != '}')
			return true;
	}
	return false;
}

// ---- assignments

static void assign(void *user, const struct js_assignment *assignment)
{
	struct dotenvx_reading *reading = user;
	struct emulation *emulation = reading->emulation;
	struct span name = assignment->name, value = assignment->value, held;
	bool single = assignment->quote == '\'';

	if (reading->failed)
		return;
	if (emulation_keeps(emulation, name, &held) || !emulation_given(emulation, name, &held))
		(void)emulation_environment(emulation, name, &value);
	if (!single && !span_starts(value, "encrypted:")) {
		if (has_command(emulation, value))
			emulation_refuse(
				emulation, FINDING_EXECUTES_CODE, name.at, "a command in a value");
		if (!emulation_keeps(emulation, name, &held) || !held.length)
			value = expand_unescape(emulation, expand(reading, value));
	}
	if (single && map_put(reading->literals, (const char *)name.at, name.length,
			      looks_referring(value)) < 0)
		emulation_no_memory(emulation);
	emulation_set(emulation, name, value, name.at);
	reading->failed |= jsobject_inherited(name, &held) != JSOBJECT_NO_PROPERTY;
	reading->failed_at = name.at;
}

static void end_file(struct dotenvx_reading *reading)
{
	struct emulation *emulation = reading->emulation;
	struct span name, value, held;

	if (reading->failed)
		emulation_tell(emulation, FINDING_IGNORED_LINE, reading->failed_at,
			(struct span){0},
			"a name that all objects of JavaScript have: the whole file is left out");
	for (size_t i = 0; i < emulation_set_count(emulation); i++) {
		if (!emulation_set_at(emulation, i, &name, &value))
			continue;
		if (reading->failed)
			emulation_unset(emulation, name);
		else if ((span_starts(value, "op://") || span_starts(value, "bw://")) &&
			 !emulation_keeps(emulation, name, &held))
			emulation_refuse(emulation, FINDING_EXECUTES_CODE, name.at,
				"a value that another program is asked for");
		emulation_change_at(emulation, i, expand_held(value));
	}
}

static void read_dotenvx(struct emulation *emulation)
{
	struct dotenvx_reading reading = {.emulation = emulation, .literals = map_new()};

	if (!reading.literals) {
		emulation_no_memory(emulation);
		return;
	}
	if (span_starts(emulation_text(emulation), "\xFF\xFE"))
		jstext_decode_utf16(emulation);
	js_read(emulation, assign, &reading);
	end_file(&reading);
	map_free(reading.literals);
}

const struct dialect dotenvx_rows[] = {
	{
		.name = "dotenvx",
		.loader = "npm @dotenvx/dotenvx 2.38.2",
		.doc = "runs $(...) outside of single quotes, and also decodes \\t and \\'",
		.files = DIALECT_FIRST_FILE_WINS,
		.traits = JS_MORE_ESCAPES,
		.read = read_dotenvx,
	},
	{0},
};
