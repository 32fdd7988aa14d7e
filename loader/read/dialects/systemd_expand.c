// Braces are counted as systemd does it, also those that belong to no reference.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/systemd_expand.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

static bool find_variable(
	const struct emulation *emulation, struct span name, struct span *ret_value)
{
	return name.length && (emulation_find(emulation, name, ret_value) ||
				      emulation_environment(emulation, name, ret_value));
}

// A name is compared with the beginnings of "NAME=VALUE", and so may reach into the value.
static bool look_up(const struct emulation *emulation, struct span name, struct span *ret_value)
{
	const uint8_t *equals = span_find(name, '=');
	struct span value, rest;

	if (!equals)
		return find_variable(emulation, name, ret_value);
	rest = span_between(equals + 1, span_end(name));
	if (!find_variable(emulation, span_between(name.at, equals), &value) ||
		value.length <= rest.length || value.at[rest.length] != '=' ||
		!span_equal((struct span){value.at, rest.length}, rest))
		return false;
	*ret_value = span_after(value, rest.length + 1);
	return true;
}

// What is left to expand of a value. `open` counts the braces that are: one that belongs to no
// reference stays open, and then a later default ends only at a further brace.
struct expansion {
	struct emulation *emulation;
	const uint8_t *at, *end;
	const uint8_t
		*literal; // what comes from here on is text, unless a reference is found there
	size_t open;
	unsigned depth;
};

static void expand(struct emulation *emulation, struct span text, unsigned depth);

static void put_literal(struct expansion *expansion, const uint8_t *end)
{
	scratch_put(expansion->emulation, span_between(expansion->literal, end));
}

// The end of a default that begins at `at`: the brace that closes all, or NULL.
static const uint8_t *default_end(struct expansion *expansion, const uint8_t *at)
{
	for (; at < expansion->end; at++) {
		if (*at == '{')
			expansion->open++;
		else if (*at == '}' && --expansion->open == 0)
			return at;
	}
	return NULL;
}

// After "${NAME:".
static void expand_default(struct expansion *expansion, struct span name)
{
	struct span value = {0}, other;
	const uint8_t *start = expansion->at + 2, *close;
	bool alternate, is_set;

	if (expansion->end - expansion->at < 2) {
		expansion->at = expansion->end;
		return;
	}
	if (expansion->at[1] != '-' && expansion->at[1] != '+') {
		expansion->at += 2;
		return;
	}
	alternate = expansion->at[1] == '+';
	close = default_end(expansion, start);
	expansion->at = close ? close + 1 : expansion->end;
	if (!close)
		return;
	expansion->literal = expansion->at;
	other = span_between(start, close);
	is_set = look_up(expansion->emulation, name, &value);
	if (is_set == alternate)
		expand(expansion->emulation, other, expansion->depth + 1);
	else
		scratch_put(expansion->emulation, value);
}

// After "$" where "{" follows.
static void expand_braced(struct expansion *expansion)
{
	const uint8_t *name = expansion->at + 1, *at = name;
	struct span value;

	expansion->open++;
	while (at < expansion->end && *at != '}' && *at != ':')
		at++;
	expansion->at = at;
	if (at == expansion->end)
		return;
	if (*at == ':') {
		expand_default(expansion, span_between(name, at));
		return;
	}
	expansion->open--;
	if (look_up(expansion->emulation, span_between(name, at), &value))
		scratch_put(expansion->emulation, value);
	expansion->literal = ++expansion->at;
}

static void expand_bare(struct expansion *expansion)
{
	const uint8_t *name = expansion->at;
	struct span value;

	while (expansion->at < expansion->end && ascii_is_name(*expansion->at, false))
		expansion->at++;
	if (look_up(expansion->emulation, span_between(name, expansion->at), &value))
		scratch_put(expansion->emulation, value);
	expansion->literal = expansion->at;
}

// Puts a text with its references replaced.
static void expand(struct emulation *emulation, struct span text, unsigned depth)
{
	struct expansion expansion = {.emulation = emulation,
		.at = text.at,
		.end = span_end(text),
		.literal = text.at,
		.depth = depth};
	const uint8_t *dollar;

	emulation_work(emulation, text.length);
	if (depth > EMULATION_DEPTH_MAX)
		emulation_refuse(emulation, FINDING_TOO_LARGE, emulation_reached(emulation),
			"defaults inside defaults, too deep");
	while (!emulation_stopped(emulation) &&
		(dollar = span_find(span_between(expansion.at, expansion.end), '$')) &&
		dollar + 1 < expansion.end) {
		expansion.at = dollar + 1;
		if (*expansion.at == '{' || ascii_is_name(*expansion.at, false)) {
			put_literal(&expansion, dollar);
			expansion.literal = dollar;
		}
		if (*expansion.at == '{') {
			expand_braced(&expansion);
		} else if (ascii_is_name(*expansion.at, false)) {
			expand_bare(&expansion);
		} else if (*expansion.at++ == '$') {
			put_literal(&expansion, dollar + 1);
			expansion.literal = expansion.at;
		}
	}
	put_literal(&expansion, expansion.end);
}

void systemd_expand(struct emulation *emulation, struct span text)
{
	expand(emulation, text, 0);
}
