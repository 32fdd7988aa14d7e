// The packets of samekeyd-upstream: nothing lost, every truncation and everything over a cap
// refused.
// SPDX-License-Identifier: MIT
#include "lib/wire/relay.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BODY "{\"email\":\"a@b.example\",\"password\":\"\\u0000\"}"

static const struct relay_message settings = {RELAY_SETTINGS,
	{.settings = {"https://api.example:8443/login", "/etc/ssl/own.pem", 10000, 3000, 65536}}};
static const struct relay_message settings_of_system = {
	RELAY_SETTINGS, {.settings = {"http://127.0.0.1/", NULL, 1, 1, 1}}};
static const struct relay_message request = {
	RELAY_REQUEST, {.request = {UINT64_MAX, BODY, sizeof(BODY) - 1}}};
static const struct relay_message answer = {
	RELAY_ANSWER, {.answer = {7, RELAY_OK, 503, UINT32_MAX, true, BODY, sizeof(BODY) - 1}}};
static const struct relay_message failure = {
	RELAY_ANSWER, {.answer = {.id = 8, .outcome = RELAY_BUSY}}};
static const struct relay_message beginning = {.type = RELAY_BEGINS};

static const struct relay_message *const samples[] = {
	&settings, &settings_of_system, &request, &answer, &failure, &beginning};

static void assert_text(const char *a, const char *b)
{
	if (a && b)
		assert_string_equal(a, b);
	else
		assert_ptr_equal(a, b);
}

static void assert_same(const struct relay_message *a, const struct relay_message *b)
{
	assert_int_equal(a->type, b->type);
	switch (a->type) {
	case RELAY_SETTINGS:
		assert_text(a->settings.url, b->settings.url);
		assert_text(a->settings.ca_file, b->settings.ca_file);
		assert_int_equal(a->settings.timeout_ms, b->settings.timeout_ms);
		assert_int_equal(a->settings.connect_ms, b->settings.connect_ms);
		assert_int_equal(a->settings.body_max, b->settings.body_max);
		break;
	case RELAY_REQUEST:
		assert_int_equal(a->request.id, b->request.id);
		assert_int_equal(a->request.length, b->request.length);
		assert_memory_equal(a->request.body, b->request.body, b->request.length);
		break;
	case RELAY_ANSWER:
		assert_int_equal(a->answer.id, b->answer.id);
		assert_int_equal(a->answer.outcome, b->answer.outcome);
		assert_int_equal(a->answer.status, b->answer.status);
		assert_int_equal(a->answer.retry_after_s, b->answer.retry_after_s);
		assert_int_equal(a->answer.is_json, b->answer.is_json);
		assert_int_equal(a->answer.length, b->answer.length);
		if (b->answer.length)
			assert_memory_equal(a->answer.body, b->answer.body, b->answer.length);
		break;
	default:
		break;
	}
}

static void all_comes_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		uint8_t packet[1024];
		size_t length = relay_encode(samples[i], packet, sizeof(packet));
		struct relay_message message;

		assert_true(length);
		assert_int_equal(relay_decode(packet, length, &message), 0);
		assert_same(&message, samples[i]);
	}
}

static void no_part_of_a_packet_is_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		uint8_t packet[1024] = {0};
		size_t length = relay_encode(samples[i], packet, sizeof(packet));
		struct relay_message message;

		for (size_t part = 0; part < length; part++) {
			own_free uint8_t *exact = malloc(part + 1); // so that a sanitizer sees more

			if (!exact)
				abort();
			memcpy(exact, packet, part);
			assert_int_equal(relay_decode(exact, part, &message), -EPROTO);
			assert_int_equal(relay_encode(samples[i], exact, part), 0);
		}
		assert_int_equal(relay_decode(packet, length + 1, &message), -EPROTO);
		packet[0]++; // of another version
		assert_int_equal(relay_decode(packet, length, &message), -EPROTO);
	}
}

static char url_of_2047[RELAY_URL_MAX + 1], url_of_2048[RELAY_URL_MAX + 2];
static char path_of_1023[RELAY_PATH_MAX + 1], path_of_1024[RELAY_PATH_MAX + 2];
static char body[RELAY_BODY_MAX + 1];

#define SETTINGS(...) \
	{ \
		RELAY_SETTINGS, \
		{ \
			.settings = { __VA_ARGS__ } \
		} \
	}
#define REQUEST(...) \
	{ \
		RELAY_REQUEST, \
		{ \
			.request = { __VA_ARGS__ } \
		} \
	}
#define ANSWER(...) \
	{ \
		RELAY_ANSWER, \
		{ \
			.answer = { __VA_ARGS__ } \
		} \
	}

