// Who is at the other end, and whether it lives.
// SPDX-License-Identifier: MIT
#include "lib/wire/peer.h"

#include "lib/base/err.h"
#include "tests/unit/inchild.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

// ---- processes

static void we_are_our_own_peer(void **state)
{
	struct peer peer = PEER_NONE;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(peer_identify(ends[0], &peer, NULL), 0);
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer_life(&peer), PEER_ALIVE);
	peer_done(&peer);
	assert_int_equal(peer.pidfd, -1);
	assert_int_equal(peer_life(&peer), PEER_UNKNOWN);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void no_socket_has_no_peer(void **state)
{
	own_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct peer peer;
	struct err err = ERR_NONE;

	(void)state;
	assert_int_equal(peer_identify(null, &peer, &err), -ENOTSOCK);
	assert_true(*err.what);
}

// A child that connects to a socket and waits to be killed.
static pid_t fork_client(int listener)
{
	struct sockaddr_un address;
	socklen_t size = sizeof(address);
	pid_t child;

	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

		(void)connect(fd, (struct sockaddr *)&address, size);
		for (;;)
			(void)pause();
	}
	return child;
}

static int listen_anywhere(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX}; // an abstract name of the kernel's
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void death_is_noticed(void **state)
{
	own_fd int listener = listen_anywhere(), connection = -1;
	pid_t child = fork_client(listener);
	struct peer peer = PEER_NONE, by_number;

	(void)state;
	connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(peer_identify(connection, &peer, NULL), 0);
	assert_int_equal(peer.pid, child);
	by_number = peer;
	by_number.pidfd = -1;
	assert_int_equal(peer_start_time(child, &by_number.start_time), 0);
	assert_int_equal(peer_life(&peer), PEER_ALIVE);
	assert_int_equal(peer_life(&by_number), PEER_ALIVE);
	by_number.start_time++; // the number is somebody else's by now
	assert_int_equal(peer_life(&by_number), PEER_DEAD);
	by_number.start_time--;
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT), 0);
	assert_int_equal(peer_life(&peer), PEER_DEAD); // a zombie is dead
	assert_int_equal(peer_life(&by_number), PEER_DEAD);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(peer_life(&peer), PEER_DEAD);
	assert_int_equal(peer_life(&by_number), PEER_DEAD);
	peer_done(&peer);
}

static void who_died_at_the_door_is_nobody(void **state)
{
	own_fd int listener = listen_anywhere(), connection = -1;
	pid_t child = fork_client(listener);
	struct peer peer = PEER_NONE;

	(void)state;
	connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(peer_identify(connection, &peer, NULL), -ESRCH);
	assert_int_equal(peer_credentials(connection, &peer, NULL), 0);
	assert_int_equal(peer.uid, geteuid());
}

#define PEERPIDFD 77 // SO_PEERPIDFD, of Linux 6.5

// As a kernel before it answers.
static bool hide_peers_pidfds(void)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsockopt, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PEERPIDFD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOPROTOOPT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {ARRAY_SIZE(lines), lines};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum { GONE, ZOMBIE, ALIVE, STATES };

// Returns: what is wrong, 0: nothing.
static int try_without_peers_pidfds(size_t at)
{
	own_fd int listener = listen_anywhere(), connection = -1;
	pid_t child = fork_client(listener);
	struct peer peer = PEER_NONE;
	bool lives;
	int code;

	connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (!hide_peers_pidfds())
		return 1;
	if (at != ALIVE && (kill(child, SIGKILL) < 0 ||
				   waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT) < 0))
		return 2;
	if (at == GONE && waitpid(child, NULL, 0) != child)
		return 3;
	code = peer_identify(connection, &peer, NULL);
	if (at != ALIVE)
		return code == -ESRCH ? 0 : 4;
	lives = code == 0 && peer.start_time && peer_life(&peer) == PEER_ALIVE;
	(void)kill(child, SIGKILL);
	return lives && waitpid(child, NULL, 0) == child && peer_life(&peer) == PEER_DEAD ? 0 : 5;
}

static void who_died_at_the_door_of_an_older_kernel_is_nobody_either(void **state)
{
	(void)state;
	for (size_t i = 0; i < STATES; i++)
		assert_int_equal(inchild_run(try_without_peers_pidfds, i), 0);
}

static void a_name_with_a_bracket_hides_nothing(void **state)
{
	uint64_t start_time, named_time;
	FILE *name = fopen("/proc/self/comm", "w");

	(void)state;
	assert_int_equal(peer_start_time(getpid(), &start_time), 0);
	assert_non_null(name);
	assert_true(fputs("a) Z 1 2 (3", name) > 0);
	assert_int_equal(fclose(name), 0);
	assert_int_equal(peer_start_time(getpid(), &named_time), 0);
	assert_int_equal(named_time, start_time);
	assert_int_equal(peer_start_time(0, &named_time), -ESRCH);
	assert_int_equal(peer_start_time(INT_MAX, &named_time), -ESRCH);
}

