// From bytes to tokens: what reads words, quotes and brackets, and the words that mean something.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SH_SH_LEX_H
#define LOADER_READ_DIALECTS_SH_SH_LEX_H

#include "loader/read/dialects/sh/sh_shell.h"

#define SH_NO_BYTE (-1)

// The next byte; `join`: a backslash before a new line takes both away.
static inline int sh_byte(struct sh *sh, bool join)
{
	while (join && sh->end - sh->at >= 2 && sh->at[0] == '\\' && sh->at[1] == '\n')
		sh->at += 2;
	return sh->at < sh->end ? *sh->at++ : SH_NO_BYTE;
}
static inline int sh_byte_ahead(struct sh *sh, bool join)
{
	int byte = sh_byte(sh, join);

	if (byte != SH_NO_BYTE)
		sh->at--;
	return byte;
}

// The next token, which stays the next one until it is taken.
enum sh_token sh_lex_peek(struct sh *sh);
void sh_lex_next(struct sh *sh);

// Reads the next token whatever was peeked at before.
enum sh_token sh_lex_read(struct sh *sh);

// Whether a byte ends a word.
static inline bool sh_lex_is_meta(int byte)
{
	return byte != SH_NO_BYTE && byte && strchr("|&;()<> \t\n", byte);
}

// Whether a text is a name.
bool sh_lex_is_name(struct span text);

// Where the = or += of an assignment stands.
// Returns: its offset, or 0.
size_t sh_lex_assignment(struct span text);

// Makes a word, or what it means where it stands, out of the bytes from `byte` on.
// Returns: its token; SH_BAD when a quote or bracket has no end.
enum sh_token sh_lexword_read(struct sh *sh, int byte);

// ---- words by their place

// What may come next, by what came last: a word that is reserved, any command, an assignment.
bool sh_reserved_may_follow(const struct sh_lexing *lexing);
bool sh_reserved_command_may_follow(const struct sh_lexing *lexing);
bool sh_reserved_assignment_may_follow(const struct sh_lexing *lexing);

// What a word means where it stands; `bare`: nothing in it is quoted or replaced.
// Returns: SH_WORD for one that means nothing else.
enum sh_token sh_reserved_token(struct sh_lexing *lexing, struct span text, bool bare);

// ---- $'...'

// Decodes the escapes of $'...' onto the emulation's stack; ends at a NUL.
void sh_ansi_decode(struct sh *sh, struct span text);

// Puts text in single quotes onto the stack.
void sh_ansi_put_quoted(struct sh *sh, struct span text);

// What was put since `begun`, from the $ to the last quote, becomes what it means, in single
// quotes if `quoted`.
void sh_ansi_rewrite(struct sh *sh, size_t begun, bool quoted);

// ---- pairs

// A pair of delimiters.
struct sh_pair {
	int open, close;
	bool first_close; // an opening one inside counts only after $
	bool escapes;     // $'...'
	bool in_double;   // within "..."
	bool subscript, brace, arithmetic;
};

// Reads behind the opening delimiter up to the closing one, and puts both what is there and that.
// Returns: whether there is one.
bool sh_pair_read(struct sh *sh, const struct sh_pair *pair);

// Reads what a $ and `byte`, one of ({[, begin; or < and >, and a parenthesis.
// Returns: whether it ends.
bool sh_pair_read_dollar(struct sh *sh, int byte, bool in_double);

#endif
