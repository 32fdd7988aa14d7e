// The judgement of tokens, item by item of the checklist that we hold to (the RFC sections stand in
// the names), with HMAC tokens made here; tests/spec/attacks_test.c has those of every algorithm.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/token.h"

#include "lib/base/text.h"
#include "tests/forge.h"
#include "verifier/trust/form/base64url.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SECRET "a secret of the test, 32 bytes up"
#define OTHER "another secret, also 32 bytes long"
#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define PAYLOAD "{\"sub\":\"1\"}"

static struct secret_arena *arena;
static struct token_scratch scratch;
static struct token_verdict verdict;

static int open_arena(void **state)
{
	(void)state;
	return secret_arena_open(NULL, &arena, NULL);
}

static int close_arena(void **state)
{
	(void)state;
	arena = secret_arena_free(arena);
	return 0;
}

// ---- profiles

static const char *const audiences[] = {"api", "https://ws.example/"};
static const char *const wanted_claims[] = {"exp", "sub", "role"};
static const char *const forwarded_claims[] = {"name", "sub"};

static const struct profile_rules rules_plain = {.name = "plain"};
static const struct profile_rules rules_leeway = {.name = "leeway", .leeway_ms = 10000};
static const struct profile_rules rules_age = {.name = "age", .max_age_ms = 60000};
static const struct profile_rules rules_issuer = {.name = "issuer", .issuer = "samekey-test"};
static const struct profile_rules rules_audience = {.name = "audience", .audience = {audiences, 2}};
static const struct profile_rules rules_typ = {.name = "typ", .typ = "at+jwt"};
static const struct profile_rules rules_require = {
	.name = "require", .require = {wanted_claims, 3}};
static const struct profile_rules rules_forward = {
	.name = "forward", .forward = {forwarded_claims, 2}};
static const struct profile_rules rules_session = {.name = "session", .kind = PROFILE_NEXTAUTH_V4};

static struct profile profile_of(const struct profile_rules *rules)
{
	struct profile profile = {.rules = rules};

	forge_add(&profile, forge_key(arena, SECRET, NULL, NULL), KEY_ACTIVE);
	return profile;
}

static enum token_code judge_bytes(const struct profile *profile, const char *token, size_t length)
{
	const struct token_options options = {.now_ms = FORGE_NOW_S * INT64_C(1000)};

	token_verify(profile, token, length, &options, &scratch, &verdict);
	return verdict.code;
}

// ---- tables of tokens

// A token of `header` and `payload` (NULL: the usual ones) signed with SECRET, or `raw` as it is.
struct attack {
	const char *name;
	enum token_code code;
	const char *header, *payload, *raw;
	const struct profile_rules *rules; // NULL: rules_plain
};

struct item {
	const char *name;
	const struct attack *attacks;
	size_t count;
};

static void expect(const struct attack *attack, const char *token, size_t length)
{
	struct profile profile = profile_of(attack->rules ? attack->rules : &rules_plain);
	enum token_code code = judge_bytes(&profile, token, length);

	if (code != attack->code)
		fail_msg("%s: %s (%s), not %s", attack->name, token_code_text(code), verdict.detail,
			token_code_text(attack->code));
	if (code == TOKEN_OK) {
		assert_ptr_equal(verdict.key, &profile.keys[0]);
		assert_string_equal(verdict.detail, "");
	} else {
		assert_true(strlen(verdict.detail) > 5);
		assert_true(text_is_line(verdict.detail, strlen(verdict.detail)));
	}
	// Nothing is said of claims before the signature is good.
	assert_true(verdict.stage == TOKEN_CLAIMS ? verdict.key != NULL : !verdict.claims);
	forge_clear(&profile);
}

static void judges(void **state)
{
	const struct item *item = *state;

	for (size_t i = 0; i < item->count; i++) {
		const struct attack *attack = &item->attacks[i];
		own_free char *token =
			attack->raw ? strdup(attack->raw)
				    : forge_signed(attack->header ? attack->header : HEADER,
					      attack->payload ? attack->payload : PAYLOAD, SECRET);

		if (!token)
			abort();
		expect(attack, token, strlen(token));
	}
}

// The control: the same token with the right form.
#define GOOD "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.0f5CdMzef58sY9QtGLEITDbjpjCLan4EZTfkiOtv6EE"

