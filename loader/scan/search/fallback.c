// A small reader of expressions, begun where one of a few literals stands: a read of the
// environment, an operator before a quote, or a well-known placeholder. A row a literal.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/fallback.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/placeholder.h"
#include "lib/value/shape.h"
#include "lib/wire/scanreport.h"

#include <errno.h>

#define NAME_MAX_LENGTH 64
#define SHORT_NAME 3 // letters of a name that a minifier gave
#define CALLS_MAX 4  // .trim().toString()
#define ARM_MAX 256  // bytes up to the colon of a conditional
#define QUOTES "\"'`"

static const char behind_text[] =
	"a public placeholder is used whenever the key is empty or missing";
static const char alone_text[] =
	"a public placeholder is used always: no read of the environment guards it in this code";
static const char operator_text[] =
	"a public placeholder is used whenever what stands before it is empty or missing";

struct reader {
	const uint8_t *bytes;
	size_t size, at;
	unsigned *budget;
	struct fallback *found;
};

struct span {
	size_t at, length;
};

// ---- words

static bool is_name_byte(uint8_t byte)
{
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '$';
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static int peek(const struct reader *reader)
{
	return reader->at < reader->size ? reader->bytes[reader->at] : -1;
}

static bool skip_text(struct reader *reader, const char *text)
{
	size_t length = strlen(text);

	if (length > reader->size - reader->at ||
		memcmp(reader->bytes + reader->at, text, length) != 0)
		return false;
	reader->at += length;
	return true;
}

static void skip_bytes(struct reader *reader, const char *bytes)
{
	while (reader->at < reader->size && reader->bytes[reader->at] &&
		strchr(bytes, reader->bytes[reader->at]))
		reader->at++;
}

static bool read_name(struct reader *reader, struct span *ret_name)
{
	size_t start = reader->at;

	while (reader->at < reader->size && is_name_byte(reader->bytes[reader->at]))
		reader->at++;
	*ret_name = (struct span){start, reader->at - start};
	return ret_name->length > 0 && ret_name->length <= NAME_MAX_LENGTH;
}

// A literal without escapes, in quotes or in quotes that are escaped once or twice because the
// code itself stands in a string.
static bool read_literal(struct reader *reader, struct span *ret_literal)
{
	const uint8_t *bytes = reader->bytes;
	size_t slashes = 0, start, end;
	uint8_t quote;

	while (slashes < 3 && peek(reader) == '\\') {
		slashes++;
		reader->at++;
	}
	if (peek(reader) != '"' && peek(reader) != '\'' && peek(reader) != '`')
		return false;
	quote = bytes[reader->at++];
	start = end = reader->at;
	while (end < reader->size && end - start <= FALLBACK_LITERAL_MAX && bytes[end] != quote &&
		bytes[end] != '\\' && bytes[end] != '\n')
		end++;
	for (size_t i = 0; i < slashes; i++)
		if (end + i >= reader->size || bytes[end + i] != '\\')
			return false;
	if (end + slashes >= reader->size || bytes[end + slashes] != quote)
		return false;
	reader->at = end + slashes + 1;
	while (reader->at < reader->size && reader->bytes[reader->at] == ' ')
		reader->at++;
	if (peek(reader) > 0 && strchr("+=!", peek(reader)))
		return false; // a part of an expression, not all of it
	*ret_literal = (struct span){start, end - start};
	return true;
}

// ---- judging a literal

static struct secret view_of(const struct reader *reader, struct span span)
{
	return secret_view(reader->bytes + span.at, span.length);
}

static bool holds(const char *folded, const char *const *words)
{
	for (; *words; words++)
		if (strstr(folded, *words))
			return true;
	return false;
}

// Whether a text can hardly be anything but a placeholder for a secret.
static bool is_loud(struct secret text)
{
	static const char *const things[] = {
		"secret", "key", "token", "passw", "jwt", "auth", NULL};
	static const char *const signs[] = {"your", "change", "super", "my-", "replace",
		"placeholder", "insecure", "fallback-", "default-", "dev-", "development-",
		"keyboard-cat", NULL};
	char folded[FALLBACK_LITERAL_MAX + 1];

	if (text.length < 8 || text.length > FALLBACK_LITERAL_MAX)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		uint8_t byte = secret_bytes(text)[i];

		if (byte <= ' ' || byte >= 0x7F)
			return false;
		folded[i] = (char)(byte == '_'                  ? '-'
				   : byte >= 'A' && byte <= 'Z' ? byte + 32
								: byte);
	}
	folded[text.length] = '\0';
	return holds(folded, things) && holds(folded, signs) && placeholder_is_known(text);
}

