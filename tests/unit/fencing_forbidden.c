// What samekeyd must not be able to do inside its fence, tried.
// SPDX-License-Identifier: MIT
#include "tests/unit/fencing.h"

#include "lib/base/secret.h"
#include "tests/unit/inchild.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>

static int run_program(void)
{
	char *const words[] = {(char[]){"true"}, NULL};

	return fencing_told(execve("/bin/true", words, words + 1) == 0);
}

static int run_descriptor(void)
{
	char *const words[] = {(char[]){"true"}, NULL};

	return fencing_told(syscall(SYS_execveat, AT_FDCWD, "/bin/true", words, words + 1, 0) == 0);
}

static int trace(void)
{
	return fencing_told(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
}

static int read_process(void)
{
	char byte;
	struct iovec local = {&byte, 1}, remote = {&byte, 1};

	return fencing_told(process_vm_readv(getppid(), &local, 1, &remote, 1, 0) == 1);
}

static int mount_something(void)
{
	return fencing_told(mount("none", fencing_scratch, "tmpfs", 0, NULL) == 0);
}

static int leave_spaces(void)
{
	return fencing_told(unshare(CLONE_NEWUSER) == 0);
}

static int enter_spaces(void)
{
	return fencing_told(setns(fencing_listener, 0) == 0);
}

static int use_bpf(void)
{
	return fencing_told(syscall(SYS_bpf, 0, NULL, 0) >= 0);
}

static int use_ring(void)
{
	return fencing_told(syscall(SYS_io_uring_setup, 1, NULL) >= 0);
}

static int use_keys(void)
{
	return fencing_told(syscall(SYS_keyctl, 0, 0) >= 0);
}

static int fault_pages(void)
{
	return fencing_told(syscall(SYS_userfaultfd, 0) >= 0);
}

static int take_descriptor(void)
{
	int handle = (int)syscall(SYS_pidfd_open, getppid(), 0);

	return fencing_told(syscall(SYS_pidfd_getfd, handle, 0, 0) >= 0);
}

static int load_module(void)
{
	return fencing_told(syscall(SYS_finit_module, fencing_listener, "", 0) == 0);
}

static int change_root(void)
{
	return fencing_told(chroot(fencing_scratch) == 0);
}

static int make_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return fencing_told(child > 0);
}

int fencing_open_network(void)
{
	return fencing_told(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int open_network6(void)
{
	return fencing_told(socket(AF_INET6, SOCK_DGRAM, 0) >= 0);
}

static int open_raw(void)
{
	return fencing_told(socket(AF_PACKET, SOCK_RAW, 0) >= 0);
}

static int open_routes(void)
{
	return fencing_told(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
}

// With a socket that is there already, as the listener is.
static int connect_out(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(fencing_tcp_port)};

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fencing_told(connect(fencing_tcp, (struct sockaddr *)&to, sizeof(to)) == 0);
}

static int listen_elsewhere(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/x.sock", fencing_data);
	return fencing_told(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
}

static int end_another(void)
{
	return fencing_told(kill(getppid(), SIGURG) == 0);
}

static int end_all(void)
{
	return fencing_told(kill(-1, SIGURG) == 0);
}

static int signal_by_handle(void)
{
	int handle = (int)syscall(SYS_pidfd_open, getppid(), 0);

	return fencing_told(syscall(SYS_pidfd_send_signal, handle, SIGURG, NULL, 0) == 0);
}

static int map_code(void)
{
	return fencing_told(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				    0) != MAP_FAILED);
}

static int make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	errno = 0;
	return fencing_told(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}

static int set_user_bit(void)
{
	return fencing_told(chmod(fencing_database, 04755) == 0);
}

static int move_file(void)
{
	return fencing_told(rename(fencing_key_file, fencing_database) == 0);
}

static int type_into_terminal(void)
{
	return fencing_told(syscall(SYS_ioctl, 0, 0x5412, "x") == 0); // TIOCSTI
}

static int dump_again(void)
{
	return fencing_told(syscall(SYS_prctl, 4, 1, 0, 0, 0) == 0); // PR_SET_DUMPABLE
}

static int raise_limit(void)
{
	const uint64_t all[2] = {UINT64_MAX, UINT64_MAX};

	return fencing_told(syscall(SYS_prlimit64, 0, 4, all, NULL) == 0); // RLIMIT_CORE
}

static int get_capability(void)
{
	return fencing_told(chown(fencing_key_file, 65534, 65534) == 0 ||
			    lchown(fencing_key_file, 65534, 65534) == 0);
}

int fencing_read_foreign(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/file", fencing_elsewhere);
	return fencing_told(open(path, O_RDONLY | O_CLOEXEC) >= 0);
}

static int write_foreign(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/file", fencing_elsewhere);
	return fencing_told(open(path, O_WRONLY | O_CLOEXEC) >= 0);
}

static int write_key(void)
{
	return fencing_told(open(fencing_key_file, O_WRONLY | O_CLOEXEC) >= 0);
}

static int make_beside_key(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/new", fencing_keys);
	return fencing_told(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
}

static int remove_key(void)
{
	return fencing_told(unlink(fencing_key_file) == 0);
}

static int read_memory_of_another(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	return fencing_told(open(path, O_RDONLY | O_CLOEXEC) >= 0);
}

static int use_new_call(void)
{
	return fencing_told(syscall(999) == 0);
}

const struct fencing_case fencing_forbidden[] = {
	{"another program", run_program, FENCING_ENDS, false},
	{"another program by descriptor", run_descriptor, FENCING_ENDS, false},
	{"ptrace", trace, FENCING_ENDS, false},
	{"another's memory", read_process, FENCING_ENDS, false},
	{"a mount", mount_something, FENCING_ENDS, false},
	{"spaces of its own", leave_spaces, FENCING_ENDS, false},
	{"spaces of others", enter_spaces, FENCING_ENDS, false},
	{"bpf", use_bpf, FENCING_ENDS, false},
	{"io_uring", use_ring, FENCING_ENDS, false},
	{"keyctl", use_keys, FENCING_ENDS, false},
	{"userfaultfd", fault_pages, FENCING_ENDS, false},
	{"another's descriptor", take_descriptor, FENCING_ENDS, false},
	{"a kernel module", load_module, FENCING_ENDS, false},
	{"chroot", change_root, FENCING_ENDS, false},
	{"another process", make_process, EPERM, false},
	{"a socket of IPv4", fencing_open_network, EACCES, false},
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
	{"a foreign file read", fencing_read_foreign, EACCES, true},
	{"a foreign file written", write_foreign, EACCES, true},
	{"a key file written", write_key, EACCES, true},
	{"a file made beside a key", make_beside_key, EACCES, true},
	{"a key file removed", remove_key, EACCES, true},
	{"another's environment", read_memory_of_another, EACCES, true},
};
const size_t fencing_forbidden_count = ARRAY_SIZE(fencing_forbidden);
