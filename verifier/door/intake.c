// One connection, one struct, one timer. A packet is a whole message, so there is nothing half
// received to keep: what is not whole is a fault. While a question waits for its answer the next
// packet stays with the kernel.
// SPDX-License-Identifier: MIT
#include "verifier/door/intake.h"

#include "lib/base/clock.h"
#include "lib/base/diag.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/wire/exchange.h"
#include "lib/wire/fault.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/api/answers.h"
#include "verifier/door/api/later.h"
#include "verifier/door/api/throttle.h"
#include "verifier/door/custody.h"
#include "verifier/door/opening.h"
#include "verifier/door/requestlog.h"
#include "verifier/door/verdict.h"
#include "verifier/trust/keyring.h"
#include "verifier/trust/vault.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define INTAKE_PAUSE_MS 100
#define INTAKE_BACKLOG_MAX 1024 // that many are taken in at the end; a flood is not
#define INTAKE_SHOWN 96         // bytes of a target that are kept for the log

struct connection {
	struct intake *intake;
	struct connection *before, *after;
	int socket;
	struct peer peer;
	unsigned verbs;
	unsigned requests;
	bool adopted; // has no deadline
	struct loop_watch *watch;
	struct loop_timer *timer;
	// Of a question that is answered later.
	struct later_lender lender;
	char method[MESSAGE_METHOD_MAX + 1];
	char target[INTAKE_SHOWN];
};

struct intake {
	struct intake_parts parts;
	struct loop_watch *watch;
	struct loop_timer *resume; // while accepting pauses
	struct connection *connections;
	size_t count;
};

// What one request needs; texts live in `pool` until it is answered.
struct request {
	struct connection *connection;
	struct exchange exchange;
	struct exchange_received received;
	struct pool *pool;
};

// ---- connections

static void hang_up(struct connection *connection)
{
	struct intake *intake = connection->intake;

	later_forget(&connection->lender);
	loop_unwatch(connection->watch);
	loop_forget(connection->timer);
	admit_leave(intake->parts.admit, connection->peer.uid);
	peer_done(&connection->peer);
	own_fd_release(&connection->socket);
	if (connection->before)
		connection->before->after = connection->after;
	else
		intake->connections = connection->after;
	if (connection->after)
		connection->after->before = connection->before;
	intake->count--;
	free(connection);
}

static void note_problem(
	struct intake *intake, const struct peer *peer, enum fault fault, const char *text)
{
	bool stranger = !admit_verbs(intake->parts.admit, peer->uid, peer->gid);
	struct log_line line;

	intake->parts.answers->counts.problems[fault]++;
	if (fault == FAULT_E_NOT_ADMITTED)
		intake->parts.answers->counts.denied[ROUTE_HANDOFF]++;
	if (!throttle_admits(intake->parts.throttle,
		    stranger ? THROTTLE_STRANGER : THROTTLE_PROBLEM, peer->uid, clock_steady_ms()))
		return;
	log_begin(&line, intake->parts.log, LOG_WARNING, "problem");
	log_text(&line, "door", "handoff");
	log_text(&line, "code", fault_text(fault));
	log_text(&line, "text", text);
	log_number(&line, "uid", peer->uid);
	log_number(&line, "pid", (uint64_t)peer->pid);
	log_end(&line);
}

static int send_problem(struct intake *intake, int socket, enum fault fault, const struct err *err)
{
	const struct exchange exchange = {
		.socket = socket, .arena = vault_arena(intake->parts.vault)};
	const struct message message = {.type = MESSAGE_PROBLEM,
		.problem = {.code = fault_text(fault),
			.text = err->what,
			.hint = err->hint[0] ? err->hint : fault_hint(fault)}};

	return exchange_send(&exchange, &message, -1, NULL);
}

// ---- answering

// Returns: whether the connection may go on.
static bool problem(struct request *request, enum fault fault, const struct err *err)
{
	struct connection *connection = request->connection;

	note_problem(connection->intake, &connection->peer, fault, err->what);
	return send_problem(connection->intake, connection->socket, fault, err) == 0;
}

static bool failed(struct request *request, int code, const struct err *err)
{
	struct err told = *err;

	if (code > 0)
		return problem(request, (enum fault)code, err);
	if (!told.what[0])
		(void)err_set(&told, code, NULL, "%s", strerror(-code));
	return problem(request, code == -ENOMEM ? FAULT_E_BUSY : FAULT_E_INTERNAL, &told);
}

static bool is_admitted(struct request *request, enum admit_verb verb, struct err *err)
{
	const struct peer *peer = &request->connection->peer;

	if (request->connection->verbs & verb)
		return true;
	(void)err_set(err, FAULT_E_NOT_ADMITTED, NULL, "uid %lu lacks the verb %s",
		(unsigned long)peer->uid, admit_verb_name(verb));
	(void)err_hint(err, "uid = %lu and verbs = %s in an [admit NAME] section of samekeyd.ini",
		(unsigned long)peer->uid, admit_verb_name(verb));
	return false;
}

