// Cookies as they are sent: byte for byte, each in a header of its own, and cleared with what they
// were set with.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/cookiejar.h"

#include "lib/base/text.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/session/sessionrules.h"
#include "verifier/trust/session/pair.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct sessionrules_map pass[] = {{"theirs", "a"}};
static const struct sessionrules plain = {.access_cookie = "__Host-session",
	.refresh_cookie = "__Host-refresh",
	.same_site = SESSIONRULES_LAX,
	.secure = true,
	.path = "/"};
static const struct sessionrules seed = {.access_cookie = "accessTokenEtls",
	.refresh_cookie = "refreshTokenEtls",
	.pass = {pass, 1},
	.same_site = SESSIONRULES_STRICT,
	.secure = true,
	.path = "/"};
static const struct sessionrules local = {.access_cookie = "a",
	.refresh_cookie = "b",
	.same_site = SESSIONRULES_NONE,
	.path = "/app",
	.domain = "shop.example"};

static const char *cookie_at(const struct route_reply *reply, size_t index)
{
	for (size_t i = 0; reply->headers && i < reply->headers->count; i++)
		if (text_equal(reply->headers->list[i].name, "Set-Cookie") && index-- == 0)
			return reply->headers->list[i].value;
	return NULL;
}

static const char *header(const struct route_reply *reply, const char *name)
{
	for (size_t i = 0; reply->headers && i < reply->headers->count; i++)
		if (text_equal(reply->headers->list[i].name, name))
			return reply->headers->list[i].value;
	return NULL;
}

static const struct {
	const char *name;
	const struct sessionrules *rules;
	struct cookiejar_cookie cookie;
	const char *line;
	int code;
} cookies[] = {
	{"the default", &plain, {"__Host-session", "a.b.c", 5, 900},
		"__Host-session=a.b.c; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax", 0},
	{"strict", &seed, {"x", "y", 1, 604800},
		"x=y; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Strict", 0},
	{"a domain, a path, no TLS", &local, {"x", "y", 1, 1},
		"x=y; Max-Age=1; Path=/app; Domain=shop.example; HttpOnly; SameSite=None", 0},
	{"a life that is over", &plain, {"x", "y", 1, -5},
		"x=y; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax", 0},
	{"a part of a text", &plain, {"x", "abc", 2, 1},
		"x=ab; Max-Age=1; Path=/; HttpOnly; Secure; SameSite=Lax", 0},
	{"a semicolon", &plain, {"x", "a;b", 3, 1}, NULL, -EINVAL},
	{"a comma", &plain, {"x", "a,b", 3, 1}, NULL, -EINVAL},
	{"a blank", &plain, {"x", "a b", 3, 1}, NULL, -EINVAL},
	{"a quote", &plain, {"x", "\"a\"", 3, 1}, NULL, -EINVAL},
	{"a backslash", &plain, {"x", "a\\b", 3, 1}, NULL, -EINVAL},
	{"a line end", &plain, {"x", "a\nb", 3, 1}, NULL, -EINVAL},
	{"a NUL", &plain, {"x", "a\0b", 3, 1}, NULL, -EINVAL},
	{"past ASCII", &plain, {"x", "\xc3\xa9", 2, 1}, NULL, -EINVAL},
};

static void a_cookie_has_all_its_attributes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cookies); i++) {
		struct route_reply reply = {0};
		int code = cookiejar_set(
			cookies[i].rules, &cookies[i].cookie, COOKIEJAR_PLAIN, &reply);

		if (code != cookies[i].code || !text_equal(cookie_at(&reply, 0), cookies[i].line))
			fail_msg("%s: %d %s", cookies[i].name, code, cookie_at(&reply, 0));
		assert_null(header(&reply, "X-Samekey-Cookie-1"));
		route_reply_done(&reply);
	}
}

static void browsers_would_drop_a_longer_one(void **state)
{
	static char value[COOKIEJAR_MAX];
	const size_t rest = strlen("x=; Max-Age=1; Path=/; HttpOnly; Secure; SameSite=Lax");
	struct cookiejar_cookie cookie = {"x", value, sizeof(value) - rest, 1};
	struct route_reply reply = {0};

	(void)state;
	memset(value, 'a', sizeof(value));
	assert_int_equal(cookiejar_set(&plain, &cookie, COOKIEJAR_PLAIN, &reply), 0);
	assert_int_equal(strlen(cookie_at(&reply, 0)), COOKIEJAR_MAX);
	cookie.length++;
	assert_int_equal(cookiejar_set(&plain, &cookie, COOKIEJAR_PLAIN, &reply), -E2BIG);
	route_reply_done(&reply);
}

