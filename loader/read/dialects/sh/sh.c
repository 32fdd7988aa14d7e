// The dialect of a POSIX shell: `set -a; . FILE` in bash. Its files are programs; they are followed
// as far as that runs nothing, and what hangs on more is refused. What could be a list of plain
// assignments, which most files are, is read without a parser.
// SPDX-License-Identifier: MIT
#include "lib/base/growth.h"
#include "lib/base/map.h"
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/families.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_expand.h"
#include "loader/read/dialects/sh/sh_shell.h"

#define NUL_BYTES_MAX 256 // with more of them it is a binary file to the shell

bool sh_room(struct sh *sh, void *array, size_t *room, size_t count, size_t size)
{
	if (growth_room(array, room, count, size) == 0)
		return true;
	emulation_no_memory(sh->emulation);
	return false;
}

void sh_refuse(struct sh *sh, const char *text)
{
	emulation_refuse(sh->emulation, FINDING_EXECUTES_CODE, sh->place, text);
}

void sh_end(struct sh *sh, const char *text)
{
	emulation_refuse(sh->emulation, FINDING_REFUSED, sh->place, text);
}

void sh_need(struct sh *sh)
{
	if (sh->needs_set)
		sh_end(sh, "the shell ends here: a variable is not set");
}

void sh_abandon(struct sh *sh)
{
	if (sh->exits_on_error)
		sh_end(sh, "the shell ends at this error");
	else if (!sh->abandoned)
		emulation_tell(sh->emulation, FINDING_IGNORED_LINE, sh->place, (struct span){0},
			"an error of the shell, which loses the line from here on");
	sh->abandoned = true;
}

// ---- running

static void run_list(struct sh *sh, uint32_t first);

// Adds an argument of export and its like that is an assignment, which is not split.
static void expand_assignment(struct sh *sh, const struct sh_word *word)
{
	size_t head = word->equals + (size_t)1 + (word->text.at[word->equals] == '+'), begun;
	struct sh_field field = {.text = {word->text.at, word->equals}};

	if (word->array) {
		(void)sh_assign_word(sh, word);
		field.elements = true;
	} else {
		field.text = sh_word_value(sh, span_after(word->text, head), true, &field.tainted);
		begun = scratch_begin(sh->emulation);
		scratch_put(sh->emulation, (struct span){word->text.at, head});
		scratch_put(sh->emulation, field.text);
		field.text = scratch_end(sh->emulation, begun);
	}
	if (sh_room(sh, &sh->fields, &sh->field_room, sh->field_count, sizeof(*sh->fields)))
		sh->fields[sh->field_count++] = field;
}

// Expands a word of a command; `declares`: assignments are not split.
static void expand_word(struct sh *sh, const struct sh_word *word, bool declares)
{
	bool assigns = word->assignment;

	if (declares && word->array) {
		expand_assignment(sh, word);
		return;
	}
	sh_braces_expand(sh, word->text);
	if (sh->text_count != 1 || !span_equal(sh->texts[0], word->text))
		assigns = false;
	if (declares && assigns) {
		expand_assignment(sh, word);
		return;
	}
	for (size_t i = 0; i < sh->text_count && !sh->abandoned; i++)
		sh_word_fields(sh, sh->texts[i], assigns);
}

// Expands the words of a command into fields.
// Returns: false at an error.
static bool expand_words(struct sh *sh, const struct sh_word *words, size_t count)
{
	bool declares = false, named = false;

	sh->field_count = 0;
	for (size_t i = 0; i < count && !sh->abandoned; i++) {
		if (words[i].leading || words[i].direction)
			continue;
		if (!named)
			declares = sh_builtin_declares(words[i].text);
		named = true;
		expand_word(sh, &words[i], declares);
	}
	return !sh->abandoned;
}

// Expands what is assigned for one command, for what that sets.
static void expand_temporary(struct sh *sh, const struct sh_word *words, size_t count)
{
	bool tainted;

	for (size_t i = 0; i < count && !sh->abandoned; i++)
		if (words[i].leading && !words[i].array)
			(void)sh_word_value(
				sh, span_after(words[i].text, words[i].equals + 1), true, &tainted);
}

// Runs a command of assignments only.
static void run_assignments(struct sh *sh, const struct sh_word *words, size_t count)
{
	enum sh_redirected redirected;

	for (size_t i = 0; i < count && !sh->abandoned; i++)
		if (words[i].leading)
			(void)sh_assign_word(sh, &words[i]);
	if (!sh->abandoned)
		sh->last_argument = (struct sh_field){.text = span_of("")};
	redirected = sh_redirect(sh, words, count, true);
	sh->status = redirected == SH_MAY_WORK ? SH_STATUS_UNKNOWN : redirected == SH_FAILS;
}

