// The variables of a shell. What is set and exported lies in the emulation, as in any dialect; only
// what is different (not exported, readonly, an array) has a row here.
// SPDX-License-Identifier: MIT
#include "lib/base/map.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_expand.h"

enum special_kind {
	SPECIAL_READONLY,
	SPECIAL_IGNORES, // takes what is assigned and keeps its own
	SPECIAL_HOST,    // its first value is the machine's or the process's
	SPECIAL_GIVEN,   // the same, unless the environment has one
	SPECIAL_TEXT,    // its first value is known
	SPECIAL_DEFAULT, // the same, unless the environment has one
	SPECIAL_MODE,    // changes how the shell reads
	SPECIAL_LAST,    // $_
};

// Variables that the shell has, or watches, by itself.
static const struct special {
	const char *name;
	enum special_kind kind;
	const char *value; // of the last two
} specials[] = {
	{"BASH", SPECIAL_HOST, NULL},
	{"BASHOPTS", SPECIAL_READONLY, NULL},
	{"BASHPID", SPECIAL_IGNORES, NULL},
	{"BASH_ALIASES", SPECIAL_IGNORES, NULL},
	{"BASH_ARGC", SPECIAL_IGNORES, NULL},
	{"BASH_ARGV", SPECIAL_IGNORES, NULL},
	{"BASH_ARGV0", SPECIAL_IGNORES, NULL},
	{"BASH_CMDS", SPECIAL_IGNORES, NULL},
	{"BASH_COMMAND", SPECIAL_HOST, NULL},
	{"BASH_COMPAT", SPECIAL_MODE, NULL},
	{"BASH_EXECUTION_STRING", SPECIAL_HOST, NULL},
	{"BASH_LINENO", SPECIAL_IGNORES, NULL},
	{"BASH_LOADABLES_PATH", SPECIAL_GIVEN, NULL},
	{"BASH_REMATCH", SPECIAL_IGNORES, NULL},
	{"BASH_SOURCE", SPECIAL_IGNORES, NULL},
	{"BASH_SUBSHELL", SPECIAL_IGNORES, NULL},
	{"BASH_VERSINFO", SPECIAL_READONLY, NULL},
	{"BASH_VERSION", SPECIAL_HOST, NULL},
	{"COMP_WORDBREAKS", SPECIAL_IGNORES, NULL},
	{"DIRSTACK", SPECIAL_IGNORES, NULL},
	{"EPOCHREALTIME", SPECIAL_IGNORES, NULL},
	{"EPOCHSECONDS", SPECIAL_IGNORES, NULL},
	{"EUID", SPECIAL_READONLY, NULL},
	{"FUNCNAME", SPECIAL_IGNORES, NULL},
	{"FUNCNEST", SPECIAL_MODE, NULL},
	{"GROUPS", SPECIAL_IGNORES, NULL},
	{"HISTCMD", SPECIAL_HOST, NULL},
	{"HOME", SPECIAL_GIVEN, NULL},
	{"HOSTNAME", SPECIAL_GIVEN, NULL},
	{"HOSTTYPE", SPECIAL_GIVEN, NULL},
	{"IFS", SPECIAL_TEXT, " \t\n"},
	{"LINENO", SPECIAL_IGNORES, NULL},
	{"MACHTYPE", SPECIAL_GIVEN, NULL},
	{"OLDPWD", SPECIAL_HOST, NULL},
	{"OPTERR", SPECIAL_TEXT, "1"},
	{"OPTIND", SPECIAL_TEXT, "1"},
	{"OSTYPE", SPECIAL_GIVEN, NULL},
	{"PATH", SPECIAL_GIVEN, NULL},
	{"PIPESTATUS", SPECIAL_IGNORES, NULL},
	{"POSIXLY_CORRECT", SPECIAL_MODE, NULL},
	{"PPID", SPECIAL_READONLY, NULL},
	{"PS4", SPECIAL_DEFAULT, "+ "},
	{"PWD", SPECIAL_HOST, NULL},
	{"RANDOM", SPECIAL_IGNORES, NULL},
	{"SECONDS", SPECIAL_IGNORES, NULL},
	{"SHELL", SPECIAL_GIVEN, NULL},
	{"SHELLOPTS", SPECIAL_READONLY, NULL},
	{"SHLVL", SPECIAL_HOST, NULL},
	{"SRANDOM", SPECIAL_HOST, NULL},
	{"TERM", SPECIAL_DEFAULT, "dumb"},
	{"UID", SPECIAL_READONLY, NULL},
	{"_", SPECIAL_LAST, NULL},
};

