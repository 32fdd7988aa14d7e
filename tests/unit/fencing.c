// The scene: folders, a key file, sockets, a helper and an arena, as samekeyd has them.
// SPDX-License-Identifier: MIT
#include "tests/unit/fencing.h"

#include "lib/base/log.h"
#include "lib/base/secret.h"
#include "tests/unit/inchild.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#define CAP (UINT64_C(8) << 20)

char fencing_scratch[32] = "/tmp/samekey.fence.XXXXXX";
char fencing_keys[64], fencing_data[64], fencing_elsewhere[64], fencing_key_file[80],
	fencing_database[80], fencing_handoff[80];
struct secret_arena *fencing_arena; // opened before, as the daemon's
int fencing_listener = -1, fencing_tcp = -1;
in_port_t fencing_tcp_port;
pid_t fencing_helper;

int fencing_told(bool done)
{
	return done ? 0 : errno ? errno : FENCING_WRONG;
}

static void fencing_write_file(const char *path)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
}

static int open_listeners(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct sockaddr_in four = {.sin_family = AF_INET};
	socklen_t size = sizeof(four);
	int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", fencing_handoff);
	fencing_listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	fencing_tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fencing_listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
		listen(fencing_listener, 8) < 0 ||
		bind(other, (struct sockaddr *)&four, sizeof(four)) < 0 || listen(other, 8) < 0 ||
		getsockname(other, (struct sockaddr *)&four, &size) < 0)
		return -1;
	fencing_tcp_port = ntohs(four.sin_port);
	return 0;
}

int fencing_set_up(void **state)
{
	char path[96];

	(void)state;
	if (!mkdtemp(fencing_scratch))
		return -1;
	(void)snprintf(fencing_keys, sizeof(fencing_keys), "%s/keys", fencing_scratch);
	(void)snprintf(fencing_data, sizeof(fencing_data), "%s/data", fencing_scratch);
	(void)snprintf(
		fencing_elsewhere, sizeof(fencing_elsewhere), "%s/elsewhere", fencing_scratch);
	if (mkdir(fencing_keys, 0700) < 0 || mkdir(fencing_data, 0700) < 0 ||
		mkdir(fencing_elsewhere, 0700) < 0)
		return -1;
	(void)snprintf(fencing_key_file, sizeof(fencing_key_file), "%s/key", fencing_keys);
	(void)snprintf(fencing_database, sizeof(fencing_database), "%s/sessions.db", fencing_data);
	(void)snprintf(fencing_handoff, sizeof(fencing_handoff), "%s/handoff.sock", fencing_data);
	(void)snprintf(path, sizeof(path), "%s/file", fencing_elsewhere);
	fencing_write_file(fencing_key_file);
	fencing_write_file(path);
	fencing_helper = fork();
	if (fencing_helper == 0)
		for (;;)
			(void)pause();
	if (secret_arena_open(&(struct secret_options){.cap = CAP}, &fencing_arena, NULL) < 0)
		return -1;
	return open_listeners();
}

int fencing_tear_down(void **state)
{
	static const char *const names[] = {"keys/key", "keys/new", "elsewhere/file",
		"data/sessions.db", "data/sessions.db-wal", "data/sessions.db-shm",
		"data/handoff.sock", "data/x.sock", "keys", "data", "elsewhere"};
	char path[96];

	(void)state;
	(void)kill(fencing_helper, SIGKILL);
	(void)waitpid(fencing_helper, NULL, 0);
	secret_arena_free(fencing_arena);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", fencing_scratch, names[i]);
		(void)remove(path);
	}
	return rmdir(fencing_scratch);
}
