// The URL is judged here, where a mistake has a line; libcurl gets it as it is.
// SPDX-License-Identifier: MIT
#include "verifier/setup/setup_upstream.h"

#include "lib/base/num.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/value/shape_show.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_reading.h"

#define TIMEOUT_MIN_MS 100
#define TIMEOUT_MAX_MS 120000

static int line_of(const struct setup_reading *reading, const char *key)
{
	return setup_reading_line(reading->lines, "upstream", key);
}

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static bool is_port(const char *text, size_t length)
{
	char port[8];
	uint64_t number;

	if (length >= sizeof(port))
		return false;
	(void)snprintf(port, sizeof(port), "%.*s", (int)length, text);
	return num_parse(port, UINT16_MAX, &number) == 0 && number;
}

static const char *complain_authority(const char *text, size_t length)
{
	const char *bracket = memchr(text, ']', length);
	size_t host = bracket ? (size_t)(bracket - text) + 1 : strcspn(text, ":/?");

	if (memchr(text, '@', length))
		return "the URL has a user or a password";
	if (!host)
		return "the URL has no host";
	if (host < length && (text[host] != ':' || !is_port(text + host + 1, length - host - 1)))
		return "the URL has a bad port";
	return NULL;
}

const char *setup_upstream_complaint(const char *url)
{
	size_t scheme = text_starts(url, "https://") ? 8 : text_starts(url, "http://") ? 7 : 0;

	if (!scheme)
		return "the URL is neither https: nor http:";
	if (!is_visible(url) || strchr(url, '\\'))
		return "the URL has blanks or signs that need percent-encoding";
	if (strlen(url) > RELAY_URL_MAX)
		return "the URL is too long";
	if (strchr(url, '#'))
		return "the URL has a fragment, which no server sees";
	return complain_authority(url + scheme, strcspn(url + scheme, "/?"));
}

static void judge_bundle(struct setup_reading *reading, const struct setup_upstream *upstream)
{
	char shown[96];

	if (upstream->key && !upstream->app)
		setup_reading_complain(reading, line_of(reading, "key"),
			"app = the name that samekey run gives the app", "key needs app");
	if (upstream->app && !upstream->key)
		setup_reading_complain(reading, line_of(reading, "app"), "key = EXTERNAL_API_URL",
			"app needs key");
	if (upstream->key && !bundle_is_key_name(upstream->key))
		setup_reading_complain(reading, line_of(reading, "key"), NULL,
			"no name of a key: '%s'", shape_show(shown, sizeof(shown), upstream->key));
	if (upstream->app && !bundle_is_app_name(upstream->app))
		setup_reading_complain(reading, line_of(reading, "app"), NULL,
			"no name of an app: '%s'", shape_show(shown, sizeof(shown), upstream->app));
	if (upstream->path[0] != '/' || !is_visible(upstream->path) ||
		strpbrk(upstream->path, "#\\"))
		setup_reading_complain(reading, line_of(reading, "path"), "path = /login",
			"no path of a URL: '%s'", shape_show(shown, sizeof(shown), upstream->path));
}

static void judge_url(struct setup_reading *reading, const struct setup_upstream *upstream)
{
	const char *url = upstream->settings.url;
	const char *complaint = url ? setup_upstream_complaint(url) : NULL;

	if (complaint)
		setup_reading_complain(reading, line_of(reading, "url"),
			"url = https://api.example/login", "%s", complaint);
	if (url && upstream->key)
		setup_reading_complain(reading, line_of(reading, "key"), "delete one of them",
			"url and key are two URLs");
	else if (url && line_of(reading, "path"))
		setup_reading_complain(reading, line_of(reading, "path"), "url has the path itself",
			"path goes with app and key");
}

static void judge_limits(struct setup_reading *reading, const struct relay_settings *settings)
{
	if (settings->timeout_ms < TIMEOUT_MIN_MS || settings->timeout_ms > TIMEOUT_MAX_MS)
		setup_reading_complain(reading, line_of(reading, "timeout"), "timeout = 10s",
			"timeout is not between 100ms and 2m");
	if (settings->connect_ms < TIMEOUT_MIN_MS || settings->connect_ms > TIMEOUT_MAX_MS)
		setup_reading_complain(reading, line_of(reading, "connect_timeout"),
			"connect_timeout = 3s", "connect_timeout is not between 100ms and 2m");
	if (!settings->body_max || settings->body_max > RELAY_BODY_MAX)
		setup_reading_complain(reading, line_of(reading, "body"), "body = 64K",
			"body is not between 1 byte and 64K");
	if (settings->ca_file && settings->ca_file[0] != '/')
		setup_reading_complain(reading, line_of(reading, "ca_file"), NULL,
			"ca_file needs an absolute path");
	else if (settings->ca_file && strlen(settings->ca_file) > RELAY_PATH_MAX)
		setup_reading_complain(reading, line_of(reading, "ca_file"), NULL,
			"the path of ca_file is too long");
}

static void judge_refused(struct setup_reading *reading)
{
	struct setup *setup = reading->setup;
	struct sessionrules *rules = &setup->session.rules;
	const struct setting_list *list = &setup->upstream.refused;
	char shown[96];

	if (list->count > SESSIONRULES_REFUSED_MAX) {
		setup_reading_complain(reading, line_of(reading, "refused"), NULL,
			"'refused' has at most %d items", SESSIONRULES_REFUSED_MAX);
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		uint64_t status;

		if (num_parse(list->items[i], 499, &status) < 0 || status < 400)
			setup_reading_complain(reading, line_of(reading, "refused"),
				"refused = 400, 401, 403, 422",
				"no status between 400 and 499: '%s'",
				shape_show(shown, sizeof(shown), list->items[i]));
		else
			rules->refused.items[rules->refused.count++] = (unsigned)status;
	}
}

void setup_upstream_judge(struct setup_reading *reading)
{
	struct setup_upstream *upstream = &reading->setup->upstream;

	upstream->is_on = upstream->settings.url || upstream->key;
	judge_bundle(reading, upstream);
	judge_url(reading, upstream);
	judge_limits(reading, &upstream->settings);
	judge_refused(reading);
}
