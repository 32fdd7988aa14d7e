// A table of words; what makes a server.js the one of `output: standalone`.
// SPDX-License-Identifier: MIT
#include "loader/resolve/next_command.h"

#include "loader/resolve/appfile.h"

#include <errno.h>
#include <fcntl.h>

#define STANDALONE "/.next/standalone"
#define STANDALONE_MARK "__NEXT_PRIVATE_STANDALONE_CONFIG"
#define BUILD_FILE ".next/required-server-files.json"

// Its app's folder is the one above .next; where the output was copied elsewhere, its own.
static int is_server(const char *path, struct appcommand_server *ret_server)
{
	char built[PATH_MAX], *inside;
	int code = appfile_holds(AT_FDCWD, path, STANDALONE_MARK);

	if (code <= 0)
		return code;
	(void)snprintf(
		ret_server->output, PATH_MAX, "%.*s", (int)(strrchr(path, '/') - path), path);
	if (snprintf(built, sizeof(built), "%s/" BUILD_FILE, ret_server->output) >= PATH_MAX)
		return 0;
	if (access(built, R_OK) < 0)
		return appfile_failure(errno);
	memcpy(ret_server->folder, ret_server->output, PATH_MAX);
	inside = strstr(ret_server->folder, STANDALONE);
	if (inside)
		*inside = '\0';
	return 1;
}

static const char *const programs[] = {"next", NULL};
static const char *const options[] = {"-p", "--port", "-H", "--hostname", "--keepAliveTimeout",
	"--experimental-build-mode", "--debug-build-paths", NULL};

const struct appcommand_grammar next_command_grammar = {
	.programs = programs,
	.verbs = {{"build", APPCOMMAND_BUILD, false}, {"start", APPCOMMAND_START, false},
		{"dev", APPCOMMAND_DEV, false}},
	.alone = APPCOMMAND_DEV,
	.options = options,
	.server = "server.js",
	.is_server = is_server,
};
