// Goes along the path as the kernel does, one part after the other.
// SPDX-License-Identifier: MIT
#include "lib/wire/peer_path.h"

#include "lib/base/err.h"
#include "lib/base/fs.h"
#include "lib/base/text.h"
#include "lib/wire/peer.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

struct walk {
	char done[PATH_MAX], way[PATH_MAX]; // `done` holds no link
	const char *rest;                   // of `way`: still to go
	struct stat facts;                  // of `done`, when they are known
	bool is_known;
	unsigned links;
	uid_t user;
	struct err *err;
};

static int distrust(struct walk *walk, const char *path, const struct stat *facts)
{
	(void)err_set(walk->err, -EPERM, path,
		"users other than root and uid %u can put a socket there: owner %u, mode %04o",
		(unsigned)geteuid(), (unsigned)facts->st_uid, (unsigned)facts->st_mode & 07777u);
	(void)err_hint(walk->err,
		"put the socket below a folder that only you, root or [verifier] user can write");
	return -EPERM;
}

static int judge_folder(struct walk *walk, bool is_last)
{
	struct stat facts;

	if (!walk->is_known && lstat(walk->done, &walk->facts) < 0)
		return err_set(
			walk->err, -errno, walk->done, "cannot look at it: %s", strerror(errno));
	walk->is_known = true;
	facts = walk->facts;
	if (!S_ISDIR(facts.st_mode))
		return err_set(walk->err, -ENOTDIR, walk->done, "is no folder");
	if (is_last)
		facts.st_mode &= ~(mode_t)S_ISVTX; // in /tmp itself anybody makes sockets
	return fs_is_trusted(&facts, walk->user) ? 0 : distrust(walk, walk->done, &facts);
}

static int too_long(struct walk *walk)
{
	return err_set(walk->err, -ENAMETOOLONG, walk->done, "the path is too long");
}

// Takes the next part off the rest. Returns: how long it is; 0 at the end.
static size_t next_part(struct walk *walk, const char **ret_part)
{
	const char *part = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(part, "/");

	walk->rest = part + length + strspn(part + length, "/");
	*ret_part = part;
	return length;
}

// Puts a link's target in front of the rest.
static int follow(struct walk *walk, const char *link, const struct stat *facts)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t length;

	if (!peer_is_trusted(facts->st_uid, walk->user))
		return distrust(walk, link, facts);
	if (++walk->links > PEER_PATH_LINKS_MAX)
		return err_set(walk->err, -ELOOP, link, "too many links");
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return err_set(walk->err, -errno, link, "cannot read it: %s", strerror(errno));
	target[length] = '\0';
	if (target[0] == '/') {
		memcpy(walk->done, "/", 2);
		walk->is_known = false;
	}
	if ((size_t)length >= sizeof(target) - 2 ||
		!text_join(rest, sizeof(rest), "/", walk->rest) ||
		!text_join(walk->way, sizeof(walk->way), target, rest))
		return too_long(walk);
	walk->rest = walk->way;
	return 0;
}

static int judge_socket(struct walk *walk, const char *path, const struct stat *facts)
{
	int code = judge_folder(walk, true);

	if (code < 0)
		return code;
	if (!S_ISSOCK(facts->st_mode))
		return err_set(walk->err, -ENOTSOCK, path, "is no socket");
	return peer_is_trusted(facts->st_uid, walk->user) ? 0 : distrust(walk, path, facts);
}

static void go_up(struct walk *walk)
{
	char *last = strrchr(walk->done, '/');

	last[last == walk->done] = '\0'; // the root keeps its slash
	walk->is_known = false;
}

// Goes down to a part of so many bytes.
// Returns: as step.
static int go_down(struct walk *walk, const char *part, size_t length)
{
	size_t used = walk->done[1] ? strlen(walk->done) : 0;
	char next[PATH_MAX];
	struct stat facts;
	int code;

	if (used + 1 + length >= sizeof(next))
		return too_long(walk);
	memcpy(next, walk->done, used);
	next[used] = '/';
	memcpy(next + used + 1, part, length);
	next[used + 1 + length] = '\0';
	if (lstat(next, &facts) < 0)
		return err_set(walk->err, -errno, next, "cannot look at it: %s", strerror(errno));
	if (S_ISLNK(facts.st_mode))
		return follow(walk, next, &facts);
	if (!*walk->rest) {
		code = judge_socket(walk, next, &facts);
		return code < 0 ? code : 1;
	}
	memcpy(walk->done, next, used + 1 + length + 1);
	walk->facts = facts;
	return 0;
}

// Goes one part further.
// Returns: 1 when the socket was reached and is well, 0 to go on, or a negative errno.
static int step(struct walk *walk)
{
	const char *part;
	size_t length;
	int code = judge_folder(walk, false);

	if (code < 0)
		return code;
	length = next_part(walk, &part);
	if (!length)
		return err_set(walk->err, -ENOTSOCK, walk->done, "is no socket");
	if (length == 1 && part[0] == '.')
		return 0;
	if (length != 2 || part[0] != '.' || part[1] != '.')
		return go_down(walk, part, length);
	go_up(walk);
	return 0;
}

int peer_path_is_trusted(const char *path, uid_t user, struct err *err)
{
	struct walk walk = {.done = "/", .user = user, .err = err};
	int code = 0;

	if (path[0] != '/')
		return err_set(err, -EINVAL, path, "the path to a socket begins with a slash");
	if (!text_join(walk.way, sizeof(walk.way), path, ""))
		return too_long(&walk);
	walk.rest = walk.way;
	while (code == 0)
		code = step(&walk);
	return code < 0 ? code : 0;
}
