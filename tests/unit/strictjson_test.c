// JSON of strangers: what is refused, why and where, within which limits, and what jansson says
// to it.
// SPDX-License-Identifier: MIT
#include "tests/jsonoracle.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LARGE 65536
#define MUTATIONS 300000
#define MUTANT_MAX 512

struct text {
	char bytes[LARGE];
	size_t length;
};

static struct text large; // too much for a stack

static void begin(void)
{
	large.length = 0;
}

static void add(const char *bytes, size_t times)
{
	for (; times > 0; times--)
		for (const char *at = bytes; *at; at++) {
			assert_true(large.length < LARGE);
			large.bytes[large.length++] = *at;
		}
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void agrees(const char *what, const char *text, size_t length)
{
	const char *complaint = jsonoracle_complaint(text, length);

	if (complaint)
		fail_msg("%s: %s: %.*s", what, complaint, (int)length, text);
}

static void reads_as(const char *what, const char *text, size_t length,
	enum strictjson_result wanted, size_t wanted_at)
{
	// In memory of its own, so that a sanitizer sees one byte too many.
	own_free char *copy = malloc(length + 1);
	enum strictjson_result result;
	size_t at = SIZE_MAX;

	if (!copy)
		abort();
	memcpy(copy + 1, text, length);
	result = strictjson_object(copy + 1, length, NULL, 0, &at);
	if (result != wanted || (result != STRICTJSON_OK && at != wanted_at))
		fail_msg("%s: result %d at %zu, not %d at %zu", what, (int)result, at, (int)wanted,
			wanted_at);
	agrees(what, copy + 1, length);
}

static const struct {
	const char *what, *text;
} good_texts[] = {
	{"no member", "{}"},
	{"white space everywhere",
		" \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n[ \t\r\n1 , { } , [ ] ] \t\r\n} \t\r\n"},
	{"an empty name", "{\"\":1}"},
	{"one name in two objects", "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}"},
	{"names that differ in case", "{\"alg\":1,\"Alg\":2}"},
	{"a name and its longer likes", "{\"a\":1,\"a\\u0000\":2,\"aa\":3}"},
	{"a backslash is not its own escape", "{\"\\\\u0061\":1,\"a\":2,\"\\\\\":3}"},
	{"the words", "{\"a\":[true,false,null]}"},
	{"numbers", "{\"a\":[0,-0,1,-1,10,0.0,1.5,-1.25e3,1E+3,1e-3,0e0,1e05]}"},
	{"a number out of range", "{\"a\":[1e999,-1e999,1e-999]}"},
	{"every short escape", "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}"},
	{"hex digits of both cases", "{\"a\":\"\\u00e9\\u00E9\\uaBcD\"}"},
	{"a pair of surrogates", "{\"a\":\"\\ud800\\udc00\\uDBFF\\uDFFF\"}"},
	{"an escaped NUL", "{\"\\u0000\":\"\\u0000\"}"},
	{"DEL is no control byte", "{\"a\":\"\x7F\"}"},
	{"the ends of UTF-8's ranges",
		"{\"a\":\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"
		"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"}"},
};

static const struct {
	const char *what, *text;
	enum strictjson_result result;
	size_t at;
} bad_texts[] = {
	{"nothing", "", STRICTJSON_E_SYNTAX, 0},
	{"white space alone", " \n", STRICTJSON_E_SYNTAX, 2},
	{"a byte order mark", "\xEF\xBB\xBF{}", STRICTJSON_E_SYNTAX, 0},
	{"a form feed is no white space", "{\f}", STRICTJSON_E_SYNTAX, 1},
	{"a space beyond ASCII", "{}\xC2\xA0", STRICTJSON_E_SYNTAX, 2},
	{"an open object", "{", STRICTJSON_E_SYNTAX, 1},
	{"an open array", "{\"a\":[1", STRICTJSON_E_SYNTAX, 7},
	{"an array that an object's bracket ends", "{\"a\":[1}", STRICTJSON_E_SYNTAX, 7},
	{"an object that an array's bracket ends", "{\"a\":1]", STRICTJSON_E_SYNTAX, 6},
	{"an open string", "{\"a", STRICTJSON_E_SYNTAX, 3},
	{"an open name of eight bytes", "{\"aaaaaaaa", STRICTJSON_E_SYNTAX, 10},
	{"no colon", "{\"a\" 1}", STRICTJSON_E_SYNTAX, 5},
	{"no value", "{\"a\":}", STRICTJSON_E_SYNTAX, 5},
	{"no comma", "{\"a\":1 \"b\":2}", STRICTJSON_E_SYNTAX, 7},
	{"a comma behind the last member", "{\"a\":1,}", STRICTJSON_E_SYNTAX, 7},
	{"a comma before the first member", "{,\"a\":1}", STRICTJSON_E_SYNTAX, 1},
	{"a comma behind the last item", "{\"a\":[1,]}", STRICTJSON_E_SYNTAX, 8},
	{"a comma alone", "{\"a\":[,]}", STRICTJSON_E_SYNTAX, 6},
	{"a name without quotes", "{a:1}", STRICTJSON_E_SYNTAX, 1},
	{"a name in single quotes", "{'a':1}", STRICTJSON_E_SYNTAX, 1},
	{"a number as name", "{1:1}", STRICTJSON_E_SYNTAX, 1},
	{"a comment", "{/**/}", STRICTJSON_E_SYNTAX, 1},
	{"a word in capitals", "{\"a\":True}", STRICTJSON_E_SYNTAX, 5},
	{"half a word", "{\"a\":tru}", STRICTJSON_E_SYNTAX, 5},
	{"a word too long", "{\"a\":nulll}", STRICTJSON_E_SYNTAX, 9},
	{"a cut word", "{\"a\":fals", STRICTJSON_E_SYNTAX, 5},
	{"NaN", "{\"a\":NaN}", STRICTJSON_E_SYNTAX, 5},
	{"Infinity", "{\"a\":-Infinity}", STRICTJSON_E_SYNTAX, 6},
	{"something behind the object", "{}x", STRICTJSON_E_SYNTAX, 2},
	{"another object behind it", "{} {}", STRICTJSON_E_SYNTAX, 3},
	{"a zero before a digit", "{\"a\":01}", STRICTJSON_E_SYNTAX, 6},
	{"a plus sign", "{\"a\":+1}", STRICTJSON_E_SYNTAX, 5},
	{"a minus sign alone", "{\"a\":-}", STRICTJSON_E_SYNTAX, 6},
	{"two minus signs", "{\"a\":--1}", STRICTJSON_E_SYNTAX, 6},
	{"a point first", "{\"a\":.5}", STRICTJSON_E_SYNTAX, 5},
	{"a point last", "{\"a\":1.}", STRICTJSON_E_SYNTAX, 7},
	{"no exponent", "{\"a\":1e}", STRICTJSON_E_SYNTAX, 7},
	{"a sign without exponent", "{\"a\":1e+}", STRICTJSON_E_SYNTAX, 8},
	{"a broken exponent", "{\"a\":1e1.5}", STRICTJSON_E_SYNTAX, 8},
	{"hex", "{\"a\":0x1}", STRICTJSON_E_SYNTAX, 6},
	{"a cut number", "{\"a\":1", STRICTJSON_E_SYNTAX, 6},
	{"a line end in a string", "{\"a\":\"\n\"}", STRICTJSON_E_SYNTAX, 6},
	{"a tab in a name", "{\"a\t\":1}", STRICTJSON_E_SYNTAX, 3},
	{"byte 1F in a long string",
		"{\"a\":\"0123456789\x1F"
		"0123456789\"}",
		STRICTJSON_E_SYNTAX, 16},
	{"an unknown escape", "{\"a\":\"\\x41\"}", STRICTJSON_E_SYNTAX, 6},
	{"an escaped single quote", "{\"a\":\"\\'\"}", STRICTJSON_E_SYNTAX, 6},
	{"an escape in capitals", "{\"a\":\"\\N\"}", STRICTJSON_E_SYNTAX, 6},
	{"a short escape of hex", "{\"a\":\"\\u123\"}", STRICTJSON_E_SYNTAX, 6},
	{"an escape with a sign", "{\"a\":\"\\u-123\"}", STRICTJSON_E_SYNTAX, 6},
	{"an escape of no hex", "{\"a\":\"\\u12g4\"}", STRICTJSON_E_SYNTAX, 6},
	{"a cut escape", "{\"a\":\"\\", STRICTJSON_E_SYNTAX, 6},
	{"an escaped last quote", "{\"a\":\"\\\"}", STRICTJSON_E_SYNTAX, 9},
	{"the high surrogate alone", "{\"a\":\"x\\ud800\"}", STRICTJSON_E_UTF8, 7},
	{"the low surrogate alone", "{\"a\":\"x\\udc00\"}", STRICTJSON_E_UTF8, 7},
	{"surrogates in the wrong order", "{\"a\":\"\\udc00\\ud800\"}", STRICTJSON_E_UTF8, 6},
	{"two high surrogates", "{\"a\":\"\\ud800\\ud800\\udc00\"}", STRICTJSON_E_UTF8, 6},
	{"a high surrogate and a letter", "{\"a\":\"\\ud800\\u0061\"}", STRICTJSON_E_UTF8, 6},
	{"a lone surrogate in a name", "{\"\\ud800\":1}", STRICTJSON_E_UTF8, 2},
	{"a stray continuation", "{\"a\":\"\x80\"}", STRICTJSON_E_UTF8, 6},
	{"a cut sequence", "{\"a\":\"\xE2\x82\"}", STRICTJSON_E_UTF8, 6},
	{"a cut sequence behind a good one", "{\"a\":\"\xC3\xA9\xC3\"}", STRICTJSON_E_UTF8, 8},
	{"an overlong slash", "{\"a\":\"\xC0\xAF\"}", STRICTJSON_E_UTF8, 6},
	{"an overlong slash of three", "{\"a\":\"\xE0\x80\xAF\"}", STRICTJSON_E_UTF8, 6},
	{"an overlong NUL", "{\"a\":\"\xC0\x80\"}", STRICTJSON_E_UTF8, 6},
	{"an encoded surrogate", "{\"a\":\"\xED\xA0\x80\"}", STRICTJSON_E_UTF8, 6},
	{"past U+10FFFF", "{\"a\":\"\xF4\x90\x80\x80\"}", STRICTJSON_E_UTF8, 6},
	{"byte FF", "{\"a\":\"12345678\xFF\"}", STRICTJSON_E_UTF8, 14},
	{"bad UTF-8 in a name", "{\"\xFF\":1}", STRICTJSON_E_UTF8, 2},
	{"a sequence that the end cuts", "{\"a\":\"\xE2\x82", STRICTJSON_E_UTF8, 6},
	{"a name twice", "{\"alg\":1,\"alg\":2}", STRICTJSON_E_DUPLICATE, 9},
	{"a name twice with one value", "{\"a\":1,\"b\":1,\"a\":1}", STRICTJSON_E_DUPLICATE, 13},
	{"the empty name twice", "{\"\":1,\"\":1}", STRICTJSON_E_DUPLICATE, 6},
	{"a name and its escaped spelling", "{\"alg\":1,\"\\u0061lg\":2}", STRICTJSON_E_DUPLICATE,
		9},
	{"two escaped spellings", "{\"\\u002f\":1,\"\\/\":2}", STRICTJSON_E_DUPLICATE, 12},
	{"a pair of surrogates and its UTF-8", "{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}",
		STRICTJSON_E_DUPLICATE, 18},
	{"an escaped NUL twice", "{\"a\\u0000b\":1,\"a\\u0000b\":2}", STRICTJSON_E_DUPLICATE, 14},
	{"twice in an object below", "{\"a\":{\"b\":1,\"b\":2}}", STRICTJSON_E_DUPLICATE, 12},
	{"twice in an array's object", "{\"a\":[{},{\"b\":1,\"\\u0062\":2}]}",
		STRICTJSON_E_DUPLICATE, 16},
	{"twice with an object between", "{\"a\":1,\"b\":{\"a\":1},\"a\":2}",
		STRICTJSON_E_DUPLICATE, 19},
	{"an array", "[{\"a\":1}]", STRICTJSON_E_TYPE, 0},
	{"a string", " \"a\"", STRICTJSON_E_TYPE, 1},
	{"a number", "1", STRICTJSON_E_TYPE, 0},
	{"null", "null", STRICTJSON_E_TYPE, 0},
	{"a broken array", "[1", STRICTJSON_E_SYNTAX, 2},
};

static void texts_are_read_or_refused_where_they_are_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good_texts); i++)
		reads_as(good_texts[i].what, good_texts[i].text, strlen(good_texts[i].text),
			STRICTJSON_OK, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad_texts); i++)
		reads_as(bad_texts[i].what, bad_texts[i].text, strlen(bad_texts[i].text),
			bad_texts[i].result, bad_texts[i].at);
}

