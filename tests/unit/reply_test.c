// Answers written piece by piece: JSON strings of any bytes, bodies of any length, headers that
// cannot be split; and bodies of requests that grow and are wiped.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/reply.h"

#include "lib/base/text.h"
#include "verifier/door/body.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *bytes;
	size_t length;
	const char *json;
} strings[] = {
	{"", 0, "\"\""},
	{"plain", 5, "\"plain\""},
	{"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
	{"\n\0\x1f\x7f", 4, "\"\\u000a\\u0000\\u001f\\u007f\""},
	{"\xc3\xa4\xe2\x82\xac", 5, "\"\xc3\xa4\xe2\x82\xac\""},
	{"a\xff"
	 "b\xc3",
		4, "\"a\\ufffdb\\ufffd\""},
};

static void any_bytes_become_a_json_string(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		struct route_reply reply = {0};

		reply_begin(&reply, 200, "text/plain", 0);
		reply_string(&reply, strings[i].bytes, strings[i].length);
		reply_end(&reply);
		assert_int_equal(reply.length, strlen(strings[i].json));
		assert_memory_equal(reply.body, strings[i].json, reply.length);
		route_reply_done(&reply);
	}
}

static void numbers_have_all_their_digits(void **state)
{
	static const char expected[] = "0,-1,9223372036854775807,-9223372036854775808";
	static const int64_t numbers[] = {0, -1, INT64_MAX, INT64_MIN};
	struct route_reply reply = {0};

	(void)state;
	reply_begin(&reply, 200, "text/plain", 0);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (i)
			reply_text(&reply, ",");
		reply_number(&reply, numbers[i]);
	}
	assert_int_equal(reply.length, strlen(expected));
	assert_memory_equal(reply.body, expected, reply.length);
	route_reply_done(&reply);
}

static void a_body_grows_and_keeps_room_for_a_line_end(void **state)
{
	struct route_reply reply = {.is_private = true};

	(void)state;
	reply_begin(&reply, 200, "text/plain", 0);
	for (unsigned i = 0; i < 5000; i++) {
		reply_bytes(&reply, (const char[]){(char)('a' + i % 26)}, 1);
		assert_true(reply.length < reply.size);
		assert_int_equal(reply.body[reply.length], '\0');
	}
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(reply.body[i], 'a' + i % 26);
	reply_end(&reply);
	assert_int_equal(reply.status, 200);
	route_reply_done(&reply);
}

static const struct {
	const char *name, *value;
	int code;
} headers[] = {
	{"X-Any", "a b~!", 0},
	{"x-any", "again", -EEXIST},
	{"X-Empty", "", 0},
	{"", "a", -EINVAL},
	{"X:Any", "a", -EINVAL},
	{"X Any", "a", -EINVAL},
	{"X-Lines", "a\r\nb: c", -EINVAL},
	{"X-Tab", "a\tb", -EINVAL},
	{"X-Umlaut", "\xc3\xa4", -EINVAL},
	{"X-Delete", "\x7f", -EINVAL},
	{"X-Blank", " a", -EINVAL},
	{"X-Blank", "a ", -EINVAL},
};

static void headers_hold_what_headers_may(void **state)
{
	struct route_reply reply = {.is_private = true};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		if (reply_header(&reply, headers[i].name, headers[i].value,
			    strlen(headers[i].value)) != headers[i].code)
			fail_msg("%s: %s", headers[i].name, headers[i].value);
	assert_int_equal(reply_header(&reply, "X-Nul", "a\0b", 3), -EINVAL);
	assert_int_equal(reply.headers->count, 2);
	assert_string_equal(reply.headers->list[0].value, "a b~!");
	route_reply_done(&reply);
}

static void some_headers_may_be_there_several_times(void **state)
{
	struct route_reply reply = {0};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(reply_header_more(&reply, "Set-Cookie", "a=b", 3), 0);
	assert_int_equal(reply.headers->count, 3);
	assert_int_equal(reply_header(&reply, "set-cookie", "a=b", 3), -EEXIST);
	assert_int_equal(reply_header_more(&reply, "Set-Cookie", "a\r\nb", 4), -EINVAL);
	assert_int_equal(reply.headers->count, 3);
	route_reply_done(&reply);
}

static void headers_are_bounded(void **state)
{
	static char text[REPLY_HEADER_BYTES];
	struct route_reply reply = {0};
	char name[16];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(reply_header(&reply, "X", text, sizeof(text)), -E2BIG);
	assert_int_equal(reply_header(&reply, "X", text, sizeof(text) - 3), 0);
	assert_int_equal(reply_header(&reply, "Y", "", 0), -E2BIG);
	route_reply_done(&reply);
	for (unsigned i = 0; i < REPLY_HEADERS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "X-%u", i);
		assert_int_equal(reply_header(&reply, name, "a", 1), 0);
	}
	assert_int_equal(reply_header(&reply, "X-Last", "a", 1), -E2BIG);
	route_reply_done(&reply);
}

static void a_request_s_body_is_collected_and_wiped(void **state)
{
	struct body body = {0};
	char *kept;

	(void)state;
	assert_true(body_begin(&body, 0));
	assert_null(body.bytes);
	assert_true(body_begin(&body, 2000));
	kept = body.bytes;
	for (unsigned i = 0; i < 500; i++)
		assert_true(body_add(&body, "abcd", 4));
	assert_ptr_equal(body.bytes, kept); // nothing moved meanwhile
	assert_memory_equal(body.bytes + 1996, "abcd", 4);
	body_wipe(&body);
	assert_int_equal(body.length, 0);
	assert_ptr_equal(body.bytes, kept);
	for (size_t i = 0; i < 2000; i++)
		assert_int_equal(kept[i], 0);
	for (unsigned i = 0; i < 5000; i++)
		assert_true(body_add(&body, "abcd", 4)); // of a length that nobody announced
	assert_memory_equal(body.bytes + 19996, "abcd", 4);
	body_wipe(&body);
	assert_null(body.bytes); // too much to keep
	body_done(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_bytes_become_a_json_string),
		cmocka_unit_test(numbers_have_all_their_digits),
		cmocka_unit_test(a_body_grows_and_keeps_room_for_a_line_end),
		cmocka_unit_test(headers_hold_what_headers_may),
		cmocka_unit_test(some_headers_may_be_there_several_times),
		cmocka_unit_test(headers_are_bounded),
		cmocka_unit_test(a_request_s_body_is_collected_and_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
