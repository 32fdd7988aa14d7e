// What is left of a token once its judgement is forgotten.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/judge.h"

#include "tests/forge.h"
#include "tests/unit/tokendoor.h"
#include "verifier/trust/keyring.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool is_wiped(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

static void nothing_of_a_token_stays(void **state)
{
	static const char header[] = "{\"alg\":\"HS256\",\"kid\":\"old\"}";
	static const char *const secrets[] = {TOKENDOOR_OLD_SECRET, TOKENDOOR_SECRET};
	struct tokendoor door;

	(void)state;
	tokendoor_open(&door);
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) { // good, and refused
		struct judge *judge = door.answers.judge;
		own_free char *token = forge_signed(
			header, "{\"sub\":\"canary\",\"exp\":" TOKENDOOR_LATER "}", secrets[i]);
		const struct judge_question question = {
			.profile = keyring_find(door.keyring, "session", 7),
			.token = token,
			.length = strlen(token)};
		struct token_verdict verdict;
		char *text = judge_text(judge);

		memcpy(text, token, strlen(token)); // as a cookie is
		judge_token(judge, &question, &verdict);
		assert_int_equal(verdict.code, i ? TOKEN_E_SIGNATURE : TOKEN_OK);
		assert_memory_equal(verdict.kid.text, "old", 3);
		judge_forget(judge);
		assert_true(is_wiped(verdict.kid.text, 3));
		assert_true(is_wiped(text, strlen(token)));
		if (verdict.claims)
			assert_true(is_wiped(verdict.claims, verdict.claims_length));
	}
	tokendoor_close(&door);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_of_a_token_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