static void a_nul_byte_is_refused_everywhere(void **state)
{
	static const char text[] = " { \"alg\" : [ 1 , true , \"x\" ] } ";
	const size_t length = sizeof(text) - 1;
	char bytes[sizeof(text)];
	size_t at;

	(void)state;
	for (size_t i = 0; i <= length; i++) {
		memcpy(bytes, text, i);
		bytes[i] = '\0';
		memcpy(bytes + i + 1, text + i, length - i);
		assert_int_equal(
			strictjson_object(bytes, length + 1, NULL, 0, &at), STRICTJSON_E_SYNTAX);
		assert_true(at <= i);
	}
}

static void each_limit_holds_exactly(void **state)
{
	(void)state;
	for (size_t over = 0; over <= 1; over++) {
		begin();
		add("{\"a\":", 1);
		add("[", STRICTJSON_DEPTH_MAX - 1 + over);
		add("]", STRICTJSON_DEPTH_MAX - 1 + over);
		add("}", 1);
		reads_as("depth of arrays", large.bytes, large.length,
			over ? STRICTJSON_E_DEPTH : STRICTJSON_OK, 5 + STRICTJSON_DEPTH_MAX - 1);

		begin();
		add("{\"a\":", STRICTJSON_DEPTH_MAX + over);
		add("1", 1);
		add("}", STRICTJSON_DEPTH_MAX + over);
		reads_as("depth of objects", large.bytes, large.length,
			over ? STRICTJSON_E_DEPTH : STRICTJSON_OK, 5 * STRICTJSON_DEPTH_MAX);

		begin();
		add("{\"a\":[0", 1);
		add(",0", STRICTJSON_ITEMS_MAX - 1 + over);
		add("],\"b\":[0", 1);
		add(",0", STRICTJSON_ITEMS_MAX - 1);
		add("]}", 1);
		reads_as("items of one array", large.bytes, large.length,
			over ? STRICTJSON_E_LIMIT : STRICTJSON_OK, 6 + 2 * STRICTJSON_ITEMS_MAX);

		begin();
		add("{\"a\":-0.", 1);
		add("1", STRICTJSON_NUMBER_MAX - 3 + over);
		add("}", 1);
		reads_as("bytes of a number", large.bytes, large.length,
			over ? STRICTJSON_E_LIMIT : STRICTJSON_OK, 5);
	}
}

