// Requests that two programs could read differently, and requests that a web page sends.
// SPDX-License-Identifier: MIT
#include "verifier/door/framing.h"

#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HOST \
	{ \
		.name = "Host", .value = "localhost" \
	}

static const struct {
	const char *name, *version, *fault;
	struct framing_header headers[4];
	uint64_t body;
} requests[] = {
	{"a plain GET", "HTTP/1.1", NULL, {HOST}, 0},
	{"a body of known length", "HTTP/1.1", NULL,
		{HOST, {.name = "Content-Length", .value = "12"}}, 12},
	{"a chunked body", "HTTP/1.1", NULL,
		{HOST, {.name = "Transfer-Encoding", .value = "Chunked"}}, FRAMING_UNKNOWN},
	{"two lengths", "HTTP/1.1", "more than one Content-Length",
		{HOST, {.name = "Content-Length", .value = "1"},
			{.name = "content-length", .value = "1"}},
		1},
	{"length and chunks", "HTTP/1.1", "Content-Length beside Transfer-Encoding",
		{HOST, {.name = "Content-Length", .value = "1"},
			{.name = "Transfer-Encoding", .value = "chunked"}},
		FRAMING_UNKNOWN},
	{"another coding", "HTTP/1.1", "a Transfer-Encoding other than chunked",
		{HOST, {.name = "Transfer-Encoding", .value = "gzip, chunked"}}, FRAMING_UNKNOWN},
	{"two codings", "HTTP/1.1", "a Transfer-Encoding other than chunked",
		{HOST, {.name = "Transfer-Encoding", .value = "chunked"},
			{.name = "Transfer-Encoding", .value = "chunked"}},
		FRAMING_UNKNOWN},
	{"a list of lengths", "HTTP/1.1", "a Content-Length that is no number",
		{HOST, {.name = "Content-Length", .value = "1, 1"}}, 0},
	{"a signed length", "HTTP/1.1", "a Content-Length that is no number",
		{HOST, {.name = "Content-Length", .value = "+1"}}, 0},
	{"a folded line", "HTTP/1.1", "a folded header line",
		{HOST, {.name = "X-Any", .value = "a", .glued = true}}, 0},
	{"white space in a name", "HTTP/1.1", "a header's name is no token",
		{HOST, {.name = "Content-Length ", .value = "1"}}, 0},
	{"two bearers", "HTTP/1.1", "more than one Authorization",
		{HOST, {.name = "Authorization", .value = "Bearer a"},
			{.name = "authorization", .value = "Bearer b"}},
		0},
	{"two types", "HTTP/1.1", "more than one Content-Type",
		{HOST, {.name = "Content-Type", .value = "application/json"},
			{.name = "content-type", .value = "application/jwt"}},
		0},
	{"two of our tokens", "HTTP/1.1", "more than one X-Samekey-Token",
		{HOST, {.name = "X-Samekey-Token", .value = "a"},
			{.name = "x-samekey-token", .value = "a"}},
		0},
	{"two Cookie lines are one list", "HTTP/1.1", NULL,
		{HOST, {.name = "Cookie", .value = "a=1"}, {.name = "cookie", .value = "b=2"}}, 0},
	{"a carriage return in a value", "HTTP/1.1", "a carriage return in a header",
		{HOST, {.name = "X-Any", .value = "a\rX-Other: b"}}, 0},
	{"every sign that a name may have", "HTTP/1.1", NULL,
		{HOST, {.name = "aZ09!#$%&'*+-.^_`|~", .value = ""}}, 0},
	{"a byte past ASCII in a name", "HTTP/1.1", "a header's name is no token",
		{HOST, {.name = "X-\xc3\xa4", .value = ""}}, 0},
	{"a name that is empty", "HTTP/1.1", "a header's name is no token",
		{HOST, {.name = "", .value = "a"}}, 0},
	{"two hosts", "HTTP/1.1", "more than one Host", {HOST, {.name = "host", .value = "evil"}},
		0},
	{"no host", "HTTP/1.1", "no Host", {{.name = "X-Any", .value = "a"}}, 0},
	{"no host in HTTP/1.0", "HTTP/1.0", NULL, {{.name = "X-Any", .value = "a"}}, 0},
};

static struct framing_headers list_of(const struct framing_header *headers, size_t most)
{
	struct framing_headers list = {0};

	for (size_t i = 0; i < most && headers[i].name; i++) {
		struct framing_header header = headers[i];

		header.name_length = strlen(header.name);
		header.value_length = strlen(header.value);
		if (!framing_add(&list, &header))
			break;
	}
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
	const struct framing_header header = {.name = "X", .value = "", .name_length = 1};
	struct framing_headers headers = {0};

	(void)state;
	for (size_t i = 0; i < FRAMING_HEADERS_MAX; i++)
		assert_true(framing_add(&headers, &header));
	assert_false(framing_add(&headers, &header));
	assert_string_equal(framing_fault(&headers, "HTTP/1.1"), "too many headers");
}

