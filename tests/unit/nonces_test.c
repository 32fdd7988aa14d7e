// Goal: a nonce is good for its user and purpose, once and for a minute; what is wrong with another
// is said, and nobody can have more than a share of them.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/nonces.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct nonces *make(void)
{
	struct nonces *nonces = nonces_new();

	if (!nonces)
		abort();
	return nonces;
}

static void good_once_for_one(void **state)
{
	struct nonces *nonces = make();
	uint8_t nonce[NONCES_SIZE], other[NONCES_SIZE];

	(void)state;
	nonces_give(nonces, 7, "web", "KEY", 1000, nonce);
	nonces_give(nonces, 7, "web", "KEY", 1000, other);
	assert_memory_not_equal(nonce, other, sizeof(nonce));
	assert_int_equal(nonces_judge(nonces, 7, "web", "KEY", 1000, nonce), NONCES_GOOD);
	assert_int_equal(nonces_judge(nonces, 8, "web", "KEY", 1000, nonce), NONCES_E_UNKNOWN);
	assert_int_equal(nonces_judge(nonces, 7, "ws", "KEY", 1000, nonce), NONCES_E_UNKNOWN);
	assert_int_equal(nonces_judge(nonces, 7, "web", "KEY2", 1000, nonce), NONCES_E_UNKNOWN);
	assert_int_equal(nonces_judge(nonces, 7, "webK", "EY", 1000, nonce), NONCES_E_UNKNOWN);
	assert_int_equal(nonces_judge(nonces, 7, "web", "KEY", 60999, nonce), NONCES_GOOD);
	assert_int_equal(nonces_judge(nonces, 7, "web", "KEY", 61000, nonce), NONCES_E_EXPIRED);
	nonces_use(nonces, nonce);
	assert_int_equal(nonces_judge(nonces, 7, "web", "KEY", 1000, nonce), NONCES_E_USED);
	assert_int_equal(nonces_judge(nonces, 7, "web", "KEY", 1000, other), NONCES_GOOD);
	other[31] ^= 1;
	assert_int_equal(nonces_judge(nonces, 7, "web", "KEY", 1000, other), NONCES_E_UNKNOWN);
	nonces_use(nonces, other); // which there is not
	nonces_free(nonces);
}

static void a_user_has_a_share(void **state)
{
	struct nonces *nonces = make();
	uint8_t nonce[NONCES_SIZE];

	(void)state;
	assert_int_equal(nonces_wait(nonces, 7, 64, 0), 0);
	for (size_t i = 0; i < NONCES_UID_MAX; i++)
		nonces_give(nonces, 7, "web", "KEY", 1000 + i, nonce);
	assert_int_equal(nonces_wait(nonces, 7, 1, 2000), 1000 + NONCES_LIFE_MS - 2000);
	assert_int_equal(nonces_wait(nonces, 8, 64, 2000), 0);
	nonces_use(nonces, nonce); // makes room for one
	assert_int_equal(nonces_wait(nonces, 7, 1, 2000), 0);
	assert_int_not_equal(nonces_wait(nonces, 7, 2, 2000), 0);
	assert_int_equal(nonces_wait(nonces, 7, 2, 1000 + NONCES_LIFE_MS + 1), 0);
	nonces_free(nonces);
}

static void nobody_takes_all_of_it(void **state)
{
	struct nonces *nonces = make();
	uint8_t first[NONCES_SIZE], nonce[NONCES_SIZE];

	(void)state;
	nonces_give(nonces, 1000, "web", "KEY", 1000, first);
	for (uint64_t uid = 0; uid < 20; uid++)
		while (nonces_wait(nonces, uid, 1, 2000) == 0)
			nonces_give(nonces, uid, "web", "KEY", 2000, nonce);
	assert_int_not_equal(nonces_wait(nonces, 10, 16, 3000), 0);
	assert_int_equal(nonces_wait(nonces, 9999, 4, 3000), 0); // who has none has room
	nonces_give(nonces, 9999, "web", "KEY", 3000, nonce);
	assert_int_equal(nonces_judge(nonces, 9999, "web", "KEY", 3000, nonce), NONCES_GOOD);
	assert_int_equal(nonces_judge(nonces, 1000, "web", "KEY", 3000, first), NONCES_GOOD);
	nonces_free(nonces);
}

static void all_together_have_an_end(void **state)
{
	struct nonces *nonces = make();
	uint8_t first[NONCES_SIZE], nonce[NONCES_SIZE];
	const uint64_t end = 1000 + NONCES_LIFE_MS;

	(void)state;
	nonces_give(nonces, 0, "web", "KEY", 1000, first);
	for (size_t i = 1; i < NONCES_MAX; i++)
		nonces_give(nonces, i / 100, "web", "KEY", i < 10 ? 1000 : 2000, nonce);
	assert_int_equal(nonces_wait(nonces, 9999, 1, 5000), end - 5000);
	nonces_give(nonces, 9999, "web", "KEY", 5000, nonce); // for which there is no room
	assert_int_equal(nonces_judge(nonces, 9999, "web", "KEY", 5000, nonce), NONCES_E_UNKNOWN);
	assert_int_equal(nonces_judge(nonces, 0, "web", "KEY", 5000, first), NONCES_GOOD);
	// the oldest goes, once it is over
	assert_int_equal(nonces_wait(nonces, 9999, 1, end), 0);
	nonces_give(nonces, 9999, "web", "KEY", end, nonce);
	assert_int_equal(nonces_judge(nonces, 9999, "web", "KEY", end, nonce), NONCES_GOOD);
	assert_int_equal(nonces_judge(nonces, 0, "web", "KEY", end, first), NONCES_E_UNKNOWN);
	nonces_free(nonces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_once_for_one),
		cmocka_unit_test(a_user_has_a_share),
		cmocka_unit_test(nobody_takes_all_of_it),
		cmocka_unit_test(all_together_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
