// A small reader of expressions, begun where one of a few literals stands: a read of the
// environment, an operator before a quote, or a well-known placeholder. A row a literal.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/fallback.h"

#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/value/placeholder.h"
#include "loader/scan/search/fallback_guard.h"
#include "loader/scan/search/lexer.h"
#include "loader/scan/search/stopgap.h"

#include <errno.h>

#define SHORT_NAME 3 // letters of a name that a minifier gave

static const char alone_text[] =
	"a public placeholder is used always: no read of the environment guards it in this code";
static const char operator_text[] =
	"a public placeholder is used whenever what stands before it is empty or missing";

static struct secret view_of(const struct fallback_reader *reader, struct lexer_span span)
{
	return secret_view(reader->lexer.bytes + span.at, span.length);
}

// ---- behind an operator that guards something else

// Whether a member of the environment ends there: fallback_guard_member judges it by its name.
static bool is_member(const struct lexer *lexer, size_t end)
{
	static const char env[] = ".env.";
	const size_t length = sizeof(env) - 1;

	while (end > 0 && lexer_is_name_byte(lexer->bytes[end - 1]))
		end--;
	return end >= length && memcmp(lexer->bytes + end - length, env, length) == 0;
}

static bool find_operand(struct fallback_reader *reader, size_t before)
{
	struct lexer_span literal;

	while (before > 0 && lexer_is_space(reader->lexer.bytes[before - 1]))
		before--;
	if (before == 0 ||
		!(lexer_is_name_byte(reader->lexer.bytes[before - 1]) ||
			reader->lexer.bytes[before - 1] == ')' ||
			reader->lexer.bytes[before - 1] == ']') ||
		is_member(&reader->lexer, before))
		return false;
	reader->lexer.at--; // back to the quote
	return lexer_literal(&reader->lexer, &literal) &&
	       stopgap_is_loud(view_of(reader, literal)) &&
	       fallback_guard_accept(reader, literal, operator_text);
}

// ---- a placeholder by itself

// What a key is handed to, or how it is given back, as it stands in front of it.
static const char *const uses[] = {
	"=>", "=> ", "return ", "return", ".encode(", "Buffer.from(", "createSecretKey("};
// Calls whose second argument is a key.
static const char *const calls[] = {".sign(", ".verify(", "createHmac("};

static bool stands_before(const struct lexer *lexer, size_t at, const char *text)
{
	size_t length = strlen(text);

	return at >= length && memcmp(lexer->bytes + at - length, text, length) == 0;
}

// Whether a comma stands before `at` and one of the calls before that.
static bool is_second_argument(const struct lexer *lexer, size_t at)
{
	size_t from = at > FALLBACK_GUARD_ARM_MAX ? at - FALLBACK_GUARD_ARM_MAX : 0;

	if (at > 0 && lexer->bytes[at - 1] == ' ')
		at--;
	if (at == 0 || lexer->bytes[at - 1] != ',')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (memmem(lexer->bytes + from, at - from, calls[i], strlen(calls[i])))
			return true;
	return false;
}

static bool is_used(const struct lexer *lexer, size_t at)
{
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++)
		if (stands_before(lexer, at, uses[i]))
			return true;
	return is_second_argument(lexer, at);
}

// Whether the variable is used as a key, or given back, without anything that guards it.
static bool is_used_later(const struct lexer *lexer, struct lexer_span name)
{
	const uint8_t *bytes = lexer->bytes;
	size_t end =
		lexer->size - name.at > FALLBACK_AHEAD ? name.at + FALLBACK_AHEAD : lexer->size;

	for (size_t at = name.at + name.length; at + name.length <= end; at++) {
		size_t behind = at + name.length;

		if (bytes[at] == bytes[name.at] &&
			memcmp(bytes + at, bytes + name.at, name.length) == 0 &&
			(behind == lexer->size ||
				strchr(",;})\n ", bytes[behind] ? bytes[behind] : '.')) &&
			is_used(lexer, at))
			return true;
	}
	return false;
}

static bool accept_alone(struct fallback_reader *reader, struct lexer_span literal)
{
	reader->found->alone = true;
	return fallback_guard_accept(reader, literal, alone_text);
}

