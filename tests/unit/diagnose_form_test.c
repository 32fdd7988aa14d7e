// Goal: what a token is that is none of the profile's form: copied badly, a session, encrypted,
// something else.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/diagnose.h"

#include "lib/base/pool.h"
#include "tests/unit/shop.h"
#include "tests/unit/world.h"
#include "verifier/trust/token/jwe.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct profile_source encoded_sources[] = {
	{.app = "web",
		.key = "NEXTAUTH_SECRET",
		.options = {.label = "NEXTAUTH_SECRET",
			.encoding = KEY_BASE64,
			.allow_short = true}},
};

static const struct profile_rules encoded[] = {
	{.name = "encoded", .sources = encoded_sources, .source_count = 1},
};

static const struct profile_rules nextauth[] = {
	{.name = "nextauth",
		.kind = PROFILE_NEXTAUTH_V4,
		.sources = shop_session_sources,
		.source_count = 1},
};

static void what_a_profile_decodes(void **state)
{
	struct world *world = world_of(encoded, ARRAY_SIZE(encoded));
	struct diagnosis diagnosis = world_ask(world, NULL, world_signed_with(world, SECRET));

	(void)state;
	assert_int_equal(diagnosis.signer.what, DIAGNOSE_NEAR_MISS);
	assert_string_equal(diagnosis.signer.mistake, "not-decoded");
	world_holds("text", diagnosis.signer.text,
		"its text is the key, where profile encoded decodes");
	diagnose_done(&diagnosis);

	diagnosis = world_ask(world, NULL, world_signed_with(world, DECODED));
	assert_int_equal(diagnosis.signer.what, DIAGNOSE_WINNER);
	assert_true(diagnosis.verified);
	diagnose_done(&diagnosis);

	diagnosis = world_ask(world, NULL,
		world_sign(world, "{\"alg\":\"HS512\"}", FINE, 512, DECODED, strlen(DECODED)));
	assert_int_equal(diagnosis.signer.what, DIAGNOSE_WINNER);
	assert_non_null(world_remark_of(&diagnosis, "hash-size"));
	diagnose_done(&diagnosis);
	world_end(world);
}

static void sessions(void **state)
{
	static const struct {
		const char *name;
		enum jwe_kind kind;
		const char *secret, *salt;
		enum diagnose_what what;
		const char *mistake, *finding;
	} cases[] = {
		{"right", JWE_NEXTAUTH_V4, SECRET, "", DIAGNOSE_WINNER, "", NULL},
		{"quoted", JWE_NEXTAUTH_V4, "\"" SECRET "\"", "", DIAGNOSE_READING, "quotes-double",
			NULL},
		{"a newline", JWE_NEXTAUTH_V4, SECRET "\n", "", DIAGNOSE_NEAR_MISS, "newline",
			NULL},
		{"a fallback", JWE_NEXTAUTH_V4, "your-secret-key", "", DIAGNOSE_PLACEHOLDER, "",
			"anybody-can-sign"},
		{"the other library", JWE_AUTHJS_V5, SECRET, "authjs.session-token",
			DIAGNOSE_WINNER, "", "session-kind"},
		{"the other library, over https, quoted", JWE_AUTHJS_V5, "'" SECRET "'",
			"__Secure-authjs.session-token", DIAGNOSE_NEAR_MISS, "quotes-single",
			"session-kind"},
		{"a reference", JWE_NEXTAUTH_V4, "${NEXTAUTH_SECRET}", "", DIAGNOSE_PLACEHOLDER, "",
			"anybody-can-sign"},
		{"no secret", JWE_NEXTAUTH_V4, "", "", DIAGNOSE_EMPTY, "", "anybody-can-sign"},
		{"nobody", JWE_NEXTAUTH_V4, "somebody-else", "", DIAGNOSE_NOBODY, "",
			"unknown-key"},
	};
	struct world *world = world_of(nextauth, ARRAY_SIZE(nextauth));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnosis diagnosis = world_ask(world, NULL,
			shop_sealed_with(world, cases[i].kind, cases[i].secret, cases[i].salt));

		if (diagnosis.signer.what != cases[i].what)
			fail_msg(
				"%s: %s", cases[i].name, diagnose_what_text(diagnosis.signer.what));
		assert_string_equal(diagnosis.signer.mistake, cases[i].mistake);
		assert_int_equal(diagnosis.verified, i == 0);
		if (cases[i].finding && !world_remark_of(&diagnosis, cases[i].finding))
			fail_msg("%s: no %s", cases[i].name, cases[i].finding);
		if (cases[i].what == DIAGNOSE_NOBODY)
			assert_null(diagnosis.claims);
		else
			assert_memory_equal(diagnosis.claims, FINE, strlen(FINE));
		diagnose_done(&diagnosis);
	}
	world_end(world);
}

