// A profile of one HMAC key for each attack; the clock stands.
// SPDX-License-Identifier: MIT
#include "tests/unit/judging.h"

#include "lib/base/text.h"
#include "tests/forge.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ITEMS_MAX 32

struct secret_arena *judging_arena;
struct token_scratch judging_scratch;
struct token_verdict judging_verdict;

int judging_set_up(void **state)
{
	(void)state;
	return secret_arena_open(NULL, &judging_arena, NULL);
}

int judging_tear_down(void **state)
{
	(void)state;
	judging_arena = secret_arena_free(judging_arena);
	return 0;
}

static const char *const audiences[] = {"api", "https://ws.example/"};
static const char *const wanted_claims[] = {"exp", "sub", "role"};

const struct profile_rules judging_plain = {.name = "plain"};
const struct profile_rules judging_leeway = {.name = "leeway", .leeway_ms = 10000};
const struct profile_rules judging_age = {.name = "age", .max_age_ms = 60000};
const struct profile_rules judging_issuer = {.name = "issuer", .issuer = "samekey-test"};
const struct profile_rules judging_audience = {.name = "audience", .audience = {audiences, 2}};

const struct profile_rules judging_require = {.name = "require", .require = {wanted_claims, 3}};

struct profile judging_profile(const struct profile_rules *rules)
{
	struct profile profile = {.rules = rules};

	forge_add(&profile, forge_key(judging_arena, JUDGING_SECRET, NULL, NULL), KEY_ACTIVE);
	return profile;
}

enum token_code judging_judge_bytes(const struct profile *profile, const char *token, size_t length)
{
	const struct token_options options = {.now_ms = FORGE_NOW_S * INT64_C(1000)};

	token_verify(profile, token, length, &options, &judging_scratch, &judging_verdict);
	return judging_verdict.code;
}

enum token_code judging_judge(const struct profile *profile, const char *token)
{
	return judging_judge_bytes(profile, token, strlen(token));
}

void judging_expect(const struct judging_attack *attack, const char *token, size_t length)
{
	struct profile profile = judging_profile(attack->rules ? attack->rules : &judging_plain);
	enum token_code code = judging_judge_bytes(&profile, token, length);

	if (code != attack->code)
		fail_msg("%s: %s (%s), not %s", attack->name, token_code_text(code),
			judging_verdict.detail, token_code_text(attack->code));
	if (code == TOKEN_OK) {
		assert_ptr_equal(judging_verdict.key, &profile.keys[0]);
		assert_string_equal(judging_verdict.detail, "");
	} else {
		assert_true(strlen(judging_verdict.detail) > 5);
		assert_true(text_is_line(judging_verdict.detail, strlen(judging_verdict.detail)));
	}
	// Nothing is said of claims before the signature is good.
	assert_true(judging_verdict.stage == TOKEN_CLAIMS ? judging_verdict.key != NULL
							  : !judging_verdict.claims);
	forge_clear(&profile);
}

static void judges(void **state)
{
	const struct judging_item *item = *state;

	for (size_t i = 0; i < item->count; i++) {
		const struct judging_attack *attack = &item->attacks[i];
		own_free char *token =
			attack->raw ? strdup(attack->raw)
				    : forge_signed(attack->header ? attack->header : JUDGING_HEADER,
					      attack->payload ? attack->payload : JUDGING_PAYLOAD,
					      JUDGING_SECRET);

		if (!token)
			abort();
		judging_expect(attack, token, strlen(token));
	}
}

int judging_run(const struct judging_item *items, size_t item_count,
	const struct CMUnitTest *others, size_t other_count)
{
	struct CMUnitTest tests[ITEMS_MAX] = {0};

	assert_true(item_count + other_count <= ITEMS_MAX);
	for (size_t i = 0; i < item_count; i++)
		tests[i] = (struct CMUnitTest){.name = items[i].name,
			.test_func = judges,
			.initial_state = (void *)(uintptr_t)&items[i]};
	for (size_t i = 0; i < other_count; i++)
		tests[item_count + i] = others[i];
	return _cmocka_run_group_tests(
		"token", tests, item_count + other_count, judging_set_up, judging_tear_down);
}
