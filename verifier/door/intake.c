// Who may connect is judged before anything is read; from then on the connection is connection.c's.
// SPDX-License-Identifier: MIT
#include "verifier/door/intake.h"

#include "lib/base/err.h"
#include "lib/base/loop.h"
#include "lib/wire/fault.h"
#include "lib/wire/peer.h"
#include "verifier/door/api/admit.h"
#include "verifier/door/connection.h"
#include "verifier/door/intake_problem.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define INTAKE_PAUSE_MS 100
#define INTAKE_BACKLOG_MAX 1024 // that many are taken in at the end; a flood is not

struct intake {
	struct intake_parts parts;
	struct loop_watch *watch;
	struct loop_timer *resume; // while accepting pauses
	struct connection_list connections;
};

// ---- accepting

static void turn_away(struct intake *intake, int socket, const struct peer *peer, enum fault fault,
	const char *text)
{
	struct err err = ERR_NONE;

	(void)err_set(&err, (int)fault, NULL, "%s", text);
	intake_problem_note(&intake->parts, peer, fault, text);
	// it is closed either way
	ignore_result(intake_problem_send(&intake->parts, socket, fault, &err));
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
	if (intake->connections.count >= INTAKE_CONNECTIONS_MAX ||
		!admit_enter(intake->parts.admit, peer->uid)) {
		turn_away(intake, socket, peer, FAULT_E_BUSY, "too many connections");
		return false;
	}
	return true;
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
			&intake->resume)); // set from a timer's call, so it is
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
		connection_add(&intake->connections, socket, &peer, false);
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
	intake->connections.parts = &intake->parts;
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
		connection_add(&intake->connections, take_fd(&owned), &peer, true);
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
	return intake->connections.count;
}

struct intake *intake_close(struct intake *intake)
{
	if (!intake)
		return NULL;
	end_accepting(intake);
	connection_end_all(&intake->connections);
	free(intake);
	return NULL;
}