// Words that a setting has by right, even where its name sounds like that of a secret.
static bool is_setting(struct secret text)
{
	static const char *const words[] = {"none", "default", "local", "public", "private", "dev",
		"development", "test", "testing", "value", "string", "empty", "unset", "hidden",
		"user", "guest", "token", "jwt", "n/a", "sample", "example", "undefined", "null"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (secret_is(text, words[i]))
			return true;
	return false;
}

static bool is_fallback_for(const char *key, struct secret text)
{
	if (text.length < FALLBACK_LITERAL_MIN || text.length > FALLBACK_LITERAL_MAX ||
		shape_name_is_public(key))
		return false;
	if (shape_name_looks_secret(key))
		return placeholder_is_known(text) && !is_setting(text);
	return is_loud(text);
}

static bool accept(struct reader *reader, struct span literal, const char *text)
{
	reader->found->at = literal.at;
	reader->found->length = literal.length;
	reader->found->text = text;
	reader->found->alone = text == alone_text;
	return true;
}

// ---- what a variable was given

// Whether `name` is assigned a literal at `at`.
static bool is_given(
	const struct reader *reader, struct span name, size_t at, struct span *ret_literal)
{
	struct reader there = {.bytes = reader->bytes, .size = reader->size, .at = at};

	if (name.length > reader->size - at ||
		memcmp(reader->bytes + at, reader->bytes + name.at, name.length) != 0 ||
		(at > 0 && (is_name_byte(reader->bytes[at - 1]) || reader->bytes[at - 1] == '.')))
		return false;
	there.at = at + name.length;
	skip_bytes(&there, " ");
	if (!skip_text(&there, "="))
		return false;
	skip_bytes(&there, " ");
	return read_literal(&there, ret_literal);
}

// The literal that a variable was given nearby, rather before its use than behind.
static bool find_given(struct reader *reader, struct span name, struct span *ret_literal)
{
	size_t back = name.at > FALLBACK_BACK ? name.at - FALLBACK_BACK : 0;
	size_t ahead =
		reader->size - name.at > FALLBACK_AHEAD ? name.at + FALLBACK_AHEAD : reader->size;

	if (!*reader->budget)
		return false;
	--*reader->budget;
	for (size_t at = name.at; at > back; at--)
		if (reader->bytes[at - 1] == reader->bytes[name.at] &&
			is_given(reader, name, at - 1, ret_literal))
			return true;
	for (size_t at = name.at + name.length; at < ahead; at++)
		if (reader->bytes[at] == reader->bytes[name.at] &&
			is_given(reader, name, at, ret_literal))
			return true;
	return false;
}

// ---- behind a read of the environment

// A literal, or a variable that was given one.
static bool read_operand(struct reader *reader)
{
	struct span literal, name;

	skip_bytes(reader, " \t\r\n(");
	if (!read_literal(reader, &literal)) {
		if (!read_name(reader, &name) || peek(reader) == '.' || peek(reader) == '(' ||
			peek(reader) == '[' || !find_given(reader, name, &literal))
			return false;
	}
	return is_fallback_for(reader->found->key, view_of(reader, literal)) &&
	       accept(reader, literal, behind_text);
}

// X ? X : "..." from behind the question mark on; the first arm may not hold a literal.
static bool read_conditional(struct reader *reader)
{
	size_t limit = reader->size - reader->at > ARM_MAX ? reader->at + ARM_MAX : reader->size;

	for (; reader->at < limit; reader->at++) {
		uint8_t byte = reader->bytes[reader->at];

		if (byte == ':') {
			reader->at++;
			return read_operand(reader);
		}
		if (!is_name_byte(byte) && !is_space(byte) && !strchr(".()!?&=", byte ? byte : ';'))
			return false;
	}
	return false;
}

// void 0 === X ? "..." : X: whether the comparison stands before the read.
static bool is_compared(const struct reader *reader, size_t before)
{
	size_t from = before > 32 ? before - 32 : 0;

	size_t start = before;

	while (start > from &&
		(is_name_byte(reader->bytes[start - 1]) || reader->bytes[start - 1] == '.'))
		start--;
	if (start > from + 1 && reader->bytes[start - 1] == '!' && reader->bytes[start - 2] != '!')
		return true;
	return memmem(reader->bytes + from, before - from, "void 0===", 9) ||
	       memmem(reader->bytes + from, before - from, "undefined === ", 14) ||
	       memmem(reader->bytes + from, before - from, "null==", 6);
}

// What may stand between the name and the operator: brackets, `!`, .trim().
static void skip_calls(struct reader *reader)
{
	for (int i = 0; i < CALLS_MAX; i++) {
		struct reader ahead;
		struct span name;

		skip_bytes(reader, " \t\r\n)");
		ahead = *reader;
		if (peek(reader) == '!' && reader->at + 1 < reader->size &&
			reader->bytes[reader->at + 1] != '=') {
			reader->at++;
			continue;
		}
		(void)skip_text(&ahead, "?");
		if (!skip_text(&ahead, ".") || !read_name(&ahead, &name) ||
			!skip_text(&ahead, "()"))
			return;
		reader->at = ahead.at;
	}
}

static bool set_key(struct reader *reader, struct span name)
{
	if (name.length >= FALLBACK_KEY_SIZE)
		return false;
	memcpy(reader->found->key, reader->bytes + name.at, name.length);
	reader->found->key[name.length] = '\0';
	return true;
}

// What says that a value is missing, or that it is there.
static const char *const absent[] = {
	"===void 0", "=== void 0", "===undefined", "=== undefined", "==null", "== null", NULL};
static const char *const present[] = {
	"!==void 0", "!== void 0", "!==null", "!== null", "!=null", "!= null", NULL};

static bool skip_any(struct reader *reader, const char *const *texts)
{
	for (; *texts; texts++)
		if (skip_text(reader, *texts))
			return true;
	return false;
}

static bool skip_question(struct reader *reader)
{
	skip_bytes(reader, " \t\r\n");
	return skip_text(reader, "?");
}

// From behind the name of what is read; `before` is where the read begins.
static bool read_guard(struct reader *reader, size_t before)
{
	size_t limit;

	skip_calls(reader);
	if (skip_text(reader, "||") || skip_text(reader, "??")) {
		(void)skip_text(reader, "=");
		return read_operand(reader);
	}
	if (skip_any(reader, absent))
		return skip_question(reader) && read_operand(reader);
	if (skip_any(reader, present) ||
		skip_text(reader, "&&")) { // null !== (e = X) && void 0 !== e ? e : "..."
		limit = reader->at + ARM_MAX;
		while (reader->at < reader->size && reader->at < limit && peek(reader) != '?' &&
			peek(reader) != ';' && peek(reader) != ',')
			reader->at++;
	}
	if (!skip_text(reader, "?"))
		return skip_text(reader, "or ") && read_operand(reader);
	skip_bytes(reader, " \t\r\n");
	if (is_compared(reader, before) && peek(reader) != ':') {
		struct reader arm = *reader;

		if (read_operand(&arm))
			return true;
	}
	return read_conditional(reader);
}

// .env.NAME
static bool find_member(struct reader *reader, size_t before)
{
	struct span name;

	return read_name(reader, &name) && set_key(reader, name) && read_guard(reader, before);
}

// .env["NAME"]
static bool find_element(struct reader *reader, size_t before)
{
	struct span name;

	return read_literal(reader, &name) && name.length <= NAME_MAX_LENGTH &&
	       set_key(reader, name) && skip_text(reader, "]") && read_guard(reader, before);
}

// os.getenv("NAME", "..."), os.environ.get("NAME") or "..."
static bool find_call(struct reader *reader, size_t before)
{
	struct span name;

	skip_bytes(reader, " \t\r\n");
	if (!read_literal(reader, &name) || name.length > NAME_MAX_LENGTH || !set_key(reader, name))
		return false;
	skip_bytes(reader, " \t\r\n");
	if (!skip_text(reader, ","))
		return read_guard(reader, before);
	skip_bytes(reader, " \t\r\n");
	(void)skip_text(reader, "default=");
	return read_operand(reader);
}

// {NAME: a = "..."} = process.env: from the last assignment of the pattern on.
static bool find_pattern(struct reader *reader, size_t before)
{
	size_t from = before > ARM_MAX ? before - ARM_MAX : 0;

	for (size_t at = before; at-- > from && reader->bytes[at] != '{';) {
		struct reader there = *reader;
		struct span name, literal;

		there.at = at;
		if (at == 0 ||
			!strchr("{, \n", reader->bytes[at - 1] ? reader->bytes[at - 1] : '.') ||
			!read_name(&there, &name) || !set_key(reader, name))
			continue;
		if (skip_text(&there, ":")) {
			skip_bytes(&there, " ");
			if (!read_name(&there, &name))
				continue;
		}
		skip_bytes(&there, " ");
		if (!skip_text(&there, "="))
			continue;
		skip_bytes(&there, " ");
		if (read_literal(&there, &literal) && there.at <= before &&
			is_fallback_for(reader->found->key, view_of(reader, literal)))
			return accept(reader, literal, behind_text);
	}
	return false;
}

// ---- behind an operator that guards something else

// Whether a member of the environment ends there: find_member judges it by its name.
static bool is_member(const struct reader *reader, size_t end)
{
	static const char env[] = ".env.";
	const size_t length = sizeof(env) - 1;

	while (end > 0 && is_name_byte(reader->bytes[end - 1]))
		end--;
	return end >= length && memcmp(reader->bytes + end - length, env, length) == 0;
}

static bool find_operand(struct reader *reader, size_t before)
{
	struct span literal;

	while (before > 0 && is_space(reader->bytes[before - 1]))
		before--;
	if (before == 0 ||
		!(is_name_byte(reader->bytes[before - 1]) || reader->bytes[before - 1] == ')' ||
			reader->bytes[before - 1] == ']') ||
		is_member(reader, before))
		return false;
	reader->at--; // back to the quote
	return read_literal(reader, &literal) && is_loud(view_of(reader, literal)) &&
	       accept(reader, literal, operator_text);
}

// ---- a placeholder by itself

// What a key is handed to, or how it is given back, as it stands in front of it.
static const char *const uses[] = {
	"=>", "=> ", "return ", "return", ".encode(", "Buffer.from(", "createSecretKey("};
// Calls whose second argument is a key.
static const char *const calls[] = {".sign(", ".verify(", "createHmac("};

static bool stands_before(const struct reader *reader, size_t at, const char *text)
{
	size_t length = strlen(text);

	return at >= length && memcmp(reader->bytes + at - length, text, length) == 0;
}

// Whether a comma stands before `at` and one of the calls before that.
static bool is_second_argument(const struct reader *reader, size_t at)
{
	size_t from = at > ARM_MAX ? at - ARM_MAX : 0;

	if (at > 0 && reader->bytes[at - 1] == ' ')
		at--;
	if (at == 0 || reader->bytes[at - 1] != ',')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (memmem(reader->bytes + from, at - from, calls[i], strlen(calls[i])))
			return true;
	return false;
}

static bool is_used(const struct reader *reader, size_t at)
{
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++)
		if (stands_before(reader, at, uses[i]))
			return true;
	return is_second_argument(reader, at);
}

