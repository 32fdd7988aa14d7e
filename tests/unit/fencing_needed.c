// What the work of samekeyd needs inside its fence, tried.
// SPDX-License-Identifier: MIT
#include "tests/unit/fencing.h"

#include "lib/base/log.h"
#include "lib/base/secret.h"
#include "tests/unit/inchild.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

static int accept_one(void)
{
	return fencing_told(
		accept4(fencing_listener, NULL, NULL, SOCK_CLOEXEC) >= 0 || errno == EAGAIN);
}

static int connect_unix(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", fencing_handoff);
	return fencing_told(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
}

static int write_database(void)
{
	sqlite3 *db = NULL;
	bool done = sqlite3_open(fencing_database, &db) == SQLITE_OK &&
		    sqlite3_exec(db,
			    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			    "CREATE TABLE t (x); BEGIN; INSERT INTO t VALUES (1); COMMIT;"
			    "PRAGMA wal_checkpoint(TRUNCATE);",
			    NULL, NULL, NULL) == SQLITE_OK;

	return fencing_told(sqlite3_close(db) == SQLITE_OK && done);
}

static void *work(void *given)
{
	uint8_t *block = malloc(1 << 20); // an arena of its own

	(void)pthread_setname_np(pthread_self(), "store");
	if (block)
		memset(block, 1, 1 << 20);
	free(block);
	return given;
}

static int start_thread(void)
{
	pthread_t thread;
	void *got = NULL;

	return fencing_told(pthread_create(&thread, NULL, work, fencing_scratch) == 0 &&
			    pthread_join(thread, &got) == 0 && got == fencing_scratch);
}

static int watch_process(void)
{
	return fencing_told(syscall(SYS_pidfd_open, getppid(), 0) >= 0);
}

static int read_process_facts(void)
{
	char path[64], byte;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fencing_told(fd >= 0 && read(fd, &byte, 1) == 1);
}

static int is_there(void)
{
	return fencing_told(kill(getppid(), 0) == 0 || errno == EPERM);
}

static int end_helper(void)
{
	return fencing_told(kill(fencing_helper, SIGKILL) == 0); // the parent waits for it
}

static int grow_arena(void)
{
	uint8_t *block = secret_arena_take(fencing_arena, 2 << 20);

	if (block)
		memset(block, 1, 2 << 20);
	return fencing_told(block && secret_arena_guard(fencing_arena).locked);
}

static int read_key(void)
{
	return fencing_told(open(fencing_key_file, O_RDONLY | O_CLOEXEC) >= 0);
}

static int find_user(void)
{
	return fencing_told(getpwnam("root") != NULL);
}

static int remove_socket(void)
{
	return fencing_told(unlink(fencing_handoff) == 0);
}

static int mend_socket_mode(void)
{
	return fencing_told(chmod(fencing_handoff, 0666) == 0);
}

static int wait_a_moment(void)
{
	const struct timespec moment = {.tv_nsec = 1000};
	struct epoll_event event;
	int queue = epoll_create1(EPOLL_CLOEXEC);

	return fencing_told(queue >= 0 && epoll_wait(queue, &event, 1, 0) == 0 &&
			    nanosleep(&moment, NULL) == 0 &&
			    clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL) == 0);
}

static int send_descriptor(void)
{
	int pair[2], given = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec bytes = {(char[]){"x"}, 1};
	struct msghdr message = {.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	if (given < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		return fencing_told(false);
	*head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(head), &given, sizeof(given));
	return fencing_told(
		sendmsg(pair[0], &message, MSG_NOSIGNAL) == 1 && fcntl(given, F_GET_SEALS) >= 0);
}

static int give_up(void)
{
	abort();
}

const struct fencing_case fencing_needed[] = {
	{"a connection taken", accept_one, 0, false}, {"a Unix socket", connect_unix, 0, false},
	{"a new database with its log", write_database, 0, false},
	{"a thread", start_thread, 0, false}, {"a handle on a process", watch_process, 0, false},
	{"when a process started", read_process_facts, 0, false},
	{"whether a process is there", is_there, 0, false},
	{"the helper ended", end_helper, 0, false}, {"more guarded memory", grow_arena, 0, false},
	{"a key file read", read_key, 0, false}, {"a user's name", find_user, 0, false},
	{"waiting", wait_a_moment, 0, false},
	{"a descriptor for the service manager", send_descriptor, 0, false},
	{"a socket's mode", mend_socket_mode, 0, false}, {"abort", give_up, FENCING_ABORTS, false},
	{"a socket removed", remove_socket, 0, false}, // last: others need it
};
const size_t fencing_needed_count = ARRAY_SIZE(fencing_needed);
