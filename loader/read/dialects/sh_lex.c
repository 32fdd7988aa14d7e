// The tokens of a shell: words with their quotes, operators, reserved words where they count, and
// here-documents, which are skipped. A word's text has its continuation lines joined; $'...' became
// '...', and what stands in $(...), `...` and <(...) is left out.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh_shell.h"

static enum sh_token read_token(struct sh *sh);

// ---- bytes

static bool is_blank(int byte)
{
	return byte == ' ' || byte == '\t';
}

static bool is_meta(int byte)
{
	return byte != SH_NO_BYTE && byte && strchr("|&;()<> \t\n", byte);
}

static bool is_name_byte(int byte, bool first)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
	       (!first && byte >= '0' && byte <= '9');
}

bool sh_lex_is_name(struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if (!is_name_byte(text.at[i], i == 0))
			return false;
	return text.length > 0;
}

// Behind the ] of a subscript that begins at `from`; 0: it has none.
static size_t subscript_end(struct span text, size_t from)
{
	size_t depth = 0;

	for (size_t i = from; i < text.length; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '[')
			depth++;
		else if (text.at[i] == ']' && --depth == 0)
			return i + 1;
	}
	return 0;
}

size_t sh_lex_assignment(struct span text)
{
	size_t i = 0;

	while (i < text.length && is_name_byte(text.at[i], i == 0))
		i++;
	if (i && i < text.length && text.at[i] == '[')
		i = subscript_end(text, i);
	if (!i || i >= text.length)
		return 0;
	if (text.at[i] == '=' ||
		(text.at[i] == '+' && i + 1 < text.length && text.at[i + 1] == '='))
		return i;
	return 0;
}

// ---- here-documents

// Reads the lines of the here-documents that were announced.
static void skip_heredocs(struct sh *sh)
{
	for (size_t i = sh->lexing.heredoc_base; i < sh->heredoc_count; i++) {
		const struct sh_heredoc *heredoc = &sh->heredocs[i];
		bool found = false;

		while (!found && sh->at < sh->end) {
			size_t begun = scratch_begin(sh->emulation);
			int byte;

			while (heredoc->strip_tabs && sh_byte_ahead(sh, false) == '\t')
				sh->at++;
			while ((byte = sh_byte(sh, !heredoc->quoted)) != SH_NO_BYTE && byte != '\n')
				scratch_put_byte(sh->emulation, (uint8_t)byte);
			found = span_equal(scratch_since(sh->emulation, begun), heredoc->delimiter);
			if (!heredoc->quoted && !found && !sh->lexing.discarding &&
				memmem(scratch_since(sh->emulation, begun).at,
					scratch_since(sh->emulation, begun).length, "${", 2))
				sh_refuse(sh, "a here-document with ${...} is not followed");
			scratch_drop(sh->emulation, begun);
		}
	}
	sh->heredoc_count = sh->lexing.heredoc_base;
}

// ---- words

static bool reserved_may_follow(const struct sh_lexing *lexing)
{
	switch (lexing->last) {
	case SH_NONE:
	case SH_NEWLINE:
	case SH_SEMI:
	case SH_OPEN:
	case SH_CLOSE:
	case SH_PIPE:
	case SH_AND:
	case SH_BRACE_OPEN:
	case SH_BRACE_CLOSE:
	case SH_AND_AND:
	case SH_ARITHMETIC:
	case SH_BANG:
	case SH_BAR_AND:
	case SH_DO:
	case SH_DONE:
	case SH_ELIF:
	case SH_ELSE:
	case SH_ESAC:
	case SH_FI:
	case SH_IF:
	case SH_OR_OR:
	case SH_CASE_END:
	case SH_THEN:
	case SH_TIME:
	case SH_TIME_OPTION:
	case SH_COPROC:
	case SH_UNTIL:
	case SH_WHILE:
	case SH_START:
		return true;
	default:
		return lexing->last == SH_WORD &&
		       (lexing->before_last == SH_COPROC || lexing->before_last == SH_FUNCTION);
	}
}

