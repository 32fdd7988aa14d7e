// How /proc writes what it knows of a process and of sockets (proc(5)): any bytes in, facts or a
// refusal out.
// SPDX-License-Identifier: MIT
#ifndef LIB_BASE_PROCFS_H
#define LIB_BASE_PROCFS_H

#include "lib/base/base.h"

#include <sys/types.h>

#define PROCFS_STAT_MAX 4096 // bytes of a stat line; the kernel's have under 1000
#define PROCFS_NAME_MAX 64   // bytes of a name: 15 of a program, a kernel's worker has more
#define PROCFS_LINE_MAX 256  // bytes of a line of net/tcp

struct procfs_stat {
	pid_t pid, parent;
	pid_t session;                  // 0: none any more
	char name[PROCFS_NAME_MAX + 1]; // as the kernel writes it, a line end as \n
	char state;                     // 'R', 'S', ... 'Z' a zombie, 'X' dead
	bool kernel;                    // a thread of the kernel
	bool exiting;                   // it is about to end: on its way out,
	bool killed;                    // or SIGKILL waits for it
	bool forming;                   // field 26 is 0: execve is not through yet
	uint64_t start;                 // field 22: in clock ticks since boot
	uint64_t environ_at;            // fields 50 and 51: where its environment lies; 0
	uint64_t environ_end;           // where that is not shown
};

// Reads the text of a /proc/PID/stat. The name may hold blanks and parentheses: it ends at the last
// one. Returns: 0 or -EINVAL.
int procfs_stat(const char *text, size_t length, struct procfs_stat *ret_stat) must_check;

// Reads an open /proc/PID/stat from its beginning.
// Returns: 0, -ESRCH when the process is gone, -EINVAL, or another negative errno.
int procfs_read_stat(int fd, struct procfs_stat *ret_stat) must_check;

// Reads that of the process which has the number now.
// Returns: 0, -ENOENT when there is none, or as procfs_read_stat.
int procfs_stat_of(pid_t pid, struct procfs_stat *ret_stat) must_check;

// Whether a process has ended, be it that nobody has waited for it yet.
bool procfs_is_over(const struct procfs_stat *stat);

struct procfs_socket {
	bool listens;
	uint16_t port;
	uid_t uid;
	uint64_t inode;
};

// Reads a line of /proc/net/tcp or tcp6, without its line end.
// Returns: 0, or -EINVAL for what is no socket, such as the head of the table.
int procfs_socket(const char *line, size_t length, struct procfs_socket *ret_socket) must_check;

// The number in the target of a link such as "socket:[4711]" or "net:[4026531840]".
// Returns: whether it is one of that kind.
bool procfs_link(const char *target, size_t length, const char *kind, uint64_t *ret_number);

#endif
