// From one '$' to the next, with the ends of references looked for once.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/python_reference.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

// What ${NAME} stands for: the process environment goes before the file.
static struct span look_up(struct emulation *emulation, struct span name, struct span otherwise)
{
	struct span value;

	if (emulation_environment(emulation, name, &value) ||
		emulation_find(emulation, name, &value))
		return value;
	return otherwise;
}

// Where the ends of references are: both only move on, so that looking for them stays cheap.
struct python_marks {
	const uint8_t *stop;  // the next ':' or '}'
	const uint8_t *brace; // the next '}'
};

// Reads ${NAME} or ${NAME:-DEFAULT} at `dollar`.
// Returns: its end; `dollar` when there is none, and NULL when there is none in what follows
// either.
static const uint8_t *read_reference(struct python_marks *marks, const uint8_t *dollar,
	const uint8_t *end, struct span *ret_name, struct span *ret_default)
{
	const uint8_t *name = dollar + 2;

	if (end - dollar < 2 || dollar[1] != '{')
		return dollar;
	if (!marks->stop || marks->stop < name)
		for (marks->stop = name;
			marks->stop < end && *marks->stop != ':' && *marks->stop != '}';)
			marks->stop++;
	if (marks->stop == end)
		return NULL;
	*ret_name = span_between(name, marks->stop);
	*ret_default = (struct span){0};
	if (*marks->stop == '}')
		return marks->stop + 1;
	if (end - marks->stop < 2 || marks->stop[1] != '-')
		return dollar;
	if (!marks->brace || marks->brace < marks->stop)
		marks->brace = span_find(span_between(marks->stop, end), '}');
	if (!marks->brace)
		return NULL;
	*ret_default = span_between(marks->stop + 2, marks->brace);
	return marks->brace + 1;
}

struct span python_reference_expand(struct emulation *emulation, struct span value)
{
	const uint8_t *dollar = span_find(value, '$'), *end = span_end(value), *done = value.at;
	struct python_marks marks = {0};
	size_t begun;

	if (!dollar)
		return value;
	begun = scratch_begin(emulation);
	while (dollar && !emulation_stopped(emulation)) {
		struct span name, otherwise;
		const uint8_t *after = read_reference(&marks, dollar, end, &name, &otherwise);

		if (!after)
			break;
		if (after == dollar) {
			dollar = span_find(span_between(dollar + 1, end), '$');
			continue;
		}
		scratch_put(emulation, span_between(done, dollar));
		scratch_put(emulation, look_up(emulation, name, otherwise));
		done = after;
		dollar = span_find(span_between(after, end), '$');
	}
	if (done == value.at) {
		scratch_drop(emulation, begun);
		return value;
	}
	scratch_put(emulation, span_between(done, end));
	return scratch_end(emulation, begun);
}
