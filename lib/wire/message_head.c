// Twelve bytes, judged by the rule of the type before a byte of the body is looked at.
// SPDX-License-Identifier: MIT
#include "lib/wire/message_head.h"

#include "lib/base/err.h"
#include "lib/wire/bytes.h"
#include "lib/wire/fault.h"

#define HEAD_IN_FILE 1u // the only bit of a head's flags

void message_head_encode(
	const struct message_head *head, uint8_t ret_bytes[static MESSAGE_HEAD_SIZE])
{
	struct bytes_out out = bytes_into(ret_bytes, MESSAGE_HEAD_SIZE);

	bytes_put16(&out, MESSAGE_MAGIC);
	bytes_put8(&out, MESSAGE_VERSION);
	bytes_put8(&out, (uint8_t)head->type);
	bytes_put32(&out, head->in_file ? HEAD_IN_FILE : 0);
	bytes_put32(&out, head->size);
}

static int judge_size(const struct message_head *head, size_t size, struct err *err)
{
	const struct message_rule *rule = message_rule(head->type);
	size_t here = size - MESSAGE_HEAD_SIZE, expected = head->in_file ? 0 : head->size;

	if (head->size > rule->body_max) {
		(void)err_set(err, FAULT_E_TOO_LARGE, NULL,
			"the body of %s announces %u bytes, the cap is %zu", rule->name, head->size,
			rule->body_max);
		return FAULT_E_TOO_LARGE;
	}
	if (here < expected) {
		(void)err_set(err, FAULT_E_TRUNCATED, NULL,
			"the body of %s announces %zu bytes and has %zu", rule->name, expected,
			here);
		return FAULT_E_TRUNCATED;
	}
	if (here > expected) {
		(void)err_set(
			err, FAULT_E_MALFORMED, NULL, "bytes behind the body of %s", rule->name);
		return FAULT_E_MALFORMED;
	}
	return 0;
}

static int judge_descriptor(const struct message_head *head, bool has_descriptor, struct err *err)
{
	const struct message_rule *rule = message_rule(head->type);
	bool wanted = head->in_file || (rule->flags & MESSAGE_BRINGS_BUNDLE);

	if (wanted == has_descriptor)
		return 0;
	(void)err_set(err, FAULT_E_DESCRIPTOR, NULL,
		wanted ? "%s came without its descriptor" : "%s brings a descriptor", rule->name);
	return FAULT_E_DESCRIPTOR;
}

static int judge_head(
	const struct message_head *head, uint32_t flags, enum message_state state, struct err *err)
{
	static const unsigned in_state[] = {
		[MESSAGE_AWAIT_REQUEST] = MESSAGE_IN_REQUEST,
		[MESSAGE_AWAIT_VERDICT] = MESSAGE_IN_VERDICT,
		[MESSAGE_AWAIT_ANSWER] = MESSAGE_IN_ANSWER,
	};

	if (head->type == MESSAGE_NONE || head->type >= MESSAGE_TYPES || (flags & ~HEAD_IN_FILE) ||
		(head->in_file && (!head->size || !(message_rule(head->type)->flags &
							  MESSAGE_MAY_BE_FILE)))) {
		(void)err_set(err, FAULT_E_MALFORMED, NULL, "a message of type %u with flags 0x%x",
			(unsigned)head->type, flags);
		return FAULT_E_MALFORMED;
	}
	if (!(message_rule(head->type)->flags & in_state[state])) {
		(void)err_set(err, FAULT_E_NOT_PERMITTED, NULL, "%s has no place here",
			message_rule(head->type)->name);
		return FAULT_E_NOT_PERMITTED;
	}
	return 0;
}

int message_head_decode(const uint8_t *packet, size_t size, bool has_descriptor,
	enum message_state state, struct message_head *ret_head, struct err *err)
{
	struct bytes_in in = {.at = packet, .left = size};
	struct message_head head = {0};
	unsigned magic = bytes_get16(&in), version = bytes_get8(&in);
	uint32_t flags;
	int code;

	head.type = (enum message_type)bytes_get8(&in);
	flags = bytes_get32(&in);
	head.size = bytes_get32(&in);
	head.in_file = flags & HEAD_IN_FILE;
	if (in.bad || magic != MESSAGE_MAGIC) {
		(void)err_set(err, FAULT_E_MALFORMED, NULL, "%zu bytes that are no message", size);
		return FAULT_E_MALFORMED;
	}
	if (version != MESSAGE_VERSION) {
		(void)err_set(err, FAULT_E_VERSION, NULL,
			"the message has version %u, this side speaks %d", version,
			MESSAGE_VERSION);
		return FAULT_E_VERSION;
	}
	code = judge_head(&head, flags, state, err);
	if (code == 0)
		code = judge_size(&head, size, err);
	if (code == 0)
		code = judge_descriptor(&head, has_descriptor, err);
	if (code == 0)
		*ret_head = head;
	return code;
}
