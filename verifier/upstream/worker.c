// One loop. It may wait for the daemon to take an answer, since the daemon never waits for it.
// SPDX-License-Identifier: MIT
#include "verifier/upstream/worker.h"

#include "lib/base/secret.h"
#include "lib/wire/relay.h"
#include "verifier/upstream/transfer.h"

#include <errno.h>
#include <sodium.h>
#include <sys/socket.h>

struct worker {
	int fd;
	struct transfers *transfers;
	uint8_t *packet; // RELAY_PACKET_MAX bytes of the arena, for whatever comes or goes
};

static int say(const struct worker *worker, const struct relay_answer *answer)
{
	const struct relay_message message = {RELAY_ANSWER, {.answer = *answer}};
	size_t length = relay_encode(&message, worker->packet, RELAY_PACKET_MAX);
	ssize_t sent;

	if (!length)
		return -EPROTO;
	do
		sent = send(worker->fd, worker->packet, length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	sodium_memzero(worker->packet, length);
	return sent < 0 ? -errno : 0;
}

static int begin(const struct worker *worker, const struct relay_request *request)
{
	struct relay_answer answer = {.id = request->id, .outcome = RELAY_BROKEN};
	int code;

	if (!transfer_is_ready(worker->transfers))
		return 0; // it was sent before this one began, and is known to be lost
	code = transfer_begin(worker->transfers, request);
	if (code == 0)
		return 0;
	if (code != -EINVAL)
		answer.outcome = RELAY_BUSY;
	sodium_memzero(worker->packet, RELAY_PACKET_MAX); // the request, before it is overwritten
	return say(worker, &answer);
}

static int obey(const struct worker *worker, size_t length)
{
	struct relay_message message;
	int code = relay_decode(worker->packet, length, &message);

	if (code < 0)
		return code;
	switch (message.type) {
	case RELAY_SETTINGS:
		transfer_change(worker->transfers, &message.settings);
		return 0;
	case RELAY_REQUEST:
		return begin(worker, &message.request);
	default:
		return -EPROTO;
	}
}

// Reads what is there.
// Returns: 1, 0 (the other end is gone) or a negative errno.
static int listen_up(const struct worker *worker)
{
	for (;;) {
		ssize_t got = recv(worker->fd, worker->packet, RELAY_PACKET_MAX, MSG_DONTWAIT);
		int code;

		if (got == 0 || (got < 0 && errno == ECONNRESET))
			return 0;
		if (got < 0)
			return errno == EAGAIN || errno == EINTR ? 1 : -errno;
		code = obey(worker, (size_t)got);
		sodium_memzero(worker->packet, (size_t)got);
		if (code < 0)
			return code;
	}
}

static int answer_all(const struct worker *worker)
{
	struct relay_answer answer;
	int code = 0;

	while (code == 0 && transfer_next(worker->transfers, &answer)) {
		code = say(worker, &answer);
		transfer_drop(worker->transfers);
	}
	return code;
}

static int serve(const struct worker *worker)
{
	for (;;) {
		int code = transfer_turn(worker->transfers, worker->fd);

		if (code == 0)
			code = answer_all(worker);
		if (code == 0)
			code = listen_up(worker);
		else if (code == -EPIPE || code == -ECONNRESET)
			code = 0;
		if (code <= 0)
			return code;
	}
}

int worker_run(int fd)
{
	struct worker worker = {.fd = fd};
	struct secret_arena *arena;
	int code;

	if (sodium_init() < 0)
		return -ENOSYS;
	code = secret_arena_open(
		&(struct secret_options){.cap = TRANSFER_ARENA_SIZE + 2 * RELAY_PACKET_MAX}, &arena,
		NULL);
	if (code < 0)
		return code;
	worker.packet = secret_arena_take(arena, RELAY_PACKET_MAX);
	if (!worker.packet)
		return -ENOMEM;
	code = transfer_open(arena, &worker.transfers);
	// What is left is given back by the end of the process: libcurl would wait for name
	// servers.
	return code < 0 ? code : serve(&worker);
}
