// ${...} of a shell: names, defaults, lengths, indirection. Arrays have only their first element
// here; what needs another one is refused. What an operator makes of a value is in sh_transform.c.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_brace.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_lex.h"

static uint8_t byte_at(const struct sh_brace *brace, size_t at)
{
	return at < brace->text.length ? brace->text.at[at] : 0;
}

static bool is_special(uint8_t byte)
{
	return byte && strchr("@*#?-$!", byte);
}

static bool has_length(uint8_t byte)
{
	return byte && strchr("-?#@", byte);
}

static bool is_indirect_special(uint8_t byte)
{
	return byte && strchr("#?@*", byte);
}

static bool is_digits(struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!ascii_is_digit(text.at[i]))
			return false;
	return text.length > 0;
}

static void refuse_array(struct sh_brace *brace)
{
	sh_refuse(brace->x->sh, "an element of an array is not followed");
}

enum sh_value sh_brace_special(struct sh *sh, struct span name, struct span *ret_value)
{
	size_t begun = scratch_begin(sh->emulation);

	*ret_value = span_of("");
	if (sh->parameters && !memchr("?!-$", name.at[0], 4))
		return SH_TAINTED;
	switch (name.at[0]) {
	case '#':
		*ret_value = span_of("0");
		return SH_SET;
	case '?':
		if (sh->status == SH_STATUS_UNKNOWN)
			return SH_TAINTED;
		sh_arith_put(sh, sh->status);
		*ret_value = scratch_end(sh->emulation, begun);
		return SH_SET;
	case '!':
		return sh->forked ? SH_TAINTED : SH_UNSET;
	case '-':
	case '$':
		return SH_TAINTED;
	default:
		return is_digits(name) && span_find(name, '0') &&
				       memcmp(name.at, "000000000000",
					       name.length < 12 ? name.length : 12) == 0
			       ? SH_TAINTED
			       : SH_UNSET;
	}
}

// ---- taking it apart

// Behind the name that begins at `at`: the first of `ends`, over subscripts.
static size_t name_end(const struct sh_brace *brace, size_t at, const char *ends, bool subscripts)
{
	for (; byte_at(brace, at); at++) {
		uint8_t byte = byte_at(brace, at);
		size_t depth = 0, close = at;

		if (byte == '\\') {
			at++;
		} else if (subscripts && byte == '[') {
			for (; byte_at(brace, close); close++)
				if (byte_at(brace, close) == '[')
					depth++;
				else if (byte_at(brace, close) == ']' && --depth == 0)
					break;
			emulation_work(brace->x->sh->emulation, close - at);
			if (byte_at(brace, close) == ']')
				at = close;
		} else if (strchr(ends, byte)) {
			break;
		}
	}
	return at < brace->text.length ? at : brace->text.length;
}

// Reads the name with a # or ! before it.
static void read_name(struct sh_brace *brace)
{
	size_t start = brace->at, end;
	uint8_t first = byte_at(brace, start);
	struct span next = {brace->text.at + start + 1, start + 1 < brace->text.length};

	end = name_end(
		brace, start, first == '#' && sh_lex_is_name(next) ? "}" : "#%^,~:-=?+/@}", true);
	end += (end == start && first == '@') ||
	       (first == '!' && end > start && byte_at(brace, end) == '@' &&
		       byte_at(brace, end + 1) == '}');
	if ((end == start && (has_length(first) ||
				     (first == '#' && has_length(byte_at(brace, start + 1))))) ||
		(end == start + 1 && first == '!' && is_indirect_special(byte_at(brace, end))))
		end = name_end(brace, end + 1, "#%:-=?+/@}", false);
	brace->name = (struct span){brace->text.at + start, end - start};
	brace->at = end;
}

// Reads the operator behind the name.
// Returns: whether what there is may be one.
static bool read_operator(struct sh_brace *brace)
{
	uint8_t next;
	bool hash;

	brace->sign = byte_at(brace, brace->at);
	if (brace->sign)
		brace->at++;
	next = byte_at(brace, brace->at);
	if (brace->sign == ':' && next && strchr("-=?+", next)) {
		brace->colon = true;
		brace->sign = next;
		brace->at++;
	} else if (brace->sign == ':' && next != '}') {
		brace->substring = true;
	}
	hash = span_is(brace->name, "#") && !brace->colon && byte_at(brace, brace->at) == '}';
	if (hash && has_length(brace->sign)) {
		brace->name.length++;
		brace->sign = '}';
		brace->at++;
	} else if (hash && brace->sign && strchr("%:=+/", brace->sign)) {
		return false;
	}
	return true;
}