// A child that waits to be killed, as a peer by number.
static struct peer fork_peer(void)
{
	struct peer peer = {.uid = geteuid(), .gid = getegid(), .pidfd = -1};

	peer.pid = fork();
	assert_true(peer.pid >= 0);
	if (peer.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); // should an assertion fail
		for (;;)
			(void)pause();
	}
	assert_int_equal(peer_start_time(peer.pid, &peer.start_time), 0);
	return peer;
}

static void kill_peer(const struct peer *peer)
{
	assert_int_equal(kill(peer->pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)peer->pid, NULL, WEXITED | WNOWAIT), 0);
}

static void a_parent_is_found_while_its_child_lives(void **state)
{
	struct peer child = fork_peer(), parent, other = child;
	struct err err = ERR_NONE;

	(void)state;
	assert_int_equal(peer_parent(&child, &parent, NULL), 0);
	assert_int_equal(parent.pid, getpid());
	assert_int_equal(parent.uid, geteuid());
	assert_int_equal(parent.gid, getegid());
	assert_true(parent.pidfd >= 0);
	assert_int_equal(peer_life(&parent), PEER_ALIVE);
	peer_done(&parent);
	other.uid++; // of a user to whom the parent does not belong
	assert_int_equal(peer_parent(&other, &parent, &err), -ESRCH);
	assert_true(*err.what && *err.hint);
	other = child;
	other.start_time++; // the number was another's
	assert_int_equal(peer_parent(&other, &parent, NULL), -ESRCH);
	other.pid = 0;
	assert_int_equal(peer_parent(&other, &parent, NULL), -ESRCH);
	other.pid = INT_MAX;
	assert_int_equal(peer_parent(&other, &parent, NULL), -ESRCH);
	kill_peer(&child);
	assert_int_equal(peer_parent(&child, &parent, NULL), -ESRCH); // a zombie has one still
	assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	assert_int_equal(peer_parent(&child, &parent, NULL), -ESRCH);
}

static void a_process_is_found_again_by_number_and_start(void **state)
{
	struct peer child = fork_peer(), again = PEER_NONE;

	(void)state;
	assert_int_equal(peer_again(child.pid, child.start_time, &again), 0);
	assert_int_equal(again.pid, child.pid);
	assert_int_equal(again.uid, PEER_NOBODY);
	assert_true(again.pidfd >= 0);
	assert_int_equal(peer_life(&again), PEER_ALIVE);
	peer_done(&again);
	assert_int_equal(peer_again(child.pid, child.start_time + 1, &again), -ESRCH);
	assert_int_equal(peer_again(child.pid, 0, &again), -ESRCH);
	assert_int_equal(peer_again(0, child.start_time, &again), -ESRCH);
	kill_peer(&child);
	assert_int_equal(peer_again(child.pid, child.start_time, &again), -ESRCH);
	assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	assert_int_equal(peer_again(child.pid, child.start_time, &again), -ESRCH);
}

// ---- users

static void users_are_trusted_by_number(void **state)
{
	uid_t uid;

	(void)state;
	assert_true(peer_is_trusted(0, PEER_NO_USER));
	assert_true(peer_is_trusted(geteuid(), PEER_NO_USER));
	assert_true(peer_is_trusted(4711, 4711));
	assert_false(peer_is_trusted(4711, PEER_NO_USER));
	assert_false(peer_is_trusted(4711, 4712));
	assert_false(peer_is_trusted(PEER_NOBODY, PEER_NOBODY));
	assert_false(peer_is_trusted(PEER_NO_USER, PEER_NO_USER));
	assert_int_equal(peer_user("root", &uid), 0);
	assert_int_equal(uid, 0);
	assert_int_equal(peer_user("4711", &uid), 0);
	assert_int_equal(uid, 4711);
	assert_int_equal(peer_user("no such user", &uid), -ENOENT);
	assert_int_equal(peer_user("", &uid), -ENOENT);
	assert_int_equal(peer_user("4294967295", &uid), -ENOENT); // the number of no user
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(we_are_our_own_peer),
		cmocka_unit_test(no_socket_has_no_peer),
		cmocka_unit_test(death_is_noticed),
		cmocka_unit_test(who_died_at_the_door_is_nobody),
		cmocka_unit_test(who_died_at_the_door_of_an_older_kernel_is_nobody_either),
		cmocka_unit_test(a_name_with_a_bracket_hides_nothing),
		cmocka_unit_test(a_parent_is_found_while_its_child_lives),
		cmocka_unit_test(a_process_is_found_again_by_number_and_start),
		cmocka_unit_test(users_are_trusted_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
