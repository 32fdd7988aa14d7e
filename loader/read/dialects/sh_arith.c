// Arithmetic of a shell: $((...)), offsets of ${NAME:...}, let. Numbers have 64 bits; a variable's
// value is itself an expression.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/emulation.h"
#include "loader/read/dialects/scratch.h"
#include "loader/read/dialects/sh_shell.h"

#define NO_DIGIT 64

// An expression that is read.
struct arith {
	struct sh *sh;
	struct span text;
	size_t at;
	bool tainted, failed;
	int idle; // above 0: read without effect, as the branch that ?: does not take
};

// Something that may be assigned to.
struct operand {
	struct span name; // empty: a number
	int64_t number;
};

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

static int64_t read_comma(struct arith *arith);
static int64_t read_assignment(struct arith *arith);
static int64_t evaluate(struct sh *sh, struct span text, bool *tainted, bool *failed);

static void fail(struct arith *arith)
{
	arith->failed = true;
	arith->at = arith->text.length;
}

static void skip_blanks(struct arith *arith)
{
	while (arith->at < arith->text.length && memchr(" \t\n", arith->text.at[arith->at], 3))
		arith->at++;
}

static bool at_text(const struct arith *arith, const char *text)
{
	return span_starts(span_after(arith->text, arith->at), text);
}

static bool take_text(struct arith *arith, const char *text)
{
	skip_blanks(arith);
	if (!at_text(arith, text))
		return false;
	arith->at += strlen(text);
	return true;
}

// ---- operands

// The value of a digit in the notation base#digits.
static int64_t digit_value(uint8_t byte, int64_t base)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A' + (base <= 36 ? 10 : 36);
	return byte == '@' ? 62 : byte == '_' ? 63 : NO_DIGIT;
}

// Reads the prefix that makes a number octal or hexadecimal, or base#.
static int64_t read_base(struct arith *arith)
{
	struct span text = span_after(arith->text, arith->at);
	size_t digits = 0;
	int64_t base = 0;

	if (text.length > 1 && text.at[0] == '0') {
		digits = text.at[1] == 'x' || text.at[1] == 'X' ? 2 : 1;
		arith->at += digits;
		return digits == 2 ? 16 : 8;
	}
	while (digits < text.length && digits < 3 && text.at[digits] >= '0' &&
		text.at[digits] <= '9')
		base = base * 10 + (text.at[digits++] - '0');
	if (digits == text.length || text.at[digits] != '#')
		return 10;
	arith->at += digits + 1;
	if (base < 2 || base > 64 || digits + 1 == text.length ||
		digit_value(text.at[digits + 1], base) == NO_DIGIT) {
		fail(arith);
		return 10;
	}
	return base;
}

static int64_t read_number(struct arith *arith)
{
	int64_t base = read_base(arith);
	uint64_t number = 0;

	for (; arith->at < arith->text.length; arith->at++) {
		int64_t digit = digit_value(arith->text.at[arith->at], base);

		if (digit == NO_DIGIT && arith->text.at[arith->at] != '#')
			break;
		if (digit >= base) {
			fail(arith);
			return 0;
		}
		number = number * (uint64_t)base + (uint64_t)digit;
	}
	return (int64_t)number;
}

static int64_t value_of(struct arith *arith, struct span name)
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
		number = evaluate(arith->sh, value, &arith->tainted, &arith->failed);
	if (arith->failed)
		arith->at = arith->text.length;
	return number;
}

static void assign(struct arith *arith, struct span name, int64_t number)
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
		fail(arith);
}

// Reads a number, a name, or an expression in parentheses.
static struct operand read_primary(struct arith *arith)
{
	struct operand operand = {.number = 0};
	size_t begun;
	uint8_t byte;

