// Folders are opened one below the other, so that no path is resolved twice.
// SPDX-License-Identifier: MIT
#include "lib/base/tree.h"

#include "lib/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

struct state {
	const struct tree_walk *walk;
	char path[PATH_MAX];
	size_t length, entries;
	unsigned depth, deepest;
	struct tree_gaps gaps;
};

static int walk_folder(struct state *state, int folder);

static int visit_folder(struct state *state, int above, const char *name)
{
	own_fd int folder = -1;
	int code;

	if (!state->walk->enters || !state->walk->enters(name))
		return 0;
	if (state->depth < state->deepest)
		folder = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0) {
		state->gaps.skipped++;
		return 0;
	}
	state->depth++;
	code = walk_folder(state, folder);
	state->depth--;
	return code;
}

// The kind of an entry, asked for where the file system does not list it.
static unsigned char kind_of(int folder, const struct dirent *entry)
{
	struct stat facts;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	return fstatat(folder, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) == 0
		       ? (unsigned char)IFTODT(facts.st_mode)
		       : DT_UNKNOWN;
}

// What a link leads to counts as. One whose target nobody may see is left to who wants to read it;
// one that leads nowhere is nothing.
static unsigned char kind_behind(struct state *state, int folder, const char *name)
{
	struct stat facts;

	if (!state->walk->links)
		return DT_LNK;
	if (fstatat(folder, name, &facts, 0) < 0)
		return errno == ENOENT ? DT_LNK : DT_REG;
	if (!S_ISDIR(facts.st_mode))
		return (unsigned char)IFTODT(facts.st_mode);
	state->gaps.linked += state->walk->enters && state->walk->enters(name);
	return DT_LNK;
}

static int visit(struct state *state, int folder, const struct dirent *entry)
{
	size_t before = state->length, room = sizeof(state->path) - before;
	bool first = !before || state->path[before - 1] == '/';
	const char *name = entry->d_name;
	int written = snprintf(state->path + before, room, "%s%s", first ? "" : "/", name);
	unsigned char kind = kind_of(folder, entry);
	int code = 0;

	if (written < 0 || (size_t)written >= room) {
		state->gaps.skipped++;
	} else {
		state->length += (size_t)written;
		if (kind == DT_LNK)
			kind = kind_behind(state, folder, name);
		if (kind == DT_DIR)
			code = visit_folder(state, folder, name);
		else if (kind == DT_REG)
			code = state->walk->file(
				state->walk->user, &(struct tree_file){folder, name, state->path});
	}
	state->length = before;
	state->path[before] = '\0';
	return code;
}

static int is_entry(const struct dirent *entry)
{
	return !text_equal(entry->d_name, ".") && !text_equal(entry->d_name, "..");
}

// Calls itself through visit_folder, `deepest` deep at most.
static int walk_folder(struct state *state, int folder)
{
	struct dirent **entries = NULL;
	int count = scandirat(folder, ".", &entries, is_entry, alphasort), code = 0;

	if (count < 0) {
		state->gaps.skipped++;
		return errno == ENOMEM ? -ENOMEM : 0;
	}
	for (int i = 0; i < count; i++) {
		state->gaps.cut |= state->entries == TREE_ENTRIES_MAX;
		if (code == 0 && !state->gaps.cut) {
			state->entries++;
			code = visit(state, folder, entries[i]);
		}
		free(entries[i]);
	}
	free(entries);
	return code;
}

int tree_walk(int folder, const struct tree_walk *walk, struct tree_gaps *ret_gaps)
{
	struct state state = {.walk = walk, .deepest = walk->depth ? walk->depth : TREE_DEPTH_MAX};
	int code;

	state.length = (size_t)snprintf(state.path, sizeof(state.path), "%s", walk->prefix);
	code = walk_folder(&state, folder);
	if (ret_gaps)
		*ret_gaps = state.gaps;
	return code;
}
