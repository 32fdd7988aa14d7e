// Every name is looked up relative to the handle of its folder, and only by its last part: nothing
// outside of what was opened in the beginning can be reached, whatever changes meanwhile.
// SPDX-License-Identifier: MIT
#include "loader/scan/unpack/walk.h"

#include "lib/base/err.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/wire/scanjob.h"
#include "lib/wire/scanreport.h"
#include "loader/scan/unpack/excluded.h"
#include "loader/scan/unpack/folder.h"
#include "loader/scan/unpack/look.h"
#include "loader/scan/unpack/regular.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <sys/stat.h>

#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

// A path of the job.
struct root {
	const char *path;
	int fd;
	struct stat facts;
};

struct walk {
	const struct scanjob *job;
	struct root *roots;
	size_t root_count;
	struct look *look; // while it runs
	struct folder_stack names;
	uint8_t *buffer; // of the file that is read
	char path[WALK_PATH], shown[WALK_PATH];
	size_t length;  // of the path
	size_t below;   // where what is below the root begins in it
	unsigned depth; // folders that are open
};

static int open_root(const char *path, struct root *ret_root, struct err *err)
{
	struct root root = {.path = path, .fd = -1};

	// to open a device can have an effect, so what it is comes first
	if (stat(path, &root.facts) < 0)
		return err_set(err, -errno, path, "cannot be opened: %s", strerrordesc_np(errno));
	if (!S_ISREG(root.facts.st_mode) && !S_ISDIR(root.facts.st_mode))
		return err_set(err, -EINVAL, path, "it is neither a file nor a folder");
	root.fd = open(path, OPEN_FLAGS);
	if (root.fd < 0 || fstat(root.fd, &root.facts) < 0) {
		int code = -errno;

		if (root.fd >= 0)
			(void)close(root.fd); // only read
		return err_set(err, code, path, "cannot be opened: %s", strerrordesc_np(-code));
	}
	*ret_root = root;
	return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

// Whether it is a path of the job by itself, which is walked on its own.
static bool is_root(const struct walk *walk, const struct stat *facts)
{
	for (size_t i = 0; i < walk->root_count; i++) {
		if (is_same(facts, &walk->roots[i].facts))
			return true;
	}
	return false;
}

int walk_open(const struct scanjob *job, struct walk **ret_walk, struct err *err)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	int code = 0;

	if (walk) {
		walk->job = job;
		walk->buffer = malloc(REGULAR_BUFFER);
		walk->roots = calloc(job->path_count ? job->path_count : 1, sizeof(*walk->roots));
	}
	if (!walk || !walk->buffer || !walk->roots) {
		(void)walk_close(walk); // NULL
		return -ENOMEM;
	}
	for (size_t i = 0; !code && i < job->path_count; i++) {
		struct root root = {.fd = -1};

		code = open_root(job->paths[i], &root, err);
		if (code == 0 && is_root(walk, &root.facts))
			(void)close(root.fd); // the same once more
		else if (code == 0)
			walk->roots[walk->root_count++] = root;
	}
	if (code < 0) {
		(void)walk_close(walk); // NULL
		return code;
	}
	*ret_walk = walk;
	return 0;
}

struct walk *walk_close(struct walk *walk)
{
	if (!walk)
		return NULL;
	for (size_t i = 0; i < walk->root_count; i++)
		(void)close(walk->roots[i].fd); // only read
	if (walk->buffer)
		sodium_memzero(walk->buffer, REGULAR_BUFFER);
	free(walk->buffer);
	free(walk->roots);
	folder_done(&walk->names);
	free(walk);
	return NULL;
}

// The place of the path as it stands.
static struct scanreport_place here(struct walk *walk)
{
	struct scanreport_place place = {.path = walk->length ? walk->path : "."};

	if (!text_is_line(walk->path, walk->length))
		place.path = text_printable(walk->shown, sizeof(walk->shown), walk->path);
	return place;
}

static void skip(struct walk *walk, const char *why)
{
	struct scanreport_place place = here(walk);

	walk->look->taker->skipped(walk->look->taker->user, &place, why);
}

// Appends a name to the path.
// Returns: false when there is no room.
static bool step_into(struct walk *walk, const char *name)
{
	size_t length = strlen(name);
	bool slash = walk->length && walk->path[walk->length - 1] != '/';

	if (walk->length + slash + length >= sizeof(walk->path))
		return false;
	if (slash)
		walk->path[walk->length++] = '/';
	memcpy(walk->path + walk->length, name, length + 1);
	walk->length += length;
	return true;
}

static void step_back(struct walk *walk, size_t length)
{
	walk->length = length;
	walk->path[length] = '\0';
}

