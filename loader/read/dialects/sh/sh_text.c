// Text as a shell sees it: characters, their case, and patterns with * ? and [...]. Whatever a
// match costs is counted as work.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_expand.h"

#include <locale.h>
#include <wctype.h>

#define NOT_A_CHARACTER UINT32_MAX

// ---- characters

// Decodes the character at the start of a text that is not empty.
// Returns: its length; `ret_code` is NOT_A_CHARACTER where the byte is none.
static size_t decode(bool utf8, struct span text, uint32_t *ret_code)
{
	uint8_t first = text.at[0];
	size_t length = first < 0x80   ? 1
			: first < 0xc2 ? 0
			: first < 0xe0 ? 2
			: first < 0xf0 ? 3
				       : 4;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	*ret_code = first;
	if (!utf8 || length == 1)
		return 1;
	*ret_code = NOT_A_CHARACTER;
	if (!length || first > 0xf4 || length > text.length)
		return 1;
	*ret_code = first & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((text.at[i] & 0xc0) != 0x80) {
			*ret_code = NOT_A_CHARACTER;
			return 1;
		}
		*ret_code = *ret_code << 6 | (text.at[i] & 0x3f);
	}
	if (*ret_code < least[length] || *ret_code > 0x10ffff ||
		(*ret_code >= 0xd800 && *ret_code < 0xe000)) {
		*ret_code = NOT_A_CHARACTER;
		return 1;
	}
	return length;
}

size_t sh_text_step(bool utf8, struct span text)
{
	uint32_t code;

	return decode(utf8, text, &code);
}

size_t sh_text_length(struct sh *sh, struct span text)
{
	bool utf8 = sh_variables_utf8(sh);
	size_t length = 0;

	while (text.length) {
		text = span_after(text, sh_text_step(utf8, text));
		length++;
	}
	return length;
}

// ---- patterns

// The classes of [[:NAME:]] and what they hold.
static const struct {
	const char *name;
	int (*holds)(wint_t);
} classes[] = {
	{"alnum", iswalnum},
	{"alpha", iswalpha},
	{"blank", iswblank},
	{"cntrl", iswcntrl},
	{"digit", iswdigit},
	{"graph", iswgraph},
	{"lower", iswlower},
	{"print", iswprint},
	{"punct", iswpunct},
	{"space", iswspace},
	{"upper", iswupper},
	{"xdigit", iswxdigit},
};

// A pattern and a text while they are matched.
struct matching {
	struct sh *sh;
	bool utf8;
};

// Whether [:NAME:] at the start of `text` holds a character.
// Returns: its length, 0: it is none.
static size_t match_class(struct span text, uint32_t code, bool *ret_holds)
{
	const uint8_t *end = text.length > 3 ? memmem(text.at + 2, text.length - 2, ":]", 2) : NULL;
	struct span name;

	if (!end)
		return 0;
	name = span_between(text.at + 2, end);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (span_is(name, classes[i].name)) {
			*ret_holds |= classes[i].holds((wint_t)code) != 0;
			return name.length + 4;
		}
	return 0;
}

// One character of a bracket expression, which a backslash may quote.
static size_t bracket_character(bool utf8, struct span text, uint32_t *ret_code)
{
	size_t quoted = text.length > 1 && text.at[0] == '\\';

	return quoted + decode(utf8, span_after(text, quoted), ret_code);
}

// Matches a bracket expression behind its [ with a character.
// Returns: its length with the ], or 0 when it has none.
static size_t match_bracket(bool utf8, struct span text, uint32_t code, bool *ret_matches)
{
	size_t at = 0;
	bool negated = text.length && (text.at[0] == '!' || text.at[0] == '^'), holds = false;

	at += negated;
	for (size_t start = at; at < text.length;) {
		uint32_t low, high;
		size_t named = 0;

		if (text.at[at] == ']' && at > start) {
			*ret_matches = holds != negated;
			return at + 1;
		}
		if (text.at[at] == '[' && at + 1 < text.length && text.at[at + 1] == ':')
			named = match_class(span_after(text, at), code, &holds);
		if (named) {
			at += named;
			continue;
		}
		at += bracket_character(utf8, span_after(text, at), &low);
		high = low;
		if (at + 1 < text.length && text.at[at] == '-' && text.at[at + 1] != ']') {
			at++;
			at += bracket_character(utf8, span_after(text, at), &high);
		}
		holds |= code >= low && code <= high;
	}
	return 0;
}

