// The packets of samekeyd-upstream. One rule for what may be written and what is taken: whatever
// decodes is what the encoder would have made of it, byte for byte.
// SPDX-License-Identifier: MIT
#include "lib/wire/relay.h"

#include "lib/base/text.h"
#include "lib/wire/bytes.h"

#include <errno.h>

const char *const relay_outcome_names[] = {
	[RELAY_OK] = "ok",
	[RELAY_REFUSED] = "refused",
	[RELAY_TIMEOUT] = "timeout",
	[RELAY_TLS] = "tls",
	[RELAY_TOO_LARGE] = "too_large",
	[RELAY_BROKEN] = "broken",
	[RELAY_BUSY] = "busy",
	[RELAY_DOWN] = "down",
	[RELAY_OUTCOMES] = NULL,
};

#define STATUS_MIN 100u
#define STATUS_MAX 999u

// ---- what may be said, in both directions

static bool is_sane_text(const char *text, size_t most)
{
	size_t length = strnlen(text, most + 1);

	return length && length <= most && text_is_line(text, length);
}

static bool settings_are_sane(const struct relay_message *message)
{
	const struct relay_settings *settings = &message->settings;

	return settings->url && is_sane_text(settings->url, RELAY_URL_MAX) &&
	       (!settings->ca_file || is_sane_text(settings->ca_file, RELAY_PATH_MAX)) &&
	       settings->timeout_ms && settings->timeout_ms <= RELAY_TIMEOUT_MAX_MS &&
	       settings->connect_ms && settings->connect_ms <= settings->timeout_ms &&
	       settings->body_max && settings->body_max <= RELAY_BODY_MAX;
}

static bool request_is_sane(const struct relay_message *message)
{
	return message->request.length <= RELAY_BODY_MAX;
}

static bool answer_is_sane(const struct relay_message *message)
{
	const struct relay_answer *answer = &message->answer;

	if (answer->outcome == RELAY_OK)
		return answer->status >= STATUS_MIN && answer->status <= STATUS_MAX &&
		       answer->length <= RELAY_BODY_MAX;
	return answer->outcome < RELAY_DOWN && !answer->status && !answer->retry_after_s &&
	       !answer->is_json && !answer->length;
}

static bool beginning_is_sane(const struct relay_message *message)
{
	(void)message;
	return true;
}

// ---- the parts of a packet behind its head

// With a NUL, so that the reader has a text without a copy; NULL is an empty one.
static void put_text(struct bytes_out *out, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	bytes_put16(out, (uint16_t)length);
	bytes_put(out, text ? text : "", length + 1);
}

static const char *get_text(struct bytes_in *in)
{
	size_t length = bytes_get16(in);
	const uint8_t *at = bytes_get(in, length + 1);

	if (!at || memchr(at, 0, length + 1) != at + length) {
		in->bad = true;
		return NULL;
	}
	return length ? (const char *)at : NULL;
}

static void put_body(struct bytes_out *out, const char *body, size_t length)
{
	bytes_put32(out, (uint32_t)length);
	bytes_put(out, body, length);
}

static const char *get_body(struct bytes_in *in, size_t *ret_length)
{
	*ret_length = bytes_get32(in);
	return (const char *)bytes_get(in, *ret_length);
}

static void put_settings(struct bytes_out *out, const struct relay_message *message)
{
	put_text(out, message->settings.url);
	put_text(out, message->settings.ca_file);
	bytes_put64(out, message->settings.timeout_ms);
	bytes_put64(out, message->settings.connect_ms);
	bytes_put64(out, message->settings.body_max);
}

static void get_settings(struct bytes_in *in, struct relay_message *message)
{
	message->settings.url = get_text(in);
	message->settings.ca_file = get_text(in);
	message->settings.timeout_ms = bytes_get64(in);
	message->settings.connect_ms = bytes_get64(in);
	message->settings.body_max = bytes_get64(in);
}

static void put_request(struct bytes_out *out, const struct relay_message *message)
{
	bytes_put64(out, message->request.id);
	put_body(out, message->request.body, message->request.length);
}

static void get_request(struct bytes_in *in, struct relay_message *message)
{
	message->request.id = bytes_get64(in);
	message->request.body = get_body(in, &message->request.length);
}

static void put_answer(struct bytes_out *out, const struct relay_message *message)
{
	const struct relay_answer *answer = &message->answer;

	bytes_put64(out, answer->id);
	bytes_put8(out, (uint8_t)answer->outcome);
	bytes_put16(out, (uint16_t)answer->status);
	bytes_put32(out, answer->retry_after_s);
	bytes_put8(out, answer->is_json);
	put_body(out, answer->body, answer->length);
}

static void get_answer(struct bytes_in *in, struct relay_message *message)
{
	struct relay_answer *answer = &message->answer;
	unsigned is_json;

	answer->id = bytes_get64(in);
	answer->outcome = (enum relay_outcome)bytes_get8(in);
	answer->status = bytes_get16(in);
	answer->retry_after_s = bytes_get32(in);
	is_json = bytes_get8(in);
	answer->is_json = is_json == 1;
	answer->body = get_body(in, &answer->length);
	in->bad |= is_json > 1;
}

static void put_nothing(struct bytes_out *out, const struct relay_message *message)
{
	(void)out;
	(void)message;
}

static void get_nothing(struct bytes_in *in, struct relay_message *message)
{
	(void)in;
	(void)message;
}

static const struct {
	bool (*is_sane)(const struct relay_message *message);
	void (*put)(struct bytes_out *out, const struct relay_message *message);
	void (*get)(struct bytes_in *in, struct relay_message *message);
} types[RELAY_TYPES] = {
	[RELAY_SETTINGS] = {settings_are_sane, put_settings, get_settings},
	[RELAY_REQUEST] = {request_is_sane, put_request, get_request},
	[RELAY_ANSWER] = {answer_is_sane, put_answer, get_answer},
	[RELAY_BEGINS] = {beginning_is_sane, put_nothing, get_nothing},
};

// ---- packets

size_t relay_encode(const struct relay_message *message, uint8_t *out, size_t size)
{
	struct bytes_out to = bytes_into(out, size);

	if (message->type >= RELAY_TYPES || !types[message->type].is_sane(message))
		return 0;
	bytes_put8(&to, RELAY_VERSION);
	bytes_put8(&to, (uint8_t)message->type);
	types[message->type].put(&to, message);
	return to.bad || to.used > size ? 0 : to.used;
}

int relay_decode(const uint8_t *bytes, size_t length, struct relay_message *ret_message)
{
	struct bytes_in in = {.at = bytes, .left = length};
	struct relay_message message = {0};
	unsigned version = bytes_get8(&in), type = bytes_get8(&in);

	if (in.bad || version != RELAY_VERSION || type >= RELAY_TYPES)
		return -EPROTO;
	message.type = (enum relay_type)type;
	types[type].get(&in, &message);
	if (in.bad || in.left || !types[type].is_sane(&message))
		return -EPROTO;
	*ret_message = message;
	return 0;
}
