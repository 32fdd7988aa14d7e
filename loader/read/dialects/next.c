// The dialect of @next/env: dotenv's reader, and an expansion of its own that begins with the last
// reference, also in values that the environment holds already, and writes those back. Where it
// never ends, the loader's stack does, and the file is left out.
// SPDX-License-Identifier: MIT
#include "lib/base/ascii.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/expand.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/js.h"
#include "loader/read/dialects/jsobject.h"

// References that the loader's stack holds; measured with node 20.
#define NEXT_DEPTH_MAX 4238

// A reference, $KEY or ${KEY:-FALLBACK}; each brace may be missing.
struct reference {
	struct span whole, key, fallback;
};

// What the expansion was at some step: when it comes back to that, with nothing before it touched,
// it will again.
struct mark {
	struct span whole;
	size_t offset, step, renewed;
};

static const uint8_t *last_dollar(struct span text)
{
	const uint8_t *at = span_end(text);

	while ((at = memrchr(text.at, '$', (size_t)(at - text.at))))
		if (at == text.at || at[-1] != '\\')
			return at;
	return NULL;
}

static bool find_last(struct span text, struct reference *ret_reference)
{
	const uint8_t *dollar = last_dollar(text), *end = span_end(text), *at, *key;
	struct span fallback = {(const uint8_t *)"", 0};

	if (!dollar)
		return false;
	key = dollar + 1;
	key += key < end && *key == '{';
	for (at = key; at < end && ascii_is_name(*at, false); at++)
		;
	if (at == key)
		return false;
	ret_reference->key = span_between(key, at);
	if (end - at >= 2 && at[0] == ':' && at[1] == '-') {
		fallback.at = at += 2;
		while (at < end && *at != '}' && *at != '\\')
			at++;
		fallback = span_between(fallback.at, at);
	}
	ret_reference->fallback = fallback;
	ret_reference->whole = span_between(dollar, at + (at < end && *at == '}'));
	return true;
}

// Returns: whether the loader finds out.
static bool find_meaning(
	struct emulation *emulation, const struct reference *reference, struct span *ret_value)
{
	struct span value = {(const uint8_t *)"", 0};
	enum jsobject_property inherited = JSOBJECT_NO_PROPERTY;

	if (!emulation_environment(emulation, reference->key, &value))
		inherited = jsobject_inherited(reference->key, &value);
	if (inherited == JSOBJECT_ITSELF) // that of process.env is another one
		value = span_of("[object global]");
	if (!value.length)
		value = reference->fallback;
	if (!value.length)
		(void)emulation_find(emulation, reference->key, &value);
	*ret_value = value;
	return inherited != JSOBJECT_THROWS;
}

// Whether the expansion has come back to where it was; else remembers every so often where it is.
// Where the text of the reference stands somewhere before it too, that is what is replaced: it
// comes back at once when the value brings that text in again.
static bool comes_back(
	struct mark *mark, struct span text, const struct reference *reference, struct span value)
{
	size_t offset = (size_t)(reference->whole.at - text.at);
	const struct span whole = reference->whole;

	mark->step++;
	if (memmem(text.at, text.length, whole.at, whole.length) != whole.at) {
		mark->whole = (struct span){0};
		return memmem(value.at, value.length, whole.at, whole.length);
	}
	if (mark->whole.at && offset >= mark->offset && span_equal(mark->whole, whole))
		return true;
	if (!mark->whole.at || offset < mark->offset || mark->step >= mark->renewed * 2) {
		mark->whole = whole;
		mark->offset = offset;
		mark->renewed = mark->step;
	}
	return false;
}

// Returns: whether it came to an end.
static bool interpolate(struct emulation *emulation, struct span text, struct span *ret_text)
{
	struct reference reference;
	struct mark mark = {0};
	struct span value;

	while (!emulation_stopped(emulation) && find_last(text, &reference)) {
		if (!find_meaning(emulation, &reference, &value) ||
			comes_back(&mark, text, &reference, value) || mark.step > NEXT_DEPTH_MAX)
			return false;
		text = expand_replace(emulation, text, reference.whole, value);
	}
	*ret_text = text;
	return true;
}

static void leave_out(struct emulation *emulation)
{
	struct span name, value;

	emulation_tell(emulation, FINDING_IGNORED_LINE, emulation_reached(emulation),
		(struct span){0},
		"a reference that the loader fails over: the whole file is left out");
	for (size_t i = 0; i < emulation_set_count(emulation); i++)
		if (emulation_set_at(emulation, i, &name, &value))
			emulation_unset(emulation, name);
}

static void set_variable(void *user, const struct js_assignment *assignment)
{
	// an assignment to this changes no property
	if (!span_is(assignment->name, "__proto__"))
		emulation_set(user, assignment->name, assignment->value, assignment->name.at);
}

// Over what the environment holds: the loader does so once all values of the file are expanded.
static void write_back(struct emulation *emulation)
{
	struct span name, value;

	for (size_t i = 0; i < emulation_set_count(emulation); i++) {
		struct span held;

		if (!emulation_set_at(emulation, i, &name, &value))
			continue;
		emulation_change_at(emulation, i, expand_held(value));
		if (emulation_keeps(emulation, name, &held))
			emulation_settle(emulation, name, expand_held(value));
	}
}

static void read_next(struct emulation *emulation)
{
	own_free size_t *order = NULL;
	struct span name, value, held, text;

	js_read(emulation, set_variable, emulation);
	order = jsobject_order(emulation);
	for (size_t i = 0; i < emulation_set_count(emulation) && !emulation_stopped(emulation);
		i++) {
		(void)emulation_set_at(emulation, order[i], &name, &value);
		emulation_reach_at(emulation, order[i]);
		if (emulation_keeps(emulation, name, &held) ||
			!emulation_given(emulation, name, &held))
			(void)emulation_environment(emulation, name, &value);
		if (!interpolate(emulation, value, &text)) {
			leave_out(emulation);
			return;
		}
		emulation_change_at(emulation, order[i], expand_unescape(emulation, text));
	}
	write_back(emulation);
}

const struct dialect next_rows[] = {
	{
		.name = "next",
		.frozen = "NEXT_PUBLIC_",
		.loader = "npm @next/env 16.4.6",
		.doc = "expands in single quotes, and what the environment holds already; a "
		       "default counts more than the file",
		.files = DIALECT_FIRST_FILE_WINS,
		.read = read_next,
	},
	{0},
};