// Half of the members stand in objects below.
static void members_are_counted_in_all_objects_together(void **state)
{
	char member[64];

	(void)state;
	for (size_t over = 0; over <= 1; over++) {
		size_t last = 0;

		begin();
		add("{", 1);
		for (size_t i = 0; i < (STRICTJSON_MEMBERS_MAX + over + 1) / 2; i++) {
			bool lone = over && i == STRICTJSON_MEMBERS_MAX / 2;

			(void)snprintf(member, sizeof(member),
				lone ? "%s\"m%zu\":1" : "%s\"m%zu\":{\"m\":1}", i ? "," : "", i);
			last = large.length + 1;
			add(member, 1);
		}
		add("}", 1);
		reads_as("members", large.bytes, large.length,
			over ? STRICTJSON_E_LIMIT : STRICTJSON_OK, last);
	}
}

// A name of any length and its spelling with escapes at random places are one.
static void spellings_of_a_name_are_found(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		size_t length = i % 40, second;
		char name[41], escape[8];

		begin();
		add("{\"AAAAAAAA\":0,\"X\":[{\"bbbbbbbb\":0}],\"", 1);
		for (size_t k = 0; k < length; k++)
			name[k] = (char)('a' + next_random(&random) % 26);
		name[length] = '\0';
		add(name, 1);
		add("\":1,\"", 1);
		second = large.length - 1;
		for (size_t k = 0; k < length; k++) {
			bool plain = next_random(&random) % 2;

			(void)snprintf(escape, sizeof(escape), plain ? "%c" : "\\u%04x", name[k]);
			add(escape, 1);
		}
		add("\":1}", 1);
		reads_as(name, large.bytes, large.length, STRICTJSON_E_DUPLICATE, second);
	}
}

