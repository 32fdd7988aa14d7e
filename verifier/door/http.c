// libmicrohttpd without a thread of its own: its epoll descriptor is one more in our loop. It
// parses and writes; who is there, what is asked and how long it may take is decided here.
// SPDX-License-Identifier: MIT
#include "verifier/door/http.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/wire/peer.h"
#include "verifier/door/admit.h"
#include "verifier/door/answers.h"
#include "verifier/door/framing.h"
#include "verifier/door/loop.h"
#include "verifier/door/throttle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define HTTP_IDLE_MS 30000       // a kept connection may wait so long for its next request
#define HTTP_EARLY_SIZE 1024     // of an answer with its headers
#define HTTP_MEMORY (32u * 1024) // for one connection: request line, headers, answer's headers

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

// A connection, from libmicrohttpd's accept to its close.
struct visitor {
	struct door *door;
	struct visitor *before, *after;
	int fd;
	struct peer peer; // of the Unix socket
	bool counted;     // with admit
	bool waiting;     // no request has begun
	bool answered;    // the present request's answer is on its way
	struct loop_timer *timer;
};

struct http {
	struct http_parts parts;
	struct door doors[2];
	size_t door_count;
	struct visitor *visitors;
	size_t count;
};

// A request, from its first line to the end of its answer.
struct asked {
	struct visitor *visitor;
	char target[ROUTE_TARGET_MAX + 1];
	bool too_long, seen;
	uint64_t body;
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

static void on_deadline(void *owner)
{
	struct visitor *visitor = owner;

	visitor->timer = NULL;
	if (!visitor->answered && !visitor->waiting)
		send_early(visitor, 408, "timeout", "no whole request came in time");
	(void)shutdown(visitor->fd, SHUT_RDWR); // libmicrohttpd sees the end and closes it
}

static void set_deadline(struct visitor *visitor, uint64_t delay_ms)
{
	struct loop *loop = visitor->door->http->parts.loop;

	visitor->timer = loop_forget(visitor->timer);
	if (loop_after(loop, delay_ms, on_deadline, visitor, &visitor->timer) < 0)
		(void)shutdown(visitor->fd, SHUT_RDWR); // no deadline, no service
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
	*visitor = (struct visitor){.door = door,
		.after = http->visitors,
		.fd = fd,
		.peer = PEER_NONE,
		.waiting = true};
	if (http->visitors)
		http->visitors->before = visitor;
	http->visitors = visitor;
	http->count++;
	return visitor;
}

static void visitor_free(struct visitor *visitor)
{
	struct http *http = visitor->door->http;

	loop_forget(visitor->timer);
	if (visitor->counted)
		admit_leave(http->parts.admit, visitor->peer.uid);
	if (visitor->before)
		visitor->before->after = visitor->after;
	else
		http->visitors = visitor->after;
	if (visitor->after)
		visitor->after->before = visitor->before;
	http->count--;
	free(visitor);
}

static void greet(struct visitor *visitor)
{
	struct http *http = visitor->door->http;

	if (visitor->door->kind == ROUTE_API) {
		if (peer_credentials(visitor->fd, &visitor->peer, NULL) < 0) {
			turn_away(visitor);
			return;
		}
		visitor->counted = admit_enter(http->parts.admit, visitor->peer.uid);
		if (!visitor->counted) {
			turn_away(visitor);
			return;
		}
	}
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
		{"Cache-Control", "no-store"},
		{"X-Content-Type-Options", "nosniff"},
		{"Allow", reply->allow},
		{"WWW-Authenticate", reply->ask_token ? "Bearer realm=\"samekeyd\"" : NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		if (headers[i].value)
			ignore_result(MHD_add_response_header(response, headers[i].name,
					      headers[i].value) != MHD_YES); // short of memory
}

// Whether a line about a refused request may be written.
static bool may_note(const struct visitor *visitor)
{
	const struct http_parts *parts = &visitor->door->http->parts;
	const struct peer *peer = &visitor->peer;
	bool known = visitor->door->kind == ROUTE_API;
	bool stranger = !known || !admit_verbs(parts->admit, peer->uid, peer->gid);

	return throttle_admits(parts->throttle, stranger ? THROTTLE_STRANGER : THROTTLE_PROBLEM,
		known ? peer->uid : THROTTLE_UNKNOWN, loop_now());
}

static void note_request(
	const struct asked *asked, const char *method, const struct route_reply *reply)
{
	const struct visitor *visitor = asked->visitor;
	struct http *http = visitor->door->http;
	struct metrics_counts *counts = &http->parts.answers->counts;
	bool denied = reply->status == 401 || reply->status == 403 || reply->status == 421;
	bool refused = denied || reply->status == 400;
	struct log_line line;

	counts->requests[visitor->door->kind]++;
	counts->denied[visitor->door->kind] += denied;
	if (refused && !may_note(visitor))
		return;
	log_begin(&line, http->parts.log, refused ? LOG_WARNING : LOG_DEBUG, "request");
	log_text(&line, "door", visitor->door->kind == ROUTE_TCP ? "tcp" : "api");
	log_text(&line, "method", method);
	log_text(&line, "target", asked->target);
	log_number(&line, "status", reply->status);
	if (visitor->door->kind == ROUTE_API)
		log_number(&line, "uid", visitor->peer.uid);
	log_end(&line);
}

// Whoever asks with curl gets the prompt back on a line of its own.
static void end_line(struct route_reply *reply)
{
	char *longer;

	if (!reply->length || reply->body[reply->length - 1] == '\n')
		return;
	longer = realloc(reply->body, reply->length + 1);
	if (!longer)
		return; // without, it is as good an answer
	longer[reply->length++] = '\n';
	reply->body = longer;
}

// Queues the reply; `close` ends the connection after it.
static enum MHD_Result queue(struct MHD_Connection *connection, struct asked *asked,
	const char *method, struct route_reply *reply, bool close)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	note_request(asked, method, reply);
	end_line(reply);
	response =
		MHD_create_response_from_buffer(reply->length, reply->body, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		route_reply_done(reply);
		return MHD_NO;
	}
	reply->body = NULL; // the response frees it
	add_headers(response, reply);
	if (close)
		ignore_result(MHD_add_response_header(response, "Connection", "close") != MHD_YES);
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	asked->visitor->answered = result == MHD_YES;
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, struct asked *asked,
	const char *method, unsigned status, const char *code, const char *text)
{
	struct route_reply reply = {0};

	route_problem(&reply, status, code, text);
	reply.ask_token = status == 401;
	return queue(connection, asked, method, &reply, true);
}

// ---- requests

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind, const char *name,
	size_t name_size, const char *value, size_t value_size)
{
	struct framing_headers *headers = cls;
	uintptr_t end = (uintptr_t)name + name_size, at = (uintptr_t)value;
	struct framing_header *header;

	(void)kind;
	if (headers->count == FRAMING_HEADERS_MAX) {
		headers->too_many = true;
		return MHD_NO;
	}
	header = &headers->list[headers->count++];
	header->name = name;
	header->value = value ? value : "";
	header->glued =
		value && (at <= end || at > end + HTTP_BLANKS_MAX || strlen(value) != value_size);
	return MHD_YES;
}

