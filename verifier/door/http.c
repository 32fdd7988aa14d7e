// libmicrohttpd without a thread of its own: its epoll descriptor is one more in our loop. It
// parses and writes; who is there, what is asked and how long it may take is decided here.
// SPDX-License-Identifier: MIT
#include "verifier/door/http.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/body.h"
#include "verifier/door/framing.h"
#include "verifier/door/loop.h"
#include "verifier/door/requestlog.h"
#include "verifier/door/throttle.h"

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

#define HTTP_IDLE_MS 30000   // a kept connection may wait so long for its next request
#define HTTP_EARLY_SIZE 1024 // of an answer with its headers

// For one connection: request line, headers, what is noted of them, the answer's headers. A proxy
// passes on what it takes itself, nginx 32 KiB, and makes 500 of an answer that had no room.
#define HTTP_MEMORY (48u * 1024)

// libmicrohttpd parses in place: a value follows its name after ':' and blanks. Farther apart, the
// line was glued together from several.
#define HTTP_BLANKS_MAX 64

struct door {
	struct http *http;
	enum route_door kind;
	struct MHD_Daemon *daemon;
	struct loop_watch *watch;
	unsigned port; // of TCP
	bool stopped;
};

// A request, from its first line to the end of its answer. Zeroed for each but the texts.
struct asked {
	bool too_long, seen;
	struct framing_headers headers;
	struct body body;
	char target[ROUTE_TARGET_MAX + 1];
};

// A connection, from libmicrohttpd's accept to its close.
struct visitor {
	struct door *door;
	struct visitor *before, *after;
	int fd;
	struct peer peer; // of the Unix socket
	bool counted;     // with admit
	bool stranger;    // without a verb, counted among http's
	bool waiting;     // no request has begun
	bool answered;    // the present request's answer is on its way
	uint64_t due_ms;  // when it is ended
	struct loop_timer *timer;
	struct asked asked;
};

struct http {
	struct http_parts parts;
	struct door doors[2];
	size_t door_count;
	struct visitor *visitors;
	size_t count, strangers;
};

// ---- answers without libmicrohttpd, which gives none before it has a whole request

