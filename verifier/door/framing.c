// Pure judgements on a list of headers.
// SPDX-License-Identifier: MIT
#include "verifier/door/framing.h"

#include "lib/base/num.h"
#include "lib/base/text.h"

#include <arpa/inet.h>
#include <strings.h>

// In the order of enum framing_name.
static const struct {
	const char *name;
	size_t length;
	const char *repeated; // what is wrong with two of them, or NULL: nothing
} names[FRAMING_NAMES] = {
	[FRAMING_HOST] = {"Host", 4, "more than one Host"},
	[FRAMING_LENGTH] = {"Content-Length", 14, "more than one Content-Length"},
	[FRAMING_ENCODING] = {"Transfer-Encoding", 17, "a Transfer-Encoding other than chunked"},
	[FRAMING_TYPE] = {"Content-Type", 12, "more than one Content-Type"},
	[FRAMING_AUTHORIZATION] = {"Authorization", 13, "more than one Authorization"},
	[FRAMING_COOKIE] = {"Cookie", 6, NULL},
	[FRAMING_IF_NONE_MATCH] = {"If-None-Match", 13, NULL},
	[FRAMING_ORIGIN] = {"Origin", 6, "more than one Origin"},
	[FRAMING_FETCH_SITE] = {"Sec-Fetch-Site", 14, "more than one Sec-Fetch-Site"},
	[FRAMING_FETCH_MODE] = {"Sec-Fetch-Mode", 14, "more than one Sec-Fetch-Mode"},
	[FRAMING_FORWARDED] = {"Forwarded", 9, NULL},
	[FRAMING_FORWARDED_FOR] = {"X-Forwarded-For", 15, NULL},
	[FRAMING_TOKEN] = {"X-Samekey-Token", 15, "more than one X-Samekey-Token"},
	[FRAMING_NUMBERED] = {"Sec-Samekey-Cookies", 19, NULL},
};

static void keep(struct framing_headers *headers, enum framing_name name, const char *value)
{
	unsigned times = headers->times[name]++;

	if (!times)
		headers->first[name] = value;
	else if (!headers->fault)
		headers->fault = names[name].repeated;
	if (name == FRAMING_COOKIE && times < FRAMING_COOKIES_MAX)
		headers->cookies[times] = value;
}

bool framing_add(struct framing_headers *headers, const struct framing_header *header)
{
	const char *fault = NULL;

	if (headers->count++ == FRAMING_HEADERS_MAX)
		fault = "too many headers";
	else if (header->glued)
		fault = "a folded header line";
	else if (!text_is_token(header->name, header->name_length))
		fault = "a header's name is no token";
	else if (memchr(header->value, '\r', header->value_length))
		fault = "a carriage return in a header";
	if (fault) {
		headers->fault = fault;
		return false;
	}
	for (unsigned i = 0; i < FRAMING_NAMES; i++)
		if (names[i].length == header->name_length &&
			strncasecmp(names[i].name, header->name, header->name_length) == 0)
			keep(headers, (enum framing_name)i, header->value);
	return true;
}

const char *framing_fault(const struct framing_headers *headers, const char *version)
{
	const char *coding = headers->first[FRAMING_ENCODING];
	const char *announced = headers->first[FRAMING_LENGTH];
	uint64_t length;

	if (headers->fault)
		return headers->fault;
	if (coding && announced)
		return "Content-Length beside Transfer-Encoding";
	if (coding && strcasecmp(coding, "chunked") != 0)
		return names[FRAMING_ENCODING].repeated;
	if (announced && num_parse(announced, INT64_MAX, &length) < 0)
		return "a Content-Length that is no number";
	if (headers->times[FRAMING_COOKIE] > FRAMING_COOKIES_MAX)
		return "too many Cookie lines";
	if (!headers->first[FRAMING_HOST] && !text_equal(version, "HTTP/1.0"))
		return "no Host";
	return NULL;
}

uint64_t framing_body(const struct framing_headers *headers)
{
	const char *length = headers->first[FRAMING_LENGTH];
	uint64_t bytes;

	if (headers->first[FRAMING_ENCODING])
		return FRAMING_UNKNOWN;
	return length && num_parse(length, INT64_MAX, &bytes) == 0 ? bytes : 0;
}

// "localhost", "[::1]" or an address of 127.0.0.0/8: no name that a page could have rebound.
static bool is_loopback(const char *host, size_t length)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr address;

	if ((length == 9 && strncasecmp(host, "localhost", length) == 0) ||
		(length == 5 && memcmp(host, "[::1]", length) == 0))
		return true;
	if (length >= sizeof(text))
		return false;
	memcpy(text, host, length);
	text[length] = '\0';
	return inet_pton(AF_INET, text, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

// A loopback host with our port, or alone where that is taken for ours.
static bool is_our_host(const char *host, unsigned port, bool alone)
{
	const char *colon = strrchr(host, ':');
	uint64_t given;

	if (is_loopback(host, strlen(host)))
		return alone;
	return colon && is_loopback(host, (size_t)(colon - host)) &&
	       num_parse(colon + 1, UINT16_MAX, &given) == 0 && given == port;
}

// Without a port an origin is that of port 80: of another program.
static bool is_our_origin(const char *origin, unsigned port)
{
	return text_starts(origin, "http://") &&
	       is_our_host(origin + strlen("http://"), port, port == 80);
}

// Whether the browser asks because a link led its person here, say from an alert.
static bool is_visit(const struct framing_headers *headers, const char *target)
{
	const char *mode = headers->first[FRAMING_FETCH_MODE];

	return text_equal(target, "/") && mode && strcasecmp(mode, "navigate") == 0;
}

unsigned framing_stranger(const struct framing_headers *headers, const char *target, bool on_behalf,
	unsigned port, const char **ret_code, const char **ret_text)
{
	const char *host = headers->first[FRAMING_HOST];
	const char *origin = headers->first[FRAMING_ORIGIN];
	const char *site = headers->first[FRAMING_FETCH_SITE];

	if (!host || !is_our_host(host, port, true)) {
		*ret_code = "wrong_host";
		*ret_text = "Host must be localhost, an address of 127.0.0.0/8 or [::1]";
		return 421;
	}
	if (on_behalf)
		return 0; // what else there is was copied from whom the proxy asks about
	if ((origin && !is_our_origin(origin, port)) ||
		(site && !is_visit(headers, target) &&
			(strcasecmp(site, "cross-site") == 0 ||
				strcasecmp(site, "same-site") == 0))) {
		*ret_code = "cross_site";
		*ret_text = "a page of another site may not ask";
		return 403;
	}
	if (text_starts(target, "/v1/") &&
		(headers->first[FRAMING_FORWARDED_FOR] || headers->first[FRAMING_FORWARDED])) {
		*ret_code = "forwarded";
		*ret_text = "the API does not answer through a proxy";
		return 403;
	}
	return 0;
}
