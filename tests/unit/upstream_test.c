// samekeyd-upstream by the daemon's side of it, against servers on loopback that do everything
// wrong: the right outcome, in bounded time.
// SPDX-License-Identifier: MIT
#include "verifier/door/session/upstream.h"

#include "tests/unit/upstreaming.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// ---- outcomes

static const struct {
	const char *name, *scheme, *server, *path;
	uint64_t timeout;
	enum relay_outcome outcome;
	unsigned status;
	bool is_json, own_authority;
	uint32_t retry_after;
	size_t length; // of the answer, where it is known
} cases[] = {
	{"wrong password", "http", "plain", "/401", LONG, RELAY_OK, 401, true, false, 0, 14},
	{"an error page", "http", "plain", "/500", LONG, RELAY_OK, 500, false, false, 0, 14},
	{"a redirect is no place to go to", "http", "plain", "/302", LONG, RELAY_OK, 302, true,
		false, 0, 0},
	{"later, please", "http", "plain", "/503", LONG, RELAY_OK, 503, true, false, 7, 2},
	{"much later", "http", "plain", "/429", LONG, RELAY_OK, 429, true, false, 21600, 2},
	{"nothing, with a charset", "http", "plain", "/204", LONG, RELAY_OK, 204, true, false, 0,
		0},
	{"problem+json", "http", "plain", "/problem", LONG, RELAY_OK, 400, true, false, 0, 2},
	{"text/json is none", "http", "plain", "/text", LONG, RELAY_OK, 200, false, false, 0, 2},
	{"packed though nobody asked", "http", "plain", "/packed", LONG, RELAY_OK, 200, true, false,
		0, 3},
	{"more than it says", "http", "plain", "/short-length", LONG, RELAY_OK, 200, true, false, 0,
		2},
	{"exactly the cap", "http", "plain", "/fits", LONG, RELAY_OK, 200, true, false, 0, 4096},
	{"a byte over the cap", "http", "plain", "/large", LONG, RELAY_TOO_LARGE, 0, false, false,
		0, 0},
	{"without end, in chunks", "http", "plain", "/endless", LONG, RELAY_TOO_LARGE, 0, false,
		false, 0, 0},
	{"without end or length", "http", "plain", "/endless-until-close", LONG, RELAY_TOO_LARGE, 0,
		false, false, 0, 0},
	{"a head without end", "http", "plain", "/endless-heads", LONG, RELAY_BROKEN, 0, false,
		false, 0, 0},
	{"a line without end", "http", "plain", "/endless-line", LONG, RELAY_BROKEN, 0, false,
		false, 0, 0},
	{"100 without end", "http", "plain", "/endless-100", LONG, RELAY_BROKEN, 0, false, false, 0,
		0},
	{"another protocol", "http", "plain", "/garbage", LONG, RELAY_BROKEN, 0, false, false, 0,
		0},
	{"a chunk without a length", "http", "plain", "/bad-chunk", LONG, RELAY_BROKEN, 0, false,
		false, 0, 0},
	{"closed before an answer", "http", "plain", "/early", LONG, RELAY_BROKEN, 0, false, false,
		0, 0},
	{"closed in the answer", "http", "plain", "/early-in-body", LONG, RELAY_BROKEN, 0, false,
		false, 0, 0},
	{"hangs", "http", "plain", "/hang", SHORT, RELAY_TIMEOUT, 0, false, false, 0, 0},
	{"hangs behind its head", "http", "plain", "/head-then-hang", SHORT, RELAY_TIMEOUT, 0,
		false, false, 0, 0},
	{"a byte now and then", "http", "plain", "/drip", SHORT, RELAY_TIMEOUT, 0, false, false, 0,
		0},
	{"a byte of a head now and then", "http", "plain", "/drip-head", SHORT, RELAY_TIMEOUT, 0,
		false, false, 0, 0},
	{"nobody is there", "http", "nobody", "/", LONG, RELAY_REFUSED, 0, false, false, 0, 0},
	{"a good certificate", "https", "good", "/401", LONG, RELAY_OK, 401, true, true, 0, 14},
	{"an authority that the system does not know", "https", "good", "/401", LONG, RELAY_TLS, 0,
		false, false, 0, 0},
	{"signed by itself", "https", "selfsigned", "/401", LONG, RELAY_TLS, 0, false, true, 0, 0},
	{"expired", "https", "expired", "/401", LONG, RELAY_TLS, 0, false, true, 0, 0},
	{"another host's", "https", "foreign", "/401", LONG, RELAY_TLS, 0, false, true, 0, 0},
	{"TLS 1.1", "https", "old", "/401", LONG, RELAY_TLS, 0, false, true, 0, 0},
	{"TLS to a server that has none", "https", "plain", "/401", LONG, RELAY_TLS, 0, false, true,
		0, 0},
	{"a server that has TLS, without", "http", "good", "/401", LONG, RELAY_BROKEN, 0, false,
		false, 0, 0},
	{"no web address", "file", "plain", "/etc/passwd", LONG, RELAY_BROKEN, 0, false, false, 0,
		0},
};

