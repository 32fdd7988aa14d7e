// What next-auth 4 and @auth/core write is accepted by a profile of their kind, and what they or we
// refuse is refused where it must be: tests/spec/sessions.jsonl from the token to the claims.
// SPDX-License-Identifier: MIT
#include "verifier/trust/token/jwe.h"
#include "verifier/trust/token/token.h"

#include "tests/unit/sessions.h"

#include <jansson.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)

static struct secret_arena *arena;
static struct token_scratch scratch;

static const char *const stages[] = {[TOKEN_FORM] = "form",
	[TOKEN_HEADER] = "header",
	[TOKEN_KEY] = "key",
	[TOKEN_SIGNATURE] = "signature",
	[TOKEN_CLAIMS] = "claims"};

// Holds a verdict against a fixture. A token may be refused earlier than a fixture says: an iv of
// the wrong size by its form, a kid of another secret before anything is decrypted. That it is
// refused for its claims says that all before them is good.
static void compare(const json_t *line, const struct token_verdict *verdict)
{
	const char *stage = sessions_text(line, "stage"), *claims = sessions_text(line, "claims");
	size_t expected = 0;

	if ((verdict->code == TOKEN_OK) != !*stage)
		fail_msg("%s: %s", sessions_text(line, "id"), verdict->detail);
	while (*stage && strcmp(stage, stages[expected]) != 0)
		expected++;
	if (*stage && (verdict->stage > expected ||
			      (expected == TOKEN_CLAIMS && verdict->stage != TOKEN_CLAIMS)))
		fail_msg("%s: at %s: %s", sessions_text(line, "id"), stages[verdict->stage],
			verdict->detail);
	if (verdict->code == TOKEN_OK) {
		assert_int_equal(verdict->claims_length, strlen(claims));
		assert_memory_equal(verdict->claims, claims, strlen(claims));
		assert_string_equal(verdict->algorithm, sessions_text(line, "enc"));
	}
}

static bool judge(const json_t *line, const void *owner)
{
	const bool old = strcmp(sessions_text(line, "kind"), "nextauth-v4") == 0;
	const char *secret = sessions_text(line, "secret"), *salt = sessions_text(line, "salt");
	const char *token = sessions_text(line, "token");
	struct profile_rules rules = {.name = "session",
		.kind = old ? PROFILE_NEXTAUTH_V4 : PROFILE_AUTHJS_V5,
		.cookies = {&salt, 1}};
	struct profile profile = {.rules = &rules, .key_count = 1, .usable = true};
	struct token_options options = {.now_ms = NOW_S * 1000, .cookie = old ? NULL : salt};
	struct token_verdict verdict;

	(void)owner;
	if (!*token)
		return false;
	profile.keys[0].label = "AUTH_SECRET";
	profile.keys[0].sessions[0] = jwe_key_new(old ? JWE_NEXTAUTH_V4 : JWE_AUTHJS_V5,
		secret_view(secret, strlen(secret)), salt, arena);
	if (!profile.keys[0].sessions[0])
		abort();
	token_verify(&profile, token, strlen(token), &options, &scratch, &verdict);
	compare(line, &verdict);
	jwe_key_free(profile.keys[0].sessions[0]);
	return true;
}

static void every_fixture_is_judged_as_it_must_be(void **state)
{
	(void)state;
	assert_true(sessions_each(judge, NULL) >= 120);
}

static int open_arena(void **state)
{
	(void)state;
	return sodium_init() < 0 ? -1 : secret_arena_open(NULL, &arena, NULL);
}

static int free_arena(void **state)
{
	(void)state;
	arena = secret_arena_free(arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fixture_is_judged_as_it_must_be),
	};

	return cmocka_run_group_tests(tests, open_arena, free_arena);
}
