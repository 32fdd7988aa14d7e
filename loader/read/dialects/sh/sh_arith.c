// Arithmetic of a shell: $((...)), offsets of ${NAME:...}, let. Numbers have 64 bits; a variable's
// value is itself an expression. Operands are read in sh_operand.c.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/sh/sh_arith.h"

#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"

enum operator_kind {
	OP_NONE,
	OP_COMMA,
	OP_ASSIGN,
	OP_CONDITION,
	OP_OR,
	OP_AND,
	OP_BIT_OR,
	OP_BIT_XOR,
	OP_BIT_AND,
	OP_EQUAL,
	OP_NOT_EQUAL,
	OP_LESS_EQUAL,
	OP_GREATER_EQUAL,
	OP_LESS,
	OP_GREATER,
	OP_SHIFT_LEFT,
	OP_SHIFT_RIGHT,
	OP_PLUS,
	OP_MINUS,
	OP_TIMES,
	OP_DIVIDE,
	OP_MODULO,
	OP_POWER,
};

// The operators between two operands, longer ones before their beginnings.
static const struct {
	const char *text;
	enum operator_kind kind;
	int level; // binds tighter the higher
} operators[] = {
	{"**", OP_POWER, 12},
	{"<<", OP_SHIFT_LEFT, 9},
	{">>", OP_SHIFT_RIGHT, 9},
	{"<=", OP_LESS_EQUAL, 8},
	{">=", OP_GREATER_EQUAL, 8},
	{"==", OP_EQUAL, 7},
	{"!=", OP_NOT_EQUAL, 7},
	{"&&", OP_AND, 3},
	{"||", OP_OR, 2},
	{"*", OP_TIMES, 11},
	{"/", OP_DIVIDE, 11},
	{"%", OP_MODULO, 11},
	{"+", OP_PLUS, 10},
	{"-", OP_MINUS, 10},
	{"<", OP_LESS, 8},
	{">", OP_GREATER, 8},
	{"&", OP_BIT_AND, 6},
	{"^", OP_BIT_XOR, 5},
	{"|", OP_BIT_OR, 4},
};

void sh_arith_go_deeper(struct sh_arith *arith)
{
	if (++arith->sh->depth <= EMULATION_DEPTH_MAX)
		return;
	emulation_refuse(arith->sh->emulation, FINDING_TOO_LARGE, arith->sh->place,
		"an expression inside of others without end");
	sh_arith_fail(arith);
}

// ---- operators

static int64_t power(struct sh_arith *arith, int64_t base, int64_t exponent)
{
	uint64_t result = 1, factor = (uint64_t)base;

	if (exponent < 0) {
		sh_arith_fail(arith);
		return 0;
	}
	for (; exponent; exponent >>= 1, factor *= factor)
		if (exponent & 1)
			result *= factor;
	return (int64_t)result;
}

static int64_t divide(struct sh_arith *arith, int64_t left, int64_t right, bool modulo)
{
	if (!right) {
		if (!arith->idle && !arith->tainted)
			sh_arith_fail(arith);
		return 0;
	}
	if (right == -1) // the least number has no opposite
		return modulo ? 0 : (int64_t)(0 - (uint64_t)left);
	return modulo ? left % right : left / right;
}

static int64_t apply(struct sh_arith *arith, enum operator_kind kind, int64_t left, int64_t right)
{
	uint64_t a = (uint64_t)left, b = (uint64_t)right;

	switch (kind) {
	case OP_BIT_OR:
		return (int64_t)(a | b);
	case OP_BIT_XOR:
		return (int64_t)(a ^ b);
	case OP_BIT_AND:
		return (int64_t)(a & b);
	case OP_EQUAL:
		return left == right;
	case OP_NOT_EQUAL:
		return left != right;
	case OP_LESS_EQUAL:
		return left <= right;
	case OP_GREATER_EQUAL:
		return left >= right;
	case OP_LESS:
		return left < right;
	case OP_GREATER:
		return left > right;
	case OP_SHIFT_LEFT:
		return (int64_t)(a << (b & 63));
	case OP_SHIFT_RIGHT:
		return left >> (b & 63);
	case OP_PLUS:
		return (int64_t)(a + b);
	case OP_MINUS:
		return (int64_t)(a - b);
	case OP_TIMES:
		return (int64_t)(a * b);
	case OP_DIVIDE:
	case OP_MODULO:
		return divide(arith, left, right, kind == OP_MODULO);
	case OP_POWER:
		return power(arith, left, right);
	default:
		return 0;
	}
}

// The operator at this place, if it binds at least as tightly as `level`.
static size_t find_operator(struct sh_arith *arith, int level)
{
	size_t sign;

	sh_arith_skip_blanks(arith);
	sign = arith->at;
	if (sh_arith_at(arith, "++") ||
		sh_arith_at(arith, "--")) { // before a name they are no operator
		arith->at += 2;
		if (sh_operand_is_name(arith))
			return SIZE_MAX;
		arith->at = sign;
	}
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		size_t length = strlen(operators[i].text);
		struct span rest = span_after(arith->text, arith->at);

		if (!span_starts(rest, operators[i].text))
			continue;
		if (operators[i].level < level ||
			(rest.length > length && rest.at[length] == '=' && operators[i].level > 3 &&
				operators[i].level != 7 && operators[i].level != 8 &&
				operators[i].kind != OP_POWER))
			return SIZE_MAX;
		return i;
	}
	return SIZE_MAX;
}

