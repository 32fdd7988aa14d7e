// Commands first, then references, then backslashes, each over the whole text.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/symfony_variable.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/scratch.h"

size_t symfony_variable_name(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *from = at;

	if (at < end && *at == '_')
		at++;
	if (at == end || !ascii_is_letter(*at))
		return 0;
	while (at < end && (ascii_is_alphanumeric(*at) || *at == '_'))
		at++;
	return (size_t)(at - from);
}

// PHP's web servers put request headers into variables with this prefix, so symfony does not trust
// what comes from outside under such a name: there the file counts.
static bool is_header(struct span name)
{
	return span_starts(name, "HTTP_");
}

void symfony_variable_set(struct symfony_reading *reading, struct span name, struct span value)
{
	emulation_set(reading->emulation, name, value, reading->place);
	if (is_header(name))
		emulation_settle(reading->emulation, name, value);
}

// What a name stands for, "" for nothing.
static struct span look_up(const struct emulation *emulation, struct span name)
{
	struct span value = {name.at, 0};

	if (!name.length || (is_header(name) && emulation_find(emulation, name, &value)) ||
		emulation_environment(emulation, name, &value) ||
		emulation_find(emulation, name, &value))
		return value;
	return value;
}

// The end of the command whose "(" stands at `at`, every "(" in it closed and none empty; or NULL.
static const uint8_t *command_end(const uint8_t *at, const uint8_t *end)
{
	size_t open = 0;

	for (; at < end; at++) {
		if (*at == '(')
			open++;
		else if (*at == ')' && at[-1] == '(')
			return NULL;
		else if (*at == ')' && --open == 0)
			return at + 1;
	}
	return NULL;
}

// Refuses a command, and takes the backslash away from one that is escaped.
static struct span replace_commands(struct symfony_reading *reading, struct span text)
{
	struct emulation *emulation = reading->emulation;
	size_t begun = scratch_begin(emulation);
	const uint8_t *from = text.at, *at = from, *end = span_end(text), *close;

	while ((at = span_find(span_between(at, end), '$')) && !emulation_stopped(emulation)) {
		close = at + 1 < end && at[1] == '(' ? command_end(at + 1, end) : NULL;
		emulation_work(
			emulation, close || at + 1 == end || at[1] != '(' ? 1 : (size_t)(end - at));
		if (close && (at == text.at || at[-1] != '\\')) {
			emulation_refuse(emulation, FINDING_EXECUTES_CODE, reading->place,
				"$(...) runs a command");
		} else if (close) {
			scratch_put(emulation, span_between(from, at - 1));
			from = at;
		}
		at = close ? close : at + 1;
	}
	if (from == text.at)
		return text;
	scratch_put(emulation, span_between(from, end));
	return scratch_end(emulation, begun);
}

// A "$" and what belongs to it. Where a later part is there, so is the name, though empty.
struct reference {
	size_t backslashes; // before the "$"
	bool opened, closed;
	struct span name, other; // `other` with its ":-" or ":="
	const uint8_t *end;
};

static struct reference parse_reference(const uint8_t *dollar, struct span text)
{
	struct reference reference = {0};
	const uint8_t *at = dollar, *end = span_end(text);

	while (at > text.at && at[-1] == '\\')
		at--;
	reference.backslashes = (size_t)(dollar - at);
	at = dollar + 1;
	reference.opened = at < end && *at == '{';
	at += reference.opened;
	reference.name = (struct span){at, symfony_variable_name(at, end)};
	at += reference.name.length;
	reference.other = (struct span){at, 0};
	if (end - at >= 2 && at[0] == ':' && (at[1] == '-' || at[1] == '=')) {
		const uint8_t *close = span_find(span_between(at, end), '}');

		reference.other = span_between(at, close ? close : end);
		at = span_end(reference.other);
	}
	reference.closed = at < end && *at == '}';
	reference.end = at + reference.closed;
	return reference;
}

// The value of a reference that has none, from its default.
static struct span take_other(struct symfony_reading *reading, const struct reference *reference)
{
	struct span value = span_after(reference->other, 2);

	for (size_t i = 0; i < reference->other.length; i++)
		if (memchr("'\"{$", reference->other.at[i], 4))
			symfony_refuse(reading, "a quote, \"{\" or \"$\" in a default");
	if (reference->other.at[1] == '=' && reference->name.length)
		symfony_variable_set(reading, reference->name, value);
	return value;
}

static void put_reference(struct symfony_reading *reading, const struct reference *reference)
{
	struct emulation *emulation = reading->emulation;
	struct span value;

	emulation_work(emulation, 1);
	if (reference->opened && !reference->closed) {
		symfony_refuse(reading, "\"${\" without \"}\"");
		return;
	}
	value = look_up(emulation, reference->name);
	if (!value.length && reference->other.length)
		value = take_other(reading, reference);
	scratch_put(emulation, value);
	if (!reference->opened && reference->closed)
		scratch_put_byte(emulation, '}');
}

static struct span replace_variables(struct symfony_reading *reading, struct span text)
{
	struct emulation *emulation = reading->emulation;
	size_t begun = scratch_begin(emulation);
	const uint8_t *from = text.at, *at = from, *end = span_end(text);

	while ((at = span_find(span_between(at, end), '$')) && !emulation_stopped(emulation)) {
		struct reference reference = parse_reference(at, text);

		if (at + 1 < end && at[1] == '(') {
			at++;
			continue;
		}
		if (reference.backslashes % 2 == 1) {
			// the "$" is escaped, and what belongs to it stays as it is
			scratch_put(emulation, span_between(from, at - reference.backslashes));
			from = at - reference.backslashes + 1;
		} else if (reference.name.length || reference.other.length || reference.closed) {
			scratch_put(emulation, span_between(from, at));
			put_reference(reading, &reference);
			from = reference.end;
		}
		at = reference.end;
	}
	if (from == text.at)
		return text;
	scratch_put(emulation, span_between(from, end));
	return scratch_end(emulation, begun);
}

// Two backslashes become one.
static struct span halve_backslashes(struct emulation *emulation, struct span text)
{
	size_t begun = scratch_begin(emulation);
	const uint8_t *from = text.at, *at = from, *end = span_end(text);

	while ((at = span_find(span_between(at, end), '\\'))) {
		at++;
		if (at == end || *at != '\\')
			continue;
		scratch_put(emulation, span_between(from, at));
		from = ++at;
	}
	if (from == text.at)
		return text;
	scratch_put(emulation, span_between(from, end));
	return scratch_end(emulation, begun);
}

struct span symfony_variable_replace(struct symfony_reading *reading, struct span text)
{
	if (span_find(text, '$')) {
		text = replace_commands(reading, text);
		text = replace_variables(reading, text);
	}
	return span_find(text, '\\') ? halve_backslashes(reading->emulation, text) : text;
}
