// libmicrohttpd without a thread of its own: its epoll descriptor is one more in our loop. It
// parses and writes; who is there, what is asked and how long it may take is decided here.
// SPDX-License-Identifier: MIT
#include "verifier/door/http.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/text.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/bearer.h"
#include "verifier/door/body.h"
#include "verifier/door/crowd.h"
#include "verifier/door/framing.h"
#include "verifier/door/requestlog.h"
#include "verifier/door/visitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sodium.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

// A kept connection may wait so long for its next request. Those of proxies wait longer than the
// proxies themselves do (nginx 60 s, Traefik 90 s, Caddy 120 s), so that none sends into a close.
#define HTTP_IDLE_MS 30000
#define HTTP_SESSION_IDLE_MS 150000

// For one connection: request line, headers, what is noted of them, the answer's headers. A proxy
// passes on what it takes itself, nginx 32 KiB, and makes 500 of an answer that had no room.
#define HTTP_MEMORY (48u * 1024)
#define HTTP_SESSION_MEMORY (80u * 1024) // answers with many cookies

// libmicrohttpd parses in place: a value follows its name after ':' and blanks. Farther apart, the
// line was glued together from several.
#define HTTP_BLANKS_MAX 64

#define HTTP_DOORS 4

struct door {
	struct visitor_door common;
	struct MHD_Daemon *daemon;
	struct loop_watch *watch;
};

struct http {
	struct http_parts parts;
	struct door doors[HTTP_DOORS];
	size_t door_count;
	struct visitors visitors;
};

static const struct visitor_limits api_limits = {
	.connections = HTTP_CONNECTIONS_MAX, .memory = HTTP_MEMORY, .idle_ms = HTTP_IDLE_MS};
static const struct visitor_limits session_limits = {.connections = HTTP_SESSIONS_MAX,
	.of_one_user = HTTP_SESSIONS_OF_USER_MAX,
	.memory = HTTP_SESSION_MEMORY,
	.idle_ms = HTTP_SESSION_IDLE_MS};

// ---- connections

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	struct door *door = cls;
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			visitor_free(*context);
		*context = NULL;
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (!info)
		return;
	*context = visitor_new(&door->common, info->connect_fd);
	if (!*context)
		(void)shutdown(info->connect_fd, SHUT_RDWR); // out of memory
}

static struct visitor *visitor_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

// ---- answers

