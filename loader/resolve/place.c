// The walk from the current folder upwards. Reads no file.
// SPDX-License-Identifier: MIT
#include "loader/resolve/place.h"

#include "lib/base/fs.h"
#include "lib/base/path.h"
#include "lib/base/pool.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#define INI_NAME "samekey.ini"

struct walk {
	struct place *place;
	struct pool *pool;
	struct pool_list seen; // const char *: prefixes from start upwards
	size_t ini_at;         // index of the folder that holds samekey.ini, or SIZE_MAX
};

// What this user cannot reach is not there for it; any other failure is not an absence.
static bool means_absent(int reason)
{
	return reason == ENOENT || reason == ENOTDIR || reason == EACCES;
}

// Returns: 0 or a negative errno, with what was looked at.
static int look_for(const struct walk *walk, const char *prefix, const char *name, bool *ret_exists,
	struct err *err)
{
	char path[PATH_MAX];
	struct stat facts;

	*ret_exists = false;
	if (!text_join(path, sizeof(path), prefix, name))
		return 0;
	// not faccessat, which older filters of containers forbid with flags
	*ret_exists = fstatat(walk->place->handle, path, &facts, AT_SYMLINK_NOFOLLOW) == 0;
	if (*ret_exists || means_absent(errno))
		return 0;
	return err_set(err, -errno, path, "cannot look for it: %s", strerror(errno));
}

static bool is_ours(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static int look_at_folder(
	const struct walk *walk, const char *prefix, bool *ret_trusted, struct err *err)
{
	const char *path = *prefix ? prefix : ".";
	struct stat facts;

	*ret_trusted = false;
	if (fstatat(walk->place->handle, path, &facts, 0) < 0)
		return means_absent(errno) ? 0
					   : err_set(err, -errno, path, "cannot look at it: %s",
						     strerror(errno));
	*ret_trusted = is_ours(facts.st_uid) && !(facts.st_mode & S_IWOTH);
	return 0;
}

static int push_prefix(struct walk *walk, size_t depth)
{
	char *prefix = pool_take(walk->pool, depth * 3 + 1);

	for (size_t i = 0; prefix && i < depth; i++)
		memcpy(prefix + i * 3, "../", 3);
	return pool_push_text(walk->pool, &walk->seen, prefix);
}

static size_t depth_of(const char *absolute)
{
	size_t depth = 0;

	for (const char *at = absolute; *at; at++)
		depth += *at == '/' && at[1];
	return depth;
}

// Rules that silently did not count would protect nothing.
static int refuse_ini(const struct walk *walk, const char *prefix, struct err *err)
{
	(void)err_set(err, -EPERM, *prefix ? prefix : walk->place->start,
		"samekey.ini lies in a folder that is neither yours nor root's, or that everybody "
		"may write");
	return err_hint(err,
		"chown or chmod o-w the folder, or trust the file by --ini %s" INI_NAME, prefix);
}

// The search ends below a folder that somebody else can write. Rules that lie there are meant, but
// for what anybody may have put into a folder like /tmp.
static int end_walk(const struct walk *walk, const char *prefix, struct err *err)
{
	char path[PATH_MAX];
	struct stat folder, ini;
	int handle = walk->place->handle;

	if (walk->ini_at != SIZE_MAX || !text_join(path, sizeof(path), prefix, INI_NAME) ||
		fstatat(handle, prefix, &folder, 0) < 0 ||
		fstatat(handle, path, &ini, AT_SYMLINK_NOFOLLOW) < 0 ||
		((folder.st_mode & S_IWOTH) && !is_ours(ini.st_uid)))
		return 0; // what cannot be seen is not there for this user
	return refuse_ini(walk, prefix, err);
}

// Up to the first .git, or to a folder that somebody else can write. Where all begins may be
// another user's, as with sudo in the folder of an app: samekey.ini above it counts all the same.
static int walk_up(struct walk *walk, struct err *err)
{
	size_t depth = depth_of(walk->place->start);

	walk->ini_at = SIZE_MAX;
	for (size_t i = 0; i <= depth && i < PLACE_DEPTH_MAX; i++) {
		bool is_trusted = false, has_ini = false, has_git = false;
		const char *prefix;
		int code;

		if (push_prefix(walk, i) < 0)
			return err_no_memory(err);
		prefix = ((const char **)walk->seen.items)[i];
		code = look_at_folder(walk, prefix, &is_trusted, err);
		if (code == 0 && !is_trusted && i > 0) {
			walk->seen.count--;
			return end_walk(walk, prefix, err);
		}
		if (code == 0)
			code = look_for(walk, prefix, INI_NAME, &has_ini, err);
		if (code == 0)
			code = look_for(walk, prefix, ".git", &has_git, err);
		if (code < 0)
			return code;
		if (!is_trusted && has_ini)
			return refuse_ini(walk, prefix, err);
		if (walk->ini_at == SIZE_MAX && has_ini)
			walk->ini_at = i;
		if (has_git)
			return 0;
	}
	return 0;
}

// The folder of the one that is `up` levels above start.
static char *ancestor(struct pool *pool, const char *start, size_t up)
{
	size_t length = strlen(start);

	while (up--)
		while (length && start[--length] != '/')
			;
	return pool_text(pool, start, length ? length : 1);
}

// --ini: its folder is the root when it is start or above it.
static int place_named_ini(struct walk *walk, const char *ini, struct err *err)
{
	struct place *place = walk->place;
	char absolute[PATH_MAX], *slash;
	size_t length;

	if (!realpath(ini, absolute))
		return err_set(err, -errno, ini, "cannot open it: %s", strerror(errno));
	place->ini = pool_copy(walk->pool, absolute);
	slash = strrchr(absolute, '/');
	*(slash == absolute ? slash + 1 : slash) = '\0';
	length = strlen(absolute);
	place->base = pool_format(walk->pool, "%s%s", absolute, length == 1 ? "" : "/");
	walk->ini_at = SIZE_MAX;
	if (path_below(place->start, absolute))
		walk->ini_at = depth_of(place->start) - depth_of(absolute);
	return place->ini && place->base ? 0 : err_no_memory(err);
}

static int settle(struct walk *walk, struct err *err)
{
	struct place *place = walk->place;
	size_t up = walk->ini_at == SIZE_MAX ? 0 : walk->ini_at;
	const char *const *prefixes;

	while (walk->seen.count <= up)
		if (push_prefix(walk, walk->seen.count) < 0)
			return err_no_memory(err);
	prefixes = walk->seen.items;
	place->folders = prefixes;
	place->folder_count = up + 1;
	place->above = prefixes + up + 1;
	place->above_count = walk->seen.count - up - 1;
	if (!place->base || walk->ini_at != SIZE_MAX)
		place->base = prefixes[up];
	place->root = ancestor(walk->pool, place->start, up);
	if (!place->ini && walk->ini_at != SIZE_MAX)
		place->ini = pool_format(walk->pool, "%s" INI_NAME, prefixes[up]);
	if (!place->root || (walk->ini_at != SIZE_MAX && !place->ini))
		return err_no_memory(err);
	return 0;
}

// An app's folder is often replaced as a whole when it is deployed, below the shell that is in it.
static int complain_start(const char *root, struct err *err)
{
	int reason = errno;

	(void)err_set(
		err, -reason, root ? root : ".", "cannot enter the folder: %s", strerror(reason));
	return root || reason != ENOENT
		       ? -reason
		       : err_hint(err, "it was deleted or replaced after this process came there; "
				       "cd into it again");
}

// A handle on the folder; one that may be entered and not listed has none to list it by.
static int enter(const char *folder)
{
	int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return handle < 0 && errno == EACCES && access(folder, X_OK) == 0
		       ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC)
		       : handle;
}