// One change: a byte, a byte gone, a byte more, a piece of it copied elsewhere, or the end cut.
static size_t mutate(char *bytes, size_t length, uint64_t *random)
{
	static const char likely[] =
		"\"\\{}[]:,0123456789.eE+-tfnualg \xC3\xA9\xED\xA0\x80\xF0\x9F";
	size_t at = next_random(random) % (length + 1);
	size_t from = next_random(random) % (length + 1), span;
	char byte = next_random(random) % 4 ? likely[next_random(random) % (sizeof(likely) - 1)]
					    : (char)next_random(random);

	switch (next_random(random) % 8) {
	case 0:
		return length > 0 && next_random(random) % 8 == 0 ? at : length;
	case 1:
		if (at == length)
			return length;
		memmove(bytes + at, bytes + at + 1, length - at - 1);
		return length - 1;
	case 2:
	case 3:
		if (length == MUTANT_MAX)
			return length;
		memmove(bytes + at + 1, bytes + at, length - at);
		bytes[at] = byte;
		return length + 1;
	case 4:
		span = next_random(random) % 16;
		if (span > length - at || span > length - from)
			return length;
		memmove(bytes + at, bytes + from, span);
		return length;
	default:
		if (at < length)
			bytes[at] = byte;
		return length;
	}
}

