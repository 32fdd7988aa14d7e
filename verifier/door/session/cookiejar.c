// A cookie is cleared with the attributes that it was set with, or the browser keeps it.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/cookiejar.h"

#include "lib/base/text.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/session/sessionrules.h"
#include "verifier/trust/form/cookie.h"
#include "verifier/trust/session/pair.h"

#include <errno.h>
#include <sodium.h>

#define COOKIEJAR_NAME "Set-Cookie"
#define COOKIEJAR_CLEARED "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"

static const char *const sites[] = {
	[SESSIONRULES_STRICT] = "Strict", [SESSIONRULES_LAX] = "Lax", [SESSIONRULES_NONE] = "None"};

// cookie-octet of RFC 6265.
static bool is_value(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~' || strchr("\",;\\", text[i]))
			return false;
	return true;
}

static size_t count_cookies(const struct route_reply *reply)
{
	size_t count = 0;

	for (size_t i = 0; reply->headers && i < reply->headers->count; i++)
		count += text_equal(reply->headers->list[i].name, COOKIEJAR_NAME);
	return count;
}

static int add(struct route_reply *reply, enum cookiejar_form form, const char *line, size_t length)
{
	char name[32];
	int code = reply_header_more(reply, COOKIEJAR_NAME, line, length);

	if (code < 0 || form == COOKIEJAR_PLAIN)
		return code;
	(void)snprintf(name, sizeof(name), "X-Samekey-Cookie-%zu", count_cookies(reply));
	return reply_header(reply, name, line, length);
}

// Adds a cookie, of which `life` says how long it lives.
static int put(const struct sessionrules *rules, const struct cookiejar_cookie *cookie,
	const char *life, enum cookiejar_form form, struct route_reply *reply)
{
	char line[COOKIEJAR_MAX + 1];
	int length = snprintf(line, sizeof(line), "%s=%.*s%s; Path=%s%s%s; HttpOnly%s; SameSite=%s",
		cookie->name, (int)cookie->length, cookie->value, life,
		rules->path ? rules->path : "/", rules->domain ? "; Domain=" : "",
		rules->domain ? rules->domain : "", rules->secure ? "; Secure" : "",
		sites[rules->same_site]);
	int code = (size_t)length < sizeof(line) ? add(reply, form, line, (size_t)length) : -E2BIG;

	sodium_memzero(line, sizeof(line));
	return code;
}

int cookiejar_set(const struct sessionrules *rules, const struct cookiejar_cookie *cookie,
	enum cookiejar_form form, struct route_reply *reply)
{
	char life[48];

	if (!is_value(cookie->value, cookie->length))
		return -EINVAL;
	if (cookie->length > COOKIEJAR_MAX)
		return -E2BIG;
	reply->is_private = true;
	(void)snprintf(life, sizeof(life), "; Max-Age=%lld",
		(long long)(cookie->life_s > 0 ? cookie->life_s : 0));
	return put(rules, cookie, life, form, reply);
}

int cookiejar_set_pair(const struct sessionrules *rules, const struct pair *pair,
	int64_t now_wall_ms, enum cookiejar_form form, struct route_reply *reply)
{
	const struct cookiejar_cookie cookies[] = {
		{rules->access_cookie, pair->access.token, pair->access.length,
			pair_left_s(pair->access_expires_wall_ms, now_wall_ms)},
		{rules->refresh_cookie, pair->refresh.token, pair->refresh.length,
			pair_left_s(pair->refresh_expires_wall_ms, now_wall_ms)},
	};
	int code = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cookies) && code == 0; i++)
		if (cookies[i].value)
			code = cookiejar_set(rules, &cookies[i], form, reply);
	return code;
}

static int clear_in(const struct sessionrules *rules, const char *name, enum cookiejar_form form,
	struct route_reply *reply)
{
	const struct cookiejar_cookie cookie = {.name = name, .value = ""};

	return put(rules, &cookie, COOKIEJAR_CLEARED, form, reply);
}

static void clear(const struct sessionrules *rules, const char *name, enum cookiejar_form form,
	struct route_reply *reply)
{
	ignore_result(clear_in(rules, name, form, reply)); // short of memory
}

int cookiejar_clear_one(
	const struct sessionrules *rules, const char *name, struct route_reply *reply)
{
	return clear_in(rules, name, COOKIEJAR_PLAIN, reply);
}

void cookiejar_clear(
	const struct sessionrules *rules, enum cookiejar_form form, struct route_reply *reply)
{
	clear(rules, rules->access_cookie, form, reply);
	clear(rules, rules->refresh_cookie, form, reply);
	for (size_t i = 0; i < rules->pass.count; i++)
		clear(rules, rules->pass.items[i].name, form, reply);
}

static bool is_shown(const struct route_request *request, const char *name)
{
	struct cookie_search search;
	struct cookie_view value;

	cookie_begin(&search, name);
	for (size_t i = 0; i < request->cookie_count; i++)
		cookie_read(&search, request->cookies[i], strlen(request->cookies[i]));
	return cookie_end(&search, NULL, 0, &value) != COOKIE_NONE; // it fits nowhere, but is there
}

bool cookiejar_is_shown(const struct sessionrules *rules, const struct route_request *request)
{
	bool shown = request->cookie_count && (is_shown(request, rules->access_cookie) ||
						      is_shown(request, rules->refresh_cookie));

	for (size_t i = 0; request->cookie_count && !shown && i < rules->pass.count; i++)
		shown = is_shown(request, rules->pass.items[i].name);
	return shown;
}
