// Languages by how they write numbers, what they spell in a way of their own, and both as styles;
// then the forms themselves.
// SPDX-License-Identifier: MIT
#include "lib/value/forms_rows.h"

#include "lib/value/forms_encoding.h"
#include "lib/value/forms_style.h"

// ---- how numbers are written

#define NUMBERS_U .narrow = {"\\u", "", 4}, .wide = {"\\u", "", 4}
#define NUMBERS_X .narrow = {"\\x", "", 2}, .wide = {"\\u", "", 4}
#define NUMBERS_BRACES .beyond = {"\\u{", "}", 1}
#define NUMBERS_HTML(prefix) \
	.narrow = {prefix, ";", 1}, .wide = {prefix, ";", 1}, .beyond = {prefix, ";", 1}

static const struct forms_numbering u_lower = {NUMBERS_U};
static const struct forms_numbering u_upper = {NUMBERS_U, .upper = true};
static const struct forms_numbering x_lower = {NUMBERS_X};
static const struct forms_numbering x_upper = {NUMBERS_X, .upper = true};
static const struct forms_numbering xb_lower = {NUMBERS_X, NUMBERS_BRACES};
static const struct forms_numbering xb_upper = {NUMBERS_X, NUMBERS_BRACES, .upper = true};
// swc writes the short ones in lower case
static const struct forms_numbering x_swc = {NUMBERS_X, .upper = true, .narrow_lower = true};
static const struct forms_numbering xb_swc = {
	NUMBERS_X, NUMBERS_BRACES, .upper = true, .narrow_lower = true};
static const struct forms_numbering x_swc_some = {
	.narrow = {"\\x", "", 2}, .upper = true, .narrow_lower = true};
static const struct forms_numbering ub_lower = {NUMBERS_U, NUMBERS_BRACES};
static const struct forms_numbering ub_upper = {NUMBERS_U, NUMBERS_BRACES, .upper = true};
static const struct forms_numbering braces_lower = {
	.narrow = {"\\u{", "}", 1}, .wide = {"\\u{", "}", 1}, NUMBERS_BRACES};
static const struct forms_numbering percent_lower = {.narrow = {"%", "", 2}};
static const struct forms_numbering percent_upper = {.narrow = {"%", "", 2}, .upper = true};
static const struct forms_numbering html_decimal = {NUMBERS_HTML("&#"), .decimal = true};
static const struct forms_numbering html_lower = {NUMBERS_HTML("&#x")};
static const struct forms_numbering html_upper = {NUMBERS_HTML("&#x"), .upper = true};

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
static const struct forms_spelled spelled_json[] = {SPELL_JSON, SPELL_CONTROL, SPELL_END};
static const struct forms_spelled spelled_minimal[] = {SPELL_JSON, SPELL_END};
static const struct forms_spelled spelled_slash[] = {{"/", "\\/"}, SPELL_JSON, SPELL_CONTROL, SPELL_END};
// Go's encoding/json and what Next.js puts into pages
static const struct forms_spelled spelled_safe[] = {
	{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}, SPELL_JSON, SPELL_CONTROL, SPELL_LINES, SPELL_END};
static const struct forms_spelled spelled_safe_old[] = {
	{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}, {"\n", "\\n"}, {"\r", "\\r"},
	{"\t", "\\t"}, SPELL_JSON, SPELL_LINES, SPELL_END};
static const struct forms_spelled spelled_safe_upper[] = {
	{"<", "\\u003C"}, {">", "\\u003E"}, {"&", "\\u0026"}, SPELL_JSON, SPELL_CONTROL, SPELL_LINES, SPELL_END};
// serialize-javascript
static const struct forms_spelled spelled_serialize[] = {
	{"<", "\\u003C"}, {">", "\\u003E"}, {"/", "\\u002F"}, SPELL_JSON, SPELL_CONTROL, SPELL_LINES, SPELL_END};
// System.Text.Json
static const struct forms_spelled spelled_net[] = {
	{"\"", "\\u0022"}, {"&", "\\u0026"}, {"'", "\\u0027"}, {"+", "\\u002B"}, {"<", "\\u003C"},
	{">", "\\u003E"}, {"`", "\\u0060"}, {"\\", "\\\\"}, SPELL_CONTROL, SPELL_END};
// PHP's JSON_HEX_TAG, _AMP, _APOS and _QUOT, with and without slashes
static const struct forms_spelled spelled_php[] = {
	{"\"", "\\u0022"}, {"&", "\\u0026"}, {"'", "\\u0027"}, {"<", "\\u003C"}, {">", "\\u003E"},
	{"/", "\\/"}, {"\\", "\\\\"}, SPELL_CONTROL, SPELL_END};
static const struct forms_spelled spelled_php_plain[] = {
	{"\"", "\\u0022"}, {"&", "\\u0026"}, {"'", "\\u0027"}, {"<", "\\u003C"}, {">", "\\u003E"},
	{"\\", "\\\\"}, SPELL_CONTROL, SPELL_END};

static const struct forms_spelled spelled_double[] = {
	SPELL_JSON, SPELL_SCRIPT, {"\v", "\\v"}, SPELL_CONTROL, SPELL_END};
static const struct forms_spelled spelled_single[] = {
	{"'", "\\'"}, {"\\", "\\\\"}, SPELL_SCRIPT, {"\v", "\\v"}, SPELL_CONTROL, SPELL_END};
