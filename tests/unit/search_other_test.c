// What is searched for beside values: placeholders, tokens and older values.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/search.h"

#include "lib/base/secret.h"
#include "lib/value/fingerprint.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "tests/unit/searching.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

// ---- placeholders

static void placeholders_stand_in_fallback_position(void **state)
{
	static const struct {
		const char *name, *text, *wanted; // "": silence
	} cases[] = {
		{"behind ||", "a=process.env.JWT_SECRET||\"your-secret-key\";",
			"placeholder JWT_SECRET - - 1:27\n"},
		{"in single quotes, with space", "const k = process.env.JWT_SECRET || 'secret'",
			"placeholder JWT_SECRET - - 1:37\n"},
		{"behind ??", "process.env.JWT_SECRET??`changeme`",
			"placeholder JWT_SECRET - - 1:25\n"},
		{"by its name in brackets", "process.env[\"JWT_SECRET\"]||\"secret\"",
			"placeholder JWT_SECRET - - 1:28\n"},
		{"of import.meta", "import.meta.env.API_TOKEN||\"your-token-here\"",
			"placeholder API_TOKEN - - 1:28\n"},
		{"of a polyfill", "t.default.env.AUTH_SECRET||\"your-secret-key\"",
			"placeholder AUTH_SECRET - - 1:28\n"},
		{"in the other arm",
			"x=process.env.JWT_SECRET?process.env.JWT_SECRET:\"your-secret-key\"",
			"placeholder JWT_SECRET - - 1:49\n"},
		{"of a lowered ??",
			"null!==(e=process.env.JWT_SECRET)&&void 0!==e?e:\"your-secret-key\"",
			"placeholder JWT_SECRET - - 1:49\n"},
		{"of a lowered default",
			"void 0===(e=process.env.JWT_SECRET)?\"your-secret-key\":e",
			"placeholder JWT_SECRET - - 1:37\n"},
		{"compared with nothing",
			"k=process.env.JWT_SECRET===void 0?\"changeme\":process.env.JWT_SECRET",
			"placeholder JWT_SECRET - - 1:35\n"},
		{"denied", "k=!process.env.JWT_SECRET?\"changeme\":process.env.JWT_SECRET",
			"placeholder JWT_SECRET - - 1:27\n"},
		{"of esbuild's lowered ??",
			"k=(_a=process.env.JWT_SECRET)!=null?_a:\"your-secret-key\"",
			"placeholder JWT_SECRET - - 1:40\n"},
		{"behind a call", "process.env.JWT_SECRET?.trim()||\"your-secret-key\"",
			"placeholder JWT_SECRET - - 1:33\n"},
		{"behind a bracket", "(process.env.JWT_SECRET)||\"your-secret-key\"",
			"placeholder JWT_SECRET - - 1:27\n"},
		{"assigned", "process.env.JWT_SECRET||=\"your-secret-key\"",
			"placeholder JWT_SECRET - - 1:26\n"},
		{"of a pattern", "const {JWT_SECRET:a=\"your-secret-key\"}=process.env",
			"placeholder JWT_SECRET - - 1:21\n"},
		{"of the second key", "process.env.A||process.env.JWT_SECRET||\"secret\"",
			"placeholder JWT_SECRET - - 1:40\n"},
		{"in a string of code", "eval(\"process.env.JWT_SECRET || \\\"secret\\\"\")",
			"placeholder JWT_SECRET - - 1:34\n"},
		{"by a variable", "let d=\"your-secret-key\",e=()=>process.env.NEXTAUTH_SECRET||d",
			"placeholder NEXTAUTH_SECRET - - 1:7\n"},
		{"by a variable that comes later",
			"e=()=>process.env.NEXTAUTH_SECRET||d;var d='your-secret-key'",
			"placeholder NEXTAUTH_SECRET - - 1:44\n"},
		{"folded", "let d=\"your-secret-key\",e=()=>d;", "placeholder - - - 1:7\n"},
		{"folded, with space", "const d = 'your-secret-key', e = () => d;",
			"placeholder - - - 1:11\n"},
		{"folded, returned", "var d=\"your-secret-key\";function e(){return d}",
			"placeholder - - - 1:7\n"},
		{"folded altogether", "e=()=>\"your-secret-key\"", "placeholder - - - 1:7\n"},
		{"handed to an encoder", "k=new TextEncoder().encode(\"your-secret-key\")",
			"placeholder - - - 1:28\n"},
		{"a key of jsonwebtoken", "return t.sign({a:1},\"your-secret-key\",{})",
			"placeholder - - - 1:21\n"},
		{"a variable that is a key", "let d=\"your-secret-key\";x=t.verify(a,d)",
			"placeholder - - - 1:7\n"},
		{"in Python", "K = os.environ.get(\"SECRET_KEY\", \"changeme\")",
			"placeholder SECRET_KEY - - 1:34\n"},
		{"in Python's other way", "K = os.getenv('SECRET_KEY', 'your-secret-key')",
			"placeholder SECRET_KEY - - 1:29\n"},
		{"in Python with or", "K = os.environ.get('SECRET_KEY') or 'changeme'",
			"placeholder SECRET_KEY - - 1:37\n"},
		{"in Ruby", "ENV.fetch(\"SECRET_KEY_BASE\", \"changeme\")",
			"placeholder SECRET_KEY_BASE - - 1:30\n"},
		{"of some option", "k=e.secret||\"your-secret-key\"", "placeholder - - - 1:13\n"},

		{"a word in prose", "keep your-secret-key secret; never || \"it\" or changeme", ""},
		{"a label", "{label:\"Password\",hint:\"your-secret-key\"}", ""},
		{"a table of words", "const t={secret:\"Secret\",token:\"Token\",key:\"your key\"}",
			""},
		{"a setting", "process.env.NODE_ENV||\"development\"", ""},
		{"a setting of a secret's name", "process.env.AUTH_TYPE||\"none\"", ""},
		{"an empty default", "process.env.JWT_SECRET||\"\"", ""},
		{"a default of its own", "process.env.JWT_SECRET||\"k9x2-Lm81-qq7\"", ""},
		{"a public name", "process.env.NEXT_PUBLIC_KEY||\"your-key-here\"", ""},
		{"compared", "process.env.JWT_SECRET===\"your-secret-key\"", ""},
		{"compared behind ||", "x||\"secret\"===e", ""},
		{"a type", "type=a||\"password\"", ""},
		{"a parameter of OAuth", "e.auth_method||\"client_secret\"", ""},
		{"a placeholder text", "p=e.placeholder||\"Enter your password\"", ""},
		{"part of a literal", "process.env.JWT_SECRET||\"your-secret-key \"+x", ""},
		{"a variable of another value", "let d=\"abc\",e=()=>process.env.JWT_SECRET||d",
			""},
		{"an object's member", "let q={d:1};a.d=\"your-secret-key\";e=()=>z", ""},
		{"in a comment", "a\n // process.env.JWT_SECRET || \"your-secret-key\"", ""},
		{"in a comment of many lines",
			" * sign(a, \"your-secret-key\")\n * k = e.secret || \"your-secret-key\"",
			""},
		{"given, never returned alone", "let d=\"your-secret-key\";check(d)", ""},
	};
	const struct scanjob job = {.flags = SCANJOB_PLACEHOLDERS};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found =
			searching_found_in_text(&job, ".next/server/a.js", cases[i].text);

		if (strcmp(found, cases[i].wanted) != 0)
			print_error("%s: %s\n", cases[i].name, found);
		assert_string_equal(found, cases[i].wanted);
	}
}

