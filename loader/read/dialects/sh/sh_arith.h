// An expression of a shell that is read, for the files that read it.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_SH_SH_ARITH_H
#define LOADER_READ_DIALECTS_SH_SH_ARITH_H

#include "loader/read/dialects/sh/sh_expand.h"

// An expression that is read.
struct sh_arith {
	struct sh *sh;
	struct span text;
	size_t at;
	bool tainted, failed;
	int idle; // above 0: read without effect, as the branch that ?: does not take
};

// Something that may be assigned to.
struct sh_operand {
	struct span name; // empty: a number
	int64_t number;
};

// The expression has no value: nothing more of it is read.
static inline void sh_arith_fail(struct sh_arith *arith)
{
	arith->failed = true;
	arith->at = arith->text.length;
}

// Skips what may stand between two parts of an expression.
static inline void sh_arith_skip_blanks(struct sh_arith *arith)
{
	while (arith->at < arith->text.length && memchr(" \t\n", arith->text.at[arith->at], 3))
		arith->at++;
}

// Whether a text comes next.
static inline bool sh_arith_at(const struct sh_arith *arith, const char *text)
{
	return span_starts(span_after(arith->text, arith->at), text);
}

// Takes a text behind blanks if it comes next.
// Returns: whether it did.
static inline bool sh_arith_take(struct sh_arith *arith, const char *text)
{
	sh_arith_skip_blanks(arith);
	if (!sh_arith_at(arith, text))
		return false;
	arith->at += strlen(text);
	return true;
}

// One level deeper, until `arith->sh->depth--`; fails where no end is in sight.
void sh_arith_go_deeper(struct sh_arith *arith);

// Reads a whole expression, or what stands in parentheses.
// Returns: its value.
int64_t sh_arith_read(struct sh_arith *arith);

// Evaluates a text of its own, such as the value of a variable; sets a flag, and never clears one.
// Returns: its value.
int64_t sh_arith_evaluate(struct sh *sh, struct span text, bool *tainted, bool *failed);

// Reads an operand with what stands before and behind it.
struct sh_operand sh_operand_read(struct sh_arith *arith);

// What a variable, or an operand, is worth.
int64_t sh_operand_value(struct sh_arith *arith, struct span name);
int64_t sh_operand_number(struct sh_arith *arith, struct sh_operand operand);

// Sets a variable, unless the expression has no effect here.
void sh_operand_assign(struct sh_arith *arith, struct span name, int64_t number);

// Whether a name follows.
bool sh_operand_is_name(struct sh_arith *arith);

#endif