// Matches one element of a pattern, not a star, with the character at the start of a text.
// Returns: the element's length; `ret_took` is the character's, or 0 when they do not match.
static size_t match_one(bool utf8, struct span pattern, struct span text, size_t *ret_took)
{
	uint32_t wanted, code = 0;
	size_t took = text.length ? decode(utf8, text, &code) : 0, length, quoted;
	bool matches = false;

	*ret_took = 0;
	if (pattern.at[0] == '?') {
		*ret_took = took;
		return 1;
	}
	if (pattern.at[0] == '[') {
		length = match_bracket(utf8, span_after(pattern, 1), code, &matches);
		if (length) {
			*ret_took = matches ? took : 0;
			return length + 1;
		}
	}
	quoted = pattern.at[0] == '\\' && pattern.length > 1;
	length = decode(utf8, span_after(pattern, quoted), &wanted);
	if (took == length && memcmp(text.at, pattern.at + quoted, took) == 0)
		*ret_took = took;
	return length + quoted;
}

// Matches a whole text; `open`: the text may go on behind what matches, and the longest counts.
// Returns: the length that matches, or SIZE_MAX.
static size_t match(struct sh *sh, bool utf8, struct span pattern, struct span text)
{
	size_t at = 0, place = 0, star = SIZE_MAX, retry = 0, steps = 0;

	while (at < text.length) {
		size_t took = 0, length = 0;

		steps++;
		if (place < pattern.length && pattern.at[place] == '*') {
			star = ++place;
			retry = at;
			continue;
		}
		if (place < pattern.length)
			length = match_one(
				utf8, span_after(pattern, place), span_after(text, at), &took);
		if (took) {
			place += length;
			at += took;
		} else if (star != SIZE_MAX) {
			place = star;
			retry += sh_text_step(utf8, span_after(text, retry));
			at = retry;
		} else {
			break;
		}
	}
	while (place < pattern.length && pattern.at[place] == '*')
		place++;
	emulation_work(sh->emulation, steps + 1);
	return at == text.length && place == pattern.length ? at : SIZE_MAX;
}

// Whether a pattern matches a whole text.
static bool matches(struct sh *sh, struct span pattern, struct span text)
{
	return match(sh, sh_variables_utf8(sh), pattern, text) != SIZE_MAX;
}

// Tries the ends from `from` on, the longest or the shortest match first.
// Returns: the length that matches, or SIZE_MAX.
static size_t match_prefix(
	struct sh *sh, bool utf8, struct span pattern, struct span text, bool longest)
{
	size_t best = SIZE_MAX;

	for (size_t length = 0; !emulation_stopped(sh->emulation);) {
		if (match(sh, utf8, pattern, (struct span){text.at, length}) != SIZE_MAX) {
			best = length;
			if (!longest)
				break;
		}
		if (length == text.length)
			break;
		length += sh_text_step(utf8, span_after(text, length));
	}
	return best;
}

// The same from the end.
// Returns: where what matches begins, or SIZE_MAX.
static size_t match_suffix(
	struct sh *sh, bool utf8, struct span pattern, struct span text, bool longest)
{
	size_t best = SIZE_MAX;

	for (size_t from = 0; !emulation_stopped(sh->emulation);) {
		if (match(sh, utf8, pattern, span_after(text, from)) != SIZE_MAX) {
			best = from;
			if (longest)
				break;
		}
		if (from == text.length)
			break;
		from += sh_text_step(utf8, span_after(text, from));
	}
	return best;
}

struct span sh_text_strip(
	struct sh *sh, struct span text, struct span pattern, bool at_end, bool longest)
{
	bool utf8 = sh_variables_utf8(sh);
	size_t found = at_end ? match_suffix(sh, utf8, pattern, text, longest)
			      : match_prefix(sh, utf8, pattern, text, longest);

