// Values planted in every form are found once, where they stand, however the pieces come; near
// misses are not. Placeholders, tokens and older values likewise.
// SPDX-License-Identifier: MIT
#include "loader/scan/search/search.h"

#include "lib/base/err.h"
#include "lib/base/secret.h"
#include "lib/value/fingerprint.h"
#include "lib/value/forms.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define PLAIN "Zq7Rk2Lm9Xw4Tb8Vn1Hd6Gs3"
#define MIXED "x\"y\\z/<q>&'w+o=r ~?>d\n\u00e9#"
#define OTHER "0123456789abcdef-other-value"
#define ROOM ((size_t)900 * 1024)
#define SEEN_SIZE 8192

// What was told: a line a report, "type key kind form offset line".
struct seen {
	char text[SEEN_SIZE];
	size_t length, count;
};

static struct secret_arena *arena;

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static void see(void *user, const struct scanreport *report)
{
	static const char *const types[SCANREPORT_TYPES] = {
		[SCANREPORT_VALUE] = "value",
		[SCANREPORT_OLD] = "old",
		[SCANREPORT_PLACEHOLDER] = "placeholder",
		[SCANREPORT_TOKEN] = "token",
		[SCANREPORT_SKIPPED] = "skipped",
	};
	struct seen *seen = user;
	int length = snprintf(seen->text + seen->length, sizeof(seen->text) - seen->length,
		"%s %s %s %s %llu:%llu%s%s\n", types[report->type], or_dash(report->key),
		or_dash(report->kind), or_dash(report->form),
		(unsigned long long)report->place.line, (unsigned long long)report->place.offset,
		report->token ? " " : "", report->token ? report->token : "");

	assert_true(length > 0 && (size_t)length < sizeof(seen->text) - seen->length);
	seen->length += (size_t)length;
	seen->count++;
}

// ---- jobs

static struct secret secret_of(const char *text)
{
	return secret_view(text, strlen(text));
}

static struct scanjob_value value_of(const char *key, enum scanjob_kind kind, const char *text)
{
	return (struct scanjob_value){.key = key,
		.origin = ".env:1:1",
		.kind = kind,
		.secret = true,
		.value = secret_of(text)};
}

static void feed(struct search *search, const struct scanreport_place *place, const void *bytes,
	size_t size, size_t piece)
{
	struct search_stream *stream = search_begin(search, place);

	if (!stream)
		abort();
	for (size_t at = 0; at < size; at += piece)
		assert_int_equal(search_feed(stream, (const uint8_t *)bytes + at,
					 size - at < piece ? size - at : piece),
			0);
	assert_int_equal(search_end(stream), 0);
}

static struct search *open_search(const struct scanjob *job, struct seen *seen)
{
	struct search *search = NULL;
	struct err err = ERR_NONE;

	*seen = (struct seen){0};
	if (search_open(job, &(struct search_sink){see, seen}, arena, &search, &err) != 0)
		fail_msg("%s", err.what);
	if (!search)
		abort();
	return search;
}

// What a job finds in bytes that come in such pieces.
static const char *found_in(
	const struct scanjob *job, const char *path, const void *bytes, size_t size, size_t piece)
{
	static struct seen seen;
	struct search *search = open_search(job, &seen);

	feed(search, &(struct scanreport_place){.path = path}, bytes, size, piece);
	(void)search_close(search);
	return seen.text;
}

static const char *found_in_text(const struct scanjob *job, const char *path, const char *text)
{
	return found_in(job, path, text, strlen(text), strlen(text) + 1);
}

// ---- values

#define BEFORE "first line\nsecond: "
#define AFTER " \nbehind"

static void check_form(
	struct search *search, struct seen *seen, struct secret value, size_t form, size_t piece)
{
	uint8_t bytes[4096] = BEFORE, out[FORMS_ROOM(64)];
	struct forms_text text;
	char line[128];
	size_t size = strlen(BEFORE);

