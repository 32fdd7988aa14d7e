// The builtin commands of a shell that change its state, and the table of all. A command that could
// change something in a way that is not followed is refused; any other is only told of.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_builtin.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/sh/sh_expand.h"
#include "loader/read/dialects/sh/sh_lex.h"

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

static int run_set(struct sh_arguments *arguments)
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
			known = known &&
				set_named_option(sh, sh_arguments_field(sh, ++arguments->at), on);
		if (!known || field.text.length == 1)
			sh_refuse(sh, "this option of the shell is not followed");
	}
	return 0;
}

static int run_let(struct sh_arguments *arguments)
{
	struct sh *sh = arguments->sh;
	int64_t number = 0;

	if (arguments->at < arguments->end && span_is(sh_arguments_field(sh, arguments->at), "--"))
		arguments->at++;
	for (; arguments->at < arguments->end && !sh->abandoned; arguments->at++) {
		bool tainted = sh->fields[arguments->at].tainted;

		if (!tainted)
			number = sh_arith(sh, sh_arguments_field(sh, arguments->at), &tainted);
		if (tainted)
			sh_refuse(sh, "an expression depends on what would be run");
	}
	if (sh->abandoned)
		number = 0;
	sh->abandoned = false;
	return number == 0;
}

static int run_return(struct sh_arguments *arguments)
{
	struct sh *sh = arguments->sh;
	bool tainted = false;
	int status = sh->status;

	if (arguments->end - arguments->at > 1)
		sh_refuse(sh, "what returns is not followed");
	if (arguments->at < arguments->end) {
		status =
			(int)(sh_arith(sh, sh_arguments_field(sh, arguments->at), &tainted) & 0xff);
		if (sh->abandoned || tainted || sh->fields[arguments->at].tainted)
			status = SH_STATUS_UNKNOWN;
	}
	sh->abandoned = false;
	sh->returned = true;
	return status;
}

static int run_exit(struct sh_arguments *arguments)
{
	sh_end(arguments->sh, "the shell ends here");
	return 0;
}

static int run_printf(struct sh_arguments *arguments)
{
	if (arguments->at < arguments->end &&
		(span_starts(sh_arguments_field(arguments->sh, arguments->at), "-v") ||
			arguments->sh->fields[arguments->at].tainted))
		sh_refuse(arguments->sh, "a command would set a variable");
	return SH_STATUS_UNKNOWN;
}

static int run_refused(struct sh_arguments *arguments)
{
	sh_refuse(arguments->sh, "a command of the shell would have to be run");
	return SH_STATUS_UNKNOWN;
}

// Alone they do nothing; with words they would run or read something.
static int run_words(struct sh_arguments *arguments)
{
	return arguments->at < arguments->end ? run_refused(arguments) : 0;
}

static int run_file(struct sh_arguments *arguments)
{
	return arguments->at < arguments->end ? run_refused(arguments) : 2; // no file is named
}

static int run_true(struct sh_arguments *arguments)
{
	(void)arguments;
	return 0;
}

static int run_false(struct sh_arguments *arguments)
{
	(void)arguments;
	return SH_FAILED;
}

// ---- the table

static const struct builtin {
	const char *name;
	int (*run)(struct sh_arguments *arguments);
	bool declares, matters;
} builtins[] = {
	{".", .run = run_file, .matters = true},
	{":", .run = run_true},
	{"bind", .run = run_refused, .matters = true}, // sets LINES and COLUMNS
	{"break", .run = run_true},
	{"builtin", .run = run_words, .matters = true},
	{"cd", .run = run_refused, .matters = true},
	{"command", .run = run_words, .matters = true},
	{"continue", .run = run_true},
	{"declare", .run = sh_declare_run, .declares = true, .matters = true},
	{"echo", .run = run_true},
	{"enable", .run = run_refused, .matters = true},
	{"eval", .run = run_words, .matters = true},
	{"exec", .run = run_words, .matters = true},
	{"exit", .run = run_exit, .matters = true},
	{"export", .run = sh_declare_export, .declares = true, .matters = true},
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
	{"readonly", .run = sh_declare_readonly, .declares = true, .matters = true},
	{"return", .run = run_return, .matters = true},
	{"set", .run = run_set, .matters = true},
	{"shopt", .run = run_refused, .matters = true},
	{"source", .run = run_file, .matters = true},
	{"suspend", .run = run_refused, .matters = true},
	{"trap", .run = run_words, .matters = true},
	{"true", .run = run_true},
	{"typeset", .run = sh_declare_run, .declares = true, .matters = true},
	{"unset", .run = sh_declare_unset, .matters = true},
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
	struct sh_arguments arguments = {sh, 1, sh->field_count};
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