static void mutants_read_as_jansson_reads_them(void **state)
{
	static const char *const seeds[] = {
		"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"main\"}",
		"{\"sub\":\"a\",\"aud\":[\"a\",\"b\"],\"exp\":1767225600.5,\"act\":{\"a\":1}}",
		"{\"\\u0061lg\":\"\\ud83d\\ude00\",\"\xC3\xA9\":\"\xF0\x9F\x98\x80\\n\"}",
		"{\"a\":1,\"b\":{\"a\":1,\"b\":[{\"a\":1},{\"a\":2}]},\"ab\":[]}",
		"{\"exp\":-1.25e+3,\"a\":[0,-0,true,false,null,1e-7]}",
	};
	uint64_t random = 88172645463325252;
	size_t taken = 0;

	(void)state;
	for (size_t i = 0; i < MUTATIONS; i++) {
		const char *seed = seeds[i % ARRAY_SIZE(seeds)];
		size_t length = strlen(seed), changes = 1 + next_random(&random) % 3;
		char bytes[MUTANT_MAX];

		memcpy(bytes, seed, length);
		for (; changes > 0; changes--)
			length = mutate(bytes, length, &random);
		agrees("a mutant", bytes, length);
		taken += strictjson_object(bytes, length, NULL, 0, NULL) == STRICTJSON_OK;
	}
	print_message("%zu of %d mutants are JSON\n", taken, MUTATIONS);
	assert_true(taken > MUTATIONS / 20 && taken < MUTATIONS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_or_refused_where_they_are_wrong),
		cmocka_unit_test(a_nul_byte_is_refused_everywhere),
		cmocka_unit_test(each_limit_holds_exactly),
		cmocka_unit_test(members_are_counted_in_all_objects_together),
		cmocka_unit_test(spellings_of_a_name_are_found),
		cmocka_unit_test(mutants_read_as_jansson_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
