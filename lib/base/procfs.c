// Fields are counted as proc(5) counts them; what is not asked for is passed over unread.
// SPDX-License-Identifier: MIT
#include "lib/base/procfs.h"

#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#define EXITING 0x00000004u          // PF_EXITING and
#define KERNEL_THREAD 0x00200000u    // PF_KTHREAD of the kernel's sched.h
#define KILLED (1u << (SIGKILL - 1)) // in a set of signals
#define LISTEN 0x0A                  // TCP_LISTEN of net/tcp_states.h

struct cursor {
	const char *at, *end;
};

static bool next_word(struct cursor *cursor, struct cursor *ret_word)
{
	while (cursor->at < cursor->end && *cursor->at == ' ')
		cursor->at++;
	ret_word->at = cursor->at;
	while (cursor->at < cursor->end && *cursor->at != ' ' && *cursor->at != '\n')
		cursor->at++;
	ret_word->end = cursor->at;
	return ret_word->end > ret_word->at;
}

static bool is_number(struct cursor word, unsigned base, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (word.at >= word.end)
		return false;
	for (; word.at < word.end; word.at++) {
		int digit = text_hex_digit(*word.at);

		if (digit < 0 || (unsigned)digit >= base ||
			__builtin_mul_overflow(number, base, &number) ||
			__builtin_add_overflow(number, (unsigned)digit, &number))
			return false;
	}
	*ret_number = number;
	return true;
}

// A process id: what a pid_t holds.
static bool is_pid(struct cursor word, pid_t *ret_pid)
{
	uint64_t number;

	if (!is_number(word, 10, &number) || number > INT32_MAX)
		return false;
	*ret_pid = (pid_t)number;
	return true;
}

// What the kernel writes of a process that it is just taking away.
static bool is_none(struct cursor word)
{
	return word.end - word.at == 2 && memcmp(word.at, "-1", 2) == 0;
}

static bool read_field(unsigned field, struct cursor word, struct procfs_stat *stat)
{
	uint64_t flags, signals;

	switch (field) {
	case 3:
		stat->state = *word.at;
		return word.end - word.at == 1;
	case 4:
		return is_pid(word, &stat->parent);
	case 6:
		return is_none(word) || is_pid(word, &stat->session);
	case 9:
		if (!is_number(word, 10, &flags))
			return false;
		stat->kernel = (flags & KERNEL_THREAD) != 0;
		stat->exiting = (flags & EXITING) != 0;
		return true;
	case 22:
		return is_number(word, 10, &stat->start);
	case 26:
		stat->forming = word.end - word.at == 1 && *word.at == '0';
		return true;
	case 31:
		if (!is_number(word, 10, &signals))
			return false;
		stat->killed = (signals & KILLED) != 0;
		return true;
	case 50:
		return is_number(word, 10, &stat->environ_at);
	case 51:
		return is_number(word, 10, &stat->environ_end);
	default:
		return true;
	}
}

// The fields behind the name; those from 45 on came with Linux 3.3 and 3.5.
static int read_fields(struct cursor cursor, struct procfs_stat *stat)
{
	unsigned field = 2;
	struct cursor word;

	while (field < 51 && next_word(&cursor, &word))
		if (!read_field(++field, word, stat))
			return -EINVAL;
	return field >= 22 ? 0 : -EINVAL;
}

int procfs_stat(const char *text, size_t length, struct procfs_stat *ret_stat)
{
	const char *open = memchr(text, '(', length), *close = memrchr(text, ')', length);
	struct procfs_stat stat = {0};
	struct cursor pid = {text, open};
	size_t name;
	int code;

	if (!open || !close || close < open || length > PROCFS_STAT_MAX)
		return -EINVAL;
	while (pid.end > pid.at && pid.end[-1] == ' ')
		pid.end--;
	name = (size_t)(close - open) - 1;
	if (!is_pid(pid, &stat.pid) || name > PROCFS_NAME_MAX)
		return -EINVAL;
	memcpy(stat.name, open + 1, name);
	code = read_fields((struct cursor){close + 1, text + length}, &stat);
	if (code == 0)
		*ret_stat = stat;
	return code;
}

int procfs_read_stat(int fd, struct procfs_stat *ret_stat)
{
	char text[PROCFS_STAT_MAX];
	ssize_t length;

	do
		length = pread(fd, text, sizeof(text), 0);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (length == 0)
		return -ESRCH;
	return procfs_stat(text, (size_t)length, ret_stat);
}

int procfs_stat_of(pid_t pid, struct procfs_stat *ret_stat)
{
	char path[48];
	own_fd int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : procfs_read_stat(fd, ret_stat);
}

bool procfs_is_over(const struct procfs_stat *stat)
{
	return stat->state == 'Z' || stat->state == 'X' || stat->state == 'x';
}

// "00000000:0BB8": the port behind the address.
static bool is_address(struct cursor word, uint64_t *ret_port)
{
	const char *colon = memrchr(word.at, ':', (size_t)(word.end - word.at));

	if (!colon || word.end - colon != 5)
		return false;
	return is_number((struct cursor){colon + 1, word.end}, 16, ret_port);
}

int procfs_socket(const char *line, size_t length, struct procfs_socket *ret_socket)
{
	struct cursor cursor = {line, line + length}, words[10];
	uint64_t port, state, uid, inode;

	// sl local remote st queues timer retransmits uid timeout inode
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (length > PROCFS_LINE_MAX || !next_word(&cursor, &words[i]))
			return -EINVAL;
	if (!is_address(words[1], &port) || !is_number(words[3], 16, &state) ||
		!is_number(words[7], 10, &uid) || uid > UINT32_MAX ||
		!is_number(words[9], 10, &inode))
		return -EINVAL;
	*ret_socket = (struct procfs_socket){state == LISTEN, (uint16_t)port, (uid_t)uid, inode};
	return 0;
}

bool procfs_link(const char *target, size_t length, const char *kind, uint64_t *ret_number)
{
	size_t head = strlen(kind);

	if (length < head + 4 || memcmp(target, kind, head) != 0 || target[head] != ':' ||
		target[head + 1] != '[' || target[length - 1] != ']')
		return false;
	return is_number((struct cursor){target + head + 2, target + length - 1}, 10, ret_number);
}
