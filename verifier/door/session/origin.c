// Fetch Metadata first, Origin where a browser does not send that: over plain HTTP none does.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/origin.h"

#include "lib/base/text.h"
#include "verifier/door/api/route.h"
#include "verifier/door/session/sessionrules.h"

#include <strings.h>

static bool is_listed(const struct sessionrules *rules, const char *origin)
{
	for (size_t i = 0; origin && i < rules->origins.count; i++)
		if (strcasecmp(rules->origins.items[i], origin) == 0)
			return true;
	return false;
}

// Whether it names this host itself: browsers keep Secure cookies of it over plain HTTP, too.
static bool is_local(const char *host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t length = strlen(names[i]);

		if (strncasecmp(host, names[i], length) == 0 &&
			(!host[length] || host[length] == ':'))
			return true;
	}
	return false;
}

// Whether the origin is the host that the request was for. With Secure cookies a page that came
// over plain HTTP is none of ours: whoever is on the way wrote it.
static bool is_own(const struct sessionrules *rules, const char *origin, const char *host)
{
	static const char https[] = "https://", http[] = "http://";

	if (!host || !*host)
		return false;
	if (text_starts(origin, https))
		return strcasecmp(origin + strlen(https), host) == 0;
	return text_starts(origin, http) && strcasecmp(origin + strlen(http), host) == 0 &&
	       (!rules->secure || is_local(host));
}

bool origin_may(const struct sessionrules *rules, const struct route_request *request)
{
	const char *site = request->fetch_site, *origin = request->origin;

	if (origin && text_equal(origin, "null"))
		return false;
	if (is_listed(rules, origin))
		return true;
	if (site && text_equal(site, "same-origin"))
		return true;
	if (site && !text_equal(site, "none"))
		return false;
	return !origin || is_own(rules, origin, request->host);
}
