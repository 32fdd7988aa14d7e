// samekeyd-upstream: passes requests on to the server that knows passwords, as a part of samekeyd.
// It has the network and none of the secrets: nothing open but its socket, nothing in the
// environment but where certificates lie. SIGTERM does not end it, for samekeyd may still have
// somebody to answer; it ends with samekeyd.
// SPDX-License-Identifier: MIT
#include "lib/base/base.h"
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "lib/base/num.h"
#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "verifier/upstream/enclosure.h"
#include "verifier/upstream/keeper.h"
#include "verifier/upstream/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define UNFILTERED 1u
#define UNCONFINED 2u

static struct enclosure enclosure = {.seccomp = true, .landlock = true};

static int refuse(void)
{
	(void)fputs("samekeyd-upstream: passes logins on, as a part of samekeyd\n"
		    "  hint: samekeyd starts it where samekeyd.ini has [upstream]\n",
		stderr);
	return EXIT_USAGE;
}

// A connected SOCK_SEQPACKET socket that the process which started this one has made.
static bool take_socket(const char *text, int *ret_fd)
{
	struct ucred peer;
	socklen_t size = sizeof(int), peer_size = sizeof(peer);
	uint64_t number;
	int type;

	if (num_parse(text, INT32_MAX, &number) < 0 || number <= STDERR_FILENO ||
		getsockopt((int)number, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
		type != SOCK_SEQPACKET ||
		getsockopt((int)number, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) < 0 ||
		peer.pid != getppid() || fcntl((int)number, F_SETFD, FD_CLOEXEC) < 0)
		return false;
	*ret_fd = (int)number;
	return true;
}

static bool confine(int fd)
{
	static const int deaf_to[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ};

	secret_harden_process();
	for (size_t i = 0; i < ARRAY_SIZE(deaf_to); i++)
		(void)signal(deaf_to[i], SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	if (fd > STDERR_FILENO + 1)
		(void)close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
	(void)close_range((unsigned)fd + 1, ~0u, 0); // before Linux 5.9 all is close-on-exec
	return enclosure_enter(&enclosure) == 0;
}

static int work(int fd)
{
	int code = enclosure_enter_worker(&enclosure);

	return code < 0 ? code : worker_run(fd);
}

// Which guards samekeyd.ini does without, as bits of verifier/door/session/upstream.h.
static bool take_guards(const char *text)
{
	uint64_t without;

	if (num_parse(text, UNFILTERED | UNCONFINED, &without) < 0 || !without)
		return false;
	enclosure.seccomp = !(without & UNFILTERED);
	enclosure.landlock = !(without & UNCONFINED);
	return true;
}

int main(int argc, char **argv)
{
	int fd;

	fs_hold_standard();
	if (argc == 2 && text_equal(argv[1], "--version"))
		return printf("samekeyd-upstream %s\n", SAMEKEY_VERSION) < 0 ? EXIT_TRY_AGAIN
									     : EXIT_OK;
	// first of all to end with the parent, then to look whether it is still there
	if (argc < 2 || argc > 3 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
		(argc == 3 && !take_guards(argv[2])) || !take_socket(argv[1], &fd))
		return refuse();
	if (!confine(fd))
		return EXIT_UNAVAILABLE;
	keeper_run(fd, work);
	return EXIT_OK;
}
