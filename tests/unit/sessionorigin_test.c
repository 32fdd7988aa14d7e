// From which pages a session may be begun, refreshed and ended.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/origin.h"

#include "verifier/door/api/route.h"
#include "verifier/door/session/sessionrules.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SHOP "https://shop.example"
#define OTHER "https://login.example:8443"

static const struct {
	const char *name, *origin, *site, *host;
	bool may, is_plain; // is_plain: without Secure cookies
} requests[] = {
	{"no browser", NULL, NULL, "api.example", true, false},
	{"a page of the host itself", "https://api.example", NULL, "api.example", true, false},
	{"in another case", "https://API.example", NULL, "api.EXAMPLE", true, false},
	{"a page of the host, by another port", "https://api.example:8443", NULL, "api.example",
		false, false},
	{"a page of another host", "https://evil.example", NULL, "api.example", false, false},
	{"a page whose host begins so", "https://api.example.evil.example", NULL, "api.example",
		false, false},
	{"a page of a host whose name ends so", "https://evil.api.example", NULL, "api.example",
		false, false},
	{"a page, and no host", "https://api.example", NULL, NULL, false, false},
	{"a page, and an empty host", "https://", NULL, "", false, false},
	{"no scheme", "api.example", NULL, "api.example", false, false},
	{"another scheme", "file://api.example", NULL, "api.example", false, false},
	{"a scheme that is longer by one", "httpx://api.example", NULL, "/api.example", false,
		false},
	{"nobody's page", "null", NULL, "api.example", false, false},
	{"nobody's page, of this site", "null", "same-origin", "api.example", false, false},

	{"a listed page", SHOP, NULL, "api.example", true, false},
	{"a listed page, in another case", "HTTPS://Shop.Example", NULL, "api.example", true,
		false},
	{"a listed page, of another site", SHOP, "cross-site", "api.example", true, false},
	{"the second of the list", OTHER, "cross-site", "api.example", true, false},
	{"a host that begins as a listed one", SHOP ".evil.example", NULL, "api.example", false,
		false},
	{"a port that a listed one has not", SHOP ":8443", NULL, "api.example", false, false},
	{"a listed host over plain HTTP", "http://shop.example", NULL, "api.example", false, false},

	{"the browser says: this origin", "https://api.example", "same-origin", "10.0.0.1", true,
		false},
	{"the browser says: this site", "https://evil.api.example", "same-site", "api.example",
		false, false},
	{"the browser says: another site", "https://evil.example", "cross-site", "api.example",
		false, false},
	{"another site, and no origin", NULL, "cross-site", "api.example", false, false},
	{"typed by a person", NULL, "none", "api.example", true, false},
	{"typed, and yet from another page", "https://evil.example", "none", "api.example", false,
		false},
	{"a word that nobody knows", "https://api.example", "same-planet", "api.example", false,
		false},

	{"plain HTTP, with Secure cookies", "http://api.example", NULL, "api.example", false,
		false},
	{"plain HTTP, without", "http://api.example", NULL, "api.example", true, true},
	{"another scheme, without", "file://api.example", NULL, "api.example", false, true},
	{"another host, without", "http://evil.example", NULL, "api.example", false, true},
	{"this machine", "http://localhost", NULL, "localhost", true, false},
	{"this machine, with a port", "http://localhost:3000", NULL, "localhost:3000", true, false},
	{"this machine, in another case", "http://LocalHost:3000", NULL, "LocalHost:3000", true,
		false},
	{"this machine by number", "http://127.0.0.1:3000", NULL, "127.0.0.1:3000", true, false},
	{"this machine by its other number", "http://[::1]:3000", NULL, "[::1]:3000", true, false},
	{"another port of this machine", "http://localhost:4000", NULL, "localhost:3000", false,
		false},
	{"a host that begins as this machine", "http://localhost.evil.example", NULL,
		"localhost.evil.example", false, false},
	{"a number that begins so", "http://127.0.0.1.evil.example", NULL, "127.0.0.1.evil.example",
		false, false},
};

static void only_pages_of_ours_may(void **state)
{
	static const char *const listed[] = {SHOP, OTHER};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		const struct sessionrules rules = {
			.secure = !requests[i].is_plain, .origins = {listed, ARRAY_SIZE(listed)}};
		const struct route_request request = {.origin = requests[i].origin,
			.fetch_site = requests[i].site,
			.host = requests[i].host};

		if (origin_may(&rules, &request) != requests[i].may)
			fail_msg("%s", requests[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_pages_of_ours_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
