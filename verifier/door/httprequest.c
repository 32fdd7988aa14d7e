// It begins with its first line, goes on with its headers and its body piece by piece, is answered
// at once or later, and ends.
// SPDX-License-Identifier: MIT
#include "verifier/door/httprequest.h"

#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/body.h"
#include "verifier/door/crowd.h"
#include "verifier/door/entrance.h"
#include "verifier/door/framing.h"
#include "verifier/door/http.h"
#include "verifier/door/httpresponse.h"
#include "verifier/door/requestlog.h"
#include "verifier/door/visitor.h"

// libmicrohttpd parses in place: a value follows its name after ':' and blanks. Farther apart, the
// line was glued together from several.
#define HTTP_BLANKS_MAX 64

static struct visitor *visitor_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

// ---- answers

static void note_request(
	const struct visitor *visitor, const char *method, const struct route_reply *reply)
{
	const struct http_parts *parts = visitor->door->visitors->parts;
	const struct peer *peer = &visitor->peer;
	bool known = visitor->door->kind == ROUTE_API;
	const struct requestlog requestlog = {parts->log, parts->throttle, &parts->answers->counts};

	requestlog_note(&requestlog,
		&(struct requestlog_entry){.door = visitor->door->kind,
			.method = method,
			.target = visitor->asked.target,
			.uid = visitor->door->is_local ? peer->uid : THROTTLE_UNKNOWN,
			.stranger = !known || !admit_verbs(parts->admit, peer->uid, peer->gid),
			.reply = reply});
}

static bool is_last(const struct visitor *visitor)
{
	return visitor->door->stopped || crowd_is_there(visitor->door);
}

// Queues the reply and is done with it; `close` ends the connection afterwards.
static enum MHD_Result queue(struct MHD_Connection *connection, struct visitor *visitor,
	const char *method, struct route_reply *reply, bool close)
{
	struct MHD_Response *response;
	enum MHD_Result result = MHD_NO;

	note_request(visitor, method, reply);
	response = httpresponse_new(reply);
	if (response) {
		if (close)
			ignore_result(MHD_add_response_header(response, "Connection", "close") !=
				      MHD_YES);
		result = MHD_queue_response(connection, reply->status, response);
		MHD_destroy_response(response);
	}
	route_reply_done(reply);
	if (result == MHD_YES)
		visitor->state = VISITOR_ANSWERED;
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct visitor *visitor,
	const char *method, const struct entrance_refusal *refusal)
{
	struct route_reply reply;

	entrance_refuse(visitor, method, refusal, &reply);
	return queue(connection, visitor, method, &reply, true);
}

// ---- late answers

// libmicrohttpd takes a response for a suspended connection, and sends it once that is resumed, on
// the next turn. One without a response it asks about again; httprequest_goes_on ends it then.
static void resume(struct visitor *visitor, enum visitor_state state)
{
	visitor_waited(visitor, state);
	MHD_resume_connection(visitor->asked.connection);
}

static void on_late_answer(void *owner, struct route_reply *reply)
{
	struct visitor *visitor = owner;
	const struct visitor_asked *asked = &visitor->asked;
	bool queued = queue(asked->connection, visitor, asked->method, reply, is_last(visitor)) ==
		      MHD_YES;

	resume(visitor, queued ? VISITOR_ANSWERED : VISITOR_GONE);
}

void httprequest_expired(struct visitor *visitor)
{
	struct route_reply reply = {0};

	later_forget(&visitor->lender);
	visitor_problem(visitor, &reply, 503, "timeout", "no answer came in time");
	on_late_answer(visitor, &reply);
}

void httprequest_left(struct visitor *visitor)
{
	later_forget(&visitor->lender);
	resume(visitor, VISITOR_GONE);
}

