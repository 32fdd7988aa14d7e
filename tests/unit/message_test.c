// Messages to bytes and back, and what may come when.
// SPDX-License-Identifier: MIT
#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/wire/fault.h"
#include "lib/wire/message.h"
#include "lib/wire/message_head.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ID "0123456789ab"

static const struct message_fingerprint fingerprints[] = {
	{"ETLS_ACCESS", "5b1f09c2a7d4"},
	{"NEXTAUTH_SECRET", "weak"},
};
static const struct diag_item findings[] = {
	{DIAG_ERROR, false, "drift-shared", "NEXTAUTH_SECRET", ".env:3:1", "web and ws differ", ""},
	{DIAG_WARNING, true, "weak", "ETLS_ACCESS", "env", "9 bytes", "samekey keygen"},
};

// One of each type.
static const struct message samples[] = {
	{.type = MESSAGE_OFFER, .offer = {MESSAGE_OFFER_STANDING, 4711}},
	{.type = MESSAGE_OFFER, .offer = {MESSAGE_OFFER_PARENT, 1}},
	{.type = MESSAGE_VERDICT, .verdict = {true, 7, ID, fingerprints, 2, findings, 2}},
	{.type = MESSAGE_VERDICT, .verdict = {.accepted = false, .key_id = ID}},
	{.type = MESSAGE_ASK, .ask = {"POST", "/v1/drift?app=web", "{}", 2}},
	{.type = MESSAGE_ASK, .ask = {"GET", "/v1/secrets", NULL, 0}},
	{.type = MESSAGE_ANSWER, .answer = {200, "[1]", 3}},
	{.type = MESSAGE_WITHDRAW, .withdraw = {"shop/web"}},
	{.type = MESSAGE_PROBLEM, .problem = {"not-admitted", "uid 1000 may not offer", ""}},
};

static uint8_t *encode(const struct message *message, size_t *ret_size)
{
	uint8_t *bytes;

	assert_int_equal(message_body_size(message, ret_size, NULL), 0);
	bytes = malloc(*ret_size);
	assert_non_null(bytes);
	assert_int_equal(message_encode(message, bytes, *ret_size), 0);
	return bytes;
}

static void same_verdict(const struct message_verdict *a, const struct message_verdict *b)
{
	assert_int_equal(a->accepted, b->accepted);
	assert_int_equal(a->generation, b->generation);
	assert_string_equal(a->key_id, b->key_id);
	assert_int_equal(a->fingerprint_count, b->fingerprint_count);
	for (size_t i = 0; i < a->fingerprint_count; i++) {
		assert_string_equal(a->fingerprints[i].key, b->fingerprints[i].key);
		assert_string_equal(a->fingerprints[i].text, b->fingerprints[i].text);
	}
	assert_int_equal(a->finding_count, b->finding_count);
	for (size_t i = 0; i < a->finding_count; i++) {
		assert_int_equal(a->findings[i].severity, b->findings[i].severity);
		assert_int_equal(a->findings[i].allowed, b->findings[i].allowed);
		assert_string_equal(a->findings[i].code, b->findings[i].code);
		assert_string_equal(a->findings[i].key, b->findings[i].key);
		assert_string_equal(a->findings[i].origin, b->findings[i].origin);
		assert_string_equal(a->findings[i].text, b->findings[i].text);
		assert_string_equal(a->findings[i].hint, b->findings[i].hint);
	}
}

static void same(const struct message *a, const struct message *b)
{
	assert_int_equal(a->type, b->type);
	if (a->type == MESSAGE_OFFER) {
		assert_int_equal(a->offer.kind, b->offer.kind);
		assert_int_equal(a->offer.size, b->offer.size);
	} else if (a->type == MESSAGE_VERDICT) {
		same_verdict(&a->verdict, &b->verdict);
	} else if (a->type == MESSAGE_ASK) {
		assert_string_equal(a->ask.method, b->ask.method);
		assert_string_equal(a->ask.path, b->ask.path);
		assert_int_equal(a->ask.body_length, b->ask.body_length);
		assert_memory_equal(
			a->ask.body ? a->ask.body : "", b->ask.body, a->ask.body_length);
	} else if (a->type == MESSAGE_ANSWER) {
		assert_int_equal(a->answer.status, b->answer.status);
		assert_int_equal(a->answer.body_length, b->answer.body_length);
		assert_memory_equal(a->answer.body, b->answer.body, a->answer.body_length);
	} else if (a->type == MESSAGE_WITHDRAW) {
		assert_string_equal(a->withdraw.app, b->withdraw.app);
	} else {
		assert_string_equal(a->problem.code, b->problem.code);
		assert_string_equal(a->problem.text, b->problem.text);
		assert_string_equal(a->problem.hint, b->problem.hint);
	}
}

