// Assignments of a shell: NAME=value, NAME+=value, elements of arrays.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_builtin.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_expand.h"

// The row of a variable that becomes an array: before any of its elements is looked at, and not at
// all where it is readonly.
// Returns: the row or NULL.
static struct sh_variable *make_array(struct sh *sh, struct span name)
{
	struct sh_variable *array = sh_variables_odd(sh, name);

	if (!array)
		return NULL;
	if (array->readonly) {
		sh_abandon(sh);
		return NULL;
	}
	if (array->integer || array->upper || array->lower)
		sh_refuse(sh, "elements that are numbers or change their case are not followed");
	array->array = true;
	sh_variables_publish(sh, array);
	return array;
}

// Sets an element of an array; only its first one matters later.
static bool assign_element(
	struct sh *sh, struct span name, struct span index, struct sh_field field, bool added)
{
	struct span old = span_of("");
	bool tainted = false;
	enum sh_value known;
	int64_t number;

	index = sh_word_value(sh, index, false, &tainted);
	if (sh->abandoned)
		return false;
	if (tainted) {
		sh_refuse(sh, "an element of an array is not followed");
		return false;
	}
	if (!index.length || span_is(index, "@") || span_is(index, "*")) {
		sh_abandon(sh);
		return false;
	}
	number = sh_arith(sh, index, &tainted);
	if (sh->abandoned)
		sh_end(sh, "the shell ends at a subscript that is no expression");
	if (tainted || number < 0)
		sh_refuse(sh, "an element of an array is not followed");
	if (sh->abandoned || sh_variables_special(name))
		return !sh->abandoned;
	if (!make_array(sh, name))
		return false;
	known = number || added ? sh_variables_get(sh, name, &old) : SH_UNSET;
	if (known == SH_UNSET)
		old = span_of("");
	if (!number && known == SH_SET) {
		size_t begun = scratch_begin(sh->emulation);

		scratch_put(sh->emulation, old);
		scratch_put(sh->emulation, field.text);
		field.text = scratch_end(sh->emulation, begun);
	} else if (number || known == SH_TAINTED) {
		field = (struct sh_field){.text = old, .tainted = known == SH_TAINTED};
	}
	sh_variables_set_array(sh, name, field);
	return !sh->abandoned;
}

// Expands the words of a list of elements into fields.
static void expand_elements(struct sh *sh, struct span list, bool *ret_odd)
{
	for (size_t at = 0; at < list.length && !sh->abandoned;) {
		size_t end = sh_extent_word(sh, list, at);
		struct span word = {list.at + at, end - at};

		*ret_odd |= word.length && word.at[0] == '[';
		sh_braces_expand(sh, word);
		for (size_t i = 0; i < sh->text_count && !sh->abandoned; i++)
			sh_word_fields(sh, sh->texts[i], false);
		at = end + 1;
	}
}

// Sets all elements: NAME=(...).
static bool assign_elements(struct sh *sh, struct span name, struct span list, bool added)
{
	struct sh_field first = {.text = span_of("")};
	size_t count = sh->field_count;
	bool odd = false, special = sh_variables_special(name);
	struct span old;
	enum sh_value known;

	if (!special && !make_array(sh, name))
		return false;
	expand_elements(sh, list, &odd);
	for (size_t i = count; i < sh->field_count; i++)
		if (sh->fields[i].tainted)
			sh_refuse(sh, "the value depends on what would be run");
	if (sh->field_count > count)
		first = sh->fields[count];
	first.tainted = odd;
	sh->field_count = count;
	known = added ? sh_variables_get(sh, name, &old) : SH_UNSET;
	if (known != SH_UNSET)
		first = (struct sh_field){.text = old, .tainted = odd || known == SH_TAINTED};
	if (!sh->abandoned && !special)
		sh_variables_set_array(sh, name, first);
	return !sh->abandoned;
}

bool sh_assign_word(struct sh *sh, const struct sh_word *word)
{
	struct span name = {word->text.at, word->equals}, value;
	bool added = word->text.at[word->equals] == '+', tainted = false;
	const uint8_t *open = span_find(name, '[');

	sh->place = word->place;
	value = span_after(word->text, word->equals + 1 + added);
	if (word->array && !open)
		return assign_elements(
			sh, name, (struct span){value.at + 1, value.length - 2}, added);
	if (word->array) {
		sh_abandon(sh);
		return false;
	}
	value = sh_word_value(sh, value, true, &tainted);
	if (sh->abandoned)
		return false;
	if (tainted) {
		sh_refuse(sh, "the value depends on what would be run");
		return false;
	}
	if (open)
		return assign_element(sh, span_between(name.at, open),
			span_between(open + 1, span_end(name) - 1),
			(struct sh_field){.text = value}, added);
	return sh_variables_set(sh, name, value, added);
}

int sh_assign_expanded(struct sh *sh, struct span text, size_t equals, bool elements)
{
	bool added = text.at[equals] == '+', done;
	struct span name = {text.at, equals}, value = span_after(text, equals + 1 + added);
	const uint8_t *open = span_find(name, '[');

	if (open && !elements)
		return SH_FAILED;
	done = open ? assign_element(sh, span_between(name.at, open),
			      span_between(open + 1, span_end(name) - 1),
			      (struct sh_field){.text = value}, added)
		    : sh_variables_set(sh, name, value, added);
	sh->abandoned = false;
	return done ? 0 : SH_FAILED;
}
