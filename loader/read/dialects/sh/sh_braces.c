// Brace expansion of a shell: a{b,c}d and {1..3}, in the words of a command, before anything else.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_expand.h"

#define SEQUENCE_MAX 100000 // longer ones are refused
#define TEXT_COST 32        // in bytes of work, beside its own

static void expand(struct sh *sh, struct span text);

static void add(struct sh *sh, struct span text)
{
	emulation_work(sh->emulation, text.length + TEXT_COST);
	if (!emulation_stopped(sh->emulation) &&
		sh_room(sh, &sh->texts, &sh->text_room, sh->text_count, sizeof(*sh->texts)))
		sh->texts[sh->text_count++] = text;
}

// What a scan of a word remembers.
struct scan {
	struct span text;
	size_t at;
	size_t level;
	bool separated; // a comma or two dots make these braces count
	uint8_t quote, wanted;
};

static bool at_two_dots(const struct scan *scan)
{
	struct span rest = span_after(scan->text, scan->at);

	return span_starts(rest, "..") && rest.length > 2 && rest.at[2] != scan->wanted;
}

// An opening brace alone, or with nothing in it, is text.
static bool is_lone_brace(const struct scan *scan)
{
	struct span rest = span_after(scan->text, scan->at + 1);
	bool blank = !rest.length || memchr(" \t\n", rest.at[0], 3);

	return scan->wanted == '{' && scan->at == 0 && (blank || rest.at[0] == '}');
}

// Passes a byte that is quoted or begins something quoted.
// Returns: whether it is one.
static bool pass_quoted(struct sh *sh, struct scan *scan)
{
	uint8_t byte = scan->text.at[scan->at];
	uint8_t next = scan->at + 1 < scan->text.length ? scan->text.at[scan->at + 1] : 0;

	if (byte == '\\' && scan->quote != '\'') {
		scan->at++;
	} else if (byte == '$' && next == '{' && scan->quote != '\'') {
		scan->level += !scan->quote;
		scan->at++;
	} else if (scan->quote) {
		scan->quote = byte == scan->quote ? 0 : scan->quote;
	} else if (byte == '"' || byte == '\'' || byte == '`') {
		scan->quote = byte;
	} else if ((byte == '$' || byte == '<' || byte == '>') && next == '(') {
		scan->at = sh_extent_paren(sh, scan->text, scan->at + 2) - 1;
	} else {
		return false;
	}
	return true;
}

// Where `wanted` stands outside of quotes and inner braces.
// Returns: the offset, or the text's length.
static size_t find(struct sh *sh, struct span text, size_t from, uint8_t wanted)
{
	struct scan scan = {.text = text, .at = from, .wanted = wanted, .separated = wanted != '}'};

	for (; scan.at < text.length; scan.at++) {
		uint8_t byte = text.at[scan.at];

		if (pass_quoted(sh, &scan))
			continue;
		if (byte == wanted && !scan.level && scan.separated) {
			if (!is_lone_brace(&scan))
				break;
		} else if (byte == '{') {
			scan.level++;
		} else if (byte == '}' && scan.level) {
			scan.level--;
		} else if (wanted == '}' && !scan.level) {
			scan.separated |= byte == ',' || at_two_dots(&scan);
		}
	}
	emulation_work(sh->emulation, text.length - from);
	return scan.at < text.length ? scan.at : text.length;
}

// ---- sequences

// One end of a sequence.
struct bound {
	int64_t value;
	bool letter, padded;
	size_t width;
};

static bool read_bound(struct span text, struct bound *ret_bound)
{
	size_t sign = text.length && (text.at[0] == '-' || text.at[0] == '+'), at = sign;

	*ret_bound = (struct bound){.width = text.length};
	if (text.length == 1 && ascii_is_letter(text.at[0])) {
		*ret_bound = (struct bound){.value = text.at[0], .letter = true};
		return true;
	}
	for (; at < text.length && at < sign + 18 && ascii_is_digit(text.at[at]); at++)
		ret_bound->value = ret_bound->value * 10 + (text.at[at] - '0');
	if (at == sign || at < text.length)
		return false;
	ret_bound->padded = (text.length > 1 && text.at[0] == '0') ||
			    (text.length > 2 && text.at[0] == '-' && text.at[1] == '0');
	if (sign && text.at[0] == '-')
		ret_bound->value = -ret_bound->value;
	return true;
}

