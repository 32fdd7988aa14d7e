// Which URLs of a login server are read on the way, and how one is put together.
// SPDX-License-Identifier: MIT
#include "verifier/upstreamurl.h"

#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void over_tls_or_on_this_host_nobody_reads_it(void **state)
{
	static const struct {
		const char *url;
		bool is_private;
	} cases[] = {
		{"https://login.example/login", true},
		{"http://127.0.0.1:4000/login", true},
		{"http://127.1/login", true},
		{"http://localhost/login", true},
		{"http://localhost:4000", true},
		{"http://localhost", true},
		{"http://[::1]:4000/login", true},
		{"http://login.example/login", false},
		{"http://10.0.0.1/login", false},
		{"http://127.login.example/login", false},
		{"http://127.0.0.1.login.example/login", false},
		{"http://localhost.login.example/login", false},
		{"http://localhost@login.example/login", false},
		{"http://[::1].login.example/login", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (upstreamurl_is_private(cases[i].url) != cases[i].is_private)
			fail_msg("%s", cases[i].url);
}

static void a_base_gets_the_path_behind_it(void **state)
{
	static char long_base[RELAY_URL_MAX + 2] = "https://";
	static const struct {
		const char *base, *url; // NULL: it is refused, and the old one stays
	} cases[] = {
		{"https://api.example", "https://api.example/login"},
		{"https://api.example/", "https://api.example/login"},
		{"https://api.example/v1//", "https://api.example/v1/login"},
		{"https://api.example/?a=b", NULL},
		{"ftp://api.example", NULL},
		{"", NULL},
		{long_base, NULL},
	};

	(void)state;
	memset(long_base + strlen(long_base), 'a', sizeof(long_base) - strlen(long_base) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[RELAY_URL_MAX + 1] = "old";
		const char *base = cases[i].base;
		const char *complaint =
			upstreamurl_join(secret_view(base, strlen(base)), "/login", out);

		if (!complaint != (cases[i].url != NULL))
			fail_msg("%s: %s", base, complaint ? complaint : "taken");
		assert_string_equal(out, cases[i].url ? cases[i].url : "old");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_tls_or_on_this_host_nobody_reads_it),
		cmocka_unit_test(a_base_gets_the_path_behind_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