static void both_tokens_of_a_pair_are_told_twice_to_a_proxy(void **state)
{
	char access[] = "access", refresh[] = "refresh";
	const struct pair pair = {.access = {.token = access, .length = 6},
		.refresh = {.token = refresh, .length = 7},
		.access_expires_wall_ms = 100900999,
		.refresh_expires_wall_ms = 100604000};
	struct route_reply reply = {0};

	(void)state;
	assert_int_equal(
		cookiejar_set_pair(&plain, &pair, 100000000, COOKIEJAR_NUMBERED, &reply), 0);
	assert_string_equal(cookie_at(&reply, 0),
		"__Host-session=access; Max-Age=900; Path=/; HttpOnly; Secure; SameSite=Lax");
	assert_string_equal(cookie_at(&reply, 1),
		"__Host-refresh=refresh; Max-Age=604; Path=/; HttpOnly; Secure; SameSite=Lax");
	assert_string_equal(header(&reply, "X-Samekey-Cookie-1"), cookie_at(&reply, 0));
	assert_string_equal(header(&reply, "X-Samekey-Cookie-2"), cookie_at(&reply, 1));
	assert_true(reply.is_private);
	route_reply_done(&reply);
}

static void a_pair_without_a_refresh_token_leaves_that_cookie_alone(void **state)
{
	char access[] = "access";
	const struct pair pair = {
		.access = {.token = access, .length = 6}, .access_expires_wall_ms = 2000};
	struct route_reply reply = {0};

	(void)state;
	assert_int_equal(cookiejar_set_pair(&plain, &pair, 1000, COOKIEJAR_NUMBERED, &reply), 0);
	assert_non_null(cookie_at(&reply, 0));
	assert_null(cookie_at(&reply, 1));
	route_reply_done(&reply);
}

#define GONE "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"

static void every_cookie_of_a_login_is_cleared(void **state)
{
	struct route_reply reply = {0};

	(void)state;
	cookiejar_clear(&seed, COOKIEJAR_NUMBERED, &reply);
	assert_string_equal(cookie_at(&reply, 0),
		"accessTokenEtls=" GONE "; Path=/; HttpOnly; Secure; SameSite=Strict");
	assert_string_equal(cookie_at(&reply, 1),
		"refreshTokenEtls=" GONE "; Path=/; HttpOnly; Secure; SameSite=Strict");
	assert_string_equal(
		cookie_at(&reply, 2), "theirs=" GONE "; Path=/; HttpOnly; Secure; SameSite=Strict");
	assert_null(cookie_at(&reply, 3));
	assert_string_equal(header(&reply, "X-Samekey-Cookie-3"), cookie_at(&reply, 2));
	route_reply_done(&reply);
	cookiejar_clear(&local, COOKIEJAR_PLAIN, &reply);
	assert_string_equal(cookie_at(&reply, 0),
		"a=" GONE "; Path=/app; Domain=shop.example; HttpOnly; SameSite=None");
	assert_null(header(&reply, "X-Samekey-Cookie-1"));
	route_reply_done(&reply);
}

static const struct {
	const char *line;
	bool shown;
} requests[] = {
	{"", false},
	{"a=1; other=2", false},
	{"accessTokenEtls=x", true},
	{"a=1; refreshTokenEtls=x", true},
	{"theirs=x", true},
	{"accessTokenEtls=", false},
	{"accessTokenEtls=a; accessTokenEtls=b", true},
	{"accessTokenEtls.1=a", true},
};

static void what_a_request_shows_is_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		const struct route_request request = {
			.cookies = &requests[i].line, .cookie_count = 1};

		if (cookiejar_is_shown(&seed, &request) != requests[i].shown)
			fail_msg("%s", requests[i].line);
	}
	assert_false(cookiejar_is_shown(&seed, &(struct route_request){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_has_all_its_attributes),
		cmocka_unit_test(browsers_would_drop_a_longer_one),
		cmocka_unit_test(both_tokens_of_a_pair_are_told_twice_to_a_proxy),
		cmocka_unit_test(a_pair_without_a_refresh_token_leaves_that_cookie_alone),
		cmocka_unit_test(every_cookie_of_a_login_is_cleared),
		cmocka_unit_test(what_a_request_shows_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
