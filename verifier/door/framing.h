// Judges the headers of an HTTP request before its body is believed: what two programs could read
// as two different requests is refused. Knows no HTTP library.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_FRAMING_H
#define VERIFIER_DOOR_FRAMING_H

#include "lib/base/base.h"

#define FRAMING_HEADERS_MAX 100

struct framing_header {
	const char *name, *value;
	bool glued; // the line was continued by the next one (obsolete folding)
};

struct framing_headers {
	struct framing_header list[FRAMING_HEADERS_MAX];
	size_t count;
	bool too_many;
};

// Finds what is wrong with the framing: two Content-Length, Content-Length beside
// Transfer-Encoding, a Transfer-Encoding other than chunked, a folded line, a name that is no
// token, two Host, no Host in HTTP/1.1.
// Returns: a text for the client, or NULL when all is well.
const char *framing_fault(const struct framing_headers *headers, const char *version);

// The value of the first header of a name.
// Returns: the value, or NULL.
const char *framing_value(const struct framing_headers *headers, const char *name);

// How many bytes of body are announced; UINT64_MAX: chunked, so nobody knows yet.
uint64_t framing_body(const struct framing_headers *headers);

#define FRAMING_UNKNOWN UINT64_MAX

// Whether a request that came over loopback TCP was meant for us and does not come from a web page:
// Host names loopback (and, if it has a port, ours); Origin, if any, is this host; Sec-Fetch-Site
// is not cross-site or same-site; on paths below /v1/ nothing says that a proxy forwards it.
// Returns: 0, or the status to answer with, and its code and text.
unsigned framing_stranger(const struct framing_headers *headers, const char *target, unsigned port,
	const char **ret_code, const char **ret_text);

#endif
