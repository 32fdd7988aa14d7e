// samekeyd: arguments, then the daemon. Runs in the foreground and logs to stderr.
// SPDX-License-Identifier: MIT
#include "lib/base/base.h"
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "lib/base/num.h"
#include "verifier/daemon.h"
#include "verifier/manual.h"

#include <fcntl.h>
#include <getopt.h>
#include <sys/socket.h>

enum option_letter {
	OPTION_INI = 'i',
	OPTION_CHECK = 'c',
	OPTION_PRIVATE = 'p',
	OPTION_API = 'a',
	OPTION_HANDOFF = 'H',
	OPTION_VERBOSE = 'v',
	OPTION_HELP = 'h',
	OPTION_VERSION = 'V'
};

static const struct option long_options[] = {
	{"ini", required_argument, NULL, OPTION_INI},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"private", required_argument, NULL, OPTION_PRIVATE},
	{"api", required_argument, NULL, OPTION_API},
	{"handoff", required_argument, NULL, OPTION_HANDOFF},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

static int complain(const char *what, const char *word)
{
	(void)fprintf(stderr, "samekeyd: %s: '%s'\n  hint: samekeyd --help\n", what, word);
	return EXIT_USAGE;
}

// Takes the number of a connected descriptor that the handoff's messages travel over.
static bool take_connection(const char *text, struct daemon_options *options)
{
	struct sockaddr_storage peer = {0};
	socklen_t size = sizeof(int), peer_size = sizeof(peer);
	uint64_t number;
	int fd, type;

	if (num_parse(text, INT32_MAX, &number) < 0 || number <= STDERR_FILENO)
		return false;
	fd = (int)number;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET ||
		getpeername(fd, (struct sockaddr *)&peer, &peer_size) < 0 ||
		peer.ss_family != AF_UNIX || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return false;
	options->private = true;
	options->connection = fd;
	return true;
}

int main(int argc, char **argv)
{
	struct daemon_options options = {.log_fd = STDERR_FILENO};
	bool check = false;
	int letter;

	fs_hold_standard();
	while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (letter) {
		case OPTION_INI:
			options.ini = optarg;
			break;
		case OPTION_CHECK:
			check = true;
			break;
		case OPTION_PRIVATE:
			if (!take_connection(optarg, &options))
				return complain("--private needs a connected SOCK_SEQPACKET socket",
					optarg);
			break;
		case OPTION_API:
			options.api = optarg;
			break;
		case OPTION_HANDOFF:
			options.handoff = optarg;
			break;
		case OPTION_VERBOSE:
			options.verbose = true;
			break;
		case OPTION_HELP:
			return manual_print(stdout) < 0 ? EXIT_TRY_AGAIN : EXIT_OK;
		case OPTION_VERSION:
			return printf("samekeyd %s\n", SAMEKEY_VERSION) < 0 ? EXIT_TRY_AGAIN
									    : EXIT_OK;
		default: // getopt has said what is wrong
			(void)fputs("  hint: samekeyd --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		return complain("takes no argument", argv[optind]);
	if (options.api && !options.private)
		return complain(
			"--api is for --private; else it stands under [listen]", options.api);
	if (options.handoff && !options.private)
		return complain("--handoff is for --private; else it stands under [listen]",
			options.handoff);
	return check ? daemon_check(&options) : daemon_run(&options);
}
