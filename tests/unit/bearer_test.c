// Who shows the token of token_file, in each form that there is; and nobody else.
// SPDX-License-Identifier: MIT
#include "verifier/door/bearer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TOKEN "c2VjcmV0OnRva2Vu" // with a colon where it is decoded

static const struct {
	const char *name, *authorization;
	bool people, shown;
} cases[] = {
	{"a bearer", "Bearer " TOKEN, false, true},
	{"a bearer, in small letters", "bearer " TOKEN, true, true},
	{"another token", "Bearer " TOKEN "x", true, false},
	{"no token", "Bearer ", true, false},
	{"no scheme", TOKEN, true, false},
	{"a person with another token", "Basic YW55OmMyVmpjbVYwT25SdmEyVng=", true, false},
	{"a person without a name", "Basic OmMyVmpjbVYwT25SdmEyVnU=", true, true},
	{"a person by a name", "Basic bWU6YzJWamNtVjBPblJ2YTJWdQ==", true, true},
	{"a person where only programs ask", "Basic bWU6YzJWamNtVjBPblJ2YTJWdQ==", false, false},
	{"a password with more behind it", "Basic bWU6YzJWamNtVjBPblJ2YTJWdTo=", true, false},
	{"the token as the name", "Basic YzJWamNtVjBPblJ2YTJWdTo=", true, false},
	{"no colon", "Basic YzJWamNtVjBPblJ2YTJWdQ==", true, false},
	{"no base64", "Basic !!!", true, false},
	{"an empty password", "Basic Og==", true, false},
};

static void the_token_is_shown_or_not(void **state)
{
	const struct secret token = secret_view(TOKEN, strlen(TOKEN)), none = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (bearer_is_shown(token, cases[i].authorization, cases[i].people) !=
			cases[i].shown)
			fail_msg("%s", cases[i].name);
		if (bearer_is_shown(none, cases[i].authorization, cases[i].people))
			fail_msg("%s: there is no token", cases[i].name);
	}
	assert_true(bearer_is(token, TOKEN));
	assert_false(bearer_is(none, ""));
}

static void what_is_too_long_is_no_password(void **state)
{
	char text[BEARER_BASIC_MAX * 2] = "Basic ";

	(void)state;
	memset(text + 6, 'A', sizeof(text) - 7);
	text[sizeof(text) - 1] = '\0';
	assert_false(bearer_is_shown(secret_view(TOKEN, strlen(TOKEN)), text, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_token_is_shown_or_not),
		cmocka_unit_test(what_is_too_long_is_no_password),
	};

	return cmocka_run_group_tests_name("bearer", tests, NULL, NULL);
}
