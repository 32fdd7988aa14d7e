// samekey install: this program, copied to a place that another container shares. An image that
// holds nothing but samekey has no cp.
// SPDX-License-Identifier: MIT
#include "lib/base/exit.h"
#include "lib/base/freshfile.h"
#include "lib/base/pool.h"
#include "loader/cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define INSTALL_MODE 0755
#define INSTALL_SIZE_MAX ((size_t)256 << 20)

// Maps the file that this process runs.
static int map_self(void **ret_bytes, size_t *ret_size, struct err *err)
{
	own_fd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat facts;
	void *bytes;

	if (self < 0) {
		(void)err_set(err, -errno, "/proc/self/exe", "cannot open it: %s", strerror(errno));
		return err_hint(err, "this needs /proc, which says what program runs");
	}
	if (fstat(self, &facts) < 0 || (size_t)facts.st_size > INSTALL_SIZE_MAX)
		return err_set(err, -EFBIG, "/proc/self/exe", "cannot tell its size");
	bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, self, 0);
	if (bytes == MAP_FAILED)
		return err_set(
			err, -errno, "/proc/self/exe", "cannot read it: %s", strerror(errno));
	*ret_bytes = bytes;
	*ret_size = (size_t)facts.st_size;
	return 0;
}

static int copy_self(const char *path, struct err *err)
{
	void *bytes = NULL;
	size_t size = 0;
	int code = map_self(&bytes, &size, err);

	if (code < 0)
		return code;
	code = freshfile_write(path, bytes, size, INSTALL_MODE, true, err);
	(void)munmap(bytes, size); // only read
	return code;
}

static int run(const struct options *options, struct pool *pool)
{
	const char *path = options->argument_count ? options->arguments[0] : NULL;
	struct err err = ERR_NONE;
	struct stat facts;
	int code;

	if (!path)
		return command_misuse(
			options, NULL, "install needs a place", "samekey install /shared/samekey");
	if (stat(path, &facts) == 0 && S_ISDIR(facts.st_mode))
		path = pool_format(pool, "%s/samekey", path);
	if (!path)
		return command_no_memory();
	code = copy_self(path, &err);
	if (code == 0)
		return EXIT_OK;
	command_complain(&err);
	return command_exit_code(code);
}

const struct command cmd_install = {
	.name = "install",
	.moment = COMMAND_BEFORE_START,
	.synopsis = "FILE|FOLDER",
	.summary = "copy this program to a place, for containers without cp",
	.details = "An init container of the image samekey, which holds one static file and no\n"
		   "shell, puts samekey into a volume that the app's container mounts. A file of\n"
		   "that name is replaced at once, never half written. Says nothing when all is\n"
		   "well.\n"
		   "\n"
		   "  samekey install /shared/samekey\n",
	.max_arguments = 1,
	.run = run,
};