static bool command_may_follow(const struct sh_lexing *lexing)
{
	bool redirecting = lexing->last == SH_REDIRECT || lexing->last == SH_DUPLICATE ||
			   lexing->last == SH_HEREDOC || lexing->last == SH_HEREDOC_TABS;

	return lexing->last == SH_ASSIGNMENT || (lexing->redirected && !redirecting) ||
	       (lexing->last != SH_CASE_END && reserved_may_follow(lexing));
}

static bool assignment_may_follow(const struct sh_lexing *lexing)
{
	return command_may_follow(lexing) && !lexing->case_pattern;
}

// The words that mean something where a command may begin.
static const struct {
	const char *text;
	enum sh_token token;
} reserved[] = {
	{"!", SH_BANG},
	{"{", SH_BRACE_OPEN},
	{"}", SH_BRACE_CLOSE},
	{"[[", SH_CONDITION},
	{"case", SH_CASE},
	{"coproc", SH_COPROC},
	{"do", SH_DO},
	{"done", SH_DONE},
	{"elif", SH_ELIF},
	{"else", SH_ELSE},
	{"esac", SH_ESAC},
	{"fi", SH_FI},
	{"for", SH_FOR},
	{"function", SH_FUNCTION},
	{"if", SH_IF},
	{"in", SH_IN},
	{"select", SH_SELECT},
	{"then", SH_THEN},
	{"time", SH_TIME},
	{"until", SH_UNTIL},
	{"while", SH_WHILE},
};

static bool time_may_follow(const struct sh_lexing *lexing)
{
	if ((lexing->last == SH_SEMI || lexing->last == SH_NEWLINE) &&
		lexing->before_last == SH_PIPE)
		return false;
	return lexing->last != SH_PIPE && lexing->last != SH_BAR_AND;
}

static enum sh_token reserved_word(struct sh_lexing *lexing, struct span text)
{
	enum sh_token token = SH_WORD;

	for (size_t i = 0; i < ARRAY_SIZE(reserved) && token == SH_WORD; i++)
		if (text.length && text.at[0] == (uint8_t)reserved[i].text[0] &&
			span_is(text, reserved[i].text))
			token = reserved[i].token;
	if (lexing->case_pattern &&
		(token != SH_ESAC || lexing->last == SH_PIPE || lexing->last == SH_OPEN))
		return SH_WORD;
	if (token == SH_TIME && !time_may_follow(lexing))
		return SH_WORD;
	if (token == SH_ESAC) {
		lexing->case_pattern = lexing->case_statement = false;
		lexing->esacs--;
	} else if (token == SH_CASE) {
		lexing->case_statement = true;
	} else if (token == SH_BRACE_OPEN) {
		lexing->open_braces++;
	} else if (token == SH_BRACE_CLOSE && lexing->open_braces) {
		lexing->open_braces--;
	}
	return token;
}

// The word `in`, and `do` in the places where it follows no separator.
static enum sh_token loop_word(struct sh_lexing *lexing, struct span text)
{
	bool in = span_is(text, "in"), named = lexing->last == SH_WORD;
	bool loop = lexing->before_last == SH_FOR || lexing->before_last == SH_SELECT;

	if (in && ((named && (loop || lexing->before_last == SH_CASE)) ||
			  (lexing->expecting_in && (named || lexing->last == SH_NEWLINE)))) {
		if (lexing->before_last == SH_CASE || lexing->case_statement) {
			lexing->case_pattern = true;
			lexing->esacs++;
		}
		lexing->expecting_in -= lexing->expecting_in > 0;
		return SH_IN;
	}
	if (!span_is(text, "do"))
		return SH_WORD;
	if (lexing->last == SH_ARITHMETIC_FOR)
		return SH_DO;
	if ((lexing->expecting_in && (lexing->last == SH_NEWLINE || lexing->last == SH_SEMI)) ||
		(named && loop)) {
		lexing->expecting_in -= lexing->expecting_in > 0;
		return SH_DO;
	}
	return SH_WORD;
}