static void look_at_file(struct walk *walk, int fd, const struct stat *facts)
{
	struct scanreport_place place = here(walk);
	struct regular file;
	const char *why;

	walk->look->total->files++;
	regular_begin(&file, fd, facts, walk->buffer, walk->job->max_file);
	look_file(walk->look, &file.source, &place);
	why = regular_end(&file);
	if (why && look_goes_on(walk->look))
		skip(walk, why);
}

// Whether a link leads above the root that the walk is in, by its text alone.
static bool leads_above(const struct walk *walk, const char *target)
{
	long depth = 0;

	if (*target == '/')
		return true;
	for (const char *at = walk->path + walk->below; (at = strchr(at, '/')); at++)
		depth++;
	while (*target) {
		size_t length = strcspn(target, "/");

		if (length == 2 && strncmp(target, "..", 2) == 0)
			depth--;
		else if (length && !(length == 1 && *target == '.'))
			depth++;
		if (depth < 0)
			return true;
		target += length + strspn(target + length, "/");
	}
	return false;
}

// A link is not followed. What it leads to may be looked at by its own name; if not, that is said.
static void pass_link(struct walk *walk, int folder, const char *name)
{
	const struct walk_taker *taker = walk->look->taker;
	struct scanreport_place place = here(walk);
	char target[PATH_MAX + 1];
	struct stat facts;
	ssize_t length = readlinkat(folder, name, target, sizeof(target) - 1);

	if (length < 0 || !taker->foreign)
		return;
	target[length] = '\0';
	if (leads_above(walk, target) && fstatat(folder, name, &facts, 0) == 0 &&
		(S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode)) && !is_root(walk, &facts))
		taker->foreign(taker->user, &place, "a link that leads out is not followed");
}

static void walk_folder(struct walk *walk, int fd);

// Looks at a name of a folder. `type` is what the folder says it is.
static void look_at_name(struct walk *walk, int folder, const char *name, unsigned char type)
{
	own_fd int fd = -1;
	struct stat facts;

	if (type == DT_LNK)
		return pass_link(walk, folder, name);
	if (type != DT_REG && type != DT_DIR && type != DT_UNKNOWN)
		return;
	if (type == DT_UNKNOWN) { // to open a device can have an effect
		if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) < 0)
			return skip(walk, strerrordesc_np(errno));
		if (S_ISLNK(facts.st_mode))
			return pass_link(walk, folder, name);
		if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode))
			return;
	}
	fd = openat(folder, name, OPEN_FLAGS | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &facts) < 0)
		return skip(walk, strerrordesc_np(errno));
	if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode))
		return; // it was replaced meanwhile
	if (is_root(walk, &facts))
		return;
	if (S_ISDIR(facts.st_mode))
		walk_folder(walk, fd);
	else
		look_at_file(walk, fd, &facts);
}

static void walk_folder(struct walk *walk, int fd)
{
	struct folder_names names;
	size_t length = walk->length;
	int code;

	if (walk->depth >= WALK_FOLDERS)
		return skip(walk, "folders are nested deeper than the limit");
	code = folder_read(&walk->names, fd, &names);
	if (code == -ENOMEM)
		walk->look->failed = code;
	if (code < 0)
		return skip(walk, strerrordesc_np(-code));
	if (names.cut)
		skip(walk, "it holds more names than the limit");
	walk->depth++;
	for (size_t i = 0; i < names.count && look_goes_on(walk->look); i++) {
		unsigned char type;
		const char *name = folder_name(&walk->names, names.first + i, &type);

		if (!step_into(walk, name)) {
			skip(walk, "a path below is longer than the limit");
			continue;
		}
		// the name in the path stays where it is, the one in the stack may move
		if (!excluded_is(walk->job, walk->path + walk->below))
			look_at_name(walk, fd, path_basename(walk->path), type);
		step_back(walk, length);
	}
	walk->depth--;
	folder_drop(&walk->names, &names);
}

static void walk_root(struct walk *walk, const struct root *root)
{
	step_back(walk, 0);
	if (strcmp(root->path, ".") != 0)
		(void)step_into(walk, root->path); // SCANJOB_PATH_MAX is shorter
	walk->below = walk->length;
	if (walk->length && walk->path[walk->length - 1] != '/')
		walk->below++;
	if (S_ISDIR(root->facts.st_mode))
		walk_folder(walk, root->fd);
	else
		look_at_file(walk, root->fd, &root->facts);
}

int walk_run(struct walk *walk, const struct walk_taker *taker, struct walk_total *ret_total)
{
	struct walk_total total = {0};
	int code;

	walk->look = look_new(walk->job, taker, &total);
	if (!walk->look)
		return -ENOMEM;
	for (size_t i = 0; i < walk->root_count && look_goes_on(walk->look); i++)
		walk_root(walk, &walk->roots[i]);
	code = walk->look->failed;
	walk->look = look_free(walk->look);
	if (code < 0)
		return code;
	*ret_total = total;
	return 0;
}