static void add_number(struct sh *sh, int64_t number, size_t width)
{
	size_t begun = scratch_begin(sh->emulation), digits;
	struct span text;
	bool negative = number < 0;

	sh_arith_put(sh, negative ? -number : number);
	text = scratch_end(sh->emulation, begun);
	if (negative)
		scratch_put_byte(sh->emulation, '-');
	for (digits = text.length + negative; digits < width; digits++)
		scratch_put_byte(sh->emulation, '0');
	scratch_put(sh->emulation, text);
	add(sh, scratch_end(sh->emulation, begun));
}

// Expands FIRST..LAST or FIRST..LAST..STEP.
// Returns: whether it is one.
static bool expand_sequence(struct sh *sh, struct span text)
{
	const uint8_t *dots = memmem(text.at, text.length, "..", 2), *more;
	struct bound first, last, step = {.value = 1};
	struct span rest;
	size_t width = 0;
	int64_t number, by;

	if (!dots)
		return false;
	rest = span_between(dots + 2, span_end(text));
	more = memmem(rest.at, rest.length, "..", 2);
	if (more && (!read_bound(span_between(more + 2, span_end(rest)), &step) || step.letter))
		return false;
	if (!read_bound(span_between(text.at, dots), &first) ||
		!read_bound(more ? span_between(rest.at, more) : rest, &last) ||
		first.letter != last.letter)
		return false;
	if (first.padded || last.padded)
		width = first.width > last.width ? first.width : last.width;
	by = step.value < 0 ? -step.value : step.value ? step.value : 1;
	if ((first.value < last.value ? last.value - first.value : first.value - last.value) / by >
		SEQUENCE_MAX)
		sh_refuse(sh, "a sequence of this length is not followed");
	by = first.value > last.value ? -by : by;
	for (number = first.value; !emulation_stopped(sh->emulation); number += by) {
		uint8_t letter = (uint8_t)number;
		size_t begun = scratch_begin(sh->emulation);

		if (by > 0 ? number > last.value : number < last.value)
			break;
		if (!first.letter) {
			add_number(sh, number, width);
			continue;
		}
		scratch_put_byte(sh->emulation, letter);
		add(sh, scratch_end(sh->emulation, begun));
	}
	return true;
}

// ---- words

// Expands what stands between braces.
static void expand_inside(struct sh *sh, struct span text)
{
	bool commas = false;

	for (size_t i = 0; i < text.length && !commas; i++) {
		commas = text.at[i] == ',';
		i += text.at[i] == '\\';
	}
	if (!commas) {
		if (!expand_sequence(sh, text))
			add(sh, (struct span){text.at - 1, text.length + 2});
		return;
	}
	for (size_t at = 0; at <= text.length && !emulation_stopped(sh->emulation);) {
		size_t end = find(sh, text, at, ',');

		expand(sh, (struct span){text.at + at, end - at});
		at = end + 1;
	}
}

// Puts each text of one list before each of another, which becomes the list.
static void join(struct sh *sh, struct span before, size_t first, size_t second)
{
	size_t end = sh->text_count, count = 0;

	for (size_t i = first; i < second; i++)
		for (size_t j = second; j < end && !emulation_stopped(sh->emulation); j++) {
			size_t begun = scratch_begin(sh->emulation);

			scratch_put(sh->emulation, before);
			scratch_put(sh->emulation, sh->texts[i]);
			scratch_put(sh->emulation, sh->texts[j]);
			add(sh, scratch_end(sh->emulation, begun));
		}
	count = sh->text_count - end;
	if (count)
		memmove(sh->texts + first, sh->texts + end, count * sizeof(*sh->texts));
	sh->text_count = first + count;
}

static void expand(struct sh *sh, struct span text)
{
	size_t open, close = text.length, at = 0, first = sh->text_count, second;

	if (++sh->depth > EMULATION_DEPTH_MAX)
		emulation_refuse(sh->emulation, FINDING_TOO_LARGE, sh->place,
			"braces inside of each other without end");
	do {
		open = find(sh, text, at, '{');
		if (open < text.length)
			close = find(sh, text, open + 1, '}');
		at = open + 1;
	} while (open < text.length && close == text.length && !emulation_stopped(sh->emulation));
	if (open >= text.length || emulation_stopped(sh->emulation)) {
		add(sh, text);
	} else {
		expand_inside(sh, (struct span){text.at + open + 1, close - open - 1});
		second = sh->text_count;
		expand(sh, span_after(text, close + 1));
		join(sh, (struct span){text.at, open}, first, second);
	}
	sh->depth--;
}

void sh_braces_expand(struct sh *sh, struct span text)
{
	sh->text_count = 0;
	if (span_find(text, '{') && span_find(text, '}'))
		expand(sh, text);
	else
		add(sh, text);
}