static void placeholders_matter_where_code_runs(void **state)
{
	static const char text[] = "process.env.JWT_SECRET||\"your-secret-key\"";
	static const struct {
		const char *path;
		bool matters;
	} cases[] = {
		{".next/server/app/route.js", true},
		{"node_modules/x/dist/index.js", true},
		{"tests/server.js", true},
		{"README.md", false},
		{"node_modules/jsonwebtoken/README.md", false},
		{"app/node_modules/x/examples/server.js", false},
		{"examples/node_modules/x/index.js", true},
		{"types.d.ts", false},
	};
	const struct scanjob job = {.flags = SCANJOB_PLACEHOLDERS};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if ((*searching_found_in_text(&job, cases[i].path, text) != '\0') !=
			cases[i].matters)
			fail_msg("%s", cases[i].path);
	assert_string_equal(searching_found_in_text(&(struct scanjob){0}, "a.js", text), "");
}

// ---- tokens

#define HEADER "eyJhbGciOiJIUzI1NiJ9"                        // {"alg":"HS256"}
#define JWE_HEADER "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0" // {"alg":"dir","enc":"A256GCM"}
#define JWS HEADER ".eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
#define JWE JWE_HEADER "..aXZpdg.Y2lwaGVy.dGFn"

static void tokens_are_found_once(void **state)
{
	static const struct {
		const char *name, *text, *wanted;
	} cases[] = {
		{"a JWS", "t=\"" JWS "\";", "token - - - 1:3 " JWS "\n"},
		{"a JWE", "cookie: " JWE "\n", "token - - - 1:8 " JWE "\n"},
		{"twice the same", JWS " " JWS, "token - - - 1:0 " JWS "\n"},
		{"the end of a sentence", JWS ". And so on", "token - - - 1:0 " JWS "\n"},
		{"two parts", HEADER ".eyJzdWIiOiIxIn0", ""},
		{"no signature", HEADER ".eyJzdWIiOiIxIn0.", ""},
		{"no JSON", "eyJhbGciOiJIUzI1NiJ8.eyJzdWIiOiIxIn0.c2ln", ""},
		{"no alg", "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.c2ln", ""},
		{"a JWE of three parts", JWE_HEADER "..aXZpdg", ""},
	};
	const struct scanjob job = {.flags = SCANJOB_TOKENS};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t piece = 1; piece < 64; piece += 9) {
			const char *found = searching_found_in(
				&job, "f", cases[i].text, strlen(cases[i].text), piece);

			if (strcmp(found, cases[i].wanted) != 0)
				fail_msg("%s: %s", cases[i].name, found);
		}
}

