// The builtin commands of a shell that declare variables: declare, readonly, export, unset.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_builtin.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/sh/sh_lex.h"

// Attributes of declare and its like.
enum attribute {
	ATTRIBUTE_EXPORTED = 1 << 0,
	ATTRIBUTE_READONLY = 1 << 1,
	ATTRIBUTE_INTEGER = 1 << 2,
	ATTRIBUTE_UPPER = 1 << 3,
	ATTRIBUTE_LOWER = 1 << 4,
	ATTRIBUTE_ARRAY = 1 << 5,
};

// Gives and takes attributes; the results follow.
static int change_attributes(struct sh *sh, struct span name, uint32_t on, uint32_t off)
{
	struct sh_variable *odd = sh_variables_odd(sh, name);

	if (!odd)
		return SH_FAILED;
	if (odd->readonly && (off & ATTRIBUTE_READONLY))
		return SH_FAILED;
	odd->exported = (odd->exported || (on & ATTRIBUTE_EXPORTED)) && !(off & ATTRIBUTE_EXPORTED);
	odd->readonly |= (on & ATTRIBUTE_READONLY) != 0;
	odd->integer = (odd->integer || (on & ATTRIBUTE_INTEGER)) && !(off & ATTRIBUTE_INTEGER);
	if (on & (ATTRIBUTE_UPPER | ATTRIBUTE_LOWER)) {
		odd->upper = (on & ATTRIBUTE_UPPER) && !(on & ATTRIBUTE_LOWER);
		odd->lower = (on & ATTRIBUTE_LOWER) && !(on & ATTRIBUTE_UPPER);
	}
	odd->upper &= !(off & ATTRIBUTE_UPPER);
	odd->lower &= !(off & ATTRIBUTE_LOWER);
	if (on & ATTRIBUTE_ARRAY)
		odd->array = true;
	sh_variables_publish(sh, odd);
	return 0;
}

// Declares one NAME or NAME=value.
static int declare(struct sh *sh, struct sh_field field, uint32_t on, uint32_t off)
{
	size_t equals = sh_lex_assignment(field.text);
	struct span name = equals ? (struct span){field.text.at, equals} : field.text;
	uint32_t early = on & ~(uint32_t)(ATTRIBUTE_READONLY | ATTRIBUTE_EXPORTED);
	struct sh_variable *odd;
	int status = 0;

	if (field.tainted) {
		sh_refuse(sh, "what is declared depends on what would be run");
		return SH_FAILED;
	}
	if (field.elements && (on & (ATTRIBUTE_INTEGER | ATTRIBUTE_UPPER | ATTRIBUTE_LOWER)))
		sh_refuse(sh, "elements that are numbers or change their case are not followed");
	if (!equals && !sh_lex_is_name(name))
		return SH_FAILED;
	if (equals && span_find(name, '[') && (on & (ATTRIBUTE_EXPORTED | ATTRIBUTE_READONLY)))
		return SH_FAILED;
	if (!equals && !on && !off)
		return 0;
	odd = equals && (early & ATTRIBUTE_ARRAY) ? sh_variables_odd(sh, name) : NULL;
	if (odd && odd->readonly)
		return SH_FAILED;
	if (equals && (early || off))
		status = change_attributes(sh, name, early, off);
	if (equals && status == 0)
		status = sh_assign_expanded(sh, field.text, equals, true);
	if (equals && !(on & ~early) && !(off & ATTRIBUTE_EXPORTED))
		return status;
	// what is exported by `set -a` or by the assignment needs no row
	if (equals && on == ATTRIBUTE_EXPORTED && !off && sh->export_all && status == 0 &&
		!sh_variables_special(name))
		return 0;
	(void)change_attributes(sh, name, equals ? on & ~early : on, equals ? 0 : off);
	return status;
}

// Takes a word of options, which begins with one of `signs`; "--" is the last one and holds none.
// Returns: whether there is one.
static bool take_options(struct sh_arguments *arguments, const char *signs, struct span *ret_word)
{
	struct span word;

	if (arguments->at == arguments->end)
		return false;
	word = sh_arguments_field(arguments->sh, arguments->at);
	if (word.length < 2 || !word.at[0] || !strchr(signs, word.at[0]))
		return false;
	arguments->at++;
	*ret_word = word;
	return !span_is(word, "--");
}

// Reads the options of declare and its like.
// Returns: 0, also where all is printed, SH_MISUSED, SH_FAILED for functions by their names, or
// SH_STATUS_UNKNOWN for variables that are printed by theirs.
static int read_attributes(
	struct sh_arguments *arguments, const char *letters, uint32_t *on, uint32_t *off)
{
	static const char known[] = "xriula";
	bool functions = false, prints = false;
	struct span text;