static const struct forms_spelled spelled_both[] = {
	{"'", "\\'"}, SPELL_JSON, SPELL_SCRIPT, {"\v", "\\v"}, SPELL_CONTROL, SPELL_END};
// a tab stays where nobody needs to see it
static const struct forms_spelled spelled_double_tab[] = {
	SPELL_JSON, SPELL_SCRIPT, {"\v", "\\v"}, {"\t", "\t"}, SPELL_CONTROL, SPELL_END};
static const struct forms_spelled spelled_single_tab[] = {
	{"'", "\\'"}, {"\\", "\\\\"}, SPELL_SCRIPT, {"\v", "\\v"}, {"\t", "\t"}, SPELL_CONTROL,
	SPELL_END};
// esbuild leaves the other control bytes as they are
static const struct forms_spelled spelled_double_esbuild[] = {
	SPELL_JSON, SPELL_SCRIPT, {"\v", "\\v"}, {"\t", "\t"}, {"\x1b", "\\x1B"}, SPELL_LINES,
	{"\ufeff", "\\uFEFF"}, SPELL_CONTROL, SPELL_END};
static const struct forms_spelled spelled_single_esbuild[] = {
	{"'", "\\'"}, {"\\", "\\\\"}, SPELL_SCRIPT, {"\v", "\\v"}, {"\t", "\t"},
	{"\x1b", "\\x1B"}, SPELL_LINES, {"\ufeff", "\\uFEFF"}, SPELL_CONTROL, SPELL_END};
static const struct forms_spelled spelled_template[] = {
	{"`", "\\`"}, {"${", "\\${"}, {"\\", "\\\\"}, SPELL_SCRIPT, {"\r", "\\r"}, SPELL_END};
static const struct forms_spelled spelled_template_dollar[] = {
	{"`", "\\`"}, {"$", "\\$"}, {"\\", "\\\\"}, SPELL_CONTROL, SPELL_END};

static const struct forms_spelled spelled_react[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#x27;"}, SPELL_END};
static const struct forms_spelled spelled_lodash[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#39;"}, SPELL_END};
static const struct forms_spelled spelled_gohtml[] = {
	SPELL_HTML, {"\"", "&#34;"}, {"'", "&#39;"}, SPELL_END};
static const struct forms_spelled spelled_gohtml_plus[] = {
	SPELL_HTML, {"\"", "&#34;"}, {"'", "&#39;"}, {"+", "&#43;"}, SPELL_END};
static const struct forms_spelled spelled_html_text[] = {SPELL_HTML, SPELL_END};
static const struct forms_spelled spelled_html_quot[] = {SPELL_HTML, {"\"", "&quot;"}, SPELL_END};
static const struct forms_spelled spelled_attribute[] = {{"&", "&amp;"}, {"\"", "&quot;"}, SPELL_END};
static const struct forms_spelled spelled_phphtml[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#039;"}, SPELL_END};
static const struct forms_spelled spelled_xml[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&apos;"}, SPELL_END};
static const struct forms_spelled spelled_mustache[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#39;"}, {"/", "&#x2F;"}, {"`", "&#x60;"},
	{"=", "&#x3D;"}, SPELL_END};
static const struct forms_spelled spelled_handlebars[] = {
	SPELL_HTML, {"\"", "&quot;"}, {"'", "&#x27;"}, {"`", "&#x60;"}, {"=", "&#x3D;"}, SPELL_END};
static const struct forms_spelled spelled_he[] = {
	{"&", "&#x26;"}, {"<", "&#x3C;"}, {">", "&#x3E;"}, {"\"", "&#x22;"}, {"'", "&#x27;"},
	{"`", "&#x60;"}, SPELL_END};

static const struct forms_spelled spelled_plus[] = {{" ", "+"}, SPELL_END};
// clang-format on

// ---- styles

#define STYLE(name, ...) static const struct forms_style name = {__VA_ARGS__}

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

// ---- the forms

#define AS(called, how) \
	{ \
		.name = (called), .style = &(how) \
	}
#define IN(called, how, where) \
	{ \
		.name = (called), .style = &(how), .outer = &(where) \
	}
#define BASE64(name, style, outer) \
	{name, style, forms_encoding_base64, 0, outer}, \
		{name, style, forms_encoding_base64, 1, outer}, \
	{ \
		name, style, forms_encoding_base64, 2, outer \
	}
#define BASE64URL(name, style) \
	{name, style, forms_encoding_base64, FORMS_BASE64_URL, NULL}, \
		{name, style, forms_encoding_base64, FORMS_BASE64_URL | 1, NULL}, \
	{ \
		name, style, forms_encoding_base64, FORMS_BASE64_URL | 2, NULL \
	}
#define UTF16(name, style) \
	{name, style, forms_encoding_utf16, 0, NULL}, \
	{ \
		name, style, forms_encoding_utf16, FORMS_UTF16_BIG, NULL \
	}

// What stands first gives its name to what is the same bytes.
// clang-format off
const struct forms_row forms_rows[] = {
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
	{"hex", .encode = forms_encoding_hex}, {"hex", .encode = forms_encoding_hex, .detail = FORMS_HEX_UPPER},
	{"utf-16le", .encode = forms_encoding_utf16}, {"utf-16be", .encode = forms_encoding_utf16, .detail = FORMS_UTF16_BIG},

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

const size_t forms_count = ARRAY_SIZE(forms_rows);