	assert_true(forms_write(form, value, out, sizeof(out), &text));
	memcpy(bytes + size, out, text.length);
	size += text.length;
	memcpy(bytes + size, AFTER, strlen(AFTER));
	size += strlen(AFTER);
	*seen = (struct seen){0};
	feed(search, &(struct scanreport_place){.path = "file"}, bytes, size, piece);
	(void)snprintf(line, sizeof(line), "%d:%zu\n", memchr(out, 0, text.length) ? 0 : 2,
		strlen(BEFORE));
	if (seen->count != 1 || !strstr(seen->text, line) ||
		strncmp(seen->text, "value K current ", 16) != 0)
		fail_msg(
			"%s (%zu) in pieces of %zu: %s", forms_name(form), form, piece, seen->text);
}

static void every_form_is_found_once(void **state)
{
	static const char *const values[] = {PLAIN, MIXED, "8bytes!\"", "\"'quoted'\"",
		"\\back\\slash\\", "p\u00e4ssw\u00f6rd\U0001F600", "12345678", "&amp;&lt;&gt;",
		"-----BEGIN-----\nabc\n", "%41%42%43%44"};
	static const size_t pieces[] = {1, 2, 3, 7, 16, 31, 4096};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct scanjob_value value = value_of("K", SCANJOB_CURRENT, values[i]);
		struct scanjob job = {.values = &value, .value_count = 1};
		struct seen seen;
		struct search *search = open_search(&job, &seen);

		for (size_t form = 0; form < forms_count; form++)
			check_form(search, &seen, value.value, form,
				pieces[(form + i) % ARRAY_SIZE(pieces)]);
		(void)search_close(search);
	}
}

static void pieces_and_windows_change_nothing(void **state)
{
	const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, PLAIN);
	const struct scanjob job = {.values = &value, .value_count = 1};
	uint8_t *bytes = calloc(1, ROOM);
	char wanted[128];

	(void)state;
	if (!bytes)
		abort();
	// around every place where a window or what is ahead of it may end
	for (size_t edge = 8 * 1024; edge < ROOM - 1024; edge += 8 * 1024) {
		size_t at = edge - randombytes_uniform(2 * sizeof(PLAIN));

		memset(bytes, 'x', ROOM);
		bytes[0] = '\n';
		bytes[edge - 100] = '\n';
		memcpy(bytes + at, PLAIN, strlen(PLAIN));
		(void)snprintf(wanted, sizeof(wanted), "value K current raw 3:%zu\n", at);
		assert_string_equal(found_in(&job, "f", bytes, ROOM, ROOM), wanted);
		assert_string_equal(found_in(&job, "f", bytes, ROOM, edge + 5), wanted);
		assert_string_equal(found_in(&job, "f", bytes, ROOM, 65521), wanted);
	}
	free(bytes);
}

// vectorscan overlooks literals near the end of a block, by where they lie and what else is sought.
static void the_end_of_a_stream_is_searched(void **state)
{
	static const char *const values[] = {
		"5\u0444\u043450GL", PLAIN, "8bytes+1", "\u0436\u0444\u0449\u044f"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, values[i]);
		const struct scanjob job = {.values = &value, .value_count = 1};
		struct seen seen;
		struct search *search = open_search(&job, &seen);
		char text[400];

		for (int before = 0; before < 140; before++)
			for (int behind = 0; behind < 70; behind += 3) {
				int size = snprintf(text, sizeof(text), "%*s%s%*s", before, "",
					values[i], behind, "");

				seen = (struct seen){0};
				feed(search, &(struct scanreport_place){.path = "f"}, text,
					(size_t)size, (size_t)size);
				assert_int_equal(seen.count, 1);
			}
		(void)search_close(search);
	}
}

static void behind_a_hole_places_are_those_of_the_file(void **state)
{
	const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, PLAIN);
	const struct scanjob job = {.values = &value, .value_count = 1};
	const char text[] = "one\ntwo " PLAIN;
	struct seen seen;
	struct search *search = open_search(&job, &seen);

	(void)state;
	feed(search, &(struct scanreport_place){.path = "f", .offset = 900000000000}, text,
		strlen(text), 5);
	(void)search_close(search);
	assert_string_equal(seen.text, "value K current raw 0:900000000008\n");
}

