// A request as libmicrohttpd calls about it, from its first line to the end of its answer: what it
// says is collected for the visitor, judged, handed to the route table or to the sessions, and the
// reply is queued, at once or when it comes.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_HTTPREQUEST_H
#define VERIFIER_DOOR_HTTPREQUEST_H

#include "lib/base/base.h"

#include <microhttpd.h>

struct visitor;

// The first three have the library's signatures. `cls` is not looked at; `context` is the visitor
// of the connection, borrowed, while a request of it lasts.

// The request line is complete; `target` is as it came.
// Returns: the visitor, for `context`; NULL: there was no memory for one.
void *httprequest_begins(void *cls, const char *target, struct MHD_Connection *connection);

// The headers are complete, or a piece of the body is there (all of its `*size` bytes are taken),
// or (0 bytes) the end of it.
// Returns: MHD_YES; or MHD_NO: the connection is to be closed.
// NOLINTNEXTLINE(readability-function-size): the library's signature
enum MHD_Result httprequest_goes_on(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context);

// It is over, answered or not.
void httprequest_ends(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code);

// What is called about a visitor that waits for its answer: it has waited too long, and is told so;
// or it is gone, and gets none.
void httprequest_expired(struct visitor *visitor);
void httprequest_left(struct visitor *visitor);

#endif
