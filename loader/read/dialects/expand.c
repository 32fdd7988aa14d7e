// The expansion of npm's dotenv-expand: a value is searched from its beginning again after every
// replacement, so what a reference brings in is expanded too, and a loop may never end: what the
// loader hangs on is refused.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/expand.h"

#include "lib/base/ascii.h"
#include "lib/base/map.h"
#include "loader/read/dialects/dialect.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/jsobject.h"
#include "loader/read/dialects/scratch.h"

#define EXPAND_SEEN_KEPT 1024 // a larger map is not cleared but made anew

// ---- references

static bool is_name_start(uint8_t c)
{
	return ascii_is_letter(c) || c == '_';
}

// What stands between the braces that begin at `brace`: no braces, and not nothing.
static bool find_braced(const uint8_t *brace, const uint8_t *end, struct span *ret_inside)
{
	const uint8_t *at = brace + 1;

	while (at < end && *at != '{' && *at != '}')
		at++;
	if (at == end || *at == '{' || at == brace + 1)
		return false;
	*ret_inside = span_between(brace + 1, at);
	return true;
}

static bool find_plain(const uint8_t *at, const uint8_t *end, struct span *ret_name)
{
	const uint8_t *stop = at;

	while (stop < end && ascii_is_name(*stop, false))
		stop++;
	*ret_name = span_between(at, stop);
	return stop > at && is_name_start(*at);
}

static void split(struct span inside, struct expand_reference *reference)
{
	const uint8_t *at = inside.at, *end = span_end(inside), *null;

	while (at < end && *at != '+' && *at != '-' &&
		!(*at == ':' && at + 1 < end && (at[1] == '+' || at[1] == '-')))
		at++;
	reference->without = at == end;
	if (reference->without) {
		null = memmem(inside.at, inside.length, "null", 4);
		reference->key = null ? span_between(inside.at, null) : inside;
		reference->rest = null ? span_between(null + 4, end) : span_between(end, end);
		return;
	}
	reference->colon = *at == ':';
	reference->key = span_between(inside.at, at);
	at += reference->colon;
	reference->more = *at == '+';
	reference->rest = span_between(at + 1, end);
}

bool expand_find(struct span text, struct expand_reference *ret_reference)
{
	const uint8_t *at = text.at, *end = span_end(text);
	struct expand_reference reference = {0};
	struct span inside;

	for (; (at = span_find(span_between(at, end), '$')); at++) {
		bool braced = at + 1 < end && at[1] == '{';

		if (at > text.at && at[-1] == '\\')
			continue;
		if (!(braced ? find_braced(at + 1, end, &inside)
			     : find_plain(at + 1, end, &inside)))
			continue;
		reference.whole = span_between(at, span_end(inside) + braced);
		split(inside, &reference);
		*ret_reference = reference;
		return true;
	}
	return false;
}

// ---- texts

static void put_replacement(
	struct emulation *emulation, struct span text, struct span whole, struct span value)
{
	const uint8_t *at = value.at, *end = span_end(value), *dollar;

	while ((dollar = span_find(span_between(at, end), '$'))) {
		uint8_t next = dollar + 1 < end ? dollar[1] : '\0';

		scratch_put(emulation, span_between(at, dollar));
		at = dollar + 2;
		if (next == '$')
			scratch_put_byte(emulation, '$');
		else if (next == '&')
			scratch_put(emulation, whole);
		else if (next == '`')
			scratch_put(emulation, span_between(text.at, whole.at));
		else if (next == '\'')
			scratch_put(emulation, span_between(span_end(whole), span_end(text)));
		else {
			scratch_put_byte(emulation, '$');
			at = dollar + 1;
		}
	}
	scratch_put(emulation, span_between(at, end));
}

struct span expand_replace(
	struct emulation *emulation, struct span text, struct span whole, struct span value)
{
	size_t begun = scratch_begin(emulation);

	// an escaped "\$KEY" before the reference is the first one
	whole.at = memmem(text.at, text.length, whole.at, whole.length);
	scratch_put(emulation, span_between(text.at, whole.at));
	put_replacement(emulation, text, whole, value);
	scratch_put(emulation, span_between(span_end(whole), span_end(text)));
	emulation_work(emulation, whole.length);
	return scratch_end(emulation, begun);
}

struct span expand_unescape(struct emulation *emulation, struct span text)
{
	const uint8_t *at = text.at, *end = span_end(text), *escape;
	size_t begun = scratch_begin(emulation);

	if (!memmem(text.at, text.length, "\\$", 2))
		return text;
	while ((escape = memmem(at, (size_t)(end - at), "\\$", 2))) {
		scratch_put(emulation, span_between(at, escape));
		scratch_put_byte(emulation, '$');
		at = escape + 2;
	}
	scratch_put(emulation, span_between(at, end));
	return scratch_end(emulation, begun);
}

bool expand_inherited(
	const struct expand_reference *reference, struct span *ret_value, bool *ret_throws)
{
	enum jsobject_property property = jsobject_inherited(reference->key, ret_value);

	if (property == JSOBJECT_ITSELF)
		*ret_value = reference->whole;
	*ret_throws = property == JSOBJECT_THROWS;
	return property != JSOBJECT_NO_PROPERTY;
}

struct span expand_held(struct span value)
{
	const uint8_t *nul = span_find(value, '\0');

	return nul ? span_between(value.at, nul) : value;
}

// ---- dotenv-expand 12 and 13

// All values of the files, as they were and as they become.
struct expansion {
	struct emulation *emulation;
	struct map *seen; // what the value that is expanded was on its way
	size_t seen_count;
	struct span *results;
	bool *done;
};

