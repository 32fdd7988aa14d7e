// The builtin commands of a shell that set variables, and assignments themselves. A command that
// could change something in a way that is not followed is refused; any other is only told of.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh_shell.h"

#define FAILED 1
#define MISUSED 2

// Attributes of declare and its like.
enum attribute {
	ATTRIBUTE_EXPORTED = 1 << 0,
	ATTRIBUTE_READONLY = 1 << 1,
	ATTRIBUTE_INTEGER = 1 << 2,
	ATTRIBUTE_UPPER = 1 << 3,
	ATTRIBUTE_LOWER = 1 << 4,
	ATTRIBUTE_ARRAY = 1 << 5,
};

// What a command is given.
struct arguments {
	struct sh *sh;
	size_t at, end; // of the shell's fields
};

static struct span field_at(const struct sh *sh, size_t index)
{
	return sh->fields[index].text;
}

// ---- assignments

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
	known = number || added ? sh_variables_get(sh, name, &old) : SH_UNSET;
	if (!number && known == SH_SET) {
		size_t begun = scratch_begin(sh->emulation);

		scratch_put(sh->emulation, old);
		scratch_put(sh->emulation, field.text);
		field.text = scratch_end(sh->emulation, begun);
	} else if (number || known == SH_TAINTED) {
		field = (struct sh_field){old, known == SH_TAINTED};
	}
	sh_variables_set_array(sh, name, field);
	return !sh->abandoned;
}

// Sets all elements: NAME=(...).
static bool assign_elements(struct sh *sh, struct span name, struct span list, bool added)
{
	struct sh_field first = {.text = span_of("")};
	size_t count = sh->field_count;
	bool odd = false;

	for (size_t at = 0; at < list.length && !sh->abandoned;) {
		size_t end = sh_word_end(sh, list, at);
		struct span word = {list.at + at, end - at};

		odd |= word.length && word.at[0] == '[';
		sh_word_fields(sh, word, false);
		at = end + 1;
	}
	for (size_t i = count; i < sh->field_count; i++)
		if (sh->fields[i].tainted)
			sh_refuse(sh, "the value depends on what would be run");
	if (sh->field_count > count)
		first = sh->fields[count];
	first.tainted = odd;
	sh->field_count = count;
	if (added && sh_variables_get(sh, name, &first.text) == SH_TAINTED)
		first.tainted = true;
	if (!sh->abandoned && !sh_variables_special(name))
		sh_variables_set_array(sh, name, first);
	return !sh->abandoned;
}

bool sh_builtin_assign(struct sh *sh, const struct sh_word *word)
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

// Assigns NAME=value that is expanded already. An error is the command's, not the line's.
static int assign_expanded(struct sh *sh, struct span text, size_t equals, bool elements)
{
	bool added = text.at[equals] == '+', done;
	struct span name = {text.at, equals}, value = span_after(text, equals + 1 + added);
	const uint8_t *open = span_find(name, '[');

	if (open && !elements)
		return FAILED;
	done = open ? assign_element(sh, span_between(name.at, open),
			      span_between(open + 1, span_end(name) - 1),
			      (struct sh_field){.text = value}, added)
		    : sh_variables_set(sh, name, value, added);
	sh->abandoned = false;
	return done ? 0 : FAILED;
}

// ---- declarations

// Gives and takes attributes; the results follow.
static int change_attributes(struct sh *sh, struct span name, uint32_t on, uint32_t off)
{
	struct sh_variable *odd = sh_variables_odd(sh, name);

	if (!odd)
		return FAILED;
	if (odd->readonly && (off & ATTRIBUTE_READONLY))
		return FAILED;
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
	int status = 0;

	if (field.tainted) {
		sh_refuse(sh, "what is declared depends on what would be run");
		return FAILED;
	}
	if (!equals && !sh_lex_is_name(name))
		return FAILED;
	if (equals && span_find(name, '[') && (on & (ATTRIBUTE_EXPORTED | ATTRIBUTE_READONLY)))
		return FAILED;
	if (!equals && !on && !off)
		return 0;
	if (equals && (early || off))
		status = change_attributes(sh, name, early, off);
	if (equals && status == 0)
		status = assign_expanded(sh, field.text, equals, true);
	if (equals && !(on & ~early) && !(off & ATTRIBUTE_EXPORTED))
		return status;
	// what is exported by `set -a` or by the assignment needs no row
	if (equals && on == ATTRIBUTE_EXPORTED && !off && sh->export_all && status == 0 &&
		!sh_variables_special(name))
		return 0;
	(void)change_attributes(sh, name, on & ~early, equals ? 0 : off);
	return status;
}