// Who asks, over TCP: a bearer of the token or a stranger.
// Returns: whether to go on; a wrong token is refused.
static bool identify(
	const struct http *http, const struct framing_headers *headers, struct route_caller *caller)
{
	static const char scheme[] = "Bearer ";
	const char *given = framing_value(headers, "Authorization");
	struct secret token = http->parts.rules.token;

	caller->verbs = 0;
	if (!given)
		return true;
	if (strncasecmp(given, scheme, sizeof(scheme) - 1) != 0)
		return false;
	given += sizeof(scheme) - 1;
	if (!token.length || !secret_equal(token, secret_view(given, strlen(given))))
		return false;
	caller->has_token = true;
	caller->verbs = http->parts.rules.open_verbs;
	return true;
}

// Judges the headers.
// Returns: 0, or the status to refuse with, its code and text.
static unsigned judge(const struct asked *asked, const struct framing_headers *headers,
	const char *version, const char **ret_code, const char **ret_text)
{
	const struct door *door = asked->visitor->door;
	uint64_t body = framing_body(headers);

	*ret_code = "bad-request";
	*ret_text = framing_fault(headers, version);
	if (*ret_text)
		return 400;
	if (asked->too_long) {
		*ret_code = "target-too-long";
		*ret_text = "a path has at most 2047 bytes";
		return 414;
	}
	if (body != FRAMING_UNKNOWN && body > door->http->parts.rules.body_max) {
		*ret_code = "body-too-large";
		*ret_text = "see body under [limits] in samekeyd.ini";
		return 413;
	}
	if (door->kind == ROUTE_API && asked->visitor->peer.uid == PEER_NOBODY) {
		*ret_code = "not-admitted";
		*ret_text = "uid 65534 is nobody";
		return 403;
	}
	return door->kind == ROUTE_TCP
		       ? framing_stranger(headers, asked->target, door->port, ret_code, ret_text)
		       : 0;
}