// Sends a problem; whether it arrives or not, the connection is closed then.
static void send_early(
	const struct visitor *visitor, unsigned status, const char *code, const char *detail)
{
	struct route_reply reply = {0};
	char text[HTTP_EARLY_SIZE];
	int length;

	route_problem(&reply, status, code, detail);
	length = snprintf(text, sizeof(text),
		"HTTP/1.1 %u %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
		"X-Content-Type-Options: nosniff\r\nConnection: close\r\n"
		"%sContent-Length: %zu\r\n\r\n%s\n",
		status, MHD_get_reason_phrase_for(status), reply.content_type,
		status == 503 ? "Retry-After: 1\r\n" : "", reply.length + 1,
		reply.body ? reply.body : "");
	route_reply_done(&reply);
	ignore_result(send(visitor->fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
}

// ---- deadlines

static void on_deadline(void *owner);

// One timer for all deadlines of a connection: it looks no later than any that is set meanwhile
// could be due.
static void arm(struct visitor *visitor, uint64_t now)
{
	struct http *http = visitor->door->http;
	uint64_t delay = visitor->due_ms > now ? visitor->due_ms - now : 0;

	if (delay > http->parts.rules.deadline_ms)
		delay = http->parts.rules.deadline_ms;
	if (loop_after(http->parts.loop, delay, on_deadline, visitor, &visitor->timer) < 0)
		(void)shutdown(visitor->fd, SHUT_RDWR); // no deadline, no service
}

static void on_deadline(void *owner)
{
	struct visitor *visitor = owner;
	uint64_t now = clock_steady_ms();

	visitor->timer = NULL;
	if (now < visitor->due_ms) {
		arm(visitor, now);
		return;
	}
	if (!visitor->answered && !visitor->waiting)
		send_early(visitor, 408, "timeout", "no whole request came in time");
	(void)shutdown(visitor->fd, SHUT_RDWR); // libmicrohttpd sees the end and closes it
}

static void set_deadline(struct visitor *visitor, uint64_t delay_ms)
{
	uint64_t now = clock_steady_ms();

	visitor->due_ms = now + delay_ms;
	if (!visitor->timer)
		arm(visitor, now);
}

// ---- connections

static void turn_away(struct visitor *visitor)
{
	visitor->door->http->parts.answers->counts.denied[visitor->door->kind]++;
	send_early(visitor, 503, "busy", "too many connections of this user");
	(void)shutdown(visitor->fd, SHUT_RDWR); // libmicrohttpd sees the end and closes it
}

static struct visitor *visitor_new(struct door *door, int fd)
{
	struct http *http = door->http;
	struct visitor *visitor = calloc(1, sizeof(*visitor));

	if (!visitor)
		return NULL;
	visitor->door = door;
	visitor->after = http->visitors;
	visitor->fd = fd;
	visitor->peer = PEER_NONE;
	visitor->waiting = true;
	if (http->visitors)
		http->visitors->before = visitor;
	http->visitors = visitor;
	http->count++;
	http->parts.answers->counts.connections[door->kind]++;
	return visitor;
}

static void visitor_free(struct visitor *visitor)
{
	struct http *http = visitor->door->http;

	loop_forget(visitor->timer);
	body_done(&visitor->asked.body);
	if (visitor->counted)
		admit_leave(http->parts.admit, visitor->peer.uid);
	http->strangers -= visitor->stranger;
	if (visitor->before)
		visitor->before->after = visitor->after;
	else
		http->visitors = visitor->after;
	if (visitor->after)
		visitor->after->before = visitor->before;
	http->count--;
	http->parts.answers->counts.connections[visitor->door->kind]--;
	free(visitor);
}

// Whether the user may have one more connection. Those who may ask for health alone have few
// places, or two of them could hold all that there are.
static bool has_place(struct visitor *visitor)
{
	struct http *http = visitor->door->http;
	const struct peer *peer = &visitor->peer;
	bool stranger = !admit_verbs(http->parts.admit, peer->uid, peer->gid);

	if (stranger && http->strangers == HTTP_STRANGERS_MAX)
		return false;
	visitor->counted = admit_enter(http->parts.admit, peer->uid);
	visitor->stranger = stranger && visitor->counted;
	http->strangers += visitor->stranger;
	return visitor->counted;
}

static void greet(struct visitor *visitor)
{
	if (visitor->door->kind == ROUTE_API &&
		(peer_credentials(visitor->fd, &visitor->peer, NULL) < 0 || !has_place(visitor)))
		turn_away(visitor);
	else
		set_deadline(visitor, HTTP_IDLE_MS);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code)
{
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
	*context = visitor_new(cls, info->connect_fd);
	if (*context)
		greet(*context);
	else
		(void)shutdown(info->connect_fd, SHUT_RDWR); // out of memory
}

static struct visitor *visitor_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

// ---- answers

static void add_headers(struct MHD_Response *response, const struct route_reply *reply)
{
	const struct {
		const char *name, *value;
	} headers[] = {
		{"Content-Type", reply->content_type},
		{"Cache-Control", reply->cache ? reply->cache : "no-store"},
		{"X-Content-Type-Options", "nosniff"},
		{"WWW-Authenticate", reply->ask_token ? "Bearer realm=\"samekeyd\"" : NULL},
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
	const struct http_parts *parts = &visitor->door->http->parts;
	const struct peer *peer = &visitor->peer;
	bool known = visitor->door->kind == ROUTE_API;
	const struct requestlog requestlog = {parts->log, parts->throttle, &parts->answers->counts};

	requestlog_note(&requestlog,
		&(struct requestlog_entry){.door = visitor->door->kind,
			.method = method,
			.target = visitor->asked.target,
			.uid = known ? peer->uid : THROTTLE_UNKNOWN,
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
	visitor->answered = result == MHD_YES;
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct visitor *visitor,
	const char *method, const struct refusal *refusal)
{
	struct route_reply reply = {0};
	unsigned status = refusal->status;

	if (route_is_forward(visitor->asked.target))
		status = status == 400 || status == 401 ? 401 : 403; // no other is passed on
	route_problem(&reply, status, refusal->code, refusal->text);
	reply.ask_token = status == 401;
	return queue(connection, visitor, method, &reply, true);
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
	const struct door *door = visitor->door;
	const struct asked *asked = &visitor->asked;
	uint64_t length = framing_body(&asked->headers);
	struct refusal *refusal = ret_refusal;

	*refusal = (struct refusal){400, "bad_request", framing_fault(&asked->headers, version)};
	if (refusal->text)
		return false;
	refusal->status = 0;
	if (asked->too_long)
		*refusal =
			(struct refusal){414, "target_too_long", "a path has at most 2047 bytes"};
	else if (length != FRAMING_UNKNOWN && length > door->http->parts.rules.body_max)
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

// Who asks, over TCP: a bearer of the token or a stranger. Where Authorization holds a token that
// is to be judged, ours comes in a header of its own.
// Returns: whether to go on; a wrong token is refused.
static bool identify(struct visitor *visitor, const char *method, struct route_caller *caller,
	struct refusal *ret_refusal)
{
	static const char scheme[] = "Bearer ";
	const struct framing_headers *headers = &visitor->asked.headers;
	const struct http_rules *rules = &visitor->door->http->parts.rules;
	const struct route *route = route_find(method, visitor->asked.target);
	const char *given = headers->first[FRAMING_TOKEN];
	bool is_theirs = route ? (route->flags & ROUTE_JUDGES_BEARER) != 0
			       : route_is_forward(visitor->asked.target);
	bool good = given;

	caller->uid = THROTTLE_UNKNOWN;
	caller->lacks_token = !rules->token.length;
	if (!given && !is_theirs)
		given = headers->first[FRAMING_AUTHORIZATION];
	if (!given)
		return true;
	if (!good && strncasecmp(given, scheme, sizeof(scheme) - 1) == 0) {
		given += sizeof(scheme) - 1;
		good = true;
	}
	good = good && rules->token.length &&
	       secret_equal(rules->token, secret_view(given, strlen(given)));
	*ret_refusal = (struct refusal){
		route && (route->verb & ~(unsigned)ADMIT_STATUS) ? 403 : 401, "tcp_token_wrong",
		rules->token.length ? "the token is not the one of token_file"
				    : "samekeyd.ini names no token: token_file under "
				      "[listen]"};
	caller->has_token = good;
	caller->verbs = good ? rules->open_verbs : 0;
	return good;
}

static enum MHD_Result answer(
	struct MHD_Connection *connection, struct visitor *visitor, const char *method)
{
	const struct asked *asked = &visitor->asked;
	const struct framing_headers *headers = &asked->headers;
	struct http *http = visitor->door->http;
	struct route_request request = {.caller = {.door = visitor->door->kind},
		.method = method,
		.target = asked->target,
		.type = headers->first[FRAMING_TYPE],
		.body = asked->body.bytes ? asked->body.bytes : "",
		.length = asked->body.length,
		.authorization = headers->first[FRAMING_AUTHORIZATION],
		.if_none_match = headers->first[FRAMING_IF_NONE_MATCH],
		.cookies = headers->cookies,
		.cookie_count = headers->times[FRAMING_COOKIE]};
	struct refusal refusal;
	struct route_reply reply;

	if (request.caller.door == ROUTE_API) {
		request.caller.uid = visitor->peer.uid;
		request.caller.pid = visitor->peer.pid;
		request.caller.verbs =
			admit_verbs(http->parts.admit, visitor->peer.uid, visitor->peer.gid);
	} else if (!identify(visitor, method, &request.caller, &refusal)) {
		return refuse(connection, visitor, method, &refusal);
	}
	route_answer(http->parts.answers, &request, &reply);
	return queue(connection, visitor, method, &reply, visitor->door->stopped);
}

// The headers are complete.
static enum MHD_Result begin(struct MHD_Connection *connection, struct visitor *visitor,
	const char *method, const char *version)
{
	struct asked *asked = &visitor->asked;
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
	if (!visitor)
		return MHD_NO; // out of memory when it began
	if (!visitor->asked.seen)
		return begin(connection, visitor, method, version);
	if (!more)
		return answer(connection, visitor, method);
	*size = 0;
	if (visitor->asked.body.length + more > door->http->parts.rules.body_max) {
		send_early(
			visitor, 413, "body_too_large", "see body under [limits] in samekeyd.ini");
		return MHD_NO;
	}
	return body_add(&visitor->asked.body, data, more) ? MHD_YES : MHD_NO;
}

// The request line is complete.
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct visitor *visitor = visitor_of(connection);
	struct asked *asked;
	size_t length = strlen(target);

	(void)cls;
	if (!visitor)
		return NULL;
	asked = &visitor->asked;
	asked->seen = false;
	asked->too_long = length > ROUTE_TARGET_MAX;
	asked->headers = (struct framing_headers){0};
	if (asked->too_long)
		length = ROUTE_TARGET_MAX;
	memcpy(asked->target, target, length);
	asked->target[length] = '\0';
	visitor->waiting = visitor->answered = false;
	set_deadline(visitor, visitor->door->http->parts.rules.deadline_ms);
	return visitor;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct visitor *visitor = *context;

	(void)cls;
	(void)connection;
	(void)code;
	if (visitor) {
		visitor->waiting = true;
		body_wipe(&visitor->asked.body);
		set_deadline(visitor, HTTP_IDLE_MS);
	}
	*context = NULL;
}

// ---- doors

static void on_ready(void *owner, uint32_t events)
{
	(void)owner; // it only wakes the loop: http_turn does the work
	(void)events;
}

static int open_door(struct http *http, enum route_door kind, int fd, struct err *err)
{
	struct door *door = &http->doors[http->door_count];
	const union MHD_DaemonInfo *info;
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	*door = (struct door){.http = http, .kind = kind};
	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return err_set(err, -errno, NULL, "cannot ask for the port: %s", strerror(errno));
	if (address.ss_family == AF_INET)
		door->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
	else if (address.ss_family == AF_INET6)
		door->port = ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	door->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, door,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, door,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_URI_LOG_CALLBACK,
		on_target, NULL, MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, HTTP_IDLE_MS / 1000u, MHD_OPTION_STRICT_FOR_CLIENT,
		0, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	if (!door->daemon)
		return err_set(err, -EIO, NULL, "libmicrohttpd cannot start");
	http->door_count++;
	info = MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return err_set(err, -EIO, NULL, "libmicrohttpd has no epoll descriptor");
	return loop_watch(http->parts.loop, info->epoll_fd, EPOLLIN, on_ready, door, &door->watch);
}

int http_open(const struct http_parts *parts, struct http **ret_http, struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));
	int code;

	if (!http)
		return err_set(err, -ENOMEM, NULL, "out of memory");
	http->parts = *parts;
	code = parts->api >= 0 ? open_door(http, ROUTE_API, parts->api, err) : 0;
	if (code == 0 && parts->tcp >= 0)
		code = open_door(http, ROUTE_TCP, parts->tcp, err);
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
	for (size_t i = 0; i < http->door_count; i++)
		ignore_result(MHD_run(http->doors[i].daemon) != MHD_YES); // each turn tries anew
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
		int fd = door->stopped ? -1 : MHD_quiesce_daemon(door->daemon);

		door->stopped = true;
		own_fd_release(&fd);
	}
	for (struct visitor *visitor = http->visitors; visitor; visitor = visitor->after)
		if (visitor->waiting)
			(void)shutdown(visitor->fd, SHUT_RDWR);
}

size_t http_count(const struct http *http)
{
	return http->count;
}

struct http *http_close(struct http *http)
{
	if (!http)
		return NULL;
	for (size_t i = 0; i < http->door_count; i++) {
		loop_unwatch(http->doors[i].watch);
		MHD_stop_daemon(http->doors[i].daemon);
	}
	free(http);
	return NULL;
}

// ---- the token

static int judge_token(const struct fs_file *file, const char *path, size_t length, struct err *err)
{
	if (file->facts.st_mode & S_IROTH) {
		(void)err_set(err, -EPERM, path, "everybody may read this token");
		return err_hint(err, "chmod o-r %s", path);
	}
	if (length < HTTP_TOKEN_MIN || length > HTTP_TOKEN_MAX) {
		(void)err_set(err, -EINVAL, path, "a token has %d to %d bytes", HTTP_TOKEN_MIN,
			HTTP_TOKEN_MAX);
		return err_hint(err, "samekey keygen > %s", path);
	}
	for (size_t i = 0; i < length; i++)
		if (file->bytes[i] <= ' ' || file->bytes[i] > '~')
			return err_set(err, -EINVAL, path,
				"a token is one line of letters, digits and signs");
	return 0;
}

int http_token_read(
	const char *path, struct secret_arena *arena, struct secret *ret_token, struct err *err)
{
	const struct fs_rules rules = {.max_size = 4096, .links = FS_LINKS_ANYWHERE};
	struct fs_file file;
	size_t length;
	int code = fs_read(AT_FDCWD, path, &rules, arena, &file, err);

	if (code < 0)
		return code;
	length = file.size;
	if (length && file.bytes[length - 1] == '\n')
		length--;
	code = judge_token(&file, path, length, err);
	if (code == 0)
		code = secret_copy(arena, file.bytes, length, ret_token);
	fs_file_done(&file, arena);
	return code;
}
