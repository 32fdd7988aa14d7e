// Tokens in what a build rendered: which key signed one of them.
// SPDX-License-Identifier: MIT
#include "loader/resolve/minted.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// {"alg":"HS256"}.{"sub":"u"}, signed with your-secret-key
#define HEAD "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0"
#define SIGNATURE "2JhuqMzzFc4oQg2ew-nvhmFMrVsoW6Rpdc-TWLTr6_E"
#define TOKEN HEAD "." SIGNATURE

static void a_token_is_found_by_its_key(void **state)
{
	static const struct {
		const char *name, *text, *key;
		bool held;
	} cases[] = {
		{"alone", TOKEN, "your-secret-key", true},
		{"in JSON", "{\"token\":\"" TOKEN "\"}", "your-secret-key", true},
		{"in JSON in a script", "[1,\"{\\\"token\\\":\\\"" TOKEN "\\\"}\"]",
			"your-secret-key", true},
		{"behind one that is none", "eyJ.eyJ.eyJ eyJ" TOKEN " " TOKEN, "your-secret-key",
			true},
		{"of another key", TOKEN, "changeme", false},
		{"of an empty key", TOKEN, "", false},
		{"without a signature", HEAD ".", "your-secret-key", false},
		{"two parts", HEAD, "your-secret-key", false},
		{"a signature that is cut", HEAD ".AAAA", "your-secret-key", false},
		{"a signature that goes on", TOKEN "A", "your-secret-key", false},
		{"its beginning", "eyJ", "your-secret-key", false},
		{"nothing", "", "your-secret-key", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (minted_holds(cases[i].text, strlen(cases[i].text), cases[i].key) !=
			cases[i].held)
			fail_msg("%s", cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_found_by_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
