// The table of forms. A language is a style: which texts it spells in a way of its own, and how it
// writes the rest as numbers; an encoding is a function. A row is a style or an encoding, and the
// style of what it stands in.
// SPDX-License-Identifier: MIT
#include "lib/value/forms.h"

#include "lib/base/text.h"

#define LAST_BYTE 0xFFu
#define LAST_WIDE 0xFFFFu
#define DIGITS_MAX 10

// How a code point is written as a number: up to 0xFF, up to 0xFFFF and beyond. Without a prefix
// for those up to 0xFFFF they stay as they are, without one for those beyond they are written as
// two surrogates.
struct numbering {
	struct {
		const char *prefix, *suffix;
		unsigned digits; // at least
	} narrow, wide, beyond;
	bool decimal, upper;
	bool narrow_lower; // though the others are in upper case
};

struct spelled {
	const char *from, *to;
};

struct style {
	const struct spelled *spelled;   // ended by NULL, or NULL; the first that fits counts
	const struct numbering *control; // below 0x20; NULL: as they are
	const struct numbering *foreign; // from 0x7F on; NULL: as they are
	const struct numbering *other;   // ASCII but letters, digits and `plain`; NULL: as they are
	const char *plain;
	bool bytes; // numbers are of bytes, not of code points
	bool all;   // letters and digits are numbers as well
};

// ---- how numbers are written

#define NUMBERS_U .narrow = {"\\u", "", 4}, .wide = {"\\u", "", 4}
#define NUMBERS_X .narrow = {"\\x", "", 2}, .wide = {"\\u", "", 4}
#define NUMBERS_BRACES .beyond = {"\\u{", "}", 1}
#define NUMBERS_HTML(prefix) \
	.narrow = {prefix, ";", 1}, .wide = {prefix, ";", 1}, .beyond = {prefix, ";", 1}

static const struct numbering u_lower = {NUMBERS_U};
static const struct numbering u_upper = {NUMBERS_U, .upper = true};
static const struct numbering x_lower = {NUMBERS_X};
static const struct numbering x_upper = {NUMBERS_X, .upper = true};
static const struct numbering xb_lower = {NUMBERS_X, NUMBERS_BRACES};
static const struct numbering xb_upper = {NUMBERS_X, NUMBERS_BRACES, .upper = true};
// swc writes the short ones in lower case
static const struct numbering x_swc = {NUMBERS_X, .upper = true, .narrow_lower = true};
static const struct numbering xb_swc = {
	NUMBERS_X, NUMBERS_BRACES, .upper = true, .narrow_lower = true};
static const struct numbering x_swc_some = {
	.narrow = {"\\x", "", 2}, .upper = true, .narrow_lower = true};
static const struct numbering ub_lower = {NUMBERS_U, NUMBERS_BRACES};
static const struct numbering ub_upper = {NUMBERS_U, NUMBERS_BRACES, .upper = true};
static const struct numbering braces_lower = {
	.narrow = {"\\u{", "}", 1}, .wide = {"\\u{", "}", 1}, NUMBERS_BRACES};
static const struct numbering percent_lower = {.narrow = {"%", "", 2}};
static const struct numbering percent_upper = {.narrow = {"%", "", 2}, .upper = true};
static const struct numbering html_decimal = {NUMBERS_HTML("&#"), .decimal = true};
static const struct numbering html_lower = {NUMBERS_HTML("&#x")};
static const struct numbering html_upper = {NUMBERS_HTML("&#x"), .upper = true};

// ---- what is spelled in a way of its own

#define SPELL_CONTROL \
	{"\b", "\\b"}, {"\f", "\\f"}, {"\n", "\\n"}, {"\r", "\\r"}, \
	{ \
		"\t", "\\t" \
	}
#define SPELL_JSON \
	{"\"", "\\\""}, \
	{ \
		"\\", "\\\\" \
	}
#define SPELL_SCRIPT \
	{"</script", "<\\/script"}, \
	{ \
		"</SCRIPT", "<\\/SCRIPT" \
	}
#define SPELL_HTML \
	{"&", "&amp;"}, {"<", "&lt;"}, \
	{ \
		">", "&gt;" \
	}
#define SPELL_LINES \
	{"\u2028", "\\u2028"}, \
	{ \
		"\u2029", "\\u2029" \
	}
#define SPELL_END \
	{ \
		NULL, NULL \
	}