// let d="your-secret-key",e=()=>d or .encode("your-secret-key"): the anchor begins with the quote.
static bool find_alone(struct fallback_reader *reader, size_t before)
{
	const uint8_t *bytes = reader->lexer.bytes;
	struct lexer_span literal, name;
	size_t end = before;

	reader->lexer.at = before;
	if (!lexer_literal(&reader->lexer, &literal) || !stopgap_is_loud(view_of(reader, literal)))
		return false;
	if (is_used(&reader->lexer, before))
		return accept_alone(reader, literal);
	while (end > 0 && bytes[end - 1] == ' ')
		end--;
	if (end == 0 || bytes[end - 1] != '=')
		return false;
	for (end--; end > 0 && bytes[end - 1] == ' ';)
		end--;
	name = (struct lexer_span){end, 0};
	while (name.at > 0 && lexer_is_name_byte(bytes[name.at - 1]) && name.length <= SHORT_NAME) {
		name.at--;
		name.length++;
	}
	return name.length > 0 && name.length <= SHORT_NAME && *reader->budget &&
	       --*reader->budget && is_used_later(&reader->lexer, name) &&
	       accept_alone(reader, literal);
}

// ---- the literals

static const struct {
	const char *text;
	bool (*find)(struct fallback_reader *reader, size_t before);
} rows[] = {
	{".env.", fallback_guard_member},
	{".env?.", fallback_guard_member},
	{".env[", fallback_guard_element},
	{"}=process.env", fallback_guard_pattern},
	{"} = process.env", fallback_guard_pattern},
	{"environ.get(", fallback_guard_call},
	{"getenv(", fallback_guard_call},
	{"ENV.fetch(", fallback_guard_call},
	{"||\"", find_operand},
	{"||'", find_operand},
	{"||`", find_operand},
	{"|| \"", find_operand},
	{"|| '", find_operand},
	{"|| `", find_operand},
	{"??\"", find_operand},
	{"?\?'", find_operand},
	{"??`", find_operand},
	{"?? \"", find_operand},
	{"?? '", find_operand},
	{"?? `", find_operand},
};

static bool is_listed(const struct pool_list *list, const char *text, size_t length)
{
	const struct literal *items = list->items;

	for (size_t i = 0; i < list->count; i++)
		if (items[i].length == length && memcmp(items[i].bytes, text, length) == 0)
			return true;
	return false;
}

static int add_literal(struct pool *pool, struct pool_list *list, const char *text, size_t length)
{
	struct literal *literal;

	if (length > LITERALS_LONGEST)
		length = LITERALS_LONGEST;
	if (is_listed(list, text, length))
		return 0;
	text = pool_text(pool, text, length);
	literal = text ? pool_push(pool, list, sizeof(*literal)) : NULL;
	if (!literal)
		return -ENOMEM;
	*literal = (struct literal){(const uint8_t *)text, length};
	return 0;
}

// A placeholder that tells by itself, behind each quote.
static int add_alone(struct pool *pool, struct pool_list *list, const char *placeholder)
{
	char text[STOPGAP_MAX + 2];
	int code = 0;

	for (const char *quote = LEXER_QUOTES; *quote && code == 0; quote++) {
		int length = snprintf(text, sizeof(text), "%c%s", *quote, placeholder);

		code = add_literal(pool, list, text, (size_t)length);
	}
	return code;
}

int fallback_literals(struct pool *pool, struct literal **ret_list, size_t *ret_count)
{
	struct pool_list list = {0};
	const char *text;
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && code == 0; i++)
		code = add_literal(pool, &list, rows[i].text, strlen(rows[i].text));
	for (size_t i = 0; (text = placeholder_text(i)) && code == 0; i++)
		if (stopgap_is_loud(secret_view(text, strlen(text))))
			code = add_alone(pool, &list, text);
	if (code != 0)
		return code;
	*ret_list = list.items;
	*ret_count = list.count;
	return 0;
}

// Whether the line before `at` is one of a comment, as far as its beginning is near.
static bool is_in_comment(const uint8_t *bytes, size_t at)
{
	size_t from = at > FALLBACK_GUARD_ARM_MAX ? at - FALLBACK_GUARD_ARM_MAX : 0;
	const uint8_t *line = at > from ? memrchr(bytes + from, '\n', at - from) : NULL;

	if (!line && from > 0)
		return false;
	line = line ? line + 1 : bytes;
	while (line < bytes + at && (*line == ' ' || *line == '\t'))
		line++;
	return line < bytes + at && (*line == '*' || *line == '#' || memcmp(line, "//", 2) == 0 ||
					    memcmp(line, "/*", 2) == 0);
}

bool fallback_find(size_t index, const uint8_t *bytes, size_t size, size_t at, unsigned *budget,
	struct fallback *ret_fallback)
{
	struct fallback_reader reader = {{bytes, size, at}, budget, ret_fallback};

	*ret_fallback = (struct fallback){0};
	if (index < ARRAY_SIZE(rows))
		reader.lexer.at += strlen(rows[index].text);
	return !is_in_comment(bytes, at) &&
	       (index < ARRAY_SIZE(rows) ? rows[index].find : find_alone)(&reader, at);
}
