// Once samekeyd is inside its fence: what its work needs goes on, and each forbidden thing is
// refused or ends the process. Every case is tried in a process of its own.
// SPDX-License-Identifier: MIT
#include "verifier/fence.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/pool.h"
#include "lib/base/secret.h"
#include "lib/confine/callfilter.h"
#include "lib/confine/landlock.h"
#include "tests/unit/inchild.h"
#include "verifier/daemon.h"
#include "verifier/door/api/guards.h"
#include "verifier/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#define WRONG 97
#define NOT_CONFINED 98
#define CAP (UINT64_C(8) << 20) // of the arena

static char scratch[] = "/tmp/samekey.fence.XXXXXX";
static char keys[64], data[64], elsewhere[64], key_file[80], database[80], handoff[80];
static struct secret_arena *arena; // opened before, as the daemon's
static int listener = -1, tcp = -1;
static in_port_t tcp_port;
static pid_t helper;

// Each returns 0 when what it tries was done, else the errno.
typedef int try_it(void);

static int told(bool done)
{
	return done ? 0 : errno ? errno : WRONG;
}

// ---- what must not be

static int run_program(void)
{
	char *const words[] = {(char[]){"true"}, NULL};

	return told(execve("/bin/true", words, words + 1) == 0);
}

static int run_descriptor(void)
{
	char *const words[] = {(char[]){"true"}, NULL};

	return told(syscall(SYS_execveat, AT_FDCWD, "/bin/true", words, words + 1, 0) == 0);
}

static int trace(void)
{
	return told(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
}

static int read_process(void)
{
	char byte;
	struct iovec local = {&byte, 1}, remote = {&byte, 1};

	return told(process_vm_readv(getppid(), &local, 1, &remote, 1, 0) == 1);
}

static int mount_something(void)
{
	return told(mount("none", scratch, "tmpfs", 0, NULL) == 0);
}

static int leave_spaces(void)
{
	return told(unshare(CLONE_NEWUSER) == 0);
}

static int enter_spaces(void)
{
	return told(setns(listener, 0) == 0);
}

static int use_bpf(void)
{
	return told(syscall(SYS_bpf, 0, NULL, 0) >= 0);
}

static int use_ring(void)
{
	return told(syscall(SYS_io_uring_setup, 1, NULL) >= 0);
}

static int use_keys(void)
{
	return told(syscall(SYS_keyctl, 0, 0) >= 0);
}

static int fault_pages(void)
{
	return told(syscall(SYS_userfaultfd, 0) >= 0);
}

static int take_descriptor(void)
{
	int handle = (int)syscall(SYS_pidfd_open, getppid(), 0);

	return told(syscall(SYS_pidfd_getfd, handle, 0, 0) >= 0);
}

static int load_module(void)
{
	return told(syscall(SYS_finit_module, listener, "", 0) == 0);
}

static int change_root(void)
{
	return told(chroot(scratch) == 0);
}

static int make_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return told(child > 0);
}

