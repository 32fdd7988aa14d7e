// One timer for all deadlines of a connection; a watch only while it waits for a late answer,
// because the library does not look at it then.
// SPDX-License-Identifier: MIT
#include "verifier/door/visitor.h"

#include "lib/base/clock.h"
#include "lib/base/loop.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/reply.h"
#include "verifier/door/crowd.h"
#include "verifier/door/http.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#define VISITOR_EARLY_SIZE 1024 // of an answer with its headers
#define VISITOR_ROOM 128        // of a problem on the session doors beside its detail

// ---- problems

void visitor_problem(const struct visitor *visitor, struct route_reply *reply, unsigned status,
	const char *code, const char *detail)
{
	if (visitor->door->kind != ROUTE_SESSION) {
		route_problem(reply, status, code, detail);
		return;
	}
	reply_begin(reply, status, "application/json", VISITOR_ROOM + strlen(detail));
	reply_member(reply, "{\"error\":", detail);
	reply_member(reply, ",\"code\":", code);
	reply_text(reply, "}"); // where memory is short the status alone says it
	reply->code = code;
}

void visitor_send_early(
	const struct visitor *visitor, unsigned status, const char *code, const char *detail)
{
	struct route_reply reply = {0};
	char text[VISITOR_EARLY_SIZE];
	int length;

	visitor_problem(visitor, &reply, status, code, detail);
	length = snprintf(text, sizeof(text),
		"HTTP/1.1 %u %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
		"X-Content-Type-Options: nosniff\r\nConnection: close\r\n"
		"%sContent-Length: %zu\r\n\r\n%s\n",
		status, route_title(status), reply.content_type,
		status == 503 ? "Retry-After: 1\r\n" : "", reply.length + 1,
		reply.body ? reply.body : "");
	route_reply_done(&reply);
	if (length <= 0 || (size_t)length >= sizeof(text))
		return; // longer than any of ours: the end of the connection says it then
	ignore_result(send(visitor->fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
}

void visitor_hang_up(const struct visitor *visitor)
{
	(void)shutdown(visitor->fd, SHUT_RDWR); // fails where the peer was faster
}

void visitor_give_up(struct visitor *visitor)
{
	visitor->door->visitors->parts->answers->counts.denied[visitor->door->kind]++;
	visitor->state = VISITOR_GONE;
	visitor_hang_up(visitor);
}

// ---- deadlines

static void on_deadline(void *owner);

// How long a request of the door may wait for its answer.
static uint64_t wait_of(const struct visitor_door *door)
{
	const struct http_rules *rules = &door->visitors->parts->rules;

	return door->kind == ROUTE_SESSION && rules->session_wait_ms ? rules->session_wait_ms
								     : rules->deadline_ms;
}

// It looks no later than any deadline that is set meanwhile could be due.
static void arm(struct visitor *visitor, uint64_t now)
{
	uint64_t delay = visitor->due_ms > now ? visitor->due_ms - now : 0;
	uint64_t most = visitor->door->visitors->parts->rules.deadline_ms;

	if (most > wait_of(visitor->door))
		most = wait_of(visitor->door);
	if (loop_after(visitor->door->visitors->parts->loop, delay < most ? delay : most,
		    on_deadline, visitor, &visitor->timer) < 0)
		visitor_hang_up(visitor); // no deadline, no service
}

static void set_deadline(struct visitor *visitor, uint64_t delay_ms)
{
	uint64_t now = clock_steady_ms();

	visitor->due_ms = now + delay_ms;
	if (!visitor->timer)
		arm(visitor, now);
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
	if (visitor->state == VISITOR_WAITING) {
		visitor->door->visitors->expired(visitor);
		return;
	}
	if (visitor->state == VISITOR_ASKING)
		visitor_send_early(visitor, 408, "timeout", "no whole request came in time");
	visitor_hang_up(visitor);
}

// ---- places

// Whether the user may have one more connection. Those who may ask for health alone have few
// places, or two of them could hold all that there are.
static bool has_place(struct visitor *visitor)
{
	struct visitors *visitors = visitor->door->visitors;
	struct admit *admit = visitors->parts->admit;
	const struct peer *peer = &visitor->peer;
	bool stranger = !admit_verbs(admit, peer->uid, peer->gid);

	if (stranger && visitors->strangers == HTTP_STRANGERS_MAX)
		return false;
	visitor->counted = admit_enter(admit, peer->uid);
	visitor->stranger = stranger && visitor->counted;
	visitors->strangers += visitor->stranger;
	return visitor->counted;
}

// The session listener's callers are proxies: whoever the file's mode lets in, up to a number.
static bool has_session_place(const struct visitor *visitor)
{
	const struct visitor_door *door = visitor->door;
	unsigned of_user = 0;

	for (const struct visitor *at = door->visitors->first; at; at = at->after)
		of_user += at->door == door && at->peer.uid == visitor->peer.uid;
	return of_user <= door->limits->of_one_user; // it is in the list itself
}

static bool may_enter(struct visitor *visitor)
{
	if (!visitor->door->is_local)
		return true;
	if (peer_credentials(visitor->fd, &visitor->peer, NULL) < 0)
		return false;
	return visitor->door->kind == ROUTE_SESSION ? has_session_place(visitor)
						    : has_place(visitor);
}

static void greet(struct visitor *visitor)
{
	if (may_enter(visitor)) {
		set_deadline(visitor, visitor->door->limits->idle_ms);
		crowd_judge(visitor->door);
		return;
	}
	visitor_send_early(visitor, 503, "busy", "too many connections of this user");
	visitor_give_up(visitor);
}

// ---- connections

struct visitor *visitor_new(struct visitor_door *door, int fd)
{
	struct visitors *visitors = door->visitors;
	struct visitor *visitor = calloc(1, sizeof(*visitor));

	if (!visitor)
		return NULL;
	visitor->door = door;
	visitor->after = visitors->first;
	visitor->fd = fd;
	visitor->peer = PEER_NONE;
	visitor->since_ms = clock_steady_ms();
	if (visitors->first)
		visitors->first->before = visitor;
	visitors->first = visitor;
	visitors->count++;
	visitors->parts->answers->counts.connections[door->kind]++;
	greet(visitor);
	return visitor;
}

void visitor_free(struct visitor *visitor)
{
	struct visitors *visitors = visitor->door->visitors;

	later_forget(&visitor->lender);
	loop_unwatch(visitor->watch);
	loop_forget(visitor->timer);
	body_done(&visitor->asked.body);
	if (visitor->counted)
		admit_leave(visitors->parts->admit, visitor->peer.uid);
	visitors->strangers -= visitor->stranger;
	if (visitor->before)
		visitor->before->after = visitor->after;
	else
		visitors->first = visitor->after;
	if (visitor->after)
		visitor->after->before = visitor->before;
	visitors->count--;
	visitor->door->left = true;
	visitors->parts->answers->counts.connections[visitor->door->kind]--;
	free(visitor);
}

// ---- requests

void visitor_asks(struct visitor *visitor, const char *target)
{
	struct visitor_asked *asked = &visitor->asked;
	size_t length = strlen(target);

	asked->seen = false;
	asked->too_long = length > ROUTE_TARGET_MAX;
	asked->headers = (struct framing_headers){0};
	if (asked->too_long)
		length = ROUTE_TARGET_MAX;
	memcpy(asked->target, target, length);
	asked->target[length] = '\0';
	if (visitor->state == VISITOR_GONE)
		return; // what had come before it was given up is not answered
	visitor->state = VISITOR_ASKING;
	visitor->since_ms = clock_steady_ms();
	set_deadline(visitor, visitor->door->visitors->parts->rules.deadline_ms);
}

static void on_hang_up(void *owner, uint32_t events)
{
	struct visitor *visitor = owner;

	(void)events;
	visitor->door->visitors->left(visitor);
}

void visitor_waits(struct visitor *visitor)
{
	const struct http_parts *parts = visitor->door->visitors->parts;

	body_wipe(&visitor->asked.body);
	visitor->state = VISITOR_WAITING;
	ignore_result(loop_watch(parts->loop, visitor->fd, EPOLLRDHUP, on_hang_up, visitor,
		&visitor->watch)); // its end is seen a little later then
	set_deadline(visitor, wait_of(visitor->door));
}

void visitor_waited(struct visitor *visitor, enum visitor_state state)
{
	visitor->watch = loop_unwatch(visitor->watch);
	visitor->state = state;
	set_deadline(visitor, visitor->door->visitors->parts->rules.deadline_ms);
}

void visitor_rests(struct visitor *visitor)
{
	body_wipe(&visitor->asked.body);
	if (visitor->state == VISITOR_GONE)
		return;
	visitor->state = VISITOR_IDLE;
	visitor->since_ms = clock_steady_ms();
	set_deadline(visitor, visitor->door->limits->idle_ms);
}
