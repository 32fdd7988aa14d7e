// Messages to bytes and back. One table says what may come when; one row a type says how its body
// is written and read.
// SPDX-License-Identifier: MIT
#include "lib/wire/message.h"

#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "lib/value/bundle.h"
#include "lib/wire/bytes.h"
#include "lib/wire/fault.h"
#include "lib/wire/pack.h"

#include <errno.h>

#define IN_PACKET_MAX (MESSAGE_PACKET_MAX - MESSAGE_HEAD_SIZE)
#define LEAST_FINGERPRINT_SIZE 4
#define LEAST_FINDING_SIZE 12

static const struct message_rule rules[MESSAGE_TYPES] = {
	[MESSAGE_NONE] = {"none", 0, 0, MESSAGE_AWAIT_REQUEST},
	[MESSAGE_OFFER] = {"offer", 8, MESSAGE_BRINGS_BUNDLE | MESSAGE_IN_REQUEST,
		MESSAGE_AWAIT_VERDICT},
	[MESSAGE_VERDICT] = {"verdict", MESSAGE_FILE_MAX, MESSAGE_MAY_BE_FILE | MESSAGE_IN_VERDICT,
		MESSAGE_AWAIT_REQUEST},
	[MESSAGE_ASK] = {"ask", MESSAGE_ASK_MAX, MESSAGE_MAY_BE_FILE | MESSAGE_IN_REQUEST,
		MESSAGE_AWAIT_ANSWER},
	[MESSAGE_ANSWER] = {"answer", MESSAGE_FILE_MAX, MESSAGE_MAY_BE_FILE | MESSAGE_IN_ANSWER,
		MESSAGE_AWAIT_REQUEST},
	[MESSAGE_WITHDRAW] = {"withdraw", IN_PACKET_MAX, MESSAGE_IN_REQUEST, MESSAGE_AWAIT_ANSWER},
	[MESSAGE_PROBLEM] = {"problem", IN_PACKET_MAX, MESSAGE_IN_VERDICT | MESSAGE_IN_ANSWER,
		MESSAGE_AWAIT_REQUEST},
};

const struct message_rule *message_rule(enum message_type type)
{
	return &rules[type];
}

// ---- what a field may be; NULL is none of these

static bool is_method(const char *method)
{
	size_t length = method ? strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") : 0;

	return length && length <= MESSAGE_METHOD_MAX && !method[length];
}

static bool is_path(const char *path)
{
	size_t length = 0;

	if (!path || path[0] != '/')
		return false;
	while (path[length] > ' ' && path[length] <= '~')
		length++;
	return length <= MESSAGE_PATH_MAX && !path[length];
}

static bool is_word(const char *word)
{
	size_t length = word ? strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;

	return length && length <= PACK_CODE_MAX && !word[length];
}

static bool is_key_id(const char *id)
{
	return id && strlen(id) == FINGERPRINT_TEXT_SIZE - 1 &&
	       strspn(id, "0123456789abcdef") == FINGERPRINT_TEXT_SIZE - 1;
}

static bool is_fingerprint(const struct message_fingerprint *fingerprint)
{
	return bundle_is_key_name(fingerprint->key) &&
	       (is_key_id(fingerprint->text) || text_equal(fingerprint->text, "weak"));
}

static bool is_finding(const struct diag_item *finding)
{
	return finding->severity < DIAG_SEVERITIES && is_word(finding->code);
}

// ---- bodies: `put` and `get` mirror each other; `good` judges both ways

static bool offer_good(const struct message *message)
{
	return message->offer.kind <= MESSAGE_OFFER_PARENT && message->offer.size > 0 &&
	       message->offer.size <= BUNDLE_SIZE_MAX;
}

static void offer_put(struct bytes_out *out, const struct message *message)
{
	bytes_put32(out, (uint32_t)message->offer.kind);
	bytes_put32(out, message->offer.size);
}

static void offer_get(struct bytes_in *in, struct pool *pool, struct message *message)
{
	(void)pool;
	message->offer.kind = (enum message_offer_kind)bytes_get32(in);
	message->offer.size = bytes_get32(in);
}

static bool verdict_good(const struct message *message)
{
	const struct message_verdict *verdict = &message->verdict;

	if (!is_key_id(verdict->key_id) || verdict->fingerprint_count > MESSAGE_FINGERPRINTS_MAX ||
		verdict->finding_count > MESSAGE_FINDINGS_MAX)
		return false;
	for (size_t i = 0; i < verdict->fingerprint_count; i++) {
		const struct message_fingerprint *one = &verdict->fingerprints[i];

		if (!is_fingerprint(one) || (i && strcmp(one[-1].key, one->key) >= 0))
			return false;
	}
	for (size_t i = 0; i < verdict->finding_count; i++)
		if (!is_finding(&verdict->findings[i]))
			return false;
	return true;
}

