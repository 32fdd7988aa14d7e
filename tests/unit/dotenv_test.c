// The .env reader: what every rule of the dialects portable and literal makes of some bytes, told
// as entries and troubles with their places.
// SPDX-License-Identifier: MIT
#include "loader/read/dialects/dotenv.h"

#include "loader/read/dialects/dialect.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// What the reader told, one "NAME=[value] LINE:COLUMN" or "!code LINE:COLUMN" after the other.
struct told {
	char text[2048];
	size_t used;
	int stop_after; // entries; 0: never
	int entries;
};

static void tell(struct told *told, const char *text, size_t length)
{
	static const char *const shown[32] = {
		['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t", [0] = "\\0"};

	for (size_t i = 0; i < length && told->used + 8 < sizeof(told->text); i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte < 32 && shown[byte])
			told->used +=
				(size_t)snprintf(told->text + told->used, 8, "%s", shown[byte]);
		else
			told->text[told->used++] = (char)byte;
	}
}

static void tell_place(struct told *told, uint32_t line, uint32_t column)
{
	char text[64];

	tell(told, text, (size_t)snprintf(text, sizeof(text), " %u:%u; ", line, column));
}

static int on_entry(void *user, const struct dotenv_entry *entry)
{
	struct told *told = user;
	own_free uint8_t *value = malloc(entry->raw_length + 1);
	size_t length = dotenv_decode(entry, value);

	tell(told, entry->name, entry->name_length);
	tell(told, "=[", 2);
	tell(told, (const char *)value, length);
	tell(told, "]", 1);
	tell_place(told, entry->line, entry->column);
	return ++told->entries == told->stop_after ? 7 : 0;
}

static void on_trouble(void *user, const struct dotenv_trouble *trouble)
{
	struct told *told = user;
	const char *code = finding_kind(trouble->finding)->code;

	tell(told, "!", 1);
	tell(told, code, strlen(code));
	tell_place(told, trouble->line, trouble->column);
}

// Reads a copy of exactly that size, so that a sanitizer sees one byte too many.
static int read_all(struct told *told, const char *dialect, const char *bytes, size_t length)
{
	const struct dotenv_sink sink = {told, on_entry, on_trouble};
	own_free uint8_t *copy = malloc(length ? length : 1);

	if (!copy)
		return -ENOMEM;
	if (length)
		memcpy(copy, bytes, length);
	return dotenv_read(copy, length, dialect_find(dialect), &sink);
}

struct row {
	const char *rule;
	const char *bytes;
	const char *expected;
};

static void check_rows(const char *dialect, const struct row *rows, size_t count)
{
	int wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct told told = {0};
		int code = read_all(&told, dialect, rows[i].bytes, strlen(rows[i].bytes));

		if (code == 0 && strcmp(told.text, rows[i].expected) == 0)
			continue;
		print_error("%s:\n  read     %s\n  expected %s\n", rows[i].rule, told.text,
			rows[i].expected);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

// clang-format off
static const struct row names[] = {
	{"an empty file holds nothing", "", ""},
	{"blank lines and comments hold nothing", "\n  \n# K=v\n\t# x\n", ""},
	{"a plain line", "KEY=value\n", "KEY=[value] 1:1; "},
	{"the last line needs no newline", "A=1\nB=2", "A=[1] 1:1; B=[2] 2:1; "},
	{"lower case, digits and underscores", "_a9=x\n", "_a9=[x] 1:1; "},
	{"an indented line keeps its column", "  K=v\n", "K=[v] 1:3; "},
	{"dots and dashes are warned of", "a.b-c=v\n", "!odd-name 1:1; a.b-c=[v] 1:1; "},
	{"a digit cannot begin a name", "1K=v\nB=2\n", "!bad-name 1:1; B=[2] 2:1; "},
	{"a line that begins with =", "=v\n", "!bad-name 1:1; "},
	{"letters beyond ASCII are no name", "K\xC3\x89Y=v\n", "!bad-name 1:2; "},
	{"a name in quotes is no name", "\"K\"=v\n", "!bad-name 1:1; "},
	{"the marks of a merge", "<<<<<<< HEAD\nA=1\n||||||| 1f\n=======\r\nA=2\n>>>>>>> x=y\n",
		"!merge-mark 1:1; A=[1] 2:1; !merge-mark 3:1; !merge-mark 4:1; A=[2] 5:1; !merge-mark 6:1; "},
	{"fewer and more of them are none", "<<<<<< H\n========\n>>>>>>>\n",
		"!malformed 1:1; !bad-name 2:1; !malformed 3:1; "},
	{"two words before = are junk", "MY KEY=v\n", "!malformed 1:4; "},
	{"a bare word", "KEY\nB=2\n", "!bare-key 1:1; B=[2] 2:1; "},
	{"a bare word after export", "export KEY\n", "!export-prefix 1:1; !bare-key 1:8; "},
	{"the colon form", "KEY: v\n", "!colon-line 1:4; "},
	{"the colon form without a space", "KEY:v\n", "!colon-line 1:4; "},
	{"prose", "hello world\n", "!malformed 1:7; "},
	{"punctuation", "---\n", "!bare-key 1:1; "},
	{"export is warned of", "export K=v\n", "!export-prefix 1:1; K=[v] 1:8; "},
	{"export as a name", "export=v\n", "export=[v] 1:1; "},
	{"exported is no export", "exported=v\n", "exported=[v] 1:1; "},
	{"spaces before =", "K =v\n", "!spaced-equals 1:2; K=[v] 1:1; "},
	{"spaces after =", "K= v\n", "!spaced-equals 1:3; K=[v] 1:1; "},
	{"tabs around =", "K\t=\tv\n", "!spaced-equals 1:2; !spaced-equals 1:4; K=[v] 1:1; "},
};

static const struct row plain_values[] = {
	{"nothing", "K=\nB=2\n", "K=[] 1:1; B=[2] 2:1; "},
	{"only blanks do not swallow the next line", "K=  \nB=2\n", "K=[] 1:1; B=[2] 2:1; "},
	{"nothing at the end of the file", "K=", "K=[] 1:1; "},
	{"blanks at the end are trimmed", "K=v \t \n", "K=[v] 1:1; "},
	{"blanks inside stay", "K=a  b\n", "K=[a  b] 1:1; "},
	{"the first = counts", "K=a=b==\n", "K=[a=b==] 1:1; "},
	{"no escapes", "K=a\\nb\\\n", "K=[a\\nb\\] 1:1; "},
	{"a quote inside stays", "K=it's \"so\"\n", "K=[it's \"so\"] 1:1; "},
	{"a comment after white space is cut", "K=v # note\n", "K=[v] 1:1; "},
	{"a comment after a tab is cut", "K=v\t#note\n", "K=[v] 1:1; "},
	{"a bare # stays, with a warning", "K=pa#ss\n", "!bare-hash 1:5; K=[pa#ss] 1:1; "},
	{"one warning for many #", "K=a#b#c # d\n", "!bare-hash 1:4; K=[a#b#c] 1:1; "},
	{"a value that begins with # is a comment", "K=#v\n", "!comment-only 1:3; K=[] 1:1; "},
	{"a comment instead of a value", "K= # c\n", "!comment-only 1:4; K=[] 1:1; "},
	{"a dollar before a name", "K=a$b\n", "!dollar 1:4; K=[a$b] 1:1; "},
	{"a dollar before a brace", "K=${b}\n", "!dollar 1:3; K=[${b}] 1:1; "},
	{"a command is not run", "K=$(id)\n", "!dollar 1:3; K=[$(id)] 1:1; "},
	{"two dollars are eight things to eight loaders", "K=pa$$\n", "!dollar 1:5; K=[pa$$] 1:1; "},
	{"a dollar before nothing in particular", "K=a$ b$!\n", "K=[a$ b$!] 1:1; "},
	{"one warning for many dollars", "K=$a$b\n", "!dollar 1:3; K=[$a$b] 1:1; "},
	{"a dollar in a comment", "K=v # $a\n", "K=[v] 1:1; "},
	{"a backtick before a value", "K=`id`\n", "!backtick 1:3; "},
	{"a backtick inside a value", "K=a`b\nB=2\n", "!backtick 1:4; B=[2] 2:1; "},
	{"a backtick in a comment", "K=v # `id`\n", "K=[v] 1:1; "},
	{"text beyond ASCII", "K=\xC3\xA9\xF0\x9F\x94\x91\n", "K=[\xC3\xA9\xF0\x9F\x94\x91] 1:1; "},
};

static const struct row quoted_values[] = {
	{"single quotes", "K='a b'\n", "K=[a b] 1:1; "},
	{"single quotes are literal", "K='a\\n#\"`b'\n", "K=[a\\n#\"`b] 1:1; "},
	{"single quotes hold a dollar that some expand", "K='$a'\n", "!dollar 1:4; K=[$a] 1:1; "},
	{"double quotes", "K=\"a b\"\n", "K=[a b] 1:1; "},
	{"empty quotes", "K=\"\"\nB=''\n", "K=[] 1:1; B=[] 2:1; "},
	{"blanks inside quotes stay", "K=\" v \"\n", "K=[ v ] 1:1; "},
	{"a comment after the quotes", "K=\"v\" # c\n", "K=[v] 1:1; "},
	{"blanks after the quotes", "K='v'  \n", "K=[v] 1:1; "},
	{"a # at the quotes is text after them", "K=\"v\"# c\n", "!text-after-quote 1:6; "},
	{"text after the quotes", "K=\"a\"b\nB=2\n", "!text-after-quote 1:6; B=[2] 2:1; "},
	{"two quoted words", "K=\"a\" \"b\"\n", "!text-after-quote 1:6; "},
	{"the six escapes", "K=\"\\n\\r\\t\\\\\\\"\\$\"\n", "!backslash 1:4; K=[\\n\\r\\t\\\"$] 1:1; "},
	{"other escapes stay", "K=\"C:\\dir\\x\"\n", "!backslash 1:6; K=[C:\\dir\\x] 1:1; "},
	{"an escaped dollar", "K=\"\\$a\"\n", "!backslash 1:4; !dollar 1:5; K=[$a] 1:1; "},
	{"an escaped quote does not close", "K=\"a\\\"b\"\n", "!backslash 1:5; K=[a\"b] 1:1; "},
	{"an escaped backslash closes", "K=\"a\\\\\"\n", "!backslash 1:5; K=[a\\] 1:1; "},
	{"single quotes span lines", "K='a\nb'\nB=2\n", "K=[a\\nb] 1:1; B=[2] 3:1; "},
	{"double quotes span lines", "K=\"a\n\nb\"\nB=2\n", "K=[a\\n\\nb] 1:1; B=[2] 4:1; "},
	{"a line like an entry inside quotes is text", "K='\nB=2\n'\n", "K=[\\nB=2\\n] 1:1; "},
	{"a trouble on a later line of the value", "K=\"a\nxy\\n\"\n", "!backslash 2:3; K=[a\\nxy\\n] 1:1; "},
	{"a dollar on a later line of the value", "K='a\n\n $b'\n", "!dollar 3:2; K=[a\\n\\n $b] 1:1; "},
	{"text after quotes on a later line", "K='a\nb'c\nB=2\n", "!text-after-quote 2:3; B=[2] 3:1; "},
	{"a single quote that is never closed", "K='a\nB=2\n", "!unterminated 1:3; B=[2] 2:1; "},
	{"a double quote that is never closed", "A=1\nK=\"a\\\"\n", "A=[1] 1:1; !unterminated 2:3; "},
	{"a quote as the last byte", "K=\"", "!unterminated 1:3; "},
};

static const struct row bytes_and_ends[] = {
	{"a byte order mark", "\xEF\xBB\xBFK=v\n", "!bom 1:1; K=[v] 1:1; "},
	{"UTF-16 is one error, not one a line", "\xFF\xFEK=v\nB=w\n", "!not-text 1:1; "},
	{"many wrong bytes are one error", "A=\xFF\xFF\xFF\xFF\nB=\xFF\xFF\xFF\xFF\n", "!not-text 1:3; "},
	{"seven wrong bytes are told by their places", "A=\xFF\xFF\xFF\xFF\nB=\xFF\xFF\xFF\n",
		"!bad-utf8 1:3; !bad-utf8 2:3; "},
	{"eight in a long text too",
		"# a long line of words that anybody can read\nA=\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\n"
		"# another long line of words that anybody can read, and more of them\n",
		"!bad-utf8 2:3; "},
	{"Windows line ends, warned of once", "A=1\r\n\r\n# c\r\nB=\"x\" \r\n", "!crlf 1:4; A=[1] 1:1; B=[x] 4:1; "},
	{"Windows line ends inside quotes", "K=\"a\r\nb\"\r\n", "!crlf 1:5; K=[a\\nb] 1:1; "},
	{"Windows line ends inside single quotes", "K='a\r\nb'\n", "!crlf 1:5; K=[a\\nb] 1:1; "},
	{"an escaped carriage return is no line end", "K=\"a\\r\\n\"\n", "!backslash 1:5; K=[a\\r\\n] 1:1; "},
	{"a carriage return in a value", "K=a\rb\nB=2\n", "!lone-cr 1:4; B=[2] 2:1; "},
	{"old Macintosh line ends", "A=1\rB=2\r", "!lone-cr 1:4; "},
	{"a carriage return in quotes", "K='a\rb'\n", "!lone-cr 1:5; "},
	{"a carriage return in a name", "K\rX=v\n", "!lone-cr 1:2; "},
	{"a carriage return in a comment", "# a\rb\nB=2\n", "!lone-cr 1:4; B=[2] 2:1; "},
	{"a carriage return as the last byte", "K=v\r", "!lone-cr 1:4; "},
	{"bad UTF-8 in a value", "K=a\xFF\nB=2\n", "!bad-utf8 1:4; B=[2] 2:1; "},
	{"bad UTF-8 in quotes on a later line", "K='a\n\xC0\x80'\nB=2\n", "!bad-utf8 2:1; B=[2] 3:1; "},
	{"bad UTF-8 in a name", "K\xFFX=v\n", "!bad-utf8 1:2; "},
	{"bad UTF-8 in a comment", "# \xED\xA0\x80\n", "!bad-utf8 1:3; "},
	{"every bad line is named", "A=\xFF\nB=\xFE\n", "!bad-utf8 1:3; !bad-utf8 2:3; "},
};

static const struct row literal_values[] = {
	{"the bytes as they are", "K= \"a\" # b \n", "K=[ \"a\" # b ] 1:1; "},
	{"an open quote is a byte", "K='a\nB=2\n", "K=['a] 1:1; B=[2] 2:1; "},
	{"a backtick is a byte", "K=`id`\n", "K=[`id`] 1:1; "},
	{"a carriage return is a byte", "K=a\r\n", "K=[a\\r] 1:1; "},
	{"bytes that are no text", "K=\xFF\xFE\n", "K=[\xFF\xFE] 1:1; "},
	{"blank lines and comments", "\n# c\nK=v\n", "K=[v] 3:1; "},
	{"a space before = is no name", "K =v\n", "!malformed 1:3; "},
	{"export is no name", "export K=v\n", "!malformed 1:8; "},
	{"junk is an error here too", "junk\n", "!bare-key 1:1; "},
	{"nothing", "K=", "K=[] 1:1; "},
};
// clang-format on

static void reads_names(void **state)
{
	(void)state;
	check_rows("portable", names, ARRAY_SIZE(names));
}

static void reads_plain_values(void **state)
{
	(void)state;
	check_rows("portable", plain_values, ARRAY_SIZE(plain_values));
}

static void reads_quoted_values(void **state)
{
	(void)state;
	check_rows("portable", quoted_values, ARRAY_SIZE(quoted_values));
}

static void judges_bytes_and_line_ends(void **state)
{
	(void)state;
	check_rows("portable", bytes_and_ends, ARRAY_SIZE(bytes_and_ends));
}

static void reads_literal_values(void **state)
{
	(void)state;
	check_rows("literal", literal_values, ARRAY_SIZE(literal_values));
}

// A NUL ends no text table's row, so these have a length.
static void refuses_nul(void **state)
{
	static const struct {
		const char *rule, *dialect, *bytes;
		size_t length;
		const char *expected;
	} rows[] = {
		{"in a value", "portable", "K=a\0b\nB=2\n", 10, "!nul 1:4; B=[2] 2:1; "},
		{"in quotes, on a later line", "portable", "K='a\n\0'\nB=2\n", 12,
			"!nul 2:1; B=[2] 3:1; "},
		{"behind quotes", "portable", "K='a'\0\n", 7, "!text-after-quote 1:6; "},
		{"in a name", "portable", "K\0=v\n", 5, "!nul 1:2; "},
		{"in a comment", "portable", "#\0\n", 3, "!nul 1:2; "},
		{"in a literal value", "literal", "K=\0\n", 4, "!nul 1:3; "},
		{"alone", "portable", "\0", 1, "!nul 1:1; "},
		{"UTF-16 without a mark", "portable", "A\0=\0001\0\n\0B\0=\0002\0\n\0", 16,
			"!not-text 1:2; "},
		{"UTF-16 of the other order", "portable", "\0A\0=\0001\0\n\0B\0=\0002\0\n", 16,
			"!not-text 1:1; "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct told told = {0};

		assert_int_equal(
			read_all(&told, rows[i].dialect, rows[i].bytes, rows[i].length), 0);
		if (strcmp(told.text, rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].rule, told.text);
	}
}

static void stops_when_the_sink_says_so(void **state)
{
	struct told told = {.stop_after = 2};

	(void)state;
	assert_int_equal(read_all(&told, "portable", "A=1\nB=2\nC=3\n", 12), 7);
	assert_string_equal(told.text, "A=[1] 1:1; B=[2] 2:1; ");
}

// A trouble that belongs to a key names it, so that a finding can.
static void on_named_trouble(void *user, const struct dotenv_trouble *trouble)
{
	struct told *told = user;

	tell(told, trouble->name, trouble->name_length);
	tell(told, " ", 1);
}

static void names_the_key_of_a_trouble(void **state)
{
	static const char bytes[] = "A=x#y\nB=`\nC: v\njunk here\nD=\"x\"y\n";
	struct told told = {0};
	const struct dotenv_sink sink = {&told, on_entry, on_named_trouble};

	(void)state;
	assert_int_equal(dotenv_read((const uint8_t *)bytes, sizeof(bytes) - 1,
				 dialect_find("portable"), &sink),
		0);
	assert_string_equal(told.text, "A A=[x#y] 1:1; B   D ");
}

// What a shell, Next.js or an interpolation may still do with the raw bytes.
static int on_raw_entry(void *user, const struct dotenv_entry *entry)
{
	struct told *told = user;
	static const char *const quotes[] = {"plain", "single", "double"};

	tell(told, quotes[entry->quote], strlen(quotes[entry->quote]));
	tell(told, entry->dollar ? "$ " : " ", entry->dollar ? 2 : 1);
	tell(told, (const char *)entry->raw, entry->raw_length);
	tell(told, "; ", 2);
	return 0;
}

static void keeps_the_raw_bytes(void **state)
{
	static const char bytes[] = "A=$x\nB='$x'\nC=\"\\$x\\n\"\nD=x\n";
	struct told told = {0};
	const struct dotenv_sink sink = {&told, on_raw_entry, on_named_trouble};

	(void)state;
	assert_int_equal(dotenv_read((const uint8_t *)bytes, sizeof(bytes) - 1,
				 dialect_find("portable"), &sink),
		0);
	assert_string_equal(told.text, "A plain$ $x; B single$ $x; C C double$ \\$x\\n; plain x; ");
}

// Time must not grow faster than the file: a file of a million keys is read in a second or so.
static int on_counted_entry(void *user, const struct dotenv_entry *entry)
{
	(void)entry;
	++*(size_t *)user;
	return 0;
}

static void on_ignored_trouble(void *user, const struct dotenv_trouble *trouble)
{
	(void)user;
	(void)trouble;
}

static void reads_a_million_lines_of_every_kind(void **state)
{
	static const char *const lines[] = {"K=v#w$x\n", "K=\"a\\\nb\"\n", "K='\n'\n", "K=\"\"x\n",
		"K: v\n", "K=a\rb\n", "K=\xFF\n"};
	const size_t count = 1000000;
	own_free uint8_t *bytes = malloc(count * 16);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		size_t used = 0, entries = 0;
		const struct dotenv_sink sink = {&entries, on_counted_entry, on_ignored_trouble};

		for (size_t n = 0; n < count; n++) {
			memcpy(bytes + used, lines[i], strlen(lines[i]));
			used += strlen(lines[i]);
		}
		assert_int_equal(dotenv_read(bytes, used, dialect_find("portable"), &sink), 0);
		assert_int_equal(entries, i < 3 ? count : 0);
	}
}

static void finds_dialects_by_name(void **state)
{
	(void)state;
	assert_non_null(dialect_find("portable"));
	assert_non_null(dialect_find("literal"));
	assert_null(dialect_find("Portable"));
	assert_null(dialect_find(""));
	for (size_t i = 0; dialect_at(i); i++)
		assert_ptr_equal(dialect_find(dialect_at(i)->name), dialect_at(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_names),
		cmocka_unit_test(reads_plain_values),
		cmocka_unit_test(reads_quoted_values),
		cmocka_unit_test(judges_bytes_and_line_ends),
		cmocka_unit_test(reads_literal_values),
		cmocka_unit_test(refuses_nul),
		cmocka_unit_test(stops_when_the_sink_says_so),
		cmocka_unit_test(names_the_key_of_a_trouble),
		cmocka_unit_test(keeps_the_raw_bytes),
		cmocka_unit_test(reads_a_million_lines_of_every_kind),
		cmocka_unit_test(finds_dialects_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
