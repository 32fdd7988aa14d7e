// The spellings by which languages read the environment are rows of a table; each is searched for
// in the bytes, and what follows is judged by its form.
// SPDX-License-Identifier: MIT
#include "loader/inspect/mention.h"

#include "lib/base/ascii.h"
#include "lib/base/text.h"
#include "loader/inspect/envhelper.h"

// How the name stands behind the words that are searched for.
enum form {
	FORM_MEMBER, // .NAME, ?.NAME or ["NAME"]; before it `{ A, B } =` counts too
	FORM_QUOTED, // "NAME" and a closing bracket
	FORM_TAG,    // "NAME" or "NAME,options" of a field; a default stands in a tag of its own
};

struct spelling {
	enum mention_language language;
	const char *words;
	enum form form;
	bool second_is_fallback; // f("NAME", "text") gives the text when the key is missing
	bool browser;
};

static const struct spelling spellings[] = {
	{MENTION_SCRIPT, "process.env", FORM_MEMBER, false, false},
	{MENTION_SCRIPT, "import.meta.env", FORM_MEMBER, false, true},
	{MENTION_SCRIPT, "Bun.env", FORM_MEMBER, false, false},
	{MENTION_SCRIPT, "Deno.env.get(", FORM_QUOTED, false, false},
	{MENTION_PYTHON, "environ[", FORM_QUOTED, false, false},
	{MENTION_PYTHON, "environ.get(", FORM_QUOTED, true, false},
	{MENTION_PYTHON, "environ.setdefault(", FORM_QUOTED, true, false},
	{MENTION_PYTHON, "getenv(", FORM_QUOTED, true, false},
	{MENTION_GO, "os.Getenv(", FORM_QUOTED, false, false},
	{MENTION_GO, "os.LookupEnv(", FORM_QUOTED, false, false},
	{MENTION_GO, "env:", FORM_TAG, false, false},
	{MENTION_GO, "envconfig:", FORM_TAG, false, false},
	{MENTION_RUBY, "ENV[", FORM_QUOTED, false, false},
	{MENTION_RUBY, "ENV.fetch(", FORM_QUOTED, true, false},
	{MENTION_RUST, "env::var(", FORM_QUOTED, false, false},
	{MENTION_RUST, "env::var_os(", FORM_QUOTED, false, false},
	{MENTION_PHP, "getenv(", FORM_QUOTED, false, false},
	{MENTION_PHP, "$_ENV[", FORM_QUOTED, false, false},
	{MENTION_PHP, "$_SERVER[", FORM_QUOTED, false, false},
	{MENTION_PHP, "env(", FORM_QUOTED, true, false},
	{MENTION_JAVA, "System.getenv(", FORM_QUOTED, false, false},
	{MENTION_JAVA, "System.getenv().get(", FORM_QUOTED, false, false},
	{MENTION_JAVA, "System.getenv().getOrDefault(", FORM_QUOTED, true, false},
	{MENTION_CSHARP, "GetEnvironmentVariable(", FORM_QUOTED, false, false},
};

// The source, and where the search stands.
struct scan {
	const char *bytes;
	size_t length;
	size_t counted, began; // lines are counted up to here; where the last one begins
	uint32_t line;
	int (*found)(void *user, const struct mention *mention);
	void *user;
};

static bool is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_word(int c)
{
	return ascii_is_name(c, false) || c == '$';
}

static int at(const struct scan *scan, size_t i)
{
	return i < scan->length ? (unsigned char)scan->bytes[i] : -1;
}

static size_t skip_space(const struct scan *scan, size_t i)
{
	while (is_space(at(scan, i)))
		i++;
	return i;
}

static bool begins(const struct scan *scan, size_t i, const char *text)
{
	size_t length = strlen(text);

	return i <= scan->length && scan->length - i >= length &&
	       memcmp(scan->bytes + i, text, length) == 0;
}

static bool is_quote(int c)
{
	return c == '"' || c == '\'' || c == '`';
}

// The length of the name at `i`: [A-Za-z_][A-Za-z0-9_]*, or 0.
static size_t name_length(const struct scan *scan, size_t i)
{
	size_t end = i;

	if (at(scan, i) >= '0' && at(scan, i) <= '9')
		return 0;
	while (is_word(at(scan, end)) && at(scan, end) != '$')
		end++;
	return end - i <= MENTION_NAME_MAX && at(scan, end) != '$' ? end - i : 0;
}

// Searches go forward or a little back, so lines are counted from where they were counted last.
static uint32_t line_at(struct scan *scan, size_t i)
{
	while (scan->counted < i)
		if (scan->bytes[scan->counted++] == '\n') {
			scan->began = scan->counted;
			scan->line++;
		}
	for (; scan->counted > i; scan->counted--)
		scan->line -= scan->bytes[scan->counted - 1] == '\n';
	while (scan->began > i || (scan->began && scan->bytes[scan->began - 1] != '\n'))
		scan->began--;
	return scan->line;
}

