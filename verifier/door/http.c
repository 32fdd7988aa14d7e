// libmicrohttpd without a thread of its own: its epoll descriptor is one more in our loop. It
// parses and writes; who is there and how long it may stay is decided here, of a connection, and in
// httprequest.c of a request.
// SPDX-License-Identifier: MIT
#include "verifier/door/http.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "verifier/door/crowd.h"
#include "verifier/door/httprequest.h"
#include "verifier/door/visitor.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

// What framing.c refuses in our own words. A libmicrohttpd from 1.0 on judges it before anybody is
// asked, in its words, and would else unfold lines that another program reads as two.
#define STRICTNESS (MHD_VERSION >= 0x01000000)

// A kept connection may wait so long for its next request. Those of proxies wait longer than the
// proxies themselves do (nginx 60 s, Traefik 90 s, Caddy 120 s), so that none sends into a close.
#define HTTP_IDLE_MS 30000
#define HTTP_SESSION_IDLE_MS 150000

// For one connection: request line, headers, what is noted of them, the answer's headers. A proxy
// passes on what it takes itself, nginx 32 KiB, and makes 500 of an answer that had no room.
#define HTTP_MEMORY (48u * 1024)
#define HTTP_SESSION_MEMORY (80u * 1024) // answers with many cookies

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
		httprequest_goes_on, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, door, MHD_OPTION_NOTIFY_COMPLETED,
		httprequest_ends, NULL, MHD_OPTION_URI_LOG_CALLBACK, httprequest_begins, NULL,
		MHD_OPTION_CONNECTION_LIMIT, limits->connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits->memory, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)(limits->idle_ms / 1000), MHD_OPTION_STRICT_FOR_CLIENT, STRICTNESS,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
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
		return err_no_memory(err);
	http->parts = *parts;
	http->visitors = (struct visitors){
		.parts = &http->parts, .expired = httprequest_expired, .left = httprequest_left};
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
			httprequest_left(
				visitor); // MHD_stop_daemon aborts over a suspended connection
	for (size_t i = 0; i < http->door_count; i++) {
		loop_unwatch(http->doors[i].watch);
		crowd_done(&http->doors[i].common);
		MHD_stop_daemon(http->doors[i].daemon);
	}
	free(http);
	return NULL;
}