	while (take_options(arguments, off ? "-+" : "-", &text)) {
		for (size_t i = 1; i < text.length; i++) {
			const char *letter = strchr(known, text.at[i]);

			if (!text.at[i] || !strchr(letters, text.at[i]))
				return SH_MISUSED;
			functions |= text.at[i] == 'f' || text.at[i] == 'F';
			prints |= text.at[i] == 'p';
			if (strchr("AnIt", text.at[i]))
				sh_refuse(arguments->sh, "this declaration is not followed");
			else if (letter)
				*(off && text.at[0] == '+' ? off : on) |= 1u << (letter - known);
		}
	}
	if (arguments->at == arguments->end || (!functions && !prints))
		return 0;
	return functions ? SH_FAILED : SH_STATUS_UNKNOWN;
}

int sh_declare_run(struct sh_arguments *arguments)
{
	uint32_t on = 0, off = 0;
	int status = read_attributes(arguments, "aAfFgiIlnrtuxp", &on, &off);

	if (status != 0)
		return status;
	for (; arguments->at < arguments->end; arguments->at++) {
		struct sh_field field = arguments->sh->fields[arguments->at];
		size_t equals = sh_lex_assignment(field.text);

		if (span_find((struct span){field.text.at, equals}, '[') && (on || off))
			sh_refuse(arguments->sh, "an element of an array is not followed");
		status |= declare(arguments->sh, field, on, off);
	}
	return status;
}

int sh_declare_readonly(struct sh_arguments *arguments)
{
	uint32_t on = ATTRIBUTE_READONLY;
	int status = read_attributes(arguments, "aAfp", &on, NULL);

	if (status != 0)
		return status;
	for (; arguments->at < arguments->end; arguments->at++) {
		struct sh_field field = arguments->sh->fields[arguments->at];
		bool assigns = sh_lex_assignment(field.text);

		// a name alone becomes no array
		status |= declare(
			arguments->sh, field, assigns ? on : on & ~(uint32_t)ATTRIBUTE_ARRAY, 0);
	}
	return status;
}

// export -n: takes the attribute away.
static int unexport(struct sh *sh, struct sh_field field)
{
	size_t equals = sh_lex_assignment(field.text);
	struct span name = equals ? (struct span){field.text.at, equals} : field.text;
	int status = 0;

	if (field.tainted)
		sh_refuse(sh, "what is declared depends on what would be run");
	if (!sh_lex_is_name(name))
		return SH_FAILED;
	if (equals)
		status = sh_assign_expanded(sh, field.text, equals, false);
	return status | change_attributes(sh, name, 0, ATTRIBUTE_EXPORTED);
}

int sh_declare_export(struct sh_arguments *arguments)
{
	struct sh *sh = arguments->sh;
	struct span text;
	bool take = false, functions = false;
	int status = 0;

	while (take_options(arguments, "-", &text)) {
		for (size_t i = 1; i < text.length; i++) {
			if (!text.at[i] || !strchr("fnpa", text.at[i]))
				return SH_MISUSED;
			functions |= text.at[i] == 'f';
			take |= text.at[i] == 'n';
		}
	}
	if (functions && arguments->at < arguments->end)
		return SH_FAILED; // none is known
	for (; arguments->at < arguments->end; arguments->at++)
		status |= take ? unexport(sh, sh->fields[arguments->at])
			       : declare(sh, sh->fields[arguments->at], ATTRIBUTE_EXPORTED, 0);
	return status;
}

int sh_declare_unset(struct sh_arguments *arguments)
{
	struct sh *sh = arguments->sh;
	struct span text;
	bool functions = false, variables = false, references = false;
	int status = 0;

	while (take_options(arguments, "-", &text)) {
		for (size_t i = 1; i < text.length; i++) {
			if (!strchr("fnv", text.at[i]) || !text.at[i])
				return SH_MISUSED;
			functions |= text.at[i] == 'f';
			variables |= text.at[i] == 'v';
			references |= text.at[i] == 'n';
		}
	}
	functions |= references; // of both none is known
	for (; arguments->at < arguments->end && !functions; arguments->at++) {
		struct sh_field field = sh->fields[arguments->at];
		struct sh_variable *odd;

		if (field.tainted || span_find(field.text, '['))
			sh_refuse(sh, "what is unset is not followed");
		if (!variables && !sh_lex_is_name(field.text))
			continue; // no function of that name is known
		odd = sh_lex_is_name(field.text) ? sh_variables_odd(sh, field.text) : NULL;
		if (!odd || odd->readonly) {
			status = SH_FAILED;
			continue;
		}
		*odd = (struct sh_variable){.name = odd->name, .value = span_of("")};
		emulation_unset(sh->emulation, odd->name);
	}
	return status;
}
