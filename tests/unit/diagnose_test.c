// Goal: whatever key, candidate, reading or misspelling signed a token is named with its place
// and what mends it, within fixed bounds, and nothing of a key is in the answer.
// SPDX-License-Identifier: MIT
#include "verifier/trust/diagnosis/diagnose.h"

#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "tests/unit/shop.h"
#include "tests/unit/world.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/token/jwe.h"
#include "verifier/trust/vault.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct profile_rules lenient = {.name = "lenient",
	.leeway_ms = 10000,
	.max_age_ms = 86400000,
	.sources = shop_session_sources,
	.source_count = 3};

struct signer_case {
	const char *name, *secret;
	enum diagnose_what what;
	const char *mistake, *text, *fix;
};

static const struct signer_case signer_cases[] = {
	{"the right key", SECRET, DIAGNOSE_WINNER, "",
		"signed with NEXTAUTH_SECRET of app web (/srv/shop/.env:3:1)", ""},
	{"a key of the same name elsewhere", TWIN, DIAGNOSE_WINNER, "",
		"signed with TWIN of app ws (/run/secrets/TWIN)", ""},
	{"what is no secret", "A Shop For All", DIAGNOSE_NOBODY, "", "", ""},
	{"another app's key, retired", SPARE, DIAGNOSE_RETIRED, "",
		"signed with SPARE of app ws (/run/secrets/SPARE), which profile session has",
		"active key"},
	{"another secret of the app", REFRESH, DIAGNOSE_WINNER, "",
		"signed with ETLS_REFRESH of app web (/srv/shop/.env:2:1)", ""},
	{"a secret that no profile uses", "changeme", DIAGNOSE_WINNER, "",
		"signed with PASSWORD of app ws (dotenv)", ""},
	{"a beaten value", OLDER, DIAGNOSE_SHADOWED, "",
		"NEXTAUTH_SECRET of app web from /srv/shop/.env.old:1:1, which "
		"/srv/shop/.env:3:1 beats",
		"/srv/shop/.env:3:1"},
	{"the build's value", BUILT, DIAGNOSE_SHADOWED, "",
		"NEXTAUTH_SECRET of app web as the build had it (/srv/shop/.env.ci:9:1)",
		"build again"},
	{"what docker --env-file reads", "\"" SECRET "\"", DIAGNOSE_READING, "quotes-double",
		"signed with NEXTAUTH_SECRET of app web as docker reads /srv/shop/.env:3:1: the "
		"double quotes around it are part of the key",
		"take the quotes off"},
	{"a reading that is like nothing", "quite-another-reading", DIAGNOSE_READING, "",
		"as compose, next read /srv/shop/.env:3:1", "samekey lint"},
	{"the fallback of seed 002", "your-secret-key", DIAGNOSE_PLACEHOLDER, "",
		"signed with the public text your-secret-key", "fallback"},
	{"another spelling of a fallback", "your_secret_key", DIAGNOSE_PLACEHOLDER, "",
		"your_secret_key", "fallback"},
	{"a missing variable as text", "undefined", DIAGNOSE_PLACEHOLDER, "",
		"signed with the text undefined", "variable"},
	{"a missing variable as null", "null", DIAGNOSE_PLACEHOLDER, "", "the text null",
		"variable"},
	{"a missing variable as no byte", "", DIAGNOSE_EMPTY, "", "signed with the empty key",
		"variable"},
	{"a reference of a shell", "$NEXTAUTH_SECRET", DIAGNOSE_PLACEHOLDER, "",
		"signed with the text $NEXTAUTH_SECRET: the variable was not resolved",
		"resolve no variable"},
	{"a reference of Compose", "${ETLS_REFRESH}", DIAGNOSE_PLACEHOLDER, "", "not resolved", ""},
	{"a reference in code", "process.env.NEXTAUTH_SECRET", DIAGNOSE_PLACEHOLDER, "",
		"not resolved", ""},
	{"a name that no profile uses", "${PASSWORD}", DIAGNOSE_PLACEHOLDER, "", "not resolved",
		""},
	{"single quotes kept", "'" SECRET "'", DIAGNOSE_NEAR_MISS, "quotes-single",
		"signed with NEXTAUTH_SECRET of app web (/srv/shop/.env:3:1), but the single "
		"quotes",
		"quotes off"},
	{"a newline kept", SECRET "\n", DIAGNOSE_NEAR_MISS, "newline", "a newline at its end",
		"printf"},
	{"CRLF kept", SECRET "\r\n", DIAGNOSE_NEAR_MISS, "crlf", "a CR and a newline", "trim"},
	{"base64 decoded", DECODED, DIAGNOSE_NEAR_MISS, "base64-decoded", "decoded as base64",
		"encoding"},
	{"in capitals", "AN-OLDER-VALUE-OF-THE-SECRET-0001", DIAGNOSE_NEAR_MISS, "upper-case",
		"upper case", "keep its letters"},
	{"padding lost", "c2FtZWtleSBpcyB0aGUgbmFtZSBvZiB0aGUgZ2FtZQ", DIAGNOSE_NEAR_MISS,
		"padding-lost", "missing from the key", "padding"},
	{"the name kept", "NEXTAUTH_SECRET=" SECRET, DIAGNOSE_NEAR_MISS, "name-kept", "the name",
		"behind the `=`"},
	{"a beaten value with quotes", "\"" OLDER "\"", DIAGNOSE_NEAR_MISS, "quotes-double",
		"a beaten value of NEXTAUTH_SECRET of app web (/srv/shop/.env.old:1:1)", "quotes"},
	{"nobody", "this-secret-is-held-by-somebody-else", DIAGNOSE_NOBODY, "", "", ""},
};

