// Writes answers piece by piece: bytes that are JSON already, texts that become JSON strings,
// numbers, and headers. What memory is too short for shows once, at the end.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_API_REPLY_H
#define VERIFIER_DOOR_API_REPLY_H

#include "lib/base/base.h"
#include "verifier/door/api/route.h"

#define REPLY_HEADERS_MAX 48
#define REPLY_HEADER_BYTES 24576 // of all further headers together, names and values

struct route_headers {
	size_t count, used;
	struct reply_header {
		const char *name, *value; // in `text`
	} list[REPLY_HEADERS_MAX];
	char text[REPLY_HEADER_BYTES];
};

// Starts a body, behind which a NUL will stand; `room` is how many bytes it will take, or a guess.
void reply_begin(struct route_reply *reply, unsigned status, const char *content_type, size_t room);

// Adds bytes as they are.
void reply_bytes(struct route_reply *reply, const char *bytes, size_t length);

// Adds a text without its NUL; text that is part of JSON already.
void reply_text(struct route_reply *reply, const char *text);

// Adds a JSON string with its quotes. Of bytes that are not UTF-8 the bad ones become U+FFFD.
void reply_string(struct route_reply *reply, const char *bytes, size_t length);

// Writes `name`, with what stands around it, and a text as a JSON string behind it.
void reply_member(struct route_reply *reply, const char *name, const char *value);

// The same, with null for "" and NULL.
void reply_member_or_null(struct route_reply *reply, const char *name, const char *value);

// Writes `name` likewise, and the words of "compose, next" as a list behind it.
void reply_words(struct route_reply *reply, const char *name, const char *words);

// Adds a number.
void reply_number(struct route_reply *reply, int64_t number);

// Ends the body. When memory was short it is a problem instead.
void reply_end(struct route_reply *reply);

// Adds a header. A name is a token, a value visible ASCII with blanks inside (RFC 9110 section 5.5
// without its obsolete bytes).
// Returns: 0; -EINVAL: not that; -EEXIST: the name is there already; -E2BIG: no room; -ENOMEM.
int reply_header(struct route_reply *reply, const char *name, const char *value, size_t length)
	must_check;

// The same for a header that may be there several times: Set-Cookie.
// Returns: as reply_header, but never -EEXIST.
int reply_header_more(struct route_reply *reply, const char *name, const char *value, size_t length)
	must_check;

#endif
