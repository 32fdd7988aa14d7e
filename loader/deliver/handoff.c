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
#include "lib/wire/peer.h"
#include "lib/wire/sealed.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

// One request on its way.
struct handoff {
	const struct handoff_options *options;
	char path[PATH_MAX]; // of the socket
	struct exchange exchange;
	struct pool *pool;
	struct err *err;
};

// Says where it happened.
static int at_socket(struct handoff *handoff, int code)
{
	handoff->err->code = code;
	(void)snprintf(handoff->err->where, sizeof(handoff->err->where), "%.*s", ERR_WHERE_SIZE - 1,
		handoff->path);
	return code;
}

// ---- finding the socket

// Whether something is at `handoff->path`; a folder that we may not enter hides a default only.
static bool is_there(const struct handoff *handoff, bool is_default)
{
	struct stat facts;

	if (lstat(handoff->path, &facts) == 0)
		return true;
	return errno != ENOENT && errno != ENOTDIR && !(is_default && errno == EACCES);
}

static int say_absent(struct handoff *handoff, const char *other)
{
	(void)err_set(handoff->err, HANDOFF_E_ABSENT, handoff->path, "no verifier listens here%s%s",
		*other ? ", nor at " : "", other);
	(void)err_hint(handoff->err, "start samekeyd, or name its socket with --socket");
	return HANDOFF_E_ABSENT;
}

// The socket that an option or $SAMEKEY_SOCKET names.
static const char *named_socket(const struct handoff_options *options)
{
	const char *named = options->socket;

	if (!named || !*named)
		named = getenv("SAMEKEY_SOCKET");
	return named && *named ? named : NULL;
}

const char *handoff_place(
	const struct handoff_options *options, size_t index, char out[static HANDOFF_PLACE_SIZE])
{
	const char *named = named_socket(options), *runtime = getenv("XDG_RUNTIME_DIR");

	if (named)
		return index ? NULL : named;
	if (!runtime || runtime[0] != '/' ||
		snprintf(out, HANDOFF_PLACE_SIZE, "%s/samekey/handoff.sock", runtime) >= PATH_MAX)
		index++;
	if (index == 0)
		return out;
	return index == 1 ? HANDOFF_SYSTEM_SOCKET : NULL;
}

// At the places where samekeyd listens by default: this user's own, then the host's.
static int find_default(struct handoff *handoff)
{
	char place[HANDOFF_PLACE_SIZE], first[PATH_MAX] = "";
	const char *path;

	for (size_t i = 0; (path = handoff_place(handoff->options, i, place)); i++) {
		if (i)
			memcpy(first, handoff->path, strlen(handoff->path) + 1);
		(void)snprintf(handoff->path, PATH_MAX, "%s", path);
		if (is_there(handoff, true))
			return 0;
	}
	return say_absent(handoff, first);
}

static int find_socket(struct handoff *handoff)
{
	const char *named = named_socket(handoff->options);

	if (!named)
		return find_default(handoff);
	if (strlen(named) >= PATH_MAX)
		return err_set(handoff->err, -ENAMETOOLONG, NULL, "the socket's path is too long");
	(void)snprintf(handoff->path, PATH_MAX, "%s", named);
	return is_there(handoff, false) ? 0 : say_absent(handoff, "");
}

// ---- connecting

static int find_user(struct handoff *handoff, uid_t *ret_user)
{
	const char *name = handoff->options->user;

	*ret_user = PEER_NO_USER;
	if (!name || !*name || peer_user(name, ret_user) == 0)
		return 0;
	if (strcmp(name, HANDOFF_DEFAULT_USER) == 0)
		return 0; // a host where samekeyd has no user of its own
	(void)err_set(handoff->err, -EINVAL, NULL, "no user '%s' in /etc/passwd", name);
	(void)err_hint(handoff->err, "write the user's number as user = under [verifier]");
	return -EINVAL;
}

static int connect_failed(struct handoff *handoff, int reason)
{
	static const struct {
		int reason, code;
		const char *what, *hint;
	} rows[] = {
		{ECONNREFUSED, HANDOFF_E_REFUSED, "nobody listens on this socket any more",
			"start samekeyd again"},
		{ENOENT, HANDOFF_E_ABSENT, "the verifier's socket has just gone",
			"start samekeyd again"},
		{EAGAIN, HANDOFF_E_TIMEOUT, "the verifier does not take the connection",
			"is samekeyd overloaded or stopped? see timeout under [verifier]"},
		{EPROTOTYPE, HANDOFF_E_MALFORMED, "is a socket, but not for handoffs",
			"name the socket of handoff = in samekeyd.ini, not the one of api ="},
		{EACCES, -EPERM, "this user may not connect",
			"join the group that owns the socket"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].reason != reason)
			continue;
		(void)err_set(handoff->err, rows[i].code, handoff->path, "%s", rows[i].what);
		(void)err_hint(handoff->err, "%s", rows[i].hint);
		return rows[i].code;
	}
	return err_set(
		handoff->err, -reason, handoff->path, "cannot connect: %s", strerror(reason));
}