	if (found == SIZE_MAX)
		return text;
	return at_end ? (struct span){text.at, found} : span_after(text, found);
}

// Puts a replacement in which & stands for what matched.
static void put_replacement(struct sh *sh, struct span replacement, struct span matched)
{
	for (size_t i = 0; i < replacement.length; i++) {
		uint8_t byte = replacement.at[i];

		if (byte == '\\' && i + 1 < replacement.length &&
			(replacement.at[i + 1] == '&' || replacement.at[i + 1] == '\\'))
			scratch_put_byte(sh->emulation, replacement.at[++i]);
		else if (byte == '&')
			scratch_put(sh->emulation, matched);
		else
			scratch_put_byte(sh->emulation, byte);
	}
}

// Replaces the first match, or all of them, from left to right.
static void replace_matches(
	struct sh *sh, struct span text, struct span pattern, struct span replacement, bool all)
{
	bool utf8 = sh_variables_utf8(sh), more = pattern.length > 0;
	size_t at = 0;

	while (more && at < text.length && !emulation_stopped(sh->emulation)) {
		struct span rest = span_after(text, at);
		size_t step = sh_text_step(utf8, rest);
		size_t found = match_prefix(sh, utf8, pattern, rest, true);

		if (found != SIZE_MAX) {
			put_replacement(sh, replacement, (struct span){rest.at, found});
			at += found;
			more = all;
		}
		if (found == SIZE_MAX || (more && !found)) {
			scratch_put(sh->emulation, (struct span){rest.at, step});
			at += step;
		}
	}
	scratch_put(sh->emulation, span_after(text, at));
}

void sh_text_replace(
	struct sh *sh, struct span text, struct span pattern, struct span replacement, int how)
{
	bool utf8 = sh_variables_utf8(sh);
	struct span matched = {text.at, 0};
	size_t found;

	if (how == '%') {
		found = pattern.length ? match_suffix(sh, utf8, pattern, text, true) : text.length;
		found = found == SIZE_MAX ? text.length + 1 : found;
		scratch_put(sh->emulation,
			(struct span){text.at, found > text.length ? text.length : found});
		if (found <= text.length)
			put_replacement(sh, replacement, span_after(text, found));
		return;
	}
	if (how != '#' && text.length) {
		replace_matches(sh, text, pattern, replacement, how == '/');
		return;
	}
	found = pattern.length ? match_prefix(sh, utf8, pattern, text, true) : 0;
	if (found != SIZE_MAX && (how == '#' || pattern.length)) {
		matched.length = found;
		put_replacement(sh, replacement, matched);
	}
	scratch_put(sh->emulation, span_after(text, matched.length));
}

// ---- case

static uint32_t change_case(uint32_t code, uint8_t how)
{
	static locale_t locale;
	uint32_t upper, lower;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	if (code < 0x80) {
		upper = code >= 'a' && code <= 'z' ? code - 32 : code;
		lower = code >= 'A' && code <= 'Z' ? code + 32 : code;
	} else if (locale) {
		upper = towupper_l(code, locale);
		lower = towlower_l(code, locale);
	} else {
		return code;
	}
	return how == '^' || (how == '~' && code == lower) ? upper : lower;
}

static void put_character(struct sh *sh, uint32_t code)
{
	uint8_t bytes[TEXT_POINT_MAX];

	scratch_put(sh->emulation, (struct span){bytes, text_put_point(code, bytes)});
}

void sh_text_case(
	struct sh *sh, struct span text, struct span pattern, uint8_t how, bool first_only)
{
	bool utf8 = sh_variables_utf8(sh), first = true;

	while (text.length && !emulation_stopped(sh->emulation)) {
		uint32_t code;
		size_t step = decode(utf8, text, &code);
		struct span character = {text.at, step};
		bool change =
			(first || !first_only) && code != NOT_A_CHARACTER && (utf8 || code < 0x80);

		if (change && (!pattern.length || matches(sh, pattern, character)))
			put_character(sh, change_case(code, how));
		else
			scratch_put(sh->emulation, character);
		text = span_after(text, step);
		first = false;
	}
}