int place_find(const char *root, const char *ini, struct pool *pool, struct place *ret_place,
	struct err *err)
{
	struct place place = {.handle = -1};
	struct walk walk = {.place = &place, .pool = pool};
	char absolute[PATH_MAX];
	int code;

	if (!realpath(root ? root : ".", absolute))
		return complain_start(root, err);
	place.start = pool_copy(pool, absolute);
	if (!place.start)
		return err_no_memory(err);
	place.handle = enter(absolute);
	if (place.handle < 0)
		return err_set(
			err, -errno, absolute, "cannot enter the folder: %s", strerror(errno));
	code = walk_up(&walk, err);
	if (code == -EPERM && ini) { // named, so trusted
		*err = ERR_NONE;
		code = 0;
	}
	if (code == 0 && ini)
		code = place_named_ini(&walk, ini, err);
	if (code == 0)
		code = settle(&walk, err);
	if (code < 0) {
		place_done(&place);
		return code;
	}
	*ret_place = place;
	return 0;
}

int place_base_path(const struct place *place, struct pool *pool, const char **path)
{
	bool absolute = place->base[0] == '/';

	if (!*path || !**path || **path == '/')
		return 0;
	*path = pool_format(
		pool, "%s%s%s", absolute ? place->base : place->root, absolute ? "" : "/", *path);
	return *path ? 0 : -ENOMEM;
}

void place_done(struct place *place)
{
	if (place->handle >= 0)
		(void)close(place->handle); // only read
	place->handle = -1;
}