static const struct {
	const char *name;
	struct relay_message message;
	bool taken;
} cases[] = {
	{"the longest address and file",
		SETTINGS(url_of_2047, path_of_1023, RELAY_TIMEOUT_MAX_MS, RELAY_TIMEOUT_MAX_MS,
			RELAY_BODY_MAX),
		true},
	{"a longer address", SETTINGS(url_of_2048, NULL, 1, 1, 1), false},
	{"a longer file", SETTINGS("http://a/", path_of_1024, 1, 1, 1), false},
	{"no address", SETTINGS(NULL, NULL, 1, 1, 1), false},
	{"an empty address", SETTINGS("", NULL, 1, 1, 1), false},
	{"an address with a line break", SETTINGS("http://a/\r\nX: y", NULL, 1, 1, 1), false},
	{"an empty file", SETTINGS("http://a/", "", 1, 1, 1), false},
	{"no time", SETTINGS("http://a/", NULL, 0, 0, 1), false},
	{"no time to connect", SETTINGS("http://a/", NULL, 1, 0, 1), false},
	{"more time to connect than at all", SETTINGS("http://a/", NULL, 1, 2, 1), false},
	{"too much time", SETTINGS("http://a/", NULL, RELAY_TIMEOUT_MAX_MS + 1, 1, 1), false},
	{"answers without a byte", SETTINGS("http://a/", NULL, 1, 1, 0), false},
	{"answers over the cap", SETTINGS("http://a/", NULL, 1, 1, RELAY_BODY_MAX + 1), false},
	{"the largest request", REQUEST(1, body, RELAY_BODY_MAX), true},
	{"a request over the cap", REQUEST(1, body, RELAY_BODY_MAX + 1), false},
	{"an empty request", REQUEST(1, body, 0), true},
	{"the largest answer", ANSWER(1, RELAY_OK, 999, 0, false, body, RELAY_BODY_MAX), true},
	{"an answer over the cap", ANSWER(1, RELAY_OK, 200, 0, false, body, RELAY_BODY_MAX + 1),
		false},
	{"status 99", ANSWER(1, RELAY_OK, 99, 0, false, NULL, 0), false},
	{"status 1000", ANSWER(1, RELAY_OK, 1000, 0, false, NULL, 0), false},
	{"a failure with a status", ANSWER(1, RELAY_TLS, 200, 0, false, NULL, 0), false},
	{"a failure with a body", ANSWER(1, RELAY_TLS, 0, 0, false, body, 1), false},
	{"a failure that is JSON", ANSWER(1, RELAY_TLS, 0, 0, true, NULL, 0), false},
	{"a failure with a time", ANSWER(1, RELAY_TLS, 0, 1, false, NULL, 0), false},
	{"what only the daemon says", ANSWER(1, RELAY_DOWN, 0, 0, false, NULL, 0), false},
	{"an outcome that is none", ANSWER(1, RELAY_OUTCOMES, 0, 0, false, NULL, 0), false},
	{"a type that is none", {.type = RELAY_TYPES}, false},
};

static void caps_hold(void **state)
{
	static uint8_t packet[RELAY_PACKET_MAX];

	(void)state;
	memset(url_of_2047, 'u', sizeof(url_of_2047) - 1);
	memset(url_of_2048, 'u', sizeof(url_of_2048) - 1);
	memset(path_of_1023, 'p', sizeof(path_of_1023) - 1);
	memset(path_of_1024, 'p', sizeof(path_of_1024) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t length = relay_encode(&cases[i].message, packet, sizeof(packet));
		struct relay_message message;

		if (!!length != cases[i].taken)
			fail_msg("%s", cases[i].name);
		if (!length)
			continue;
		assert_int_equal(relay_decode(packet, length, &message), 0);
		assert_same(&message, &cases[i].message);
	}
}

// What a foreign writer might send: bytes of an answer changed one at a time.
static void bytes_that_the_encoder_would_not_write(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t byte;
	} changes[] = {
		{"another type", 1, RELAY_TYPES},
		{"an outcome that is none", 10, RELAY_OUTCOMES},
		{"an outcome with a status that it has not", 10, RELAY_BROKEN},
		{"a status over three digits", 11, 0x80},
		{"neither JSON nor not", 17, 2},
		{"a length far over the cap", 18, 0xff},
		{"a length that is not the rest", 21, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		uint8_t packet[1024];
		size_t length = relay_encode(&answer, packet, sizeof(packet));
		struct relay_message message;

		packet[changes[i].at] = changes[i].byte;
		if (relay_decode(packet, length, &message) != -EPROTO)
			fail_msg("%s", changes[i].name);
	}
}

static void a_text_with_a_nul_in_it_is_refused(void **state)
{
	uint8_t packet[1024];
	size_t length = relay_encode(&settings, packet, sizeof(packet));
	struct relay_message message;

	(void)state;
	packet[8] = 0;
	assert_int_equal(relay_decode(packet, length, &message), -EPROTO);
}

static void every_outcome_has_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < RELAY_OUTCOMES; i++)
		assert_non_null(relay_outcome_names[i]);
	assert_null(relay_outcome_names[RELAY_OUTCOMES]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_comes_back),
		cmocka_unit_test(no_part_of_a_packet_is_one),
		cmocka_unit_test(caps_hold),
		cmocka_unit_test(bytes_that_the_encoder_would_not_write),
		cmocka_unit_test(a_text_with_a_nul_in_it_is_refused),
		cmocka_unit_test(every_outcome_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