// ---- requests

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	struct framing_headers *headers = cls;
	uintptr_t end = (uintptr_t)name + name_size, at = (uintptr_t)value;
	const struct framing_header header = {.name = name,
		.value = value ? value : "",
		.name_length = name_size,
		.value_length = value ? value_size : 0,
		.glued = value &&
			 (at <= end || at > end + HTTP_BLANKS_MAX || strlen(value) != value_size)};

	(void)kind;
	return framing_add(headers, &header) ? MHD_YES : MHD_NO;
}

static enum MHD_Result answer(
	struct MHD_Connection *connection, struct visitor *visitor, const char *method)
{
	const struct http_parts *parts = visitor->door->visitors->parts;
	struct visitor_asked *asked = &visitor->asked;
	const struct framing_headers *headers = &asked->headers;
	struct route_request request = {.caller = {.door = visitor->door->kind},
		.method = method,
		.target = asked->target,
		.type = headers->first[FRAMING_TYPE],
		.body = asked->body.bytes ? asked->body.bytes : "",
		.length = asked->body.length,
		.authorization = headers->first[FRAMING_AUTHORIZATION],
		.if_none_match = headers->first[FRAMING_IF_NONE_MATCH],
		.host = headers->first[FRAMING_HOST],
		.origin = headers->first[FRAMING_ORIGIN],
		.fetch_site = headers->first[FRAMING_FETCH_SITE],
		.cookies = headers->cookies,
		.cookie_count = headers->times[FRAMING_COOKIE],
		.numbered = headers->first[FRAMING_NUMBERED],
		.lender = &visitor->lender};
	struct route_reply reply = {0};
	struct entrance_refusal refusal;

	if (!entrance_introduce(visitor, method, &request.caller, &refusal))
		return refuse(connection, visitor, method, &refusal);
	asked->connection = connection;
	asked->method = method;
	visitor->lender = (struct later_lender){.answer = on_late_answer, .owner = visitor};
	if (request.caller.door == ROUTE_SESSION)
		parts->answer_session(parts->sessions, &request, &reply);
	else
		route_answer(parts->answers, &request, &reply);
	if (!later_waits(&visitor->lender, &reply))
		return queue(connection, visitor, method, &reply, is_last(visitor));
	MHD_suspend_connection(connection);
	visitor_waits(visitor);
	return MHD_YES;
}

// The headers are complete.
static enum MHD_Result begin(struct MHD_Connection *connection, struct visitor *visitor,
	const char *method, const char *version)
{
	struct visitor_asked *asked = &visitor->asked;
	struct entrance_refusal refusal;
	uint64_t length;

	asked->seen = true;
	(void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, collect, &asked->headers);
	if (!entrance_judge(visitor, version, &refusal))
		return refuse(connection, visitor, method, &refusal);
	length = framing_body(&asked->headers);
	return body_begin(&asked->body, length == FRAMING_UNKNOWN ? 0 : (size_t)length) ? MHD_YES
											: MHD_NO;
}

// NOLINTNEXTLINE(readability-function-size): the library's signature
enum MHD_Result httprequest_goes_on(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context)
{
	struct visitor *visitor = *context;
	size_t more = *size;

	(void)cls;
	(void)url; // decoded already; the route table wants it as it came
	if (!visitor || visitor->state == VISITOR_GONE)
		return MHD_NO; // out of memory when it began, or it waited in vain
	if (!visitor->asked.seen)
		return begin(connection, visitor, method, version);
	if (!more)
		return answer(connection, visitor, method);
	*size = 0;
	if (visitor->asked.body.length + more > visitor->door->visitors->parts->rules.body_max) {
		visitor_send_early(
			visitor, 413, "body_too_large", "see body under [limits] in samekeyd.ini");
		return MHD_NO;
	}
	return body_add(&visitor->asked.body, data, more) ? MHD_YES : MHD_NO;
}

void *httprequest_begins(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct visitor *visitor = visitor_of(connection);

	(void)cls;
	if (visitor)
		visitor_asks(visitor, target);
	return visitor;
}

void httprequest_ends(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	if (*context)
		visitor_rests(*context);
	*context = NULL;
}
