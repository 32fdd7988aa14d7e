// The loader's end of the handoff. One connection, one request, one answer.
// SPDX-License-Identifier: MIT
#include "loader/deliver/handoff.h"

#include "lib/base/err.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/wire/channel.h"
#include "lib/wire/exchange.h"
#include "lib/wire/fault.h"
#include "lib/wire/pack.h"
#include "lib/wire/sealed.h"
#include "loader/deliver/dial.h"

#include <errno.h>
#include <sys/socket.h>

// One request on its way.
struct handoff {
	const struct handoff_options *options;
	struct dial dial;
	uint64_t timeout_ms;
	struct exchange exchange;
	struct pool *pool;
	struct err *err;
};

// Says where it happened.
static int at_socket(struct handoff *handoff, int code)
{
	handoff->err->code = code;
	(void)snprintf(handoff->err->where, sizeof(handoff->err->where), "%.*s", ERR_WHERE_SIZE - 1,
		handoff->dial.path);
	return code;
}

// ---- one request and its answer

// Ends a connection that stays the caller's: an answer that comes late would be taken for that to a
// later request.
static void end_given(const struct handoff *handoff)
{
	const int *connection = handoff->options->connection;

	if (connection && shutdown(*connection, SHUT_RDWR) == 0)
		while (recv(*connection, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) > 0)
			; // it may have come just now
}

// What the exchange's result means to the caller.
static int exchange_failed(struct handoff *handoff, int code)
{
	if (code == -ETIMEDOUT) {
		(void)err_set(handoff->err, HANDOFF_E_TIMEOUT, NULL,
			"the verifier gave no answer in time");
		(void)err_hint(handoff->err, "is samekeyd stopped? see timeout under [verifier]");
		return at_socket(handoff, HANDOFF_E_TIMEOUT);
	}
	if (code == FAULT_E_CLOSED || code == -EPIPE || code == -ECONNRESET) {
		(void)err_set(handoff->err, HANDOFF_E_DIED, NULL,
			"the verifier ended the connection without an answer");
		(void)err_hint(handoff->err, "see the log of samekeyd");
		return at_socket(handoff, HANDOFF_E_DIED);
	}
	if (code > 0) {
		(void)err_hint(handoff->err, "%s", fault_hint((enum fault)code));
		return at_socket(handoff, HANDOFF_E_MALFORMED);
	}
	return at_socket(handoff, code);
}

static int problem(struct handoff *handoff, const struct message_problem *problem)
{
	bool denied = fault_by_text(problem->code) == FAULT_E_NOT_ADMITTED;
	int code = denied ? -EPERM : HANDOFF_E_PROBLEM;

	(void)err_set(handoff->err, code, NULL, "%s [%s]", problem->text, problem->code);
	(void)err_hint(handoff->err, "%s", problem->hint);
	return at_socket(handoff, code);
}

static int send_and_receive(struct handoff *handoff, const struct message *request, int fd,
	struct exchange_received *received)
{
	enum message_state next = message_rule(request->type)->next;
	int code = exchange_send(&handoff->exchange, request, fd, handoff->err);

	// A verifier that has no time for us says so and closes; its word may be there already.
	if (code < 0 && code != -EPIPE && code != -ECONNRESET)
		return exchange_failed(handoff, code);
	code = exchange_receive(&handoff->exchange, next, handoff->pool, received, handoff->err);
	if (code) {
		end_given(handoff);
		return exchange_failed(handoff, code);
	}
	if (received->message.type != MESSAGE_PROBLEM)
		return 0;
	return problem(handoff, &received->message.problem);
}

// Finds the verifier for one request; `end` closes what was opened, whatever happened.
static int begin(struct handoff *handoff, const struct handoff_options *options,
	struct secret_arena *arena, struct pool *pool)
{
	handoff->options = options;
	handoff->exchange.socket = -1;
	handoff->exchange.arena = arena;
	handoff->pool = pool;
	handoff->timeout_ms = options->timeout_ms ? options->timeout_ms : HANDOFF_TIMEOUT_MS;
	handoff->exchange.deadline = channel_deadline(handoff->timeout_ms);
	if (!options->connection)
		return dial_find(options, &handoff->dial, handoff->err);
	(void)snprintf(handoff->dial.path, sizeof(handoff->dial.path), "private verifier");
	return 0;
}

// Connects, sends the request and receives its answer. Whatever the request is made of is ready by
// then: who accepts a connection finds the request there.
static int converse(struct handoff *handoff, const struct message *request, int fd,
	struct exchange_received *received)
{
	const int *connection = handoff->options->connection;
	int code = 0;

	if (connection)
		handoff->exchange.socket = *connection;
	else
		code = dial_connect(&handoff->dial, handoff->timeout_ms, &handoff->exchange.socket,
			handoff->err);
	return code ? code : send_and_receive(handoff, request, fd, received);
}

static void end(struct handoff *handoff, struct exchange_received *received)
{
	exchange_done(received, handoff->exchange.arena);
	if (!handoff->options->connection)
		own_fd_release(&handoff->exchange.socket);
}

// ---- offers