static struct diagnosis ask_of(
	struct world *world, const char *profile, size_t cut, const char *between, const char *code)
{
	const char *token = world_signed_with(world, SECRET);
	struct diagnosis diagnosis = world_ask(world, profile,
		between ? pool_format(world->pool, "%.60s%s%s", token, between, token + 60)
			: pool_format(world->pool, "%.*s", (int)(strlen(token) - cut), token));

	assert_string_equal(diagnosis.findings.items[0].code, code);
	assert_int_equal(diagnosis.findings.count, 1);
	return diagnosis;
}

static void what_copying_does_to_a_token(void **state)
{
	struct world *world = world_of(shop_plain, ARRAY_SIZE(shop_plain));

	(void)state;
	for (size_t cut = 1; cut < 43; cut++) { // with and without spare bits set
		struct diagnosis diagnosis = ask_of(world, "session", cut, NULL, "not-a-token");
		char text[64];

		(void)snprintf(text, sizeof(text), "has %zu of the 43 characters of HS256: the end",
			43 - cut);
		world_holds("cut", diagnosis.findings.items[0].text, text);
		world_holds("cut", diagnosis.findings.items[0].hint, "whole");
		world_holds("cut", diagnosis.detail, "was its end cut off?");
		diagnose_done(&diagnosis);
		diagnosis = ask_of(world, NULL, cut, NULL, "not-a-token");
		diagnose_done(&diagnosis);
	}
	for (int i = 0; i < 2; i++) {
		struct diagnosis diagnosis =
			ask_of(world, i ? "session" : NULL, 0, "\r\n  ", "not-a-token");

		assert_int_equal(diagnosis.signer.what, DIAGNOSE_WINNER);
		assert_false(diagnosis.verified);
		world_holds("blank", diagnosis.findings.items[0].text,
			i ? "at byte 61; without it the token is good" : "at byte 61");
		diagnose_done(&diagnosis);
	}
	world_end(world);
}

static void a_session_for_a_profile_of_signed_tokens_is_that_and_nothing_else(void **state)
{
	struct world *world = world_of(shop_both, ARRAY_SIZE(shop_both));
	struct diagnosis diagnosis =
		world_ask(world, "session", shop_sealed_with(world, JWE_NEXTAUTH_V4, SECRET, ""));

	(void)state;
	assert_int_equal(diagnosis.findings.count, 1);
	assert_string_equal(diagnosis.findings.items[0].code, "session-token");
	assert_string_equal(diagnosis.signer.app, "web");
	diagnose_done(&diagnosis);
	world_end(world);

	world = world_of(nextauth, ARRAY_SIZE(nextauth));
	diagnosis = world_ask(world, NULL,
		world_sign(world, "{\"alg\":\"HS512\"}", FINE, 512, SECRET, strlen(SECRET)));
	assert_int_equal(diagnosis.findings.count, 1);
	assert_string_equal(diagnosis.findings.items[0].code, "session-token");
	diagnose_done(&diagnosis);
	world_end(world);
}

static void what_is_no_token(void **state)
{
	static const struct {
		const char *token, *code;
	} cases[] = {
		{"", "not-a-token"},
		{"x", "not-a-token"},
		{"a.b.c.d", "not-a-token"},
		{"a.b.c.d.e.f", "not-a-token"},
		{"!!!.e30.e30", "not-a-token"},
		{"eyJhbGciOiJub25lIn0.e30.", "not-signed"},
		{"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA", "session-token"},
		{"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.QQ.AAAA.AAAA.AAAA",
			"session-token"},
	};
	struct world *world = world_of(shop_plain, ARRAY_SIZE(shop_plain));
	char token[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnosis diagnosis = world_ask(world, "session", cases[i].token);

		if (!world_remark_of(&diagnosis, cases[i].code))
			fail_msg("%s: no %s", cases[i].token, cases[i].code);
		assert_int_equal(diagnosis.signer.what, DIAGNOSE_NOBODY);
		assert_false(diagnosis.verified);
		diagnose_done(&diagnosis);
	}
	(void)snprintf(token, sizeof(token), "Bearer %s\n", world_signed_with(world, SECRET));
	for (int i = 0; i < 2; i++) { // judged as it came, tried without what stands around it
		struct diagnosis diagnosis = world_ask(world, i ? "session" : NULL, token);

		assert_int_equal(diagnosis.signer.what, DIAGNOSE_WINNER);
		assert_non_null(world_remark_of(&diagnosis, "not-a-token"));
		assert_false(diagnosis.verified);
		assert_ptr_equal(diagnosis.profile != NULL, i != 0);
		diagnose_done(&diagnosis);
	}
	world_end(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_profile_decodes),
		cmocka_unit_test(sessions),
		cmocka_unit_test(what_copying_does_to_a_token),
		cmocka_unit_test(a_session_for_a_profile_of_signed_tokens_is_that_and_nothing_else),
		cmocka_unit_test(what_is_no_token),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
