// A body grows by doubling; whoever begins it with enough room allocates once.
// SPDX-License-Identifier: MIT
#include "verifier/door/api/reply.h"

#include "lib/base/text.h"

#include <errno.h>
#include <sodium.h>
#include <strings.h>

#define REPLY_ROOM_MIN 64

// ---- the body

static void forget(struct route_reply *reply)
{
	if (reply->body && reply->is_private)
		sodium_memzero(reply->body, reply->size);
	free(reply->body);
	reply->body = NULL;
	reply->length = reply->size = 0;
}

// Makes room for `more` bytes and a NUL or a line end.
static bool reserve(struct route_reply *reply, size_t more)
{
	size_t size = reply->size < REPLY_ROOM_MIN ? REPLY_ROOM_MIN : reply->size;
	size_t length = reply->length;
	char *longer;

	if (reply->failed)
		return false;
	if (reply->length + more < reply->size)
		return true;
	while (size <= length + more)
		size *= 2;
	longer = malloc(size); // realloc would leave a copy of what is private
	if (!longer) {
		forget(reply);
		reply->failed = true;
		return false;
	}
	if (length)
		memcpy(longer, reply->body, length);
	forget(reply);
	reply->body = longer;
	reply->length = length;
	reply->size = size;
	return true;
}

void reply_begin(struct route_reply *reply, unsigned status, const char *content_type, size_t room)
{
	forget(reply);
	reply->status = status;
	reply->content_type = content_type;
	ignore_result(reserve(reply, room)); // reply_end tells
}

void reply_bytes(struct route_reply *reply, const char *bytes, size_t length)
{
	if (!length || !reserve(reply, length))
		return;
	memcpy(reply->body + reply->length, bytes, length);
	reply->length += length;
	reply->body[reply->length] = '\0'; // reserve leaves room for it, or for a line end
}

void reply_text(struct route_reply *reply, const char *text)
{
	reply_bytes(reply, text, strlen(text));
}

static bool is_plain(char byte)
{
	return (unsigned char)byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f;
}

static void put_escaped(struct route_reply *reply, char byte)
{
	char text[8];

	if (byte == '"' || byte == '\\')
		(void)snprintf(text, sizeof(text), "\\%c", byte);
	else
		(void)snprintf(text, sizeof(text), "\\u%04x", (unsigned)(unsigned char)byte);
	reply_text(reply, text);
}

void reply_string(struct route_reply *reply, const char *bytes, size_t length)
{
	reply_text(reply, "\"");
	while (length) {
		size_t good = text_utf8_error(bytes, length), at = 0;

		while (at < good) {
			size_t plain = at;

			while (plain < good && is_plain(bytes[plain]))
				plain++;
			reply_bytes(reply, bytes + at, plain - at);
			if (plain < good)
				put_escaped(reply, bytes[plain++]);
			at = plain;
		}
		if (good < length)
			reply_text(reply, "\\ufffd");
		bytes += good + (good < length);
		length -= good + (good < length);
	}
	reply_text(reply, "\"");
}

void reply_member(struct route_reply *reply, const char *name, const char *value)
{
	reply_text(reply, name);
	reply_string(reply, value, strlen(value));
}

void reply_member_or_null(struct route_reply *reply, const char *name, const char *value)
{
	reply_text(reply, name);
	if (value && *value)
		reply_string(reply, value, strlen(value));
	else
		reply_text(reply, "null");
}

void reply_words(struct route_reply *reply, const char *name, const char *words)
{
	reply_text(reply, name);
	reply_text(reply, "[");
	while (*words) {
		size_t length = strcspn(words, ",");

		reply_string(reply, words, length);
		words += length;
		words += strspn(words, ", ");
		if (*words)
			reply_text(reply, ",");
	}
	reply_text(reply, "]");
}

void reply_number(struct route_reply *reply, int64_t number)
{
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char text[24];
	size_t at = sizeof(text);

	do // each answer has a number: cheaper than snprintf
		text[--at] = (char)('0' + left % 10);
	while (left /= 10);
	if (number < 0)
		text[--at] = '-';
	reply_bytes(reply, text + at, sizeof(text) - at);
}

void reply_end(struct route_reply *reply)
{
	if (reply->failed)
		route_problem(reply, 503, "out_of_memory", "try again");
}

// ---- headers

static bool is_value(const char *value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (value[i] < ' ' || value[i] > '~')
			return false;
	return !length || (value[0] != ' ' && value[length - 1] != ' ');
}

// Copies a text behind the others.
static const char *put(struct route_headers *headers, const char *text, size_t length)
{
	char *at = headers->text + headers->used;

	memcpy(at, text, length);
	at[length] = '\0';
	headers->used += length + 1;
	return at;
}

// Adds a header, also when one of its name is there already.
static int add(struct route_reply *reply, const char *name, const char *value, size_t length)
{
	struct route_headers *headers = reply->headers;
	size_t name_length = strlen(name);

	if (!text_is_token(name, strlen(name)) || !is_value(value, length))
		return -EINVAL;
	if (!headers) {
		headers = malloc(sizeof(*headers));
		if (!headers)
			return -ENOMEM;
		headers->count = headers->used = 0;
		reply->headers = headers;
	}
	if (headers->count == REPLY_HEADERS_MAX || length > sizeof(headers->text) ||
		headers->used + name_length + length + 2 > sizeof(headers->text))
		return -E2BIG;
	headers->list[headers->count++] =
		(struct reply_header){put(headers, name, name_length), put(headers, value, length)};
	return 0;
}

int reply_header(struct route_reply *reply, const char *name, const char *value, size_t length)
{
	const struct route_headers *headers = reply->headers;

	if (!text_is_token(name, strlen(name)) || !is_value(value, length))
		return -EINVAL;
	for (size_t i = 0; headers && i < headers->count; i++)
		if (strcasecmp(headers->list[i].name, name) == 0)
			return -EEXIST;
	return add(reply, name, value, length);
}

int reply_header_more(struct route_reply *reply, const char *name, const char *value, size_t length)
{
	return add(reply, name, value, length);
}