// A line that begins as a comment does. One behind code is not told from a text with // in it.
static bool is_comment(struct scan *scan, size_t i)
{
	static const char *const starts[] = {"//", "/*", "*", "#", "<!--"};

	(void)line_at(scan, i);
	for (i = scan->began; at(scan, i) == ' ' || at(scan, i) == '\t';)
		i++;
	for (size_t j = 0; j < ARRAY_SIZE(starts); j++)
		if (begins(scan, i, starts[j]))
			return true;
	return false;
}

// Whether `|| "text"` or its like follows, behind brackets, casts and the end of a call.
static bool fallback_follows(const struct scan *scan, size_t i)
{
	// "??" is split because "??=" would be a trigraph
	static const char *const links[] = {"||=",
		"?"
		"?=",
		"||",
		"?"
		"?",
		"?:", "or ", ".unwrap_or("};

	i = skip_space(scan, i);
	while (at(scan, i) == ')' || at(scan, i) == '!')
		i = skip_space(scan, i + 1);
	if (begins(scan, i, "as string"))
		i = skip_space(scan, i + strlen("as string"));
	for (size_t j = 0; j < ARRAY_SIZE(links); j++)
		if (begins(scan, i, links[j]))
			return is_quote(at(scan, skip_space(scan, i + strlen(links[j]))));
	return false;
}

// Whether the key is given a value here. `||=` and `??=` read it first.
static bool is_assigned(const struct scan *scan, size_t i)
{
	i = skip_space(scan, i);
	return at(scan, i) == '=' && at(scan, i + 1) != '=' && at(scan, i + 1) != '>' &&
	       at(scan, i + 1) != '~';
}

static int tell(struct scan *scan, const struct spelling *spelling, size_t name, size_t length,
	bool fallback)
{
	return scan->found(scan->user, &(struct mention){
					       .name = scan->bytes + name,
					       .name_length = length,
					       .line = line_at(scan, name),
					       .fallback = fallback,
					       .browser = spelling->browser,
				       });
}

// The second argument, behind `default=` of Python.
static size_t skip_keyword(const struct scan *scan, size_t i)
{
	i = skip_space(scan, i);
	return begins(scan, i, "default=") ? i + strlen("default=") : i;
}

// Reads "NAME" at `i` up to its closing bracket.
static int read_quoted(struct scan *scan, const struct spelling *spelling, size_t i)
{
	size_t name, length, after;
	int quote;
	bool fallback = false;

	i = skip_space(scan, i);
	quote = at(scan, i);
	name = i + 1;
	length = is_quote(quote) ? name_length(scan, name) : 0;
	if (length == 0 || at(scan, name + length) != quote)
		return 0;
	after = skip_space(scan, name + length + 1);
	if (spelling->second_is_fallback && at(scan, after) == ',')
		fallback = is_quote(at(scan, skip_keyword(scan, after + 1)));
	else if (at(scan, after) == ')' || at(scan, after) == ']')
		after++;
	if (is_assigned(scan, after))
		return 0;
	return tell(scan, spelling, name, length, fallback || fallback_follows(scan, after));
}

// Reads "NAME" or "NAME,options" at `i`, and the tag behind it that may hold a default.
static int read_tag(struct scan *scan, const struct spelling *spelling, size_t i)
{
	size_t name = i + 1, length = at(scan, i) == '"' ? name_length(scan, name) : 0, after;

	if (length == 0 || (at(scan, name + length) != '"' && at(scan, name + length) != ','))
		return 0;
	for (after = name + length; at(scan, after) != '"'; after++)
		if (at(scan, after) == -1 || at(scan, after) == '\n')
			return 0;
	after = skip_space(scan, after + 1);
	return tell(scan, spelling, name, length,
		begins(scan, after, "envDefault:\"") || begins(scan, after, "default:\""));
}

// The `{` of `{ A, B } = process.env`, or SIZE_MAX; `i` is where the words begin.
static size_t pattern_start(const struct scan *scan, size_t i)
{
	size_t lowest = i > MENTION_PATTERN_MAX ? i - MENTION_PATTERN_MAX : 0;

	while (i > lowest && is_space(at(scan, i - 1)))
		i--;
	if (i == lowest || at(scan, --i) != '=')
		return SIZE_MAX;
	while (i > lowest && is_space(at(scan, i - 1)))
		i--;
	if (i == lowest || at(scan, --i) != '}')
		return SIZE_MAX;
	while (i > lowest && at(scan, --i) != '{')
		if (at(scan, i) == '}' || at(scan, i) == ';')
			return SIZE_MAX;
	return at(scan, i) == '{' ? i : SIZE_MAX;
}

// The end of a default value: the comma or brace behind it, not those inside a text.
static size_t skip_default(const struct scan *scan, size_t i)
{
	int quote = 0;

	for (; i < scan->length; i++) {
		int c = at(scan, i);

		if (quote)
			quote = c == quote ? 0 : quote;
		else if (is_quote(c))
			quote = c;
		else if (c == ',' || c == '}')
			break;
	}
	return i;
}

