// RFC 6265bis sections 4.1.2 and 4.1.3: attributes, and prefixes of names that ask for some.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_cookies.h"

#include "lib/base/text.h"
#include "lib/value/shape_show.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_reading.h"

#include <strings.h>

// What a cookie whose name begins so has to have.
static const struct prefix {
	const char *text;
	bool needs_root; // Path=/ and no Domain
} prefixes[] = {{"__Host-", true}, {"__Secure-", false}};

static int line_of(const struct setup_reading *reading, const char *key)
{
	return setup_reading_line(reading->lines, "session", key);
}

// Visible ASCII without what ends an attribute.
static bool is_attribute(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~' || *text == ';' || *text == ',')
			return false;
	return true;
}

static bool is_domain(const char *text)
{
	static const char may[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";

	return *text && text[strspn(text, may)] == '\0';
}

void setup_cookies_judge_attributes(struct setup_reading *reading)
{
	const struct setup_session *session = &reading->setup->session;
	const struct sessionrules *rules = &session->rules;
	char shown[96];

	if (rules->path[0] != '/' || !is_attribute(rules->path))
		setup_reading_complain(reading, line_of(reading, "path"), "path = /",
			"no path of a cookie: '%s'", shape_show(shown, sizeof(shown), rules->path));
	if (rules->domain && !is_domain(rules->domain))
		setup_reading_complain(reading, line_of(reading, "domain"), "domain = shop.example",
			"no domain: '%s'", shape_show(shown, sizeof(shown), rules->domain));
	if (rules->same_site == SESSIONRULES_NONE && !rules->secure)
		setup_reading_complain(reading, line_of(reading, "same_site"),
			"secure = yes, or same_site = lax",
			"browsers refuse cookies with same_site = none and secure = no");
}

static void judge_prefix(
	struct setup_reading *reading, const struct prefix *prefix, const char *name)
{
	const struct sessionrules *rules = &reading->setup->session.rules;
	char hint[160];

	(void)snprintf(hint, sizeof(hint),
		"browsers refuse a cookie %s... otherwise; "
		"or give it another name: cookie = NAME in its profile",
		prefix->text);
	if (!rules->secure)
		setup_reading_complain(reading, line_of(reading, "secure"), hint,
			"the cookie %s needs secure = yes", name);
	if (prefix->needs_root && !text_equal(rules->path, "/"))
		setup_reading_complain(reading, line_of(reading, "path"), hint,
			"the cookie %s needs path = /", name);
	if (prefix->needs_root && rules->domain)
		setup_reading_complain(reading, line_of(reading, "domain"), hint,
			"the cookie %s can have no domain", name);
}

static void judge_name(struct setup_reading *reading, const struct setup_cookie *cookie)
{
	char shown[96];

	if (!text_is_token(cookie->name, strlen(cookie->name))) {
		setup_reading_complain(reading, cookie->line, NULL, "no name of a cookie: '%s'",
			shape_show(shown, sizeof(shown), cookie->name));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncasecmp(cookie->name, prefixes[i].text, strlen(prefixes[i].text)) == 0)
			judge_prefix(reading, &prefixes[i], cookie->name);
}

void setup_cookies_judge_names(
	struct setup_reading *reading, const struct setup_cookie *cookies, size_t count)
{
	char shown[96];

	for (size_t i = 0; i < count; i++) {
		judge_name(reading, &cookies[i]);
		for (size_t j = 0; j < i; j++)
			if (strcasecmp(cookies[i].name, cookies[j].name) == 0)
				setup_reading_complain(reading, cookies[i].line,
					"each token needs a cookie of its own",
					"two cookies have the name '%s'",
					shape_show(shown, sizeof(shown), cookies[i].name));
	}
}