static bool send_verdict(struct request *request, const struct bundle *bundle,
	const struct custody_verdict *verdict, const struct diag *diag)
{
	const struct intake_parts *parts = &request->connection->intake->parts;
	struct message message = {.type = MESSAGE_VERDICT};
	struct err err = ERR_NONE;

	verdict_write(parts->answers, bundle, verdict, diag, request->pool, &message.verdict);
	verdict_log(
		parts->log, parts->throttle, &request->connection->peer, bundle, &message.verdict);
	if (message.verdict.accepted)
		parts->answers->counts.accepted++;
	else
		parts->answers->counts.refused++;
	return exchange_send(&request->exchange, &message, -1, &err) == 0;
}

// ---- requests

// What an accepted start does to the profiles that have keys of the app. It is no reason to refuse
// it: the app may do without samekeyd's tokens.
static void judge_profiles(const struct intake *intake, const struct bundle *bundle,
	const struct custody_verdict *verdict, struct diag *diag)
{
	const struct keyring *keyring = intake->parts.answers->keyring;

	if (keyring && verdict->result == REGISTRY_ACCEPTED && bundle->phase == BUNDLE_PHASE_START)
		keyring_judge(keyring, bundle->app, diag);
}

static bool on_offer(struct request *request)
{
	struct connection *connection = request->connection;
	struct intake *intake = connection->intake;
	own(vault_bundle_release) struct vault_bundle *bundle = NULL;
	own(diag_release) struct diag *diag = diag_new();
	enum message_offer_kind kind = request->received.message.offer.kind;
	enum registry_hold hold =
		kind == MESSAGE_OFFER_STANDING ? REGISTRY_STANDING : REGISTRY_PROCESS;
	own(peer_done) struct peer parent = PEER_NONE;
	struct custody_verdict verdict;
	struct err err = ERR_NONE;
	int code;

	if (!is_admitted(request, ADMIT_OFFER, &err))
		return problem(request, FAULT_E_NOT_ADMITTED, &err);
	if (kind == MESSAGE_OFFER_PARENT && peer_parent(&connection->peer, &parent, &err) < 0)
		return problem(request, FAULT_E_NOT_ADMITTED, &err);
	code = diag ? opening_read(intake->parts.vault, &request->received, &bundle, &err)
		    : -ENOMEM;
	if (code == 0)
		code = custody_offer(intake->parts.custody,
			&(struct custody_offer){.bundle = bundle,
				.hold = hold,
				.peer = kind == MESSAGE_OFFER_PARENT ? &parent : &connection->peer,
				.memfd = request->received.fd},
			diag, request->pool, &verdict);
	if (code == 0 && verdict.result == REGISTRY_E_FULL) {
		(void)err_set(&err, FAULT_E_BUSY, NULL, "no room for another bundle");
		(void)err_hint(&err,
			"bundles under [limits] in samekeyd.ini says how many may live; their keys "
			"are at most %d",
			REGISTRY_KEYS_MAX);
		code = FAULT_E_BUSY;
	}
	if (code) {
		intake->parts.answers->counts.failed++;
		return failed(request, code, &err);
	}
	judge_profiles(intake, vault_bundle_view(bundle), &verdict, diag);
	return send_verdict(request, vault_bundle_view(bundle), &verdict, diag);
}

static bool send_answer(struct request *request, const struct route_reply *reply)
{
	const struct message message = {.type = MESSAGE_ANSWER,
		.answer = {.status = (uint16_t)reply->status,
			.body = reply->body ? reply->body : "",
			.body_length = reply->length}};
	struct err err = ERR_NONE;
	int code = exchange_send(&request->exchange, &message, -1, &err);

	return code == 0 || (code != -EPIPE && code != -ECONNRESET && failed(request, code, &err));
}

static void note_answer(const struct connection *connection, const struct message_ask *ask,
	const struct route_reply *reply)
{
	const struct intake_parts *parts = &connection->intake->parts;
	const struct requestlog requestlog = {parts->log, parts->throttle, &parts->answers->counts};

	requestlog_note(&requestlog, &(struct requestlog_entry){.door = ROUTE_HANDOFF,
					     .method = ask->method,
					     .target = ask->path,
					     .uid = connection->peer.uid,
					     .pid = connection->peer.pid,
					     .stranger = !connection->verbs,
					     .reply = reply});
}

// ---- late answers

static void on_readable(void *owner, uint32_t events);
static void on_deadline(void *owner);