// Words that mean something by what came before them.
static enum sh_token special_word(struct sh_lexing *lexing, struct span text)
{
	enum sh_token token = loop_word(lexing, text);
	bool allowed = lexing->brace_after_name;

	if (token != SH_WORD)
		return token;
	if (lexing->esacs && lexing->last == SH_IN && span_is(text, "esac")) {
		lexing->esacs--;
		lexing->case_pattern = false;
		return SH_ESAC;
	}
	lexing->brace_after_name = false;
	if (span_is(text, "{") && (allowed || lexing->last == SH_ARITHMETIC_FOR)) {
		lexing->open_braces++;
		return SH_BRACE_OPEN;
	}
	if (lexing->open_braces && reserved_may_follow(lexing) && span_is(text, "}")) {
		lexing->open_braces--;
		return SH_BRACE_CLOSE;
	}
	if ((lexing->last == SH_TIME && span_is(text, "-p")) ||
		((lexing->last == SH_TIME || lexing->last == SH_TIME_OPTION) &&
			span_is(text, "--")))
		return SH_TIME_OPTION;
	return SH_WORD;
}

// Reads the elements of NAME=(...) behind the parenthesis and puts them with their own.
static bool read_elements(struct sh *sh)
{
	struct emulation *emulation = sh->emulation;
	struct sh_lexing outer = sh->lexing;
	enum sh_token token;
	bool good = true, first = true;

	if (++sh->depth > EMULATION_DEPTH_MAX)
		emulation_refuse(emulation, FINDING_TOO_LARGE, sh->at,
			"quotes and brackets inside of each other without end");
	sh->lexing = (struct sh_lexing){.last = SH_WORD,
		.elements = true,
		.discarding = outer.discarding,
		.heredoc_base = sh->heredoc_count};
	scratch_put(emulation, span_of("=("));
	while (good && !emulation_stopped(emulation) && (token = read_token(sh)) != SH_CLOSE) {
		good = token == SH_NEWLINE || token == SH_WORD || token == SH_ASSIGNMENT;
		if (token == SH_WORD || token == SH_ASSIGNMENT) {
			if (!first)
				scratch_put_byte(emulation, ' ');
			scratch_put(emulation, sh->lexing.word.text);
			first = false;
		}
	}
	scratch_put_byte(emulation, ')');
	sh->lexing = outer;
	sh->line_dropped |= !good;
	sh->depth--;
	return good && !emulation_stopped(emulation);
}

// A word under construction.
struct making {
	size_t begun;
	int byte; // the next one
	bool digits, dollar, quoted, pass, array;
};

// Reads $x, <( and >( at the start of what they begin.
// Returns: 1 when something was read, 0 when not, -1 at an error.
static int take_dollar(struct sh *sh, struct making *making)
{
	size_t begun = scratch_begin(sh->emulation);
	int next = sh_byte_ahead(sh, true);
	const struct sh_pair quotes = {.open = next, .close = next, .escapes = next == '\''};

	if (next == '(' || (making->byte == '$' && (next == '{' || next == '['))) {
		(void)sh_byte(sh, true);
		scratch_put_byte(sh->emulation, (uint8_t)making->byte);
		scratch_put_byte(sh->emulation, (uint8_t)next);
		making->dollar = true;
		return sh_pair_read_dollar(sh, next, false) ? 1 : -1;
	}
	if (making->byte == '$' && (next == '\'' || next == '"')) {
		(void)sh_byte(sh, true);
		if (next == '\'')
			scratch_put_byte(sh->emulation, '$');
		scratch_put_byte(sh->emulation, (uint8_t)next);
		if (!sh_pair_read(sh, &quotes))
			return -1;
		if (next == '\'')
			sh_ansi_rewrite(sh, begun, true);
		making->quoted = true;
		return 1;
	}
	if (making->byte == '$' && next == '$') {
		(void)sh_byte(sh, true);
		scratch_put(sh->emulation, span_of("$$"));
		making->dollar = true;
		return 1;
	}
	return 0;
}