// Reads operands joined by operators of `level` and above, behind the first one.
static int64_t read_binary(struct sh_arith *arith, int64_t left, int level)
{
	size_t found;

	while (!arith->failed && (found = find_operator(arith, level)) != SIZE_MAX) {
		enum operator_kind kind = operators[found].kind;
		int own = operators[found].level;
		bool skip = (kind == OP_AND && !left) || (kind == OP_OR && left);
		int64_t right;

		arith->at += strlen(operators[found].text);
		arith->idle += skip;
		sh_arith_go_deeper(arith);
		right = sh_operand_number(arith, sh_operand_read(arith));
		right = read_binary(arith, right, kind == OP_POWER ? own : own + 1);
		arith->sh->depth--;
		arith->idle -= skip;
		left = kind == OP_AND  ? left && right
		       : kind == OP_OR ? left || right
				       : apply(arith, kind, left, right);
	}
	return left;
}

static int64_t read_condition(struct sh_arith *arith, struct sh_operand operand);

// Reads what follows ? of a condition.
static int64_t read_branches(struct sh_arith *arith, bool chosen)
{
	int64_t first, second = 0;

	sh_arith_go_deeper(arith);
	arith->idle += !chosen;
	first = arith->failed ? 0 : sh_arith_read(arith);
	arith->idle -= !chosen;
	if (!arith->failed && !sh_arith_take(arith, ":"))
		sh_arith_fail(arith);
	arith->idle += chosen;
	if (!arith->failed)
		second = read_condition(arith, sh_operand_read(arith));
	arith->idle -= chosen;
	arith->sh->depth--;
	return chosen ? first : second;
}

// The operator of an assignment such as += at this place.
// Returns: whether there is one; `ret_kind` is OP_NONE for =.
static bool take_assignment(struct sh_arith *arith, enum operator_kind *ret_kind)
{
	static const struct {
		const char *text;
		enum operator_kind kind;
	} forms[] = {
		{"<<=", OP_SHIFT_LEFT},
		{">>=", OP_SHIFT_RIGHT},
		{"*=", OP_TIMES},
		{"/=", OP_DIVIDE},
		{"%=", OP_MODULO},
		{"+=", OP_PLUS},
		{"-=", OP_MINUS},
		{"&=", OP_BIT_AND},
		{"^=", OP_BIT_XOR},
		{"|=", OP_BIT_OR},
	};

	*ret_kind = OP_NONE;
	sh_arith_skip_blanks(arith);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (sh_arith_take(arith, forms[i].text)) {
			*ret_kind = forms[i].kind;
			return true;
		}
	return !sh_arith_at(arith, "==") && sh_arith_take(arith, "=");
}

// Reads what an operand begins, down to a condition: an assignment only where parentheses or the
// middle of a condition hold it.
static int64_t read_condition(struct sh_arith *arith, struct sh_operand operand)
{
	int64_t number =
		arith->failed ? 0 : read_binary(arith, sh_operand_number(arith, operand), 0);

	if (!arith->failed && sh_arith_take(arith, "?"))
		number = read_branches(arith, number != 0);
	return number;
}

static int64_t read_assignment(struct sh_arith *arith)
{
	struct sh_operand operand = sh_operand_read(arith);
	enum operator_kind kind;
	int64_t number, left;

	if (!arith->failed && take_assignment(arith, &kind)) {
		if (!operand.name.length) {
			sh_arith_fail(arith);
			return 0;
		}
		left = kind == OP_NONE ? 0 : sh_operand_value(arith, operand.name);
		sh_arith_go_deeper(arith);
		number = arith->failed ? 0 : read_assignment(arith);
		arith->sh->depth--;
		if (kind != OP_NONE)
			number = apply(arith, kind, left, number);
		sh_operand_assign(arith, operand.name, number);
		return number;
	}
	number = read_condition(arith, operand);
	if (!arith->failed && take_assignment(arith, &kind))
		sh_arith_fail(arith); // to no variable
	return number;
}

int64_t sh_arith_read(struct sh_arith *arith)
{
	int64_t number;

	do
		number = read_assignment(arith);
	while (!arith->failed && sh_arith_take(arith, ","));
	return number;
}

int64_t sh_arith_evaluate(struct sh *sh, struct span text, bool *tainted, bool *failed)
{
	struct sh_arith arith = {.sh = sh, .text = text};
	int64_t number = 0;

	if (++sh->depth > EMULATION_DEPTH_MAX) {
		*failed = true; // the shell gives up too, though later
	} else {
		sh_arith_skip_blanks(&arith);
		if (arith.at < text.length)
			number = sh_arith_read(&arith);
		sh_arith_skip_blanks(&arith);
		*failed |= arith.failed || arith.at < text.length;
		*tainted |= arith.tainted;
	}
	emulation_work(sh->emulation, text.length + 1);
	sh->depth--;
	return number;
}

int64_t sh_arith(struct sh *sh, struct span text, bool *ret_tainted)
{
	bool failed = false;
	int64_t number = sh_arith_evaluate(sh, text, ret_tainted, &failed);

	if (failed && *ret_tainted)
		sh_refuse(sh, "an expression depends on what would be run");
	else if (failed)
		sh->abandoned = true; // which not even `set -e` makes the end
	return number;
}

void sh_arith_put(struct sh *sh, int64_t number)
{
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	uint8_t digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (uint8_t)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		digits[--at] = '-';
	scratch_put(sh->emulation, (struct span){digits + at, sizeof(digits) - at});
}
