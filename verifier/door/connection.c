// One connection, one struct, one timer. A packet is a whole message, so there is nothing half
// received to keep: what is not whole is a fault. While a question waits for its answer the next
// packet stays with the kernel.
// SPDX-License-Identifier: MIT
#include "verifier/door/connection.h"

#include "lib/base/err.h"
#include "lib/base/loop.h"
#include "lib/base/pool.h"
#include "lib/wire/exchange.h"
#include "lib/wire/fault.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/later.h"
#include "verifier/door/api/route.h"
#include "verifier/door/intake.h"
#include "verifier/door/intake_problem.h"
#include "verifier/door/request.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <sys/epoll.h>

#define CONNECTION_SHOWN 96 // bytes of a target that are kept for the log

struct connection {
	struct connection_list *all;
	struct connection *before, *after;
	int socket;
	struct peer peer;
	unsigned requests;
	bool adopted; // has no deadline
	struct loop_watch *watch;
	struct loop_timer *timer;
	// Of a question that is answered later.
	struct later_lender lender;
	char method[MESSAGE_METHOD_MAX + 1];
	char target[CONNECTION_SHOWN];
};

static void hang_up(struct connection *connection)
{
	struct connection_list *all = connection->all;

	later_forget(&connection->lender);
	loop_unwatch(connection->watch);
	loop_forget(connection->timer);
	admit_leave(all->parts->admit, connection->peer.uid);
	peer_done(&connection->peer);
	own_fd_release(&connection->socket);
	if (connection->before)
		connection->before->after = connection->after;
	else
		all->first = connection->after;
	if (connection->after)
		connection->after->before = connection->before;
	all->count--;
	free(connection);
}

// ---- what it waits for

static void on_readable(void *owner, uint32_t events);
static void on_deadline(void *owner);

static int arm(struct connection *connection)
{
	struct connection_list *all = connection->all;

	connection->timer = loop_forget(connection->timer);
	return loop_after(all->parts->loop, all->parts->deadline_ms, on_deadline, connection,
		&connection->timer);
}

// The next request may come: an adopted connection takes its time.
static bool rearm(struct connection *connection)
{
	connection->timer = loop_forget(connection->timer);
	return connection->adopted || arm(connection) == 0;
}

static int watch(struct connection *connection, uint32_t events, loop_ready *ready)
{
	connection->watch = loop_unwatch(connection->watch);
	return loop_watch(connection->all->parts->loop, connection->socket, events, ready,
		connection, &connection->watch);
}

static struct request make_request(struct connection *connection, struct pool *pool)
{
	const struct intake_parts *parts = connection->all->parts;
	const struct peer *peer = &connection->peer;

	return (struct request){.parts = parts,
		.peer = peer,
		.verbs = admit_verbs(parts->admit, peer->uid, peer->gid), // as the rules are now
		.lender = &connection->lender,
		.exchange = {.socket = connection->socket, .arena = vault_arena(parts->vault)},
		.received = EXCHANGE_NOTHING,
		.pool = pool};
}

// ---- late answers

static void on_late_answer(void *owner, struct route_reply *reply)
{
	struct connection *connection = owner;
	struct request request = make_request(connection, NULL);
	const struct message_ask ask = {.method = connection->method, .path = connection->target};

	request_note(&request, &ask, reply);
	if (!request_reply(&request, reply) || connection->requests >= INTAKE_REQUESTS_MAX ||
		!rearm(connection) || watch(connection, EPOLLIN, on_readable) < 0)
		hang_up(connection);
	route_reply_done(reply);
}

static void on_gone(void *owner, uint32_t events)
{
	(void)events; // none was asked for: it is an error or the peer's close
	hang_up(owner);
}

// Whatever else the connection says is not read meanwhile; its end is seen.
static bool wait_on(struct connection *connection, const struct message_ask *ask)
{
	(void)snprintf(connection->method, sizeof(connection->method), "%s", ask->method);
	(void)snprintf(connection->target, sizeof(connection->target), "%s", ask->path);
	return watch(connection, 0, on_gone) == 0 && arm(connection) == 0;
}

// ---- events

static void on_deadline(void *owner)
{
	struct connection *connection = owner;
	struct route_reply late = {0};
	struct err err = ERR_NONE;

	connection->timer = NULL;
	if (connection->lender.later) {
		later_forget(&connection->lender);
		route_problem(&late, 503, "timeout", "no answer came in time");
		on_late_answer(connection, &late);
		return;
	}
	if (!connection->requests) {
		(void)err_set(&err, FAULT_E_TIMEOUT, NULL, "no whole request came in time");
		intake_problem_note(
			connection->all->parts, &connection->peer, FAULT_E_TIMEOUT, err.what);
		// it is closed either way
		ignore_result(intake_problem_send(
			connection->all->parts, connection->socket, FAULT_E_TIMEOUT, &err));
	}
	hang_up(connection);
}

// Receives and answers one message.
// Returns: whether the connection may go on.
static bool serve(struct connection *connection)
{
	struct vault *vault = connection->all->parts->vault;
	own(pool_release) struct pool *pool = pool_new();
	struct request request = make_request(connection, pool);
	struct err err = ERR_NONE;
	bool go_on;
	int code = pool ? exchange_receive(&request.exchange, MESSAGE_AWAIT_REQUEST, pool,
				  &request.received, &err)
			: -ENOMEM;

	if (code == -EAGAIN)
		return true;
	if (code == FAULT_E_CLOSED || code == -ECONNRESET)
		return false;
	connection->requests++;
	if (code) {
		(void)request_fail(&request, code, &err);
		return false; // whoever cannot say one thing right is not asked again
	}
	connection->lender = (struct later_lender){.answer = on_late_answer, .owner = connection};
	go_on = request_answer(&request);
	if (connection->lender.later)
		go_on = go_on && wait_on(connection, &request.received.message.ask);
	exchange_done(&request.received, vault_arena(vault));
	if (connection->lender.later)
		return go_on;
	return go_on && connection->requests < INTAKE_REQUESTS_MAX && rearm(connection);
}

static void on_readable(void *owner, uint32_t events)
{
	struct connection *connection = owner;

	(void)events; // a hang-up is read as the end of the stream
	if (!serve(connection))
		hang_up(connection);
}

// ---- all of them

void connection_add(struct connection_list *all, int socket, struct peer *peer, bool adopted)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		admit_leave(all->parts->admit, peer->uid);
		peer_done(peer);
		own_fd_release(&socket);
		return;
	}
	*connection = (struct connection){.all = all,
		.after = all->first,
		.socket = socket,
		.peer = *peer,
		.adopted = adopted};
	if (all->first)
		all->first->before = connection;
	all->first = connection;
	all->count++;
	if (loop_watch(all->parts->loop, socket, EPOLLIN, on_readable, connection,
		    &connection->watch) < 0 ||
		!rearm(connection))
		hang_up(connection);
	else if (!adopted)
		on_readable(connection, EPOLLIN); // a loader has its request ready when it connects
}

void connection_end_all(struct connection_list *all)
{
	while (all->first)
		hang_up(all->first);
}
