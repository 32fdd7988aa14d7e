// One file read, and one packet sent and received, with each call failing in each way: what passes
// unnoticed, which errno arrives, and that nothing is left behind.
// SPDX-License-Identifier: MIT
#include "lib/base/fs.h"

#include "lib/base/err.h"
#include "lib/base/freshfile.h"
#include "lib/wire/channel.h"
#include "lib/wire/fault.h"
#include "tests/unit/mishap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>

#include <cmocka.h>

#define TEXT "A=canary-7d1c\n"
#define SOON_MS 5000

static char path[] = "/tmp/samekey-mishap-XXXXXX";

struct row {
	const char *rule;
	struct mishap mishap;
	int code;
};

// clang-format off
static const struct row reading[] = {
	{"no descriptor is left", {MISHAP_OPEN, 1, false, EMFILE}, -EMFILE},
	{"the system has none left", {MISHAP_OPEN, 1, false, ENFILE}, -ENFILE},
	{"opening fails", {MISHAP_OPEN, 1, false, EIO}, -EIO},
	{"looking fails", {MISHAP_LOOK, 1, false, EIO}, -EIO},
	{"reading fails", {MISHAP_READ, 1, false, EIO}, -EIO},
	{"reading is interrupted", {MISHAP_READ, 1, false, EINTR}, 0},
	{"reading gives one byte", {MISHAP_READ, 1, false, MISHAP_SHORT}, 0},
	{"reading gives one byte at a time", {MISHAP_READ, 1, true, MISHAP_SHORT}, 0},
	{"NFS has another file by now", {MISHAP_READ, 1, false, ESTALE}, 0},
	{"NFS has another file already before it is looked at", {MISHAP_LOOK, 1, false, ESTALE}, 0},
	{"NFS has another file each time", {MISHAP_READ, 1, true, ESTALE}, -EAGAIN},
	{"the second read fails", {MISHAP_READ, 2, false, EIO}, 0}, // there is none
	{"there is no guarded memory", {MISHAP_MEMORY, 1, false, ENOMEM}, -ENOMEM},
};

static const struct row sending[] = {
	{"sending is interrupted", {MISHAP_SEND, 1, false, EINTR}, 0},
	{"the queue is full at first", {MISHAP_SEND, 1, false, EAGAIN}, 0},
	{"the other end is gone", {MISHAP_SEND, 1, false, EPIPE}, -EPIPE},
	{"too many descriptors are under way", {MISHAP_SEND, 1, false, ETOOMANYREFS}, -ETOOMANYREFS},
	{"the kernel has no memory", {MISHAP_SEND, 1, false, ENOMEM}, -ENOMEM},
};

static const struct row receiving[] = {
	{"receiving is interrupted", {MISHAP_RECEIVE, 1, false, EINTR}, 0},
	{"nothing is there at first", {MISHAP_RECEIVE, 1, false, EAGAIN}, 0},
	{"a reset is told before what was sent", {MISHAP_RECEIVE, 1, false, ECONNRESET}, 0},
	{"a reset is all there is", {MISHAP_RECEIVE, 1, true, ECONNRESET}, FAULT_E_CLOSED},
	{"the kernel has no memory", {MISHAP_RECEIVE, 1, false, ENOMEM}, -ENOMEM},
};
// clang-format on

static size_t count_descriptors(void)
{
	DIR *open = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(open);
	while (readdir(open))
		count++;
	(void)closedir(open);
	return count;
}

static void check_code(const struct row *row, int code, const struct err *err)
{
	if (code != row->code)
		fail_msg("%s: %d, not %d: %s", row->rule, code, row->code, err->what);
	assert_null(strstr(err->what, "canary"));
	if (code)
		assert_true(err->what[0]);
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
	const struct fs_rules rules = {.max_size = 4096, .links = FS_LINKS_ANYWHERE};
	size_t descriptors = count_descriptors();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reading); i++) {
		own(secret_arena_release) struct secret_arena *arena = NULL;
		struct fs_file file = {0};
		struct err err = ERR_NONE;
		int code;

		assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
		mishap_arm(&reading[i].mishap);
		code = fs_read(AT_FDCWD, path, &rules, arena, &file, &err);
		(void)mishap_disarm();
		check_code(&reading[i], code, &err);
		if (code == 0)
			assert_memory_equal(
				file.bytes, TEXT, sizeof(TEXT)); // with the zero behind it
		else
			assert_null(file.bytes);
		assert_int_equal(count_descriptors(), descriptors);
	}
}