static const struct attack forms[] = {
	{"empty", TOKEN_E_MALFORMED, .raw = ""},
	{"one part", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJIUzI1NiJ9"},
	{"two parts", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0"},
	{"four parts", TOKEN_E_MALFORMED, .raw = GOOD ".AAAA"},
	{"a dot in front", TOKEN_E_MALFORMED, .raw = "." GOOD},
	{"a dot behind", TOKEN_E_MALFORMED, .raw = GOOD "."},
	{"only dots", TOKEN_E_MALFORMED, .raw = ".."},
	{"a thousand dots", TOKEN_E_MALFORMED, .raw = "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t"},
	{"no header", TOKEN_E_MALFORMED, .raw = ".eyJzdWIiOiIxIn0.AAAA"},
	{"no payload, which can be signed", TOKEN_E_SIGNATURE, .raw = "eyJhbGciOiJIUzI1NiJ9..AAAA"},
	{"no signature", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0."},
	{"a newline behind", TOKEN_E_MALFORMED, .raw = GOOD "\n"},
	{"CRLF behind", TOKEN_E_MALFORMED, .raw = GOOD "\r\n"},
	{"a space in front", TOKEN_E_MALFORMED, .raw = " " GOOD},
	{"a space at a dot", TOKEN_E_MALFORMED,
		.raw = "eyJhbGciOiJIUzI1NiJ9 .eyJzdWIiOiIxIn0.AAAA"},
	{"Bearer in front", TOKEN_E_MALFORMED, .raw = "Bearer " GOOD},
	{"quotes around", TOKEN_E_MALFORMED, .raw = "\"" GOOD "\""},
	{"a byte over ASCII", TOKEN_E_MALFORMED, .raw = GOOD "\xC3\xA9"},
	{"an ellipsis", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJIUzI1NiJ9.…"},
	{"percent-encoding", TOKEN_E_MALFORMED,
		.raw = "eyJhbGciOiJIUzI1NiJ9%2eeyJzdWIiOiIxIn0%2eAA"},
	{"JSON serialisation", TOKEN_E_MALFORMED,
		.raw = "{\"protected\":\"eyJhbGciOiJIUzI1NiJ9\",\"payload\":\"eyJzdWIiOiIxIn0\","
		       "\"signature\":\"AAAA\"}"},
	{"the control", TOKEN_OK, .raw = GOOD},
};

static const struct attack encodings[] = {
	{"padding", TOKEN_E_ENCODING, .raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0=.AAAA"},
	{"two of them", TOKEN_E_ENCODING, .raw = "eyJhbGciOiJIUzI1NiJ9==.eyJzdWIiOiIxIn0.AAAA"},
	{"a padded signature", TOKEN_E_ENCODING, .raw = GOOD "="},
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

static const struct attack counts[] = {
	{"a JWE on a profile for JWS, unopened", TOKEN_E_MALFORMED,
		.raw = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA."
		       "AAAAAAAAAAAAAAAAAAAA"
		       "AA"},
	{"PBES2, unopened", TOKEN_E_MALFORMED,
		.raw = "eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjIxNDc0ODM2NDd9.AA.AA.AA.AA"},
	{"zip, unopened", TOKEN_E_MALFORMED, .raw = "eyJhbGciOiJkaXIiLCJ6aXAiOiJERUYifQ..AA.AA.AA"},
	{"a JWS on a profile for sessions", TOKEN_E_MALFORMED, .raw = GOOD,
		.rules = &rules_session},
};

static const struct attack texts[] = {
	{"a header that is no JSON", TOKEN_E_JSON, .header = "alg=HS256"},
	{"bytes behind the header", TOKEN_E_JSON, .header = HEADER "}"},
	{"a NUL behind the header", TOKEN_E_JSON, .header = HEADER " \x01"},
	{"two objects", TOKEN_E_JSON, .header = HEADER HEADER},
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
	{"bytes behind the payload", TOKEN_E_JSON, .payload = PAYLOAD "x"},
	{"a payload that is no JSON", TOKEN_E_JSON, .payload = "sub=1"},
	{"an empty payload", TOKEN_E_JSON, .payload = ""},
	{"an array as payload", TOKEN_E_JSON, .payload = "[]"},
	{"exp twice", TOKEN_E_DUPLICATE, .payload = "{\"exp\":1,\"exp\":9999999999}"},
	{"sub twice, deeper", TOKEN_E_DUPLICATE, .payload = "{\"act\":{\"sub\":1,\"sub\":2}}"},
	{"NaN", TOKEN_E_JSON, .payload = "{\"exp\":NaN}"},
	{"a number with a leading zero", TOKEN_E_JSON, .payload = "{\"exp\":09999999999}"},
	{"a number in hex", TOKEN_E_JSON, .payload = "{\"exp\":0x7fffffff}"},
	{"a raw newline in a string", TOKEN_E_JSON, .payload = "{\"sub\":\"a\nb\"}"},
	{"white space around", TOKEN_OK, .header = " \r\n\t" HEADER " ",
		.payload = "\n" PAYLOAD "\n"},
};

static const struct attack utf8[] = {
	{"an overlong form", TOKEN_E_UTF8, .payload = "{\"sub\":\"\xC0\xAF\"}"},
	{"a surrogate", TOKEN_E_UTF8, .payload = "{\"sub\":\"\xED\xA0\x80\"}"},
	{"past U+10FFFF", TOKEN_E_UTF8, .payload = "{\"sub\":\"\xF4\x90\x80\x80\"}"},
	{"latin-1", TOKEN_E_UTF8, .payload = "{\"sub\":\"caf\xE9\"}"},
	{"cut short", TOKEN_E_UTF8, .payload = "{\"sub\":\"\xE2\x82\"}"},
	{"a name that is not UTF-8", TOKEN_E_UTF8, .header = "{\"alg\":\"HS256\",\"\xFF\":1}"},
	{"a byte order mark in front of the header", TOKEN_E_JSON, .header = "\xEF\xBB\xBF" HEADER},
	{"a byte order mark in front of the payload", TOKEN_E_JSON,
		.payload = "\xEF\xBB\xBF" PAYLOAD},
	{"a lone surrogate escaped", TOKEN_E_UTF8, .payload = "{\"sub\":\"\\ud800\"}"},
	{"halves in the wrong order", TOKEN_E_UTF8, .payload = "{\"sub\":\"\\udc00\\ud800\"}"},
	{"a pair", TOKEN_OK, .payload = "{\"sub\":\"\\ud83d\\ude00\"}"},
	{"UTF-8", TOKEN_OK, .payload = "{\"sub\":\"Zoë 😀\"}"},
};

static const struct attack escapes[] = {
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

static const struct attack algorithms[] = {
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

static const struct attack allowed[] = {
	{"HS384, for a key of HS256", TOKEN_E_ALG, .header = "{\"alg\":\"HS384\"}"},
	{"HS512", TOKEN_E_ALG, .header = "{\"alg\":\"HS512\"}"},
	{"RS256, with the MAC as its signature", TOKEN_E_ALG, .header = "{\"alg\":\"RS256\"}"},
	{"ES256", TOKEN_E_ALG, .header = "{\"alg\":\"ES256\"}"},
	{"EdDSA", TOKEN_E_ALG, .header = "{\"alg\":\"EdDSA\"}"},
	{"HS1", TOKEN_E_ALG, .header = "{\"alg\":\"HS1\"}"},
	{"an algorithm of JWE", TOKEN_E_ALG, .header = "{\"alg\":\"dir\"}"},
	{"the one of the key", TOKEN_OK, .header = "{\"alg\":\"HS256\"}"},
};

static const struct attack kids[] = {
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

static const struct attack foreign_keys[] = {
	{"jwk", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}"},
	{"jku", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"jku\":\"http://127.0.0.1:1/jwks.json\"}"},
	{"x5u", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"x5u\":\"http://127.0.0.1:1/cert.pem\"}"},
	{"x5c", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"x5c\":[\"MIIB\"]}"},
	{"x5t", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"x5t\":\"AAAA\"}"},
	{"jwk that is no object", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"jwk\":7}"},
};

static const struct attack extensions[] = {
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

static const struct attack unknown[] = {
	{"unknown parameters", TOKEN_OK,
		.header = "{\"alg\":\"HS256\",\"x\":{\"y\":[1,2]},\"z\":null}"},
	{"zip, which means nothing in a JWS", TOKEN_OK,
		.header = "{\"alg\":\"HS256\",\"zip\":\"DEF\"}"},
	{"enc, of no type", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"enc\":7}"},
	{"exp, which is a claim", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"exp\":1}"},
	{"an empty name", TOKEN_OK, .header = "{\"\":1,\"alg\":\"HS256\"}"},
};

static const struct attack times[] = {
	{"exp, a second before", TOKEN_OK, .payload = "{\"exp\":1800000001}"},
	{"exp, now", TOKEN_E_EXPIRED, .payload = "{\"exp\":1800000000}"},
	{"exp, a second after", TOKEN_E_EXPIRED, .payload = "{\"exp\":1799999999}"},
	{"exp, half a second before", TOKEN_OK, .payload = "{\"exp\":1800000000.5}"},
	{"exp, half a second after", TOKEN_E_EXPIRED, .payload = "{\"exp\":1799999999.5}"},
	{"exp, with an exponent", TOKEN_OK, .payload = "{\"exp\":1.800000001e9}"},
	{"exp, with a capital one", TOKEN_OK, .payload = "{\"exp\":19E+8}"},
	{"exp 0", TOKEN_E_EXPIRED, .payload = "{\"exp\":0}"},
	{"exp -0", TOKEN_E_EXPIRED, .payload = "{\"exp\":-0}"},
	{"exp within the leeway", TOKEN_OK, .payload = "{\"exp\":1799999991}",
		.rules = &rules_leeway},
	{"exp at its end", TOKEN_E_EXPIRED, .payload = "{\"exp\":1799999990}",
		.rules = &rules_leeway},
	{"nbf, now", TOKEN_OK, .payload = "{\"nbf\":1800000000}"},
	{"nbf, in a second", TOKEN_E_NOT_YET, .payload = "{\"nbf\":1800000001}"},
	{"nbf, in a millisecond", TOKEN_E_NOT_YET, .payload = "{\"nbf\":1800000000.001}"},
	{"nbf at the end of the leeway", TOKEN_OK, .payload = "{\"nbf\":1800000010}",
		.rules = &rules_leeway},
	{"nbf behind it", TOKEN_E_NOT_YET, .payload = "{\"nbf\":1800000011}",
		.rules = &rules_leeway},
	{"nbf good, exp over", TOKEN_E_EXPIRED, .payload = "{\"nbf\":1,\"exp\":2}"},
	{"exp a string", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":\"9999999999\"}"},
	{"exp null", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":null}"},
	{"exp true", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":true}"},
	{"exp an array", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":[9999999999]}"},
	{"exp an object", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":{\"$gt\":0}}"},
	{"nbf a string", TOKEN_E_CLAIM_INVALID, .payload = "{\"nbf\":\"0\"}"},
	{"nbf null", TOKEN_E_CLAIM_INVALID, .payload = "{\"nbf\":null}"},
	{"iat a date", TOKEN_E_CLAIM_INVALID, .payload = "{\"iat\":\"2026-11-21T09:00:00Z\"}"},
	{"no time at all", TOKEN_OK, .payload = "{}"},
};

static const struct attack dates[] = {
	{"1e400", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":1e400}"},
	{"-1e400", TOKEN_E_CLAIM_INVALID, .payload = "{\"nbf\":-1e400}"},
	{"2^63", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":9223372036854775808}"},
	{"2^64 + 1", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":18446744073709551617}"},
	{"milliseconds", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":1800000060000}"},
	{"iat in milliseconds", TOKEN_E_CLAIM_INVALID, .payload = "{\"iat\":1800000000000}"},
	{"nbf in microseconds", TOKEN_E_CLAIM_INVALID, .payload = "{\"nbf\":1800000000000000}"},
	{"the year 10000", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":253402300800}"},
	{"a fraction past 9999", TOKEN_E_CLAIM_INVALID, .payload = "{\"exp\":253402300799.5}"},
	{"the end of 9999", TOKEN_OK, .payload = "{\"exp\":253402300799}"},
	{"exp before 1970", TOKEN_E_EXPIRED, .payload = "{\"exp\":-1}"},
	{"nbf before 1970", TOKEN_OK, .payload = "{\"nbf\":-1}"},
	{"iat before 1970", TOKEN_OK, .payload = "{\"iat\":-1.5}"},
	{"iat before 1970 is too old", TOKEN_E_EXPIRED, .payload = "{\"iat\":-1}",
		.rules = &rules_age},
	{"as far before", TOKEN_OK, .payload = "{\"nbf\":-253402300799}"},
	{"further before", TOKEN_E_CLAIM_INVALID, .payload = "{\"nbf\":-253402300800}"},
	{"2^31", TOKEN_OK, .payload = "{\"exp\":2147483648}"},
	{"2^32 + 1", TOKEN_OK, .payload = "{\"exp\":4294967297}"},
	{"2^32 + 1 as nbf", TOKEN_E_NOT_YET, .payload = "{\"nbf\":4294967297}"},
	{"1e-400", TOKEN_E_EXPIRED, .payload = "{\"exp\":1e-400}"},
	{"iat a minute ahead", TOKEN_OK, .payload = "{\"iat\":1800000060}"},
	{"iat a second more", TOKEN_E_FUTURE, .payload = "{\"iat\":1800000061}"},
	{"iat far ahead, whatever the leeway", TOKEN_E_FUTURE, .payload = "{\"iat\":1900000000}",
		.rules = &rules_leeway},
	{"young enough", TOKEN_OK, .payload = "{\"iat\":1799999941}", .rules = &rules_age},
	{"too old", TOKEN_E_EXPIRED, .payload = "{\"iat\":1799999940,\"exp\":9999999999}",
		.rules = &rules_age},
	{"no iat to know it by", TOKEN_E_CLAIM_MISSING, .payload = "{\"exp\":9999999999}",
		.rules = &rules_age},
};

static const struct attack parties[] = {
	{"iss", TOKEN_OK, .payload = "{\"iss\":\"samekey-test\"}", .rules = &rules_issuer},
	{"iss written with an escape", TOKEN_OK, .payload = "{\"iss\":\"samekey\\u002dtest\"}",
		.rules = &rules_issuer},
	{"another iss", TOKEN_E_ISS, .payload = "{\"iss\":\"samekey\"}", .rules = &rules_issuer},
	{"iss and more", TOKEN_E_ISS, .payload = "{\"iss\":\"samekey-test2\"}",
		.rules = &rules_issuer},
	{"iss in another case", TOKEN_E_ISS, .payload = "{\"iss\":\"Samekey-Test\"}",
		.rules = &rules_issuer},
	{"iss with a NUL", TOKEN_E_ISS, .payload = "{\"iss\":\"samekey-test\\u0000evil\"}",
		.rules = &rules_issuer},
	{"an empty iss", TOKEN_E_ISS, .payload = "{\"iss\":\"\"}", .rules = &rules_issuer},
	{"no iss", TOKEN_E_CLAIM_MISSING, .payload = "{}", .rules = &rules_issuer},
	{"iss null", TOKEN_E_CLAIM_INVALID, .payload = "{\"iss\":null}", .rules = &rules_issuer},
	{"iss an array", TOKEN_E_CLAIM_INVALID, .payload = "{\"iss\":[\"samekey-test\"]}",
		.rules = &rules_issuer},
	{"iss a number where none is wanted", TOKEN_E_CLAIM_INVALID, .payload = "{\"iss\":7}"},
	{"any iss where none is wanted", TOKEN_OK, .payload = "{\"iss\":\"who\"}"},
	{"aud", TOKEN_OK, .payload = "{\"aud\":\"api\"}", .rules = &rules_audience},
	{"the other one", TOKEN_OK, .payload = "{\"aud\":\"https://ws.example/\"}",
		.rules = &rules_audience},
	{"escaped slashes", TOKEN_OK, .payload = "{\"aud\":\"https:\\/\\/ws.example\\/\"}",
		.rules = &rules_audience},
	{"aud among others", TOKEN_OK, .payload = "{\"aud\":[\"x\",\"api\",\"y\"]}",
		.rules = &rules_audience},
	{"another aud", TOKEN_E_AUD, .payload = "{\"aud\":\"apis\"}", .rules = &rules_audience},
	{"aud with a NUL", TOKEN_E_AUD, .payload = "{\"aud\":\"api\\u0000evil\"}",
		.rules = &rules_audience},
	{"aud with a NUL in an array", TOKEN_E_AUD, .payload = "{\"aud\":[\"api\\u0000\"]}",
		.rules = &rules_audience},
	{"no slash at the end", TOKEN_E_AUD, .payload = "{\"aud\":\"https://ws.example\"}",
		.rules = &rules_audience},
	{"aud as a list in a string", TOKEN_E_AUD, .payload = "{\"aud\":\"x api\"}",
		.rules = &rules_audience},
	{"an empty array", TOKEN_E_AUD, .payload = "{\"aud\":[]}", .rules = &rules_audience},
	{"an empty aud", TOKEN_E_AUD, .payload = "{\"aud\":\"\"}", .rules = &rules_audience},
	{"no aud", TOKEN_E_CLAIM_MISSING, .payload = "{}", .rules = &rules_audience},
	{"aud null", TOKEN_E_CLAIM_INVALID, .payload = "{\"aud\":null}", .rules = &rules_audience},
	{"aud an object", TOKEN_E_CLAIM_INVALID, .payload = "{\"aud\":{\"api\":true}}",
		.rules = &rules_audience},
	{"aud in an array in an array", TOKEN_E_CLAIM_INVALID, .payload = "{\"aud\":[[\"api\"]]}",
		.rules = &rules_audience},
	{"a number beside the right one", TOKEN_E_CLAIM_INVALID, .payload = "{\"aud\":[\"api\",7]}",
		.rules = &rules_audience},
	{"aud a number where none is wanted", TOKEN_E_CLAIM_INVALID, .payload = "{\"aud\":7}"},
	{"sub a number", TOKEN_E_CLAIM_INVALID, .payload = "{\"sub\":1}"},
	{"sub null", TOKEN_E_CLAIM_INVALID, .payload = "{\"sub\":null}"},
	{"jti a number", TOKEN_E_CLAIM_INVALID, .payload = "{\"jti\":1}"},
	{"all that is required", TOKEN_OK, .payload = "{\"exp\":9e9,\"sub\":\"1\",\"role\":false}",
		.rules = &rules_require},
	{"one is missing", TOKEN_E_CLAIM_MISSING, .payload = "{\"exp\":9e9,\"sub\":\"1\"}",
		.rules = &rules_require},
	{"one is null", TOKEN_E_CLAIM_MISSING,
		.payload = "{\"exp\":9e9,\"sub\":\"1\",\"role\":null}", .rules = &rules_require},
	{"no exp, which is required", TOKEN_E_CLAIM_MISSING,
		.payload = "{\"sub\":\"1\",\"role\":1}", .rules = &rules_require},
	{"it is deeper", TOKEN_E_CLAIM_MISSING,
		.payload = "{\"exp\":9e9,\"sub\":\"1\",\"x\":{\"role\":1}}",
		.rules = &rules_require},
};

static const struct attack types[] = {
	{"at+jwt", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
		.rules = &rules_typ},
	{"in another case", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"typ\":\"AT+JWT\"}",
		.rules = &rules_typ},
	{"application/at+jwt", TOKEN_OK,
		.header = "{\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"}",
		.rules = &rules_typ},
	{"Application/AT+JWT", TOKEN_OK,
		.header = "{\"alg\":\"HS256\",\"typ\":\"Application/AT+JWT\"}",
		.rules = &rules_typ},
	{"JWT", TOKEN_E_TYP, .rules = &rules_typ},
	{"no typ", TOKEN_E_TYP, .header = "{\"alg\":\"HS256\"}", .rules = &rules_typ},
	{"typ with a NUL", TOKEN_E_TYP, .header = "{\"alg\":\"HS256\",\"typ\":\"at+jwt\\u0000\"}",
		.rules = &rules_typ},
	{"application/ twice", TOKEN_E_TYP,
		.header = "{\"alg\":\"HS256\",\"typ\":\"application/application/at+jwt\"}",
		.rules = &rules_typ},
	{"another tree", TOKEN_E_TYP, .header = "{\"alg\":\"HS256\",\"typ\":\"text/at+jwt\"}",
		.rules = &rules_typ},
	{"an ID token's", TOKEN_E_TYP, .header = "{\"alg\":\"HS256\",\"typ\":\"id+jwt\"}",
		.rules = &rules_typ},
	{"only the prefix", TOKEN_E_TYP, .header = "{\"alg\":\"HS256\",\"typ\":\"application/\"}",
		.rules = &rules_typ},
	{"a number", TOKEN_E_HEADER, .header = "{\"alg\":\"HS256\",\"typ\":1}",
		.rules = &rules_typ},
	{"null", TOKEN_E_HEADER, .header = "{\"alg\":\"HS256\",\"typ\":null}"},
	{"any typ where none is wanted", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"typ\":\"x\"}"},
	{"cty JWT", TOKEN_E_NESTED, .header = "{\"alg\":\"HS256\",\"cty\":\"JWT\"}"},
	{"cty jwt", TOKEN_E_NESTED, .header = "{\"alg\":\"HS256\",\"cty\":\"jwt\"}"},
	{"cty application/jwt", TOKEN_E_NESTED,
		.header = "{\"alg\":\"HS256\",\"cty\":\"application/jwt\"}"},
	{"cty JWT around a token", TOKEN_E_NESTED, .header = "{\"alg\":\"HS256\",\"cty\":\"JWT\"}",
		.payload = GOOD},
	{"a token inside, unsaid", TOKEN_E_JSON, .payload = GOOD},
	{"cty of no type", TOKEN_E_HEADER, .header = "{\"alg\":\"HS256\",\"cty\":[\"JWT\"]}"},
	{"another cty", TOKEN_OK, .header = "{\"alg\":\"HS256\",\"cty\":\"json\"}"},
};

static const struct attack forwarded[] = {
	{"a string", TOKEN_OK, .payload = "{\"name\":\"Zoë\"}", .rules = &rules_forward},
	{"a number", TOKEN_OK, .payload = "{\"name\":7}", .rules = &rules_forward},
	{"a boolean", TOKEN_OK, .payload = "{\"name\":true}", .rules = &rules_forward},
	{"null, as if it were missing", TOKEN_OK, .payload = "{\"name\":null}",
		.rules = &rules_forward},
	{"an escape that is harmless", TOKEN_OK,
		.payload = "{\"name\":\"a\\\\n \\/ \\\" \\u00e9\"}", .rules = &rules_forward},
	{"CRLF", TOKEN_E_CLAIM_UNSAFE, .payload = "{\"name\":\"a\\r\\nX-Admin: 1\"}",
		.rules = &rules_forward},
	{"in sub", TOKEN_E_CLAIM_UNSAFE, .payload = "{\"sub\":\"a\\nb\"}", .rules = &rules_forward},
	{"CR by number", TOKEN_E_CLAIM_UNSAFE, .payload = "{\"name\":\"a\\u000D\"}",
		.rules = &rules_forward},
	{"a NUL", TOKEN_E_CLAIM_UNSAFE, .payload = "{\"name\":\"a\\u0000\"}",
		.rules = &rules_forward},
	{"a tab", TOKEN_E_CLAIM_UNSAFE, .payload = "{\"name\":\"\\t\"}", .rules = &rules_forward},
	{"DEL", TOKEN_E_CLAIM_UNSAFE, .payload = "{\"name\":\"\x7F\"}", .rules = &rules_forward},
	{"DEL by number", TOKEN_E_CLAIM_UNSAFE, .payload = "{\"name\":\"\\u007f\"}",
		.rules = &rules_forward},
	{"a C1 control", TOKEN_E_CLAIM_UNSAFE, .payload = "{\"name\":\"\xC2\x85\"}",
		.rules = &rules_forward},
	{"a C1 control by number", TOKEN_E_CLAIM_UNSAFE, .payload = "{\"name\":\"\\u009F\"}",
		.rules = &rules_forward},
	{"an array", TOKEN_E_CLAIM_INVALID, .payload = "{\"name\":[\"a\"]}",
		.rules = &rules_forward},
	{"one that is not forwarded", TOKEN_OK, .payload = "{\"other\":\"a\\r\\nb\"}",
		.rules = &rules_forward},
};

static const struct item items[] = {
#define ITEM(name, attacks) \
	{ \
		name, attacks, ARRAY_SIZE(attacks) \
	}
	ITEM("4.1 item 1: compact form only, no foreign character", forms),
	ITEM("4.1 item 2: base64url without padding, and canonical", encodings),
	ITEM("4.1 item 3: three parts are signed, five encrypted, and not opened", counts),
	ITEM("4.1 item 4: strict JSON, no name twice at any depth", texts),
	ITEM("4.1 item 5: UTF-8 only, no byte order mark, no lone surrogate", utf8),
	ITEM("4.1 item 6: names compare unescaped", escapes),
	ITEM("4.2 item 8: alg none, in any spelling, is refused", algorithms),
	ITEM("4.2 item 9: only the algorithm of a key of the profile", allowed),
	ITEM("4.2 item 16: kid is a string, and no more than a hint", kids),
	ITEM("4.2 item 17: a key that the token brings is ignored", foreign_keys),
	ITEM("4.2 item 18: crit in any form, and b64 but true, are refused", extensions),
	ITEM("4.2 item 19: unknown header parameters are ignored", unknown),
	ITEM("4.3 item 21: exp and nbf, to the millisecond", times),
	ITEM("4.3 item 22: dates to the year 9999, iat at most a minute ahead", dates),
	ITEM("4.3 item 23: iss and aud exactly", parties),
	ITEM("4.3 item 24: typ by profile, nothing nested", types),
	ITEM("4.3 item 26: no control character is forwarded", forwarded),
#undef ITEM
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
	const struct attack attack = {.name = name, .code = code};
	own_free char *token = forge_signed(HEADER, payload, SECRET);

	expect(&attack, token, strlen(token));
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
	const struct attack json = {.name = "a NUL in the payload", .code = TOKEN_E_JSON};
	const struct attack malformed = {.name = "a NUL in the token", .code = TOKEN_E_MALFORMED};
	own_free char *with_nul =
		forge_signed_bytes(HEADER, strlen(HEADER), nul, sizeof(nul) - 1, SECRET);
	own_free char *wide =
		forge_signed_bytes(HEADER, strlen(HEADER), utf16, sizeof(utf16) - 1, SECRET);
	own_free char *good = forge_signed(HEADER, PAYLOAD, SECRET);

	(void)state;
	expect(&json, with_nul, strlen(with_nul));
	expect(&json, wide, strlen(wide));
	expect(&malformed, good, strlen(good) + 1); // its NUL, too
}

static void signature_is_judged_before_claims(void **state)
{
	static const char *const payloads[] = {
		"{\"exp\":1}", "{\"exp\":\"x\"}", "[]", "x", "{\"a\":1,\"a\":1}"};
	const struct attack attack = {.name = "by another key", .code = TOKEN_E_SIGNATURE};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(payloads); i++) {
		own_free char *token = forge_signed(HEADER, payloads[i], OTHER);

		expect(&attack, token, strlen(token));
		assert_int_equal(verdict.stage, TOKEN_SIGNATURE);
	}
}

// A token whose signature is the first `size` bytes of the right one, and zeros behind it.
static char *with_mac_of(size_t size)
{
	own_free char *token = forge_signed(HEADER, PAYLOAD, SECRET);
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
	const struct attack attack = {.name = "of another size", .code = TOKEN_E_SIGNATURE};
	const struct attack control = {.name = "of 32 bytes", .code = TOKEN_OK};
	own_free char *right = with_mac_of(32);

	(void)state;
	expect(&control, right, strlen(right));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		own_free char *token = with_mac_of(sizes[i]);

		expect(&attack, token, strlen(token));
		assert_non_null(strstr(verdict.detail, "one of HS256 has 32"));
	}
}

#define ITEMS ARRAY_SIZE(items)

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
	struct CMUnitTest tests[ITEMS + ARRAY_SIZE(others)] = {0};

	for (size_t i = 0; i < ITEMS; i++)
		tests[i] = (struct CMUnitTest){.name = items[i].name,
			.test_func = judges,
			.initial_state = (void *)(uintptr_t)&items[i]};
	memcpy(tests + ITEMS, others, sizeof(others));
	return _cmocka_run_group_tests("token", tests, ARRAY_SIZE(tests), open_arena, close_arena);
}
