// Goes along a path as the kernel would, name by name, and follows its links itself: each folder
// that decides where the path leads is told.
// SPDX-License-Identifier: MIT
#include "loader/deliver/waypoint.h"

#include "lib/base/text.h"
#include "loader/resolve/whereabouts.h"

#include <limits.h>
#include <sys/stat.h>

#define LINKS_MAX 40 // on one path, as the kernel has it

// A path on its way: `done` holds no link, `rest` begins with what comes next.
struct walk {
	const struct whereabouts *wanted;
	waypoint_met *met;
	void *user;
	char done[PATH_MAX], rest[PATH_MAX];
	unsigned links;
};

// Takes the next name off the rest.
// Returns: whether there is one.
static bool next_name(struct walk *walk, char name[NAME_MAX + 1])
{
	size_t skipped = strspn(walk->rest, "/"), length = strcspn(walk->rest + skipped, "/");

	if (!length || length > NAME_MAX)
		return false;
	memcpy(name, walk->rest + skipped, length);
	name[length] = '\0';
	memmove(walk->rest, walk->rest + skipped + length,
		strlen(walk->rest + skipped + length) + 1);
	return true;
}

static bool is_last(const struct walk *walk)
{
	return !walk->rest[strspn(walk->rest, "/")];
}

static void go_up(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	if (slash)
		*slash = '\0';
}

// Goes on where the link leads.
// Returns: whether it leads anywhere.
static bool follow(struct walk *walk, const char *link)
{
	char target[PATH_MAX], joined[PATH_MAX];
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	if (length <= 0 || ++walk->links > LINKS_MAX)
		return false;
	target[length] = '\0';
	if (snprintf(joined, sizeof(joined), "%s/%s", target, walk->rest) >= PATH_MAX)
		return false;
	if (target[0] == '/')
		walk->done[0] = '\0';
	memcpy(walk->rest, joined, strlen(joined) + 1);
	return true;
}

static int tell(struct walk *walk, enum waypoint_kind kind, const char *folder, const char *name)
{
	return walk->met(walk->user, &(struct waypoint){kind, folder, name});
}

// One step: what the next name is decides which folder matters.
// Returns: 1 to go on, 0 at the end, or what was returned to it.
static int step(struct walk *walk)
{
	bool wants_file = walk->wanted->kind == WHEREABOUTS_FILE;
	char name[NAME_MAX + 1], path[PATH_MAX];
	const char *folder = *walk->done ? walk->done : "/";
	struct stat facts;
	int code;

	if (!next_name(walk, name))
		return 0;
	if (text_equal(name, ".") || text_equal(name, "..")) {
		if (name[1])
			go_up(walk);
		if (!is_last(walk) || wants_file)
			return 1;
		return tell(walk, WAYPOINT_FOLDER, *walk->done ? walk->done : "/", NULL);
	}
	if (snprintf(path, sizeof(path), "%s/%s", walk->done, name) >= PATH_MAX)
		return 0;
	if (lstat(path, &facts) < 0) // it may come
		return tell(walk, WAYPOINT_NAME, folder, name);
	if (S_ISLNK(facts.st_mode)) {
		code = tell(walk, WAYPOINT_NAME, folder, name);
		return code ? code : follow(walk, path);
	}
	if (is_last(walk) && (wants_file || !S_ISDIR(facts.st_mode)))
		return tell(walk, WAYPOINT_NAME, folder, name);
	code = tell(walk, WAYPOINT_ABOVE, folder, name);
	if (code)
		return code;
	memcpy(walk->done, path, strlen(path) + 1);
	return is_last(walk) ? tell(walk, WAYPOINT_FOLDER, path, NULL) : 1;
}

int waypoint_each(const struct whereabouts *wanted, waypoint_met *met, void *user)
{
	struct walk walk = {.wanted = wanted, .met = met, .user = user};
	int code = 1;

	(void)snprintf(walk.rest, sizeof(walk.rest), "%s", wanted->path);
	while (code > 0)
		code = step(&walk);
	return code;
}
