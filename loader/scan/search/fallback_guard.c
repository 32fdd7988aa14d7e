// Minifiers write the same guard in many ways: what may stand between the read and the literal is
// skipped word by word, and a name in the literal's place is looked up nearby.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/fallback_guard.h"

#include "loader/scan/search/fallback.h"
#include "loader/scan/search/stopgap.h"

#define CALLS_MAX 4 // .trim().toString()

static const char behind_text[] =
	"a public placeholder is used whenever the key is empty or missing";

static struct secret view_of(const struct fallback_reader *reader, struct lexer_span span)
{
	return secret_view(reader->lexer.bytes + span.at, span.length);
}

bool fallback_guard_accept(
	struct fallback_reader *reader, struct lexer_span literal, const char *text)
{
	reader->found->at = literal.at;
	reader->found->length = literal.length;
	reader->found->text = text;
	return true;
}

// Whether `name` is assigned a literal at `at`.
static bool is_given(const struct lexer *lexer, struct lexer_span name, size_t at,
	struct lexer_span *ret_literal)
{
	struct lexer there = {lexer->bytes, lexer->size, at};

	if (name.length > lexer->size - at ||
		memcmp(lexer->bytes + at, lexer->bytes + name.at, name.length) != 0 ||
		(at > 0 &&
			(lexer_is_name_byte(lexer->bytes[at - 1]) || lexer->bytes[at - 1] == '.')))
		return false;
	there.at = at + name.length;
	lexer_skip_bytes(&there, " ");
	if (!lexer_skip(&there, "="))
		return false;
	lexer_skip_bytes(&there, " ");
	return lexer_literal(&there, ret_literal);
}

// The literal that a variable was given nearby, rather before its use than behind.
static bool find_given(
	struct fallback_reader *reader, struct lexer_span name, struct lexer_span *ret_literal)
{
	size_t back = name.at > FALLBACK_BACK ? name.at - FALLBACK_BACK : 0;
	size_t ahead = reader->lexer.size - name.at > FALLBACK_AHEAD ? name.at + FALLBACK_AHEAD
								     : reader->lexer.size;

	if (!*reader->budget)
		return false;
	--*reader->budget;
	for (size_t at = name.at; at > back; at--)
		if (reader->lexer.bytes[at - 1] == reader->lexer.bytes[name.at] &&
			is_given(&reader->lexer, name, at - 1, ret_literal))
			return true;
	for (size_t at = name.at + name.length; at < ahead; at++)
		if (reader->lexer.bytes[at] == reader->lexer.bytes[name.at] &&
			is_given(&reader->lexer, name, at, ret_literal))
			return true;
	return false;
}

// A literal, or a variable that was given one.
static bool read_operand(struct fallback_reader *reader)
{
	struct lexer_span literal, name;

	lexer_skip_bytes(&reader->lexer, " \t\r\n(");
	if (!lexer_literal(&reader->lexer, &literal)) {
		if (!lexer_name(&reader->lexer, &name) || lexer_peek(&reader->lexer) == '.' ||
			lexer_peek(&reader->lexer) == '(' || lexer_peek(&reader->lexer) == '[' ||
			!find_given(reader, name, &literal))
			return false;
	}
	return stopgap_suits(reader->found->key, view_of(reader, literal)) &&
	       fallback_guard_accept(reader, literal, behind_text);
}

// X ? X : "..." from behind the question mark on; the first arm may not hold a literal.
static bool read_conditional(struct fallback_reader *reader)
{
	size_t limit = reader->lexer.size - reader->lexer.at > FALLBACK_GUARD_ARM_MAX
			       ? reader->lexer.at + FALLBACK_GUARD_ARM_MAX
			       : reader->lexer.size;

	for (; reader->lexer.at < limit; reader->lexer.at++) {
		uint8_t byte = reader->lexer.bytes[reader->lexer.at];

		if (byte == ':') {
			reader->lexer.at++;
			return read_operand(reader);
		}
		if (!lexer_is_name_byte(byte) && !lexer_is_space(byte) &&
			!strchr(".()!?&=", byte ? byte : ';'))
			return false;
	}
	return false;
}

// void 0 === X ? "..." : X: whether the comparison stands before the read.
static bool is_compared(const struct lexer *lexer, size_t before)
{
	size_t from = before > 32 ? before - 32 : 0;

	size_t start = before;

	while (start > from &&
		(lexer_is_name_byte(lexer->bytes[start - 1]) || lexer->bytes[start - 1] == '.'))
		start--;
	if (start > from + 1 && lexer->bytes[start - 1] == '!' && lexer->bytes[start - 2] != '!')
		return true;
	return memmem(lexer->bytes + from, before - from, "void 0===", 9) ||
	       memmem(lexer->bytes + from, before - from, "undefined === ", 14) ||
	       memmem(lexer->bytes + from, before - from, "null==", 6);
}

