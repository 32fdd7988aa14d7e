// What held a token, a password or claims goes back to the heap without them: each block that our
// code frees is looked through first.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/reply.h"
#include "verifier/door/body.h"
#include "verifier/trust/token/mint.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CANARY "canary-5f0e2b71"
#define LONG 5000 // longer than what is first reserved

static volatile size_t leaked; // the compiler knows a free that touches nothing

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose the names

void __real_free(void *at);
void __wrap_free(void *at);

void __wrap_free(void *at)
{
	leaked += at && memmem(at, malloc_usable_size(at), CANARY, strlen(CANARY));
	__real_free(at);
}

// NOLINTEND(bugprone-reserved-identifier)

static void the_look_sees_what_is_not_wiped(void **state)
{
	char *volatile text = strdup(CANARY); // or the compiler leaves both calls out

	(void)state;
	leaked = 0;
	free(text);
	assert_int_equal(leaked, 1);
}

static void a_private_answer_is_wiped_as_it_grows_and_ends(void **state)
{
	static const char filling[LONG] = "";
	struct route_reply reply = {0};

	(void)state;
	leaked = 0;
	reply.is_private = true;
	reply_begin(&reply, 200, "text/plain", 0);
	reply_text(&reply, CANARY);
	reply_bytes(&reply, filling, sizeof(filling));
	assert_int_equal(reply_header(&reply, "X-Any", CANARY, strlen(CANARY)), 0);
	route_reply_done(&reply);
	assert_int_equal(leaked, 0);
}

static void a_body_is_wiped_as_it_grows_and_ends(void **state)
{
	static const char filling[LONG] = "";
	struct body body = {0};

	(void)state;
	leaked = 0;
	assert_true(body_add(&body, CANARY, strlen(CANARY)));
	assert_true(body_add(&body, filling, sizeof(filling)));
	body_wipe(&body);
	assert_non_null(body.bytes); // kept for the next request
	assert_null(memmem(body.bytes, body.size, CANARY, strlen(CANARY)));
	assert_true(body_add(&body, CANARY, strlen(CANARY)));
	body_done(&body);
	assert_int_equal(leaked, 0);
}

static void a_minted_token_is_wiped(void **state)
{
	struct minted minted = {.token = strdup(CANARY), .length = strlen(CANARY)};

	(void)state;
	leaked = 0;
	mint_done(&minted);
	assert_int_equal(leaked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_look_sees_what_is_not_wiped),
		cmocka_unit_test(a_private_answer_is_wiped_as_it_grows_and_ends),
		cmocka_unit_test(a_body_is_wiped_as_it_grows_and_ends),
		cmocka_unit_test(a_minted_token_is_wiped),
	};

	return cmocka_run_group_tests_name("wiped", tests, NULL, NULL);
}