static void every_type_comes_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		own(pool_release) struct pool *pool = pool_new();
		struct message back;
		size_t size;
		own_free uint8_t *bytes = encode(&samples[i], &size);

		assert_int_equal(
			message_decode(samples[i].type, bytes, size, pool, &back, NULL), 0);
		same(&samples[i], &back);
	}
}

static void every_prefix_and_addition_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		own(pool_release) struct pool *pool = pool_new();
		struct message back;
		size_t whole;
		own_free uint8_t *bytes = encode(&samples[i], &whole);
		own_free uint8_t *longer = calloc(1, whole + 1);

		for (size_t size = 0; size < whole; size++) {
			own_free uint8_t *prefix = malloc(size ? size : 1);

			assert_non_null(prefix);
			memcpy(prefix, bytes, size);
			assert_int_equal(
				message_decode(samples[i].type, prefix, size, pool, &back, NULL),
				FAULT_E_MALFORMED);
		}
		assert_non_null(longer);
		memcpy(longer, bytes, whole);
		assert_true(
			message_decode(samples[i].type, longer, whole + 1, pool, &back, NULL) > 0);
	}
}

static void every_changed_byte_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		own(pool_release) struct pool *pool = pool_new();
		struct message back;
		size_t size;
		own_free uint8_t *bytes = encode(&samples[i], &size);

		for (size_t at = 0; at < size; at++) {
			bytes[at] ^= 0xff;
			assert_true(message_decode(
					    samples[i].type, bytes, size, pool, &back, NULL) >= 0);
			bytes[at] ^= 0xff;
		}
	}
}

// Else two readers of the same verdict could see two fingerprints.
static void a_fingerprint_ends_where_its_length_says(void **state)
{
	own(pool_release) struct pool *pool = pool_new();
	static const struct message_fingerprint one[] = {{"A", "5b1f09c2a7d4"}};
	const struct message verdict = {
		.type = MESSAGE_VERDICT, .verdict = {true, 7, ID, one, 1, NULL, 0}};
	struct message back;
	size_t size;
	own_free uint8_t *bytes = encode(&verdict, &size);
	uint8_t *text = memmem(bytes, size, one[0].text, sizeof(one[0].text) - 1);

	(void)state;
	assert_non_null(text);
	assert_int_equal(message_decode(verdict.type, bytes, size, pool, &back, NULL), 0);
	memcpy(text, "weak\0\0more..", sizeof(one[0].text) - 1);
	assert_int_equal(
		message_decode(verdict.type, bytes, size, pool, &back, NULL), FAULT_E_MALFORMED);
}

static const struct message_fingerprint unsorted[] = {{"B", "weak"}, {"A", "weak"}};
static const struct message_fingerprint too_telling[] = {{"A", "hunter2"}};

static const struct {
	const char *prose;
	struct message message;
} unsayable[] = {
	{"nothing", {.type = MESSAGE_NONE}},
	{"an offer of nothing", {.type = MESSAGE_OFFER}},
	{"an offer over the cap", {.type = MESSAGE_OFFER, .offer = {.size = 8388609}}},
	{"an offer of no kind", {.type = MESSAGE_OFFER, .offer = {(enum message_offer_kind)3, 1}}},
	{"a verdict without key id", {.type = MESSAGE_VERDICT}},
	{"unsorted fingerprints", {.type = MESSAGE_VERDICT,
					  .verdict = {.key_id = ID,
						  .fingerprints = unsorted,
						  .fingerprint_count = 2}}},
	{"a fingerprint that is none", {.type = MESSAGE_VERDICT,
					       .verdict = {.key_id = ID,
						       .fingerprints = too_telling,
						       .fingerprint_count = 1}}},
	{"a small method", {.type = MESSAGE_ASK, .ask = {"get", "/", NULL, 0}}},
	{"no method", {.type = MESSAGE_ASK, .ask = {NULL, "/", NULL, 0}}},
	{"a path without slash", {.type = MESSAGE_ASK, .ask = {"GET", "v1", NULL, 0}}},
	{"a path with a line end", {.type = MESSAGE_ASK, .ask = {"GET", "/v1\r\nX:", NULL, 0}}},
	{"a status of 99", {.type = MESSAGE_ANSWER, .answer = {99, "", 0}}},
	{"a status of 600", {.type = MESSAGE_ANSWER, .answer = {600, "", 0}}},
	{"no app", {.type = MESSAGE_WITHDRAW}},
	{"an app with a tab", {.type = MESSAGE_WITHDRAW, .withdraw = {"a\tb"}}},
	{"a problem without code", {.type = MESSAGE_PROBLEM, .problem = {"", "text", ""}}},
	{"a problem with a code in words", {.type = MESSAGE_PROBLEM, .problem = {"No!", "", ""}}},
};