static void collect_headers(struct MHD_Connection *connection, struct framing_headers *headers)
{
	headers->count = 0;
	headers->too_many = false;
	(void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, collect, headers);
}

static enum MHD_Result answer(
	struct MHD_Connection *connection, struct asked *asked, const char *method)
{
	const struct visitor *visitor = asked->visitor;
	struct http *http = visitor->door->http;
	struct route_caller caller = {.door = visitor->door->kind};
	struct framing_headers headers;
	struct route_reply reply;

	if (caller.door == ROUTE_API) {
		caller.verbs = admit_verbs(http->parts.admit, visitor->peer.uid, visitor->peer.gid);
	} else {
		collect_headers(connection, &headers);
		if (!identify(http, &headers, &caller))
			return refuse(connection, asked, method, 401, "wrong-token",
				"the token is not the one of token_file");
	}
	route_answer(http->parts.answers, method, asked->target, &caller, &reply);
	return queue(connection, asked, method, &reply, visitor->door->stopped);
}

// NOLINTNEXTLINE(readability-function-size): the library's signature
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **context)
{
	const struct door *door = cls;
	struct asked *asked = *context;
	struct framing_headers headers;
	const char *code, *text;
	unsigned status;

	(void)url; // decoded already; the route table wants it as it came
	(void)data;
	if (!asked || !asked->visitor)
		return MHD_NO; // out of memory when it began
	if (!asked->seen) {
		asked->seen = true;
		collect_headers(connection, &headers);
		status = judge(asked, &headers, version, &code, &text);
		return status ? refuse(connection, asked, method, status, code, text) : MHD_YES;
	}
	if (*size) {
		asked->body += *size; // no route takes a body
		*size = 0;
		return asked->body > door->http->parts.rules.body_max ? MHD_NO : MHD_YES;
	}
	return answer(connection, asked, method);
}

// The request line is complete.
static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	struct visitor *visitor = visitor_of(connection);

	(void)cls;
	if (!asked || !visitor) {
		free(asked);
		return NULL;
	}
	asked->visitor = visitor;
	asked->too_long = strlen(target) > ROUTE_TARGET_MAX;
	(void)snprintf(asked->target, sizeof(asked->target), "%s", target);
	visitor->waiting = visitor->answered = false;
	set_deadline(visitor, visitor->door->http->parts.rules.deadline_ms);
	return asked;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct asked *asked = *context;

	(void)cls;
	(void)connection;
	(void)code;
	if (asked && asked->visitor) {
		asked->visitor->waiting = true;
		set_deadline(asked->visitor, HTTP_IDLE_MS);
	}
	free(asked);
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