static void the_value_that_is_meant_is_told(void **state)
{
	const struct scanjob_value values[] = {
		value_of("K", SCANJOB_SHADOWED, "\"" PLAIN "\""),
		value_of("K", SCANJOB_CURRENT, PLAIN),
		value_of("K", SCANJOB_SHADOWED, PLAIN),
		value_of("K", SCANJOB_SHADOWED, PLAIN "-longer"),
		value_of("K", SCANJOB_READING, "Zq7Rk2Lm9Xw4"),
		value_of("L", SCANJOB_SENTINEL, PLAIN),
	};
	const struct scanjob job = {.values = values, .value_count = ARRAY_SIZE(values)};
	static const struct {
		const char *name, *text, *wanted;
	} cases[] = {
		{"a quoted literal is the value", "a=\"" PLAIN "\"",
			"value K current raw 1:3\nvalue L sentinel raw 1:3\n"},
		{"a longer value is the longer one", "a=" PLAIN "-longer",
			"value K shadowed raw 1:2\nvalue L sentinel raw 1:2\n"},
		{"a shorter one is itself", "a=Zq7Rk2Lm9Xw4-", "value K reading raw 1:2\n"},
		{"twice is twice", PLAIN "," PLAIN,
			"value K current raw 1:0\nvalue L sentinel raw 1:0\n"
			"value K current raw 1:25\nvalue L sentinel raw 1:25\n"},
		{"one byte less is nothing", "Zq7Rk2Lm9Xw", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found = found_in_text(&job, "f", cases[i].text);

		if (strcmp(found, cases[i].wanted) != 0)
			fail_msg("%s: %s", cases[i].name, found);
	}
}

static void base64_is_confirmed_at_its_edges(void **state)
{
	const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, "abcdefg5");
	const struct scanjob job = {.values = &value, .value_count = 1};

	(void)state;
	assert_string_equal(
		found_in_text(&job, "f", "YWJjZGVmZzU="), "value K current base64 1:0\n");
	assert_string_equal(
		found_in_text(&job, "f", "YWJjZGVmZzU"), "value K current base64 1:0\n");
	assert_string_equal(found_in_text(&job, "f", "eGFiY2RlZmc1eQ"), // xabcdefg5y
		"value K current base64 1:2\n");
	assert_string_equal(found_in_text(&job, "f", "YWJjZGVmZzY="), ""); // abcdefg6
	assert_string_equal(found_in_text(&job, "f", "eGFiY2RlZmc2eQ"), "");
}

static void nothing_is_found_in_noise(void **state)
{
	const struct scanjob_value values[] = {value_of("K", SCANJOB_CURRENT, "aB3+dE6/"),
		value_of("L", SCANJOB_CURRENT, "deadbeef"), value_of("M", SCANJOB_CURRENT, PLAIN)};
	const struct scanjob job = {.values = values,
		.value_count = ARRAY_SIZE(values),
		.flags = SCANJOB_PLACEHOLDERS | SCANJOB_TOKENS};
	uint8_t *bytes = calloc(1, ROOM);

	(void)state;
	if (!bytes)
		abort();
	for (int i = 0; i < 8; i++) {
		randombytes_buf(bytes, ROOM);
		assert_string_equal(found_in(&job, "f", bytes, ROOM, ROOM), "");
		for (size_t j = 0; j < ROOM; j++)
			bytes[j] = (uint8_t) "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					     "0123456789+/"[bytes[j] % 64];
		assert_string_equal(found_in(&job, "f", bytes, ROOM, ROOM), "");
	}
	free(bytes);
}

static void many_places_are_counted(void **state)
{
	const struct scanjob_value value = value_of("K", SCANJOB_CURRENT, "8bytes+1");
	const struct scanjob job = {.values = &value, .value_count = 1};
	struct seen *seen = calloc(1, sizeof(*seen));
	char text[150 * 9 + 1] = "", *last;
	struct search *search;

	(void)state;
	if (!seen)
		abort();
	for (int i = 0; i < 150; i++)
		memcpy(text + 9 * (size_t)i, "8bytes+1 ", 9);
	search = open_search(&job, seen);
	feed(search, &(struct scanreport_place){.path = "f"}, text, strlen(text), 100);
	(void)search_close(search);
	assert_int_equal(seen->count, SEARCH_LISTED_MAX + 1);
	last = strstr(seen->text, "1:900\n");
	assert_non_null(last);
	free(seen);
}