// Reads a quote, or the brackets of an array, at their start.
// Returns: 1 when something was read, 0 when not, -1 at an error.
static int take_pair(struct sh *sh, struct making *making)
{
	struct span text = scratch_since(sh->emulation, making->begun);
	const struct sh_pair quotes = {.open = making->byte, .close = making->byte},
			     subscript = {.open = '[', .close = ']', .subscript = true};
	size_t begun;

	switch (making->byte) {
	case '\'':
	case '"':
	case '`':
		scratch_put_byte(sh->emulation, (uint8_t)making->byte);
		begun = scratch_begin(sh->emulation);
		if (!sh_pair_read(sh, &quotes))
			return -1;
		making->dollar |=
			making->byte == '"' && span_find(scratch_since(sh->emulation, begun), '$');
		making->quoted |= making->byte != '`';
		if (making->byte == '`') {
			scratch_drop(sh->emulation, begun);
			scratch_put_byte(sh->emulation, '`');
		}
		return 1;
	case '$':
	case '<':
	case '>':
		return take_dollar(sh, making);
	case '[':
		if (!(text.length ? assignment_may_follow(&sh->lexing) && sh_lex_is_name(text)
				  : sh->lexing.elements))
			return 0;
		scratch_put_byte(sh->emulation, '[');
		return sh_pair_read(sh, &subscript) ? 1 : -1;
	default:
		return 0;
	}
}

// Whether what was put, with = behind it, is the start of an assignment.
static bool begins_assignment(struct sh *sh, struct making *making)
{
	struct span text;
	size_t equals;
	bool begins;

	if (!assignment_may_follow(&sh->lexing) && !sh->lexing.assignments_follow)
		return false;
	scratch_put_byte(sh->emulation, '=');
	text = scratch_since(sh->emulation, making->begun);
	equals = sh_lex_assignment(text); // its first =, or the + before it
	begins = equals && equals + 1 + (text.at[equals] == '+') == text.length;
	scratch_drop(sh->emulation, scratch_begin(sh->emulation) - 1);
	return begins;
}

// Takes the next bytes of a word.
// Returns: 1 to go on, 0 at its end, -1 at an error.
static int take_part(struct sh *sh, struct making *making)
{
	int byte = making->byte, taken;

	if (byte == '\\') {
		making->quoted = true;
		scratch_put_byte(sh->emulation, '\\');
		making->digits = false;
		byte = sh_byte(sh, false);
		if (byte != SH_NO_BYTE)
			scratch_put_byte(sh->emulation, (uint8_t)byte);
		else if (sh->verbatim_line && sh->end == span_end(emulation_text(sh->emulation)) &&
			 !memchr(sh->verbatim_line, '\n', (size_t)(sh->end - sh->verbatim_line)))
			scratch_drop(sh->emulation, scratch_begin(sh->emulation) - 1);
		return byte != SH_NO_BYTE;
	}
	if (byte == '=' && begins_assignment(sh, making) && sh_byte_ahead(sh, true) == '(') {
		(void)sh_byte(sh, true);
		making->array = true;
		making->digits = false;
		return read_elements(sh) ? 1 : -1;
	}
	taken = take_pair(sh, making);
	if (taken) {
		making->digits = false;
		return taken;
	}
	if (is_meta(byte)) {
		sh->at--;
		return 0;
	}
	making->dollar |= byte == '$';
	making->digits &= byte >= '0' && byte <= '9';
	scratch_put_byte(sh->emulation, (uint8_t)byte);
	return 1;
}