static int arm(struct connection *connection)
{
	struct intake *intake = connection->intake;

	connection->timer = loop_forget(connection->timer);
	return loop_after(intake->parts.loop, intake->parts.deadline_ms, on_deadline, connection,
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
	return loop_watch(connection->intake->parts.loop, connection->socket, events, ready,
		connection, &connection->watch);
}

static void on_late_answer(void *owner, struct route_reply *reply)
{
	struct connection *connection = owner;
	struct request request = {.connection = connection,
		.exchange = {.socket = connection->socket,
			.arena = vault_arena(connection->intake->parts.vault)}};
	const struct message_ask ask = {.method = connection->method, .path = connection->target};

	note_answer(connection, &ask, reply);
	if (!send_answer(&request, reply) || connection->requests >= INTAKE_REQUESTS_MAX ||
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

// ---- questions

static bool on_ask(struct request *request)
{
	const struct message_ask *ask = &request->received.message.ask;
	struct connection *connection = request->connection;
	struct answers *answers = connection->intake->parts.answers;
	struct route_request question = {.caller = {.door = ROUTE_HANDOFF,
						 .verbs = connection->verbs,
						 .uid = connection->peer.uid,
						 .pid = connection->peer.pid},
		.method = ask->method,
		.target = ask->path,
		.body = ask->body,
		.length = ask->body_length,
		.lender = &connection->lender};
	struct route_reply reply;
	bool go_on;

	connection->lender = (struct later_lender){.answer = on_late_answer, .owner = connection};
	route_answer(answers, &question, &reply);
	if (later_waits(&connection->lender, &reply))
		return wait_on(connection, ask);
	note_answer(connection, ask, &reply);
	go_on = send_answer(request, &reply);
	route_reply_done(&reply);
	return go_on;
}

static bool on_withdraw(struct request *request)
{
	const char *app = request->received.message.withdraw.app;
	struct connection *connection = request->connection;
	struct route_reply reply = {0};
	char owner[REGISTRY_OWNER_SIZE];
	struct err err = ERR_NONE;
	bool go_on;

	if (!is_admitted(request, ADMIT_OFFER, &err))
		return problem(request, FAULT_E_NOT_ADMITTED, &err);
	switch (custody_withdraw(connection->intake->parts.custody, app, &connection->peer)) {
	case CUSTODY_WITHDRAWN:
		reply = (struct route_reply){.status = 200, .body = strdup("{\"v\":1}")};
		reply.length = reply.body ? strlen(reply.body) : 0;
		break;
	case CUSTODY_E_ABSENT:
		route_problem(&reply, 404, "no_such_offer", "the app has no standing offer");
		break;
	default:
		(void)registry_owner(connection->intake->parts.answers->registry, app, owner);
		(void)err_set(&err, FAULT_E_NOT_ADMITTED, NULL, "the app belongs to %s", owner);
		(void)err_hint(&err, "withdraw it as that user");
		return problem(request, FAULT_E_NOT_ADMITTED, &err);
	}
	go_on = send_answer(request, &reply);
	route_reply_done(&reply);
	return go_on;
}

static bool dispatch(struct request *request)
{
	switch (request->received.message.type) {
	case MESSAGE_OFFER:
		return on_offer(request);
	case MESSAGE_ASK:
		return on_ask(request);
	case MESSAGE_WITHDRAW:
		return on_withdraw(request);
	default:
		return false; // the message table lets no other type in
	}
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
		note_problem(connection->intake, &connection->peer, FAULT_E_TIMEOUT, err.what);
		ignore_result(send_problem(connection->intake, connection->socket, FAULT_E_TIMEOUT,
			&err)); // it is closed either way
	}
	hang_up(connection);
}

// Receives and answers one message.
// Returns: whether the connection may go on.
static bool serve(struct connection *connection)
{
	struct vault *vault = connection->intake->parts.vault;
	own(pool_release) struct pool *pool = pool_new();
	struct request request = {.connection = connection,
		.exchange = {.socket = connection->socket, .arena = vault_arena(vault)},
		.received = EXCHANGE_NOTHING,
		.pool = pool};
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
		(void)failed(&request, code, &err);
		return false; // whoever cannot say one thing right is not asked again
	}
	go_on = dispatch(&request);
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

// ---- accepting

static void turn_away(struct intake *intake, int socket, const struct peer *peer, enum fault fault,
	const char *text)
{
	struct err err = ERR_NONE;

	(void)err_set(&err, (int)fault, NULL, "%s", text);
	note_problem(intake, peer, fault, text);
	ignore_result(send_problem(intake, socket, fault, &err)); // it is closed either way
}

// Checks who is there before anything is read.
// Returns: whether the peer may connect; then it is counted.
static bool let_in(struct intake *intake, int socket, struct peer *peer)
{
	struct err err = ERR_NONE;

	int code = peer_identify(socket, peer, &err);

	if (code == -ESRCH)
		return false; // nobody is left to tell
	if (code < 0) {
		turn_away(intake, socket, peer, FAULT_E_NOT_ADMITTED, err.what);
		return false;
	}
	if (!admit_verbs(intake->parts.admit, peer->uid, peer->gid)) {
		(void)err_set(&err, FAULT_E_NOT_ADMITTED, NULL,
			"uid %lu is not admitted: no [admit] section of samekeyd.ini is for it",
			(unsigned long)peer->uid);
		turn_away(intake, socket, peer, FAULT_E_NOT_ADMITTED, err.what);
		return false;
	}
	if (intake->count >= INTAKE_CONNECTIONS_MAX ||
		!admit_enter(intake->parts.admit, peer->uid)) {
		turn_away(intake, socket, peer, FAULT_E_BUSY, "too many connections");
		return false;
	}
	return true;
}

static void add_connection(struct intake *intake, int socket, struct peer *peer, bool adopted)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		admit_leave(intake->parts.admit, peer->uid);
		peer_done(peer);
		own_fd_release(&socket);
		return;
	}
	*connection = (struct connection){.intake = intake,
		.after = intake->connections,
		.socket = socket,
		.peer = *peer,
		.adopted = adopted,
		.verbs = admit_verbs(intake->parts.admit, peer->uid, peer->gid)};
	if (intake->connections)
		intake->connections->before = connection;
	intake->connections = connection;
	intake->count++;
	if (loop_watch(intake->parts.loop, socket, EPOLLIN, on_readable, connection,
		    &connection->watch) < 0 ||
		!rearm(connection))
		hang_up(connection);
}

