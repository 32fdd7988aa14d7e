// A reply of a route made a response of libmicrohttpd: its bytes, which are wiped where they are
// private, and the headers that every answer has.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_DOOR_HTTPRESPONSE_H
#define VERIFIER_DOOR_HTTPRESPONSE_H

#include "lib/base/base.h"

struct MHD_Response;
struct route_reply;

// Makes a response, which takes over the body; the rest stays the caller's, for route_reply_done.
// Returns: a response of the caller's, for MHD_destroy_response; or NULL: out of memory, then the
// reply is whole.
struct MHD_Response *httpresponse_new(struct route_reply *reply) must_check;

#endif
