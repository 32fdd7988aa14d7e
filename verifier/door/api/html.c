// Escapes, and the roles without which a table that is laid out for a phone is none to a screen
// reader.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/html.h"

#include "lib/base/text.h"

#include <stdarg.h>

#define REPLACED "\xef\xbf\xbd" // U+FFFD

static const char *reference_of(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return (unsigned char)byte < 0x20 || byte == 0x7f ? REPLACED : NULL;
	}
}

// U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069, and C1 controls (two bytes).
// Returns: how many bytes it has, or 0.
static size_t length_of_turn(const char *text)
{
	unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];
	unsigned char third;

	if ((first == 0xc2 && second < 0xa0) || (first == 0xd8 && second == 0x9c))
		return 2;
	if (first != 0xe2 || (second != 0x80 && second != 0x81))
		return 0;
	third = (unsigned char)text[2];
	if (second == 0x80)
		return (third >= 0x8e && third <= 0x8f) || (third >= 0xaa && third <= 0xae) ? 3 : 0;
	return third >= 0xa6 && third <= 0xa9 ? 3 : 0;
}

// How many bytes stand as they are: up to what is written otherwise, or begins as such a thing may.
static size_t plain_run(const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && text[i] != '\xc2' && text[i] != '\xd8' && text[i] != '\xe2' &&
		!reference_of(text[i]))
		i++;
	return i;
}

static void put_good(FILE *out, const char *text, size_t length)
{
	while (length) {
		size_t plain = plain_run(text, length), step = plain;

		if (plain) {
			(void)fwrite(text, 1, plain, out);
		} else {
			const char *reference = reference_of(*text);

			step = reference ? 1 : length_of_turn(text);
			if (step)
				(void)fputs(reference ? reference : REPLACED, out);
			else
				(void)fputc(text[step++], out);
		}
		text += step;
		length -= step;
	}
}

static void put_text(FILE *out, const char *text, size_t length)
{
	while (length) {
		size_t good = text_utf8_error(text, length);

		put_good(out, text, good);
		if (good == length)
			return;
		(void)fputs(REPLACED, out);
		text += good + 1;
		length -= good + 1;
	}
}

void html_text(FILE *out, const char *text)
{
	put_text(out, text, strlen(text));
}

void html_sentence(FILE *out, const char *text)
{
	bool in_command = false;

	for (;; text++) {
		size_t length = strcspn(text, "`");

		put_text(out, text, length);
		text += length;
		if (!*text)
			break;
		(void)fputs(in_command ? "</code>" : "<code>", out);
		in_command = !in_command;
	}
	if (in_command)
		(void)fputs("</code>", out);
}

void html_format(FILE *out, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	for (;; format++) {
		size_t length = strcspn(format, "%");

		if (length)
			(void)fwrite(format, 1, length, out);
		format += length;
		if (!*format)
			break;
		if (*++format == 's')
			html_text(out, va_arg(list, const char *));
		else
			(void)fputc(*format, out);
	}
	va_end(list);
}

void html_table(FILE *out, const char *caption, const char *const *heads)
{
	html_format(out,
		"<table role=\"table\"><caption>%s</caption>\n<thead role=\"rowgroup\"><tr "
		"role=\"row\">",
		caption);
	for (; *heads; heads++)
		html_format(out, "<th role=\"columnheader\" scope=\"col\">%s</th>", *heads);
	(void)fputs("</tr></thead>\n<tbody role=\"rowgroup\">\n", out);
}

void html_table_end(FILE *out)
{
	(void)fputs("</tbody></table>\n", out);
}

void html_row(FILE *out, const char *style, const char *head, const char *name, const char *mark)
{
	(void)fputs("<tr role=\"row\"", out);
	if (style)
		html_format(out, " class=\"%s\"", style);
	html_format(out, "><th role=\"rowheader\" scope=\"row\" data-head=\"%s\">%s", head, name);
	if (mark)
		html_format(out, " <strong class=\"mark\">%s</strong>", mark);
	(void)fputs("</th>", out);
}

void html_row_end(FILE *out)
{
	(void)fputs("</tr>\n", out);
}

void html_cell_begin(FILE *out, const char *head)
{
	html_format(out, "<td role=\"cell\" data-head=\"%s\">", head);
}

void html_cell_end(FILE *out)
{
	(void)fputs("</td>", out);
}

void html_cell(FILE *out, const char *head, const char *text)
{
	html_cell_begin(out, head);
	html_text(out, text);
	html_cell_end(out);
}
