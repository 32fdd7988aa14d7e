// The bytes go over to the library with what frees them, so that none is copied.
// SPDX-License-Identifier: MIT
#include "verifier/door/httpresponse.h"

#include "verifier/door/api/reply.h"
#include "verifier/door/api/route.h"

#include <malloc.h>
#include <microhttpd.h>
#include <sodium.h>

static const char *const challenges[] = {
	[ROUTE_CHALLENGE_BEARER] = ROUTE_BEARER,
	[ROUTE_CHALLENGE_BASIC] = "Basic realm=\"samekeyd\", charset=\"UTF-8\"",
};

static void add_headers(struct MHD_Response *response, const struct route_reply *reply)
{
	const struct {
		const char *name, *value;
	} headers[] = {
		{"Content-Type", reply->content_type},
		{"Cache-Control", reply->cache ? reply->cache : "no-store"},
		{"X-Content-Type-Options", "nosniff"},
		{"WWW-Authenticate", challenges[reply->challenge]},
	};

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		if (headers[i].value)
			ignore_result(MHD_add_response_header(response, headers[i].name,
					      headers[i].value) != MHD_YES); // short of memory
	for (size_t i = 0; reply->headers && i < reply->headers->count; i++)
		ignore_result(MHD_add_response_header(response, reply->headers->list[i].name,
				      reply->headers->list[i].value) != MHD_YES); // likewise
}

// Whoever asks with curl gets the prompt back on a line of its own.
static void end_line(struct route_reply *reply)
{
	char *longer = reply->body;

	if (!reply->length || reply->body[reply->length - 1] == '\n')
		return;
	if (reply->length >= reply->size)
		longer = realloc(reply->body, reply->length + 1);
	if (!longer)
		return; // without, it is as good an answer
	longer[reply->length++] = '\n';
	reply->body = longer;
}

static void wipe_body(void *body)
{
	sodium_memzero(body, malloc_usable_size(body));
	free(body);
}

struct MHD_Response *httpresponse_new(struct route_reply *reply)
{
	struct MHD_Response *response;

	end_line(reply);
	response = reply->is_private && reply->body
			   ? MHD_create_response_from_buffer_with_free_callback(
				     reply->length, reply->body, wipe_body)
			   : MHD_create_response_from_buffer(
				     reply->length, reply->body, MHD_RESPMEM_MUST_FREE);
	if (!response)
		return NULL;
	reply->body = NULL; // the response frees it
	add_headers(response, reply);
	return response;
}
