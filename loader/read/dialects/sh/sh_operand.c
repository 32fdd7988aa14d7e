// The operands of a shell's arithmetic: numbers, names, parentheses, and the signs before and
// behind them.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"

#include "lib/base/ascii.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh/sh_arith.h"
#include "loader/read/dialects/sh/sh_lex.h"

#define NO_DIGIT 64

// The value of a digit in the notation base#digits.
static int64_t digit_value(uint8_t byte, int64_t base)
{
	if (ascii_is_digit(byte))
		return byte - '0';
	if (ascii_is_lower(byte))
		return byte - 'a' + 10;
	if (ascii_is_upper(byte))
		return byte - 'A' + (base <= 36 ? 10 : 36);
	return byte == '@' ? 62 : byte == '_' ? 63 : NO_DIGIT;
}

// Reads the prefix that makes a number octal or hexadecimal, or base#.
static int64_t read_base(struct sh_arith *arith)
{
	struct span text = span_after(arith->text, arith->at);
	size_t digits = 0;
	int64_t base = 0;

	if (text.length > 1 && text.at[0] == '0') {
		digits = text.at[1] == 'x' || text.at[1] == 'X' ? 2 : 1;
		arith->at += digits;
		return digits == 2 ? 16 : 8;
	}
	while (digits < text.length && digits < 3 && ascii_is_digit(text.at[digits]))
		base = base * 10 + (text.at[digits++] - '0');
	if (digits == text.length || text.at[digits] != '#')
		return 10;
	arith->at += digits + 1;
	if (base < 2 || base > 64 || digits + 1 == text.length ||
		digit_value(text.at[digits + 1], base) == NO_DIGIT) {
		sh_arith_fail(arith);
		return 10;
	}
	return base;
}

static int64_t read_number(struct sh_arith *arith)
{
	int64_t base = read_base(arith);
	uint64_t number = 0;

	for (; arith->at < arith->text.length; arith->at++) {
		int64_t digit = digit_value(arith->text.at[arith->at], base);

		if (digit == NO_DIGIT && arith->text.at[arith->at] != '#')
			break;
		if (digit >= base) {
			sh_arith_fail(arith);
			return 0;
		}
		number = number * (uint64_t)base + (uint64_t)digit;
	}
	return (int64_t)number;
}

int64_t sh_operand_value(struct sh_arith *arith, struct span name)
{
	struct span value;
	enum sh_value known = sh_variables_get(arith->sh, name, &value);
	int64_t number = 0;

	if (known == SH_UNSET && !arith->idle)
		sh_need(arith->sh);
	if (arith->idle || known == SH_UNSET)
		return 0;
	if (known == SH_TAINTED) {
		arith->tainted = true;
		return 0;
	}
	if (value.length)
		number = sh_arith_evaluate(arith->sh, value, &arith->tainted, &arith->failed);
	if (arith->failed)
		arith->at = arith->text.length;
	return number;
}

void sh_operand_assign(struct sh_arith *arith, struct span name, int64_t number)
{
	struct emulation *emulation = arith->sh->emulation;
	size_t begun;

	if (arith->idle || arith->failed)
		return;
	if (arith->tainted) {
		sh_refuse(arith->sh, "the value depends on what would be run");
		return;
	}
	begun = scratch_begin(emulation);
	scratch_put(emulation, name);
	name = scratch_end(emulation, begun);
	begun = scratch_begin(emulation);
	sh_arith_put(arith->sh, number);
	if (!sh_variables_set(arith->sh, name, scratch_end(emulation, begun), false))
		sh_arith_fail(arith);
}

// Reads a number, a name, or an expression in parentheses.
static struct sh_operand read_primary(struct sh_arith *arith)
{
	struct sh_operand operand = {.number = 0};
	size_t begun;
	uint8_t byte;