// How many bytes from here are nothing but part of a word.
static size_t word_run(const struct sh *sh)
{
	static const bool special[256] = {['\t'] = true,
		['\n'] = true,
		[' '] = true,
		['"'] = true,
		['$'] = true,
		['&'] = true,
		['\''] = true,
		['('] = true,
		[')'] = true,
		[';'] = true,
		['<'] = true,
		['='] = true,
		['>'] = true,
		['['] = true,
		['\\'] = true,
		['`'] = true,
		['|'] = true};
	const uint8_t *at = sh->at;

	while (at < sh->end && !special[*at])
		at++;
	return (size_t)(at - sh->at);
}

static enum sh_token classify(struct sh *sh, const struct making *making)
{
	struct sh_lexing *lexing = &sh->lexing;
	struct span text = scratch_since(sh->emulation, making->begun);
	enum sh_token token;

	if (making->digits && text.length < 10 &&
		(making->byte == '<' || making->byte == '>' || lexing->last == SH_DUPLICATE))
		return SH_NUMBER;
	token = special_word(lexing, text);
	if (token == SH_WORD && !making->dollar && !making->quoted && reserved_may_follow(lexing))
		token = reserved_word(lexing, text);
	return token;
}

// Makes a word out of the bytes from `byte` on.
static enum sh_token read_word(struct sh *sh, int byte)
{
	struct sh_lexing *lexing = &sh->lexing;
	struct making making = {.begun = scratch_begin(sh->emulation),
		.byte = byte,
		.digits = byte >= '0' && byte <= '9'};
	const uint8_t *place = sh->at - 1;
	enum sh_token token;
	struct span text;
	int more = 1;

	while (making.byte != SH_NO_BYTE && (more = take_part(sh, &making)) > 0) {
		size_t run = making.digits ? 0 : word_run(sh);

		scratch_put(sh->emulation, (struct span){sh->at, run});
		sh->at += run;
		making.byte = sh_byte(sh, true);
	}
	if (more < 0)
		return SH_BAD;
	token = classify(sh, &making);
	text = scratch_since(sh->emulation, making.begun);
	if (token == SH_WORD && text.length > 2 && text.at[0] == '{' &&
		text.at[text.length - 1] == '}' && (making.byte == '<' || making.byte == '>') &&
		sh_lex_is_name((struct span){text.at + 1, text.length - 2}))
		token = SH_REDIRECT_NAME;
	if (token != SH_WORD) {
		scratch_drop(sh->emulation, making.begun);
		return token;
	}
	if (command_may_follow(lexing))
		lexing->assignments_follow |= sh_builtin_declares(text) || span_is(text, "alias") ||
					      span_is(text, "eval") || span_is(text, "let");
	lexing->word = (struct sh_word){.place = place,
		.quoted = making.quoted,
		.array = making.array && text.at[text.length - 1] == ')',
		.equals = (uint32_t)sh_lex_assignment(text)};
	lexing->word.assignment = lexing->word.equals > 0;
	if (lexing->last == SH_FUNCTION)
		lexing->brace_after_name = true;
	if (lexing->last == SH_CASE || lexing->last == SH_SELECT || lexing->last == SH_FOR)
		lexing->expecting_in++;
	if (lexing->word.assignment && assignment_may_follow(lexing))
		token = SH_ASSIGNMENT;
	lexing->word.text = scratch_end(sh->emulation, making.begun);
	return token;
}

// ---- operators

// Reads (( where an arithmetic command may stand.
static enum sh_token read_double_paren(struct sh *sh)
{
	const struct sh_pair pair = {.open = '(', .close = ')', .arithmetic = true};
	const uint8_t *inside = sh->at;
	size_t begun = scratch_begin(sh->emulation);
	bool loop = sh->lexing.last == SH_FOR, good;

	(void)sh_byte(sh, true);
	good = sh_pair_read(sh, &pair);
	scratch_drop(sh->emulation, begun);
	if (!good)
		return SH_BAD;
	if (sh_byte(sh, false) == ')')
		return loop ? SH_ARITHMETIC_FOR : SH_ARITHMETIC;
	sh->at = inside;
	return loop ? SH_BAD : SH_OPEN;
}