// Connects within the timeout: the kernel lets a connect wait as long as a send.
static int connect_within(struct handoff *handoff, int socket, uint64_t timeout_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = (time_t)(timeout_ms / 1000),
		.tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000)};

	if (strlen(handoff->path) >= sizeof(address.sun_path)) {
		(void)err_set(handoff->err, -ENAMETOOLONG, handoff->path,
			"a socket's path has at most %zu bytes", sizeof(address.sun_path) - 1);
		(void)err_hint(handoff->err, "choose a shorter path");
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, handoff->path, strlen(handoff->path));
	if (setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0)
		return connect_failed(handoff, errno);
	while (connect(socket, (const struct sockaddr *)&address, sizeof(address)) < 0)
		if (errno != EINTR)
			return connect_failed(handoff, errno);
	return 0;
}

static int judge_peer(struct handoff *handoff, int socket, uid_t user)
{
	struct peer peer;
	int code = peer_credentials(socket, &peer, handoff->err);

	if (code < 0)
		return at_socket(handoff, code);
	if (peer_is_trusted(peer.uid, user))
		return 0;
	(void)err_set(handoff->err, -EPERM, handoff->path,
		"uid %u listens here, which is neither root nor you nor [verifier] user",
		(unsigned)peer.uid);
	(void)err_hint(handoff->err, "user = under [verifier] says who may run samekeyd");
	return -EPERM;
}

static int open_connection(struct handoff *handoff, int *ret_socket)
{
	uint64_t timeout_ms = handoff->options->timeout_ms;
	own_fd int socket_fd = -1;
	uid_t user;
	int code = find_socket(handoff);

	if (!timeout_ms)
		timeout_ms = HANDOFF_TIMEOUT_MS;
	handoff->exchange.deadline = channel_deadline(timeout_ms);
	if (code == 0)
		code = find_user(handoff, &user);
	if (code == 0)
		code = peer_path_is_trusted(handoff->path, user, handoff->err);
	if (code)
		return code;
	socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (socket_fd < 0)
		return connect_failed(handoff, errno);
	code = connect_within(handoff, socket_fd, timeout_ms);
	if (code == 0)
		code = judge_peer(handoff, socket_fd, user);
	if (code)
		return code;
	*ret_socket = take_fd(&socket_fd);
	return 0;
}

// ---- one request and its answer

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

// Sends the request and receives its answer.
static int converse(struct handoff *handoff, const struct message *request, int fd,
	struct exchange_received *received)
{
	enum message_state next = message_rule(request->type)->next;
	int code = exchange_send(&handoff->exchange, request, fd, handoff->err);

	// A verifier that has no time for us says so and closes; its word may be there already.
	if (code < 0 && code != -EPIPE && code != -ECONNRESET)
		return exchange_failed(handoff, code);
	code = exchange_receive(&handoff->exchange, next, handoff->pool, received, handoff->err);
	if (code)
		return exchange_failed(handoff, code);
	if (received->message.type != MESSAGE_PROBLEM)
		return 0;
	return problem(handoff, &received->message.problem);
}

// Opens the connection for one request; `end` closes it, whatever happened.
static int begin(struct handoff *handoff, const struct handoff_options *options,
	struct secret_arena *arena, struct pool *pool)
{
	handoff->options = options;
	handoff->exchange.arena = arena;
	handoff->pool = pool;
	if (options->connection) {
		(void)snprintf(handoff->path, sizeof(handoff->path), "private verifier");
		handoff->exchange.socket = *options->connection;
		handoff->exchange.deadline = channel_deadline(
			options->timeout_ms ? options->timeout_ms : HANDOFF_TIMEOUT_MS);
		return 0;
	}
	return open_connection(handoff, &handoff->exchange.socket);
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
	const char *socket = pool_copy(handoff->pool, handoff->path);

	if (!socket)
		return err_set(handoff->err, -ENOMEM, NULL, "out of memory");
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
		.socket = pool_copy(handoff->pool, handoff->path),
	};

	if (!copy.body || !copy.socket)
		return err_set(handoff->err, -ENOMEM, NULL, "out of memory");
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
