// The judgement of tokens, item by item of the checklist that we hold to (the RFC sections stand
// in the names), up to the signature, with HMAC tokens made here; tests/spec/attacks_test.c has
// those of every algorithm.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/token.h"

#include "tests/forge.h"
#include "tests/unit/judging.h"
#include "verifier/trust/form/base64url.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct profile_rules rules_session = {.name = "session", .kind = PROFILE_NEXTAUTH_V4};

static const struct judging_attack forms[] = {
	{"empty", TOKEN_E_MALFORMED, .raw = ""},
	{"one part", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJIUzI1NiJ9"},
	{"two parts", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0"},
	{"four parts", TOKEN_E_MALFORMED, .raw = JUDGING_GOOD ".AAAA"},
	{"a dot in front", TOKEN_E_MALFORMED, .raw = "." JUDGING_GOOD},
	{"a dot behind", TOKEN_E_MALFORMED, .raw = JUDGING_GOOD "."},
	{"only dots", TOKEN_E_MALFORMED, .raw = ".."},
	{"a thousand dots", TOKEN_E_MALFORMED, .raw = "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t"},
	{"no header", TOKEN_E_MALFORMED, .raw = ".eyJzdWIiOiIxIn0.AAAA"},
	{"no payload, which can be signed", TOKEN_E_SIGNATURE, .raw = "eyJhbGciOiJIUzI1NiJ9..AAAA"},
	{"no signature", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0."},
	{"a newline behind", TOKEN_E_MALFORMED, .raw = JUDGING_GOOD "\n"},
	{"CRLF behind", TOKEN_E_MALFORMED, .raw = JUDGING_GOOD "\r\n"},
	{"a space in front", TOKEN_E_MALFORMED, .raw = " " JUDGING_GOOD},
	{"a space at a dot", TOKEN_E_MALFORMED,
		.raw = "eyJhbGciOiJIUzI1NiJ9 .eyJzdWIiOiIxIn0.AAAA"},
	{"Bearer in front", TOKEN_E_MALFORMED, .raw = "Bearer " JUDGING_GOOD},
	{"quotes around", TOKEN_E_MALFORMED, .raw = "\"" JUDGING_GOOD "\""},
	{"a byte over ASCII", TOKEN_E_MALFORMED, .raw = JUDGING_GOOD "\xC3\xA9"},
	{"an ellipsis", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJIUzI1NiJ9.…"},
	{"percent-encoding", TOKEN_E_MALFORMED,
		.raw = "eyJhbGciOiJIUzI1NiJ9%2eeyJzdWIiOiIxIn0%2eAA"},
	{"JSON serialisation", TOKEN_E_MALFORMED,
		.raw = "{\"protected\":\"eyJhbGciOiJIUzI1NiJ9\",\"payload\":\"eyJzdWIiOiIxIn0\","
		       "\"signature\":\"AAAA\"}"},
	{"the control", TOKEN_OK, .raw = JUDGING_GOOD},
};

static const struct judging_attack encodings[] = {
	{"padding", TOKEN_E_ENCODING, .raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0=.AAAA"},
	{"two of them", TOKEN_E_ENCODING, .raw = "eyJhbGciOiJIUzI1NiJ9==.eyJzdWIiOiIxIn0.AAAA"},
	{"a padded signature", TOKEN_E_ENCODING, .raw = JUDGING_GOOD "="},
	{"the other alphabet", TOKEN_E_ENCODING,
		.raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.+/+/"},
	{"no such length", TOKEN_E_ENCODING, .raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AAAAA"},
	{"one digit", TOKEN_E_ENCODING, .raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.A"},
	{"spare bits of the signature", TOKEN_E_ENCODING,
		.raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AB"},
	{"spare bits of the payload", TOKEN_E_ENCODING,
		.raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn1.AA"},
	{"spare bits of the header", TOKEN_E_ENCODING,
		.raw = "eyJhbGciOiJIUzI1NiIsImEiOjF9Ab.eyJzdWIiOiIxIn0.AA"},
	{"white space inside", TOKEN_E_MALFORMED,
		.raw = "eyJhbGciOi JIUzI1NiJ9.eyJzdWIiOiIxIn0.AA"},
};

static const struct judging_attack counts[] = {
	{"a JWE on a profile for JWS, unopened", TOKEN_E_MALFORMED,
		.raw = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA."
		       "AAAAAAAAAAAAAAAAAAAA"
		       "AA"},
	{"PBES2, unopened", TOKEN_E_MALFORMED,
		.raw = "eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjIxNDc0ODM2NDd9.AA.AA.AA.AA"},
	{"zip, unopened", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJkaXIiLCJ6aXAiOiJERUYifQ..AA.AA.AA"},
	{"a JWS on a profile for sessions", TOKEN_E_MALFORMED, .raw = JUDGING_GOOD,
		.rules = &rules_session},
};

static const struct judging_attack texts[] = {
	{"a header that is no JSON", TOKEN_E_JSON, .header = "alg=HS256"},
	{"bytes behind the header", TOKEN_E_JSON, .header = JUDGING_HEADER "}"},
	{"a NUL behind the header", TOKEN_E_JSON, .header = JUDGING_HEADER " \x01"},
	{"two objects", TOKEN_E_JSON, .header = JUDGING_HEADER JUDGING_HEADER},
	{"single quotes", TOKEN_E_JSON, .header = "{'alg':'HS256'}"},
	{"a comma too many", TOKEN_E_JSON, .header = "{\"alg\":\"HS256\",}"},
	{"a comment", TOKEN_E_JSON, .header = "{\"alg\":\"HS256\"/**/}"},
	{"an array as header", TOKEN_E_HEADER, .header = "[\"HS256\"]"},
	{"a string as header", TOKEN_E_HEADER, .header = "\"HS256\""},
	{"null as header", TOKEN_E_HEADER, .header = "null"},
	{"alg twice", TOKEN_E_DUPLICATE, .header = "{\"alg\":\"none\",\"alg\":\"HS256\"}"},
	{"another name twice", TOKEN_E_DUPLICATE, .header = "{\"alg\":\"HS256\",\"x\":1,\"x\":1}"},
	{"a name twice, deeper", TOKEN_E_DUPLICATE,
		.header = "{\"alg\":\"HS256\",\"x\":[{\"a\":1,\"a\":1}]}"},
	{"bytes behind the payload", TOKEN_E_JSON, .payload = JUDGING_PAYLOAD "x"},
	{"a payload that is no JSON", TOKEN_E_JSON, .payload = "sub=1"},
	{"an empty payload", TOKEN_E_JSON, .payload = ""},
	{"an array as payload", TOKEN_E_JSON, .payload = "[]"},
	{"exp twice", TOKEN_E_DUPLICATE, .payload = "{\"exp\":1,\"exp\":9999999999}"},
	{"sub twice, deeper", TOKEN_E_DUPLICATE, .payload = "{\"act\":{\"sub\":1,\"sub\":2}}"},
	{"NaN", TOKEN_E_JSON, .payload = "{\"exp\":NaN}"},
	{"a number with a leading zero", TOKEN_E_JSON, .payload = "{\"exp\":09999999999}"},
	{"a number in hex", TOKEN_E_JSON, .payload = "{\"exp\":0x7fffffff}"},
	{"a raw newline in a string", TOKEN_E_JSON, .payload = "{\"sub\":\"a\nb\"}"},
	{"white space around", TOKEN_OK, .header = " \r\n\t" JUDGING_HEADER " ",
		.payload = "\n" JUDGING_PAYLOAD "\n"},
};

static const struct judging_attack utf8[] = {
	{"an overlong form", TOKEN_E_UTF8, .payload = "{\"sub\":\"\xC0\xAF\"}"},
	{"a surrogate", TOKEN_E_UTF8, .payload = "{\"sub\":\"\xED\xA0\x80\"}"},
	{"past U+10FFFF", TOKEN_E_UTF8, .payload = "{\"sub\":\"\xF4\x90\x80\x80\"}"},
	{"latin-1", TOKEN_E_UTF8, .payload = "{\"sub\":\"caf\xE9\"}"},
	{"cut short", TOKEN_E_UTF8, .payload = "{\"sub\":\"\xE2\x82\"}"},
	{"a name that is not UTF-8", TOKEN_E_UTF8, .header = "{\"alg\":\"HS256\",\"\xFF\":1}"},
	{"a byte order mark in front of the header", TOKEN_E_JSON,
		.header = "\xEF\xBB\xBF" JUDGING_HEADER},
	{"a byte order mark in front of the payload", TOKEN_E_JSON,
		.payload = "\xEF\xBB\xBF" JUDGING_PAYLOAD},
	{"a lone surrogate escaped", TOKEN_E_UTF8, .payload = "{\"sub\":\"\\ud800\"}"},
	{"halves in the wrong order", TOKEN_E_UTF8, .payload = "{\"sub\":\"\\udc00\\ud800\"}"},
	{"a pair", TOKEN_OK, .payload = "{\"sub\":\"\\ud83d\\ude00\"}"},
	{"UTF-8", TOKEN_OK, .payload = "{\"sub\":\"Zoë 😀\"}"},
};

static const struct judging_attack escapes[] = {
	{"alg twice, once escaped", TOKEN_E_DUPLICATE,
		.header = "{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}"},
	{"escaped first", TOKEN_E_DUPLICATE,
		.header = "{\"\\u0061l\\u0067\":\"none\",\"alg\":\"HS256\"}"},
	{"exp twice, once escaped", TOKEN_E_DUPLICATE,
		.payload = "{\"exp\":9999999999,\"e\\u0078p\":1}"},
	{"crit hidden by an escape", TOKEN_E_CRIT,
		.header = "{\"alg\":\"HS256\",\"cri\\u0074\":[\"x\"]}"},
	{"exp hidden by an escape", TOKEN_E_EXPIRED, .payload = "{\"\\u0065xp\":1}"},
	{"alg written with an escape", TOKEN_OK, .header = "{\"\\u0061lg\":\"\\u0048S256\"}"},
	{"none written with an escape", TOKEN_E_ALG, .header = "{\"alg\":\"n\\u006fne\"}"},
};

static const struct judging_attack algorithms[] = {
	{"missing", TOKEN_E_HEADER, .header = "{}"},
	{"only typ", TOKEN_E_HEADER, .header = "{\"typ\":\"JWT\"}"},
	{"null", TOKEN_E_HEADER, .header = "{\"alg\":null}"},
	{"a number", TOKEN_E_HEADER, .header = "{\"alg\":256}"},
	{"false", TOKEN_E_HEADER, .header = "{\"alg\":false}"},
	{"an array", TOKEN_E_HEADER, .header = "{\"alg\":[\"HS256\"]}"},
	{"an object", TOKEN_E_HEADER, .header = "{\"alg\":{\"alg\":\"HS256\"}}"},
	{"none", TOKEN_E_ALG, .header = "{\"alg\":\"none\"}"},
	{"None", TOKEN_E_ALG, .header = "{\"alg\":\"None\"}"},
	{"NONE", TOKEN_E_ALG, .header = "{\"alg\":\"NONE\"}"},
	{"nOnE", TOKEN_E_ALG, .header = "{\"alg\":\"nOnE\"}"},
	{"none with a space", TOKEN_E_ALG, .header = "{\"alg\":\"none \"}"},
	{"none with a NUL", TOKEN_E_ALG, .header = "{\"alg\":\"none\\u0000\"}"},
	{"empty", TOKEN_E_ALG, .header = "{\"alg\":\"\"}"},
	{"lower case", TOKEN_E_ALG, .header = "{\"alg\":\"hs256\"}"},
	{"a space in front", TOKEN_E_ALG, .header = "{\"alg\":\" HS256\"}"},
	{"a NUL behind", TOKEN_E_ALG, .header = "{\"alg\":\"HS256\\u0000\"}"},
	{"cut", TOKEN_E_ALG, .header = "{\"alg\":\"HS25\"}"},
	{"longer", TOKEN_E_ALG, .header = "{\"alg\":\"HS2567\"}"},
	{"its long name", TOKEN_E_ALG, .header = "{\"alg\":\"HmacSHA256\"}"},
	{"Alg in another case", TOKEN_E_HEADER, .header = "{\"Alg\":\"HS256\"}"},
	{"none, unsigned", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."},
	{"none, with a signature", TOKEN_E_ALG, .raw = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.AAAA"},
};

static const struct judging_attack allowed[] = {
	{"HS384, for a key of HS256", TOKEN_E_ALG, .header = "{\"alg\":\"HS384\"}"},
	{"HS512", TOKEN_E_ALG, .header = "{\"alg\":\"HS512\"}"},
	{"RS256, with the MAC as its signature", TOKEN_E_ALG, .header = "{\"alg\":\"RS256\"}"},
	{"ES256", TOKEN_E_ALG, .header = "{\"alg\":\"ES256\"}"},
	{"EdDSA", TOKEN_E_ALG, .header = "{\"alg\":\"EdDSA\"}"},
	{"HS1", TOKEN_E_ALG, .header = "{\"alg\":\"HS1\"}"},
	{"an algorithm of JWE", TOKEN_E_ALG, .header = "{\"alg\":\"dir\"}"},
	{"the one of the key", TOKEN_OK, .header = "{\"alg\":\"HS256\"}"},
};

static const struct judging_attack kids[] = {
	{"a number", TOKEN_E_HEADER, .header = "{\"alg\":\"HS256\",\"kid\":1}"},
	{"null", TOKEN_E_HEADER, .header = "{\"alg\":\"HS256\",\"kid\":null}"},
	{"an array", TOKEN_E_HEADER, .header = "{\"alg\":\"HS256\",\"kid\":[\"k1\"]}"},
	{"an object", TOKEN_E_HEADER, .header = "{\"alg\":\"HS256\",\"kid\":{\"k\":1}}"},
	// Of a key without a kid it is a hint and nothing more.
	{"a path", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"kid\":\"../../../../dev/null\"}"},
	{"SQL", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"kid\":\"' UNION SELECT 'x';--\"}"},
	{"a command", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"kid\":\"|/usr/bin/id\"}"},
	{"a format", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"kid\":\"%n%n%s\"}"},
	{"empty", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"kid\":\"\"}"},
};

static const struct judging_attack foreign_keys[] = {
	{"jwk", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}"},
	{"jku", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"jku\":\"http://127.0.0.1:1/jwks.json\"}"},
	{"x5u", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"x5u\":\"http://127.0.0.1:1/cert.pem\"}"},
	{"x5c", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"x5c\":[\"MIIB\"]}"},
	{"x5t", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"x5t\":\"AAAA\"}"},
	{"jwk that is no object", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"jwk\":7}"},
};

static const struct judging_attack extensions[] = {
	{"crit of something", TOKEN_E_CRIT,
		.header = "{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}"},
	{"crit of b64", TOKEN_E_CRIT,
		.header = "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}"},
	{"crit of a standard parameter", TOKEN_E_CRIT,
		.header = "{\"alg\":\"HS256\",\"crit\":[\"alg\"]}"},
	{"an empty crit", TOKEN_E_CRIT, .header = "{\"alg\":\"HS256\",\"crit\":[]}"},
	{"crit null", TOKEN_E_CRIT, .header = "{\"alg\":\"HS256\",\"crit\":null}"},
	{"crit false", TOKEN_E_CRIT, .header = "{\"alg\":\"HS256\",\"crit\":false}"},
	{"crit a string", TOKEN_E_CRIT, .header = "{\"alg\":\"HS256\",\"crit\":\"x\"}"},
	{"crit an object", TOKEN_E_CRIT, .header = "{\"alg\":\"HS256\",\"crit\":{}}"},
	{"crit before alg is judged", TOKEN_E_CRIT,
		.header = "{\"alg\":\"none\",\"crit\":[\"x\"]}"},
	{"b64 false", TOKEN_E_HEADER, .header = "{\"alg\":\"HS256\",\"b64\":false}"},
	{"b64 of no type", TOKEN_E_HEADER, .header = "{\"alg\":\"HS256\",\"b64\":null}"},
	{"b64 true, as without it", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"b64\":true}"},
	{"Crit is another name", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"Crit\":[\"x\"]}"},
};

static const struct judging_attack unknown[] = {
	{"unknown parameters", TOKEN_OK,
		.header = "{\"alg\":\"HS256\",\"x\":{\"y\":[1,2]},\"z\":null}"},
	{"zip, which means nothing in a JWS", TOKEN_OK,
		.header = "{\"alg\":\"HS256\",\"zip\":\"DEF\"}"},
	{"enc, of no type", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"enc\":7}"},
	{"exp, which is a claim", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"exp\":1}"},
	{"an empty name", TOKEN_OK, .header = "{\"\":1,\"alg\":\"HS256\"}"},
};

static const struct judging_item items[] = {
	JUDGING_ITEM("4.1 item 1: compact form only, no foreign character", forms),
	JUDGING_ITEM("4.1 item 2: base64url without padding, and canonical", encodings),
	JUDGING_ITEM("4.1 item 3: three parts are signed, five encrypted, and not opened", counts),
	JUDGING_ITEM("4.1 item 4: strict JSON, no name twice at any depth", texts),
	JUDGING_ITEM("4.1 item 5: UTF-8 only, no byte order mark, no lone surrogate", utf8),
	JUDGING_ITEM("4.1 item 6: names compare unescaped", escapes),
	JUDGING_ITEM("4.2 item 8: alg none, in any spelling, is refused", algorithms),
	JUDGING_ITEM("4.2 item 9: only the algorithm of a key of the profile", allowed),
	JUDGING_ITEM("4.2 item 16: kid is a string, and no more than a hint", kids),
	JUDGING_ITEM("4.2 item 17: a key that the token brings is ignored", foreign_keys),
	JUDGING_ITEM("4.2 item 18: crit in any form, and b64 but true, are refused", extensions),
	JUDGING_ITEM("4.2 item 19: unknown header parameters are ignored", unknown),
};

// ---- what no table holds

// A payload {"a":FILL...} of about so many bytes.
static char *filled(const char *head, const char *fill, size_t count, const char *tail)
{
	size_t head_length = strlen(head), length = strlen(fill);
	char *text = malloc(head_length + count * length + strlen(tail) + 1);

	if (!text)
		abort();
	memcpy(text, head, head_length);
	for (size_t i = 0; i < count; i++)
		memcpy(text + head_length + i * length, fill, length);
	memcpy(text + head_length + count * length, tail, strlen(tail) + 1);
	return text;
}

static void expect_payload(const char *name, const char *payload, enum token_code code)
{
	const struct judging_attack attack = {.name = name, .code = code};
	own_free char *token = forge_signed(JUDGING_HEADER, payload, JUDGING_SECRET);

	judging_expect(&attack, token, strlen(token));
}

static void limits_come_before_parsing(void **state)
{
	static const struct {
		const char *name, *head, *fill;
		size_t count;
		const char *tail;
		enum token_code code;
	} cases[] = {
		{"16 KiB", "{\"a\":\"", "x", 12190, "\"}", TOKEN_OK},
		{"more", "{\"a\":\"", "x", 12300, "\"}", TOKEN_E_TOO_LARGE},
		{"31 arrays in the object", "{\"a\":", "[", 31, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
			TOKEN_OK},
		{"32 arrays in the object", "{\"a\":", "[", 32, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
			TOKEN_E_TOO_DEEP},
		{"10,000 brackets", "{\"a\":", "[", 10000, "", TOKEN_E_TOO_DEEP},
		{"2,000 objects", "{\"a\":", "{\"a\":", 2000, "", TOKEN_E_TOO_DEEP},
		{"1,024 items", "{\"a\":[", "1,", 1023, "1]}", TOKEN_OK},
		{"1,025 items", "{\"a\":[", "1,", 1024, "1]}", TOKEN_E_TOO_LARGE},
		{"513 members", "{\"b\":[{\"c\":1}", ",{\"c\":1}", 512, "]}", TOKEN_E_TOO_LARGE},
		{"a number of 32 bytes", "{\"a\":", "1", 32, "}", TOKEN_OK},
		{"a number of 33 bytes", "{\"a\":", "1", 33, "}", TOKEN_E_TOO_LARGE},
		{"a number of 10,000 digits", "{\"exp\":", "9", 10000, "}", TOKEN_E_TOO_LARGE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		own_free char *payload =
			filled(cases[i].head, cases[i].fill, cases[i].count, cases[i].tail);

		expect_payload(cases[i].name, payload, cases[i].code);
	}
}

static void bytes_that_no_literal_holds(void **state)
{
	static const char nul[] = "{\"sub\":\"a\0b\"}", utf16[] = "{\0\"\0a\0\"\0:\0001\0}\0";
	const struct judging_attack json = {.name = "a NUL in the payload", .code = TOKEN_E_JSON};
	const struct judging_attack malformed = {
		.name = "a NUL in the token", .code = TOKEN_E_MALFORMED};
	own_free char *with_nul = forge_signed_bytes(
		JUDGING_HEADER, strlen(JUDGING_HEADER), nul, sizeof(nul) - 1, JUDGING_SECRET);
	own_free char *wide = forge_signed_bytes(
		JUDGING_HEADER, strlen(JUDGING_HEADER), utf16, sizeof(utf16) - 1, JUDGING_SECRET);
	own_free char *good = forge_signed(JUDGING_HEADER, JUDGING_PAYLOAD, JUDGING_SECRET);

	(void)state;
	judging_expect(&json, with_nul, strlen(with_nul));
	judging_expect(&json, wide, strlen(wide));
	judging_expect(&malformed, good, strlen(good) + 1); // its NUL, too
}

static void signature_is_judged_before_claims(void **state)
{
	static const char *const payloads[] = {
		"{\"exp\":1}", "{\"exp\":\"x\"}", "[]", "x", "{\"a\":1,\"a\":1}"};
	const struct judging_attack attack = {.name = "by another key", .code = TOKEN_E_SIGNATURE};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(payloads); i++) {
		own_free char *token = forge_signed(JUDGING_HEADER, payloads[i], JUDGING_OTHER);

		judging_expect(&attack, token, strlen(token));
		assert_int_equal(judging_verdict.stage, TOKEN_SIGNATURE);
	}
}

// A token whose signature is the first `size` bytes of the right one, and zeros behind it.
static char *with_mac_of(size_t size)
{
	own_free char *token = forge_signed(JUDGING_HEADER, JUDGING_PAYLOAD, JUDGING_SECRET);
	char *dot = strrchr(token, '.');
	uint8_t mac[4 * ALGORITHM_SIGNATURE_MAX] = {0};
	own_free char *part = NULL;
	char *out;

	if (!dot || size > sizeof(mac) || !base64url_decode(dot + 1, strlen(dot + 1), mac))
		abort();
	if (size < 32)
		memset(mac + size, 0, 32 - size);
	part = forge_part(mac, size);
	if (asprintf(&out, "%.*s%s", (int)(dot + 1 - token), token, part) < 0)
		abort();
	return out;
}

static void mac_has_its_size(void **state)
{
	static const size_t sizes[] = {1, 2, 16, 20, 31, 33, 48, 64, 1024, 1025, 3000};
	const struct judging_attack attack = {.name = "of another size", .code = TOKEN_E_SIGNATURE};
	const struct judging_attack control = {.name = "of 32 bytes", .code = TOKEN_OK};
	own_free char *right = with_mac_of(32);

	(void)state;
	judging_expect(&control, right, strlen(right));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		own_free char *token = with_mac_of(sizes[i]);

		judging_expect(&attack, token, strlen(token));
		assert_non_null(strstr(judging_verdict.detail, "one of HS256 has 32"));
	}
}

int main(void)
{
	const struct CMUnitTest others[] = {
		{.name = "4.1 item 7: limits come before parsing",
			.test_func = limits_come_before_parsing},
		{.name = "4.1 item 5: NUL and UTF-16 are refused",
			.test_func = bytes_that_no_literal_holds},
		{.name = "4.2 item 20: a MAC of another size is refused",
			.test_func = mac_has_its_size},
		cmocka_unit_test(signature_is_judged_before_claims),
	};

	return judging_run(items, ARRAY_SIZE(items), others, ARRAY_SIZE(others));
}