// The name without a subscript that means the whole of a variable that is no array.
// Returns: false when it is no name.
static bool check_name(struct sh_brace *brace, struct span *name)
{
	const uint8_t *open = span_find(*name, '[');
	struct span index;

	if (is_digits(*name) || brace->special || sh_lex_is_name(*name))
		return true;
	if (!open || !sh_lex_is_name(span_between(name->at, open)) ||
		name->at[name->length - 1] != ']' || name->at + name->length < open + 3)
		return false;
	index = span_between(open + 1, name->at + name->length - 1);
	if (!span_is(index, "0") && !span_is(index, "@") && !span_is(index, "*"))
		refuse_array(brace);
	*name = span_between(name->at, open);
	if (!span_is(index, "0") && sh_variables_odd(brace->x->sh, *name) &&
		sh_variables_odd(brace->x->sh, *name)->array)
		refuse_array(brace);
	return true;
}

static enum sh_value look_up(struct sh_brace *brace, struct span name, struct span *ret_value)
{
	if (is_digits(name) || (name.length == 1 && is_special(name.at[0])))
		return sh_brace_special(brace->x->sh, name, ret_value);
	return sh_variables_get(brace->x->sh, name, ret_value);
}

// Puts ${#NAME}.
static void put_length(struct sh_brace *brace)
{
	struct sh *sh = brace->x->sh;
	struct span name = span_after(brace->name, 1), value = span_of("");
	size_t begun;
	enum sh_value known;

	brace->special = name.length == 1 && is_special(name.at[0]);
	if (byte_at(brace, brace->at - 1) != '}' || !check_name(brace, &name)) {
		sh_abandon(sh);
		return;
	}
	if (span_is(name, "@") || span_is(name, "*"))
		known = SH_UNSET;
	else
		known = look_up(brace, name, &value);
	if (known == SH_TAINTED) {
		brace->x->tainted = true;
		return;
	}
	if (known == SH_UNSET && !span_is(name, "@") && !span_is(name, "*"))
		sh_need(sh);
	begun = scratch_begin(sh->emulation);
	sh_arith_put(sh, known == SH_SET ? (int64_t)sh_text_length(sh, value) : 0);
	sh_word_put_value(brace->x, scratch_end(sh->emulation, begun), brace->quoted);
}

// Looks up ${!NAME}: the variable whose name is NAME's value.
static void look_up_indirect(struct sh_brace *brace, struct span name)
{
	struct span target = span_of("");
	enum sh_value known = look_up(brace, name, &target);

	brace->known = known;
	if (known == SH_TAINTED)
		return;
	if (known == SH_UNSET && sh_lex_is_name(name) &&
		!sh_variables_declared(brace->x->sh, name)) {
		sh_abandon(brace->x->sh);
		return;
	}
	if (known == SH_UNSET)
		return;
	brace->special = target.length == 1 && is_special(target.at[0]);
	if (!check_name(brace, &target))
		sh_abandon(brace->x->sh);
	else
		brace->known = look_up(brace, target, &brace->value);
}

// ---- operators

struct span sh_brace_word(struct sh_brace *brace, struct span word, enum sh_mode mode, bool quoted)
{
	struct emulation *emulation = brace->x->sh->emulation;
	struct sh_expansion inner = {.sh = brace->x->sh, .mode = mode};
	size_t begun = scratch_begin(emulation);

	sh_word_expand(&inner, word, quoted);
	if (inner.tainted && mode != SH_TEXT)
		brace->x->tainted = true;
	else if (inner.tainted)
		sh_refuse(brace->x->sh, "the value depends on what would be run");
	return scratch_end(emulation, begun);
}

// Sets the variable of ${NAME:=WORD}.
static void assign_default(struct sh_brace *brace)
{
	struct sh *sh = brace->x->sh;
	struct span value;

	if (brace->special || is_digits(brace->name) || !sh_lex_is_name(brace->name)) {
		if (brace->indirect || span_find(brace->name, '['))
			refuse_array(brace);
		sh_abandon(sh);
		return;
	}
	value = sh_brace_word(brace, brace->word, SH_TEXT, brace->quoted);
	if (sh->abandoned || !sh_variables_set(sh, brace->name, value, false))
		return;
	if (sh_variables_get(sh, brace->name, &value) == SH_SET)
		sh_word_put_value(brace->x, value, brace->quoted);
	else
		brace->x->tainted = true;
}