static const char *const challenges[] = {
	[ROUTE_CHALLENGE_BEARER] = "Bearer realm=\"samekeyd\"",
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

// Why a request is not answered.
struct refusal {
	unsigned status;
	const char *code, *text;
};

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

static struct MHD_Response *response_of(struct route_reply *reply)
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
	response = response_of(reply);
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

// Whether nothing but 2xx, 401 and 403 may be said: a proxy asks about a request of somebody else.
static bool is_on_behalf(const struct visitor *visitor)
{
	static const char check[] = "/auth/check";
	const char *target = visitor->asked.target;

	if (visitor->door->kind != ROUTE_SESSION)
		return route_is_forward(target);
	return strncmp(target, check, sizeof(check) - 1) == 0 &&
	       strchr("/?", target[sizeof(check) - 1]); // its NUL is found as well
}

static bool is_for_people(const struct route *route)
{
	return route && (route->flags & ROUTE_BROWSER);
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct visitor *visitor,
	const char *method, const struct refusal *refusal)
{
	struct route_reply reply = {0};
	unsigned status = refusal->status;

	if (is_on_behalf(visitor))
		status = status == 400 || status == 401 ? 401 : 403; // no other is passed on
	visitor_problem(visitor, &reply, status, refusal->code, refusal->text);
	if (status == 401 && visitor->door->kind != ROUTE_SESSION)
		reply.challenge = is_for_people(route_find(method, visitor->asked.target))
					  ? ROUTE_CHALLENGE_BASIC
					  : ROUTE_CHALLENGE_BEARER;
	return queue(connection, visitor, method, &reply, true);
}

// ---- late answers

// libmicrohttpd takes a response for a suspended connection, and sends it once that is resumed, on
// the next turn. One without a response it asks about again; on_request ends it then.
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

static void on_expired(struct visitor *visitor)
{
	struct route_reply reply = {0};

	later_forget(&visitor->lender);
	visitor_problem(visitor, &reply, 503, "timeout", "no answer came in time");
	on_late_answer(visitor, &reply);
}

static void on_left(struct visitor *visitor)
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

// Judges the headers.
// Returns: whether the request may go on; why not is in `ret_refusal`.
static bool judge(const struct visitor *visitor, const char *version, struct refusal *ret_refusal)
{
	const struct visitor_door *door = visitor->door;
	const struct visitor_asked *asked = &visitor->asked;
	uint64_t length = framing_body(&asked->headers);
	struct refusal *refusal = ret_refusal;

	*refusal = (struct refusal){400, "bad_request", framing_fault(&asked->headers, version)};
	if (refusal->text)
		return false;
	refusal->status = 0;
	if (asked->too_long)
		*refusal =
			(struct refusal){414, "target_too_long", "a path has at most 2047 bytes"};
	else if (length != FRAMING_UNKNOWN && length > door->visitors->parts->rules.body_max)
		*refusal = (struct refusal){
			413, "body_too_large", "see body under [limits] in samekeyd.ini"};
	else if (door->kind == ROUTE_API && visitor->peer.uid == PEER_NOBODY)
		*refusal = (struct refusal){403, "not_admitted", "uid 65534 is nobody"};
	else if (door->kind == ROUTE_TCP)
		refusal->status = framing_stranger(&asked->headers, asked->target,
			route_is_forward(asked->target), door->port, &refusal->code,
			&refusal->text);
	return !refusal->status;
}

// Who asks, over TCP: whoever shows the token, or a stranger. Where Authorization holds a token
// that is to be judged, ours comes in a header of its own. Returns: whether to go on; a wrong token
// is refused.
static bool identify(const struct visitor *visitor, const char *method, struct route_caller *caller,
	struct refusal *ret_refusal)
{
	const struct framing_headers *headers = &visitor->asked.headers;
	const struct http_rules *rules = &visitor->door->visitors->parts->rules;
	const struct route *route = route_find(method, visitor->asked.target);
	const char *given = headers->first[FRAMING_AUTHORIZATION];
	bool is_theirs = route ? (route->flags & ROUTE_JUDGES_BEARER) != 0
			       : route_is_forward(visitor->asked.target);
	bool good;

	caller->uid = THROTTLE_UNKNOWN;
	caller->lacks_token = !rules->token.length;
	if (headers->first[FRAMING_TOKEN])
		good = bearer_is(rules->token, headers->first[FRAMING_TOKEN]);
	else if (given && !is_theirs)
		good = bearer_is_shown(rules->token, given, is_for_people(route));
	else
		return true;
	*ret_refusal = (struct refusal){
		route && (route->verb & ~(unsigned)ADMIT_STATUS) ? 403 : 401, "tcp_token_wrong",
		rules->token.length ? "the token is not the one of token_file"
				    : "samekeyd.ini names no token: token_file under "
				      "[listen]"};
	caller->has_token = good;
	caller->verbs = good ? rules->open_verbs : 0;
	return good;
}

// Fills in who asks. Returns: whether to go on.
static bool introduce(const struct visitor *visitor, const char *method,
	struct route_caller *caller, struct refusal *ret_refusal)
{
	struct admit *admit = visitor->door->visitors->parts->admit;

	caller->uid = visitor->door->is_local ? visitor->peer.uid : THROTTLE_UNKNOWN;
	caller->pid = visitor->peer.pid;
	if (caller->door == ROUTE_API)
		caller->verbs = admit_verbs(admit, visitor->peer.uid, visitor->peer.gid);
	return caller->door != ROUTE_TCP || identify(visitor, method, caller, ret_refusal);
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
	struct refusal refusal;

	if (!introduce(visitor, method, &request.caller, &refusal))
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
	struct refusal refusal;
	uint64_t length;

	asked->seen = true;
	(void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, collect, &asked->headers);
	if (!judge(visitor, version, &refusal))
		return refuse(connection, visitor, method, &refusal);
	length = framing_body(&asked->headers);
	return body_begin(&asked->body, length == FRAMING_UNKNOWN ? 0 : (size_t)length) ? MHD_YES
											: MHD_NO;
}

// NOLINTNEXTLINE(readability-function-size): the library's signature
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context)
{
	const struct door *door = cls;
	struct visitor *visitor = *context;
	size_t more = *size;

	(void)url; // decoded already; the route table wants it as it came
	if (!visitor || visitor->state == VISITOR_GONE)
		return MHD_NO; // out of memory when it began, or it waited in vain
	if (!visitor->asked.seen)
		return begin(connection, visitor, method, version);
	if (!more)
		return answer(connection, visitor, method);
	*size = 0;
	if (visitor->asked.body.length + more > door->common.visitors->parts->rules.body_max) {
		visitor_send_early(
			visitor, 413, "body_too_large", "see body under [limits] in samekeyd.ini");
		return MHD_NO;
	}
	return body_add(&visitor->asked.body, data, more) ? MHD_YES : MHD_NO;
}

// The request line is complete.
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct visitor *visitor = visitor_of(connection);

	(void)cls;
	if (visitor)
		visitor_asks(visitor, target);
	return visitor;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	if (*context)
		visitor_rests(*context);
	*context = NULL;
}

// ---- doors

static void on_ready(void *owner, uint32_t events)
{
	(void)owner; // it only wakes the loop: http_turn does the work
	(void)events;
}