static void each_signer_is_named(void **state)
{
	struct world *world = world_of(shop_plain, ARRAY_SIZE(shop_plain));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signer_cases); i++) {
		const struct signer_case *of = &signer_cases[i];
		struct diagnosis diagnosis =
			world_ask(world, "session", world_signed_with(world, of->secret));

		if (diagnosis.signer.what != of->what)
			fail_msg("%s: %s", of->name, diagnose_what_text(diagnosis.signer.what));
		world_holds(of->name, diagnosis.signer.text, of->text);
		world_holds(of->name, diagnosis.signer.fix, of->fix);
		assert_string_equal(diagnosis.signer.mistake, of->mistake);
		assert_int_equal(diagnosis.verified, i < 2);
		assert_int_equal(diagnosis.code == TOKEN_OK, i < 2);
		assert_true(diagnosis.claims && diagnosis.claims_length == strlen(FINE));
		assert_memory_equal(diagnosis.claims, FINE, strlen(FINE));
		assert_int_equal(diagnosis.not_tried, 0);
		assert_true((world_remark_of(&diagnosis, "unknown-key") != NULL) ==
			    (of->what == DIAGNOSE_NOBODY));
		if (of->what == DIAGNOSE_NOBODY)
			world_holds(of->name, diagnosis.findings.items[0].hint,
				"a value that was replaced");
		diagnose_done(&diagnosis);
	}
	world_end(world);
}

static void findings_go_on(void **state)
{
	static const struct {
		const char *name, *header, *payload;
		unsigned bits;
		const char *secret, *code, *text;
	} cases[] = {
		{"wrong hash in the header", HS256, FINE, 512, SECRET, "hash-size",
			"its header says HS256, the signature is HS512"},
		{"another hash than the profile's", "{\"alg\":\"HS512\"}", FINE, 512, SECRET,
			"hash-size", "the signature is HS512, the key of profile session is HS256"},
		{"the other profile's key", HS256, FINE, 256, REFRESH, "other-key",
			"profile session does not use"},
		{"a public key", HS256, FINE, 256, "changeme", "anybody-can-sign", "everybody"},
		{"a fallback", HS256, FINE, 256, "secret", "anybody-can-sign", "everybody"},
		{"expired", HS256, "{\"exp\":1699999700}", 256, SECRET, "expired",
			"it expired 5 minutes ago, at 2023-11-14T22:08:20Z"},
		{"expired, signed by a fallback", HS256, "{\"exp\":1699999990}", 256,
			"your-secret-key", "expired", "10 s ago"},
		{"milliseconds", HS256, "{\"exp\":1700000900000}", 256, SECRET, "milliseconds",
			"exp is in milliseconds"},
		{"not yet", HS256, "{\"nbf\":1700000090}", 256, SECRET, "not-yet", "in 90 s"},
		{"a clock ahead", HS256, "{\"iat\":1700000075}", 256, SECRET, "clock-skew",
			"at least 75 s ahead"},
		{"a time zone", HS256, "{\"iat\":1700007195}", 256, SECRET, "clock-skew",
			"local time"},
		{"no number", HS256, "{\"exp\":\"1700000900\"}", 256, SECRET, "claim",
			"exp is no number"},
		{"no issuer", HS256, FINE, 256, SECRET, "issuer", "it has no iss"},
		{"another issuer", HS256, "{\"iss\":\"https://x\"}", 256, SECRET, "issuer",
			"iss is https://x"},
		{"a slash of the issuer", HS256, "{\"iss\":\"https://id.example\"}", 256, SECRET,
			"issuer-slash", "https://id.example/"},
		{"a slash of the audience", HS256, "{\"aud\":[\"a\",\"https://shop.example/\"]}",
			256, SECRET, "audience-slash", "https://shop.example"},
		{"another audience", HS256, "{\"aud\":\"a\"}", 256, SECRET, "audience", "aud is a"},
		{"a kid of another key", "{\"alg\":\"HS256\",\"kid\":\"new\"}", FINE, 256, SPARE,
			"kid-differs", "its kid is new, but old signed it"},
	};
	struct world *world = world_of(shop_both, ARRAY_SIZE(shop_both));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnosis diagnosis = world_ask(world, "session",
			world_sign(world, cases[i].header, cases[i].payload, cases[i].bits,
				cases[i].secret, strlen(cases[i].secret)));
		const struct remark *remark = world_remark_of(&diagnosis, cases[i].code);

		if (!remark)
			fail_msg("%s: no %s", cases[i].name, cases[i].code);
		else
			world_holds(cases[i].name, remark->text, cases[i].text);
		if (text_equal(cases[i].code, "not-yet")) // it says nothing about a clock
			assert_null(world_remark_of(&diagnosis, "clock-skew"));
		if (text_equal(cases[i].code, "hash-size"))
			assert_null(world_remark_of(&diagnosis, "algorithm")); // told once
		for (size_t j = 1; j < diagnosis.findings.count; j++)          // worst first
			assert_true(diagnosis.findings.items[j].severity <=
				    diagnosis.findings.items[j - 1].severity);
		assert_int_not_equal(diagnosis.signer.what, DIAGNOSE_NOBODY);
		diagnose_done(&diagnosis);
	}
	world_end(world);
}

