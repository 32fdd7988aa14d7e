// The published keys: which ones, that nothing of them is private, and that who has them is not
// sent them again.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/jwks.h"

#include "lib/base/text.h"
#include "tests/unit/tokendoor.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PATH "/.well-known/jwks.json"

static int set_up(void **state)
{
	static struct tokendoor door;

	tokendoor_open(&door);
	*state = &door;
	return 0;
}

static int tear_down(void **state)
{
	tokendoor_close(*state);
	return 0;
}

static struct route_reply ask(struct tokendoor *door, const char *if_none_match)
{
	// a stranger over TCP
	return tokendoor_ask(door, PATH,
		&(struct tokendoor_ask){.method = "GET",
			.door = ROUTE_TCP,
			.no_verbs = true,
			.if_none_match = if_none_match});
}

static void keys_are_public_once_and_not_retired(void **state)
{
	struct route_reply reply = ask(*state, NULL);
	json_t *json = json_loadb(reply.body, reply.length, JSON_REJECT_DUPLICATES, NULL);
	json_t *keys = json_object_get(json, "keys"), *key;
	size_t index, named = 0;

	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.content_type, "application/jwk-set+json");
	assert_string_equal(reply.cache, "public, max-age=300");
	assert_int_equal(json_array_size(keys), 2); // active, in two profiles; pending; no secret
	json_array_foreach(keys, index, key)
	{
		assert_string_equal(json_string_value(json_object_get(key, "kty")), "EC");
		assert_null(json_object_get(key, "d"));
		assert_non_null(json_object_get(key, "kid"));
		named += text_equal(json_string_value(json_object_get(key, "kid")), "now");
	}
	assert_int_equal(named, 1);
	json_decref(json);
	route_reply_done(&reply);
}

static void who_has_it_is_not_sent_it_again(void **state)
{
	struct route_reply reply = ask(*state, NULL);
	size_t length = reply.length; // which a 304 tells too, if any (RFC 9110 section 8.6)
	char tag[64], list[96];

	(void)snprintf(tag, sizeof(tag), "%s", replied_header(&reply, "ETag"));
	(void)snprintf(list, sizeof(list), "\"other\", W/%s", tag);
	route_reply_done(&reply);
	const struct {
		const char *given;
		unsigned status;
	} cases[] = {{tag, 304}, {list, 304}, {"*", 304}, {"\"other\"", 200}, {"", 200}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		reply = ask(*state, cases[i].given);
		assert_int_equal(reply.status, cases[i].status);
		assert_int_equal(reply.length, length);
		assert_string_equal(replied_header(&reply, "ETag"), tag);
		assert_string_equal(reply.cache, "public, max-age=300");
		route_reply_done(&reply);
	}
}

static void secrets_alone_are_no_keys(void **state)
{
	struct route_reply reply;

	tokendoor_only_session(*state);
	reply = ask(*state, NULL);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply.body, "{\"keys\":[]}");
	route_reply_done(&reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_are_public_once_and_not_retired),
		TEST(who_has_it_is_not_sent_it_again),
		TEST(secrets_alone_are_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