	skip_blanks(arith);
	byte = arith->at < arith->text.length ? arith->text.at[arith->at] : 0;
	if (byte >= '0' && byte <= '9') {
		operand.number = read_number(arith);
	} else if (take_text(arith, "(")) {
		operand.number = read_comma(arith);
		if (!take_text(arith, ")"))
			fail(arith);
	} else {
		begun = arith->at;
		while (arith->at < arith->text.length &&
			sh_lex_is_name(
				(struct span){arith->text.at + begun, arith->at - begun + 1}))
			arith->at++;
		operand.name = (struct span){arith->text.at + begun, arith->at - begun};
		if (!operand.name.length)
			fail(arith);
		if (arith->at < arith->text.length && arith->text.at[arith->at] == '[')
			sh_refuse(arith->sh, "an element of an array is not followed");
	}
	return operand;
}

static struct operand read_unary(struct arith *arith);

static int64_t number_of(struct arith *arith, struct operand operand)
{
	return operand.name.length ? value_of(arith, operand.name) : operand.number;
}

// Whether a name follows.
static bool at_name(struct arith *arith)
{
	skip_blanks(arith);
	return arith->at < arith->text.length &&
	       sh_lex_is_name((struct span){arith->text.at + arith->at, 1});
}

// Reads ++ or -- and a name behind it; before anything else they are two signs.
static struct operand read_step(struct arith *arith)
{
	uint64_t step = arith->text.at[arith->at] == '+' ? 1 : UINT64_MAX;
	struct operand operand;

	arith->at += 2;
	if (!at_name(arith))
		return (struct operand){.number = number_of(arith, read_unary(arith))};
	operand = read_primary(arith);
	operand.number = (int64_t)((uint64_t)value_of(arith, operand.name) + step);
	assign(arith, operand.name, operand.number);
	operand.name.length = 0;
	return operand;
}

// Reads what stands behind one of ! ~ - +.
static struct operand read_signed(struct arith *arith)
{
	uint8_t sign = arith->text.at[arith->at - 1];
	int64_t number = number_of(arith, read_unary(arith));

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
	return (struct operand){.number = number};
}

// Reads an operand and ++ or -- behind it.
static struct operand read_postfix(struct arith *arith)
{
	struct operand operand = read_primary(arith);
	uint64_t step;
	int64_t number;

	skip_blanks(arith);
	if (!operand.name.length || (!at_text(arith, "++") && !at_text(arith, "--")))
		return operand;
	step = arith->text.at[arith->at] == '+' ? 1 : UINT64_MAX;
	arith->at += 2;
	number = value_of(arith, operand.name);
	assign(arith, operand.name, (int64_t)((uint64_t)number + step));
	return (struct operand){.number = number};
}

// One level deeper, until `arith->sh->depth--`; fails where no end is in sight.
static void go_deeper(struct arith *arith)
{
	if (++arith->sh->depth <= EMULATION_DEPTH_MAX)
		return;
	emulation_refuse(arith->sh->emulation, FINDING_TOO_LARGE, arith->sh->place,
		"an expression inside of others without end");
	fail(arith);
}

// Reads an operand with what stands before and behind it.
static struct operand read_unary(struct arith *arith)
{
	struct operand operand = {.number = 0};

	skip_blanks(arith);
	go_deeper(arith);
	if (!arith->failed && (at_text(arith, "++") || at_text(arith, "--")))
		operand = read_step(arith);
	else if (take_text(arith, "!") || take_text(arith, "~") || take_text(arith, "-") ||
		 take_text(arith, "+"))
		operand = read_signed(arith);
	else if (!arith->failed)
		operand = read_postfix(arith);
	arith->sh->depth--;
	return operand;
}

// ---- operators

static int64_t power(struct arith *arith, int64_t base, int64_t exponent)
{
	uint64_t result = 1, factor = (uint64_t)base;

	if (exponent < 0) {
		fail(arith);
		return 0;
	}
	for (; exponent; exponent >>= 1, factor *= factor)
		if (exponent & 1)
			result *= factor;
	return (int64_t)result;
}

static int64_t divide(struct arith *arith, int64_t left, int64_t right, bool modulo)
{
	if (!right) {
		if (!arith->idle && !arith->tainted)
			fail(arith);
		return 0;
	}
	if (right == -1) // the least number has no opposite
		return modulo ? 0 : (int64_t)(0 - (uint64_t)left);
	return modulo ? left % right : left / right;
}