	sh_arith_skip_blanks(arith);
	byte = arith->at < arith->text.length ? arith->text.at[arith->at] : 0;
	if (ascii_is_digit(byte)) {
		operand.number = read_number(arith);
	} else if (sh_arith_take(arith, "(")) {
		operand.number = sh_arith_read(arith);
		if (!sh_arith_take(arith, ")"))
			sh_arith_fail(arith);
	} else {
		begun = arith->at;
		while (arith->at < arith->text.length &&
			sh_lex_is_name(
				(struct span){arith->text.at + begun, arith->at - begun + 1}))
			arith->at++;
		operand.name = (struct span){arith->text.at + begun, arith->at - begun};
		if (!operand.name.length)
			sh_arith_fail(arith);
		if (arith->at < arith->text.length && arith->text.at[arith->at] == '[')
			sh_refuse(arith->sh, "an element of an array is not followed");
	}
	return operand;
}

int64_t sh_operand_number(struct sh_arith *arith, struct sh_operand operand)
{
	return operand.name.length ? sh_operand_value(arith, operand.name) : operand.number;
}

bool sh_operand_is_name(struct sh_arith *arith)
{
	sh_arith_skip_blanks(arith);
	return arith->at < arith->text.length &&
	       sh_lex_is_name((struct span){arith->text.at + arith->at, 1});
}

// Reads ++ or -- and a name behind it; before anything else they are two signs.
static struct sh_operand read_step(struct sh_arith *arith)
{
	uint64_t step = arith->text.at[arith->at] == '+' ? 1 : UINT64_MAX;
	struct sh_operand operand;

	arith->at += 2;
	if (!sh_operand_is_name(arith))
		return (struct sh_operand){
			.number = sh_operand_number(arith, sh_operand_read(arith))};
	operand = read_primary(arith);
	operand.number = (int64_t)((uint64_t)sh_operand_value(arith, operand.name) + step);
	sh_operand_assign(arith, operand.name, operand.number);
	operand.name.length = 0;
	return operand;
}

// Reads what stands behind one of ! ~ - +.
static struct sh_operand read_signed(struct sh_arith *arith)
{
	uint8_t sign = arith->text.at[arith->at - 1];
	int64_t number = sh_operand_number(arith, sh_operand_read(arith));

	switch (sign) {
	case '!':
		number = !number;
		break;
	case '~':
		number = ~number;
		break;
	case '-':
		number = (int64_t)(0 - (uint64_t)number);
		break;
	default:
		break;
	}
	return (struct sh_operand){.number = number};
}

// Whether what stands behind an operand can be read at all. bash reads one further before it
// assigns: `B=2;` sets nothing, and nor does a line's CR.
static bool goes_on(const struct sh_arith *arith)
{
	uint8_t next = arith->at < arith->text.length ? arith->text.at[arith->at] : ' ';

	return ascii_is_alphanumeric(next) || strchr("_=><+-*/%!()&|^~?:, ", next);
}

// Reads an operand and ++ or -- behind it.
static struct sh_operand read_postfix(struct sh_arith *arith)
{
	struct sh_operand operand = read_primary(arith);
	uint64_t step;
	int64_t number;

	sh_arith_skip_blanks(arith);
	arith->failed |= !goes_on(arith);
	if (arith->failed || !operand.name.length ||
		(!sh_arith_at(arith, "++") && !sh_arith_at(arith, "--")))
		return operand;
	step = arith->text.at[arith->at] == '+' ? 1 : UINT64_MAX;
	arith->at += 2;
	number = sh_operand_value(arith, operand.name);
	sh_operand_assign(arith, operand.name, (int64_t)((uint64_t)number + step));
	return (struct sh_operand){.number = number};
}

struct sh_operand sh_operand_read(struct sh_arith *arith)
{
	struct sh_operand operand = {.number = 0};

	sh_arith_skip_blanks(arith);
	sh_arith_go_deeper(arith);
	if (!arith->failed && (sh_arith_at(arith, "++") || sh_arith_at(arith, "--")))
		operand = read_step(arith);
	else if (sh_arith_take(arith, "!") || sh_arith_take(arith, "~") ||
		 sh_arith_take(arith, "-") || sh_arith_take(arith, "+"))
		operand = read_signed(arith);
	else if (!arith->failed)
		operand = read_postfix(arith);
	arith->sh->depth--;
	return operand;
}