static void finding_put(struct bytes_out *out, const struct diag_item *finding)
{
	bytes_put8(out, (uint8_t)finding->severity);
	bytes_put8(out, finding->allowed);
	bytes_put_text(out, finding->code, PACK_CODE_MAX);
	bytes_put_shown(out, finding->key, BUNDLE_NAME_MAX);
	bytes_put_shown(out, finding->origin, MESSAGE_TEXT_MAX);
	bytes_put_shown(out, finding->text, MESSAGE_TEXT_MAX);
	bytes_put_shown(out, finding->hint, MESSAGE_TEXT_MAX);
}

static void verdict_put(struct bytes_out *out, const struct message *message)
{
	const struct message_verdict *verdict = &message->verdict;

	bytes_put8(out, verdict->accepted);
	bytes_put64(out, verdict->generation);
	bytes_put_text(out, verdict->key_id, FINGERPRINT_TEXT_SIZE - 1);
	bytes_put32(out, (uint32_t)verdict->fingerprint_count);
	for (size_t i = 0; i < verdict->fingerprint_count; i++) {
		bytes_put_text(out, verdict->fingerprints[i].key, BUNDLE_NAME_MAX);
		bytes_put_text(out, verdict->fingerprints[i].text, FINGERPRINT_TEXT_SIZE - 1);
	}
	bytes_put32(out, (uint32_t)verdict->finding_count);
	for (size_t i = 0; i < verdict->finding_count; i++)
		finding_put(out, &verdict->findings[i]);
}

// A yes or no; anything else is malformed.
static bool get_flag(struct bytes_in *in)
{
	uint8_t flag = bytes_get8(in);

	in->bad |= flag > 1;
	return flag == 1;
}

// A count that the bytes left can bear; 0 once bad.
static size_t get_count(struct bytes_in *in, size_t most, size_t least_size)
{
	size_t count = bytes_get32(in);

	if (!in->bad && count <= most && count * least_size <= in->left)
		return count;
	in->bad = true;
	return 0;
}

static void *get_list(struct bytes_in *in, struct pool *pool, size_t count, size_t size)
{
	void *items = pool_array(pool, count, size);

	if (!items)
		in->bad = in->no_memory = true;
	return items;
}

static void fingerprint_get(
	struct bytes_in *in, struct pool *pool, struct message_fingerprint *fingerprint)
{
	size_t length;
	const uint8_t *at;

	fingerprint->key = bytes_get_text(in, BUNDLE_NAME_MAX, pool);
	length = bytes_get16(in);
	at = bytes_get(in, length);
	if (!at || length >= sizeof(fingerprint->text) || memchr(at, '\0', length))
		in->bad = true;
	else
		memcpy(fingerprint->text, at, length);
}

static void finding_get(struct bytes_in *in, struct pool *pool, struct diag_item *finding)
{
	finding->severity = (enum diag_severity)bytes_get8(in);
	finding->allowed = get_flag(in);
	finding->code = bytes_get_text(in, PACK_CODE_MAX, pool);
	finding->key = bytes_get_text(in, BUNDLE_NAME_MAX, pool);
	finding->origin = bytes_get_text(in, MESSAGE_TEXT_MAX, pool);
	finding->text = bytes_get_text(in, MESSAGE_TEXT_MAX, pool);
	finding->hint = bytes_get_text(in, MESSAGE_TEXT_MAX, pool);
}

static void verdict_get(struct bytes_in *in, struct pool *pool, struct message *message)
{
	struct message_verdict *verdict = &message->verdict;
	struct message_fingerprint *fingerprints;
	struct diag_item *findings;

	verdict->accepted = get_flag(in);
	verdict->generation = bytes_get64(in);
	verdict->key_id = bytes_get_text(in, FINGERPRINT_TEXT_SIZE - 1, pool);
	verdict->fingerprint_count =
		get_count(in, MESSAGE_FINGERPRINTS_MAX, LEAST_FINGERPRINT_SIZE);
	fingerprints = get_list(in, pool, verdict->fingerprint_count, sizeof(*fingerprints));
	for (size_t i = 0; !in->bad && i < verdict->fingerprint_count; i++)
		fingerprint_get(in, pool, &fingerprints[i]);
	verdict->fingerprints = fingerprints;
	verdict->finding_count = get_count(in, MESSAGE_FINDINGS_MAX, LEAST_FINDING_SIZE);
	findings = get_list(in, pool, verdict->finding_count, sizeof(*findings));
	for (size_t i = 0; !in->bad && i < verdict->finding_count; i++)
		finding_get(in, pool, &findings[i]);
	verdict->findings = findings;
}

static bool ask_good(const struct message *message)
{
	return is_method(message->ask.method) && is_path(message->ask.path);
}

static void ask_put(struct bytes_out *out, const struct message *message)
{
	bytes_put_text(out, message->ask.method, MESSAGE_METHOD_MAX);
	bytes_put_text(out, message->ask.path, MESSAGE_PATH_MAX);
	bytes_put32(out, (uint32_t)message->ask.body_length);
	bytes_put(out, message->ask.body, message->ask.body_length);
}