// Takes a word of options, which begins with one of `signs`; "--" is the last one and holds none.
// Returns: whether there is one.
static bool take_options(struct arguments *arguments, const char *signs, struct span *ret_word)
{
	struct span word;

	if (arguments->at == arguments->end)
		return false;
	word = field_at(arguments->sh, arguments->at);
	if (word.length < 2 || !word.at[0] || !strchr(signs, word.at[0]))
		return false;
	arguments->at++;
	*ret_word = word;
	return !span_is(word, "--");
}

// Reads the options of declare and its like.
// Returns: 0, MISUSED, or FAILED for those that only print.
static int read_attributes(
	struct arguments *arguments, const char *letters, uint32_t *on, uint32_t *off)
{
	static const char known[] = "xriula";
	struct span text;

	while (take_options(arguments, off ? "-+" : "-", &text)) {
		for (size_t i = 1; i < text.length; i++) {
			const char *letter = strchr(known, text.at[i]);

			if (!text.at[i] || !strchr(letters, text.at[i]))
				return MISUSED;
			if (strchr("fFp", text.at[i]))
				return FAILED;
			if (strchr("AnIt", text.at[i]))
				sh_refuse(arguments->sh, "this declaration is not followed");
			else if (letter)
				*(off && text.at[0] == '+' ? off : on) |= 1u << (letter - known);
		}
	}
	return 0;
}

static int run_declare(struct arguments *arguments)
{
	uint32_t on = 0, off = 0;
	int status = read_attributes(arguments, "aAfFgiIlnrtuxp", &on, &off);

	if (status != 0)
		return status;
	for (; arguments->at < arguments->end; arguments->at++)
		status |= declare(arguments->sh, arguments->sh->fields[arguments->at], on, off);
	return status;
}

static int run_readonly(struct arguments *arguments)
{
	uint32_t on = ATTRIBUTE_READONLY;
	int status = read_attributes(arguments, "aAfp", &on, NULL);

	if (status != 0)
		return status;
	for (; arguments->at < arguments->end; arguments->at++)
		status |= declare(arguments->sh, arguments->sh->fields[arguments->at], on, 0);
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
		return FAILED;
	if (equals)
		status = assign_expanded(sh, field.text, equals, false);
	return status | change_attributes(sh, name, 0, ATTRIBUTE_EXPORTED);
}

static int run_export(struct arguments *arguments)
{
	struct sh *sh = arguments->sh;
	struct span text;
	bool take = false;
	int status = 0;

	while (take_options(arguments, "-", &text)) {
		for (size_t i = 1; i < text.length; i++) {
			if (text.at[i] == 'f')
				return FAILED; // no function is known
			if (text.at[i] != 'n' && text.at[i] != 'p' && text.at[i] != 'a')
				return MISUSED;
			take |= text.at[i] == 'n';
		}
	}
	for (; arguments->at < arguments->end; arguments->at++)
		status |= take ? unexport(sh, sh->fields[arguments->at])
			       : declare(sh, sh->fields[arguments->at], ATTRIBUTE_EXPORTED, 0);
	return status;
}

static int run_unset(struct arguments *arguments)
{
	struct sh *sh = arguments->sh;
	struct span text;
	bool functions = false;
	int status = 0;

	while (take_options(arguments, "-", &text)) {
		for (size_t i = 1; i < text.length; i++) {
			if (!strchr("fnv", text.at[i]) || !text.at[i])
				return MISUSED;
			functions |= text.at[i] == 'f';
		}
	}
	for (; arguments->at < arguments->end && !functions; arguments->at++) {
		struct sh_field field = sh->fields[arguments->at];
		struct sh_variable *odd;

		if (field.tainted || span_find(field.text, '['))
			sh_refuse(sh, "what is unset is not followed");
		odd = sh_lex_is_name(field.text) ? sh_variables_odd(sh, field.text) : NULL;
		if (!odd || odd->readonly) {
			status = FAILED;
			continue;
		}
		*odd = (struct sh_variable){.name = odd->name, .value = span_of("")};
		emulation_unset(sh->emulation, odd->name);
	}
	return status;
}