// Ends the shell at ${NAME?WORD}, unless an error in the word comes first.
static void end_shell(struct sh_brace *brace)
{
	struct sh *sh = brace->x->sh;
	struct sh_expansion inner = {.sh = sh};
	size_t begun = scratch_begin(sh->emulation);

	sh_word_expand(&inner, brace->word, false);
	scratch_drop(sh->emulation, begun);
	if (!sh->abandoned)
		sh_end(sh, "the shell ends here: a variable that must be set is not");
}

// Puts ${NAME-WORD} and its like.
static void put_default(struct sh_brace *brace)
{
	bool there = brace->known != SH_UNSET &&
		     !(brace->colon && brace->known == SH_SET && !brace->value.length);

	if (brace->sign == '+' ? there : !there && brace->sign == '-')
		sh_word_expand(brace->x, brace->word, brace->quoted);
	else if (brace->sign == '+')
		return;
	else if (there && brace->known == SH_TAINTED)
		brace->x->tainted = true;
	else if (there)
		sh_word_put_value(brace->x, brace->value, brace->quoted);
	else if (brace->sign == '=')
		assign_default(brace);
	else
		end_shell(brace);
}

// Whether ${NAME@LETTER} asks what a variable is, not what it holds: then one that is not set will
// not do with more behind the letter either.
static bool asks_attributes(const struct sh_brace *brace)
{
	return !brace->substring && brace->sign == '@' && brace->word.length > 1 &&
	       (brace->word.at[0] == 'a' || brace->word.at[0] == 'A');
}

// Puts the value of what was taken apart.
static void put_brace(struct sh_brace *brace)
{
	bool values = brace->substring || (brace->sign && strchr("}#%/^,~@", brace->sign));

	if (!brace->substring && brace->sign && strchr("-=?+", brace->sign)) {
		put_default(brace);
		return;
	}
	if (!values) {
		sh_abandon(brace->x->sh);
		return;
	}
	brace->x->tainted |= brace->known == SH_TAINTED ||
			     (brace->substring && brace->name.length == 1 &&
				     (brace->name.at[0] == '@' || brace->name.at[0] == '*')); // $0
	if (brace->known == SH_UNSET && !span_is(brace->name, "@") && !span_is(brace->name, "*"))
		sh_need(brace->x->sh);
	if (brace->known == SH_UNSET && asks_attributes(brace) && !brace->x->sh->abandoned)
		sh_end(brace->x->sh, "the shell ends at a substitution that it does not know");
	if (brace->known != SH_SET)
		return;
	if (!brace->substring && brace->sign == '}')
		sh_word_put_value(brace->x, brace->value, brace->quoted);
	else
		sh_transform_put(brace);
}

// Looks up the variable.
// Returns: whether there is more to do.
static bool find_value(struct sh_brace *brace)
{
	struct sh *sh = brace->x->sh;
	struct span name = span_after(brace->name, brace->indirect);
	uint8_t last = brace->name.length ? brace->name.at[brace->name.length - 1] : 0;

	brace->special = name.length == 1 && is_special(name.at[0]);
	if (brace->indirect && brace->sign == '}' && (last == '*' || last == '@' || last == ']') &&
		!brace->special) {
		brace->x->tainted = true; // ${!PREFIX*}: the shell's own variables too
		return false;
	}
	if (!name.length || !check_name(brace, &name)) {
		sh_abandon(sh);
		return false;
	}
	if (brace->indirect)
		look_up_indirect(brace, name);
	else
		brace->known = look_up(brace, name, &brace->value);
	return !sh->abandoned;
}

void sh_brace_expand(struct sh_expansion *x, struct span text, size_t *at, bool quoted)
{
	struct sh_brace brace = {
		.x = x, .text = text, .at = *at, .quoted = quoted, .value = span_of("")};
	struct span first;
	size_t end;

	read_name(&brace);
	if (!read_operator(&brace)) {
		sh_abandon(x->sh);
		return;
	}
	if (brace.name.length > 1 && brace.name.at[0] == '#') {
		put_length(&brace);
		*at = brace.at;
		return;
	}
	first = brace.name.length > 1 ? (struct span){brace.name.at + 1, 1} : span_of("");
	brace.indirect =
		brace.name.length > 1 && brace.name.at[0] == '!' &&
		(sh_lex_is_name(first) || is_digits(first) || is_indirect_special(first.at[0]));
	if (!find_value(&brace)) {
		*at = brace.at;
		return;
	}
	if (brace.sign && brace.sign != '}') {
		end = sh_extent_brace(x->sh, text, brace.at);
		if (end == SIZE_MAX) {
			sh_abandon(x->sh);
			return;
		}
		brace.word = (struct span){text.at + brace.at, end - brace.at};
		brace.at = end + 1;
	}
	*at = brace.at;
	put_brace(&brace);
}
