// A page of another origin, or a redirect to one, is what an attacker would like to have here.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_origins.h"

#include "lib/base/num.h"
#include "lib/base/text.h"
#include "lib/value/shape_show.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_reading.h"

#include <ctype.h>
#include <errno.h>

static int line_of(const struct setup_reading *reading, const char *key)
{
	return setup_reading_line(reading->lines, "session", key);
}

// A browser takes "//host" and "/\host" for another site.
static void judge_login_page(struct setup_reading *reading)
{
	const char *page = reading->setup->session.rules.login_page;
	bool is_good = page[0] == '/' && page[1] != '/' && page[1] != '\\';
	char shown[96];

	for (const char *at = page; *at; at++)
		is_good &= *at > ' ' && *at <= '~' && *at != '\\' && *at != '"';
	if (!is_good)
		setup_reading_complain(reading, line_of(reading, "login_page"),
			"a path that begins with one '/': login_page = /login",
			"no path of a page: '%s'", shape_show(shown, sizeof(shown), page));
}

// Origins as browsers send them: in lower case, without the port that the scheme has anyway.
static const struct scheme {
	const char *text, *port;
} schemes[] = {{"https://", ":443"}, {"http://", ":80"}};

static bool is_port(const char *text)
{
	uint64_t port;

	return num_parse(text, UINT16_MAX, &port) == 0 && port;
}

// HOST or HOST:PORT in lower case.
static bool is_authority(const char *text)
{
	bool is_v6 = text[0] == '[';
	size_t host = is_v6 ? strspn(text + 1, "0123456789abcdef:.")
			    : strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-._");
	const char *rest = text + host + (is_v6 ? 1 : 0);

	if (!host || (is_v6 && *rest++ != ']'))
		return false;
	return !*rest || (*rest == ':' && is_port(rest + 1));
}

// Writes an origin in the one way that browsers do.
// Returns: whether it is one.
static bool settle_origin(char *origin)
{
	for (char *at = origin; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (!text_starts(origin, schemes[i].text))
			continue;
		if (!is_authority(origin + strlen(schemes[i].text)))
			return false;
		if (text_ends(origin, schemes[i].port))
			origin[strlen(origin) - strlen(schemes[i].port)] = '\0';
		return true;
	}
	return false;
}

static void judge_origins(struct setup_reading *reading)
{
	struct setup_session *session = &reading->setup->session;
	const struct setting_list *list = &session->origins;
	const char **items = pool_array(reading->pool, list->count + 1, sizeof(*items));
	size_t count = list->count;
	char shown[96];

	if (count > SESSIONRULES_ORIGINS_MAX) {
		setup_reading_complain(reading, line_of(reading, "origin"), NULL,
			"'origin' has at most %d items", SESSIONRULES_ORIGINS_MAX);
		count = 0;
	}
	for (size_t i = 0; items && i < count; i++) {
		char *origin = pool_copy(reading->pool, list->items[i]);

		items[i] = origin;
		if (!origin) {
			reading->code = -ENOMEM;
			return;
		}
		if (!settle_origin(origin))
			setup_reading_complain(reading, line_of(reading, "origin"),
				"scheme, host and port alone: origin = https://shop.example",
				"no origin: '%s'",
				shape_show(shown, sizeof(shown), list->items[i]));
	}
	if (!items)
		reading->code = -ENOMEM;
	session->rules.origins.items = items;
	session->rules.origins.count = count;
}

void setup_origins_judge(struct setup_reading *reading)
{
	judge_login_page(reading);
	judge_origins(reading);
}