// ---- the shell's own state

// Sets one option by its letter.
// Returns: whether it is one that is followed.
static bool set_option(struct sh *sh, uint8_t letter, bool on)
{
	switch (letter) {
	case 'a':
		sh->export_all = on;
		return true;
	case 'e':
		sh->exits_on_error = on;
		return true;
	case 'u':
		sh->needs_set = on;
		return true;
	default: // those that change nothing that is set
		return letter && strchr("bfhvxEHPT", letter);
	}
}

// Sets one option by its name.
static bool set_named_option(struct sh *sh, struct span name, bool on)
{
	static const struct {
		const char *name;
		uint8_t letter;
	} options[] = {{"allexport", 'a'}, {"errexit", 'e'}, {"nounset", 'u'}, {"noglob", 'f'},
		{"pipefail", 'x'}, {"verbose", 'v'}, {"xtrace", 'x'}};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (span_is(name, options[i].name))
			return set_option(sh, options[i].letter, on);
	return false;
}

static int run_set(struct arguments *arguments)
{
	struct sh *sh = arguments->sh;

	for (; arguments->at < arguments->end; arguments->at++) {
		struct sh_field field = sh->fields[arguments->at];
		bool on, known = !field.tainted, named = false;

		if (!field.text.length || (field.text.at[0] != '-' && field.text.at[0] != '+') ||
			span_is(field.text, "--")) {
			sh->parameters = true;
			return 0;
		}
		on = field.text.at[0] == '-';
		for (size_t i = 1; i < field.text.length && known; i++) {
			named |= field.text.at[i] == 'o';
			if (field.text.at[i] != 'o')
				known = set_option(sh, field.text.at[i], on);
		}
		if (named && arguments->at + 1 < arguments->end)
			known = known && set_named_option(sh, field_at(sh, ++arguments->at), on);
		if (!known || field.text.length == 1)
			sh_refuse(sh, "this option of the shell is not followed");
	}
	return 0;
}

static int run_let(struct arguments *arguments)
{
	struct sh *sh = arguments->sh;
	int64_t number = 0;

	for (; arguments->at < arguments->end && !sh->abandoned; arguments->at++) {
		bool tainted = sh->fields[arguments->at].tainted;

		if (!tainted)
			number = sh_arith(sh, field_at(sh, arguments->at), &tainted);
		if (tainted)
			sh_refuse(sh, "an expression depends on what would be run");
	}
	if (sh->abandoned)
		number = 0;
	sh->abandoned = false;
	return number == 0;
}

static int run_return(struct arguments *arguments)
{
	struct sh *sh = arguments->sh;
	bool tainted = false;
	int status = sh->status;

	if (arguments->end - arguments->at > 1)
		sh_refuse(sh, "what returns is not followed");
	if (arguments->at < arguments->end) {
		status = (int)(sh_arith(sh, field_at(sh, arguments->at), &tainted) & 0xff);
		if (sh->abandoned || tainted || sh->fields[arguments->at].tainted)
			status = SH_STATUS_UNKNOWN;
	}
	sh->abandoned = false;
	sh->returned = true;
	return status;
}

static int run_exit(struct arguments *arguments)
{
	sh_end(arguments->sh, "the shell ends here");
	return 0;
}

static int run_printf(struct arguments *arguments)
{
	if (arguments->at < arguments->end &&
		(span_starts(field_at(arguments->sh, arguments->at), "-v") ||
			arguments->sh->fields[arguments->at].tainted))
		sh_refuse(arguments->sh, "a command would set a variable");
	return SH_STATUS_UNKNOWN;
}

static int run_refused(struct arguments *arguments)
{
	sh_refuse(arguments->sh, "a command of the shell would have to be run");
	return SH_STATUS_UNKNOWN;
}

// Alone they do nothing; with words they would run or read something.
static int run_words(struct arguments *arguments)
{
	return arguments->at < arguments->end ? run_refused(arguments) : 0;
}