static void on_accept(void *owner, uint32_t events);

static int resume_accepting(struct intake *intake)
{
	return loop_watch(intake->parts.loop, intake->parts.socket, EPOLLIN, on_accept, intake,
		&intake->watch);
}

static void on_resume(void *owner)
{
	struct intake *intake = owner;

	intake->resume = NULL;
	if (resume_accepting(intake) < 0)
		ignore_result(loop_after(intake->parts.loop, INTAKE_PAUSE_MS, on_resume, intake,
			&intake->resume)); // without memory for a timer nothing else works either
}

// Out of descriptors: a watch that stays ready would spin.
static void pause_accepting(struct intake *intake)
{
	if (loop_after(intake->parts.loop, INTAKE_PAUSE_MS, on_resume, intake, &intake->resume) ==
		0)
		intake->watch = loop_unwatch(intake->watch);
}

// Returns: whether somebody was there.
static bool accept_one(struct intake *intake)
{
	struct peer peer = PEER_NONE;
	int socket = accept4(intake->parts.socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (socket < 0)
		return false; // gone again, or too many: somebody has to leave first
	if (let_in(intake, socket, &peer)) {
		add_connection(intake, socket, &peer, false);
		return true;
	}
	peer_done(&peer);
	own_fd_release(&socket);
	return true;
}

static void on_accept(void *owner, uint32_t events)
{
	(void)events;
	if (!accept_one(owner) && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		pause_accepting(owner);
}

int intake_open(const struct intake_parts *parts, struct intake **ret_intake)
{
	struct intake *intake = calloc(1, sizeof(*intake));
	int code;

	if (!intake)
		return -ENOMEM;
	intake->parts = *parts;
	code = parts->socket >= 0 ? resume_accepting(intake) : 0;
	if (code < 0) {
		free(intake);
		return code;
	}
	*ret_intake = intake;
	return 0;
}

int intake_adopt(struct intake *intake, int socket)
{
	struct peer peer = PEER_NONE;
	own_fd int owned = socket;
	int code = 0;

	if (!let_in(intake, socket, &peer)) {
		code = peer.pid ? -EPERM : -ESRCH;
	} else if (peer_life(&peer) == PEER_UNKNOWN) { // nothing would tell its end
		admit_leave(intake->parts.admit, peer.uid);
		code = -ESRCH;
	} else {
		add_connection(intake, take_fd(&owned), &peer, true);
		return 0;
	}
	peer_done(&peer);
	return code;
}

void intake_change(struct intake *intake, uint64_t deadline_ms)
{
	intake->parts.deadline_ms = deadline_ms;
}

static void end_accepting(struct intake *intake)
{
	intake->watch = loop_unwatch(intake->watch);
	intake->resume = loop_forget(intake->resume);
}

void intake_stop(struct intake *intake)
{
	end_accepting(intake);
	for (size_t i = 0; i < INTAKE_BACKLOG_MAX && accept_one(intake); i++)
		; // whoever has connected may have sent its offer, and waits
}

size_t intake_count(const struct intake *intake)
{
	return intake->count;
}

struct intake *intake_close(struct intake *intake)
{
	if (!intake)
		return NULL;
	end_accepting(intake);
	while (intake->connections)
		hang_up(intake->connections);
	free(intake);
	return NULL;
}