// Another bundle, which is the newest one then.
static void offer_late(struct world *world, const char *app, const char *value)
{
	const struct offered late[] = {
		{"NEXTAUTH_SECRET", CANDIDATE_WINNER, ".env.new", 1, "", value}};

	world_offer(world, app, BUNDLE_PHASE_START, late, 1);
	vault_snapshot_unref(world->snapshot);
	world->snapshot = vault_now(world->vault);
	assert_int_equal(keyring_refresh(world->keyring, world->snapshot), 0);
}

static void the_same_value_elsewhere_is_no_other_key(void **state)
{
	struct world *world = world_of(shop_plain, ARRAY_SIZE(shop_plain));
	struct diagnosis diagnosis;

	(void)state;
	offer_late(world, "ws", SECRET);
	diagnosis = world_ask(world, "session",
		world_sign(world, "{\"alg\":\"HS512\"}", FINE, 512, SECRET, strlen(SECRET)));
	assert_string_equal(diagnosis.signer.app, "web");
	assert_null(world_remark_of(&diagnosis, "other-key"));
	assert_non_null(world_remark_of(&diagnosis, "hash-size"));
	diagnose_done(&diagnosis);
	world_end(world);
}

static void the_value_of_an_app_that_was_not_restarted(void **state)
{
	struct world *world = world_of(shop_plain, ARRAY_SIZE(shop_plain));
	struct diagnosis diagnosis;
	const struct remark *remark;

	(void)state;
	offer_late(world, "api", "the-value-before-the-rotation-00");
	diagnosis = world_ask(
		world, "session", world_signed_with(world, "the-value-before-the-rotation-00"));
	remark = world_need((void *)(uintptr_t)world_remark_of(&diagnosis, "other-key"));
	assert_string_equal(remark->text, "api holds another NEXTAUTH_SECRET than web, whose value "
					  "profile session uses");
	assert_string_equal(remark->hint, "give both the same value and restart api; after a "
					  "rotation put the old value under `previous`");
	diagnose_done(&diagnosis);

	offer_late(world, "web", "the-value-behind-the-rotation-00");
	diagnosis = world_ask(world, "session", world_signed_with(world, SECRET));
	remark = world_need((void *)(uintptr_t)world_remark_of(&diagnosis, "other-key"));
	assert_string_equal(remark->text, "an earlier start of web holds another NEXTAUTH_SECRET "
					  "than the last one of web, whose value profile session "
					  "uses");
	diagnose_done(&diagnosis);

	diagnosis = world_ask(
		world, "session", world_signed_with(world, "the-value-behind-the-rotation-00"));
	assert_null(world_remark_of(&diagnosis, "other-key"));
	assert_true(diagnosis.verified);
	diagnose_done(&diagnosis);
	world_end(world);
}

static void late_but_verified(void **state)
{
	static const struct {
		const char *payload;
		bool expired;
	} cases[] = {{"{\"iat\":1699999000,\"exp\":1699999995}", false},
		{"{\"iat\":1699999000,\"exp\":1699999990}", true},
		{"{\"iat\":1699900000,\"exp\":1700000900}", true}}; // by max_age
	struct world *world = world_of(&lenient, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnosis diagnosis = world_ask(world, NULL,
			world_sign(world, HS256, cases[i].payload, 256, SECRET, strlen(SECRET)));

		assert_true(diagnosis.verified);
		assert_int_equal(diagnosis.code, cases[i].expired ? TOKEN_E_EXPIRED : TOKEN_OK);
		assert_int_equal(world_remark_of(&diagnosis, "expired") != NULL, cases[i].expired);
		diagnose_done(&diagnosis);
	}
	world_end(world);
}

