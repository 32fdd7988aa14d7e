// The words of a shell that mean something: which of them do depends on the two tokens before them,
// and on what is open.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_lex.h"

bool sh_reserved_may_follow(const struct sh_lexing *lexing)
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

bool sh_reserved_command_may_follow(const struct sh_lexing *lexing)
{
	bool redirecting = lexing->last == SH_REDIRECT || lexing->last == SH_DUPLICATE ||
			   lexing->last == SH_HEREDOC || lexing->last == SH_HEREDOC_TABS;

	return lexing->last == SH_ASSIGNMENT || (lexing->redirected && !redirecting) ||
	       (lexing->last != SH_CASE_END && sh_reserved_may_follow(lexing));
}

bool sh_reserved_assignment_may_follow(const struct sh_lexing *lexing)
{
	return sh_reserved_command_may_follow(lexing) && !lexing->case_pattern;
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
	if (lexing->open_braces && sh_reserved_may_follow(lexing) && span_is(text, "}")) {
		lexing->open_braces--;
		return SH_BRACE_CLOSE;
	}
	if ((lexing->last == SH_TIME && span_is(text, "-p")) ||
		((lexing->last == SH_TIME || lexing->last == SH_TIME_OPTION) &&
			span_is(text, "--")))
		return SH_TIME_OPTION;
	return SH_WORD;
}

enum sh_token sh_reserved_token(struct sh_lexing *lexing, struct span text, bool bare)
{
	enum sh_token token = special_word(lexing, text);

	if (token == SH_WORD && bare && sh_reserved_may_follow(lexing))
		token = reserved_word(lexing, text);
	return token;
}