// A node's words; without any there may be no list of words at all.
static const struct sh_word *words_of(const struct sh *sh, const struct sh_node *node)
{
	return node->word_count ? sh->words + node->words : sh->words;
}

static void run_simple(struct sh *sh, const struct sh_node *node)
{
	const struct sh_word *words = words_of(sh, node);
	size_t count = node->word_count;
	enum sh_redirected redirected = SH_WORKS;

	if (!expand_words(sh, words, count))
		return;
	if (!sh->field_count) {
		run_assignments(sh, words, count);
		return;
	}
	if (sh->fields[0].tainted) {
		sh_refuse(sh, "which command this is depends on another one");
		return;
	}
	expand_temporary(sh, words, count);
	if (sh_builtin_exists(sh->fields[0].text))
		redirected = sh_redirect(sh, words, count, false);
	if (sh->abandoned)
		return;
	sh->last_argument = sh->fields[sh->field_count - 1];
	if (redirected == SH_MAY_WORK && sh_builtin_matters(sh->fields[0].text))
		sh_refuse(sh, "a redirection decides whether this is run");
	sh->status = redirected == SH_FAILS ? 1 : sh_builtin_run(sh, words, count);
}

// Whether a command sets nothing whatever it is.
static bool is_harmless(const struct sh *sh, const struct sh_node *node)
{
	const struct sh_word *words = words_of(sh, node);

	if (node->kind == SH_SUBSHELL)
		return true;
	if (node->kind != SH_SIMPLE || !node->word_count || words[0].leading ||
		words[0].direction || span_find(words[0].text, '$') || words[0].quoted ||
		sh_builtin_matters(words[0].text))
		return false;
	for (size_t i = 0; i < node->word_count; i++)
		if (memmem(words[i].text.at, words[i].text.length, "${", 2) ||
			memmem(words[i].text.at, words[i].text.length, "$((", 3) ||
			memmem(words[i].text.at, words[i].text.length, "$[", 2))
			return false;
	return true;
}

static void tell_not_run(struct sh *sh, const char *text)
{
	emulation_tell(sh->emulation, FINDING_NOT_RUN, sh->place, (struct span){0}, text);
	sh->status = SH_STATUS_UNKNOWN;
}

static void run_node(struct sh *sh, const struct sh_node *node)
{
	sh->place = node->place;
	switch (node->kind) {
	case SH_SIMPLE:
		run_simple(sh, node);
		break;
	case SH_GROUP:
		run_list(sh, node->child);
		break;
	case SH_SUBSHELL:
		tell_not_run(sh, "a command in a shell of its own, which sets nothing here");
		break;
	default:
		sh_refuse(sh, "a program of the shell, which is not followed");
	}
	if (node->negated && sh->status != SH_STATUS_UNKNOWN)
		sh->status = !sh->status;
}

// Runs a command of a list, and ends the shell where `set -e` asks for that.
static void run_guarded(struct sh *sh, const struct sh_node *node)
{
	bool guarded = node->negated || (node->next && sh->nodes[node->next].joint != SH_THEN_RUN);

	sh->guards += guarded;
	run_node(sh, node);
	sh->guards -= guarded;
	if (sh->exits_on_error && !guarded && !sh->guards && !sh->returned && sh->status != 0)
		sh_end(sh, "the shell ends at a command that fails");
}

// Whether a command joined by && or || is run.
static bool is_due(struct sh *sh, const struct sh_node *node)
{
	if (node->joint == SH_THEN_RUN)
		return true;
	if (sh->status != SH_STATUS_UNKNOWN)
		return (sh->status == 0) == (node->joint == SH_IF_DONE);
	sh->place = node->place;
	if (is_harmless(sh, node))
		tell_not_run(sh, "a command, which sets nothing");
	else
		sh_refuse(sh, "whether this is done depends on a command that would be run");
	return false;
}