// Whether the variable is used as a key, or given back, without anything that guards it.
static bool is_used_later(const struct reader *reader, struct span name)
{
	const uint8_t *bytes = reader->bytes;
	size_t end =
		reader->size - name.at > FALLBACK_AHEAD ? name.at + FALLBACK_AHEAD : reader->size;

	for (size_t at = name.at + name.length; at + name.length <= end; at++) {
		size_t behind = at + name.length;

		if (bytes[at] == bytes[name.at] &&
			memcmp(bytes + at, bytes + name.at, name.length) == 0 &&
			(behind == reader->size ||
				strchr(",;})\n ", bytes[behind] ? bytes[behind] : '.')) &&
			is_used(reader, at))
			return true;
	}
	return false;
}

// let d="your-secret-key",e=()=>d or .encode("your-secret-key"): the anchor begins with the quote.
static bool find_alone(struct reader *reader, size_t before)
{
	const uint8_t *bytes = reader->bytes;
	struct span literal, name;
	size_t end = before;

	reader->at = before;
	if (!read_literal(reader, &literal) || !is_loud(view_of(reader, literal)))
		return false;
	if (is_used(reader, before))
		return accept(reader, literal, alone_text);
	while (end > 0 && bytes[end - 1] == ' ')
		end--;
	if (end == 0 || bytes[end - 1] != '=')
		return false;
	for (end--; end > 0 && bytes[end - 1] == ' ';)
		end--;
	name = (struct span){end, 0};
	while (name.at > 0 && is_name_byte(bytes[name.at - 1]) && name.length <= SHORT_NAME) {
		name.at--;
		name.length++;
	}
	return name.length > 0 && name.length <= SHORT_NAME && *reader->budget &&
	       --*reader->budget && is_used_later(reader, name) &&
	       accept(reader, literal, alone_text);
}

