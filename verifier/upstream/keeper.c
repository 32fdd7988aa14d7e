// Two processes keep each other: the keeper forks workers, and a spare that waits for the keeper's
// end to go on in its place. Neither reads anything from the socket or holds anything of what
// passes.
// SPDX-License-Identifier: MIT
#include "verifier/upstream/keeper.h"

#include "lib/base/clock.h"
#include "lib/wire/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define NAME_KEEPER "samekeyd-upstream"
#define NAME_SPARE "samekeyd-spare" // so that who ends all of one name leaves it

#define ADOPTION_MS 1

enum role { WORKER, SPARE, ROLES };

// What the keeper has forked, or is to fork.
struct charge {
	pid_t pid;     // 0: none
	uint64_t next; // when another may begin at the earliest
};

struct keeper {
	int fd;
	keeper_work *work;
	int life[2]; // the keeper and its worker hold the end for writing: it hangs up after both
	bool told;   // that the next worker begins, or soon will
	struct charge charges[ROLES];
	sigset_t usual; // signals that are blocked but while the keeper waits
};

// Only so that a wait is cut short.
static void on_child(int signal)
{
	(void)signal;
}

// Returns: whether the other end is still there.
static bool say_begins(struct keeper *keeper)
{
	const struct relay_message message = {.type = RELAY_BEGINS};
	uint8_t packet[8];
	size_t length = relay_encode(&message, packet, sizeof(packet));
	ssize_t sent;

	do
		sent = send(keeper->fd, packet, length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	keeper->told = sent >= 0;
	if (keeper->told)
		return true;
	keeper->charges[WORKER].next = clock_steady_ms() + KEEPER_PAUSE_MS;
	return errno != EPIPE && errno != ECONNRESET;
}

// ---- the worker

_Noreturn static void be_worker(struct keeper *keeper, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &keeper->usual, NULL);
	_exit(getppid() == parent && keeper->work(keeper->fd) == 0 ? 0 : 1);
}

// ---- the spare

// Returns: whether its keeper has ended, and the other end is still there.
static bool is_wanted(const struct keeper *keeper)
{
	struct pollfd wanted[] = {{.fd = keeper->fd}, {.fd = keeper->life[0]}}; // hang-ups

	while (poll(wanted, ARRAY_SIZE(wanted), -1) < 0)
		if (errno != EINTR && errno != ENOMEM && errno != EAGAIN)
			return false;
	return !wanted[0].revents;
}

static void close_end(int *fd)
{
	own_fd_release(fd);
	*fd = -1;
}

// Waits until samekeyd has adopted this process, else the keeper's death would be its parent's.
static void await_adoption(const struct keeper *keeper, pid_t parent)
{
	struct pollfd wanted = {.fd = keeper->fd};
	bool orphaned;

	do {
		orphaned = getppid() != parent;
		(void)poll(
			&wanted, 1, ADOPTION_MS); // once more after it, for the kernel to be done
	} while (!orphaned);
}

// The spare goes on as the keeper where the last one is gone with its worker; else it ends.
static void be_spare(struct keeper *keeper, pid_t parent)
{
	const uint64_t next = clock_steady_ms() + KEEPER_PAUSE_MS;

	(void)prctl(PR_SET_NAME, NAME_SPARE);
	close_end(&keeper->life[1]);
	if (!is_wanted(keeper))
		_exit(0);
	close_end(&keeper->life[0]);
	await_adoption(keeper, parent);
	// should samekeyd have ended meanwhile, then the socket tells
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, NAME_KEEPER);
	keeper->told = false;
	keeper->charges[WORKER] = keeper->charges[SPARE] = (struct charge){.next = next};
}

// ---- the keeper

// Returns in the spare, too, once that is the keeper.
static void fork_one(struct keeper *keeper, enum role role)
{
	struct charge *charge = &keeper->charges[role];
	pid_t parent = getpid(), pid = fork();

	if (pid == 0 && role == WORKER)
		be_worker(keeper, parent);
	if (pid == 0)
		be_spare(keeper, parent);
	else
		*charge = (struct charge){pid > 0 ? pid : 0, clock_steady_ms() + KEEPER_PAUSE_MS};
}

// Forks what is lacking and may begin.
static void fork_lacking(struct keeper *keeper)
{
	for (enum role role = 0; role < ROLES; role++) {
		struct charge *charge = &keeper->charges[role];

		if (charge->pid || clock_steady_ms() < charge->next)
			continue;
		if (keeper->life[0] < 0 && pipe2(keeper->life, O_CLOEXEC) < 0)
			charge->next = clock_steady_ms() + KEEPER_PAUSE_MS;
		else if (role != WORKER || keeper->told)
			fork_one(keeper, role);
	}
}

static void take_ended(struct keeper *keeper)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		// what is asked from now on waits for the next worker, and is not lost
		if (pid == keeper->charges[WORKER].pid)
			keeper->told = false;
		for (size_t role = 0; role < ROLES; role++)
			if (pid == keeper->charges[role].pid)
				keeper->charges[role].pid = 0;
	}
}

// Waits until something has ended or may begin.
// Returns: whether the other end is still there.
static bool rest(struct keeper *keeper)
{
	struct pollfd wanted = {.fd = keeper->fd, .events = 0}; // a hang-up is always told
	struct timespec pause = {.tv_sec = KEEPER_PAUSE_MS / 1000};
	bool lacks = !keeper->told;
	uint64_t now = clock_steady_ms(), next = now + KEEPER_PAUSE_MS;

	for (size_t role = 0; role < ROLES; role++) {
		const struct charge *charge = &keeper->charges[role];

		if (charge->pid)
			continue;
		lacks = true;
		next = charge->next < next ? charge->next : next;
	}
	next = next > now ? next - now : 1;
	pause = (struct timespec){
		.tv_sec = (time_t)(next / 1000), .tv_nsec = (long)(next % 1000) * 1000000};
	return ppoll(&wanted, 1, lacks ? &pause : NULL, &keeper->usual) <= 0;
}

void keeper_run(int fd, keeper_work *work)
{
	const struct sigaction woken = {.sa_handler = on_child};
	struct keeper keeper = {.fd = fd, .work = work, .life = {-1, -1}};
	sigset_t child;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, &keeper.usual);
	(void)sigaction(SIGCHLD, &woken, NULL);
	do {
		take_ended(&keeper);
		if (!keeper.told && !say_begins(&keeper))
			break;
		fork_lacking(&keeper);
	} while (rest(&keeper));
	while (wait(NULL) > 0 || errno == EINTR) // they see it too
		;
}