static void run_list(struct sh *sh, uint32_t first)
{
	bool background = false;

	if (++sh->depth > EMULATION_DEPTH_MAX)
		emulation_refuse(sh->emulation, FINDING_TOO_LARGE, sh->place,
			"commands inside of each other without end");
	for (uint32_t at = first;
		at && !sh->abandoned && !sh->returned && !emulation_stopped(sh->emulation);
		at = sh->nodes[at].next) {
		const struct sh_node *node = &sh->nodes[at];

		if (node->joint == SH_THEN_RUN)
			background = node->background;
		if (background && node->joint == SH_THEN_RUN) {
			sh->place = node->place;
			tell_not_run(sh, "a command in the background, which sets nothing here");
			sh->forked = true;
			sh->status = 0;
		} else if (!background && is_due(sh, node)) {
			run_guarded(sh, node);
		}
	}
	sh->depth--;
}

// ---- files

// Reads and runs one complete command.
static void read_command(struct sh *sh)
{
	const uint8_t *from = sh->at;
	size_t begun = scratch_begin(sh->emulation);
	uint32_t first = 0;
	enum sh_parsed parsed;

	sh->place = from;
	parsed = sh_parse(sh, &first);
	scratch_drop(sh->emulation, begun);
	sh->depth = 0;
	switch (parsed) {
	case SH_PARSED:
		run_list(sh, first);
		break;
	case SH_PARSED_NOTHING:
		break;
	case SH_PARSED_DROPPED:
		sh_abandon(sh);
		if (sh->at > from && sh->at[-1] != '\n')
			sh->at = span_line_end(sh->at, sh->end);
		break;
	default:
		emulation_tell(sh->emulation, FINDING_IGNORED_LINE, from, (struct span){0},
			"the shell cannot read this and drops the rest of the file");
		sh->at = sh->end;
		sh->status = 1;
	}
	scratch_drop(sh->emulation, begun);
}

// The text without its NUL bytes, which the shell drops.
static struct span without_nul(struct emulation *emulation, struct span text)
{
	size_t begun = scratch_begin(emulation), count = 0;

	if (!span_find(text, '\0'))
		return text;
	for (size_t at = 0; at < text.length;) {
		const uint8_t *nul = span_find(span_after(text, at), '\0');
		size_t plain = (nul ? (size_t)(nul - text.at) : text.length) - at;

		scratch_put(emulation, (struct span){text.at + at, plain});
		at += plain + 1;
		count += nul != NULL;
	}
	text = scratch_end(emulation, begun);
	if (count > NUL_BYTES_MAX)
		text.length = 0;
	emulation_use_text(emulation, text);
	return text;
}

static void forget_shell(void *memory)
{
	struct sh *sh = memory;

	map_free(sh->names);
	free(sh->words);
	free(sh->nodes);
	free(sh->heredocs);
	free(sh->fields);
	free(sh->variables);
	free(sh->texts);
	free(sh);
}

// The shell that reads all files, at the begin of one.
// Returns: NULL when memory is short.
static struct sh *begin_file(struct emulation *emulation, struct span text)
{
	struct sh **sh = (struct sh **)emulation_memory(emulation, forget_shell);

	if (!*sh && (*sh = calloc(1, sizeof(**sh))))
		(*sh)->export_all = true;
	if (!*sh) {
		emulation_no_memory(emulation);
		return NULL;
	}
	(*sh)->emulation = emulation;
	(*sh)->at = (*sh)->place = text.at;
	(*sh)->end = span_end(text);
	(*sh)->verbatim_line = NULL;
	(*sh)->lexing = (struct sh_lexing){0};
	(*sh)->last_argument = (struct sh_field){.text = span_of(""), .tainted = true};
	(*sh)->end_met = (*sh)->returned = false;
	return *sh;
}

static void read_sh(struct emulation *emulation)
{
	struct span text = without_nul(emulation, emulation_text(emulation));
	struct sh *sh = begin_file(emulation, text);

	if (!sh)
		return;
	while (sh->at < sh->end && !sh->returned && !emulation_stopped(emulation)) {
		emulation_reach(emulation, sh->at);
		if (!sh_plain_read(sh))
			read_command(sh);
		if (sh->abandoned)
			sh->status = 1;
		sh->abandoned = false;
	}
	if (sh->exits_on_error && sh->status != 0)
		sh_end(sh, "the shell ends as the file does: with an error");
}

const struct dialect sh_rows[] = {
	{
		.name = "sh",
		.loader = "GNU bash 5.2.15, set -a; . FILE",
		.doc = "a program: what would run a command is told or refused, never run",
		.keeper = DIALECT_FILE_WINS,
		.files = DIALECT_LAST_FILE_WINS,
		.read = read_sh,
		.together = true, // a later file may take away what an earlier one set
	},
	{0},
};