static const struct special *find_special(struct span name)
{
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
		if ((uint8_t)specials[i].name[0] == name.at[0] && span_is(name, specials[i].name))
			return &specials[i];
	return NULL;
}

bool sh_variables_special(struct span name)
{
	return find_special(name) != NULL;
}

static struct sh_variable *find_odd(const struct sh *sh, struct span name)
{
	size_t index = sh->variable_count ? map_find(sh->names, (const char *)name.at, name.length)
					  : MAP_ABSENT;

	return index == MAP_ABSENT ? NULL : &sh->variables[index];
}

// What the shell itself knows under a name that the file has not set.
static enum sh_value own_value(struct sh *sh, const struct special *special, struct span *ret_value)
{
	bool given = special->kind == SPECIAL_GIVEN || special->kind == SPECIAL_DEFAULT ||
		     special->kind == SPECIAL_MODE;

	if (given && emulation_environment(sh->emulation, span_of(special->name), ret_value))
		return SH_SET;
	*ret_value = span_of("");
	switch (special->kind) {
	case SPECIAL_LAST:
		*ret_value = sh->last_argument.text;
		return sh->last_argument.tainted ? SH_TAINTED : SH_SET;
	case SPECIAL_TEXT:
	case SPECIAL_DEFAULT:
		*ret_value = span_of(special->value);
		return SH_SET;
	case SPECIAL_MODE:
		return SH_UNSET;
	default:
		return SH_TAINTED;
	}
}

enum sh_value sh_variables_get(struct sh *sh, struct span name, struct span *ret_value)
{
	const struct sh_variable *odd = find_odd(sh, name);
	const struct special *special;

	emulation_work(sh->emulation, name.length);
	if (odd) {
		*ret_value = odd->value;
		return !odd->set ? SH_UNSET : odd->tainted ? SH_TAINTED : SH_SET;
	}
	special = find_special(name);
	if (special && special->kind == SPECIAL_LAST)
		return own_value(sh, special, ret_value);
	if (emulation_find(sh->emulation, name, ret_value))
		return SH_SET;
	if (special)
		return own_value(sh, special, ret_value);
	return emulation_environment(sh->emulation, name, ret_value) ? SH_SET : SH_UNSET;
}

bool sh_variables_declared(const struct sh *sh, struct span name)
{
	const struct sh_variable *odd = find_odd(sh, name);

	return odd && (odd->exported || odd->readonly || odd->array || odd->integer || odd->upper ||
			      odd->lower);
}

struct sh_variable *sh_variables_odd(struct sh *sh, struct span name)
{
	struct sh_variable *odd = find_odd(sh, name);
	const struct special *special = find_special(name);
	struct span value = span_of("");
	enum sh_value known;

	if (odd)
		return odd;
	if (!sh->names && !(sh->names = map_new()))
		return NULL;
	if (!sh_room(sh, &sh->variables, &sh->variable_room, sh->variable_count,
		    sizeof(*sh->variables)))
		return NULL;
	known = sh_variables_get(sh, name, &value);
	if (map_put(sh->names, (const char *)name.at, name.length, sh->variable_count) < 0)
		return NULL;
	odd = &sh->variables[sh->variable_count++];
	*odd = (struct sh_variable){.name = name,
		.value = value,
		.set = known != SH_UNSET,
		.tainted = known == SH_TAINTED,
		.readonly = special && special->kind == SPECIAL_READONLY};
	odd->exported =
		known == SH_SET && (emulation_find(sh->emulation, name, &value) ||
					   emulation_environment(sh->emulation, name, &value));
	return odd;
}