// ---- the literals

static const struct {
	const char *text;
	bool (*find)(struct reader *reader, size_t before);
} rows[] = {
	{".env.", find_member},
	{".env?.", find_member},
	{".env[", find_element},
	{"}=process.env", find_pattern},
	{"} = process.env", find_pattern},
	{"environ.get(", find_call},
	{"getenv(", find_call},
	{"ENV.fetch(", find_call},
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
	char text[FALLBACK_LITERAL_MAX + 2];
	int code = 0;

	for (const char *quote = QUOTES; *quote && code == 0; quote++) {
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
		if (is_loud(secret_view(text, strlen(text))))
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
	size_t from = at > ARM_MAX ? at - ARM_MAX : 0;
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
	struct reader reader = {bytes, size, at, budget, ret_fallback};

	*ret_fallback = (struct fallback){0};
	if (index < ARRAY_SIZE(rows))
		reader.at += strlen(rows[index].text);
	return !is_in_comment(bytes, at) &&
	       (index < ARRAY_SIZE(rows) ? rows[index].find : find_alone)(&reader, at);
}

// ---- where placeholders mean nothing

static const char *const document_endings[] = {
	".md", ".mdx", ".markdown", ".rst", ".txt", ".d.ts", ".d.mts", ".d.cts", ".adoc", ".po"};
// below node_modules
static const char *const idle_folders[] = {"example", "examples", "test", "tests", "__tests__",
	"spec", "docs", "doc", "demo", "demos", "fixtures", "__fixtures__", "samples", "benchmark",
	"benchmarks"};

static bool is_idle_folder(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(idle_folders); i++)
		if (strlen(idle_folders[i]) == length && memcmp(idle_folders[i], name, length) == 0)
			return true;
	return false;
}

// Whether a folder of the path behind its last node_modules is one of those above.
static bool is_idle_path(const char *path)
{
	const char *at = NULL, *next = path, *slash;

	while ((next = strstr(next, "node_modules/"))) {
		next += strlen("node_modules/");
		at = next;
	}
	for (; at && (slash = strchr(at, '/')); at = slash + 1)
		if (is_idle_folder(at, (size_t)(slash - at)))
			return true;
	return false;
}

static bool is_document(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(document_endings); i++)
		if (text_ends(path, document_endings[i]))
			return true;
	return false;
}

bool fallback_matters(const struct scanreport_place *place)
{
	if (is_document(place->path) || is_idle_path(place->path))
		return false;
	for (size_t i = 0; i < place->inside_count; i++)
		if (is_document(place->inside[i]) || is_idle_path(place->inside[i]))
			return false;
	return true;
}