static void a_long_value_is_found_by_its_middle(void **state)
{
	char long_value[3001] = "", file[4001] = "";
	struct scanjob_value value;
	const struct scanjob job = {.values = &value, .value_count = 1};
	uint32_t number = 1;

	(void)state;
	for (size_t i = 0; i < 3000; i++) {
		number = number * 1664525 + 1013904223;
		long_value[i] = (char)('!' + (number >> 24) % 90);
	}
	value = value_of("K", SCANJOB_CURRENT, long_value);
	memset(file, ' ', 4000);
	memcpy(file + 500, long_value, 3000);
	assert_string_equal(found_in_text(&job, "f", file), "value K current raw 1:1744\n");
}

static void what_is_not_searched_is_said(void **state)
{
	struct scanjob_value values[] = {value_of("SHORT", SCANJOB_CURRENT, "1234567"),
		value_of("PORT", SCANJOB_CURRENT, "80801234567")};
	const struct scanjob job = {.values = values, .value_count = ARRAY_SIZE(values)};

	(void)state;
	values[1].secret = false;
	assert_string_equal(
		found_in_text(&job, "f", "1234567 80801234567"), "skipped SHORT current - 0:0\n");
}

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
		const char *found = found_in_text(&job, ".next/server/a.js", cases[i].text);

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
		if ((*found_in_text(&job, cases[i].path, text) != '\0') != cases[i].matters)
			fail_msg("%s", cases[i].path);
	assert_string_equal(found_in_text(&(struct scanjob){0}, "a.js", text), "");
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
			const char *found =
				found_in(&job, "f", cases[i].text, strlen(cases[i].text), piece);

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
	struct seen *seen = calloc(1, sizeof(*seen));

	(void)state;
	if (!text || !seen)
		abort();
	memset(text, 'A', size);
	memcpy(text, HEADER ".eyJzdWIiOiIxIn0.", head);
	assert_string_equal(found_in(&job, "f", text, size, 1000), "");
	text[1000] = ' ';
	search = open_search(&job, seen);
	feed(search, &(struct scanreport_place){.path = "f"}, text, size, 1000);
	feed(search, &(struct scanreport_place){.path = "g"}, text, size, 999); // told already
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
			job.fingerprint_key, secret_of(olds[i]), prints[i].fingerprint);
		prints[i].length = i == 2 ? 0 : (uint32_t)strlen(olds[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t piece = 1; piece < 64; piece += 9) {
			const char *found =
				found_in(&job, "f", cases[i].text, strlen(cases[i].text), piece);

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
	fingerprint_by_subkey(job.fingerprint_key, secret_of(OLD_A), print.fingerprint);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (int way = 0; way < 4; way++) {
			uint8_t bytes[200];
			size_t size = write_utf16(texts[i], way & 1, way & 2, bytes);

			if (!strstr(found_in(&job, "f", bytes, size, 7), "old A - utf-16"))
				fail_msg("%zu %d", i, way);
		}
}

static int open_arena(void **state)
{
	(void)state;
	return sodium_init() < 0 ? -1
				 : secret_arena_open(&(struct secret_options){0}, &arena, NULL);
}

static int close_arena(void **state)
{
	(void)state;
	arena = secret_arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_found_once),
		cmocka_unit_test(pieces_and_windows_change_nothing),
		cmocka_unit_test(the_end_of_a_stream_is_searched),
		cmocka_unit_test(behind_a_hole_places_are_those_of_the_file),
		cmocka_unit_test(the_value_that_is_meant_is_told),
		cmocka_unit_test(base64_is_confirmed_at_its_edges),
		cmocka_unit_test(nothing_is_found_in_noise),
		cmocka_unit_test(many_places_are_counted),
		cmocka_unit_test(a_long_value_is_found_by_its_middle),
		cmocka_unit_test(what_is_not_searched_is_said),
		cmocka_unit_test(placeholders_stand_in_fallback_position),
		cmocka_unit_test(placeholders_matter_where_code_runs),
		cmocka_unit_test(tokens_are_found_once),
		cmocka_unit_test(a_token_has_a_length),
		cmocka_unit_test(older_values_are_found_by_fingerprint),
		cmocka_unit_test(older_values_are_found_in_utf16),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
