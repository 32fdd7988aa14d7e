// Who may change state: pages of the same site's making, and no other.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/origin.h"

#include "verifier/door/api/route.h"
#include "verifier/door/session/sessionrules.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const origins[] = {"https://admin.shop.example"};
static const struct sessionrules rules = {.origins = {origins, 1}, .secure = true};

#define HOST "shop.example"

static const struct {
	const char *name, *host, *origin, *site;
	bool may;
} requests[] = {
	{"a program, which sends neither", HOST, NULL, NULL, true},
	{"a page of the site", HOST, "https://shop.example", "same-origin", true},
	{"over plain HTTP, where no browser says the site", HOST, "http://shop.example", NULL,
		false},
	{"over plain HTTP on the developer's own host", "localhost:3000", "http://localhost:3000",
		NULL, true},
	{"by its address", "127.0.0.1:3000", "http://127.0.0.1:3000", NULL, true},
	{"by the other address", "[::1]", "http://[::1]", NULL, true},
	{"a host that only begins so", "127.0.0.1.evil.example", "http://127.0.0.1.evil.example",
		NULL, false},
	{"an old browser", HOST, "https://shop.example", NULL, true},
	{"with a port", "shop.example:8443", "https://shop.example:8443", NULL, true},
	{"in other letters", "Shop.Example", "https://shop.example", NULL, true},
	{"behind a proxy that changed Host", "127.0.0.1:9465", "https://shop.example",
		"same-origin", true},
	{"typed by the user", HOST, NULL, "none", true},
	{"a listed origin of the same site", HOST, "https://admin.shop.example", "same-site", true},
	{"a listed origin", HOST, "https://admin.shop.example", "cross-site", true},
	{"another site", HOST, "https://evil.example", "cross-site", false},
	{"another site, of an old browser", HOST, "https://evil.example", NULL, false},
	{"another site that says no origin", HOST, NULL, "cross-site", false},
	{"a neighbour", HOST, "https://blog.shop.example", "same-site", false},
	{"a neighbour that says no origin", HOST, NULL, "same-site", false},
	{"another port", HOST, "https://shop.example:8443", NULL, false},
	{"a host that begins so", HOST, "https://shop.example.evil.example", NULL, false},
	{"a host that ends so", HOST, "https://evil-shop.example", NULL, false},
	{"another scheme", HOST, "ftp://shop.example", NULL, false},
	{"no scheme", HOST, HOST, NULL, false},
	{"a path behind it", HOST, "https://shop.example/", NULL, false},
	{"nobody", HOST, "null", NULL, false},
	{"nobody of the same origin", HOST, "null", "same-origin", false},
	{"a listed host with the other scheme", HOST, "http://admin.shop.example", NULL, false},
	{"a word that nobody knows", HOST, "https://shop.example", "fenced", false},
	{"an empty origin", HOST, "", NULL, false},
	{"without a host", NULL, "https://shop.example", NULL, false},
	{"with an empty host", "", "https://", NULL, false},
};

static void pages_of_other_sites_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		const struct route_request request = {.host = requests[i].host,
			.origin = requests[i].origin,
			.fetch_site = requests[i].site};

		if (origin_may(&rules, &request) != requests[i].may)
			fail_msg("%s", requests[i].name);
	}
}

static void without_secure_cookies_plain_http_is_as_good(void **state)
{
	const struct sessionrules open = {.secure = false};
	const struct route_request request = {.host = HOST, .origin = "http://" HOST};

	(void)state;
	assert_true(origin_may(&open, &request));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pages_of_other_sites_change_nothing),
		cmocka_unit_test(without_secure_cookies_plain_http_is_as_good)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