// A new file is there whole, or not at all and nothing beside it.
static void a_file_is_written_whole_or_not_at_all(void **state)
{
	static const struct row writing[] = {
		{"writing is interrupted", {MISHAP_WRITE, 1, false, EINTR}, 0},
		{"writing takes one byte at a time", {MISHAP_WRITE, 1, true, MISHAP_SHORT}, 0},
		{"the disk is full", {MISHAP_WRITE, 1, false, ENOSPC}, -ENOSPC},
		{"no descriptor is left", {MISHAP_OPEN, 1, false, EMFILE}, -EMFILE},
	};
	char target[64], temporary[96];
	glob_t left;

	(void)state;
	(void)snprintf(target, sizeof(target), "%s.new", path);
	(void)snprintf(temporary, sizeof(temporary), "%s.*.tmp", target);
	for (size_t i = 0; i < ARRAY_SIZE(writing); i++) {
		struct err err = ERR_NONE;
		int code;

		mishap_arm(&writing[i].mishap);
		code = freshfile_write(target, TEXT, strlen(TEXT), 0600, false, &err);
		(void)mishap_disarm();
		check_code(&writing[i], code, &err);
		assert_int_equal(glob(temporary, 0, NULL, &left), GLOB_NOMATCH);
		assert_int_equal(unlink(target), code ? -1 : 0);
	}
}

// Neither a kernel nor a container's filter that knows no openat2 keeps a file from being read; a
// link is refused then, wherever it leads.
static void without_openat2_files_are_read_and_links_are_not(void **state)
{
	static const int reasons[] = {ENOSYS, EPERM};
	const struct fs_rules rules = {.max_size = 4096, .links = FS_LINKS_INSIDE};
	const char *name = strrchr(path, '/') + 1;
	own_fd int folder = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char link[64];

	(void)state;
	(void)snprintf(link, sizeof(link), "%s.link", name);
	assert_int_equal(symlinkat(name, folder, link), 0);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		const struct mishap mishap = {MISHAP_OPEN, 1, false, reasons[i]};
		own(secret_arena_release) struct secret_arena *arena = NULL;
		struct fs_file file = {0};

		assert_int_equal(secret_arena_open(NULL, &arena, NULL), 0);
		mishap_arm(&mishap);
		assert_int_equal(fs_read(folder, name, &rules, arena, &file, NULL), 0);
		assert_true(mishap_disarm());
		assert_memory_equal(file.bytes, TEXT, sizeof(TEXT));
		mishap_arm(&mishap);
		assert_int_equal(fs_read(folder, link, &rules, arena, &file, NULL), -ELOOP);
		assert_true(mishap_disarm());
	}
	assert_int_equal(unlinkat(folder, link, 0), 0);
}

static void send_and_receive(const struct row *row, bool sends)
{
	static const struct mishap none;
	size_t descriptors = count_descriptors();
	struct channel_packet packet = {0, -1};
	struct err err = ERR_NONE;
	uint8_t bytes[64];
	int ends[2], code;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	mishap_arm(sends ? &row->mishap : &none);
	code = channel_send(ends[0], (const uint8_t *)TEXT, strlen(TEXT), ends[0],
		channel_deadline(SOON_MS), &err);
	mishap_arm(sends ? &none : &row->mishap);
	if (code == 0)
		code = channel_receive(
			ends[1], bytes, sizeof(bytes), channel_deadline(SOON_MS), &packet, &err);
	(void)mishap_disarm();
	check_code(row, code, &err);
	if (code == 0)
		assert_memory_equal(bytes, TEXT, strlen(TEXT));
	assert_true(code != 0 || (packet.size == strlen(TEXT) && packet.fd >= 0));
	own_fd_release(&packet.fd);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(count_descriptors(), descriptors);
}

static void a_packet_arrives_whole_or_its_loss_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sending); i++)
		send_and_receive(&sending[i], true);
	for (size_t i = 0; i < ARRAY_SIZE(receiving); i++)
		send_and_receive(&receiving[i], false);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0 || write(fd, TEXT, strlen(TEXT)) != (ssize_t)strlen(TEXT))
		return -1;
	return close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
		cmocka_unit_test(a_file_is_written_whole_or_not_at_all),
		cmocka_unit_test(without_openat2_files_are_read_and_links_are_not),
		cmocka_unit_test(a_packet_arrives_whole_or_its_loss_is_told),
	};

	return cmocka_run_group_tests_name("fs and channel mishaps", tests, make_file, remove_file);
}