static void a_token_has_a_length(void **state)
{
	const struct scanjob job = {.flags = SCANJOB_TOKENS};
	size_t size = SCANREPORT_TOKEN_MAX + 1;
	char *text = calloc(1, size + 1);
	const size_t head = strlen(HEADER ".eyJzdWIiOiIxIn0.");
	struct search *search;
	struct searching_seen *seen = calloc(1, sizeof(*seen));

	(void)state;
	if (!text || !seen)
		abort();
	memset(text, 'A', size);
	memcpy(text, HEADER ".eyJzdWIiOiIxIn0.", head);
	assert_string_equal(searching_found_in(&job, "f", text, size, 1000), "");
	text[1000] = ' ';
	search = searching_open(&job, seen);
	searching_feed(search, &(struct scanreport_place){.path = "f"}, text, size, 1000);
	searching_feed(
		search, &(struct scanreport_place){.path = "g"}, text, size, 999); // told already
	(void)search_close(search);
	assert_int_equal(seen->count, 1);
	free(text);
	free(seen);
}

// ---- older values

#define OLD_A "old-Value-of-20-byte"
#define OLD_B "with \"quotes\" & \\ and \u00e9"
#define OLD_C "unknownLengthOf31BytesXyz123456"

static void older_values_are_found_by_fingerprint(void **state)
{
	static const char *const olds[] = {OLD_A, OLD_B, OLD_C};
	static const struct {
		const char *name, *text, *wanted;
	} cases[] = {
		{"in double quotes", "k=\"" OLD_A "\"", "old A - quoted 1:3\n"},
		{"in single quotes", "k='" OLD_A "'", "old A - quoted 1:3\n"},
		{"in a template", "k=`" OLD_A "`", "old A - quoted 1:3\n"},
		{"behind an apostrophe", "don't k=\"" OLD_A "\"", "old A - quoted 1:9\n"},
		{"in JSON", "{\"k\":\"with \\\"quotes\\\" & \\\\ and \\u00e9\"}",
			"old B - quoted 1:6\n"},
		{"in JS", "k='with \"quotes\" & \\\\ and \\xe9'", "old B - quoted 1:3\n"},
		{"in JSON in JSON", "\"{\\\"k\\\":\\\"" OLD_A "\\\"}\"", "old A - quoted 1:10\n"},
		{"in JSON in JSON, escaped",
			"\"{\\\"k\\\":\\\"with \\\\\\\"quotes\\\\\\\" & \\\\\\\\ and \u00e9\\\"}\"",
			"old B - quoted 1:10\n"},
		{"in JS in a source map", "[\"k='with \\\"quotes\\\" & \\\\\\\\ and \\\\xe9'\"]",
			"old B - quoted 1:5\n"},
		{"in an attribute", "<p title=\"with &quot;quotes&quot; &amp; \\ and \u00e9\">",
			"old B - quoted 1:10\n"},
		{"of an env file", "A=1\nK=" OLD_A "\n", "old A - unquoted 2:6\n"},
		{"of an env file, with CR", "K=" OLD_A "\r\n", "old A - unquoted 1:2\n"},
		{"of an env file, with a comment", "K=" OLD_A " # old\n", "old A - unquoted 1:2\n"},
		{"of YAML", "  key: " OLD_A "\n", "old A - unquoted 1:7\n"},
		{"on the last line", "K=" OLD_A, "old A - unquoted 1:2\n"},
		{"alone", OLD_A "\n", "old A - unquoted 1:0\n"},
		{"in markup", "<p>" OLD_A "</p>", "old A - markup 1:3\n"},
		{"in markup, escaped", "<p>with &quot;quotes&quot; &amp; \\ and &#xe9;</p>",
			"old B - markup 1:3\n"},
		{"in base64", "k=\"b2xkLVZhbHVlLW9mLTIwLWJ5dGU=\"", "old A - base64 1:3\n"},
		{"in base64 without padding", "K=b2xkLVZhbHVlLW9mLTIwLWJ5dGU\n",
			"old A - base64 1:2\n"},
		{"in JSON in base64", "k='eyJrIjoib2xkLVZhbHVlLW9mLTIwLWJ5dGUifQ'",
			"old A - base64 1:3\n"},
		{"in hex", "k='6f6c642d56616C75652d6f662d32302d62797465'", "old A - hex 1:3\n"},
		{"in a URL's spelling", "k='with%20%22quotes%22%20%26%20%5C%20and%20%C3%A9'",
			"old B - url 1:3\n"},
		{"in JSON in an attribute", "<p d=\"{&quot;k&quot;:&quot;" OLD_A "&quot;}\">",
			"old A - markup 1:6\n"},
		{"of no known length, in base64",
			"k=\"dW5rbm93bkxlbmd0aE9mMzFCeXRlc1h5ejEyMzQ1Ng==\"",
			"old C - base64 1:3\n"},
		{"of no known length, in hex",
			"k=\"756e6b6e6f776e4c656e6774684f6633314279746573"
			"58797a313233343536\"",
			"old C - hex 1:3\n"},
		{"another value in base64", "k=\"MGxkLVZhbHVlLW9mLTIwLWJ5dGU=\"", ""},
		{"of no known length, in quotes", "k=\"" OLD_C "\"", "old C - quoted 1:3\n"},
		{"another value of that length", "k=\"0ld-Value-of-20-byte\"", ""},
		{"part of a literal", "k=\"" OLD_A "x\"", ""},
	};
	struct scanjob_print prints[ARRAY_SIZE(olds)] = {{.key = "A", .origin = "a build"},
		{.key = "B", .origin = "a build"}, {.key = "C", .origin = "a build"}};
	struct scanjob job = {.prints = prints, .print_count = ARRAY_SIZE(prints)};

	(void)state;
	randombytes_buf(job.fingerprint_key, sizeof(job.fingerprint_key));
	for (size_t i = 0; i < ARRAY_SIZE(olds); i++) {
		fingerprint_by_subkey(
			job.fingerprint_key, searching_secret(olds[i]), prints[i].fingerprint);
		prints[i].length = i == 2 ? 0 : (uint32_t)strlen(olds[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t piece = 1; piece < 64; piece += 9) {
			const char *found = searching_found_in(
				&job, "f", cases[i].text, strlen(cases[i].text), piece);

			if (strcmp(found, cases[i].wanted) != 0)
				fail_msg("%s: %s", cases[i].name, found);
		}
}

// Writes a text as UTF-16, big or little, with or without its mark.
// Returns: its length.
static size_t write_utf16(const char *text, bool big, bool marked, uint8_t *out)
{
	size_t size = 0;

	if (marked) {
		out[size++] = big ? 0xFE : 0xFF;
		out[size++] = big ? 0xFF : 0xFE;
	}
	for (; *text; text++) {
		out[size++] = big ? 0 : (uint8_t)*text;
		out[size++] = big ? (uint8_t)*text : 0;
	}
	return size;
}

static void older_values_are_found_in_utf16(void **state)
{
	static const char *const texts[] = {
		"A=1\r\nK=" OLD_A "\r\n", "K=" OLD_A, "{\"k\":\"" OLD_A "\"}", "k='" OLD_A "'\n"};
	struct scanjob_print print = {.key = "A", .origin = "a build", .length = strlen(OLD_A)};
	struct scanjob job = {.prints = &print, .print_count = 1};

	(void)state;
	fingerprint_by_subkey(job.fingerprint_key, searching_secret(OLD_A), print.fingerprint);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (int way = 0; way < 4; way++) {
			uint8_t bytes[200];
			size_t size = write_utf16(texts[i], way & 1, way & 2, bytes);

			if (!strstr(searching_found_in(&job, "f", bytes, size, 7),
				    "old A - utf-16"))
				fail_msg("%zu %d", i, way);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_stand_in_fallback_position),
		cmocka_unit_test(placeholders_matter_where_code_runs),
		cmocka_unit_test(tokens_are_found_once),
		cmocka_unit_test(a_token_has_a_length),
		cmocka_unit_test(older_values_are_found_by_fingerprint),
		cmocka_unit_test(older_values_are_found_in_utf16),
	};

	return cmocka_run_group_tests(tests, searching_set_up, searching_tear_down);
}