// What may stand between the name and the operator: brackets, `!`, .trim().
static void skip_calls(struct lexer *lexer)
{
	for (int i = 0; i < CALLS_MAX; i++) {
		struct lexer ahead;
		struct lexer_span name;

		lexer_skip_bytes(lexer, " \t\r\n)");
		ahead = *lexer;
		if (lexer_peek(lexer) == '!' && lexer->at + 1 < lexer->size &&
			lexer->bytes[lexer->at + 1] != '=') {
			lexer->at++;
			continue;
		}
		(void)lexer_skip(&ahead, "?");
		if (!lexer_skip(&ahead, ".") || !lexer_name(&ahead, &name) ||
			!lexer_skip(&ahead, "()"))
			return;
		lexer->at = ahead.at;
	}
}

static bool set_key(struct fallback_reader *reader, struct lexer_span name)
{
	if (name.length >= FALLBACK_KEY_SIZE)
		return false;
	memcpy(reader->found->key, reader->lexer.bytes + name.at, name.length);
	reader->found->key[name.length] = '\0';
	return true;
}

// What says that a value is missing, or that it is there.
static const char *const absent[] = {
	"===void 0", "=== void 0", "===undefined", "=== undefined", "==null", "== null", NULL};
static const char *const present[] = {
	"!==void 0", "!== void 0", "!==null", "!== null", "!=null", "!= null", NULL};

static bool skip_question(struct lexer *lexer)
{
	lexer_skip_bytes(lexer, LEXER_BLANKS);
	return lexer_skip(lexer, "?");
}

// From behind the name of what is read; `before` is where the read begins.
static bool read_guard(struct fallback_reader *reader, size_t before)
{
	size_t limit;

	skip_calls(&reader->lexer);
	if (lexer_skip(&reader->lexer, "||") || lexer_skip(&reader->lexer, "??")) {
		(void)lexer_skip(&reader->lexer, "=");
		return read_operand(reader);
	}
	if (lexer_skip_any(&reader->lexer, absent))
		return skip_question(&reader->lexer) && read_operand(reader);
	if (lexer_skip_any(&reader->lexer, present) ||
		lexer_skip(&reader->lexer, "&&")) { // null !== (e = X) && void 0 !== e ? e : "..."
		limit = reader->lexer.at + FALLBACK_GUARD_ARM_MAX;
		while (reader->lexer.at < reader->lexer.size && reader->lexer.at < limit &&
			lexer_peek(&reader->lexer) != '?' && lexer_peek(&reader->lexer) != ';' &&
			lexer_peek(&reader->lexer) != ',')
			reader->lexer.at++;
	}
	if (!lexer_skip(&reader->lexer, "?"))
		return lexer_skip(&reader->lexer, "or ") && read_operand(reader);
	lexer_skip_bytes(&reader->lexer, LEXER_BLANKS);
	if (is_compared(&reader->lexer, before) && lexer_peek(&reader->lexer) != ':') {
		struct fallback_reader arm = *reader;

		if (read_operand(&arm))
			return true;
	}
	return read_conditional(reader);
}

bool fallback_guard_member(struct fallback_reader *reader, size_t before)
{
	struct lexer_span name;

	return lexer_name(&reader->lexer, &name) && set_key(reader, name) &&
	       read_guard(reader, before);
}

bool fallback_guard_element(struct fallback_reader *reader, size_t before)
{
	struct lexer_span name;

	return lexer_literal(&reader->lexer, &name) && name.length <= LEXER_NAME_MAX &&
	       set_key(reader, name) && lexer_skip(&reader->lexer, "]") &&
	       read_guard(reader, before);
}

bool fallback_guard_call(struct fallback_reader *reader, size_t before)
{
	struct lexer_span name;

	lexer_skip_bytes(&reader->lexer, LEXER_BLANKS);
	if (!lexer_literal(&reader->lexer, &name) || name.length > LEXER_NAME_MAX ||
		!set_key(reader, name))
		return false;
	lexer_skip_bytes(&reader->lexer, LEXER_BLANKS);
	if (!lexer_skip(&reader->lexer, ","))
		return read_guard(reader, before);
	lexer_skip_bytes(&reader->lexer, LEXER_BLANKS);
	(void)lexer_skip(&reader->lexer, "default=");
	return read_operand(reader);
}

// From the last assignment of the pattern on.
bool fallback_guard_pattern(struct fallback_reader *reader, size_t before)
{
	size_t from = before > FALLBACK_GUARD_ARM_MAX ? before - FALLBACK_GUARD_ARM_MAX : 0;

	for (size_t at = before; at-- > from && reader->lexer.bytes[at] != '{';) {
		struct fallback_reader there = *reader;
		struct lexer_span name, literal;

		there.lexer.at = at;
		if (at == 0 ||
			!strchr("{, \n",
				reader->lexer.bytes[at - 1] ? reader->lexer.bytes[at - 1] : '.') ||
			!lexer_name(&there.lexer, &name) || !set_key(reader, name))
			continue;
		if (lexer_skip(&there.lexer, ":")) {
			lexer_skip_bytes(&there.lexer, " ");
			if (!lexer_name(&there.lexer, &name))
				continue;
		}
		lexer_skip_bytes(&there.lexer, " ");
		if (!lexer_skip(&there.lexer, "="))
			continue;
		lexer_skip_bytes(&there.lexer, " ");
		if (lexer_literal(&there.lexer, &literal) && there.lexer.at <= before &&
			stopgap_suits(reader->found->key, view_of(reader, literal)))
			return fallback_guard_accept(reader, literal, behind_text);
	}
	return false;
}