static void what_breaks_a_rule_is_not_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unsayable); i++) {
		struct err err = ERR_NONE;
		size_t size;

		if (message_body_size(&unsayable[i].message, &size, &err) != -EINVAL)
			fail_msg("%s is taken", unsayable[i].prose);
		assert_true(*err.what);
	}
}

static void an_answer_over_its_cap_is_not_said(void **state)
{
	struct message message = {.type = MESSAGE_ANSWER, .answer = {200, NULL, MESSAGE_FILE_MAX}};
	struct err err = ERR_NONE;
	size_t size;

	(void)state;
	assert_int_equal(message_body_size(&message, &size, &err), -E2BIG);
	message.answer.body_length = MESSAGE_FILE_MAX - 6;
	assert_int_equal(message_body_size(&message, &size, &err), 0);
}

static const struct {
	const char *prose;
	const char *bytes; // MESSAGE_HEAD_SIZE of them, and `more` zeros
	size_t more;
	bool has_descriptor;
	enum message_state state;
	int fault;
} heads[] = {
	{"an offer", "SK\1\1\0\0\0\0\0\0\0\x8", 8, true, MESSAGE_AWAIT_REQUEST, 0},
	{"an offer without descriptor", "SK\1\1\0\0\0\0\0\0\0\x8", 8, false, MESSAGE_AWAIT_REQUEST,
		FAULT_E_DESCRIPTOR},
	{"an offer to a loader", "SK\1\1\0\0\0\0\0\0\0\x8", 8, true, MESSAGE_AWAIT_VERDICT,
		FAULT_E_NOT_PERMITTED},
	{"an offer over its cap", "SK\1\1\0\0\0\0\0\0\0\x9", 9, true, MESSAGE_AWAIT_REQUEST,
		FAULT_E_TOO_LARGE},
	{"an offer whose body is in a file", "SK\1\1\0\0\0\1\0\0\0\x8", 0, true,
		MESSAGE_AWAIT_REQUEST, FAULT_E_MALFORMED},
	{"a verdict", "SK\1\2\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_VERDICT, 0},
	{"a verdict in a file", "SK\1\2\0\0\0\1\0\1\0\0", 0, true, MESSAGE_AWAIT_VERDICT, 0},
	{"a verdict in a file that is missing", "SK\1\2\0\0\0\1\0\1\0\0", 0, false,
		MESSAGE_AWAIT_VERDICT, FAULT_E_DESCRIPTOR},
	{"a verdict in an empty file", "SK\1\2\0\0\0\1\0\0\0\0", 0, true, MESSAGE_AWAIT_VERDICT,
		FAULT_E_MALFORMED},
	{"a verdict in a file over the cap", "SK\1\2\0\0\0\1\1\0\0\1", 0, true,
		MESSAGE_AWAIT_VERDICT, FAULT_E_TOO_LARGE},
	{"a verdict with a descriptor beside it", "SK\1\2\0\0\0\0\0\0\0\x5", 5, true,
		MESSAGE_AWAIT_VERDICT, FAULT_E_DESCRIPTOR},
	{"a verdict to a verifier", "SK\1\2\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST,
		FAULT_E_NOT_PERMITTED},
	{"a verdict where an answer is due", "SK\1\2\0\0\0\0\0\0\0\x5", 5, false,
		MESSAGE_AWAIT_ANSWER, FAULT_E_NOT_PERMITTED},
	{"an answer where a verdict is due", "SK\1\4\0\0\0\0\0\0\0\x5", 5, false,
		MESSAGE_AWAIT_VERDICT, FAULT_E_NOT_PERMITTED},
	{"an answer", "SK\1\4\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_ANSWER, 0},
	{"a problem instead of a verdict", "SK\1\6\0\0\0\0\0\0\0\x5", 5, false,
		MESSAGE_AWAIT_VERDICT, 0},
	{"a problem instead of an answer", "SK\1\6\0\0\0\0\0\0\0\x5", 5, false,
		MESSAGE_AWAIT_ANSWER, 0},
	{"a problem to a verifier", "SK\1\6\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST,
		FAULT_E_NOT_PERMITTED},
	{"a problem in a file", "SK\1\6\0\0\0\1\0\0\0\x5", 0, true, MESSAGE_AWAIT_ANSWER,
		FAULT_E_MALFORMED},
	{"a question", "SK\1\3\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST, 0},
	{"a question in a file over the cap", "SK\1\3\0\0\0\1\0\x10\0\1", 0, true,
		MESSAGE_AWAIT_REQUEST, FAULT_E_TOO_LARGE},
	{"a withdrawal", "SK\1\5\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST, 0},
	{"type 0", "SK\1\0\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST, FAULT_E_MALFORMED},
	{"type 7", "SK\1\7\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST, FAULT_E_MALFORMED},
	{"type 255", "SK\1\xff\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST,
		FAULT_E_MALFORMED},
	{"an unknown flag", "SK\1\3\0\0\0\2\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST,
		FAULT_E_MALFORMED},
	{"version 2", "SK\2\3\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST, FAULT_E_VERSION},
	{"another magic", "GE\1\3\0\0\0\0\0\0\0\x5", 5, false, MESSAGE_AWAIT_REQUEST,
		FAULT_E_MALFORMED},
	{"a body that is half there", "SK\1\3\0\0\0\0\0\0\0\x5", 4, false, MESSAGE_AWAIT_REQUEST,
		FAULT_E_TRUNCATED},
	{"bytes behind the body", "SK\1\3\0\0\0\0\0\0\0\x5", 6, false, MESSAGE_AWAIT_REQUEST,
		FAULT_E_MALFORMED},
};

static void heads_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		uint8_t packet[MESSAGE_HEAD_SIZE + 16] = {0};
		struct message_head head;
		struct err err = ERR_NONE;
		int code;

		memcpy(packet, heads[i].bytes, MESSAGE_HEAD_SIZE);
		code = message_head_decode(packet, MESSAGE_HEAD_SIZE + heads[i].more,
			heads[i].has_descriptor, heads[i].state, &head, &err);
		if (code != heads[i].fault)
			fail_msg("%s: %d (%s), expected %d", heads[i].prose, code, err.what,
				heads[i].fault);
		for (size_t size = 0; size < MESSAGE_HEAD_SIZE; size++)
			assert_int_equal(message_head_decode(
						 packet, size, false, heads[i].state, &head, NULL),
				FAULT_E_MALFORMED);
	}
}

static void heads_come_back(void **state)
{
	const struct message_head head = {MESSAGE_VERDICT, true, 0x123456};
	uint8_t bytes[MESSAGE_HEAD_SIZE];
	struct message_head back;

	(void)state;
	message_head_encode(&head, bytes);
	assert_int_equal(
		message_head_decode(bytes, sizeof(bytes), true, MESSAGE_AWAIT_VERDICT, &back, NULL),
		0);
	assert_int_equal(back.type, MESSAGE_VERDICT);
	assert_true(back.in_file);
	assert_int_equal(back.size, 0x123456);
}

static void faults_have_words(void **state)
{
	(void)state;
	for (unsigned i = FAULT_NONE + 1; i < FAULTS; i++) {
		const char *word = fault_text((enum fault)i);

		assert_true(word && *word);
		assert_int_equal(fault_by_text(word), i);
		assert_non_null(fault_hint((enum fault)i));
	}
	assert_int_equal(fault_by_text("no-such-word"), FAULT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_comes_back),
		cmocka_unit_test(every_prefix_and_addition_is_refused),
		cmocka_unit_test(every_changed_byte_is_survived),
		cmocka_unit_test(a_fingerprint_ends_where_its_length_says),
		cmocka_unit_test(what_breaks_a_rule_is_not_said),
		cmocka_unit_test(an_answer_over_its_cap_is_not_said),
		cmocka_unit_test(heads_are_judged),
		cmocka_unit_test(heads_come_back),
		cmocka_unit_test(faults_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