// clang-format off
static const struct spelled spelled_json[] = {SPELL_JSON, SPELL_CONTROL, SPELL_END};
static const struct spelled spelled_minimal[] = {SPELL_JSON, SPELL_END};
static const struct spelled spelled_slash[] = {{"/", "\\/"}, SPELL_JSON, SPELL_CONTROL, SPELL_END};
// Go's encoding/json and what Next.js puts into pages
static const struct spelled spelled_safe[] = {
	{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}, SPELL_JSON, SPELL_CONTROL, SPELL_LINES, SPELL_END};
static const struct spelled spelled_safe_old[] = {
	{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}, {"\n", "\\n"}, {"\r", "\\r"},
	{"\t", "\\t"}, SPELL_JSON, SPELL_LINES, SPELL_END};
static const struct spelled spelled_safe_upper[] = {
	{"<", "\\u003C"}, {">", "\\u003E"}, {"&", "\\u0026"}, SPELL_JSON, SPELL_CONTROL, SPELL_LINES, SPELL_END};
// serialize-javascript
static const struct spelled spelled_serialize[] = {
	{"<", "\\u003C"}, {">", "\\u003E"}, {"/", "\\u002F"}, SPELL_JSON, SPELL_CONTROL, SPELL_LINES, SPELL_END};
// System.Text.Json
static const struct spelled spelled_net[] = {
	{"\"", "\\u0022"}, {"&", "\\u0026"}, {"'", "\\u0027"}, {"+", "\\u002B"}, {"<", "\\u003C"},
	{">", "\\u003E"}, {"`", "\\u0060"}, {"\\", "\\\\"}, SPELL_CONTROL, SPELL_END};
// PHP's JSON_HEX_TAG, _AMP, _APOS and _QUOT, with and without slashes
static const struct spelled spelled_php[] = {
	{"\"", "\\u0022"}, {"&", "\\u0026"}, {"'", "\\u0027"}, {"<", "\\u003C"}, {">", "\\u003E"},
	{"/", "\\/"}, {"\\", "\\\\"}, SPELL_CONTROL, SPELL_END};
static const struct spelled spelled_php_plain[] = {
	{"\"", "\\u0022"}, {"&", "\\u0026"}, {"'", "\\u0027"}, {"<", "\\u003C"}, {">", "\\u003E"},
	{"\\", "\\\\"}, SPELL_CONTROL, SPELL_END};

static const struct spelled spelled_double[] = {
	SPELL_JSON, SPELL_SCRIPT, {"\v", "\\v"}, SPELL_CONTROL, SPELL_END};
static const struct spelled spelled_single[] = {
	{"'", "\\'"}, {"\\", "\\\\"}, SPELL_SCRIPT, {"\v", "\\v"}, SPELL_CONTROL, SPELL_END};
static const struct spelled spelled_both[] = {
	{"'", "\\'"}, SPELL_JSON, SPELL_SCRIPT, {"\v", "\\v"}, SPELL_CONTROL, SPELL_END};
// a tab stays where nobody needs to see it
static const struct spelled spelled_double_tab[] = {
	SPELL_JSON, SPELL_SCRIPT, {"\v", "\\v"}, {"\t", "\t"}, SPELL_CONTROL, SPELL_END};
static const struct spelled spelled_single_tab[] = {
	{"'", "\\'"}, {"\\", "\\\\"}, SPELL_SCRIPT, {"\v", "\\v"}, {"\t", "\t"}, SPELL_CONTROL,
	SPELL_END};
// esbuild leaves the other control bytes as they are
static const struct spelled spelled_double_esbuild[] = {
	SPELL_JSON, SPELL_SCRIPT, {"\v", "\\v"}, {"\t", "\t"}, {"\x1b", "\\x1B"}, SPELL_LINES,
	{"\ufeff", "\\uFEFF"}, SPELL_CONTROL, SPELL_END};
static const struct spelled spelled_single_esbuild[] = {
	{"'", "\\'"}, {"\\", "\\\\"}, SPELL_SCRIPT, {"\v", "\\v"}, {"\t", "\t"},
	{"\x1b", "\\x1B"}, SPELL_LINES, {"\ufeff", "\\uFEFF"}, SPELL_CONTROL, SPELL_END};
static const struct spelled spelled_template[] = {
	{"`", "\\`"}, {"${", "\\${"}, {"\\", "\\\\"}, SPELL_SCRIPT, {"\r", "\\r"}, SPELL_END};
static const struct spelled spelled_template_dollar[] = {
	{"`", "\\`"}, {"$", "\\$"}, {"\\", "\\\\"}, SPELL_CONTROL, SPELL_END};