void sh_variables_publish(struct sh *sh, const struct sh_variable *variable)
{
	if (variable->set && variable->exported && variable->tainted && !variable->array)
		sh_refuse(sh, "exports a variable of the shell itself");
	else if (variable->set && variable->exported && !variable->array)
		emulation_set(sh->emulation, variable->name, variable->value, sh->place);
	else
		emulation_unset(sh->emulation, variable->name);
}

void sh_variables_set_array(struct sh *sh, struct span name, struct sh_field first)
{
	struct sh_variable *odd = sh_variables_odd(sh, name);

	if (!odd)
		return;
	if (odd->readonly) {
		sh_abandon(sh);
		return;
	}
	odd->array = odd->set = true;
	odd->value = first.text;
	odd->tainted = first.tainted;
	sh_variables_publish(sh, odd);
}

// The value after the attributes of declare -i, -l and -u.
static struct span formed(struct sh *sh, const struct sh_variable *odd, struct span value)
{
	size_t begun = scratch_begin(sh->emulation);
	bool tainted = false;

	if (odd->integer) {
		int64_t number = sh_arith(sh, value, &tainted);

		if (sh->abandoned)
			sh_end(sh, "the shell ends at a number that is no expression");
		if (tainted)
			sh_refuse(sh, "the value depends on what would be run");
		sh_arith_put(sh, number);
	} else if (odd->upper || odd->lower) {
		sh_text_case(sh, value, span_of(""), odd->upper ? '^' : ',', false);
	} else {
		return value;
	}
	return scratch_end(sh->emulation, begun);
}

// The old value with the new one behind it.
static struct span joined(struct sh *sh, struct span name, struct span value)
{
	size_t begun = scratch_begin(sh->emulation);
	struct span old = span_of("");
	enum sh_value known = sh_variables_get(sh, name, &old);

	if (known == SH_TAINTED)
		sh_refuse(sh, "the value depends on what would be run");
	if (known == SH_SET)
		scratch_put(sh->emulation, old);
	scratch_put(sh->emulation, value);
	return scratch_end(sh->emulation, begun);
}

static bool set_odd(struct sh *sh, struct sh_variable *odd, struct span value, bool added)
{
	struct span name = odd->name;

	if (odd->readonly) {
		sh_abandon(sh);
		return false;
	}
	if (added && odd->integer)
		sh_refuse(sh, "+= on a number is not followed");
	else if (added)
		value = joined(sh, name, value);
	value = formed(sh, odd, value);
	odd = find_odd(sh, name); // arithmetic may have made more rows
	if (sh->abandoned || !odd)
		return false;
	odd->value = value;
	odd->set = true;
	odd->tainted = false;
	odd->exported |= sh->export_all;
	sh_variables_publish(sh, odd);
	return true;
}

bool sh_variables_set(struct sh *sh, struct span name, struct span value, bool added)
{
	struct sh_variable *odd = find_odd(sh, name);
	const struct special *special = odd ? NULL : find_special(name);
	struct span old;

	if (odd)
		return set_odd(sh, odd, value, added);
	if (special && special->kind == SPECIAL_READONLY) {
		sh_abandon(sh);
		return false;
	}
	if (special && special->kind == SPECIAL_MODE)
		sh_refuse(sh, "this variable changes how the shell reads");
	if (special && special->kind == SPECIAL_IGNORES)
		return true;
	if (special && special->kind == SPECIAL_LAST) {
		sh->last_argument = (struct sh_field){.text = value};
		return true;
	}
	if (!sh->export_all && !emulation_find(sh->emulation, name, &old) &&
		!emulation_environment(sh->emulation, name, &old)) {
		odd = sh_variables_odd(sh, name);
		return odd && set_odd(sh, odd, value, added);
	}
	if (added)
		value = joined(sh, name, value);
	emulation_set(sh->emulation, name, value, sh->place);
	return true;
}

// Whether the first of the locale's variables that says something says UTF-8; where none does, it
// is what the loader was measured with.
bool sh_variables_utf8(struct sh *sh)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	struct span value;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (sh_variables_get(sh, span_of(names[i]), &value) == SH_SET && value.length)
			return !span_is(value, "C") && !span_is(value, "POSIX");
	return true;
}