// One item of a pattern: `A`, `B: b` or `C = "text"`.
static int read_item(struct scan *scan, const struct spelling *spelling, size_t name, size_t length)
{
	size_t after = skip_space(scan, name + length);
	bool fallback;

	if (at(scan, after) == ':') {
		after = skip_space(scan, after + 1);
		after = skip_space(scan, after + name_length(scan, after));
	}
	fallback = at(scan, after) == '=' && is_quote(at(scan, skip_space(scan, after + 1)));
	return tell(scan, spelling, name, length, fallback);
}

// Reads the items from behind the `{` up to its `}`.
static int read_pattern(struct scan *scan, const struct spelling *spelling, size_t i)
{
	for (;;) {
		size_t name = skip_space(scan, i), length = name_length(scan, name);
		int code = length ? read_item(scan, spelling, name, length) : 0;

		if (code)
			return code;
		if (begins(scan, name, "//")) {
			const char *end = memchr(scan->bytes + name, '\n', scan->length - name);

			i = end ? (size_t)(end - scan->bytes) : scan->length;
			continue;
		}
		i = skip_default(scan, name);
		if (at(scan, i) != ',')
			return 0;
		i++;
	}
}

// Reads what stands behind (or, destructured, before) process.env; `i` is where the words begin.
static int read_member(struct scan *scan, const struct spelling *spelling, size_t i)
{
	size_t start = i, length;

	i += strlen(spelling->words);
	if (begins(scan, i, "?.["))
		i += 2;
	if (at(scan, i) == '[')
		return read_quoted(scan, spelling, i + 1);
	if (begins(scan, i, "?."))
		i++;
	if (at(scan, i) != '.') {
		size_t brace = is_word(at(scan, i)) ? SIZE_MAX : pattern_start(scan, start);

		return brace == SIZE_MAX ? 0 : read_pattern(scan, spelling, brace + 1);
	}
	length = name_length(scan, ++i);
	if (length == 0 || at(scan, i + length) == '(' || is_assigned(scan, i + length))
		return 0;
	return tell(scan, spelling, i, length, fallback_follows(scan, i + length));
}

static int scan_spelling(struct scan *scan, const struct spelling *spelling)
{
	const char *hit = scan->bytes, *end = scan->bytes + scan->length;
	size_t length = strlen(spelling->words);

	for (; (hit = memmem(hit, (size_t)(end - hit), spelling->words, length)); hit += length) {
		size_t i = (size_t)(hit - scan->bytes);
		int code;

		if ((i > 0 && is_word(at(scan, i - 1))) || is_comment(scan, i))
			continue;
		code = spelling->form == FORM_MEMBER ? read_member(scan, spelling, i)
		       : spelling->form == FORM_TAG  ? read_tag(scan, spelling, i + length)
						     : read_quoted(scan, spelling, i + length);
		if (code)
			return code;
	}
	return 0;
}

// Whether one of the spellings ends with the bracket at `i`.
static bool is_spelled(const struct scan *scan, enum mention_language language, size_t i)
{
	for (size_t j = 0; j < ARRAY_SIZE(spellings); j++) {
		size_t length = strlen(spellings[j].words);

		if (spellings[j].language == language && length <= i + 1 &&
			begins(scan, i + 1 - length, spellings[j].words))
			return true;
	}
	return false;
}

// A helper is given NAMES only in capitals: what else is called so may read anything.
static bool is_capital(const struct scan *scan, size_t bracket)
{
	size_t i = skip_space(scan, bracket + 1);
	size_t length = is_quote(at(scan, i)) ? name_length(scan, i + 1) : 0;

	for (size_t j = i + 1; j <= i + length; j++)
		if (at(scan, j) >= 'a' && at(scan, j) <= 'z')
			return false;
	return length > 1;
}

static int scan_helpers(struct scan *scan, enum mention_language language)
{
	const char *end = scan->bytes + scan->length, *hit = scan->bytes;
	int code = 0;

	for (; code == 0 && (hit = memchr(hit, '(', (size_t)(end - hit))); hit++) {
		struct spelling spelling = {.language = language, .form = FORM_QUOTED};
		size_t i = (size_t)(hit - scan->bytes);

		if (is_capital(scan, i) && !is_spelled(scan, language, i) && !is_comment(scan, i) &&
			envhelper_reads(scan->bytes, hit, language == MENTION_PYTHON,
				&spelling.second_is_fallback))
			code = read_quoted(scan, &spelling, i + 1);
	}
	return code;
}

int mention_scan(const char *bytes, size_t length, enum mention_language language,
	int (*found)(void *user, const struct mention *mention), void *user)
{
	struct scan scan = {
		.bytes = bytes, .length = length, .line = 1, .found = found, .user = user};

	if (length == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		int code =
			spellings[i].language == language ? scan_spelling(&scan, &spellings[i]) : 0;

		if (code)
			return code;
	}
	return language == MENTION_NONE ? 0 : scan_helpers(&scan, language);
}