static const struct spelled spelled_react[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#x27;"}, SPELL_END};
static const struct spelled spelled_lodash[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#39;"}, SPELL_END};
static const struct spelled spelled_gohtml[] = {
	SPELL_HTML, {"\"", "&#34;"}, {"'", "&#39;"}, SPELL_END};
static const struct spelled spelled_gohtml_plus[] = {
	SPELL_HTML, {"\"", "&#34;"}, {"'", "&#39;"}, {"+", "&#43;"}, SPELL_END};
static const struct spelled spelled_html_text[] = {SPELL_HTML, SPELL_END};
static const struct spelled spelled_html_quot[] = {SPELL_HTML, {"\"", "&quot;"}, SPELL_END};
static const struct spelled spelled_attribute[] = {{"&", "&amp;"}, {"\"", "&quot;"}, SPELL_END};
static const struct spelled spelled_phphtml[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#039;"}, SPELL_END};
static const struct spelled spelled_xml[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&apos;"}, SPELL_END};
static const struct spelled spelled_mustache[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#39;"}, {"/", "&#x2F;"}, {"`", "&#x60;"},
	{"=", "&#x3D;"}, SPELL_END};
static const struct spelled spelled_handlebars[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#x27;"}, {"`", "&#x60;"}, {"=", "&#x3D;"}, SPELL_END};
static const struct spelled spelled_he[] = {
	{"&", "&#x26;"}, {"<", "&#x3C;"}, {">", "&#x3E;"}, {"\"", "&#x22;"}, {"'", "&#x27;"},
	{"`", "&#x60;"}, SPELL_END};

static const struct spelled spelled_plus[] = {{" ", "+"}, SPELL_END};
// clang-format on

// ---- styles

#define STYLE(name, ...) static const struct style name = {__VA_ARGS__}

STYLE(json, .spelled = spelled_json, .control = &u_lower);
STYLE(json_upper, .spelled = spelled_json, .control = &u_upper);
STYLE(json_ascii, .spelled = spelled_json, .control = &u_lower, .foreign = &u_lower);
STYLE(json_ascii_upper, .spelled = spelled_json, .control = &u_upper, .foreign = &u_upper);
STYLE(json_minimal, .spelled = spelled_minimal, .control = &u_lower);
STYLE(json_minimal_upper, .spelled = spelled_minimal, .control = &u_upper);
STYLE(json_minimal_ascii, .spelled = spelled_minimal, .control = &u_lower, .foreign = &u_lower);
STYLE(json_slash, .spelled = spelled_slash, .control = &u_lower);
STYLE(json_slash_ascii, .spelled = spelled_slash, .control = &u_lower, .foreign = &u_lower);
STYLE(json_safe, .spelled = spelled_safe, .control = &u_lower);
STYLE(json_safe_old, .spelled = spelled_safe_old, .control = &u_lower);
STYLE(json_safe_ascii, .spelled = spelled_safe, .control = &u_lower, .foreign = &u_lower);
STYLE(json_safe_upper, .spelled = spelled_safe_upper, .control = &u_upper);
STYLE(json_serialize, .spelled = spelled_serialize, .control = &u_lower);
STYLE(json_net, .spelled = spelled_net, .control = &u_upper, .foreign = &u_upper);
STYLE(json_php, .spelled = spelled_php, .control = &u_lower, .foreign = &u_lower);
STYLE(json_php_plain, .spelled = spelled_php_plain, .control = &u_lower);
STYLE(json_signs, .control = &u_lower, .foreign = &u_lower, .other = &u_lower);
STYLE(json_signs_upper, .control = &u_upper, .foreign = &u_upper, .other = &u_upper);
STYLE(json_all, .control = &u_lower, .foreign = &u_lower, .other = &u_lower, .all = true);
STYLE(json_all_upper, .control = &u_upper, .foreign = &u_upper, .other = &u_upper, .all = true);

STYLE(js_double, .spelled = spelled_double, .control = &x_lower);
STYLE(js_double_upper, .spelled = spelled_double, .control = &x_upper);
STYLE(js_double_tab, .spelled = spelled_double_tab);
STYLE(js_double_ascii, .spelled = spelled_double, .control = &x_lower, .foreign = &x_lower);
STYLE(js_double_ascii_upper, .spelled = spelled_double, .control = &x_upper, .foreign = &x_upper);
STYLE(js_double_wide, .spelled = spelled_double, .control = &u_lower, .foreign = &ub_lower);
STYLE(js_double_wide_upper, .spelled = spelled_double, .control = &u_upper, .foreign = &ub_upper);
STYLE(js_double_braces, .spelled = spelled_double, .control = &x_lower, .foreign = &xb_lower);
STYLE(js_double_braces_upper, .spelled = spelled_double, .control = &x_upper, .foreign = &xb_upper);
STYLE(js_single, .spelled = spelled_single, .control = &x_lower);
STYLE(js_single_upper, .spelled = spelled_single, .control = &x_upper);
STYLE(js_single_tab, .spelled = spelled_single_tab);
STYLE(js_single_ascii, .spelled = spelled_single, .control = &x_lower, .foreign = &x_lower);
STYLE(js_single_ascii_upper, .spelled = spelled_single, .control = &x_upper, .foreign = &x_upper);
STYLE(js_single_wide, .spelled = spelled_single, .control = &u_lower, .foreign = &ub_lower);
STYLE(js_single_braces, .spelled = spelled_single, .control = &x_lower, .foreign = &xb_lower);
STYLE(js_single_braces_upper, .spelled = spelled_single, .control = &x_upper, .foreign = &xb_upper);
STYLE(js_double_swc, .spelled = spelled_double, .control = &x_lower, .foreign = &x_swc);
STYLE(js_double_swc_braces, .spelled = spelled_double, .control = &x_lower, .foreign = &xb_swc);
STYLE(js_double_swc_some, .spelled = spelled_double, .control = &x_lower, .foreign = &x_swc_some);
STYLE(js_single_swc, .spelled = spelled_single, .control = &x_lower, .foreign = &x_swc);
STYLE(js_single_swc_braces, .spelled = spelled_single, .control = &x_lower, .foreign = &xb_swc);
STYLE(js_single_swc_some, .spelled = spelled_single, .control = &x_lower, .foreign = &x_swc_some);
STYLE(js_double_esbuild, .spelled = spelled_double_esbuild);
STYLE(js_double_esbuild_ascii, .spelled = spelled_double_esbuild, .foreign = &xb_upper);
STYLE(js_double_esbuild_old, .spelled = spelled_double_esbuild, .foreign = &x_upper);
STYLE(js_single_esbuild, .spelled = spelled_single_esbuild);
STYLE(js_single_esbuild_ascii, .spelled = spelled_single_esbuild, .foreign = &xb_upper);
STYLE(js_both, .spelled = spelled_both, .control = &x_lower);
STYLE(js_template, .spelled = spelled_template);
STYLE(js_template_ascii, .spelled = spelled_template, .foreign = &x_lower);
STYLE(js_template_ascii_upper, .spelled = spelled_template, .foreign = &x_upper);
STYLE(js_template_braces, .spelled = spelled_template, .foreign = &xb_lower);
STYLE(js_template_dollar, .spelled = spelled_template_dollar);
STYLE(js_signs, .control = &x_lower, .foreign = &x_lower, .other = &x_lower);
STYLE(js_all, .control = &x_lower, .foreign = &x_lower, .other = &x_lower, .all = true);
STYLE(js_all_upper, .control = &x_upper, .foreign = &x_upper, .other = &x_upper, .all = true);
STYLE(js_all_braces, .control = &braces_lower, .foreign = &braces_lower, .other = &braces_lower,
	.all = true);

#define HTML_ALL(how) .control = &(how), .foreign = &(how), .other = &(how), .all = true

STYLE(html_react, .spelled = spelled_react);
STYLE(html_lodash, .spelled = spelled_lodash);
STYLE(html_go, .spelled = spelled_gohtml);
STYLE(html_go_plus, .spelled = spelled_gohtml_plus);
STYLE(html_text, .spelled = spelled_html_text);
STYLE(html_quot, .spelled = spelled_html_quot);
STYLE(html_attribute, .spelled = spelled_attribute);
STYLE(html_php, .spelled = spelled_phphtml);
STYLE(html_xml, .spelled = spelled_xml);
STYLE(html_mustache, .spelled = spelled_mustache);
STYLE(html_handlebars, .spelled = spelled_handlebars);
STYLE(html_he, .spelled = spelled_he, .foreign = &html_upper);
STYLE(html_ascii, .spelled = spelled_react, .foreign = &html_decimal);
STYLE(html_ascii_hex, .spelled = spelled_react, .foreign = &html_lower);
STYLE(html_signs, .foreign = &html_decimal, .other = &html_decimal);
STYLE(html_all, HTML_ALL(html_decimal));
STYLE(html_all_hex, HTML_ALL(html_lower));
STYLE(html_all_upper, HTML_ALL(html_upper));

#define URL(hex) .control = &(hex), .foreign = &(hex), .other = &(hex), .bytes = true
#define PLAIN_COMPONENT "-_.!~*'()"
#define PLAIN_URI "-_.!~*'();,/?:@&=+$#"
#define PLAIN_FORM "*-._"
#define PLAIN_STRICT "-_.~"
#define PLAIN_PATH "-_.~/"
STYLE(url_component, URL(percent_upper), .plain = PLAIN_COMPONENT);
STYLE(url_component_lower, URL(percent_lower), .plain = PLAIN_COMPONENT);
STYLE(url_uri, URL(percent_upper), .plain = PLAIN_URI);
STYLE(url_uri_lower, URL(percent_lower), .plain = PLAIN_URI);
STYLE(url_form, URL(percent_upper), .plain = PLAIN_FORM, .spelled = spelled_plus);
STYLE(url_form_lower, URL(percent_lower), .plain = PLAIN_FORM, .spelled = spelled_plus);
STYLE(url_strict, URL(percent_upper), .plain = PLAIN_STRICT);
STYLE(url_strict_lower, URL(percent_lower), .plain = PLAIN_STRICT);
STYLE(url_strict_plus, URL(percent_upper), .plain = PLAIN_STRICT, .spelled = spelled_plus);
STYLE(url_strict_plus_lower, URL(percent_lower), .plain = PLAIN_STRICT, .spelled = spelled_plus);
STYLE(url_path, URL(percent_upper), .plain = PLAIN_PATH);
STYLE(url_path_lower, URL(percent_lower), .plain = PLAIN_PATH);
STYLE(url_signs, URL(percent_upper));
STYLE(url_signs_lower, URL(percent_lower));
STYLE(url_all, URL(percent_upper), .all = true);
STYLE(url_all_lower, URL(percent_lower), .all = true);

// ---- writing

struct writer {
	uint8_t *out;
	size_t size, length;
	bool full; // something did not fit
};

static void write_byte(struct writer *writer, uint8_t byte)
{
	if (writer->length < writer->size)
		writer->out[writer->length++] = byte;
	else
		writer->full = true;
}

static void write_text(struct writer *writer, const char *text)
{
	for (; *text; text++)
		write_byte(writer, (uint8_t)*text);
}

static void write_digits(
	struct writer *writer, uint32_t number, unsigned least, const struct numbering *numbering)
{
	bool upper = numbering->upper && !(numbering->narrow_lower && number <= LAST_BYTE);
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	uint32_t base = numbering->decimal ? 10 : 16;
	char text[DIGITS_MAX];
	unsigned count = 0;

	do {
		text[count++] = digits[number % base];
		number /= base;
	} while (count < DIGITS_MAX && (number || count < least));
	while (count > 0)
		write_byte(writer, (uint8_t)text[--count]);
}

static void write_number(struct writer *writer, uint32_t point, const struct numbering *numbering)
{
	if (point > LAST_WIDE && !numbering->beyond.prefix) {
		write_text(writer, "\\u");
		write_digits(writer, 0xD800 + ((point - 0x10000) >> 10), 4, numbering);
		write_text(writer, "\\u");
		write_digits(writer, 0xDC00 + ((point - 0x10000) & 0x3FF), 4, numbering);
		return;
	}
	if (point > LAST_WIDE) {
		write_text(writer, numbering->beyond.prefix);
		write_digits(writer, point, numbering->beyond.digits, numbering);
		write_text(writer, numbering->beyond.suffix);
	} else if (point > LAST_BYTE) {
		write_text(writer, numbering->wide.prefix);
		write_digits(writer, point, numbering->wide.digits, numbering);
		write_text(writer, numbering->wide.suffix);
	} else {
		write_text(writer, numbering->narrow.prefix);
		write_digits(writer, point, numbering->narrow.digits, numbering);
		write_text(writer, numbering->narrow.suffix);
	}
}

// Takes one code point off the front. What is no UTF-8 is read byte by byte.
static uint32_t next_point(const uint8_t **at, const uint8_t *end, bool bytes)
{
	uint8_t first = *(*at)++;
	size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
	uint32_t point = more ? first & (0x3Fu >> more) : first;

	if (bytes || !more || more > (size_t)(end - *at))
		return first;
	while (more-- > 0)
		point = point << 6 | (*(*at)++ & 0x3Fu);
	return point;
}

static const struct spelled *find_spelled(
	const struct style *style, const uint8_t *at, const uint8_t *end)
{
	for (const struct spelled *it = style->spelled; it && it->from; it++) {
		if ((uint8_t)it->from[0] == *at && strlen(it->from) <= (size_t)(end - at) &&
			memcmp(at, it->from, strlen(it->from)) == 0)
			return it;
	}
	return NULL;
}

static bool is_letter_or_digit(uint32_t point)
{
	return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
	       (point >= '0' && point <= '9');
}

static bool stays(const struct numbering *numbering, uint32_t point)
{
	return numbering && !numbering->wide.prefix && point > LAST_BYTE && point <= LAST_WIDE;
}

// How a style writes a code point as a number, or NULL: as it is.
static const struct numbering *numbering_of(const struct style *style, uint32_t point)
{
	if (point < 0x20)
		return style->control;
	if (point >= 0x7F)
		return stays(style->foreign, point) ? NULL : style->foreign;
	if (style->all)
		return style->other;
	if (is_letter_or_digit(point) || (style->plain && strchr(style->plain, (int)point)))
		return NULL;
	return style->other;
}

static void write_styled(
	struct writer *writer, const struct style *style, const uint8_t *at, size_t length)
{
	const uint8_t *end = at + length;
	bool bytes = style->bytes || text_utf8_error(at, length) != length;

	while (at < end) {
		const struct spelled *spelled = find_spelled(style, at, end);
		const struct numbering *numbering;
		const uint8_t *from = at;
		uint32_t point;

		if (spelled) {
			write_text(writer, spelled->to);
			at += strlen(spelled->from);
			continue;
		}
		point = next_point(&at, end, bytes);
		numbering = numbering_of(style, point);
		if (numbering)
			write_number(writer, point, numbering);
		for (; !numbering && from < at; from++)
			write_byte(writer, *from);
	}
}

// ---- encodings

typedef void encoder(
	struct writer *writer, struct secret value, unsigned detail, struct forms_text *text);

#define BASE64_PHASE 3u // in `detail`: how many bytes stand before the value in its group of three
#define BASE64_URL 4u
#define HEX_UPPER 1u
#define UTF16_BIG 1u

// So many bits from bit `at` on, of which those outside of the value are 0.
static unsigned six_bits(struct secret value, size_t at, size_t before)
{
	unsigned bits = 0;

	for (size_t i = at; i < at + 6; i++) {
		size_t bit = i - before;
		bool inside = i >= before && bit < value.length * 8;

		bits <<= 1;
		if (inside)
			bits |= (unsigned)(secret_bytes(value)[bit / 8] >> (7 - bit % 8)) & 1u;
	}
	return bits;
}

static void write_base64(
	struct writer *writer, struct secret value, unsigned detail, struct forms_text *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t before = (size_t)(detail & BASE64_PHASE) * 8, end = before + value.length * 8;
	size_t at = (before + 5) / 6 * 6, last = end / 6 * 6;

	if (before % 6)
		text->before = (struct forms_edge){.mask = (uint8_t)((1u << (at - before)) - 1),
			.bits = (uint8_t)six_bits(value, at - 6, before)};
	for (; at < last; at += 6) {
		unsigned bits = six_bits(value, at, before);
		char digit = digits[bits];

		if (detail & BASE64_URL && bits >= 62)
			digit = bits == 62 ? '-' : '_';
		write_byte(writer, (uint8_t)digit);
	}
	if (end % 6)
		text->after = (struct forms_edge){
			.mask = (uint8_t)(0x3Fu & ~((1u << (last + 6 - end)) - 1)),
			.bits = (uint8_t)six_bits(value, last, before)};
}

static void write_hex(
	struct writer *writer, struct secret value, unsigned detail, struct forms_text *text)
{
	const struct numbering numbering = {.upper = detail & HEX_UPPER};

	(void)text;
	for (size_t i = 0; i < value.length; i++)
		write_digits(writer, secret_bytes(value)[i], 2, &numbering);
}

static void write_unit(struct writer *writer, uint32_t unit, bool big)
{
	write_byte(writer, (uint8_t)(big ? unit >> 8 : unit & 0xFF));
	write_byte(writer, (uint8_t)(big ? unit & 0xFF : unit >> 8));
}

static void write_utf16(
	struct writer *writer, struct secret value, unsigned detail, struct forms_text *text)
{
	const uint8_t *at = secret_bytes(value), *end = at + value.length;
	bool bytes = text_utf8_error(at, value.length) != value.length, big = detail & UTF16_BIG;

	(void)text;
	while (at < end) {
		uint32_t point = next_point(&at, end, bytes);

		if (point > LAST_WIDE) {
			write_unit(writer, 0xD800 + ((point - 0x10000) >> 10), big);
			point = 0xDC00 + (point & 0x3FF);
		}
		write_unit(writer, point, big);
	}
}

// ---- the forms

// A value is written in `style`, that is encoded, and stands in a text of `outer`.
struct row {
	const char *name;
	const struct style *style;
	encoder *encode;
	unsigned detail;
	const struct style *outer;
};

#define AS(called, how) \
	{ \
		.name = (called), .style = &(how) \
	}
#define IN(called, how, where) \
	{ \
		.name = (called), .style = &(how), .outer = &(where) \
	}
#define BASE64(name, style, outer) \
	{name, style, write_base64, 0, outer}, {name, style, write_base64, 1, outer}, \
	{ \
		name, style, write_base64, 2, outer \
	}
#define BASE64URL(name, style) \
	{name, style, write_base64, BASE64_URL, NULL}, \
		{name, style, write_base64, BASE64_URL | 1, NULL}, \
	{ \
		name, style, write_base64, BASE64_URL | 2, NULL \
	}
#define UTF16(name, style) \
	{name, style, write_utf16, 0, NULL}, \
	{ \
		name, style, write_utf16, UTF16_BIG, NULL \
	}

// What stands first gives its name to what is the same bytes.
// clang-format off
static const struct row rows[] = {
	{.name = "raw"},
	AS("json", json), AS("json", json_upper), AS("json", json_ascii), AS("json", json_ascii_upper),
	AS("json", json_minimal), AS("json", json_minimal_upper), AS("json", json_minimal_ascii),
	AS("json", json_slash), AS("json", json_slash_ascii), AS("json", json_safe),
	AS("json", json_safe_old), AS("json", json_safe_ascii), AS("json", json_safe_upper),
	AS("json", json_serialize), AS("json", json_net), AS("json", json_php),
	AS("json", json_php_plain), AS("json", json_signs), AS("json", json_signs_upper),
	AS("json", json_all), AS("json", json_all_upper),
	AS("js", js_double), AS("js", js_double_upper), AS("js", js_double_tab),
	AS("js", js_double_ascii), AS("js", js_double_ascii_upper), AS("js", js_double_wide),
	AS("js", js_double_wide_upper), AS("js", js_double_braces), AS("js", js_double_braces_upper),
	AS("js", js_single), AS("js", js_single_upper), AS("js", js_single_tab),
	AS("js", js_single_ascii), AS("js", js_single_ascii_upper), AS("js", js_single_wide),
	AS("js", js_single_braces), AS("js", js_single_braces_upper), AS("js", js_both),
	AS("js", js_double_swc), AS("js", js_double_swc_braces), AS("js", js_double_swc_some),
	AS("js", js_single_swc), AS("js", js_single_swc_braces), AS("js", js_single_swc_some),
	AS("js", js_double_esbuild), AS("js", js_double_esbuild_ascii),
	AS("js", js_double_esbuild_old), AS("js", js_single_esbuild),
	AS("js", js_single_esbuild_ascii),
	AS("js", js_template), AS("js", js_template_ascii), AS("js", js_template_ascii_upper),
	AS("js", js_template_braces), AS("js", js_template_dollar), AS("js", js_signs),
	AS("js", js_all), AS("js", js_all_upper), AS("js", js_all_braces),
	AS("html", html_react), AS("html", html_lodash), AS("html", html_go), AS("html", html_go_plus),
	AS("html", html_text), AS("html", html_quot), AS("html", html_attribute), AS("html", html_php),
	AS("html", html_xml), AS("html", html_mustache), AS("html", html_handlebars),
	AS("html", html_he), AS("html", html_ascii), AS("html", html_ascii_hex),
	AS("html", html_signs), AS("html", html_all), AS("html", html_all_hex),
	AS("html", html_all_upper),
	AS("url", url_component), AS("url", url_component_lower), AS("url", url_uri),
	AS("url", url_uri_lower), AS("url", url_form), AS("url", url_form_lower), AS("url", url_strict),
	AS("url", url_strict_lower), AS("url", url_strict_plus), AS("url", url_strict_plus_lower),
	AS("url", url_path), AS("url", url_path_lower), AS("url", url_signs), AS("url", url_signs_lower),
	AS("url", url_all), AS("url", url_all_lower),
	BASE64("base64", NULL, NULL),
	BASE64URL("base64url", NULL),
	{"hex", .encode = write_hex}, {"hex", .encode = write_hex, .detail = HEX_UPPER},
	{"utf-16le", .encode = write_utf16}, {"utf-16be", .encode = write_utf16, .detail = UTF16_BIG},

	// one language inside another
	IN("json in json", json, json), IN("json in json", json, json_safe),
	IN("json in json", json, json_slash), IN("json in json", json_safe, json),
	IN("json in json", json_slash, json_slash),
	IN("json in json", json_ascii, json), IN("json in json", json_slash, json),
	IN("json in json", json_serialize, json),
	IN("json in js", json, js_single), IN("json in js", json_safe, js_single),
	IN("json in js", json, js_double), IN("json in js", json, js_template),
	IN("json in js", json_ascii, js_single),
	IN("js in json", js_double, json), IN("js in json", js_single, json),
	IN("js in json", js_template, json),
	IN("js in json", js_double_ascii, json),
	IN("js in json", js_double_ascii_upper, json),
	IN("js in json", js_single_ascii, json), IN("js in json", js_double_swc, json),
	IN("js in json", js_double_swc_braces, json), IN("js in json", js_double_swc_some, json),
	IN("js in json", js_double_braces, json), IN("js in json", js_double_braces_upper, json),
	IN("js in json", js_double_wide, json), IN("js in json", js_double_esbuild, json),
	IN("js in json", js_double_esbuild_ascii, json), IN("js in json", js_single_esbuild, json),
	IN("js in json", js_double_esbuild_old, json), IN("js in json", js_double_tab, json),
	IN("js in json", js_single_tab, json),
	IN("js in js", js_double, js_single), IN("js in js", js_single, js_double),
	IN("json in html", json, html_react), IN("json in html", json, html_lodash),
	IN("json in html", json, html_go), IN("json in html", json, html_text),
	IN("json in html", json, html_quot),
	IN("json in html", json, html_attribute),
	IN("json in html", json_ascii, html_react),
	IN("html in json", html_react, json), IN("html in json", html_lodash, json),
	IN("html in json", html_react, json_safe),
	IN("html in json", html_text, json), IN("html in json", html_quot, json),
	IN("json in url", json, url_component), IN("json in url", json, url_form),
	IN("json in url", json, url_component_lower),
	IN("json in url", json, url_form_lower),
	IN("json in url", json, url_strict),
	IN("json in url", json_ascii, url_strict_plus),
	BASE64("json in base64", &json, NULL), BASE64("json in base64", &json_ascii, NULL),
	BASE64("json in base64", &json_safe, NULL), BASE64("json in base64", &json_slash, NULL),
	BASE64("json in base64", &json_slash_ascii, NULL), BASE64("json in base64", &json_php, NULL),
	BASE64URL("json in base64url", &json), BASE64URL("json in base64url", &json_ascii),
	BASE64URL("json in base64url", &json_safe), BASE64URL("json in base64url", &json_slash),
	BASE64URL("json in base64url", &json_slash_ascii), BASE64URL("json in base64url", &json_php),
	UTF16("json in utf-16", &json), UTF16("json in utf-16", &json_ascii),
	UTF16("json in utf-16", &json_safe), UTF16("json in utf-16", &json_slash),
	UTF16("json in utf-16", &json_slash_ascii), UTF16("json in utf-16", &json_php),
	BASE64("base64 in url", NULL, &url_component),
	BASE64("base64 in url", NULL, &url_component_lower),
	BASE64("base64 in json", NULL, &json_slash),
	BASE64("base64 in json", NULL, &json_serialize), BASE64("base64 in json", NULL, &json_net),
	BASE64("base64 in html", NULL, &html_go_plus), BASE64("base64 in html", NULL, &html_mustache),
};
// clang-format on

const size_t forms_count = ARRAY_SIZE(rows);

const char *forms_name(size_t form)
{
	return form < forms_count ? rows[form].name : NULL;
}

// What one step of a row makes of `from`, at `writer`; nothing to do is a copy.
static void write_step(struct writer *writer, const struct style *style, struct secret from)
{
	if (style) {
		write_styled(writer, style, secret_bytes(from), from.length);
		return;
	}
	writer->full = from.length > writer->size;
	writer->length = writer->full ? 0 : from.length;
	memcpy(writer->out, secret_bytes(from), writer->length);
}

bool forms_write(
	size_t form, struct secret value, uint8_t *out, size_t size, struct forms_text *ret_text)
{
	const struct row *row = &rows[form];
	struct writer even = {.out = out, .size = size / 2}, odd = {.out = out + size / 2};
	struct forms_text text = {0};

	odd.size = size - even.size;
	write_step(&even, row->style, value);
	if (row->encode)
		row->encode(&odd, secret_view(even.out, even.length), row->detail, &text);
	else
		write_step(&odd, NULL, secret_view(even.out, even.length));
	even.length = 0;
	write_step(&even, row->outer, secret_view(odd.out, odd.length));
	if (even.full || odd.full || !even.length)
		return false;
	if (row->outer)
		text = (struct forms_text){0}; // a digit beside may be spelled in some other way
	text.length = even.length;
	text.wraps = row->encode == write_base64 && !row->outer;
	*ret_text = text;
	return true;
}
