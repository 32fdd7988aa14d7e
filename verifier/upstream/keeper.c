// fork and wait. The keeper reads nothing from the socket and holds nothing of what passes.
// SPDX-License-Identifier: MIT
#include "verifier/upstream/keeper.h"

#include "lib/base/clock.h"
#include "lib/wire/relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define BROKE_OFF 1

static bool say_begins(int fd)
{
	const struct relay_message message = {.type = RELAY_BEGINS};
	uint8_t packet[8];
	size_t length = relay_encode(&message, packet, sizeof(packet));
	ssize_t sent;

	do
		sent = send(fd, packet, length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

// Returns: whether the worker ended because nobody is there any more.
static bool work_once(int fd, keeper_work *work)
{
	pid_t keeper = getpid(), worker = fork();
	int status = 0;

	if (worker < 0)
		return false;
	if (worker == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(getppid() == keeper && work(fd) == 0 ? 0 : BROKE_OFF);
	}
	while (waitpid(worker, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Returns: whether the other end is still there at that time.
static bool wait_until(int fd, uint64_t time)
{
	struct pollfd wanted = {.fd = fd, .events = 0}; // a hang-up is always told

	for (;;) {
		uint64_t now = clock_steady_ms();

		if (now >= time)
			return true;
		if (poll(&wanted, 1, (int)(time - now)) > 0)
			return false;
	}
}

void keeper_run(int fd, keeper_work *work)
{
	uint64_t began;

	if (!say_begins(fd))
		return;
	do {
		began = clock_steady_ms();
		// said at once: what is asked in the pause waits for the next worker, and is not
		// lost
		if (work_once(fd, work) || !say_begins(fd))
			return;
	} while (wait_until(fd, began + KEEPER_PAUSE_MS));
}
