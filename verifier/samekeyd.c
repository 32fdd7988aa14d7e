// samekeyd: arguments, then the daemon. Runs in the foreground and logs to stderr.
// SPDX-License-Identifier: MIT
#include "lib/base/base.h"
#include "lib/base/exit.h"
#include "lib/base/fs.h"
#include "verifier/daemon.h"
#include "verifier/manual.h"

#include <getopt.h>

enum option_letter {
	OPTION_INI = 'i',
	OPTION_CHECK = 'c',
	OPTION_VERBOSE = 'v',
	OPTION_HELP = 'h',
	OPTION_VERSION = 'V'
};

static const struct option long_options[] = {
	{"ini", required_argument, NULL, OPTION_INI},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

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
	if (optind < argc) {
		(void)fprintf(stderr,
			"samekeyd: takes no argument: '%s'\n  hint: samekeyd --help\n",
			argv[optind]);
		return EXIT_USAGE;
	}
	return check ? daemon_check(&options) : daemon_run(&options);
}