static int run_file(struct arguments *arguments)
{
	return arguments->at < arguments->end ? run_refused(arguments) : 2; // no file is named
}

static int run_true(struct arguments *arguments)
{
	(void)arguments;
	return 0;
}

static int run_false(struct arguments *arguments)
{
	(void)arguments;
	return FAILED;
}

// ---- the table

static const struct builtin {
	const char *name;
	int (*run)(struct arguments *arguments);
	bool declares, matters;
} builtins[] = {
	{".", .run = run_file, .matters = true},
	{":", .run = run_true},
	{"break", .run = run_true},
	{"builtin", .run = run_words, .matters = true},
	{"cd", .run = run_refused, .matters = true},
	{"command", .run = run_words, .matters = true},
	{"continue", .run = run_true},
	{"declare", .run = run_declare, .declares = true, .matters = true},
	{"echo", .run = run_true},
	{"enable", .run = run_refused, .matters = true},
	{"eval", .run = run_words, .matters = true},
	{"exec", .run = run_words, .matters = true},
	{"exit", .run = run_exit, .matters = true},
	{"export", .run = run_export, .declares = true, .matters = true},
	{"false", .run = run_false},
	{"getopts", .run = run_refused, .matters = true},
	{"let", .run = run_let, .matters = true},
	{"local", .run = run_false, .declares = true},
	{"mapfile", .run = run_refused, .matters = true},
	{"popd", .run = run_refused, .matters = true},
	{"printf", .run = run_printf, .matters = true},
	{"pushd", .run = run_refused, .matters = true},
	{"read", .run = run_refused, .matters = true},
	{"readarray", .run = run_refused, .matters = true},
	{"readonly", .run = run_readonly, .declares = true, .matters = true},
	{"return", .run = run_return, .matters = true},
	{"set", .run = run_set, .matters = true},
	{"shopt", .run = run_refused, .matters = true},
	{"source", .run = run_file, .matters = true},
	{"suspend", .run = run_refused, .matters = true},
	{"trap", .run = run_words, .matters = true},
	{"true", .run = run_true},
	{"typeset", .run = run_declare, .declares = true, .matters = true},
	{"unset", .run = run_unset, .matters = true},
	{"wait", .run = run_words, .matters = true},
};

static const struct builtin *find_builtin(struct span name)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		if (name.length && name.at[0] == (uint8_t)builtins[i].name[0] &&
			span_is(name, builtins[i].name))
			return &builtins[i];
	return NULL;
}

bool sh_builtin_exists(struct span name)
{
	return find_builtin(name) != NULL;
}

bool sh_builtin_declares(struct span name)
{
	const struct builtin *builtin = find_builtin(name);

	return builtin && builtin->declares;
}

bool sh_builtin_matters(struct span name)
{
	const struct builtin *builtin = find_builtin(name);

	return builtin && builtin->matters;
}

// Whether a field names a variable that is assigned to for this command only.
static bool is_temporary(
	struct sh *sh, const struct sh_word *words, size_t count, struct span field)
{
	size_t equals = sh_lex_assignment(field), i = 0;

	if (equals)
		field.length = equals;
	for (; i < count && (words[i].leading || words[i].direction); i++)
		if (words[i].leading &&
			span_equal((struct span){words[i].text.at, words[i].equals}, field))
			return true;
	emulation_work(sh->emulation, i);
	return false;
}

int sh_builtin_run(struct sh *sh, const struct sh_word *words, size_t count)
{
	struct arguments arguments = {sh, 1, sh->field_count};
	const struct builtin *builtin = find_builtin(sh->fields[0].text);

	if (!builtin || !builtin->matters)
		emulation_tell(sh->emulation, FINDING_NOT_RUN, sh->place, (struct span){0},
			"a command, which sets nothing");
	if (!builtin)
		return SH_STATUS_UNKNOWN;
	for (size_t i = 1; i < sh->field_count && builtin->matters; i++)
		if (is_temporary(sh, words, count, sh->fields[i].text))
			sh_refuse(sh, "an assignment for one command is not followed");
	if (emulation_stopped(sh->emulation))
		return SH_STATUS_UNKNOWN;
	return builtin->run(&arguments);
}