static const struct {
	const char *name, *target;
	unsigned status;
	const char *code;
	struct framing_header headers[3];
} strangers[] = {
	{"localhost", "/", 0, NULL, {{.name = "Host", .value = "localhost"}}},
	{"localhost with our port", "/", 0, NULL, {{.name = "Host", .value = "LocalHost:9464"}}},
	{"127.0.0.1", "/", 0, NULL, {{.name = "Host", .value = "127.0.0.1:9464"}}},
	{"IPv6", "/", 0, NULL, {{.name = "Host", .value = "[::1]:9464"}}},
	{"another address of loopback", "/", 0, NULL,
		{{.name = "Host", .value = "127.255.0.2:9464"}}},
	{"an address that is not loopback", "/", 421, "wrong_host",
		{{.name = "Host", .value = "128.0.0.1:9464"}}},
	{"a name that begins as an address", "/", 421, "wrong_host",
		{{.name = "Host", .value = "127.0.0.1.evil.example"}}},
	{"an address cut short", "/", 421, "wrong_host", {{.name = "Host", .value = "127.1"}}},
	{"a port alone", "/", 421, "wrong_host", {{.name = "Host", .value = ":9464"}}},
	{"two ports", "/", 421, "wrong_host", {{.name = "Host", .value = "127.0.0.1:9464:9464"}}},
	{"another port", "/", 421, "wrong_host", {{.name = "Host", .value = "localhost:80"}}},
	{"a rebound name", "/", 421, "wrong_host",
		{{.name = "Host", .value = "evil.example:9464"}}},
	{"a name that begins as ours", "/", 421, "wrong_host",
		{{.name = "Host", .value = "localhost.evil.example"}}},
	{"no host at all", "/", 421, "wrong_host", {{.name = "X-Any", .value = "a"}}},
	{"our own origin", "/", 0, NULL,
		{{.name = "Host", .value = "localhost:9464"},
			{.name = "Origin", .value = "http://localhost:9464"}}},
	{"a foreign origin", "/", 403, "cross_site",
		{{.name = "Host", .value = "localhost"},
			{.name = "Origin", .value = "http://evil.example"}}},
	{"a sandboxed page", "/", 403, "cross_site",
		{{.name = "Host", .value = "localhost"}, {.name = "Origin", .value = "null"}}},
	{"another program's page on this host", "/", 403, "cross_site",
		{{.name = "Host", .value = "localhost"},
			{.name = "Origin", .value = "http://localhost:3000"}}},
	{"a page of the web server on this host", "/", 403, "cross_site",
		{{.name = "Host", .value = "localhost"},
			{.name = "Origin", .value = "http://localhost"}}},
	{"a cross-site request without origin", "/", 403, "cross_site",
		{{.name = "Host", .value = "localhost"},
			{.name = "Sec-Fetch-Site", .value = "cross-site"}}},
	{"a request of another program's page on this host", "/", 403, "cross_site",
		{{.name = "Host", .value = "localhost"},
			{.name = "Sec-Fetch-Site", .value = "same-site"}}},
	{"a link that a person follows to the page", "/", 0, NULL,
		{{.name = "Host", .value = "localhost"},
			{.name = "Sec-Fetch-Site", .value = "cross-site"},
			{.name = "Sec-Fetch-Mode", .value = "navigate"}}},
	{"a link to anything else", "/metrics", 403, "cross_site",
		{{.name = "Host", .value = "localhost"},
			{.name = "Sec-Fetch-Site", .value = "cross-site"},
			{.name = "Sec-Fetch-Mode", .value = "navigate"}}},
	{"a script of another site that reads the page", "/", 403, "cross_site",
		{{.name = "Host", .value = "localhost"},
			{.name = "Sec-Fetch-Site", .value = "cross-site"},
			{.name = "Sec-Fetch-Mode", .value = "no-cors"}}},
	{"typed into the address bar", "/", 0, NULL,
		{{.name = "Host", .value = "localhost"},
			{.name = "Sec-Fetch-Site", .value = "none"}}},
	{"health checks may come through a proxy", "/healthz", 0, NULL,
		{{.name = "Host", .value = "localhost"},
			{.name = "X-Forwarded-For", .value = "10.0.0.1"}}},
	{"the API may not", "/v1/secrets", 403, "forwarded",
		{{.name = "Host", .value = "localhost"},
			{.name = "X-Forwarded-For", .value = "10.0.0.1"}}},
	{"nor in the newer spelling", "/v1/secrets?app=web", 403, "forwarded",
		{{.name = "Host", .value = "localhost"},
			{.name = "Forwarded", .value = "for=10.0.0.1"}}},
	{"a proxy that asks about a request of a page", "/v1/auth/session", 0, NULL,
		{{.name = "Host", .value = "localhost"},
			{.name = "X-Forwarded-For", .value = "10.0.0.1"},
			{.name = "Origin", .value = "https://shop.example"}}},
	{"a rebound name that says it is a proxy", "/v1/auth/session", 421, "wrong_host",
		{{.name = "Host", .value = "evil.example"}}},
};

static void strangers_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
		const struct framing_headers headers = list_of(strangers[i].headers, 3);
		const char *code = NULL, *text = NULL;
		bool on_behalf = text_starts(strangers[i].target, "/v1/auth/");
		unsigned status = framing_stranger(
			&headers, strangers[i].target, on_behalf, 9464, &code, &text);

		if (status != strangers[i].status || !text_equal(code, strangers[i].code))
			fail_msg("%s: %u %s", strangers[i].name, status, code ? code : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ambiguous_framing_is_refused),
		cmocka_unit_test(too_many_headers_are_refused),
		{.name = "4.4 item 33: pages of other sites, by Origin and Sec-Fetch-Site",
			.test_func = strangers_are_told_apart},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
