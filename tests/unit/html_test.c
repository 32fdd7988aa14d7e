// Whatever a text holds, it stays a text: no element, no attribute, no reference of its own, and
// nothing that shows it as another.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/html.h"

#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// NOLINTBEGIN(misc-misleading-bidirectional): that is what is tested
static const struct {
	const char *name, *text, *written;
} cases[] = {
	{"plain", "web", "web"},
	{"an element", "<b>", "&lt;b&gt;"},
	{"a reference", "a&amp;b", "a&amp;amp;b"},
	{"the end of an attribute", "\"'", "&quot;&#39;"},
	{"UTF-8", "caf\xc3\xa9 \xf0\x9f\x94\x91", "caf\xc3\xa9 \xf0\x9f\x94\x91"},
	{"control characters", "a\tb\x7f",
		"a\xef\xbf\xbd"
		"b\xef\xbf\xbd"},
	{"a C1 control", "a\xc2\x85", "a\xef\xbf\xbd"},
	{"the last one, and no control", "\xc2\x9f\xc2\xa0", "\xef\xbf\xbd\xc2\xa0"},
	{"bytes that are no UTF-8", "a\xff<", "a\xef\xbf\xbd&lt;"},
	{"a sequence cut short", "a\xe2\x80", "a\xef\xbf\xbd\xef\xbf\xbd"},
	{"what turns the direction",
		"a\xe2\x80\xae"
		"b\xe2\x81\xa6"
		"c\xe2\x80\x8f"
		"d\xd8\x9c",
		"a\xef\xbf\xbd"
		"b\xef\xbf\xbd"
		"c\xef\xbf\xbd"
		"d\xef\xbf\xbd"},
	{"marks beside those stay", "\xe2\x80\xa6\xe2\x82\xac\xd8\x9b",
		"\xe2\x80\xa6\xe2\x82\xac\xd8\x9b"},
};
// NOLINTEND(misc-misleading-bidirectional)

typedef void write_text(FILE *out, const char *text);

static void writes(write_text *write, const char *name, const char *text, const char *expected)
{
	char *written = NULL;
	size_t length;
	FILE *out = open_memstream(&written, &length);

	if (!out)
		abort();
	write(out, text);
	assert_int_equal(fclose(out), 0);
	if (!text_equal(written, expected))
		fail_msg("%s: %s", name, written);
	free(written);
}

static void a_text_stays_a_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		writes(html_text, cases[i].name, cases[i].text, cases[i].written);
}

static void a_command_in_a_sentence_is_code(void **state)
{
	(void)state;
	writes(html_sentence, "one", "run `samekey offer` <there>",
		"run <code>samekey offer</code> &lt;there&gt;");
	writes(html_sentence, "none", "restart web", "restart web");
	writes(html_sentence, "one that does not end", "a `b", "a <code>b</code>");
}

static void format_percent(FILE *out, const char *text)
{
	html_format(out, "%%%s%%", text);
}

static void a_format_escapes_what_it_is_given(void **state)
{
	(void)state;
	writes(format_percent, "a format", "%s<", "%%s&lt;%");
}

static void row(FILE *out, const char *text)
{
	static const char *const heads[] = {"Key", "Source", NULL};

	html_table(out, text, heads);
	html_row(out, "bad", "Key", text, "drift");
	html_cell(out, "Source", text);
	html_row_end(out);
	html_table_end(out);
}

static void a_table_has_headings_roles_and_labels(void **state)
{
	(void)state;
	writes(row, "a table", "<",
		"<table role=\"table\"><caption>&lt;</caption>\n<thead role=\"rowgroup\"><tr "
		"role=\"row\"><th role=\"columnheader\" scope=\"col\">Key</th><th "
		"role=\"columnheader\" scope=\"col\">Source</th></tr></thead>\n<tbody "
		"role=\"rowgroup\">\n<tr role=\"row\" class=\"bad\"><th role=\"rowheader\" "
		"scope=\"row\" data-head=\"Key\">&lt; <strong "
		"class=\"mark\">drift</strong></th><td "
		"role=\"cell\" data-head=\"Source\">&lt;</td></tr>\n</tbody></table>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_stays_a_text),
		cmocka_unit_test(a_command_in_a_sentence_is_code),
		cmocka_unit_test(a_format_escapes_what_it_is_given),
		cmocka_unit_test(a_table_has_headings_roles_and_labels),
	};

	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
