// Judges the headers of an HTTP request before its body is believed: what two programs could read
// as two different requests is refused. Keeps the few headers that anybody here asks for. Knows no
// HTTP library.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_FRAMING_H
#define VERIFIER_DOOR_FRAMING_H

#include "lib/base/base.h"

#define FRAMING_HEADERS_MAX 100
#define FRAMING_COOKIES_MAX 16 // lines

// The headers that are kept.
enum framing_name {
	FRAMING_HOST,
	FRAMING_LENGTH,
	FRAMING_ENCODING, // Transfer-Encoding
	FRAMING_TYPE,     // Content-Type
	FRAMING_AUTHORIZATION,
	FRAMING_COOKIE,
	FRAMING_IF_NONE_MATCH,
	FRAMING_ORIGIN,
	FRAMING_FETCH_SITE, // Sec-Fetch-Site
	FRAMING_FETCH_MODE, // Sec-Fetch-Mode
	FRAMING_FORWARDED,
	FRAMING_FORWARDED_FOR,
	FRAMING_TOKEN, // X-Samekey-Token: the token of token_file, where Authorization holds
		       // another
	FRAMING_NUMBERED, // Sec-Samekey-Cookies
	FRAMING_NAMES,    // how many there are
};

// A header as it came; each text ends with a NUL.
struct framing_header {
	const char *name, *value;
	size_t name_length, value_length;
	bool glued; // the line was continued by the next one (obsolete folding)
};

// What a request's headers say. Zero is none; texts are borrowed from whom they were added.
struct framing_headers {
	size_t count;
	const char *fault;                // of a header by itself, the first one found
	const char *first[FRAMING_NAMES]; // the value of the first header of a name, or NULL
	unsigned times[FRAMING_NAMES];    // how many there were
	const char *cookies[FRAMING_COOKIES_MAX];
};

// Takes a header in.
// Returns: whether to go on with the next one.
bool framing_add(struct framing_headers *headers, const struct framing_header *header);

// Finds what is wrong with the framing: two Content-Length, Content-Length beside
// Transfer-Encoding, a Transfer-Encoding other than chunked, a folded line, a name that is no
// token, a carriage return in a value, two Host, no Host in HTTP/1.1; and two of a header that
// decides something.
// Returns: a text for the client, or NULL when all is well.
const char *framing_fault(const struct framing_headers *headers, const char *version);

// How many bytes of body are announced; UINT64_MAX: chunked, so nobody knows yet.
uint64_t framing_body(const struct framing_headers *headers);

#define FRAMING_UNKNOWN UINT64_MAX

// Whether a request that came over loopback TCP was meant for us and does not come from a web page:
// Host names loopback (and, if it has a port, ours); Origin, if any, is this host; Sec-Fetch-Site
// is not cross-site or same-site, but for a link that a person follows to "/", which shows and does
// nothing; on paths below /v1/ nothing says that a proxy forwards it. Where
// a proxy asks about a request of somebody else (`on_behalf`) only Host is its own.
// Returns: 0, or the status to answer with, and its code and text.
unsigned framing_stranger(const struct framing_headers *headers, const char *target, bool on_behalf,
	unsigned port, const char **ret_code, const char **ret_text);

#endif