static void ask_get(struct bytes_in *in, struct pool *pool, struct message *message)
{
	message->ask.method = bytes_get_text(in, MESSAGE_METHOD_MAX, pool);
	message->ask.path = bytes_get_text(in, MESSAGE_PATH_MAX, pool);
	message->ask.body_length = bytes_get32(in);
	message->ask.body = (const char *)bytes_get(in, message->ask.body_length);
}

static bool answer_good(const struct message *message)
{
	return message->answer.status >= 100 && message->answer.status <= 599;
}

static void answer_put(struct bytes_out *out, const struct message *message)
{
	bytes_put16(out, message->answer.status);
	bytes_put32(out, (uint32_t)message->answer.body_length);
	bytes_put(out, message->answer.body, message->answer.body_length);
}

static void answer_get(struct bytes_in *in, struct pool *pool, struct message *message)
{
	(void)pool;
	message->answer.status = bytes_get16(in);
	message->answer.body_length = bytes_get32(in);
	message->answer.body = (const char *)bytes_get(in, message->answer.body_length);
}

static bool withdraw_good(const struct message *message)
{
	return message->withdraw.app && bundle_is_app_name(message->withdraw.app);
}

static void withdraw_put(struct bytes_out *out, const struct message *message)
{
	bytes_put_text(out, message->withdraw.app, BUNDLE_NAME_MAX);
}

static void withdraw_get(struct bytes_in *in, struct pool *pool, struct message *message)
{
	message->withdraw.app = bytes_get_text(in, BUNDLE_NAME_MAX, pool);
}

static bool problem_good(const struct message *message)
{
	return is_word(message->problem.code);
}

static void problem_put(struct bytes_out *out, const struct message *message)
{
	bytes_put_text(out, message->problem.code, PACK_CODE_MAX);
	bytes_put_shown(out, message->problem.text, MESSAGE_TEXT_MAX);
	bytes_put_shown(out, message->problem.hint, MESSAGE_TEXT_MAX);
}

static void problem_get(struct bytes_in *in, struct pool *pool, struct message *message)
{
	message->problem.code = bytes_get_text(in, PACK_CODE_MAX, pool);
	message->problem.text = bytes_get_text(in, MESSAGE_TEXT_MAX, pool);
	message->problem.hint = bytes_get_text(in, MESSAGE_TEXT_MAX, pool);
}

static const struct {
	bool (*good)(const struct message *);
	void (*put)(struct bytes_out *, const struct message *);
	void (*get)(struct bytes_in *, struct pool *, struct message *);
} bodies[MESSAGE_TYPES] = {
	[MESSAGE_OFFER] = {offer_good, offer_put, offer_get},
	[MESSAGE_VERDICT] = {verdict_good, verdict_put, verdict_get},
	[MESSAGE_ASK] = {ask_good, ask_put, ask_get},
	[MESSAGE_ANSWER] = {answer_good, answer_put, answer_get},
	[MESSAGE_WITHDRAW] = {withdraw_good, withdraw_put, withdraw_get},
	[MESSAGE_PROBLEM] = {problem_good, problem_put, problem_get},
};

int message_body_size(const struct message *message, size_t *ret_size, struct err *err)
{
	const struct message_rule *rule = &rules[message->type];
	struct bytes_out counter = {0};

	if (message->type == MESSAGE_NONE || !bodies[message->type].good(message))
		return err_set(err, -EINVAL, NULL, "this %s cannot be said", rule->name);
	bodies[message->type].put(&counter, message);
	if (counter.bad)
		return err_set(err, -EINVAL, NULL, "a text of this %s cannot be sent", rule->name);
	if (counter.used > rule->body_max)
		return err_set(err, -E2BIG, NULL, "the body of %s has %zu bytes, the cap is %zu",
			rule->name, counter.used, rule->body_max);
	*ret_size = counter.used;
	return 0;
}

int message_encode(const struct message *message, uint8_t *out, size_t size)
{
	struct bytes_out to = bytes_into(out, size);

	bodies[message->type].put(&to, message);
	return to.bad || to.used != size ? -EINVAL : 0;
}

int message_decode(enum message_type type, const uint8_t *body, size_t size, struct pool *pool,
	struct message *ret_message, struct err *err)
{
	struct message message = {.type = type};
	struct bytes_in in = {.at = body, .left = size};

	if (size > rules[type].body_max) {
		(void)err_set(err, FAULT_E_TOO_LARGE, NULL, "the body of %s has %zu bytes",
			rules[type].name, size);
		return FAULT_E_TOO_LARGE;
	}
	bodies[type].get(&in, pool, &message);
	if (in.no_memory)
		return err_no_memory(err);
	if (in.bad || in.left || !bodies[type].good(&message)) {
		(void)err_set(
			err, FAULT_E_MALFORMED, NULL, "this %s is malformed", rules[type].name);
		return FAULT_E_MALFORMED;
	}
	*ret_message = message;
	return 0;
}
