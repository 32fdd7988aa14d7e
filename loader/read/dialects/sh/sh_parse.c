// The grammar of a shell, read one complete command at a time, as a shell does: an error in a line
// loses all of it. Compound commands are in sh_compound.c.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_parse.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

// ---- what the tree is made of

static uint32_t new_node(struct sh *sh, enum sh_node_kind kind)
{
	if (!sh_room(sh, &sh->nodes, &sh->node_room, sh->node_count, sizeof(*sh->nodes)))
		return 0;
	sh->nodes[sh->node_count] = (struct sh_node){
		.kind = kind, .words = (uint32_t)sh->word_count, .place = sh->place};
	return (uint32_t)sh->node_count++;
}

static void add_word(struct sh *sh, bool leading)
{
	if (sh->lexing.discarding ||
		!sh_room(sh, &sh->words, &sh->word_room, sh->word_count, sizeof(*sh->words)))
		return;
	sh->words[sh->word_count] = sh->lexing.word;
	sh->words[sh->word_count].leading = leading;
	sh->word_count++;
}

// The text of a here-document's delimiter without its quotes.
static struct span unquote(struct sh *sh, struct span text)
{
	size_t begun = scratch_begin(sh->emulation);
	uint8_t quote = 0;

	for (size_t i = 0; i < text.length; i++) {
		if (!quote && text.at[i] == '\\' && i + 1 < text.length)
			scratch_put_byte(sh->emulation, text.at[++i]);
		else if (text.at[i] == quote)
			quote = 0;
		else if (!quote && (text.at[i] == '\'' || text.at[i] == '"'))
			quote = text.at[i];
		else
			scratch_put_byte(sh->emulation, text.at[i]);
	}
	return scratch_end(sh->emulation, begun);
}

static bool add_heredoc(struct sh *sh, bool strip_tabs)
{
	if (!sh_room(
		    sh, &sh->heredocs, &sh->heredoc_room, sh->heredoc_count, sizeof(*sh->heredocs)))
		return false;
	sh->heredocs[sh->heredoc_count++] = (struct sh_heredoc){
		unquote(sh, sh->lexing.word.text), sh->lexing.word.quoted, strip_tabs};
	return true;
}

// ---- commands

// Where the operator that comes next leads.
static enum sh_direction direction_of(struct sh *sh, enum sh_token token, bool numbered)
{
	struct span text = span_between(sh->lexing.place, sh->end);

	if (token == SH_DUPLICATE)
		return span_starts(text, ">") && !numbered ? SH_TO_FILE : SH_TO_DESCRIPTOR;
	if (span_starts(text, "<<<"))
		return SH_FROM_TEXT;
	return span_starts(text, "<") && !span_starts(text, "<>") ? SH_FROM_FILE : SH_TO_FILE;
}

// Reads one redirection, if there is one.
// Returns: false at an error; `ret_taken` says whether there was one.
static bool parse_redirection(struct sh *sh, bool *ret_taken)
{
	enum sh_token token = sh_lex_peek(sh);
	bool named = token == SH_NUMBER || token == SH_REDIRECT_NAME, sets = false;
	enum sh_direction direction;

	*ret_taken = false;
	if (named) {
		sets = token == SH_REDIRECT_NAME;
		sh_lex_next(sh);
		token = sh_lex_peek(sh);
	}
	if (token != SH_REDIRECT && token != SH_DUPLICATE && token != SH_HEREDOC &&
		token != SH_HEREDOC_TABS)
		return !named;
	*ret_taken = true;
	direction = direction_of(sh, token, named);
	sh_lex_next(sh);
	if (token == SH_DUPLICATE && (sh_parse_take(sh, SH_NUMBER) || sh_parse_take(sh, SH_DASH)))
		return true;
	if (!sh_parse_at(sh, SH_WORD))
		return false;
	if (token == SH_HEREDOC || token == SH_HEREDOC_TABS) {
		if (!add_heredoc(sh, token == SH_HEREDOC_TABS))
			return false;
	} else {
		sh->lexing.word.direction = direction;
		sh->lexing.word.named = sets;
		add_word(sh, false);
	}
	sh_lex_next(sh);
	return true;
}