// libmicrohttpd cannot go on, and what it holds is in no order: there is one line left to say.
static void on_panic(void *owner, const char *file, unsigned line, const char *reason)
{
	const struct http *http = owner;
	struct log_line last;

	(void)file;
	(void)line;
	log_begin(&last, http->parts.log, LOG_ERROR, "http_abort");
	log_text(&last, "what", "libmicrohttpd gave up, and samekeyd ends with it");
	log_text(&last, "why", reason);
	log_text(&last, "hint",
		"the service manager starts samekeyd again; if this comes often, the system lacks "
		"memory or descriptors");
	log_end(&last);
	abort();
}

static int find_port(struct visitor_door *door, int fd, struct err *err)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return err_set(err, -errno, NULL, "cannot ask for the port: %s", strerror(errno));
	door->is_local = address.ss_family == AF_UNIX;
	if (address.ss_family == AF_INET)
		door->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	else if (address.ss_family == AF_INET6)
		door->port = ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return 0;
}

static int open_door(struct http *http, enum route_door kind, int fd, struct err *err)
{
	const struct visitor_limits *limits = kind == ROUTE_SESSION ? &session_limits : &api_limits;
	struct door *door = &http->doors[http->door_count];
	const union MHD_DaemonInfo *info;
	int code;

	MHD_set_panic_func(on_panic, http);
	*door = (struct door){.common = {&http->visitors, limits, kind}};
	code = find_port(&door->common, fd, err);
	if (code < 0)
		return code;
	door->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
		on_request, door, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, door, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL, MHD_OPTION_CONNECTION_LIMIT,
		limits->connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits->memory,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(limits->idle_ms / 1000),
		MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
		MHD_OPTION_END);
	if (!door->daemon)
		return err_set(err, -EAGAIN, NULL,
			"libmicrohttpd cannot start: the system lacks memory or descriptors");
	http->door_count++;
	info = MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return err_set(err, -EAGAIN, NULL, "libmicrohttpd has no epoll descriptor");
	code = loop_watch(http->parts.loop, info->epoll_fd, EPOLLIN, on_ready, door, &door->watch);
	return code == 0 ? 0
			 : err_set(err, code, NULL, "cannot watch a socket: %s", strerror(-code));
}

int http_open(const struct http_parts *parts, struct http **ret_http, struct err *err)
{
	const struct {
		enum route_door kind;
		int fd;
	} doors[HTTP_DOORS] = {{ROUTE_API, parts->api}, {ROUTE_TCP, parts->tcp},
		{ROUTE_SESSION, parts->session}, {ROUTE_SESSION, parts->session_tcp}};
	struct http *http = calloc(1, sizeof(*http));
	int code = 0;

	if (!http)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	http->parts = *parts;
	http->visitors =
		(struct visitors){.parts = &http->parts, .expired = on_expired, .left = on_left};
	for (size_t i = 0; i < HTTP_DOORS && code == 0; i++)
		if (doors[i].fd >= 0)
			code = open_door(http, doors[i].kind, doors[i].fd, err);
	if (code < 0) {
		http_close(http);
		return code;
	}
	*ret_http = http;
	return 0;
}

void http_change(struct http *http, const struct http_rules *rules)
{
	http->parts.rules = *rules;
}

void http_turn(struct http *http)
{
	for (size_t i = 0; i < http->door_count; i++) {
		struct door *door = &http->doors[i];

		door->common.left = false;
		ignore_result(MHD_run(door->daemon) != MHD_YES); // each turn tries anew
		// where it was full it looks for newcomers on the turn after the one in which one
		// left
		if (door->common.left)
			ignore_result(MHD_run(door->daemon) != MHD_YES); // likewise
	}
}

int http_patience(struct http *http)
{
	MHD_UNSIGNED_LONG_LONG least = INT_MAX;

	for (size_t i = 0; i < http->door_count; i++) {
		MHD_UNSIGNED_LONG_LONG wait;

		if (MHD_get_timeout(http->doors[i].daemon, &wait) == MHD_YES && wait < least)
			least = wait;
	}
	return least == INT_MAX ? -1 : (int)least;
}

void http_stop(struct http *http)
{
	for (size_t i = 0; i < http->door_count; i++) {
		struct door *door = &http->doors[i];
		int fd = door->common.stopped ? -1 : MHD_quiesce_daemon(door->daemon);

		door->common.stopped = true;
		own_fd_release(&fd);
	}
	for (struct visitor *visitor = http->visitors.first; visitor; visitor = visitor->after)
		if (visitor->state == VISITOR_IDLE)
			visitor_hang_up(visitor);
}

size_t http_count(const struct http *http)
{
	return http->visitors.count;
}

struct http *http_close(struct http *http)
{
	if (!http)
		return NULL;
	for (struct visitor *visitor = http->visitors.first; visitor; visitor = visitor->after)
		if (visitor->state == VISITOR_WAITING)
			on_left(visitor); // MHD_stop_daemon aborts over a suspended connection
	for (size_t i = 0; i < http->door_count; i++) {
		loop_unwatch(http->doors[i].watch);
		crowd_done(&http->doors[i].common);
		MHD_stop_daemon(http->doors[i].daemon);
	}
	free(http);
	return NULL;
}
