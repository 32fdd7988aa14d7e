// Requests that two programs could read differently, and requests that a web page sends.
// SPDX-License-Identifier: MIT
#include "verifier/door/framing.h"

#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOST \
	{ \
		"Host", "localhost", false \
	}

static const struct {
	const char *name, *version, *fault;
	struct framing_header headers[4];
	uint64_t body;
} requests[] = {
	{"a plain GET", "HTTP/1.1", NULL, {HOST}, 0},
	{"a body of known length", "HTTP/1.1", NULL, {HOST, {"Content-Length", "12", false}}, 12},
	{"a chunked body", "HTTP/1.1", NULL, {HOST, {"Transfer-Encoding", "Chunked", false}},
		FRAMING_UNKNOWN},
	{"two lengths", "HTTP/1.1", "more than one Content-Length",
		{HOST, {"Content-Length", "1", false}, {"content-length", "1", false}}, 1},
	{"length and chunks", "HTTP/1.1", "Content-Length beside Transfer-Encoding",
		{HOST, {"Content-Length", "1", false}, {"Transfer-Encoding", "chunked", false}},
		FRAMING_UNKNOWN},
	{"another coding", "HTTP/1.1", "a Transfer-Encoding other than chunked",
		{HOST, {"Transfer-Encoding", "gzip, chunked", false}}, FRAMING_UNKNOWN},
	{"two codings", "HTTP/1.1", "a Transfer-Encoding other than chunked",
		{HOST, {"Transfer-Encoding", "chunked", false},
			{"Transfer-Encoding", "chunked", false}},
		FRAMING_UNKNOWN},
	{"a list of lengths", "HTTP/1.1", "a Content-Length that is no number",
		{HOST, {"Content-Length", "1, 1", false}}, 0},
	{"a signed length", "HTTP/1.1", "a Content-Length that is no number",
		{HOST, {"Content-Length", "+1", false}}, 0},
	{"a folded line", "HTTP/1.1", "a folded header line", {HOST, {"X-Any", "a", true}}, 0},
	{"white space in a name", "HTTP/1.1", "a header's name is no token",
		{HOST, {"Content-Length ", "1", false}}, 0},
	{"two hosts", "HTTP/1.1", "more than one Host", {HOST, {"host", "evil", false}}, 0},
	{"no host", "HTTP/1.1", "no Host", {{"X-Any", "a", false}}, 0},
	{"no host in HTTP/1.0", "HTTP/1.0", NULL, {{"X-Any", "a", false}}, 0},
};

static struct framing_headers list_of(const struct framing_header *headers, size_t most)
{
	struct framing_headers list = {0};

	for (size_t i = 0; i < most && headers[i].name; i++)
		list.list[list.count++] = headers[i];
	return list;
}

static void ambiguous_framing_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		const struct framing_headers headers = list_of(requests[i].headers, 4);
		const char *fault = framing_fault(&headers, requests[i].version);

		if (!text_equal(fault, requests[i].fault))
			fail_msg("%s: %s", requests[i].name, fault ? fault : "was taken");
		if (framing_body(&headers) != requests[i].body)
			fail_msg("%s: another body", requests[i].name);
	}
}

static void too_many_headers_are_refused(void **state)
{
	const struct framing_headers headers = {.too_many = true};

	(void)state;
	assert_string_equal(framing_fault(&headers, "HTTP/1.1"), "too many headers");
}

static const struct {
	const char *name, *target;
	unsigned status;
	const char *code;
	struct framing_header headers[3];
} strangers[] = {
	{"localhost", "/", 0, NULL, {{"Host", "localhost", false}}},
	{"localhost with our port", "/", 0, NULL, {{"Host", "LocalHost:9464", false}}},
	{"127.0.0.1", "/", 0, NULL, {{"Host", "127.0.0.1:9464", false}}},
	{"IPv6", "/", 0, NULL, {{"Host", "[::1]:9464", false}}},
	{"another port", "/", 421, "wrong-host", {{"Host", "localhost:80", false}}},
	{"a rebound name", "/", 421, "wrong-host", {{"Host", "evil.example:9464", false}}},
	{"a name that begins as ours", "/", 421, "wrong-host",
		{{"Host", "localhost.evil.example", false}}},
	{"no host at all", "/", 421, "wrong-host", {{"X-Any", "a", false}}},
	{"our own origin", "/", 0, NULL,
		{{"Host", "localhost:9464", false}, {"Origin", "http://localhost:9464", false}}},
	{"a foreign origin", "/", 403, "cross-site",
		{{"Host", "localhost", false}, {"Origin", "http://evil.example", false}}},
	{"a sandboxed page", "/", 403, "cross-site",
		{{"Host", "localhost", false}, {"Origin", "null", false}}},
	{"another program's page on this host", "/", 403, "cross-site",
		{{"Host", "localhost", false}, {"Origin", "http://localhost:3000", false}}},
	{"a cross-site request without origin", "/", 403, "cross-site",
		{{"Host", "localhost", false}, {"Sec-Fetch-Site", "cross-site", false}}},
	{"typed into the address bar", "/", 0, NULL,
		{{"Host", "localhost", false}, {"Sec-Fetch-Site", "none", false}}},
	{"health checks may come through a proxy", "/healthz", 0, NULL,
		{{"Host", "localhost", false}, {"X-Forwarded-For", "10.0.0.1", false}}},
	{"the API may not", "/v1/secrets", 403, "forwarded",
		{{"Host", "localhost", false}, {"X-Forwarded-For", "10.0.0.1", false}}},
	{"nor in the newer spelling", "/v1/secrets?app=web", 403, "forwarded",
		{{"Host", "localhost", false}, {"Forwarded", "for=10.0.0.1", false}}},
};

static void strangers_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		const struct framing_headers headers = list_of(strangers[i].headers, 3);
		const char *code = NULL, *text = NULL;
		unsigned status =
			framing_stranger(&headers, strangers[i].target, 9464, &code, &text);

		if (status != strangers[i].status || !text_equal(code, strangers[i].code))
			fail_msg("%s: %u %s", strangers[i].name, status, code ? code : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ambiguous_framing_is_refused),
		cmocka_unit_test(too_many_headers_are_refused),
		cmocka_unit_test(strangers_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