bool sh_parse_redirections(struct sh *sh)
{
	bool taken = true, good = true;

	while (good && taken)
		good = parse_redirection(sh, &taken);
	return good;
}

// Reads a command of words and redirections, or name() and its body.
static bool parse_simple(struct sh *sh, uint32_t node)
{
	uint32_t count = 0;
	bool taken, lone = true, leading = true;

	for (;;) {
		enum sh_token token = sh_lex_peek(sh);

		if (token == SH_WORD || token == SH_ASSIGNMENT) {
			lone &= token == SH_WORD;
			leading &= sh->lexing.word.assignment;
			add_word(sh, leading);
			sh->lexing.redirected = false;
			sh_lex_next(sh);
		} else {
			if (!parse_redirection(sh, &taken))
				return false;
			if (!taken)
				break;
			lone = false;
			sh->lexing.redirected |= count == 0;
		}
		count++;
	}
	sh->lexing.redirected = false;
	if (!count)
		return false;
	if (lone && count == 1 && sh_parse_take(sh, SH_OPEN)) {
		sh->nodes[node].kind = SH_COMPOUND;
		return sh_parse_take(sh, SH_CLOSE) && sh_compound_function_body(sh);
	}
	if (node)
		sh->nodes[node].word_count = (uint32_t)sh->word_count - sh->nodes[node].words;
	return true;
}

static bool is_simple_start(enum sh_token token)
{
	return token == SH_WORD || token == SH_ASSIGNMENT || token == SH_NUMBER ||
	       token == SH_REDIRECT_NAME || token == SH_REDIRECT || token == SH_DUPLICATE ||
	       token == SH_HEREDOC || token == SH_HEREDOC_TABS;
}

static bool parse_command(struct sh *sh, uint32_t *ret_node)
{
	enum sh_token token = sh_lex_peek(sh);
	enum sh_node_kind kind = SH_SIMPLE;
	uint32_t node, child = 0;
	bool good;

	sh->place = sh->lexing.place;
	node = *ret_node = new_node(sh, kind);
	if (is_simple_start(token))
		return parse_simple(sh, node);
	if (token == SH_FUNCTION) {
		sh_lex_next(sh);
		kind = SH_COMPOUND;
		good = sh_compound_function(sh);
	} else if (token == SH_COPROC) {
		sh_lex_next(sh);
		if (!sh->lexing.discarding)
			sh_refuse(sh, "a program of the shell, which is not followed");
		good = parse_command(sh, &child);
	} else {
		good = sh_compound_read(sh, &kind, &child) && sh_parse_redirections(sh);
	}
	sh->nodes[node].kind = kind;
	sh->nodes[node].child = child;
	return good;
}

// Reads commands joined by | .
static bool parse_pipeline(struct sh *sh, uint32_t *ret_node)
{
	uint32_t next;
	bool piped = false;

	if (!parse_command(sh, ret_node))
		return false;
	while (sh_parse_take(sh, SH_PIPE) || sh_parse_take(sh, SH_BAR_AND)) {
		piped = true;
		sh_parse_take_newlines(sh);
		if (!parse_command(sh, &next))
			return false;
	}
	if (piped)
		sh->nodes[*ret_node].kind = SH_SUBSHELL;
	return true;
}

// Reads a pipeline with ! and `time` before it, which may also stand alone.
static bool parse_pipeline_command(struct sh *sh, uint32_t *ret_node)
{
	bool negated = false, prefixed = false;

	for (;;) {
		if (sh_parse_take(sh, SH_BANG)) {
			negated = !negated;
			prefixed = true;
		} else if (sh_parse_take(sh, SH_TIME)) {
			while (sh_parse_take(sh, SH_TIME_OPTION))
				;
			prefixed = true;
		} else {
			break;
		}
	}
	if (prefixed && (sh_parse_at(sh, SH_NEWLINE) || sh_parse_at(sh, SH_SEMI) ||
				sh_parse_at(sh, SH_EOF)))
		*ret_node = new_node(sh, SH_SIMPLE);
	else if (!parse_pipeline(sh, ret_node))
		return false;
	sh->nodes[*ret_node].negated = negated;
	return true;
}

// ---- lists