static int open_network(void)
{
	return told(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int open_network6(void)
{
	return told(socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
}

static int open_raw(void)
{
	return told(socket(AF_PACKET, SOCK_RAW, 0) >= 0);
}

static int open_routes(void)
{
	return told(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
}

// With a socket that is there already, as the listener is.
static int connect_out(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(tcp_port)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return told(connect(tcp, (struct sockaddr *)&to, sizeof(to)) == 0);
}

static int listen_elsewhere(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/x.sock", data);
	return told(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
}

static int end_another(void)
{
	return told(kill(getppid(), SIGURG) == 0);
}

static int end_all(void)
{
	return told(kill(-1, SIGURG) == 0);
}

static int signal_by_handle(void)
{
	int handle = (int)syscall(SYS_pidfd_open, getppid(), 0);

	return told(syscall(SYS_pidfd_send_signal, handle, SIGURG, NULL, 0) == 0);
}

static int map_code(void)
{
	return told(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		    MAP_FAILED);
}

static int make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	errno = 0;
	return told(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}

static int set_user_bit(void)
{
	return told(chmod(database, 04755) == 0);
}

static int move_file(void)
{
	return told(rename(key_file, database) == 0);
}

static int type_into_terminal(void)
{
	return told(syscall(SYS_ioctl, 0, 0x5412, "x") == 0); // TIOCSTI
}

static int dump_again(void)
{
	return told(syscall(SYS_prctl, 4, 1, 0, 0, 0) == 0); // PR_SET_DUMPABLE
}

static int raise_limit(void)
{
	const uint64_t all[2] = {UINT64_MAX, UINT64_MAX};

	return told(syscall(SYS_prlimit64, 0, 4, all, NULL) == 0); // RLIMIT_CORE
}

static int get_capability(void)
{
	return told(chown(key_file, 65534, 65534) == 0 || lchown(key_file, 65534, 65534) == 0);
}

// ---- files that are none of its business

static int read_foreign(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/file", elsewhere);
	return told(open(path, O_RDONLY | O_CLOEXEC) >= 0);
}

static int write_foreign(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/file", elsewhere);
	return told(open(path, O_WRONLY | O_CLOEXEC) >= 0);
}

static int write_key(void)
{
	return told(open(key_file, O_WRONLY | O_CLOEXEC) >= 0);
}

static int make_beside_key(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/new", keys);
	return told(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
}

static int remove_key(void)
{
	return told(unlink(key_file) == 0);
}

static int read_memory_of_another(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	return told(open(path, O_RDONLY | O_CLOEXEC) >= 0);
}

// ---- what must be

static int accept_one(void)
{
	return told(accept4(listener, NULL, NULL, SOCK_CLOEXEC) >= 0 || errno == EAGAIN);
}

static int connect_unix(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", handoff);
	return told(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
}

static int write_database(void)
{
	sqlite3 *db = NULL;
	bool done = sqlite3_open(database, &db) == SQLITE_OK &&
		    sqlite3_exec(db,
			    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			    "CREATE TABLE t (x); BEGIN; INSERT INTO t VALUES (1); COMMIT;"
			    "PRAGMA wal_checkpoint(TRUNCATE);",
			    NULL, NULL, NULL) == SQLITE_OK;

	return told(sqlite3_close(db) == SQLITE_OK && done);
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

	return told(pthread_create(&thread, NULL, work, scratch) == 0 &&
		    pthread_join(thread, &got) == 0 && got == scratch);
}

static int watch_process(void)
{
	return told(syscall(SYS_pidfd_open, getppid(), 0) >= 0);
}

static int read_process_facts(void)
{
	char path[64], byte;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return told(fd >= 0 && read(fd, &byte, 1) == 1);
}

static int is_there(void)
{
	return told(kill(getppid(), 0) == 0 || errno == EPERM);
}

static int end_helper(void)
{
	return told(kill(helper, SIGKILL) == 0); // the parent waits for it
}

static int grow_arena(void)
{
	uint8_t *block = secret_arena_take(arena, 2 << 20);

	if (block)
		memset(block, 1, 2 << 20);
	return told(block && secret_arena_guard(arena).locked);
}

static int read_key(void)
{
	return told(open(key_file, O_RDONLY | O_CLOEXEC) >= 0);
}

static int find_user(void)
{
	return told(getpwnam("root") != NULL);
}

static int remove_socket(void)
{
	return told(unlink(handoff) == 0);
}

static int mend_socket_mode(void)
{
	return told(chmod(handoff, 0666) == 0);
}

static int wait_a_moment(void)
{
	const struct timespec moment = {.tv_nsec = 1000};
	struct epoll_event event;
	int queue = epoll_create1(EPOLL_CLOEXEC);

	return told(queue >= 0 && epoll_wait(queue, &event, 1, 0) == 0 &&
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
		return told(false);
	*head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(head), &given, sizeof(given));
	return told(
		sendmsg(pair[0], &message, MSG_NOSIGNAL) == 1 && fcntl(given, F_GET_SEALS) >= 0);
}

static int use_new_call(void)
{
	return told(syscall(999) == 0);
}

static int give_up(void)
{
	abort();
}

#define ENDS (-1) // by SIGSYS
#define ABORTS (-2)

static const struct {
	const char *what;
	try_it *try;
	int comes_to; // ENDS, ABORTS, 0 or an errno
	bool landlock;
} cases[] = {
	{"another program", run_program, ENDS, false},
	{"another program by descriptor", run_descriptor, ENDS, false},
	{"ptrace", trace, ENDS, false}, {"another's memory", read_process, ENDS, false},
	{"a mount", mount_something, ENDS, false}, {"spaces of its own", leave_spaces, ENDS, false},
	{"spaces of others", enter_spaces, ENDS, false}, {"bpf", use_bpf, ENDS, false},
	{"io_uring", use_ring, ENDS, false}, {"keyctl", use_keys, ENDS, false},
	{"userfaultfd", fault_pages, ENDS, false},
	{"another's descriptor", take_descriptor, ENDS, false},
	{"a kernel module", load_module, ENDS, false}, {"chroot", change_root, ENDS, false},
	{"another process", make_process, EPERM, false},
	{"a socket of IPv4", open_network, EACCES, false},
	{"a socket of IPv6", open_network6, EACCES, false},
	{"a raw socket", open_raw, EACCES, false},
	{"a socket of netlink", open_routes, EACCES, false},
	{"a connection by TCP", connect_out, EACCES, true},
	{"another listener", listen_elsewhere, EPERM, false},
	{"a signal for another", end_another, ENOSYS, false},
	{"a signal for all", end_all, ENOSYS, false},
	{"a signal by a handle", signal_by_handle, ENOSYS, false},
	{"memory mapped as code", map_code, EACCES, false},
	{"memory turned into code", make_code, EACCES, false},
	{"a set-user-id bit", set_user_bit, ENOSYS, false},
	{"a file moved", move_file, EPERM, false},
	{"a terminal typed into", type_into_terminal, ENOSYS, false},
	{"core files again", dump_again, ENOSYS, false},
	{"a limit raised", raise_limit, ENOSYS, false},
	{"a file given away", get_capability, EPERM, false},
	{"a call nobody knows", use_new_call, ENOSYS, false},
	{"a foreign file read", read_foreign, EACCES, true},
	{"a foreign file written", write_foreign, EACCES, true},
	{"a key file written", write_key, EACCES, true},
	{"a file made beside a key", make_beside_key, EACCES, true},
	{"a key file removed", remove_key, EACCES, true},
	{"another's environment", read_memory_of_another, EACCES, true},
	{"a connection taken", accept_one, 0, false}, {"a Unix socket", connect_unix, 0, false},
	{"a new database with its log", write_database, 0, false},
	{"a thread", start_thread, 0, false}, {"a handle on a process", watch_process, 0, false},
	{"when a process started", read_process_facts, 0, false},
	{"whether a process is there", is_there, 0, false},
	{"the helper ended", end_helper, 0, false}, {"more guarded memory", grow_arena, 0, false},
	{"a key file read", read_key, 0, false}, {"a user's name", find_user, 0, false},
	{"waiting", wait_a_moment, 0, false},
	{"a descriptor for the service manager", send_descriptor, 0, false},
	{"a socket's mode", mend_socket_mode, 0, false}, {"abort", give_up, ABORTS, false},
	{"a socket removed", remove_socket, 0, false}, // last: others need it
};

// ---- trying

static void write_file(const char *path)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
}

// Goes inside as the daemon does, with a profile's key and a database.
static int enter(enum setting_flag seccomp, enum setting_flag landlock, struct guards *guards,
	struct fence **ret_fence)
{
	struct pool *pool = pool_new();
	struct setup *setup = pool ? setup_new(pool) : NULL;
	struct profile_source source = {.file = key_file};
	struct profile_rules profile = {.sources = &source, .source_count = 1};
	const struct daemon_options options = {.ini = key_file};
	const struct log log = {.fd = -1};
	const struct fence_parts parts = {&options, setup, &log, helper};

	if (!setup)
		return -ENOMEM;
	setup->profiles = &profile;
	setup->profile_count = 1;
	setup->handoff = setup->api = handoff;
	setup->store.is_on = true;
	setup->store.options.url = database;
	setup->seccomp = seccomp;
	setup->landlock = landlock;
	return fence_enter(&parts, guards, ret_fence, NULL);
}

// Returns: how the child ended, as waitpid says.
static int inside(try_it *try, bool needs_landlock)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct guards guards = {0};
		struct fence *fence;
		const struct rlimit none = {0, 0};

		(void)setrlimit(RLIMIT_CORE, &none);
		if (enter(SETTING_YES, SETTING_YES, &guards, &fence) < 0 ||
			guards.causes[GUARD_SECCOMP] != GUARD_IN_FORCE)
			_exit(WRONG);
		if (needs_landlock && guards.causes[GUARD_LANDLOCK] != GUARD_IN_FORCE)
			_exit(NOT_CONFINED);
		errno = 0;
		_exit(try());
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static bool came_to(int status, int expected)
{
	if (expected == ENDS)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	if (expected == ABORTS)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
	return WIFEXITED(status) && WEXITSTATUS(status) == expected;
}

static void try_all(bool landlock)
{
	size_t failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int status;

		if (cases[i].landlock != landlock)
			continue;
		status = inside(cases[i].try, landlock);
		if (came_to(status, cases[i].comes_to))
			continue;
		failed++;
		print_error("%s: exit %d, signal %d\n", cases[i].what,
			WIFEXITED(status) ? WEXITSTATUS(status) : -1,
			WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
	assert_int_equal(failed, 0);
}

static void what_the_work_needs_and_nothing_else(void **state)
{
	(void)state;
	if (!callfilter_is_built())
		skip();
	try_all(false);
}

static void no_files_but_its_own(void **state)
{
	(void)state;
	if (!callfilter_is_built() || !landlock_version())
		skip();
	try_all(true);
}

// ---- what it says

static int judge_fresh(size_t at)
{
	struct guards guards = {0};
	struct fence *fence;
	struct profile_source source = {.file = key_file};
	struct profile_rules profile = {.sources = &source, .source_count = 1};
	struct setup fresh = {.profiles = &profile, .profile_count = 1};
	const struct log log = {.fd = -1};
	char other[96];

	(void)at;
	(void)snprintf(other, sizeof(other), "%s/file", elsewhere);
	if (enter(SETTING_YES, SETTING_YES, &guards, &fence) < 0 ||
		fence_judge(fence, &fresh, &log) != 0)
		return WRONG;
	source.file = other;
	if (fence_judge(fence, &fresh, &log) != (guards.landlock ? -EACCES : 0))
		return WRONG;
	return fence_judge(NULL, &fresh, &log) == 0 ? 0 : WRONG;
}

static int switch_off(size_t at)
{
	struct guards guards = {0};
	struct fence *fence;
	enum guard_cause off = callfilter_is_built() ? GUARD_SETTINGS : GUARD_BUILD;

	(void)at;
	if (enter(SETTING_NO, SETTING_NO, &guards, &fence) < 0)
		return WRONG;
	return guards.causes[GUARD_SECCOMP] == off && guards.causes[GUARD_LANDLOCK] == off &&
			       guards.causes[GUARD_NO_NEW_PRIVS] == GUARD_IN_FORCE &&
			       read_foreign() == 0 && open_network() == 0
		       ? 0
		       : WRONG;
}

static void a_file_elsewhere_needs_a_restart(void **state)
{
	(void)state;
	assert_int_equal(inchild_run(judge_fresh, 0), 0);
}

static void a_part_can_be_switched_off(void **state)
{
	(void)state;
	assert_int_equal(inchild_run(switch_off, 0), 0);
}

static void every_guard_has_its_words(void **state)
{
	(void)state;
	for (unsigned guard = 0; guard < GUARDS; guard++) {
		assert_true(*guards_name((enum guard)guard));
		assert_string_equal(guards_why((enum guard)guard, GUARD_IN_FORCE), "");
		for (unsigned cause = GUARD_NOT_SET; cause <= GUARD_LIMIT; cause++)
			if (cause != GUARD_IN_FORCE)
				assert_true(
					*guards_why((enum guard)guard, (enum guard_cause)cause));
	}
}

// ---- the scene

static int open_listeners(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct sockaddr_in four = {.sin_family = AF_INET};
	socklen_t size = sizeof(four);
	int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", handoff);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listener, 8) < 0 ||
		bind(other, (struct sockaddr *)&four, sizeof(four)) < 0 || listen(other, 8) < 0 ||
		getsockname(other, (struct sockaddr *)&four, &size) < 0)
		return -1;
	tcp_port = ntohs(four.sin_port);
	return 0;
}

static int set_up(void **state)
{
	char path[96];

	(void)state;
	if (!mkdtemp(scratch))
		return -1;
	(void)snprintf(keys, sizeof(keys), "%s/keys", scratch);
	(void)snprintf(data, sizeof(data), "%s/data", scratch);
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", scratch);
	if (mkdir(keys, 0700) < 0 || mkdir(data, 0700) < 0 || mkdir(elsewhere, 0700) < 0)
		return -1;
	(void)snprintf(key_file, sizeof(key_file), "%s/key", keys);
	(void)snprintf(database, sizeof(database), "%s/sessions.db", data);
	(void)snprintf(handoff, sizeof(handoff), "%s/handoff.sock", data);
	(void)snprintf(path, sizeof(path), "%s/file", elsewhere);
	write_file(key_file);
	write_file(path);
	helper = fork();
	if (helper == 0)
		for (;;)
			(void)pause();
	if (secret_arena_open(&(struct secret_options){.cap = CAP}, &arena, NULL) < 0)
		return -1;
	return open_listeners();
}

static int tear_down(void **state)
{
	static const char *const names[] = {"keys/key", "keys/new", "elsewhere/file",
		"data/sessions.db", "data/sessions.db-wal", "data/sessions.db-shm",
		"data/handoff.sock", "data/x.sock", "keys", "data", "elsewhere"};
	char path[96];

	(void)state;
	(void)kill(helper, SIGKILL);
	(void)waitpid(helper, NULL, 0);
	secret_arena_free(arena);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", scratch, names[i]);
		(void)remove(path);
	}
	return rmdir(scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_work_needs_and_nothing_else),
		cmocka_unit_test(no_files_but_its_own),
		cmocka_unit_test(a_file_elsewhere_needs_a_restart),
		cmocka_unit_test(a_part_can_be_switched_off),
		cmocka_unit_test(every_guard_has_its_words),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
