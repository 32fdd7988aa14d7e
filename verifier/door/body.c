// Grows to what is announced, or by doubling where nothing is.
// SPDX-License-Identifier: MIT
#include "verifier/door/body.h"

#include <sodium.h>

#define BODY_SIZE_MIN 1024

static bool grow(struct body *body, size_t least)
{
	size_t size = body->size < BODY_SIZE_MIN ? BODY_SIZE_MIN : body->size;
	char *bytes;

	while (size < least)
		size *= 2;
	if (size == body->size)
		return true;
	bytes = malloc(size); // realloc would leave a copy
	if (!bytes)
		return false;
	if (body->length)
		memcpy(bytes, body->bytes, body->length);
	if (body->bytes)
		sodium_memzero(body->bytes, body->length);
	free(body->bytes);
	body->bytes = bytes;
	body->size = size;
	return true;
}

bool body_begin(struct body *body, size_t announced)
{
	return !announced || grow(body, announced);
}

bool body_add(struct body *body, const char *bytes, size_t length)
{
	if (!grow(body, body->length + length))
		return false;
	memcpy(body->bytes + body->length, bytes, length);
	body->length += length;
	return true;
}

void body_wipe(struct body *body)
{
	if (body->size > BODY_KEPT_MAX) {
		body_done(body);
		return;
	}
	if (body->length)
		sodium_memzero(body->bytes, body->length);
	body->length = 0;
}

void body_done(struct body *body)
{
	if (body->bytes)
		sodium_memzero(body->bytes, body->length);
	free(body->bytes);
	*body = (struct body){0};
}