static bool look_up(const struct expansion *expansion, struct span key, struct span *ret_value)
{
	struct emulation *emulation = expansion->emulation;
	size_t index;

	if (emulation_environment(emulation, key, ret_value))
		return true;
	if (emulation_has(emulation, EXPAND_LOADED)) {
		if (!emulation_find(emulation, key, ret_value))
			return false;
		*ret_value = expand_held(*ret_value);
		return true;
	}
	index = emulation_index(emulation, key);
	if (index == SIZE_MAX || !expansion->done[index])
		return false;
	*ret_value = expansion->results[index];
	return true;
}

// Whether an earlier key came out as this text: the loader stops there.
static bool is_result(const struct expansion *expansion, struct span key, struct span text)
{
	size_t index = emulation_index(expansion->emulation, key);

	return index != SIZE_MAX && expansion->done[index] &&
	       span_equal(expansion->results[index], text);
}

static bool was_seen(const struct expansion *expansion, struct span text)
{
	return map_find(expansion->seen, (const char *)text.at, text.length) != MAP_ABSENT;
}

// Returns: whether it is new.
static bool note_seen(struct expansion *expansion, struct span text)
{
	if (was_seen(expansion, text))
		return false;
	if (map_put(expansion->seen, (const char *)text.at, text.length, 0) < 0)
		emulation_no_memory(expansion->emulation);
	expansion->seen_count++;
	return true;
}

static void forget_seen(struct expansion *expansion)
{
	if (expansion->seen_count > EXPAND_SEEN_KEPT) {
		map_free(expansion->seen);
		if (!(expansion->seen = map_new()))
			emulation_no_memory(expansion->emulation);
	} else if (expansion->seen_count) {
		map_clear(expansion->seen);
	}
	expansion->seen_count = 0;
}

// What a reference is replaced by.
static struct span meaning(
	const struct expansion *expansion, const struct expand_reference *reference)
{
	const struct span nothing = {(const uint8_t *)"", 0};
	struct emulation *emulation = expansion->emulation;
	bool throws = false, set;
	struct span value;

	set = look_up(expansion, reference->key, &value)
		      ? value.length > 0
		      : expand_inherited(reference, &value, &throws);
	if (reference->more)
		return set ? reference->rest : nothing;
	if (throws)
		emulation_refuse(emulation, FINDING_REFUSED, emulation_reached(emulation),
			"a reference to a method of all objects: the loader fails");
	return set && !was_seen(expansion, value) ? value : reference->rest;
}

static struct span expand_value(struct expansion *expansion, struct span text)
{
	struct emulation *emulation = expansion->emulation;
	struct expand_reference reference;
	size_t repeated = 0;

	if (!span_find(text, '$'))
		return text;
	forget_seen(expansion);
	while (!emulation_stopped(emulation) && expand_find(text, &reference)) {
		repeated = note_seen(expansion, text) ? 0 : repeated + 1;
		if (repeated > expansion->seen_count) {
			emulation_refuse(emulation, FINDING_REFUSED, emulation_reached(emulation),
				"references that lead to each other: the loader never ends");
			break;
		}
		text = expand_replace(
			emulation, text, reference.whole, meaning(expansion, &reference));
		if (is_result(expansion, reference.key, text))
			break;
	}
	return text;
}

static void expand_one(struct expansion *expansion, size_t index)
{
	struct emulation *emulation = expansion->emulation;
	struct span name, raw, held, text;

	if (!emulation_set_at(emulation, index, &name, &raw))
		return;
	emulation_reach_at(emulation, index);
	held = emulation_has(emulation, EXPAND_LOADED) ? expand_held(raw) : raw;
	(void)emulation_keeps(emulation, name, &held);
	if (held.length && !span_equal(held, raw))
		text = held;
	else
		text = expand_value(expansion, raw);
	expansion->results[index] = expand_unescape(emulation, text);
	expansion->done[index] = true;
}

static void write_back(struct expansion *expansion, size_t count)
{
	struct emulation *emulation = expansion->emulation;
	bool rewrites = emulation_has(emulation, EXPAND_REWRITES);
	struct span name, raw, held;

	for (size_t i = 0; i < count; i++) {
		struct span value = expansion->results[i];

		if (!emulation_set_at(emulation, i, &name, &raw))
			continue;
		if (rewrites)
			value = expand_held(value);
		emulation_change_at(emulation, i, value);
		if (rewrites && emulation_keeps(emulation, name, &held))
			emulation_settle(emulation, name, value);
	}
}

static void see_ahead(struct expansion *expansion, size_t count)
{
	struct span name;

	for (size_t i = 0; i < count; i++)
		expansion->done[i] =
			emulation_set_at(expansion->emulation, i, &name, &expansion->results[i]);
}

void expand_all(struct emulation *emulation)
{
	size_t count = emulation_set_count(emulation);
	struct expansion expansion = {.emulation = emulation,
		.seen = map_new(),
		.results = calloc(count + 1, sizeof(*expansion.results)),
		.done = calloc(count + 1, sizeof(*expansion.done))};
	own_free size_t *order = jsobject_order(emulation);

	if (order && expansion.seen && expansion.results && expansion.done) {
		if (emulation_has(emulation, EXPAND_AHEAD))
			see_ahead(&expansion, count);
		for (size_t i = 0; i < count && !emulation_stopped(emulation); i++)
			expand_one(&expansion, order[i]);
		if (!emulation_stopped(emulation))
			write_back(&expansion, count);
	} else {
		emulation_no_memory(emulation);
	}
	map_free(expansion.seen);
	free(expansion.results);
	free(expansion.done);
}
