// The links `cwd` and `exe` of /proc/PID lead to the files themselves, in whatever namespace they
// are; what they read as is a path there. So files are compared, and paths where a file is gone.
// SPDX-License-Identifier: MIT
#include "loader/inspect/running/belonging.h"

#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"
#include "loader/inspect/running/process.h"
#include "loader/resolve/resolution.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

const char *belonging_project(const struct resolution *resolution, struct pool *pool)
{
	char *folder = pool_copy(pool, resolution->place.root);

	for (char *slash; folder && (slash = strrchr(folder, '/')) && slash > folder;
		*slash = '\0') {
		const char *mark = pool_format(pool, "%s/.git", folder);

		if (!mark)
			return NULL;
		if (access(mark, F_OK) == 0)
			return folder;
	}
	return pool_copy(pool, resolution->place.root);
}

static bool is_within(const char *path, const char *above)
{
	return !text_equal(above, "/") && path_below(path, above);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

// Whether the folder at a handle, or one above it, is the wanted one.
// Returns: 1, 0, or a negative errno when that cannot be told.
static int leads_up_to(int folder, const char *name, const struct stat *wanted)
{
	own_fd int at = openat(folder, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat here = {0}, before;

	for (unsigned i = 0; at >= 0 && i < BELONGING_DEPTH_MAX; i++) {
		int up;

		before = here;
		if (fstat(at, &here) < 0)
			return -errno;
		if (i && is_same(&here, &before))
			return 0; // the root is above itself
		if (is_same(&here, wanted))
			return 1;
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		own_fd_release(&at);
		at = up;
	}
	return at < 0 ? -errno : 0;
}

bool belonging_runs_in(const struct process *process, const char *folder)
{
	own_fd int handle = -1;
	struct stat wanted;
	int code = -ENOENT;

	if (process->folder_gone || !*process->folder)
		return is_within(process->folder, folder);
	handle = process_folder(process);
	if (handle >= 0 && stat(folder, &wanted) == 0)
		code = S_ISDIR(wanted.st_mode) && folder[strspn(folder, "/")]
			       ? leads_up_to(handle, "cwd", &wanted)
			       : 0;
	return code < 0 ? is_within(process->folder, folder) : code;
}

bool belonging_is_program_of(const struct process *process, const char *folder)
{
	own_fd int handle = -1;
	struct stat program, named;

	if (!is_within(process->program, folder))
		return false;
	handle = process_folder(process);
	if (handle < 0 || fstatat(handle, "exe", &program, 0) < 0)
		return false;
	// replaced or removed while it runs
	return stat(process->program, &named) < 0 || is_same(&program, &named) || !program.st_nlink;
}