static enum sh_token read_angle(struct sh *sh, int byte, int next)
{
	if (next == byte) {
		(void)sh_byte(sh, true);
		if (byte == '>')
			return SH_REDIRECT;
		if (sh_byte_ahead(sh, true) == '<') {
			(void)sh_byte(sh, true);
			return SH_REDIRECT;
		}
		if (sh_byte_ahead(sh, true) != '-')
			return SH_HEREDOC;
		(void)sh_byte(sh, true);
		return SH_HEREDOC_TABS;
	}
	if (next == '&') {
		(void)sh_byte(sh, true);
		return SH_DUPLICATE;
	}
	if ((byte == '<' && next == '>') || (byte == '>' && next == '|'))
		(void)sh_byte(sh, true);
	return SH_REDIRECT;
}

// Reads what begins with ; or & or |.
static enum sh_token read_separator(struct sh *sh, int byte, int next)
{
	bool doubled = next == byte;

	if (!doubled && next != (byte == '&' ? '>' : '&'))
		return byte == ';' ? SH_SEMI : byte == '&' ? SH_AND : SH_PIPE;
	(void)sh_byte(sh, true);
	switch (byte) {
	case ';':
		sh->lexing.case_pattern = true;
		if (doubled && sh_byte_ahead(sh, true) == '&')
			(void)sh_byte(sh, true);
		return SH_CASE_END;
	case '&':
		if (!doubled && sh_byte_ahead(sh, true) == '>')
			(void)sh_byte(sh, true);
		return doubled ? SH_AND_AND : SH_REDIRECT;
	default:
		return doubled ? SH_OR_OR : SH_BAR_AND;
	}
}

// Reads an operator that begins with `byte`.
// Returns: it, or SH_WORD for <( and >(.
static enum sh_token read_operator(struct sh *sh, int byte)
{
	struct sh_lexing *lexing = &sh->lexing;
	int next = sh_byte_ahead(sh, true);

	lexing->assignments_follow = false;
	switch (byte) {
	case '<':
	case '>':
		return next == '(' ? SH_WORD : read_angle(sh, byte, next);
	case ';':
	case '&':
	case '|':
		return read_separator(sh, byte, next);
	case '(':
		if (next == '(' && (lexing->last == SH_FOR || reserved_may_follow(lexing)))
			return read_double_paren(sh);
		return SH_OPEN;
	default:
		if (lexing->last == SH_OPEN && lexing->before_last == SH_WORD)
			lexing->brace_after_name = true;
		lexing->case_pattern = false;
		return SH_CLOSE;
	}
}

static enum sh_token read_token(struct sh *sh)
{
	struct sh_lexing *lexing = &sh->lexing;
	enum sh_token token;
	int byte;

	do
		byte = sh_byte(sh, true);
	while (is_blank(byte));
	lexing->place = byte == SH_NO_BYTE ? sh->end : sh->at - 1;
	if (byte == '#') {
		sh->at = span_line_end(sh->at, sh->end);
		byte = sh->at < sh->end ? sh_byte(sh, false) : '\n';
	}
	if (byte == SH_NO_BYTE) {
		sh->end_met = true;
		return SH_EOF;
	}
	if (byte == '\n') {
		skip_heredocs(sh);
		lexing->assignments_follow = false;
		return SH_NEWLINE;
	}
	if (is_meta(byte) && (token = read_operator(sh, byte)) != SH_WORD)
		return token;
	if (byte == '-' && lexing->last == SH_DUPLICATE)
		return SH_DASH;
	return read_word(sh, byte);
}

enum sh_token sh_lex_peek(struct sh *sh)
{
	struct sh_lexing *lexing = &sh->lexing;
	enum sh_token token;

	if (emulation_stopped(sh->emulation))
		return SH_BAD;
	if (lexing->token != SH_NONE)
		return lexing->token;
	token = read_token(sh);
	lexing->before_last = lexing->last;
	lexing->last = token;
	return lexing->token = token;
}

void sh_lex_next(struct sh *sh)
{
	sh->lexing.token = SH_NONE;
}
