// Pure judgements on a list of headers.
// SPDX-License-Identifier: MIT
#include "verifier/door/framing.h"

#include "lib/base/num.h"
#include "lib/base/text.h"

#include <strings.h>

static size_t count(const struct framing_headers *headers, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < headers->count; i++)
		found += strcasecmp(headers->list[i].name, name) == 0;
	return found;
}

const char *framing_value(const struct framing_headers *headers, const char *name)
{
	for (size_t i = 0; i < headers->count; i++)
		if (strcasecmp(headers->list[i].name, name) == 0)
			return headers->list[i].value;
	return NULL;
}

// RFC 9110 token: what a header's name may consist of.
static bool is_token(const char *name)
{
	for (const char *at = name; *at; at++)
		if ((*at < '0' || *at > '9') && (*at < 'A' || *at > 'Z') &&
			(*at < 'a' || *at > 'z') && !strchr("!#$%&'*+-.^_`|~", *at))
			return false;
	return *name;
}

const char *framing_fault(const struct framing_headers *headers, const char *version)
{
	size_t lengths = count(headers, "Content-Length");
	size_t encodings = count(headers, "Transfer-Encoding");
	size_t hosts = count(headers, "Host");
	uint64_t length;

	if (headers->too_many)
		return "too many headers";
	for (size_t i = 0; i < headers->count; i++) {
		if (headers->list[i].glued)
			return "a folded header line";
		if (!is_token(headers->list[i].name))
			return "a header's name is no token";
	}
	if (lengths > 1)
		return "more than one Content-Length";
	if (lengths && encodings)
		return "Content-Length beside Transfer-Encoding";
	if (encodings > 1 || (encodings && strcasecmp(framing_value(headers, "Transfer-Encoding"),
						   "chunked") != 0))
		return "a Transfer-Encoding other than chunked";
	if (lengths && num_parse(framing_value(headers, "Content-Length"), INT64_MAX, &length) < 0)
		return "a Content-Length that is no number";
	if (hosts > 1)
		return "more than one Host";
	if (!hosts && !text_equal(version, "HTTP/1.0"))
		return "no Host";
	return NULL;
}

uint64_t framing_body(const struct framing_headers *headers)
{
	const char *length = framing_value(headers, "Content-Length");
	uint64_t bytes;

	if (framing_value(headers, "Transfer-Encoding"))
		return FRAMING_UNKNOWN;
	return length && num_parse(length, INT64_MAX, &bytes) == 0 ? bytes : 0;
}

// "localhost", "127.0.0.1" or "[::1]", alone or with our port.
static bool is_our_host(const char *host, unsigned port)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t length = strlen(names[i]);
		uint64_t given;

		if (strncasecmp(host, names[i], length) != 0)
			continue;
		if (!host[length])
			return true;
		return host[length] == ':' &&
		       num_parse(host + length + 1, UINT16_MAX, &given) == 0 && given == port;
	}
	return false;
}

static bool is_our_origin(const char *origin, unsigned port)
{
	return text_starts(origin, "http://") && is_our_host(origin + strlen("http://"), port);
}

unsigned framing_stranger(const struct framing_headers *headers, const char *target, unsigned port,
	const char **ret_code, const char **ret_text)
{
	const char *host = framing_value(headers, "Host");
	const char *origin = framing_value(headers, "Origin");
	const char *site = framing_value(headers, "Sec-Fetch-Site");

	if (!host || !is_our_host(host, port)) {
		*ret_code = "wrong-host";
		*ret_text = "Host must be localhost, 127.0.0.1 or [::1]";
		return 421;
	}
	if ((origin && !is_our_origin(origin, port)) ||
		(site && (strcasecmp(site, "cross-site") == 0 ||
				 strcasecmp(site, "same-site") == 0))) {
		*ret_code = "cross-site";
		*ret_text = "a page of another site may not ask";
		return 403;
	}
	if (text_starts(target, "/v1/") && (framing_value(headers, "X-Forwarded-For") ||
						   framing_value(headers, "Forwarded"))) {
		*ret_code = "forwarded";
		*ret_text = "the API does not answer through a proxy";
		return 403;
	}
	return 0;
}