// Thousands of secrets, and a token of the largest size.
static void work_is_bounded(void **state)
{
	enum { BUNDLES = 40, KEYS = 100 };
	struct world *world = world_of(shop_plain, ARRAY_SIZE(shop_plain));
	static struct offered offered[KEYS];
	static char large[11000];
	static const size_t most[] = {DIAGNOSE_TRIES_MAX, 2500, 3500}; // what the cost allows
	const char *tokens[3];

	(void)state;
	for (size_t i = 0; i < BUNDLES; i++) {
		for (size_t k = 0; k < KEYS; k++)
			offered[k] = (struct offered){pool_format(world->pool, "KEY_%03zu", k),
				CANDIDATE_WINNER, ".env", (uint32_t)k + 1, "",
				pool_format(world->pool, "secret-%zu-%zu-0123456789abcdef", i, k)};
		world_offer(world, pool_format(world->pool, "app-%zu", i), BUNDLE_PHASE_START,
			offered, KEYS);
	}
	vault_snapshot_unref(world->snapshot);
	world->snapshot = vault_now(world->vault);
	memset(large, 'x', 10999);
	tokens[0] = world_signed_with(world, "somebody else");
	tokens[1] = world_sign(world, HS256, large, 256, "somebody else", 13);
	tokens[2] = shop_sealed_with(world, JWE_AUTHJS_V5, "somebody else", "x");
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		struct diagnosis diagnosis = world_ask(world, "session", tokens[i]);
		assert_true(diagnosis.tried <= most[i]);
		assert_true(diagnosis.not_tried > 0);
		assert_non_null(world_remark_of(&diagnosis, "not-all-tried"));
		diagnose_done(&diagnosis);
	}
	world_end(world);
}

static void no_secret_is_spelt_for_what_none_can_have_signed(void **state)
{
	static const char *const tokens[] = {
		"eyJhbGciOiJFUzI1NiJ9.e30." // ES256, 64 bytes
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"eyJhbGciOiJIUzI1NiJ9.e30.AAAA", // a MAC of three bytes
	};
	enum { KEYS = 300 };
	struct world *world = world_of(shop_plain, ARRAY_SIZE(shop_plain));
	static struct offered offered[KEYS];

	(void)state;
	for (size_t k = 0; k < KEYS; k++)
		offered[k] = (struct offered){pool_format(world->pool, "KEY_%03zu", k),
			CANDIDATE_WINNER, ".env", (uint32_t)k + 1, "",
			pool_format(world->pool, "secret-%zu-%0800d", k, 0)};
	world_offer(world, "app", BUNDLE_PHASE_START, offered, KEYS);
	vault_snapshot_unref(world->snapshot);
	world->snapshot = vault_now(world->vault);
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		struct diagnosis diagnosis = world_ask(world, "session", tokens[i]);

		assert_int_equal(diagnosis.signer.what, DIAGNOSE_NOBODY);
		assert_int_equal(diagnosis.not_tried, 0); // the account was never empty
		assert_null(world_remark_of(&diagnosis, "not-all-tried"));
		diagnose_done(&diagnosis);
	}
	world_end(world);
}

// Neither a key nor how long it is stands in any text.
static void nothing_of_a_key_is_told(void **state)
{
	static const char *const canaries[] = {SECRET, DECODED, OLDER, REFRESH, SPARE, TWIN, BUILT};
	struct world *world = world_of(shop_plain, ARRAY_SIZE(shop_plain));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(signer_cases); i++) {
		struct diagnosis diagnosis = world_ask(
			world, "session", world_signed_with(world, signer_cases[i].secret));

		for (size_t j = 0; j < ARRAY_SIZE(canaries); j++) {
			assert_null(strstr(diagnosis.signer.text, canaries[j]));
			assert_null(strstr(diagnosis.signer.fix, canaries[j]));
			for (size_t k = 0; k < diagnosis.findings.count; k++)
				assert_null(strstr(diagnosis.findings.items[k].text, canaries[j]));
		}
		diagnose_done(&diagnosis);
	}
	world_end(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_signer_is_named),
		cmocka_unit_test(findings_go_on),
		cmocka_unit_test(the_same_value_elsewhere_is_no_other_key),
		cmocka_unit_test(the_value_of_an_app_that_was_not_restarted),
		cmocka_unit_test(late_but_verified),
		cmocka_unit_test(work_is_bounded),
		cmocka_unit_test(no_secret_is_spelt_for_what_none_can_have_signed),
		cmocka_unit_test(nothing_of_a_key_is_told),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