static void judge(size_t at, const struct reply *reply)
{
	const struct relay_answer *answer = &reply->answer;

	if (answer->outcome != cases[at].outcome)
		fail_msg("%s: %s", cases[at].name, relay_outcome_names[answer->outcome]);
	if (answer->status != cases[at].status || answer->is_json != cases[at].is_json ||
		answer->retry_after_s != cases[at].retry_after ||
		answer->length != cases[at].length)
		fail_msg("%s: status %u, %s, retry after %u, %zu bytes", cases[at].name,
			answer->status, answer->is_json ? "JSON" : "no JSON", answer->retry_after_s,
			answer->length);
	if (answer->outcome == RELAY_TIMEOUT && reply->took < cases[at].timeout)
		fail_msg("%s: after %d ms already", cases[at].name, (int)reply->took);
}

// All at once: the settings of each are those that were sent before it.
static void every_fault_has_its_outcome(void **state)
{
	const struct world *world = *state;
	struct reply replies[ARRAY_SIZE(cases)] = {0};
	uint64_t before[RELAY_OUTCOMES];

	memcpy(before, upstream_outcomes(world->upstream), sizeof(before));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char url[RELAY_URL_MAX + 1];

		upstreaming_address(world, cases[i].scheme, cases[i].server, cases[i].path, url);
		upstreaming_change(world, url, cases[i].own_authority ? world->ca_file : NULL,
			cases[i].timeout);
		assert_int_equal(upstreaming_try(world, &replies[i]), 0);
	}
	assert_int_equal(upstream_waiting(world->upstream), ARRAY_SIZE(cases));
	upstreaming_await(world, replies, ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		judge(i, &replies[i]);
		before[cases[i].outcome]++;
	}
	assert_memory_equal(before, upstream_outcomes(world->upstream), sizeof(before));
	assert_int_equal(upstream_waiting(world->upstream), 0);
}

static void a_name_that_is_nobodys(void **state)
{
	const struct world *world = *state;
	struct reply reply;

	upstreaming_change(world, "http://nobody.invalid/", NULL, 5000);
	upstreaming_ask(world, &reply);
	if (reply.answer.outcome != RELAY_TIMEOUT) // a name server that does not answer
		assert_int_equal(reply.answer.outcome, RELAY_REFUSED);
	assert_true(reply.took < 5000 + UPSTREAM_SPARE_MS + 2000);
}

static void a_password_in_the_address_is_not_sent(void **state)
{
	const struct world *world = *state;
	char url[RELAY_URL_MAX + 1];
	struct reply reply;

	(void)snprintf(url, sizeof(url), "http://user:pass@127.0.0.1:%u/echo",
		upstreaming_port(world, "plain"));
	upstreaming_change(world, url, NULL, LONG);
	upstreaming_ask(world, &reply);
	assert_int_equal(reply.answer.outcome, RELAY_BROKEN);
}

// ---- what is sent