// What joins a command to the next one.
// Returns: whether something does.
static bool take_joint(struct sh *sh, bool lines, uint32_t chain, enum sh_joint *ret_joint)
{
	*ret_joint = SH_THEN_RUN;
	switch (sh_lex_peek(sh)) {
	case SH_AND_AND:
		*ret_joint = SH_IF_DONE;
		break;
	case SH_OR_OR:
		*ret_joint = SH_IF_FAILED;
		break;
	case SH_AND:
		sh->nodes[chain].background = true;
		break;
	case SH_SEMI:
		break;
	case SH_NEWLINE:
		if (lines)
			break;
		return false;
	default:
		return false;
	}
	sh_lex_next(sh);
	if (lines || *ret_joint != SH_THEN_RUN)
		sh_parse_take_newlines(sh);
	return true;
}

// Whether a list may end before this token, behind a ; or & or a new line.
static bool ends_list(enum sh_token token, bool lines)
{
	switch (token) {
	case SH_NEWLINE:
	case SH_EOF:
		return !lines;
	case SH_CLOSE:
	case SH_BRACE_CLOSE:
	case SH_CASE_END:
	case SH_DO:
	case SH_DONE:
	case SH_ELIF:
	case SH_ELSE:
	case SH_ESAC:
	case SH_FI:
	case SH_THEN:
		return lines;
	default:
		return false;
	}
}

bool sh_parse_list(struct sh *sh, bool lines, uint32_t *ret_first)
{
	uint32_t last = 0, chain = 0, node;
	enum sh_joint joint = SH_THEN_RUN;
	bool good;

	*ret_first = 0;
	if (++sh->depth > EMULATION_DEPTH_MAX)
		emulation_refuse(sh->emulation, FINDING_TOO_LARGE, sh->at,
			"commands inside of each other without end");
	if (lines)
		sh_parse_take_newlines(sh);
	while ((good = parse_pipeline_command(sh, &node))) {
		sh->nodes[node].joint = joint;
		if (joint == SH_THEN_RUN)
			chain = node;
		if (last)
			sh->nodes[last].next = node;
		else
			*ret_first = node;
		last = node;
		if (!take_joint(sh, lines, chain, &joint))
			break;
		if (joint == SH_THEN_RUN && ends_list(sh_lex_peek(sh), lines))
			break;
	}
	sh->depth--;
	return good && !emulation_stopped(sh->emulation);
}

bool sh_parse_substitution(struct sh *sh)
{
	struct sh_lexing outer = sh->lexing;
	size_t words = sh->word_count, nodes = sh->node_count, heredocs = sh->heredoc_count;
	uint32_t first;
	bool good;

	sh->lexing =
		(struct sh_lexing){.last = SH_START, .discarding = true, .heredoc_base = heredocs};
	if (++sh->depth > EMULATION_DEPTH_MAX)
		emulation_refuse(sh->emulation, FINDING_TOO_LARGE, sh->at,
			"commands inside of each other without end");
	sh_parse_take_newlines(sh);
	good = sh_parse_at(sh, SH_CLOSE) ||
	       (sh_parse_list(sh, true, &first) && sh_parse_at(sh, SH_CLOSE));
	if (!good && !sh->end_met && !sh->line_dropped)
		sh_refuse(sh, "$(...) would run a command, and cannot be read");
	sh->lexing = outer;
	sh->heredoc_count = heredocs;
	sh->word_count = words;
	sh->node_count = nodes;
	sh->depth--;
	return good;
}

enum sh_parsed sh_parse(struct sh *sh, uint32_t *ret_first)
{
	sh->word_count = sh->heredoc_count = sh->depth = 0;
	sh->node_count = 0;
	sh->lexing = (struct sh_lexing){.last = SH_NEWLINE};
	sh->end_met = sh->line_dropped = false;
	(void)new_node(sh, SH_SIMPLE); // index 0 means none, also when memory ends
	if (!sh->nodes)
		return SH_PARSED_BAD;
	sh_parse_take_newlines(sh);
	if (sh_parse_at(sh, SH_EOF))
		return SH_PARSED_NOTHING;
	if (sh_parse_list(sh, false, ret_first) &&
		(sh_parse_at(sh, SH_NEWLINE) || sh_parse_at(sh, SH_EOF)))
		return SH_PARSED;
	return sh->line_dropped ? SH_PARSED_DROPPED : SH_PARSED_BAD;
}