static int64_t apply(struct arith *arith, enum operator_kind kind, int64_t left, int64_t right)
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
static size_t find_operator(struct arith *arith, int level)
{
	size_t sign;

	skip_blanks(arith);
	sign = arith->at;
	if (at_text(arith, "++") || at_text(arith, "--")) { // before a name they are no operator
		arith->at += 2;
		if (at_name(arith))
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
static int64_t read_binary(struct arith *arith, int64_t left, int level)
{
	size_t found;

	while (!arith->failed && (found = find_operator(arith, level)) != SIZE_MAX) {
		enum operator_kind kind = operators[found].kind;
		int own = operators[found].level;
		bool skip = (kind == OP_AND && !left) || (kind == OP_OR && left);
		int64_t right;

		arith->at += strlen(operators[found].text);
		arith->idle += skip;
		go_deeper(arith);
		right = number_of(arith, read_unary(arith));
		right = read_binary(arith, right, kind == OP_POWER ? own : own + 1);
		arith->sh->depth--;
		arith->idle -= skip;
		left = kind == OP_AND  ? left && right
		       : kind == OP_OR ? left || right
				       : apply(arith, kind, left, right);
	}
	return left;
}

static int64_t read_condition(struct arith *arith, struct operand operand);

// Reads what follows ? of a condition.
static int64_t read_branches(struct arith *arith, bool chosen)
{
	int64_t first, second = 0;

	go_deeper(arith);
	arith->idle += !chosen;
	first = arith->failed ? 0 : read_comma(arith);
	arith->idle -= !chosen;
	if (!arith->failed && !take_text(arith, ":"))
		fail(arith);
	arith->idle += chosen;
	if (!arith->failed)
		second = read_condition(arith, read_unary(arith));
	arith->idle -= chosen;
	arith->sh->depth--;
	return chosen ? first : second;
}

// The operator of an assignment such as += at this place.
// Returns: whether there is one; `ret_kind` is OP_NONE for =.
static bool take_assignment(struct arith *arith, enum operator_kind *ret_kind)
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
	skip_blanks(arith);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (take_text(arith, forms[i].text)) {
			*ret_kind = forms[i].kind;
			return true;
		}
	return !at_text(arith, "==") && take_text(arith, "=");
}

// Reads what an operand begins, down to a condition: an assignment only where parentheses or the
// middle of a condition hold it.
static int64_t read_condition(struct arith *arith, struct operand operand)
{
	int64_t number = arith->failed ? 0 : read_binary(arith, number_of(arith, operand), 0);

	if (!arith->failed && take_text(arith, "?"))
		number = read_branches(arith, number != 0);
	return number;
}

static int64_t read_assignment(struct arith *arith)
{
	struct operand operand = read_unary(arith);
	enum operator_kind kind;
	int64_t number, left;

	if (!arith->failed && take_assignment(arith, &kind)) {
		if (!operand.name.length) {
			fail(arith);
			return 0;
		}
		left = kind == OP_NONE ? 0 : value_of(arith, operand.name);
		go_deeper(arith);
		number = arith->failed ? 0 : read_assignment(arith);
		arith->sh->depth--;
		if (kind != OP_NONE)
			number = apply(arith, kind, left, number);
		assign(arith, operand.name, number);
		return number;
	}
	number = read_condition(arith, operand);
	if (!arith->failed && take_assignment(arith, &kind))
		fail(arith); // to no variable
	return number;
}

static int64_t read_comma(struct arith *arith)
{
	int64_t number;

	do
		number = read_assignment(arith);
	while (!arith->failed && take_text(arith, ","));
	return number;
}

static int64_t evaluate(struct sh *sh, struct span text, bool *tainted, bool *failed)
{
	struct arith arith = {.sh = sh, .text = text};
	int64_t number = 0;

	if (++sh->depth > EMULATION_DEPTH_MAX) {
		*failed = true; // the shell gives up too, though later
	} else {
		skip_blanks(&arith);
		if (arith.at < text.length)
			number = read_comma(&arith);
		skip_blanks(&arith);
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
	int64_t number = evaluate(sh, text, ret_tainted, &failed);

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