static void a_request_says_what_it_should_and_connections_are_used_again(void **state)
{
	static const char *const has[] = {"\"line\": \"POST /echo HTTP/1.1\"",
		"\"content-type\": \"application/json\"", "\"accept\": \"application/json\"",
		"\"user-agent\": \"samekeyd/" SAMEKEY_VERSION "\"",
		"{\\\"email\\\":\\\"" CANARY "@shop.example\\\""};
	static const char *const lacks[] = {
		"cookie", "expect", "encoding", "authorization", "origin", "referer"};
	const struct world *world = *state;
	struct reply first, second;
	const char *port;

	upstreaming_visit(world, "/echo", LONG);
	upstreaming_ask(world, &first);
	upstreaming_ask(world, &second);
	assert_int_equal(first.answer.status, 200);
	for (size_t i = 0; i < ARRAY_SIZE(has); i++)
		if (!strstr(second.body, has[i]))
			fail_msg("lacks %s: %s", has[i], second.body);
	for (size_t i = 0; i < ARRAY_SIZE(lacks); i++)
		if (strstr(second.body, lacks[i]))
			fail_msg("has %s: %s", lacks[i], second.body);
	port = strstr(first.body, "\"port\":");
	assert_non_null(port);
	assert_non_null(strstr(second.body, port));
}

static void the_rest_is_told_that_it_is_busy(void **state)
{
	const struct world *world = *state;
	struct reply replies[100] = {0};
	size_t busy = 0;

	upstreaming_visit(world, "/late", LONG);
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		int code = upstreaming_try(world, &replies[i]);

		assert_int_equal(code, i < RELAY_AT_ONCE_MAX ? 0 : -EBUSY);
		busy += code == -EBUSY;
	}
	assert_int_equal(busy, 36);
	upstreaming_await(world, replies, RELAY_AT_ONCE_MAX);
	for (size_t i = 0; i < RELAY_AT_ONCE_MAX; i++)
		assert_int_equal(replies[i].answer.status, 200);
	for (size_t i = RELAY_AT_ONCE_MAX; i < ARRAY_SIZE(replies); i++)
		assert_false(replies[i].came);
	upstreaming_ask(world, &replies[99]);
	assert_int_equal(replies[99].answer.status, 200);
}

static void the_largest_body_is_passed_on_and_no_larger_one(void **state)
{
	static char body[RELAY_BODY_MAX + 1];
	const struct world *world = *state;
	struct reply reply = {.asked = clock_steady_ms()};

	memset(body, ' ', sizeof(body));
	upstreaming_visit(world, "/401", LONG);
	assert_int_equal(
		upstream_ask(world->upstream, body, sizeof(body), upstreaming_note, &reply),
		-EMSGSIZE);
	assert_int_equal(
		upstream_ask(world->upstream, body, RELAY_BODY_MAX, upstreaming_note, &reply), 0);
	upstreaming_await(world, &reply, 1);
	assert_int_equal(reply.answer.status, 401);
}

static void settings_that_cannot_be_are_refused_and_the_old_ones_stay(void **state)
{
	const struct world *world = *state;
	const struct relay_settings none = {"", NULL, LONG, LONG, 4096};
	struct reply reply;

	upstreaming_visit(world, "/401", LONG);
	assert_int_equal(upstream_change(world->upstream, &none), -EINVAL);
	upstreaming_ask(world, &reply);
	assert_int_equal(reply.answer.status, 401);
}

// The last test: what all the others have logged.
static void the_log_has_outcomes_and_nothing_that_was_sent(void **state)
{
	upstreaming_assert_logged(*state, "event=upstream outcome=ok status=401 duration_ms=");
	upstreaming_assert_logged(*state, "event=upstream outcome=timeout duration_ms=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_has_its_outcome),
		cmocka_unit_test(a_name_that_is_nobodys),
		cmocka_unit_test(a_password_in_the_address_is_not_sent),
		cmocka_unit_test(a_request_says_what_it_should_and_connections_are_used_again),
		cmocka_unit_test(the_rest_is_told_that_it_is_busy),
		cmocka_unit_test(the_largest_body_is_passed_on_and_no_larger_one),
		cmocka_unit_test(settings_that_cannot_be_are_refused_and_the_old_ones_stay),
		cmocka_unit_test(the_log_has_outcomes_and_nothing_that_was_sent),
	};

	return cmocka_run_group_tests(tests, upstreaming_set_up, upstreaming_tear_down);
}
