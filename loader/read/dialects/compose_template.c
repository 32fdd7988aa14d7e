// As compose's regular expressions match: braces pair within a line, and the last one there closes
// what does not pair.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/compose_template.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/unicode.h"

// A text whose templates are replaced.
struct compose_template {
	struct emulation *emulation;
	const uint8_t *end;
	const uint8_t *place;            // of the value in the file
	const uint8_t *line_end, *brace; // of the line that was last looked at, and its last '}'
	unsigned depth;
};

// A reference in braces: its name, and the kind with what follows up to the closing brace.
struct compose_reference {
	struct span name;
	uint8_t kind;      // '-', '+' or '?'
	bool empty_counts; // with a ':' before it: an empty value is none
	struct span argument;
};

static void substitute(struct compose_template *template, struct span text);

// The environment first, then this file, then earlier ones.
static bool look_up(const struct emulation *emulation, struct span name, struct span *ret_value)
{
	return emulation_given(emulation, name, ret_value) ||
	       emulation_find(emulation, name, ret_value) ||
	       emulation_environment(emulation, name, ret_value);
}

static void put_variable(struct emulation *emulation, struct span name)
{
	struct span value;

	if (look_up(emulation, name, &value))
		scratch_put(emulation, value);
}

// The end of the name at `at`, which is empty where none begins. Without regard to case, Go takes
// the long s for an s and the Kelvin sign for a k.
static const uint8_t *name_end(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *start = at;

	while (at < end) {
		struct span left = span_between(at, end);

		if (*at == '_' || (*at < 0x80 && unicode_is_letter_or_number(*at) &&
					  (at > start || *at > '9')))
			at++;
		else if (span_starts(left, "\xC5\xBF"))
			at += 2;
		else if (span_starts(left, "\xE2\x84\xAA"))
			at += 3;
		else
			break;
	}
	return at;
}

// The last '}' of the line that `at` stands in.
static const uint8_t *last_brace(struct compose_template *template, const uint8_t *at)
{
	if (!template->line_end || at > template->line_end) {
		template->line_end = span_line_end(at, template->end);
		template->brace = memrchr(at, '}', (size_t)(template->line_end - at));
	}
	return template->brace && template->brace >= at ? template->brace : NULL;
}

// Which '}' closes the '{' at `open`: `last` when the ones within do not pair. What follows a '{'
// directly does not count.
static const uint8_t *closing_brace(const uint8_t *open, const uint8_t *last)
{
	size_t depth = 1;

	for (const uint8_t *at = open + 2; at <= last; at++) {
		if (*at == '}' && --depth == 0)
			return at;
		if (*at == '{') {
			depth++;
			at++;
		}
	}
	return last;
}

// Takes apart what stands in the braces that begin at `open`.
// Returns: the '}' that closes them, or NULL when they are none.
static const uint8_t *read_reference(struct compose_template *template, const uint8_t *open,
	struct compose_reference *ret_reference)
{
	const uint8_t *at = name_end(open + 1, template->end), *close;
	struct compose_reference reference = {.name = span_between(open + 1, at)};

	if (!reference.name.length || at == template->end)
		return NULL;
	if (*at == '}') {
		*ret_reference = reference;
		return at;
	}
	reference.empty_counts = *at == ':';
	at += reference.empty_counts;
	if (at == template->end || (*at != '-' && *at != '+' && *at != '?'))
		return NULL;
	reference.kind = *at++;
	close = last_brace(template, at);
	if (!close)
		return NULL;
	close = closing_brace(open, close);
	emulation_work(template->emulation, (size_t)(close - open));
	reference.argument = span_between(at, close);
	*ret_reference = reference;
	return close;
}

static void put_reference(
	struct compose_template *template, const struct compose_reference *reference)
{
	struct emulation *emulation = template->emulation;
	struct span value = {0};
	bool found = look_up(emulation, reference->name, &value);
	bool counts = found && (!reference->empty_counts || value.length);

	if (reference->kind == '?' && !counts)
		emulation_refuse(emulation, FINDING_REFUSED, template->place,
			"a variable that the file requires is missing");
	else if (reference->kind == '+' ? counts : reference->kind == '-' && !counts)
		substitute(&(struct compose_template){.emulation = emulation,
				   .place = template->place,
				   .depth = template->depth + 1},
			reference->argument);
	else
		scratch_put(emulation, value);
}

// Puts what the '$' at `dollar` and what follows stand for.
// Returns: where they end, or NULL after a refusal.
static const uint8_t *substitute_one(struct compose_template *template, const uint8_t *dollar)
{
	const uint8_t *at = dollar + 1, *end = name_end(at, template->end);
	struct compose_reference reference;

	if (end > at) {
		put_variable(template->emulation, span_between(at, end));
		return end;
	}
	if (at < template->end && *at == '{') {
		end = read_reference(template, at, &reference);
		if (!end)
			return NULL;
		put_reference(template, &reference);
		return end + 1;
	}
	scratch_put_byte(template->emulation, '$');
	return at + (at < template->end && *at == '$');
}

// Puts a text with its templates replaced.
static void substitute(struct compose_template *template, struct span text)
{
	struct emulation *emulation = template->emulation;
	const uint8_t *at = text.at, *dollar;

	if (template->depth > EMULATION_DEPTH_MAX) {
		emulation_refuse(emulation, FINDING_TOO_LARGE, template->place,
			"references inside references too deep");
		return;
	}
	template->end = span_end(text);
	while ((dollar = span_find(span_between(at, template->end), '$')) &&
		!emulation_stopped(emulation)) {
		scratch_put(emulation, span_between(at, dollar));
		at = substitute_one(template, dollar);
		if (!at) {
			emulation_refuse(emulation, FINDING_REFUSED, template->place,
				"braces that hold no reference");
			return;
		}
	}
	scratch_put(emulation, span_between(at, template->end));
}

struct span compose_template_expand(
	struct emulation *emulation, struct span value, const uint8_t *place)
{
	struct compose_template template = {.emulation = emulation, .place = place};
	size_t begun = scratch_begin(emulation);

	if (!span_find(value, '$'))
		return value;
	substitute(&template, value);
	return scratch_end(emulation, begun);
}