// The bundle in a sealed memfd. The bytes are in guarded memory before, and wiped.
static int seal_bundle(
	struct handoff *handoff, const struct bundle *bundle, int *ret_fd, uint32_t *ret_size)
{
	struct secret_arena *arena = handoff->exchange.arena;
	uint8_t *block;
	size_t size;
	int code = pack_size(bundle, &size, handoff->err);

	if (code > 0) // so that no fault is taken for an outcome
		code = handoff->err->code = code == FAULT_E_TOO_LARGE ? -E2BIG : -EBADMSG;
	if (code < 0)
		return code;
	block = secret_arena_take(arena, size);
	if (!block)
		return err_set(
			handoff->err, -ENOMEM, NULL, "no guarded memory for %zu bytes", size);
	code = pack_encode(bundle, block, size);
	if (code < 0)
		code = err_set(handoff->err, code, NULL, "cannot encode the bundle");
	else
		code = sealed_make("samekey-bundle", block, size, ret_fd, handoff->err);
	secret_arena_give(arena, block, size);
	if (code == 0)
		*ret_size = (uint32_t)size;
	return code;
}

static int to_verdict(struct handoff *handoff, const struct message_verdict *verdict,
	struct handoff_verdict *ret_verdict)
{
	const char *socket = pool_copy(handoff->pool, handoff->dial.path);

	if (!socket)
		return err_no_memory(handoff->err);
	*ret_verdict = (struct handoff_verdict){
		.accepted = verdict->accepted,
		.generation = verdict->generation,
		.key_id = verdict->key_id,
		.fingerprints = verdict->fingerprints,
		.fingerprint_count = verdict->fingerprint_count,
		.findings = verdict->findings,
		.finding_count = verdict->finding_count,
		.socket = socket,
	};
	return 0;
}

int handoff_offer(const struct handoff_options *options, const struct bundle *bundle,
	struct secret_arena *arena, struct pool *pool, struct handoff_verdict *ret_verdict,
	struct err *err)
{
	struct err unread = ERR_NONE;
	struct handoff handoff = {.err = err ? err : &unread};
	struct message message = {.type = MESSAGE_OFFER, .offer.kind = options->kind};
	struct exchange_received received = EXCHANGE_NOTHING;
	own_fd int fd = -1;
	int code = begin(&handoff, options, arena, pool);

	if (code)
		return code;
	code = seal_bundle(&handoff, bundle, &fd, &message.offer.size);
	if (code == 0)
		code = converse(&handoff, &message, fd, &received);
	if (code == 0)
		code = to_verdict(&handoff, &received.message.verdict, ret_verdict);
	end(&handoff, &received);
	return code;
}

static int compare_key(const void *name, const void *fingerprint)
{
	return strcmp(name, ((const struct message_fingerprint *)fingerprint)->key);
}

const char *handoff_fingerprint(const struct handoff_verdict *verdict, const char *key)
{
	const struct message_fingerprint *found = NULL;

	if (verdict->fingerprint_count)
		found = bsearch(key, verdict->fingerprints, verdict->fingerprint_count,
			sizeof(*verdict->fingerprints), compare_key);
	return found ? found->text : NULL;
}

// ---- questions

static int to_answer(struct handoff *handoff, const struct message_answer *answer,
	struct handoff_answer *ret_answer)
{
	struct handoff_answer copy = {
		.status = answer->status,
		.body = pool_text(handoff->pool, answer->body, answer->body_length),
		.body_length = answer->body_length,
		.socket = pool_copy(handoff->pool, handoff->dial.path),
	};

	if (!copy.body || !copy.socket)
		return err_no_memory(handoff->err);
	*ret_answer = copy;
	return 0;
}

static int ask(
	struct handoff *handoff, const struct message *message, struct handoff_answer *ret_answer)
{
	struct exchange_received received = EXCHANGE_NOTHING;
	int code = converse(handoff, message, -1, &received);

	if (code == 0)
		code = to_answer(handoff, &received.message.answer, ret_answer);
	end(handoff, &received);
	return code;
}

int handoff_ask(const struct handoff_options *options, const struct handoff_question *question,
	struct secret_arena *arena, struct pool *pool, struct handoff_answer *ret_answer,
	struct err *err)
{
	struct err unread = ERR_NONE;
	struct handoff handoff = {.err = err ? err : &unread};
	const struct message message = {.type = MESSAGE_ASK,
		.ask = {.method = question->method,
			.path = question->path,
			.body = question->body,
			.body_length = question->body ? strlen(question->body) : 0}};
	int code = begin(&handoff, options, arena, pool);

	return code ? code : ask(&handoff, &message, ret_answer);
}

int handoff_withdraw(const struct handoff_options *options, const char *app,
	struct secret_arena *arena, struct pool *pool, struct handoff_answer *ret_answer,
	struct err *err)
{
	struct err unread = ERR_NONE;
	struct handoff handoff = {.err = err ? err : &unread};
	const struct message message = {.type = MESSAGE_WITHDRAW, .withdraw.app = app};
	int code = begin(&handoff, options, arena, pool);

	return code ? code : ask(&handoff, &message, ret_answer);
}
